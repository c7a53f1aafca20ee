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
        prompt: None,
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
            // A round begins.
            Ok(Event::Thought(thought)) if thought.is_empty() => {
                format!("round {}", thought.position)
            }
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
            "round 1",
            "usage 0",
            r#"thought 1 [] eval_expression {"eval_expression":{"expression":"6*7"}} "#,
            r#"thought 1 [] eval_expression {"eval_expression":{"expression":"6*7"}} {"eval_expression":"42"}"#,
            "round 2",
            "text It is 42.",
            "usage 3",
            "thought 2 [It is 42.]   ",
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
            "round 1",
            "usage 0",
            r#"thought 1 [] nothing {"nothing":{}} "#,
            r#"thought 1 [] nothing {"nothing":{}} {"nothing":"there is no tool named nothing; there are: echo, eval_expression"}"#,
            "round 2",
            "usage 0",
            r#"thought 2 [] echo {"echo":{}} "#,
            r#"thought 2 [] echo {"echo":{}} {"echo":"tool invoke error: `\n[17 more bytes were cut off]"}"#,
            "round 3",
            "usage 0",
            r#"thought 3 [] echo {"echo":"{\"text"} "#,
            r#"thought 3 [] echo {"echo":"{\"text"} {"echo":"tool invoke error: t\n[78 more bytes were cut off]"}"#,
            "round 4",
            "text Sorry.",
            "usage 1",
            "thought 4 [Sorry.]   ",
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
        lines[3].ends_with(r#"{"echo":"abcdefghijabcdefghij\n[10 more bytes were cut off]"}"#),
        "{}",
        lines[3]
    );
    assert_eq!(
        lines[12..],
        [
            "round 4",
            "text Enough.",
            "usage 1",
            "thought 4 [Enough.]   "
        ]
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
            "round 1",
            // The first round was broken off: an estimate.
            "usage 35",
            r#"thought 1 [I compute.] eval_expression {"eval_expression":{"expression":"6*7"}} "#,
            r#"thought 1 [I compute.] eval_expression {"eval_expression":{"expression":"6*7"}} {"eval_expression":"42"}"#,
            "round 2",
            "text It is 42.",
            "usage 42",
            "thought 2 [I know.]   ",
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
        &[
            "round 1",
            "text It is ",
            "error the scripted model broke off",
        ],
    );
}

#[test]
fn what_is_said_between_calls_stands_on_lines_of_its_own() {
    struct Chatty(ScriptedLlm);
    #[async_trait]
    impl model::Llm for Chatty {
        fn info(&self) -> &model::LlmInfo {
            self.0.info()
        }

        async fn stream(&self, request: ChatRequest) -> model::Result<model::DeltaStream> {
            let said = futures::stream::iter([Ok(Delta::Text("I look.".to_owned()))]);
            let is_first = self.0.requests().is_empty();
            let then = self.0.stream(request).await?;
            Ok(match is_first {
                true => said.chain(then).boxed(),
                false => then,
            })
        }
    }
    let script = [
        call("eval_expression", r#"{"expression": "1+1"}"#),
        says("It is 2."),
    ];
    let llm = Arc::new(ScriptedLlm::new("scripted", script));
    let talks = Agent {
        llm: Arc::new(Chatty(ScriptedLlm::new(
            "chatty",
            [
                call("eval_expression", r#"{"expression": "1+1"}"#),
                says("It is 2."),
            ],
        ))),
        ..agent(Strategy::FunctionCall, &llm)
    };
    let lines = played(talks);
    let texts: Vec<&String> = lines
        .iter()
        .filter(|line| line.starts_with("text "))
        .collect();
    assert_eq!(texts, ["text I look.", "text \nIt is 2."]);
}

#[test]
fn old_results_make_room_for_the_next_answer() {
    let long = format!(r#"{{"text": "{}"}}"#, "word ".repeat(2_000));
    let again = || call("echo", &long);
    let script = [again(), again(), says("Enough.")];
    let llm = Arc::new(ScriptedLlm::new("scripted", script));
    let wide = Agent {
        result_bytes: 12_000,
        ..agent(Strategy::FunctionCall, &llm)
    };
    played(wide);
    let last = llm.requests().pop().expect("a last request");
    let results: Vec<usize> = last
        .messages
        .iter()
        .filter(|message| message.role == Role::Tool)
        .map(|message| message.as_text().len())
        .collect();
    assert!(results[0] < 300 && results[1] > 11_000, "{results:?}");
}

#[test]
fn a_prompt_of_the_apps_own_shows_the_tools_in_its_places() {
    let llm = Arc::new(ScriptedLlm::new(
        "scripted",
        [says("Final Answer: It is 42.")],
    ));
    let own = Agent {
        prompt: Some("{{instruction}} Use {{tool_names}}: {{tools}}".to_owned()),
        ..agent(Strategy::React, &llm)
    };
    played(own);
    let system = llm.requests()[0].messages[0].as_text();
    assert!(
        system.starts_with("Be brief. Use echo, eval_expression: [{\"name\":\"echo\""),
        "{system}"
    );
}
