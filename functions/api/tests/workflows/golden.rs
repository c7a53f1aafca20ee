//! Whole streams, held against files: each event, its fields and their order, with what differs from run to run replaced.
//! `EDGEWISE_BLESS=1` writes the files anew; they are read by people, against the reference of the API.

use std::path::Path;

use futures::executor::block_on;
use model::{ErrorKind, fake::Reply};
use serde_json::{Value, json};

use super::{
    tools::{agent, maths},
    world::*,
};

#[path = "../../../../tests/e2e/src/same_stream.rs"]
mod same_stream;

fn check(name: &str, events: &[Value]) {
    let text = same_stream::lines(events);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workflows/golden");
    let file = folder.join(format!("{name}.jsonl"));
    if std::env::var_os("EDGEWISE_BLESS").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(&file, &text).unwrap();
        return;
    }
    let expect = std::fs::read_to_string(&file).unwrap_or_default();
    for (number, (got, expect)) in text.lines().zip(expect.lines()).enumerate() {
        assert_eq!(got, expect, "{name}, event {}", number + 1);
    }
    let (got, expect) = (text.lines().count(), expect.lines().count());
    assert_eq!(got, expect, "{name}: the number of events");
}

fn template(id: &str, words: &str, selector: [&str; 2]) -> Value {
    let variables = json!([{ "variable": "it", "value_selector": selector }]);
    node(
        id,
        "template-transform",
        json!({ "template": words, "variables": variables }),
    )
}

fn edge(source: &str, handle: &str, target: &str) -> Value {
    json!({ "source": source, "sourceHandle": handle, "target": target, "targetHandle": "target" })
}

fn graph(nodes: Vec<Value>, edges: Vec<Value>) -> Value {
    json!({ "graph": { "nodes": nodes, "edges": edges }, "features": {} })
}

/// A node in a container.
fn inside(mut node: Value, container: &str) -> Value {
    node["parentId"] = json!(container);
    node
}

/// What says the result: an end node of a workflow, an answer of a chatflow.
fn says(id: &str, selector: [&str; 2], mode: &str) -> Value {
    match mode {
        "workflow" => node(
            id,
            "end",
            json!({ "outputs": [{ "variable": "out", "value_selector": selector }] }),
        ),
        _ => node(
            id,
            "answer",
            json!({ "answer": format!("{{{{#{}.{}#}}}}", selector[0], selector[1]) }),
        ),
    }
}

fn first() -> Value {
    let mut first = start(&["name"]);
    first["data"]["variables"][0]["required"] = json!(false);
    first
}

/// A start with a list, too.
fn items() -> Value {
    let variables = json!([{ "variable": "items", "label": "items", "type": "json_object", "required": false,
        "default": null }]);
    let mut first = first();
    first["data"]["variables"]
        .as_array_mut()
        .unwrap()
        .extend(variables.as_array().unwrap().clone());
    first
}

fn iteration(id: &str, selector: &[&str], inner: &str, first: &str, parallel: bool) -> Value {
    node(
        id,
        "iteration",
        json!({ "iterator_selector": selector, "output_selector": [inner, "output"],
        "output_type": "array[string]", "start_node_id": first, "is_parallel": parallel, "parallel_nums": 2 }),
    )
}

/// A loop of three rounds in which `inner` writes an x more into `word`.
fn looping(id: &str, parent: Option<&str>) -> Vec<Value> {
    let (first, inner, assign) = (
        format!("{id}_first"),
        format!("{id}_inner"),
        format!("{id}_assign"),
    );
    let mut this = node(
        id,
        "loop",
        json!({ "start_node_id": first, "loop_count": 3, "logical_operator": "and",
        "break_conditions": [{ "id": "b", "variable_selector": [id, "word"], "comparison_operator": "is", "value": "xx" }],
        "loop_variables": [{ "id": "v", "label": "word", "var_type": "string", "value_type": "constant", "value": "" }] }),
    );
    if let Some(parent) = parent {
        this = inside(this, parent);
    }
    vec![
        this,
        inside(node(&first, "loop-start", json!({})), id),
        inside(template(&inner, "{{ it }}x", [id, "word"]), id),
        inside(
            node(
                &assign,
                "assigner",
                json!({ "version": "2", "items": [{ "variable_selector": [id, "word"],
                "input_type": "variable", "operation": "over-write", "value": [inner, "output"] }] }),
            ),
            id,
        ),
    ]
}

fn loop_edges(id: &str) -> [Value; 2] {
    let inner = format!("{id}_inner");
    [
        edge(&format!("{id}_first"), "source", &inner),
        edge(&inner, "source", &format!("{id}_assign")),
    ]
}

/// The graph of a case, and what the model says in it.
fn case(name: &str, mode: &str) -> (Value, Vec<Reply>) {
    let fail = || Reply::Fail(ErrorKind::BadRequest, "no such model".to_owned());
    let asks = |id: &str| llm(id, "Greet {{#start.name#}}");
    match name {
        "success" => {
            let nodes = vec![first(), asks("llm"), says("last", ["llm", "text"], mode)];
            (chain(nodes), vec![text("hello Ada")])
        }
        "failed-node" => {
            let nodes = vec![first(), asks("llm"), says("last", ["llm", "text"], mode)];
            (chain(nodes), vec![fail()])
        }
        "fail-branch" => {
            let mut asks = asks("llm");
            asks["data"]["error_strategy"] = json!("fail-branch");
            let nodes = vec![
                first(),
                asks,
                says("last", ["llm", "text"], mode),
                says("sorry", ["llm", "error_type"], mode),
            ];
            let edges = vec![
                edge("start", "source", "llm"),
                edge("llm", "source", "last"),
                edge("llm", "fail-branch", "sorry"),
            ];
            (graph(nodes, edges), vec![fail()])
        }
        "parallel" => {
            let nodes = vec![
                first(),
                asks("left"),
                asks("right"),
                template("join", "{{ it }}", ["left", "text"]),
                says("last", ["join", "output"], mode),
            ];
            let edges = vec![
                edge("start", "source", "left"),
                edge("start", "source", "right"),
                edge("left", "source", "join"),
                edge("right", "source", "join"),
                edge("join", "source", "last"),
            ];
            (graph(nodes, edges), vec![text("one"), text("two")])
        }
        "iteration" => {
            let nodes = vec![
                items(),
                iteration(
                    "it",
                    &["start", "items", "list"],
                    "inner",
                    "it_first",
                    false,
                ),
                inside(node("it_first", "iteration-start", json!({})), "it"),
                inside(template("inner", "{{ it }}!", ["it", "item"]), "it"),
                says("last", ["it", "output"], mode),
            ];
            let edges = vec![
                edge("start", "source", "it"),
                edge("it_first", "source", "inner"),
                edge("it", "source", "last"),
            ];
            (graph(nodes, edges), vec![])
        }
        "loop" => {
            let mut nodes = vec![first()];
            nodes.extend(looping("lo", None));
            nodes.push(says("last", ["lo", "word"], mode));
            let mut edges = vec![edge("start", "source", "lo"), edge("lo", "source", "last")];
            edges.extend(loop_edges("lo"));
            (graph(nodes, edges), vec![])
        }
        "loop-in-iteration" => {
            let mut nodes = vec![
                items(),
                iteration(
                    "it",
                    &["start", "items", "list"],
                    "inner",
                    "it_first",
                    false,
                ),
                inside(node("it_first", "iteration-start", json!({})), "it"),
                inside(template("inner", "{{ it }}!", ["lo", "word"]), "it"),
                says("last", ["it", "output"], mode),
            ];
            nodes.extend(looping("lo", Some("it")));
            let mut edges = vec![
                edge("start", "source", "it"),
                edge("it_first", "source", "lo"),
                edge("lo", "source", "inner"),
                edge("it", "source", "last"),
            ];
            edges.extend(loop_edges("lo"));
            (graph(nodes, edges), vec![])
        }
        "stop" => {
            let mut asks = asks("llm");
            asks["data"]["retry_config"] =
                json!({ "retry_enabled": true, "max_retries": 3, "retry_interval": 60000 });
            let nodes = vec![first(), asks, says("last", ["llm", "text"], mode)];
            (
                chain(nodes),
                vec![Reply::Fail(ErrorKind::Unavailable, "try later".to_owned())],
            )
        }
        "human-input" => {
            let form = json!({
                "form_content": "Send to {{#start.name#}}? {{#$output.note#}}",
                "inputs": [{ "type": "paragraph", "output_variable_name": "note",
                    "default": { "type": "constant", "selector": [], "value": "" } }],
                "user_actions": [{ "id": "yes", "title": "Send it", "button_style": "primary" }],
                "timeout": 2, "timeout_unit": "hour",
                "delivery_methods": [{ "id": "m1", "type": "webapp", "enabled": true, "config": {} }],
            });
            let nodes = vec![
                first(),
                node("ask", "human-input", form),
                says("last", ["ask", "note"], mode),
            ];
            (
                graph(
                    nodes,
                    vec![edge("start", "source", "ask"), edge("ask", "yes", "last")],
                ),
                vec![],
            )
        }
        // Nobody fills the form in, and time passes.
        "form-timeout" => {
            let form = json!({
                "form_content": "Send it?", "inputs": [],
                "user_actions": [{ "id": "yes", "title": "Send it", "button_style": "primary" }],
                "timeout": 2, "timeout_unit": "hour",
                "delivery_methods": [{ "id": "m1", "type": "webapp", "enabled": true, "config": {} }],
            });
            let nodes = vec![
                first(),
                node("ask", "human-input", form),
                says("last", ["start", "name"], mode),
            ];
            let edges = vec![
                edge("start", "source", "ask"),
                edge("ask", "__timeout", "last"),
            ];
            (graph(nodes, edges), vec![])
        }
        "agent" => {
            let call = Reply::Call("eval_expression".into(), r#"{"expression": "6*7"}"#.into());
            let nodes = vec![
                first(),
                agent("function_calling", "name", maths()),
                says("last", ["agent", "text"], mode),
            ];
            (chain(nodes), vec![call, text("It is 42")])
        }
        "thoughts" => {
            let mut asks = asks("llm");
            asks["data"]["reasoning_format"] = json!("separated");
            let nodes = vec![first(), asks, says("last", ["llm", "text"], mode)];
            (
                chain(nodes),
                vec![text("<think>It is late. </think>Good evening")],
            )
        }
        // The model breaks off and is asked again.
        "taken-back" => {
            let mut asks = asks("llm");
            asks["data"]["retry_config"] =
                json!({ "retry_enabled": true, "max_retries": 1, "retry_interval": 100 });
            let nodes = vec![first(), asks, says("last", ["llm", "text"], mode)];
            (
                chain(nodes),
                vec![Reply::Cut("Good mor".to_owned()), text("Good evening")],
            )
        }
        other => panic!("no case {other}"),
    }
}

pub async fn streamed(name: &str, mode: &str) -> Vec<Value> {
    let (flow, replies) = case(name, mode);
    let world = World::new(replies);
    if name == "stop" {
        world.handles.clock.manual();
    }
    let app = world.app(mode, flow).await;
    let inputs = json!({ "name": "Ada", "items": { "list": ["a", "b"] } });
    let (path, body) = match mode {
        "workflow" => ("/v1/workflows/run", json!({ "inputs": inputs })),
        _ => (
            "/v1/chat-messages",
            json!({ "inputs": inputs, "query": "Hi" }),
        ),
    };
    match name {
        "stop" => stopped(&world, &app, path, body).await,
        "human-input" => {
            let events = world.stream(path, &app, body).await;
            let asked = events
                .iter()
                .find(|event| event["event"] == "human_input_required");
            let token = asked.unwrap()["data"]["form_token"].as_str().unwrap();
            let run = events[0]["workflow_run_id"].as_str().unwrap().to_owned();
            let filled = json!({ "inputs": { "note": "by post" }, "action": "yes", "user": "ada" });
            let form = format!("/v1/form/human_input/{token}");
            let (status, answer) = world.call("POST", &form, &app.key, Some(&filled)).await;
            assert_eq!(status, 200, "{answer}");
            rest(&world, &app, &run, events).await
        }
        "form-timeout" => {
            let events = world.stream(path, &app, body).await;
            let run = events[0]["workflow_run_id"].as_str().unwrap().to_owned();
            let time = std::time::Duration::from_secs(2 * 3600 + 5);
            world.handles.clock.advance(time);
            rest(&world, &app, &run, events).await
        }
        _ => world.stream(path, &app, body).await,
    }
}

/// What follows these events of a run that goes on now.
async fn rest(world: &World, app: &Made, run: &str, mut events: Vec<Value>) -> Vec<Value> {
    world.due().await;
    let seen = u64::try_from(events.len()).unwrap();
    let rest = world.rejoin(app, run, Some(seen)).await;
    events.extend(rest.into_iter().map(|(_, event)| event));
    events
}

/// Stops when the node waits to be tried again.
async fn stopped(world: &World, app: &Made, path: &str, mut body: Value) -> Vec<Value> {
    body["response_mode"] = json!("streaming");
    body["user"] = json!("ada");
    let response = world.send("POST", path, &app.key, Some(&body)).await;
    let mut body = response.into_body();
    let mut seen = String::new();
    while !seen.contains("node_retry") {
        let frame = world.drive(frame(&mut body)).await;
        seen.push_str(&frame);
    }
    let task = seen.split("\"task_id\":\"").nth(1).unwrap();
    let task = task.split('"').next().unwrap();
    let path = match path {
        "/v1/workflows/run" => format!("/v1/workflows/tasks/{task}/stop"),
        _ => format!("/v1/chat-messages/{task}/stop"),
    };
    let by = json!({ "user": "ada" });
    let (status, _) = world.call("POST", &path, &app.key, Some(&by)).await;
    assert_eq!(status, 200);
    seen.push_str(&world.text(http::Response::new(body)).await);
    frames(&seen).into_iter().map(|(_, event)| event).collect()
}

async fn frame(body: &mut axum::body::Body) -> String {
    use axum::body::HttpBody;
    let frame = std::future::poll_fn(|task| std::pin::Pin::new(&mut *body).poll_frame(task)).await;
    let bytes = frame.unwrap().unwrap().into_data().unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub const CASES: [&str; 13] = [
    "success",
    "failed-node",
    "fail-branch",
    "parallel",
    "iteration",
    "loop",
    "loop-in-iteration",
    "stop",
    "human-input",
    "form-timeout",
    "agent",
    "thoughts",
    "taken-back",
];

#[test]
fn streams_are_those_of_the_files() {
    for mode in ["workflow", "advanced-chat"] {
        for case in CASES {
            let events = block_on(streamed(case, mode));
            let kind = if mode == "workflow" {
                "workflow"
            } else {
                "chatflow"
            };
            check(&format!("{kind}-{case}"), &events);
        }
    }
}
