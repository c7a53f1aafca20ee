//! How pieces are put together: the simple form, and the two advanced ones.

use model::{Message, Part, Role};
use serde_json::Value;

use super::{Pieces, Round, template};

/// In front of the app's own words when something was found and they do not say where it goes.
const CONTEXT: &str = "Answer from the passages between <context> and </context>. If they do not hold the answer, \
say that you do not know. Never speak of the passages themselves, and answer in the language of the question.\n\n\
<context>\n{{#context#}}\n</context>\n\n";

const CONTEXT_NAME: &str = "#context#";
const QUERY_NAME: &str = "#query#";
const HISTORIES_NAME: &str = "#histories#";

/// The messages of these passages and rounds.
pub(super) fn messages(pieces: &Pieces, passages: &[String], rounds: &[Round]) -> Vec<Message> {
    let mut messages = composed(pieces, passages, rounds);
    if let Some(rules) = pieces.rules {
        rule(&mut messages, rules);
    }
    messages
}

/// Puts rules at the end of the first words that the operator says, or in front of a prompt that has none.
fn rule(messages: &mut Vec<Message>, rules: &str) {
    let first = messages.iter_mut().find(|m| m.role == Role::System);
    match first {
        // One text, because not every provider takes several.
        Some(system) => {
            *system = Message::text(Role::System, format!("{}\n\n{rules}", system.as_text()))
        }
        None => messages.insert(0, Message::text(Role::System, rules)),
    }
}

fn composed(pieces: &Pieces, passages: &[String], rounds: &[Round]) -> Vec<Message> {
    let config = pieces.config;
    if config.prompt_type.as_deref() != Some("advanced") {
        return simple(pieces, passages, rounds);
    }
    match completion_template(pieces) {
        Some(text) => vec![user(pieces, render(pieces, &text, passages, rounds))],
        None => advanced(pieces, passages, rounds),
    }
}

/// Stop sequences that the form of the prompt asks for.
pub(super) fn stops(pieces: &Pieces) -> Vec<String> {
    let advanced = pieces.config.prompt_type.as_deref() == Some("advanced");
    match completion_template(pieces) {
        // The model must not go on to write the next question itself.
        Some(text) if advanced && template::mentions(&text, HISTORIES_NAME) => {
            vec![format!("\n{}:", prefixes(pieces).0)]
        }
        _ => Vec::new(),
    }
}

fn simple(pieces: &Pieces, passages: &[String], rounds: &[Round]) -> Vec<Message> {
    let words = &pieces.config.pre_prompt;
    let frame = if passages.is_empty() || template::mentions(words, CONTEXT_NAME) {
        ""
    } else {
        CONTEXT
    };
    let system = render(pieces, &format!("{frame}{words}"), passages, rounds);
    // A completion without a question: its instructions are what is asked.
    if pieces.query.is_empty() && !system.trim().is_empty() {
        return vec![user(pieces, system.trim().to_owned())];
    }
    let mut messages = Vec::new();
    if !system.trim().is_empty() {
        messages.push(Message::text(Role::System, system.trim()));
    }
    if !template::mentions(words, HISTORIES_NAME) {
        messages.extend(before(pieces, rounds));
    }
    if !template::mentions(words, QUERY_NAME) || messages.is_empty() {
        messages.push(user(pieces, pieces.query.to_owned()));
    }
    messages
}

fn advanced(pieces: &Pieces, passages: &[String], rounds: &[Round]) -> Vec<Message> {
    let entries = pieces
        .config
        .chat_prompt_config
        .get("prompt")
        .and_then(Value::as_array);
    let entries = entries.into_iter().flatten().filter_map(|entry| {
        let role = match entry.get("role").and_then(Value::as_str) {
            Some("user") => Role::User,
            Some("assistant") => Role::Assistant,
            _ => Role::System,
        };
        Some((
            role,
            entry
                .get("text")
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())?,
        ))
    });
    let entries: Vec<(Role, &str)> = entries.collect();
    let all = |name| {
        entries
            .iter()
            .any(|(_, text)| template::mentions(text, name))
    };
    let (asks, recalls) = (all(QUERY_NAME), all(HISTORIES_NAME));
    let mut messages: Vec<Message> = Vec::new();
    let mut history = if recalls {
        Vec::new()
    } else {
        before(pieces, rounds)
    };
    for (role, text) in &entries {
        // What was said before stands in front of the question, wherever the app puts that.
        if *role == Role::User && template::mentions(text, QUERY_NAME) {
            messages.append(&mut history);
            messages.push(user(pieces, render(pieces, text, passages, rounds)));
        } else {
            messages.push(Message::text(*role, render(pieces, text, passages, rounds)));
        }
    }
    messages.append(&mut history);
    let has_question = !pieces.query.is_empty() || !pieces.images.is_empty();
    if has_question && !asks {
        messages.push(user(pieces, pieces.query.to_owned()));
    }
    messages
}

/// The prompt of a completion model. It goes to a chat model as one message.
fn completion_template(pieces: &Pieces) -> Option<String> {
    let config = pieces.config;
    let has_chat = config
        .chat_prompt_config
        .get("prompt")
        .and_then(Value::as_array)
        .is_some_and(|list| !list.is_empty());
    if config.model.mode != "completion" && has_chat {
        return None;
    }
    let text = config
        .completion_prompt_config
        .get("prompt")?
        .get("text")?
        .as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

fn render(pieces: &Pieces, text: &str, passages: &[String], rounds: &[Round]) -> String {
    template::render(text, |name| match name {
        CONTEXT_NAME => Some(passages.join("\n\n")),
        QUERY_NAME => Some(pieces.query.to_owned()),
        HISTORIES_NAME => Some(histories(pieces, rounds)),
        "#pre_prompt#" => Some(template::with_inputs(
            &pieces.config.pre_prompt,
            pieces.inputs,
        )),
        name => pieces.inputs.get(name).map(template::text),
    })
}

fn histories(pieces: &Pieces, rounds: &[Round]) -> String {
    let (human, assistant) = prefixes(pieces);
    let lines = rounds.iter().flat_map(|round| {
        let question = round
            .question
            .iter()
            .map(|question| format!("{human}: {question}"));
        question
            .chain([format!("{assistant}: {}", round.answer)])
            .collect::<Vec<_>>()
    });
    let summary = summary(pieces).into_iter();
    summary.chain(lines).collect::<Vec<_>>().join("\n")
}

fn summary(pieces: &Pieces) -> Option<String> {
    let summary = pieces.summary?;
    Some(format!("Earlier in this conversation: {summary}"))
}

/// What was said before the question, as messages.
fn before(pieces: &Pieces, rounds: &[Round]) -> Vec<Message> {
    let summary = summary(pieces).map(|text| Message::text(Role::Assistant, text));
    let rounds = rounds.iter().flat_map(round);
    summary.into_iter().chain(rounds).collect()
}

fn prefixes(pieces: &Pieces) -> (String, String) {
    let role = pieces
        .config
        .completion_prompt_config
        .get("conversation_histories_role");
    let prefix = |key: &str, default: &str| {
        let found = role
            .and_then(|role| role.get(key))
            .and_then(Value::as_str)
            .filter(|prefix| !prefix.is_empty());
        found.unwrap_or(default).to_owned()
    };
    (
        prefix("user_prefix", "Human"),
        prefix("assistant_prefix", "Assistant"),
    )
}

/// A round as messages.
pub(super) fn round(round: &Round) -> Vec<Message> {
    let question = round
        .question
        .iter()
        .map(|question| Message::text(Role::User, question));
    question
        .chain([Message::text(Role::Assistant, &round.answer)])
        .collect()
}

fn user(pieces: &Pieces, text: String) -> Message {
    let mut message = Message::text(Role::User, text);
    message.content.extend(pieces.images.iter().cloned());
    message
        .content
        .retain(|part| !matches!(part, Part::Text { text } if text.is_empty()));
    message
}
