//! Prompts as tables: what an app says, what is given, what the model reads.

use model::{LlmInfo, Message, Role};
use serde_json::{Value, json};

use super::*;

fn info(context_window: usize) -> LlmInfo {
    LlmInfo {
        provider: "local".to_owned(),
        model: "m".to_owned(),
        context_window,
        max_output_tokens: 1024,
        exact_tokens: true,
        vision: false,
        tools: false,
        price: None,
    }
}

/// A token is a word; a message costs one more.
fn words(messages: &[Message]) -> usize {
    messages
        .iter()
        .map(|message| message.as_text().split_whitespace().count() + 1)
        .sum()
}

fn round(question: &str, answer: &str) -> Round {
    let question = Some(question).filter(|question| !question.is_empty());
    Round {
        question: question.map(str::to_owned),
        answer: answer.to_owned(),
    }
}

struct Case {
    config: Value,
    inputs: Value,
    passages: Vec<String>,
    rounds: Vec<Round>,
    window: usize,
    rules: Option<String>,
    summary: Option<String>,
}

impl Case {
    fn new(config: Value) -> Self {
        Self {
            config,
            inputs: json!({}),
            passages: Vec::new(),
            rounds: Vec::new(),
            window: 8192,
            rules: None,
            summary: None,
        }
    }

    fn build(&self) -> Result<Prompt, TooLong> {
        let config = ModelConfig::parse(&self.config).unwrap();
        let pieces = Pieces {
            config: &config,
            inputs: self.inputs.as_object().unwrap(),
            query: "why?",
            passages: &self.passages,
            summary: self.summary.as_deref(),
            rounds: &self.rounds,
            images: &[],
            rules: self.rules.as_deref(),
        };
        build(&pieces, &info(self.window), &words)
    }

    /// What the model reads, one line a message.
    fn lines(&self) -> Vec<String> {
        let prompt = self.build().unwrap();
        assert_eq!(prompt.tokens, words(&prompt.messages));
        let line = |message: &Message| {
            let role = match message.role {
                Role::System => "system",
                Role::User => "user",
                Role::Assistant => "assistant",
                Role::Tool => "tool",
            };
            format!("{role}: {}", message.as_text())
        };
        prompt.messages.iter().map(line).collect()
    }
}

#[test]
fn simple() {
    let talk = || vec![round("", "Welcome."), round("one?", "1")];
    let check = |pre_prompt: &str, passages: &[&str], rounds: Vec<Round>, expect: &[&str]| {
        let mut case = Case::new(json!({"pre_prompt": pre_prompt}));
        case.inputs = json!({"name": "Ada"});
        case.passages = passages
            .iter()
            .map(|passage| (*passage).to_owned())
            .collect();
        case.rounds = rounds;
        assert_eq!(case.lines(), expect, "{pre_prompt}");
    };
    check("", &[], vec![], &["user: why?"]);
    check(
        "Serve {{name}}. ",
        &[],
        vec![],
        &["system: Serve Ada.", "user: why?"],
    );
    check(
        "",
        &[],
        talk(),
        &[
            "assistant: Welcome.",
            "user: one?",
            "assistant: 1",
            "user: why?",
        ],
    );
    check(
        "Know: {{#context#}}",
        &["p1", "p2"],
        vec![],
        &["system: Know: p1\n\np2", "user: why?"],
    );
    check(
        "Know: {{#context#}}",
        &[],
        vec![],
        &["system: Know:", "user: why?"],
    );
    check(
        "Said:\n{{#histories#}}\nAsked: {{#query#}}",
        &[],
        talk(),
        &["system: Said:\nAssistant: Welcome.\nHuman: one?\nAssistant: 1\nAsked: why?"],
    );
}

#[test]
fn passages_come_with_instructions() {
    let mut case = Case::new(json!({"pre_prompt": "Be brief."}));
    case.passages = vec!["first passage".to_owned(), "second passage".to_owned()];
    let lines = case.lines();
    let system = lines.first().unwrap();
    assert!(
        system.contains("<context>\nfirst passage\n\nsecond passage\n</context>"),
        "{system}"
    );
    assert!(system.ends_with("Be brief."), "{system}");
}

#[test]
fn advanced() {
    let check = |config: Value, expect: &[&str]| {
        let mut case = Case::new(config);
        case.config["prompt_type"] = "advanced".into();
        case.inputs = json!({"name": "Ada"});
        case.passages = vec!["p".to_owned()];
        case.rounds = vec![round("one?", "1")];
        assert_eq!(case.lines(), expect);
    };
    let system = json!({"role": "system", "text": "Serve {{name}} with {{#context#}}."});
    let example = json!({"role": "assistant", "text": "Yes?"});
    check(
        json!({"chat_prompt_config": {"prompt": [system, example]}}),
        &[
            "system: Serve Ada with p.",
            "assistant: Yes?",
            "user: one?",
            "assistant: 1",
            "user: why?",
        ],
    );
    let asks = json!({"role": "user", "text": "Q: {{#query#}}"});
    check(
        json!({"chat_prompt_config": {"prompt": [system, asks]}}),
        &[
            "system: Serve Ada with p.",
            "user: one?",
            "assistant: 1",
            "user: Q: why?",
        ],
    );
    check(json!({}), &["user: one?", "assistant: 1", "user: why?"]);
    let text = "{{#context#}}|{{#histories#}}|Me: {{#query#}}\nYou:";
    check(
        json!({
            "model": {"mode": "completion"},
            "completion_prompt_config": {
                "prompt": {"text": text},
                "conversation_histories_role": {"user_prefix": "Me", "assistant_prefix": "You"}
            }
        }),
        &["user: p|Me: one?\nYou: 1|Me: why?\nYou:"],
    );
}

#[test]
fn stop_sequences() {
    let check = |config: Value, expect: &[&str]| {
        assert_eq!(Case::new(config).build().unwrap().parameters.stop, expect);
    };
    check(
        json!({"model": {"completion_params": {"stop": ["END"]}}}),
        &["END"],
    );
    let completion = json!({
        "prompt_type": "advanced",
        "model": {"mode": "completion", "completion_params": {"stop": ["END"]}},
        "completion_prompt_config": {"prompt": {"text": "{{#histories#}} {{#query#}}"}}
    });
    check(completion, &["END", "\nHuman:"]);
}

/// `count` words.
fn long(count: usize) -> String {
    vec!["w"; count].join(" ")
}

#[test]
fn what_does_not_fit_is_left_out() {
    // Window 400, 100 for the answer: 300 to read.
    let check = |passages: &[usize], rounds: usize, expect: (usize, usize)| {
        let mut case = Case::new(json!({"model": {"completion_params": {"max_tokens": 100}}}));
        case.window = 400;
        case.passages = passages.iter().map(|count| long(*count)).collect();
        case.rounds = (0..rounds).map(|_| round("q q q q", &long(24))).collect();
        let prompt = case.build().unwrap();
        assert_eq!(
            (prompt.passages, prompt.rounds),
            expect,
            "{passages:?} {rounds}"
        );
        assert!(prompt.tokens <= 300, "{}", prompt.tokens);
        assert_eq!(prompt.parameters.max_tokens, Some(100));
    };
    check(&[], 3, (0, 3));
    check(&[], 30, (0, 9));
    check(&[100], 0, (1, 0));
    check(&[100, 95, 95], 0, (2, 0));
    // Passages leave a quarter to what was said.
    check(&[100, 95, 95], 30, (1, 5));
    check(&[60, 60, 60], 30, (3, 2));
    // The best passage alone is too long, and is cut.
    check(&[1000, 10], 0, (1, 0));
}

#[test]
fn answers_get_what_the_prompt_leaves() {
    let mut case = Case::new(json!({"model": {"completion_params": {"max_tokens": 1000}}}));
    case.window = 400;
    case.config["pre_prompt"] = long(300).into();
    let prompt = case.build().unwrap();
    assert_eq!(
        prompt.parameters.max_tokens,
        Some(400 - prompt.tokens as u32)
    );
    case.config["pre_prompt"] = long(350).into();
    assert_eq!(
        case.build(),
        Err(TooLong {
            tokens: 353,
            window: 400
        })
    );
    let open = Case::new(json!({})).build().unwrap();
    assert_eq!(open.parameters.max_tokens, None);
}

#[test]
fn raising_the_window_never_loses_anything() {
    let mut last = (0, 0);
    for window in (140..1400).step_by(20) {
        let mut case = Case::new(json!({"model": {"completion_params": {"max_tokens": 64}}}));
        case.window = window;
        case.passages = (0..4).map(|_| long(80)).collect();
        case.rounds = (0..8).map(|_| round("q", &long(20))).collect();
        let prompt = case.build().unwrap();
        assert!(prompt.passages >= last.0, "{window}");
        assert!(prompt.tokens <= window - 64, "{window}: {}", prompt.tokens);
        last = (prompt.passages, prompt.rounds);
    }
    assert_eq!(last, (4, 8));
}

#[test]
fn rules_stand_last_among_the_words_of_the_operator() {
    let check = |config: Value, expect: &[&str]| {
        let mut case = Case::new(config);
        case.rules = Some("Keep quiet.".to_owned());
        case.rounds = vec![round("one?", "1")];
        assert_eq!(case.lines(), expect);
    };
    let talk = ["user: one?", "assistant: 1", "user: why?"];
    let with = |first| [&[first][..], &talk[..]].concat();
    check(
        json!({"pre_prompt": "Serve."}),
        &with("system: Serve.\n\nKeep quiet."),
    );
    check(json!({}), &with("system: Keep quiet."));
    let advanced = json!({"prompt_type": "advanced", "chat_prompt_config": {"prompt": [
        {"role": "system", "text": "A"}, {"role": "system", "text": "B"}]}});
    check(
        advanced,
        &[&["system: A\n\nKeep quiet.", "system: B"][..], &talk[..]].concat(),
    );
    let completion = json!({"prompt_type": "advanced", "completion_prompt_config": {"prompt": {"text": "Q: {{#query#}}"}}});
    check(completion, &["system: Keep quiet.", "user: Q: why?"]);
}

#[test]
fn a_summary_stands_before_what_was_said() {
    let check = |config: Value, expect: &[&str]| {
        let mut case = Case::new(config);
        case.summary = Some("Ada asked for a room.".to_owned());
        case.rounds = vec![round("one?", "1")];
        assert_eq!(case.lines(), expect);
        // However little room there is, it stays.
        case.window = 150;
        case.rounds = vec![round(&"word ".repeat(80), "1")];
        let lines = case.lines();
        assert!(
            lines
                .iter()
                .any(|line| line.contains("Ada asked for a room."))
        );
        assert!(!lines.iter().any(|line| line.contains("word word")));
    };
    let summary = "assistant: Earlier in this conversation: Ada asked for a room.";
    let talk = [summary, "user: one?", "assistant: 1", "user: why?"];
    check(
        json!({"pre_prompt": "Serve."}),
        &[&["system: Serve."][..], &talk[..]].concat(),
    );
    let advanced = json!({"prompt_type": "advanced", "chat_prompt_config": {"prompt": [
        {"role": "system", "text": "A"}, {"role": "user", "text": "Q: {{#query#}}"}]}});
    check(
        advanced,
        &[
            "system: A",
            summary,
            "user: one?",
            "assistant: 1",
            "user: Q: why?",
        ],
    );
    let completion = json!({"prompt_type": "advanced", "completion_prompt_config": {"prompt": {
        "text": "{{#histories#}}\nHuman: {{#query#}}"}}});
    check(
        completion,
        &[
            "user: Earlier in this conversation: Ada asked for a room.\nHuman: one?\nAssistant: 1\nHuman: why?",
        ],
    );
}
