//! Agents: each round and each call is a task, told as it happens, and not asked for again after a crash.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use workflow::{AgentCall, AgentResult, AgentRound, Effect, Plan, Replay, Reply, Task, Usage};

use crate::{
    host::{Answer, Host, Seen, data, end, fails, flow, node, plan, start},
    journals::record,
};

fn agent(more: Json) -> Json {
    let mut data = json!({"agent_strategy_name": "function_calling", "agent_strategy_provider_name": "p",
        "agent_parameters": {"query": {"type": "variable", "value": ["start", "x"]}}});
    for (key, value) in more.as_object().expect("an object") {
        data[key] = value.clone();
    }
    node("agent", "agent", data)
}

fn graph(more: Json) -> Arc<Plan> {
    let nodes = vec![
        start(&["x"]),
        agent(more),
        end(
            "end",
            &[("text", &["agent", "text"]), ("usage", &["agent", "usage"])],
        ),
    ];
    plan(&flow(nodes, &["start -> agent -> end"]))
}

/// A round that shows a text and calls these tools.
fn round(shown: &str, calls: &[&str], total: u64) -> Reply {
    let usage = |total_tokens| Usage {
        total_tokens,
        ..Usage::default()
    };
    let call = |name: &&str| AgentCall {
        id: format!("id-{name}").into(),
        name: (*name).into(),
        label: name.to_uppercase().into(),
        arguments: r#"{"a": 1}"#.into(),
    };
    Reply::Round(Box::new(AgentRound {
        thought: shown.trim().into(),
        shown: shown.into(),
        calls: calls.iter().map(call).collect(),
        model: "m".into(),
        usage: usage(10),
        total: usage(total),
        result_bytes: 100,
    }))
}

/// Two calls in the first round, one in the second, then the answer.
fn script(task: &Task) -> Answer {
    match &*task.effect {
        Effect::Agent(request) => match request.past.len() {
            0 => Answer::Pieces(vec!["I lo", "ok."], round("I look.", &["one", "two"], 10)),
            1 => Answer::Now(round("", &["three"], 20)),
            _ => Answer::Pieces(vec!["\nDone."], round("\nDone.", &[], 30)),
        },
        Effect::AgentCall(request) => Answer::Now(Reply::Called(AgentResult {
            text: format!("result of {}", request.call.name).into(),
            is_error: &*request.call.name == "two",
        })),
        other => panic!("{other:?}"),
    }
}

/// Steps of the agent as lines: label, status, and that of their parent.
fn steps(seen: &Seen) -> Vec<String> {
    let logs = seen
        .events
        .iter()
        .filter(|event| event.kind.name() == "agent_log");
    let logs: Vec<Json> = logs.map(data).collect();
    let label = |id: &Json| logs.iter().find(|log| log["id"] == *id);
    let line = |log: &Json| {
        let parent = label(&log["parent_id"]).map(|parent| parent["label"].clone());
        let parent = parent.as_ref().and_then(Json::as_str).unwrap_or("-");
        format!(
            "{parent}: {} {}",
            log["label"].as_str().expect("a label"),
            log["status"].as_str().expect("a status")
        )
    };
    logs.iter().map(line).collect()
}

#[test]
fn each_step_is_a_task_and_is_told() {
    let seen = Host::new(json!({"x": "why?"}), "")
        .script(script)
        .run(&graph(json!({})));
    assert_eq!(
        seen.asked,
        [
            "agent#1.1",
            "agent#1.1.1",
            "agent#1.1.2",
            "agent#1.2",
            "agent#1.2.1",
            "agent#1.3"
        ]
    );
    assert_eq!(
        steps(&seen),
        [
            "-: ROUND 1 start",
            "ROUND 1: Thought start",
            "ROUND 1: Thought success",
            "ROUND 1: CALL one start",
            "ROUND 1: CALL two start",
            "ROUND 1: CALL one success",
            "ROUND 1: CALL two error",
            "-: ROUND 1 success",
            "-: ROUND 2 start",
            "ROUND 2: Thought start",
            "ROUND 2: Thought success",
            "ROUND 2: CALL three start",
            "ROUND 2: CALL three success",
            "-: ROUND 2 success",
            "-: ROUND 3 start",
            "ROUND 3: Thought start",
            "ROUND 3: Thought success",
            "-: ROUND 3 success",
        ]
    );
    assert_eq!(seen.text(), "I look.\nDone.");
    let outputs = seen.outputs();
    assert_eq!(outputs["text"], "I look.\nDone.");
    assert_eq!(outputs["usage"]["total_tokens"], 30);
    assert_eq!(seen.outcome.as_ref().expect("an end").total_tokens, 30);
    let finished = seen
        .events
        .iter()
        .map(data)
        .find(|data| data["node_id"] == "agent" && data.get("execution_metadata").is_some());
    let finished = finished.expect("the node's end");
    let logs = &finished["outputs"]["json"];
    assert_eq!(logs.as_array().map(Vec::len), Some(9));
    assert_eq!(*logs, finished["execution_metadata"]["agent_log"]);
    assert_eq!(logs[2]["data"]["tool_call_args"], json!({"a": 1}));
    assert_eq!(logs[3]["error"], "result of two");
    assert_eq!(logs[0]["metadata"]["total_tokens"], 10);
    assert_eq!(logs[0]["node_execution_id"], finished["id"]);
}

#[test]
fn what_was_answered_is_not_asked_again_after_a_crash() {
    let plan = graph(json!({}));
    let mut host = Host::new(json!({"x": "why?"}), "").script(script);
    let whole = host.run(&plan);
    assert_eq!(whole.journal.len(), whole.asked.len());
    for kept in 0..=whole.journal.len() {
        let journal = record(&host, &whole.journal[..kept]);
        let text = serde_json::to_string(&journal).expect("JSON");
        let journal = serde_json::from_str(&text).expect("a record");
        let replay = Replay::default();
        let run = workflow::Run::resume(plan.clone(), &journal, host.limits, replay, host.now);
        let rest = host.drive(run.expect("it goes on"));
        assert_eq!(rest.asked, whole.asked[kept..]);
        assert_eq!(rest.outputs(), whole.outputs());
        assert_eq!(rest.text(), whole.text());
        assert_eq!(steps(&rest), steps(&whole));
    }
}

#[test]
fn a_step_that_fails_fails_the_node_and_another_attempt_begins_anew() {
    let retried =
        json!({"retry_config": {"retry_enabled": true, "max_retries": 1, "retry_interval": 5}});
    let mut rounds = 0;
    let seen = Host::new(json!({"x": "why?"}), "")
        .script(move |task| {
            if matches!(&*task.effect, Effect::AgentCall(request) if request.place == 0) {
                rounds += 1;
            }
            match &*task.effect {
                // The second of two parallel calls fails while the first is open.
                Effect::AgentCall(request) if rounds == 1 => match request.place {
                    0 => Answer::Never,
                    _ => Answer::Now(fails("gone")),
                },
                _ => script(task),
            }
        })
        .run(&graph(retried));
    assert_eq!(seen.cancelled.len(), 1, "the other call is not waited for");
    assert_eq!(
        seen.asked[..5],
        [
            "agent#1.1",
            "agent#1.1.1",
            "agent#1.1.2",
            "agent#2.1",
            "agent#2.1.1"
        ]
    );
    assert_eq!(
        steps(&seen)[5..7],
        ["ROUND 1: CALL two error", "-: ROUND 1 error"]
    );
    assert_eq!(seen.outputs()["text"], "I look.\nDone.");
    let seen = Host::new(json!({"x": "why?"}), "")
        .script(|_| Answer::Now(fails("no model")))
        .run(&graph(json!({})));
    assert!(seen.error().contains("no model"), "{}", seen.error());
}
