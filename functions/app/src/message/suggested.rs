//! Questions that a person might ask next.

use futures::StreamExt;
use model::{ChatRequest, Delta, Parameters, Role};
use serde_json::Value;

use super::{Message, get, last};
use crate::{
    Context, Error, Kind, Result,
    apps::App,
    end_user::EndUser,
    provider::Providers,
    requests::{Of, Purpose, Tab},
};

/// Rounds that the model reads, and how much of each.
const ROUNDS: usize = 3;
const ROUND_CHARS: usize = 2_000;
/// Most questions, and the longest.
const QUESTIONS: usize = 3;
const QUESTION_CHARS: usize = 200;

const ASK: &str = "Read the dialogue below and think of the three questions that the person is most likely to ask next. \
Each must be short, make sense on its own, and be in the language of the dialogue. \
Answer with a JSON array of three strings and nothing else.";

/// Follow-up questions after a message, made by a model.
pub async fn suggested(
    ctx: &Context,
    app: &App,
    user: &EndUser,
    message_id: &str,
) -> Result<Vec<String>> {
    let scope = ctx.tenant(&app.tenant_id);
    let message = get(&scope, user, message_id).await?.value;
    let config = app.config()?;
    let feature = &config.suggested_questions_after_answer;
    if !feature.enabled {
        return Err(Error::new(
            Kind::BadRequest,
            "Suggested Questions Is Disabled.",
        ));
    }
    // The app may name another model, and other words, for this.
    let own = feature
        .settings
        .get("model")
        .and_then(|model| serde_json::from_value(model.clone()).ok());
    let choice = own
        .filter(|choice: &crate::apps::ModelChoice| !choice.name.is_empty())
        .unwrap_or(config.model);
    let ask = feature
        .settings
        .get("prompt")
        .and_then(Value::as_str)
        .filter(|ask| !ask.trim().is_empty());
    let of = Of {
        app_id: Some(app.id.clone()),
        conversation_id: Some(message.conversation_id.clone()),
        message_id: Some(message.id.clone()),
        run_id: None,
    };
    let tab = Tab::new(ctx, &app.tenant_id, Purpose::Suggestions, of);
    let (rounds, providers) = futures::try_join!(
        last(&scope, &message.conversation_id, ROUNDS),
        Providers::on(&tab)
    )?;
    let llm = crate::chat::resolve(&providers, &choice).await?;
    // Those of a model that is named for this; the app's own are for its answers.
    let own = match feature.settings.contains_key("model") {
        true => choice.completion_params.clone(),
        false => Parameters::default(),
    };
    let prompt = format!("{}\n\n{}", ask.unwrap_or(ASK), dialogue(&rounds));
    let parameters = Parameters {
        temperature: own.temperature.or(Some(0.0)),
        max_tokens: own.max_tokens.or(Some(256)),
        ..own
    };
    let messages = vec![model::Message::text(Role::User, prompt)];
    let request = ChatRequest {
        messages,
        parameters,
        user: Some(user.id.clone()),
        ..ChatRequest::default()
    };
    let mut deltas = llm.stream(request).await?;
    let mut reply = String::new();
    while let Some(delta) = deltas.next().await {
        if let Delta::Text(text) = delta? {
            reply.push_str(&text);
        }
    }
    Ok(questions(&reply))
}

fn dialogue(rounds: &[Message]) -> String {
    let cut = |text: &str| text.chars().take(ROUND_CHARS).collect::<String>();
    let lines = rounds.iter().map(|round| {
        format!(
            "Person: {}\nAssistant: {}\n",
            cut(&round.query),
            cut(&round.answer)
        )
    });
    lines.collect()
}

/// The questions in a model's reply: a JSON array if there is one, else lines that end like questions. Small models
/// keep to neither, and then there are none.
fn questions(reply: &str) -> Vec<String> {
    let array = reply
        .find('[')
        .zip(reply.rfind(']'))
        .and_then(|(from, to)| reply.get(from..=to));
    let parsed = array.and_then(|array| serde_json::from_str::<Vec<Value>>(array).ok());
    let found: Vec<String> = match parsed {
        Some(items) => items
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        None => {
            let marks = |c: char| {
                c.is_ascii_digit()
                    || c.is_whitespace()
                    || matches!(c, '.' | ')' | '-' | '*' | '"' | ',')
            };
            let lines = reply.lines().map(|line| {
                line.trim_start_matches(marks)
                    .trim_end_matches(['"', ',', ' '])
            });
            lines
                .filter(|line| line.ends_with(['?', '？', '؟']))
                .map(str::to_owned)
                .collect()
        }
    };
    let fits = |question: &String| {
        !question.trim().is_empty() && question.chars().count() <= QUESTION_CHARS
    };
    found.into_iter().filter(fits).take(QUESTIONS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_questions() {
        for (reply, expect) in [
            (r#"["A?", "B?"]"#, vec!["A?", "B?"]),
            (
                "Sure!\n```json\n[\"A?\",\n\"B?\", \"C?\", \"D?\"]\n```",
                vec!["A?", "B?", "C?"],
            ),
            (
                "1. What next?\n2) And then?\nThat is all.",
                vec!["What next?", "And then?"],
            ),
            ("- \"What next?\",", vec!["What next?"]),
            ("I cannot say.", vec![]),
            ("[1, 2]", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(questions(reply), expect, "{reply}");
        }
    }
}
