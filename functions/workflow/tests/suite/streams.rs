//! Golden event streams.

use serde_json::{Value as Json, json};

use crate::host::{Answer, Host, data, end, fails, flow, node, plan, says, start, template};

pub fn llm(id: &str, text: &str) -> Json {
    node(
        id,
        "llm",
        json!({
            "model": {"provider": "openai", "name": "m", "mode": "chat", "completion_params": {"temperature": 0}},
            "prompt_template": [{"role": "user", "text": text}]
        }),
    )
}

pub fn answer(id: &str, text: &str) -> Json {
    node(id, "answer", json!({"answer": text}))
}

pub fn inside(mut node: Json, parent: &str) -> Json {
    node["parentId"] = json!(parent);
    node
}

/// Answers every model in pieces.
pub fn in_pieces(host: Host) -> Host {
    host.script(|task| {
        Answer::Pieces(
            vec!["one ", "two"],
            says(&format!("one two{}", if task.streams { "" } else { "!" })),
        )
    })
}

#[test]
fn success() {
    let flow = flow(
        vec![
            start(&["x"]),
            llm("llm", "say {{#start.x#}}"),
            end("end", &[("out", &["llm", "text"])]),
        ],
        &["start -> llm -> end"],
    );
    let seen = in_pieces(Host::new(json!({"x": "hi"}), "")).run(&plan(&flow));
    assert_eq!(
        seen.lines(),
        [
            "workflow_started initial",
            "node_started 1 start",
            "node_finished 1 start succeeded",
            "node_started 2 llm",
            "text_chunk \"one \"",
            "text_chunk \"two\"",
            "node_finished 2 llm succeeded",
            "node_started 3 end",
            "node_finished 3 end succeeded",
            "workflow_finished succeeded",
        ]
    );
    assert_eq!(seen.outputs(), json!({"out": "one two"}));
    // Every field, in the API's order.
    let text = |at: usize| serde_json::to_string(&seen.events[at].kind).expect("JSON");
    let keys = |at: usize| match data(&seen.events[at]) {
        Json::Object(object) => object.keys().cloned().collect::<Vec<_>>().join(" "),
        other => panic!("{other}"),
    };
    assert_eq!(
        text(0),
        r#"{"id":"run-1","workflow_id":"flow-1","inputs":{"x":"hi"},"created_at":1700000000,"reason":"initial"}"#
    );
    assert_eq!(
        keys(1),
        "id node_id node_type title index predecessor_node_id inputs inputs_truncated created_at extras iteration_id \
         loop_id agent_strategy"
    );
    assert_eq!(
        keys(6),
        "id node_id node_type title index predecessor_node_id inputs inputs_truncated process_data \
         process_data_truncated outputs outputs_truncated status error elapsed_time execution_metadata created_at \
         finished_at files iteration_id loop_id"
    );
    assert_eq!(
        text(4),
        r#"{"text":"one ","from_variable_selector":["llm","text"]}"#
    );
    let finished = data(&seen.events[6]);
    assert_eq!(finished["id"], data(&seen.events[3])["id"]);
    assert_eq!(finished["inputs"], json!({"#start.x#": "hi"}));
    assert_eq!(finished["process_data"]["prompts"][0]["text"], "say hi");
    assert_eq!(
        finished["execution_metadata"],
        json!({"total_tokens": 3, "total_price": "0", "currency": "USD"})
    );
    assert_eq!(
        keys(9),
        "id workflow_id status outputs error elapsed_time total_tokens total_steps created_by created_at finished_at \
         exceptions_count files"
    );
    assert_eq!(data(&seen.events[9])["total_tokens"], 3);
    let numbers: Vec<u64> = seen.events.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 4, 4, 5, 6, 7, 8]);
}

#[test]
fn failed_node() {
    let flow = flow(
        vec![start(&[]), llm("llm", "x"), end("end", &[])],
        &["start -> llm -> end"],
    );
    let seen = Host::default()
        .script(|_| Answer::Now(fails("no model")))
        .run(&plan(&flow));
    assert_eq!(
        seen.lines(),
        [
            "workflow_started initial",
            "node_started 1 start",
            "node_finished 1 start succeeded",
            "node_started 2 llm",
            "node_finished 2 llm failed",
            "workflow_finished failed: node `llm` (llm): no model",
        ]
    );
}

#[test]
fn fail_branch_after_retries() {
    let mut failing = llm("llm", "x");
    failing["data"]["error_strategy"] = json!("fail-branch");
    failing["data"]["retry_config"] =
        json!({"retry_enabled": true, "max_retries": 2, "retry_interval": 1000});
    let flow = flow(
        vec![
            start(&[]),
            failing,
            answer("good", "{{#llm.text#}}"),
            answer("bad", "sorry: {{#llm.error_message#}}"),
        ],
        &["start -> llm -> good", "llm.fail-branch -> bad"],
    );
    let mut host = Host::new(json!({}), "q").script(|_| Answer::Now(fails("no model")));
    let began = host.now;
    let seen = host.run(&plan(&flow));
    assert!(host.now - began > 2000, "the retries wait");
    assert_eq!(
        seen.lines(),
        [
            "workflow_started initial",
            "node_started 1 start",
            "node_finished 1 start succeeded",
            "node_started 2 llm",
            "node_retry llm 1",
            "node_retry llm 2",
            "node_finished 2 llm exception",
            "text_chunk \"sorry: \"",
            "text_chunk \"node `llm` (llm): no model\"",
            "node_started 3 bad",
            "node_finished 3 bad succeeded",
            "workflow_finished partial-succeeded",
        ]
    );
    assert_eq!(seen.asked, ["llm#1", "llm#2", "llm#3"]);
    assert_eq!(
        seen.outputs(),
        json!({"answer": "sorry: node `llm` (llm): no model", "files": []})
    );
    assert_eq!(
        data(seen.events.last().expect("an event"))["exceptions_count"],
        1
    );
}

#[test]
fn parallel_branches() {
    let flow = flow(
        vec![
            start(&[]),
            llm("a", "x"),
            llm("b", "x"),
            answer("ans", "{{#a.text#}} and {{#b.text#}}"),
        ],
        &["start -> a -> ans", "start -> b -> ans"],
    );
    let mut host = in_pieces(Host::new(json!({}), "q"));
    host.newest_first = true;
    let seen = host.run(&plan(&flow));
    assert_eq!(
        seen.lines(),
        [
            "workflow_started initial",
            "node_started 1 start",
            "node_finished 1 start succeeded",
            "node_started 2 a",
            "node_started 3 b",
            "node_finished 3 b succeeded",
            "text_chunk \"one \"",
            "text_chunk \"two\"",
            "node_finished 2 a succeeded",
            "text_chunk \" and \"",
            "text_chunk \"one \"",
            "text_chunk \"two\"",
            "node_started 4 ans",
            "node_finished 4 ans succeeded",
            "workflow_finished succeeded",
        ]
    );
    assert_eq!(seen.text(), "one two and one two");
}

pub fn iteration(inner: Vec<Json>, edges: &[&str]) -> Json {
    let mut nodes = vec![
        node(
            "start",
            "start",
            json!({"variables": [{"variable": "items", "type": "other"}]}),
        ),
        node(
            "it",
            "iteration",
            json!({"iterator_selector": ["start", "items"], "output_selector": ["last", "output"], "start_node_id": "its"}),
        ),
        node("its", "iteration-start", json!({"parent": "it"})),
        end("end", &[("out", &["it", "output"])]),
    ];
    nodes.extend(inner);
    let edges: Vec<&str> = ["start -> it -> end"]
        .iter()
        .chain(edges)
        .copied()
        .collect();
    flow(nodes, &edges)
}

#[test]
fn iteration_events() {
    let flow = iteration(
        vec![inside(template("last", "<{{ x }}>", &["it", "item"]), "it")],
        &["its -> last"],
    );
    let seen = Host::new(json!({"items": [1, 2]}), "").run(&plan(&flow));
    assert_eq!(
        seen.lines(),
        [
            "workflow_started initial",
            "node_started 1 start",
            "node_finished 1 start succeeded",
            "iteration_started it",
            "iteration_next it 0",
            "node_started 3 its",
            "node_finished 3 its succeeded",
            "node_started 4 last",
            "node_finished 4 last succeeded",
            "iteration_next it 1",
            "node_started 5 its",
            "node_finished 5 its succeeded",
            "node_started 6 last",
            "node_finished 6 last succeeded",
            "iteration_completed it succeeded",
            "node_started 7 end",
            "node_finished 7 end succeeded",
            "workflow_finished succeeded",
        ]
    );
    let started = serde_json::to_string(&seen.events[3].kind).expect("JSON");
    assert_eq!(
        started,
        r#"{"id":"it","node_id":"it","node_type":"iteration","title":"IT","created_at":1700000000,"extras":{},"metadata":{"iteration_length":2},"inputs":{"iterator_selector":[1,2]},"inputs_truncated":false}"#
    );
    let next = serde_json::to_string(&seen.events[4].kind).expect("JSON");
    assert_eq!(
        next,
        r#"{"id":"it","node_id":"it","node_type":"iteration","title":"IT","index":0,"created_at":1700000000,"extras":{}}"#
    );
    let inner = data(&seen.events[8]);
    assert_eq!(
        (
            &inner["iteration_id"],
            &inner["execution_metadata"]["iteration_index"]
        ),
        (&json!("it"), &json!(0))
    );
    let Json::Object(completed) = data(&seen.events[14]) else {
        panic!("an object")
    };
    assert_eq!(
        completed.keys().cloned().collect::<Vec<_>>().join(" "),
        "id node_id node_type title outputs outputs_truncated created_at extras inputs inputs_truncated status error \
         elapsed_time total_tokens execution_metadata finished_at steps"
    );
    assert_eq!(
        (&completed["steps"], &completed["outputs"]),
        (&json!(2), &json!({"output": ["<1>", "<2>"]}))
    );
}

#[test]
fn a_loop_in_an_iteration() {
    let inner = vec![
        inside(
            node(
                "lo",
                "loop",
                json!({"loop_count": 2, "start_node_id": "los", "loop_variables": [
            {"label": "s", "var_type": "string", "value_type": "variable", "value": ["it", "item"]}]}),
            ),
            "it",
        ),
        inside(node("los", "loop-start", json!({})), "lo"),
        inside(template("t", "{{ x }}!", &["lo", "s"]), "lo"),
        inside(
            node(
                "as",
                "assigner",
                json!({"assigned_variable_selector": ["lo", "s"], "write_mode": "over-write",
            "input_variable_selector": ["t", "output"]}),
            ),
            "lo",
        ),
        inside(template("last", "{{ x }}", &["lo", "s"]), "it"),
    ];
    let flow = iteration(inner, &["its -> lo -> last", "los -> t -> as"]);
    let seen = Host::new(json!({"items": ["a", "b"]}), "").run(&plan(&flow));
    assert_eq!(seen.outputs(), json!({"out": ["a!!", "b!!"]}));
    let lines = seen.lines();
    assert_eq!(
        lines[3..24],
        [
            "iteration_started it",
            "iteration_next it 0",
            "node_started 3 its",
            "node_finished 3 its succeeded",
            "loop_started lo",
            "loop_next lo 0",
            "node_started 5 los",
            "node_finished 5 los succeeded",
            "node_started 6 t",
            "node_finished 6 t succeeded",
            "node_started 7 as",
            "node_finished 7 as succeeded",
            "loop_next lo 1",
            "node_started 8 los",
            "node_finished 8 los succeeded",
            "node_started 9 t",
            "node_finished 9 t succeeded",
            "node_started 10 as",
            "node_finished 10 as succeeded",
            "loop_completed lo succeeded",
            "node_started 11 last",
        ]
    );
    let at = lines
        .iter()
        .position(|line| line.starts_with("loop_completed"))
        .expect("the loop ended");
    let completed = data(&seen.events[at]);
    assert_eq!(
        completed["execution_metadata"]["completed_reason"],
        "loop_completed"
    );
    assert_eq!(
        completed["execution_metadata"]["loop_variable_map"],
        json!({"s": "a!!"})
    );
    assert_eq!(completed["outputs"], json!({"s": "a!!", "loop_round": 2}));
    let at = lines
        .iter()
        .position(|line| line == "loop_next lo 0")
        .expect("a round");
    assert_eq!(data(&seen.events[at])["pre_loop_output"], json!({}));
}

#[test]
fn stop() {
    let flow = flow(
        vec![start(&[]), llm("llm", "x"), end("end", &[])],
        &["start -> llm -> end"],
    );
    let mut host = Host {
        stop_after: Some(4),
        ..Host::default()
    };
    let seen = host.run(&plan(&flow));
    assert_eq!(
        seen.lines(),
        [
            "workflow_started initial",
            "node_started 1 start",
            "node_finished 1 start succeeded",
            "node_started 2 llm",
            "workflow_finished stopped: Stopped by user.",
        ]
    );
    assert!(
        seen.asked.is_empty(),
        "a task that was not given out need not be"
    );
}
