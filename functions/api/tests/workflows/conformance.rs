//! The table of what workflows and chatflows answer: each operation with its answers, each event with its fields, and the case
//! that proves it. It is made of what the cases see, and held against the reference of the API and against the kept one.
//!
//! `EDGEWISE_BLESS=1` writes it anew.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::PathBuf,
};

use futures::executor::block_on;
use serde_json::{Value, json};

use super::{chatflow, golden, people, world::*};

const HEAD: &str = "\
# Conformance of workflows and chatflows

Made by a test: `EDGEWISE_BLESS=1 cargo test -p api --features workflows --test workflows the_table_of_conformance` writes it.
Chats, text generators and datasets are in [tests/CONFORMANCE.md](../../../../tests/CONFORMANCE.md).
";

/// Method and path below `/v1`.
const OPERATIONS: [&str; 14] = [
    "POST /workflows/run",
    "POST /workflows/{id}/run",
    "GET /workflows/run/{id}",
    "POST /workflows/tasks/{id}/stop",
    "GET /workflows/logs",
    "GET /workflow/{id}/events",
    "GET /form/human_input/{id}",
    "POST /form/human_input/{id}",
    "POST /chat-messages",
    "POST /chat-messages/{id}/stop",
    "GET /conversations/{id}/variables",
    "PUT /conversations/{id}/variables/{id}",
    "GET /parameters",
    "GET /info",
];

const NODE: &str = "id node_id node_type title";
const ROUND: &str = "id node_id node_type title created_at extras metadata inputs inputs_truncated";
const ROUNDS: &str = "id node_id node_type title outputs outputs_truncated created_at extras inputs inputs_truncated status error \
    elapsed_time total_tokens execution_metadata finished_at steps";
const FINISHED: &str = "id node_id node_type title index predecessor_node_id inputs inputs_truncated process_data \
    process_data_truncated outputs outputs_truncated status error elapsed_time execution_metadata created_at finished_at files \
    iteration_id loop_id";

/// Events that do not name their run in a chatflow.
const BARE: [&str; 2] = ["reasoning_chunk", "agent_log"];

/// Fields of `data`.
const EVENTS: [(&str, &[&str]); 19] = [
    (
        "workflow_started",
        &["id workflow_id inputs created_at reason"],
    ),
    (
        "workflow_paused",
        &[
            "workflow_run_id paused_nodes outputs reasons status created_at elapsed_time total_tokens total_steps",
        ],
    ),
    (
        "workflow_finished",
        &[
            "id workflow_id status outputs error elapsed_time total_tokens total_steps created_by created_at finished_at \
           exceptions_count files",
        ],
    ),
    (
        "node_started",
        &[
            NODE,
            "index predecessor_node_id inputs inputs_truncated created_at extras iteration_id loop_id agent_strategy",
        ],
    ),
    ("node_finished", &[FINISHED]),
    ("node_retry", &[FINISHED, "retry_index"]),
    ("iteration_started", &[ROUND]),
    ("iteration_next", &[NODE, "index created_at extras"]),
    ("iteration_completed", &[ROUNDS]),
    ("loop_started", &[ROUND]),
    (
        "loop_next",
        &[NODE, "index pre_loop_output created_at extras"],
    ),
    ("loop_completed", &[ROUNDS]),
    ("text_chunk", &["text from_variable_selector"]),
    ("text_replace", &["text"]),
    (
        "reasoning_chunk",
        &["message_id reasoning node_id is_final"],
    ),
    (
        "agent_log",
        &["node_execution_id id label parent_id error status data metadata node_id"],
    ),
    (
        "human_input_required",
        &[
            "form_id node_id node_title form_content inputs actions display_in_ui form_token resolved_default_values \
           expiration_time",
        ],
    ),
    (
        "human_input_form_filled",
        &["node_id node_title rendered_content action_id action_text submitted_data"],
    ),
    (
        "human_input_form_timeout",
        &["node_id node_title expiration_time"],
    ),
];

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// What was answered to each operation, and in which cases.
#[derive(Default)]
struct Seen(BTreeMap<&'static str, (BTreeSet<String>, BTreeSet<&'static str>)>);

/// Calls of one case to one app.
struct Case<'a> {
    name: &'static str,
    world: &'a World,
    key: &'a str,
}

impl Case<'_> {
    /// `ids` take the places of `{id}`.
    async fn call(
        &self,
        seen: &mut Seen,
        operation: &'static str,
        ids: &[&str],
        body: Option<Value>,
    ) -> Value {
        assert!(OPERATIONS.contains(&operation), "{operation}");
        let (method, path) = operation.split_once(' ').unwrap();
        let mut path = format!("/v1{path}");
        for id in ids {
            path = path.replacen("{id}", id, 1);
        }
        if body.is_none() {
            path.push_str("?user=ada");
        }
        let (status, answer) = self
            .world
            .call(method, &path, self.key, body.as_ref())
            .await;
        let told = match status.as_u16() {
            code if code >= 400 => {
                assert_eq!(answer["status"], code, "{path}: {answer}");
                assert!(answer["message"].is_string(), "{path}: {answer}");
                format!("{code} `{}`", answer["code"].as_str().unwrap())
            }
            code => code.to_string(),
        };
        let (answers, cases) = seen.0.entry(operation).or_default();
        answers.insert(told);
        cases.insert(self.name);
        answer
    }
}

async fn runs(seen: &mut Seen) {
    let world = World::new([]);
    let flow = chain(vec![start(&["x"]), end(["start", "x"])]);
    let app = world.app("workflow", flow).await;
    let case = Case {
        name: "a run in both modes",
        world: &world,
        key: &app.key,
    };
    let run = "POST /workflows/run";
    let body = |more: Value| {
        let mut body = json!({ "inputs": { "x": "1" }, "user": "ada" });
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        Some(body)
    };
    let answer = case.call(seen, run, &[], body(json!({}))).await;
    let (id, version) = (
        answer["workflow_run_id"].as_str().unwrap(),
        answer["data"]["workflow_id"].as_str().unwrap(),
    );
    let streaming = json!({ "response_mode": "streaming" });
    case.call(seen, run, &[], body(streaming)).await;
    case.call(seen, run, &[], body(json!({ "inputs": {} })))
        .await;
    let versioned = "POST /workflows/{id}/run";
    for version in [version, "nonsense", NOBODY] {
        case.call(seen, versioned, &[version], body(json!({})))
            .await;
    }
    let case = Case {
        name: "what is kept of a run",
        ..case
    };
    for id in [id, NOBODY] {
        case.call(seen, "GET /workflows/run/{id}", &[id], None)
            .await;
        case.call(seen, "GET /workflow/{id}/events", &[id], None)
            .await;
    }
    case.call(seen, "GET /workflows/logs", &[], None).await;
    let case = Case {
        name: "what a workflow says of itself",
        ..case
    };
    for operation in ["GET /parameters", "GET /info"] {
        case.call(seen, operation, &[], None).await;
    }
    let case = Case {
        name: "a run is stopped",
        ..case
    };
    let stop = "POST /workflows/tasks/{id}/stop";
    for body in [json!({ "user": "ada" }), json!({})] {
        case.call(seen, stop, &[NOBODY], Some(body)).await;
    }
}

async fn forms(seen: &mut Seen) {
    let world = World::new([]);
    let app = world.app("workflow", people::asks(json!({}))).await;
    let (_, token, _) = people::paused(&world, &app).await;
    let case = Case {
        name: "a form",
        world: &world,
        key: &app.key,
    };
    let (shown, filled) = ("GET /form/human_input/{id}", "POST /form/human_input/{id}");
    let strange = json!({ "inputs": {}, "action": "perhaps", "user": "bob" });
    case.call(seen, shown, &[&token], None).await;
    case.call(seen, filled, &[&token], Some(strange)).await;
    for token in [&token, &token, NOBODY] {
        case.call(seen, filled, &[token], Some(people::yes())).await;
    }
    for token in [&token, NOBODY] {
        case.call(seen, shown, &[token], None).await;
    }
}

async fn chats(seen: &mut Seen) {
    let world = World::new([text("one")]);
    let app = world.app("advanced-chat", chatflow::flow()).await;
    let case = Case {
        name: "a chatflow",
        world: &world,
        key: &app.key,
    };
    let chat = "POST /chat-messages";
    let asked = |id: &str| Some(chatflow::question("first", &json!(id)));
    let answer = case.call(seen, chat, &[], asked("")).await;
    case.call(seen, chat, &[], asked(NOBODY)).await;
    let run = Some(json!({ "inputs": {}, "user": "ada" }));
    case.call(seen, "POST /workflows/run", &[], run).await;
    let id = answer["conversation_id"].as_str().unwrap();
    let variables = "GET /conversations/{id}/variables";
    let list = case.call(seen, variables, &[id], None).await;
    case.call(seen, variables, &[NOBODY], None).await;
    let variable = list["data"][0]["id"].as_str().unwrap();
    let put = "PUT /conversations/{id}/variables/{id}";
    for (variable, value) in [
        (variable, json!("changed")),
        (variable, json!(1)),
        (NOBODY, json!("x")),
    ] {
        let body = json!({ "value": value, "user": "ada" });
        case.call(seen, put, &[id, variable], Some(body)).await;
    }
    let user = Some(json!({ "user": "ada" }));
    case.call(seen, "POST /chat-messages/{id}/stop", &[NOBODY], user)
        .await;
}

/// Which golden streams have each event; every one has exactly the fields of the reference.
async fn events() -> BTreeMap<String, BTreeSet<String>> {
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (kind, mode) in [("workflow", "workflow"), ("chatflow", "advanced-chat")] {
        let mut around = vec!["event", "task_id", "workflow_run_id", "data"];
        if kind == "chatflow" {
            around.extend(["conversation_id", "message_id", "created_at"]);
        }
        for case in golden::CASES {
            for event in golden::streamed(case, mode).await {
                let name = event["event"].as_str().unwrap();
                let Some((_, fields)) = EVENTS.iter().find(|(known, _)| *known == name) else {
                    // Those of chats are in the other table.
                    assert!(
                        ["message", "message_replace", "message_end", "error"].contains(&name),
                        "{name}"
                    );
                    continue;
                };
                let keys = |value: &Value| -> BTreeSet<String> {
                    value.as_object().unwrap().keys().cloned().collect()
                };
                let of = |names: &[&str]| -> BTreeSet<String> {
                    let names = names.iter().flat_map(|names| names.split_whitespace());
                    names.map(str::to_owned).collect()
                };
                assert_eq!(keys(&event["data"]), of(fields), "{name} in {case}");
                let mut around = of(&around);
                if kind == "chatflow" && BARE.contains(&name) {
                    around.remove("workflow_run_id");
                }
                assert_eq!(keys(&event), around, "{name} in {case}");
                let cases = seen.entry(name.to_owned()).or_default();
                cases.insert(format!("{kind}-{case}"));
            }
        }
    }
    seen
}

#[test]
fn the_table_of_conformance() {
    let mut seen = Seen::default();
    let events = block_on(async {
        runs(&mut seen).await;
        forms(&mut seen).await;
        chats(&mut seen).await;
        events().await
    });
    let mut page = HEAD.to_owned();
    page += "\n## Operations\n\n| operation | answers | proven by |\n| --- | --- | --- |\n";
    for operation in OPERATIONS {
        let (answers, cases) = &seen.0[operation];
        assert!(answers.contains("200"), "{operation} never succeeded");
        let answers: Vec<&str> = answers.iter().map(String::as_str).collect();
        let cases: Vec<&str> = cases.iter().copied().collect();
        let (answers, cases) = (answers.join(", "), cases.join("; "));
        writeln!(page, "| `{operation}` | {answers} | {cases} |").unwrap();
    }
    page += "\n## Events\n\nAll name `event`, `task_id`, `workflow_run_id` and `data`; in a chatflow `conversation_id`, `message_id` \
             and `created_at` too, but `reasoning_chunk` and `agent_log` there no `workflow_run_id`. The streams are in `golden/`.\n\n| event | fields of `data` | seen in |\n| --- | --- | --- |\n";
    for (event, fields) in EVENTS {
        let cases = events.get(event);
        let cases = cases.unwrap_or_else(|| panic!("no stream has {event}"));
        let cases: Vec<&str> = cases.iter().map(String::as_str).collect();
        let fields: Vec<String> = fields
            .iter()
            .flat_map(|fields| fields.split_whitespace())
            .map(|field| format!("`{field}`"))
            .collect();
        let (fields, cases) = (fields.join(", "), cases.join(", "));
        writeln!(page, "| `{event}` | {fields} | {cases} |").unwrap();
    }
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/workflows/CONFORMANCE.md");
    if std::env::var_os("EDGEWISE_BLESS").is_some() {
        fs::write(&file, &page).unwrap();
    }
    let kept = fs::read_to_string(&file).unwrap();
    assert_eq!(page, kept, "EDGEWISE_BLESS=1 writes it anew");
}
