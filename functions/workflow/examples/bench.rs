//! What the engine costs, in one thread of this process:
//! `cargo run --release -p workflow --example bench`.
//!
//! Graphs are compiled once; a run is started, polled to its end and dropped. Templates are rendered for real and every
//! event is made and taken.

// A program of its own, which may stop where it cannot go on.
#![expect(clippy::expect_used, clippy::panic, reason = "a program of its own")]

use std::{sync::Arc, time::Instant};

use serde_json::{Value as Json, json};
use workflow::{Input, Limits, LlmReply, Plan, Reply, Run, Start, Step, Value};

fn main() {
    let chain_10 = measure("10-node chain", &plan(chain(10, template)), &Value::Null);
    let chain_50 = measure("50-node chain", &plan(chain(50, template)), &Value::Null);
    measure("echo", &plan(chain(0, template)), &Value::Null);
    measure("10-way fan-out", &plan(fan_out(10)), &Value::Null);
    measure("500-node chain", &plan(chain(498, template)), &Value::Null);
    let asks_10 = measure("chain of 10 models", &plan(chain(10, llm)), &Value::Null);
    let asks_50 = measure("chain of 50 models", &plan(chain(50, llm)), &Value::Null);
    let items = Value::array((0..1000).map(|item| Value::from(format!("item {item}"))));
    measure("1000-item iteration", &plan(iteration(false)), &items);
    measure(
        "1000-item iteration, parallel",
        &plan(iteration(true)),
        &items,
    );
    println!(
        "marginal cost of a node: {:.2} us",
        (chain_50 - chain_10) / 40.0
    );
    println!(
        "marginal cost of a node that asks the host: {:.2} us",
        (asks_50 - asks_10) / 40.0
    );
    let source = chain(498, template);
    let began = Instant::now();
    for _ in 0..20 {
        Plan::compile(&source).expect("a graph");
    }
    println!(
        "compiling 500 nodes: {:.0} us",
        began.elapsed().as_secs_f64() * 1e6 / 20.0
    );
}

/// The median of many runs, in microseconds.
fn measure(name: &str, plan: &Arc<Plan>, items: &Value) -> f64 {
    let inputs = Value::object([("x", Value::from("hello")), ("items", items.clone())]);
    let inputs = inputs.as_object().expect("an object").clone();
    let mut times = Vec::new();
    let began = Instant::now();
    while times.len() < 25 || (began.elapsed().as_millis() < 700 && times.len() < 20_000) {
        let started = Instant::now();
        run(
            plan,
            Start {
                run_id: "run".into(),
                inputs: inputs.clone(),
                ..Start::default()
            },
        );
        times.push(started.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| {
        times
            .get((times.len() as f64 * share) as usize)
            .copied()
            .unwrap_or_default()
    };
    println!(
        "{name:32} {:>10.1} us  p99 {:>10.1} us  ({} runs)",
        at(0.5),
        at(0.99),
        times.len()
    );
    at(0.5)
}

fn run(plan: &Arc<Plan>, start: Start) {
    let mut run = Run::start(plan.clone(), start, Limits::default(), 0).expect("a run");
    let mut asked = Vec::new();
    loop {
        match run.poll(0) {
            Step::Emit(event) => drop(std::hint::black_box(event)),
            Step::Execute(task) => asked.push(task.id),
            Step::Cancel(_) => {}
            Step::Suspend(_) => {
                let task = asked.pop().unwrap_or_else(|| panic!("nothing to wait for"));
                let reply = LlmReply {
                    text: "said".into(),
                    ..LlmReply::default()
                };
                run.handle(
                    Input::Reply {
                        task,
                        reply: Reply::Llm(Box::new(reply)),
                    },
                    0,
                )
                .expect("an answer");
            }
            Step::Done(outcome) => {
                assert_eq!(outcome.error, None);
                return;
            }
        }
    }
}

fn plan(workflow: Json) -> Arc<Plan> {
    Plan::compile(&workflow).unwrap_or_else(|error| panic!("{error}"))
}

fn node(id: &str, kind: &str, mut data: Json) -> Json {
    if let Some(data) = data.as_object_mut() {
        data.insert("type".to_owned(), json!(kind));
    }
    json!({"id": id, "data": data})
}

fn template(id: &str, before: &[&str]) -> Json {
    let data =
        json!({"template": "{{ x }}", "variables": [{"variable": "x", "value_selector": before}]});
    node(id, "template-transform", data)
}

fn llm(id: &str, before: &[&str]) -> Json {
    let text = format!("{{{{#{}#}}}}", before.join("."));
    node(
        id,
        "llm",
        json!({"model": {"name": "m"}, "prompt_template": [{"role": "user", "text": text}]}),
    )
}

fn start() -> Json {
    let variables =
        json!([{"variable": "x", "type": "paragraph"}, {"variable": "items", "type": "other"}]);
    node("start", "start", json!({"variables": variables}))
}

fn edge(source: &str, target: &str) -> Json {
    json!({"source": source, "target": target, "sourceHandle": "source"})
}

fn chain(length: usize, make: fn(&str, &[&str]) -> Json) -> Json {
    let mut nodes = vec![start()];
    let mut edges = Vec::new();
    let mut last = ("start".to_owned(), "x");
    for place in 0..length {
        let id = format!("n{place}");
        let made = make(&id, &[&last.0, last.1]);
        edges.push(edge(&last.0, &id));
        let is_model = made.pointer("/data/type") == Some(&json!("llm"));
        nodes.push(made);
        last = (id, if is_model { "text" } else { "output" });
    }
    edges.push(edge(&last.0, "end"));
    let outputs = json!([{"variable": "out", "value_selector": [last.0, last.1]}]);
    nodes.push(node("end", "end", json!({"outputs": outputs})));
    json!({"graph": {"nodes": nodes, "edges": edges}})
}

fn fan_out(width: usize) -> Json {
    let mut nodes = vec![start()];
    let mut edges = Vec::new();
    for place in 0..width {
        let id = format!("n{place}");
        nodes.push(template(&id, &["start", "x"]));
        edges.extend([edge("start", &id), edge(&id, "end")]);
    }
    nodes.push(node(
        "end",
        "end",
        json!({"outputs": [{"variable": "out", "value_selector": ["n0", "output"]}]}),
    ));
    json!({"graph": {"nodes": nodes, "edges": edges}})
}

fn iteration(is_parallel: bool) -> Json {
    let data = json!({"iterator_selector": ["start", "items"], "output_selector": ["t", "output"], "start_node_id": "its",
        "is_parallel": is_parallel, "parallel_nums": 10});
    let inside = |mut node: Json| {
        if let Some(node) = node.as_object_mut() {
            node.insert("parentId".to_owned(), json!("it"));
        }
        node
    };
    let nodes = vec![
        start(),
        node("it", "iteration", data),
        inside(node("its", "iteration-start", json!({}))),
        inside(template("t", &["it", "item"])),
        node(
            "end",
            "end",
            json!({"outputs": [{"variable": "out", "value_selector": ["it", "output"]}]}),
        ),
    ];
    json!({"graph": {"nodes": nodes, "edges": [edge("start", "it"), edge("it", "end"), edge("its", "t")]}})
}
