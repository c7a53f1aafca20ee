//! Real app files, unchanged: each compiles, and runs to its end against a script.

use std::{fs, path::PathBuf};

use serde_json::{Value as Json, json};
use workflow::{Effect, HttpReply, Plan, Reply, Status, Task, ToolReply, Value};

use crate::host::{Answer, Host, map, says};

fn files() -> Vec<(String, Json)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut found: Vec<(String, Json)> = fs::read_dir(folder)
        .expect("the corpus")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yml"))
        .map(|path| {
            let text = fs::read_to_string(&path).expect("text");
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            let json: Json =
                serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, json)
        })
        .collect();
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    assert_eq!(found.len(), 16);
    found
}

fn data<'a>(app: &'a Json, id: &str) -> &'a Json {
    let nodes = app["workflow"]["graph"]["nodes"].as_array().expect("nodes");
    let node = nodes.iter().find(|node| node["id"].as_str() == Some(id));
    &node.unwrap_or_else(|| panic!("no node {id}"))["data"]
}

/// Something of a declared type.
fn sample(kind: &str) -> Json {
    match kind {
        "number" => json!(1),
        "boolean" => json!(true),
        "object" => json!({"key": "value"}),
        "array[string]" => json!(["https://example.com/a", "https://example.com/b"]),
        "array[number]" => json!([1, 2]),
        "array[object]" => json!([{"key": "a"}, {"key": "b"}]),
        "file" => {
            json!({"dify_model_identity": "__dify__file__", "type": "document", "filename": "a.txt"})
        }
        "file-list" => json!([]),
        _ => json!("text"),
    }
}

fn answer(app: &Json, task: &Task) -> Reply {
    match &*task.effect {
        Effect::Llm(_) => {
            let mut object = json!({"category_id": "none"});
            for parameter in data(app, &task.node_id)["parameters"]
                .as_array()
                .into_iter()
                .flatten()
            {
                let kind = parameter["type"].as_str().unwrap_or_default();
                object[parameter["name"].as_str().expect("a name")] = sample(kind);
            }
            says(&object.to_string())
        }
        Effect::Code(_) => {
            let mut returned = json!({});
            for (name, output) in data(app, &task.node_id)["outputs"]
                .as_object()
                .expect("outputs")
            {
                returned[name] = sample(output["type"].as_str().unwrap_or_default());
            }
            Reply::Code(Value::Object(map(returned)))
        }
        Effect::Retrieve(_) => Reply::Retrieved(vec![Value::Object(map(
            json!({"content": "a passage", "title": "t"}),
        ))]),
        Effect::Http(_) => Reply::Http(Box::new(HttpReply {
            status: 200,
            body: "{}".into(),
            ..HttpReply::default()
        })),
        Effect::Tool(_) | Effect::Agent(_) => Reply::Tool(Box::new(ToolReply {
            text: "text of a tool".into(),
            json: vec![Value::Object(map(json!({"result": "of a tool"})))],
            variables: (*map(json!({"result": ["https://example.com/a"]}))).clone(),
            ..ToolReply::default()
        })),
        Effect::Extract(request) => {
            Reply::Texts(vec!["text of a file".into(); request.files.len()])
        }
        other => panic!("nothing in these files asks for {other:?}"),
    }
}

#[test]
fn every_file_compiles_and_runs() {
    for (name, app) in files() {
        let plan =
            Plan::compile(&app["workflow"]).unwrap_or_else(|error| panic!("{name}: {error}"));
        let unknown: Vec<_> = plan
            .nodes()
            .filter(|(_, kind)| !workflow::types().any(|known| known == *kind))
            .collect();
        assert!(unknown.is_empty(), "{name}: {unknown:?}");
        let mut inputs = json!({});
        let (root, _) = plan.roots().next().expect("a root");
        for variable in data(&app, root)["variables"].as_array().expect("variables") {
            let key = variable["variable"].as_str().expect("a name");
            inputs[key] = match variable["options"][0].as_str() {
                Some(option) => json!(option),
                None => sample(variable["type"].as_str().expect("a type")),
            };
        }
        let script = app.clone();
        let mut host =
            Host::new(inputs, "a question").script(move |task| Answer::Now(answer(&script, task)));
        let mut sys = (*host.start.sys).clone();
        sys.insert("dialogue_count".into(), Value::Int(0));
        host.start.sys = sys.into();
        let seen = host.run(&plan);
        let outcome = seen
            .outcome
            .as_ref()
            .unwrap_or_else(|| panic!("{name} does not end"));
        assert_eq!(
            (outcome.status, &outcome.error),
            (Status::Succeeded, &None),
            "{name}"
        );
        if app["app"]["mode"] == "advanced-chat" {
            let said = outcome
                .outputs
                .get("answer")
                .map(Value::text)
                .unwrap_or_default();
            assert_eq!(
                seen.text(),
                said,
                "{name}: what was streamed is what was said"
            );
        }
    }
}
