//! n8n running the same graphs: a webhook, so many Set nodes, an answer.
//!
//! Measured twice: as it is installed, and with what makes it fastest, expressions without an isolate for each run and
//! nothing kept of a run that ended well.

use std::process::Stdio;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tokio::process::Command;

use super::Rival;
use crate::{
    chat::{Row, until},
    drive::Case,
    workflow::{CONNECTIONS, WORD},
};

/// Our names for the graphs, theirs, and how many nodes stand in between, in a row or beside each other.
const GRAPHS: [(&str, &str, Shape); 4] = [
    ("echo", "benchecho0000001", Shape::Row(0)),
    ("10-node chain", "benchchain000010", Shape::Row(10)),
    ("50-node chain", "benchchain000050", Shape::Row(50)),
    ("10-way fan-out", "benchfanout00010", Shape::Beside(10)),
];

/// How the nodes stand.
#[derive(Clone, Copy)]
enum Shape {
    Row(usize),
    Beside(usize),
}

/// Its settings, as environment variables.
const ALWAYS: [(&str, &str); 7] = [
    ("N8N_LISTEN_ADDRESS", "127.0.0.1"),
    ("N8N_DIAGNOSTICS_ENABLED", "false"),
    ("N8N_VERSION_NOTIFICATIONS_ENABLED", "false"),
    ("N8N_TEMPLATES_ENABLED", "false"),
    ("N8N_PERSONALIZATION_ENABLED", "false"),
    ("N8N_RUNNERS_ENABLED", "false"),
    ("N8N_LOG_LEVEL", "error"),
];
const FASTEST: [(&str, &str); 3] = [
    ("N8N_EXPRESSION_ENGINE", "legacy"),
    ("EXECUTIONS_DATA_SAVE_ON_SUCCESS", "none"),
    ("EXECUTIONS_DATA_SAVE_ON_ERROR", "none"),
];

/// Imports the graphs, starts it on core 0 by `command start`, measures, ends it.
pub async fn measure(command: &str, seconds: f64, mut tell: impl FnMut(&Row)) -> Result<()> {
    for (how, settings) in [("as installed", &[][..]), ("fastest", &FASTEST)] {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("graphs.json");
        let graphs: Vec<Value> = GRAPHS
            .iter()
            .map(|(_, id, shape)| graph(id, *shape))
            .collect();
        std::fs::write(&file, serde_json::to_vec(&graphs)?)?;
        let input = format!("--input={}", file.display());
        cli(command, folder.path(), &["import:workflow", &input]).await?;
        for (_, id, _) in GRAPHS {
            let id = format!("--id={id}");
            cli(command, folder.path(), &["publish:workflow", &id]).await?;
        }
        let start = format!("{command} start");
        let rival = Rival::start_in(
            folder,
            "n8n",
            &start,
            "/healthz/readiness",
            |command, port, folder| {
                command
                    .env("N8N_USER_FOLDER", folder)
                    .env("N8N_PORT", port)
                    .envs(ALWAYS)
                    .envs(settings.iter().copied());
            },
        )
        .await?;
        println!("n8n, {how}");
        for (name, id, _) in GRAPHS {
            let case = Case {
                url: format!("{}/webhook/{id}", rival.base),
                key: String::new(),
                body: format!(r#"{{"x":"{WORD} {{{{n}}}}"}}"#),
                expect: WORD.to_owned(),
                carry: None,
                turns: 1,
                first: String::new(),
            };
            for connections in CONNECTIONS {
                tell(&rival.row(name, &case, connections, until(seconds)).await?);
            }
        }
    }
    Ok(())
}

/// A command of n8n on its folder, to its end.
async fn cli(command: &str, folder: &std::path::Path, arguments: &[&str]) -> Result<()> {
    let mut words = command.split_whitespace();
    let output = Command::new(words.next().unwrap_or_default())
        .args(words)
        .args(arguments)
        .env("N8N_USER_FOLDER", folder)
        .envs(ALWAYS)
        .stdin(Stdio::null())
        .output()
        .await?;
    ensure!(
        output.status.success(),
        "n8n {}: {}{}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

fn graph(id: &str, shape: Shape) -> Value {
    let hook =
        json!({ "httpMethod": "POST", "path": id, "responseMode": "lastNode", "options": {} });
    let mut hook = node("Webhook", "n8n-nodes-base.webhook", 2.0, hook);
    if let Some(fields) = hook.as_object_mut() {
        fields.insert("webhookId".to_owned(), json!(id));
    }
    let (mut nodes, mut connections) = (vec![hook], serde_json::Map::new());
    let mut connect = |from: &str, to: &[String]| {
        let to: Vec<Value> = to
            .iter()
            .map(|to| json!({ "node": to, "type": "main", "index": 0 }))
            .collect();
        connections.insert(from.to_owned(), json!({ "main": [to] }));
    };
    let names = |count| (0..count).map(|n| format!("Set {n}")).collect::<Vec<_>>();
    match shape {
        Shape::Row(count) => {
            let mut last = "Webhook".to_owned();
            for (place, name) in names(count.max(1)).into_iter().enumerate() {
                let from = match place {
                    0 => "={{ $json.body.x }}",
                    _ => "={{ $json.x }}",
                };
                nodes.push(set(&name, from));
                connect(&last, std::slice::from_ref(&name));
                last = name;
            }
        }
        Shape::Beside(count) => {
            let names = names(count);
            nodes.extend(names.iter().map(|name| set(name, "={{ $json.body.x }}")));
            connect("Webhook", &names);
        }
    }
    json!({
        "id": id, "name": id, "active": true, "nodes": nodes, "connections": connections,
        "settings": { "executionOrder": "v1" },
        "versionId": format!("00000000-0000-4000-8000-{:0>12}", nodes.len()),
    })
}

/// A node that says again what it is given.
fn set(name: &str, from: &str) -> Value {
    let assignment = json!({ "id": "x", "name": "x", "type": "string", "value": from });
    let parameters = json!({ "assignments": { "assignments": [assignment] }, "options": {} });
    node(name, "n8n-nodes-base.set", 3.4, parameters)
}

fn node(name: &str, kind: &str, version: f64, parameters: Value) -> Value {
    json!({
        "id": name, "name": name, "type": kind, "typeVersion": version, "position": [0, 0], "parameters": parameters,
    })
}
