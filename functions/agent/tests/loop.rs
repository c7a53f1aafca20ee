//! The loop against a scripted model.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may panic as tests do"
)]

use std::sync::Arc;

use agent::{Agent, Event, Strategy, Thought, Tool, Toolbox, run, tools};
use async_trait::async_trait;
use futures::{StreamExt, executor::block_on};
use model::{
    ChatRequest, Delta, Message, Role,
    fake::{Reply, ScriptedLlm},
};
use serde_json::{Map, Value, json};

/// Says what it was given, `times` times.
struct Echo;

#[async_trait]
impl Tool for Echo {
    fn spec(&self) -> model::Tool {
        let parameters = json!({"type": "object", "properties": {"text": {"type": "string"}}});
        model::Tool {
            name: "echo".into(),
            description: "Repeats.".into(),
            parameters,
        }
    }

    fn label(&self) -> String {
        "Echo".into()
    }

    async fn call(&self, arguments: &Map<String, Value>) -> Result<String, String> {
        match arguments.get("text").and_then(Value::as_str) {
            Some("") | None => Err("`text` is required".into()),
            Some(text) => Ok(text.repeat(3)),
        }
    }
}

fn agent(strategy: Strategy, llm: &Arc<ScriptedLlm>) -> Agent {
    let messages = vec![
        Message::text(Role::System, "Be brief."),
        Message::text(Role::User, "How?"),
    ];
    Agent {
        llm: llm.clone(),
        request: ChatRequest {
            messages,
            ..ChatRequest::default()
        },
        tools: Toolbox::new(vec![
            Arc::new(Echo),
            Arc::new(tools::calculator::Calculator),
        ]),
        strategy,
        max_rounds: 3,
        result_bytes: 20,
    }
}

/// Answer and thoughts, each as one line.
fn played(agent: Agent) -> Vec<String> {
    let events = block_on(run(agent).collect::<Vec<_>>());
    let mut lines: Vec<String> = Vec::new();
    for event in events {
        let line = match event {
            Ok(Event::Delta(Delta::Text(text))) => format!("text {text}"),
            Ok(Event::Delta(Delta::Usage(usage))) => format!("usage {}", usage.completion_tokens),
            Ok(Event::Delta(other)) => format!("{other:?}"),
            Ok(Event::Thought(Thought {
                position,
                thought,
                tool,
                tool_input,
                observation,
                ..
            })) => {
                format!("thought {position} [{thought}] {tool} {tool_input} {observation}")
            }
            Err(error) => format!("error {error}"),
        };
        match lines
            .last_mut()
            .filter(|last| last.starts_with("text ") && line.starts_with("text "))
        {
            Some(last) => last.push_str(&line[5..]),
            None => lines.push(line),
        }
    }
    lines
}

fn check(strategy: Strategy, script: Vec<Reply>, expect: &[&str]) -> Arc<ScriptedLlm> {
    let llm = Arc::new(ScriptedLlm::new("scripted", script));
    assert_eq!(played(agent(strategy, &llm)), expect);
    llm
}

fn call(name: &str, arguments: &str) -> Reply {
    Reply::Call(name.to_owned(), arguments.to_owned())
}

fn says(text: &str) -> Reply {
    Reply::Text(text.to_owned())
}

#[test]
fn functions_are_called_until_there_is_an_answer() {
    let llm = check(
        Strategy::FunctionCall,
        vec![
            call("eval_expression", r#"{"expression": "6*7"}"#),
            says("It is 42."),
        ],
        &[
            r#"thought 1 [] eval_expression {"eval_expression":{"expression":"6*7"}} "#,
            r#"thought 1 [] eval_expression {"eval_expression":{"expression":"6*7"}} {"eval_expression":"42"}"#,
            "text It is 42.",
            "thought 2 [It is 42.]   ",
            "usage 3",
        ],
    );
    let requests = llm.requests();
    assert_eq!(requests[0].tools.len(), 2);
    let last = requests[1].messages.last().expect("a result");
    assert_eq!((last.role, last.as_text().as_str()), (Role::Tool, "42"));
    assert_eq!(last.tool_call_id.as_deref(), Some("call_0"));
}

#[test]
fn what_goes_wrong_with_a_tool_is_told_to_the_model() {
    check(
        Strategy::FunctionCall,
        vec![
            call("nothing", "{}"),
            call("echo", "{}"),
            call("echo", "{\"text"),
            says("Sorry."),
        ],
        &[
            r#"thought 1 [] nothing {"nothing":{}} "#,
            r#"thought 1 [] nothing {"nothing":{}} {"nothing":"there is no tool named nothing; there are: echo, eval_expression"}"#,
            r#"thought 2 [] echo {"echo":{}} "#,
            r#"thought 2 [] echo {"echo":{}} {"echo":"tool invoke error: `\n[17 more bytes were cut off]"}"#,
            r#"thought 3 [] echo {"echo":"{\"text"} "#,
            r#"thought 3 [] echo {"echo":"{\"text"} {"echo":"tool invoke error: t\n[78 more bytes were cut off]"}"#,
            "text Sorry.",
            "thought 4 [Sorry.]   ",
            "usage 1",
        ],
    );
}

#[test]
fn the_rounds_are_limited_and_then_it_has_to_answer() {
    let again = || call("echo", r#"{"text": "abcdefghij"}"#);
    let llm = Arc::new(ScriptedLlm::new(
        "scripted",
        [again(), again(), again(), says("Enough.")],
    ));
    let lines = played(agent(Strategy::FunctionCall, &llm));
    assert!(
        lines[1].ends_with(r#"{"echo":"abcdefghijabcdefghij\n[10 more bytes were cut off]"}"#),
        "{}",
        lines[1]
    );
    assert_eq!(
        lines[6..],
        ["text Enough.", "thought 4 [Enough.]   ", "usage 1"]
    );
    let offered: Vec<usize> = llm
        .requests()
        .iter()
        .map(|request| request.tools.len())
        .collect();
    assert_eq!(offered, [2, 2, 2, 0]);
}

#[test]
fn a_model_without_functions_works_in_words() {
    let action = "Thought: I compute.\nAction: {\"action\": \"eval_expression\", \"action_input\": {\"expression\": \"6*7\"}}\nObservation: 7";
    let llm = check(
        Strategy::React,
        vec![
            says(action),
            says("Thought: I know.\nFinal Answer: It is 42."),
        ],
        &[
            r#"thought 1 [I compute.] eval_expression {"eval_expression":{"expression":"6*7"}} "#,
            r#"thought 1 [I compute.] eval_expression {"eval_expression":{"expression":"6*7"}} {"eval_expression":"42"}"#,
            "text It is 42.",
            "thought 2 [I know.]   ",
            // The first round was broken off: an estimate.
            "usage 42",
        ],
    );
    let requests = llm.requests();
    assert!(requests.iter().all(|request| request.tools.is_empty()));
    assert!(
        requests[0].messages[0]
            .as_text()
            .starts_with("Be brief.\n\nYou can use these tools:\n- echo")
    );
    assert_eq!(
        requests[1].messages.last().expect("a result").as_text(),
        "Observation: 42"
    );
}

#[test]
fn a_failing_model_is_an_error_after_what_was_said() {
    check(
        Strategy::FunctionCall,
        vec![Reply::Cut("It is ".to_owned())],
        &["text It is ", "error the scripted model broke off"],
    );
}
