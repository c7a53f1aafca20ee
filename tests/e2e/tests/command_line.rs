//! The client commands, as scripts use them: names and JSON as documented.

use e2e::{native::Native, peer::Peer, setup::PROVIDER};
use serde_json::{Value, json};

const APP: &str = "\
version: '0.7.0'
kind: app
app: {name: From a file, mode: chat, icon: X, icon_type: emoji, icon_background: '#FFFFFF', description: ''}
model_config:
  model: {provider: e2e, name: scripted, mode: chat, completion_params: {temperature: 0.5}}
  pre_prompt: Be brief.
";

#[tokio::test]
async fn commands_print_what_scripts_rely_on() {
    let (server, peer) = (Native::start().await.unwrap(), Peer::start().await.unwrap());
    let add = [
        "provider",
        "add",
        "openai",
        "--name",
        PROVIDER,
        "--base-url",
        &peer.url,
        "--key",
        "k",
        "--model",
        "scripted",
    ];
    server.cli(&add).await.unwrap();
    let model = server
        .cli(&["model", "default", "--type", "llm", "e2e/scripted"])
        .await
        .unwrap();
    assert_eq!(
        (&model["provider"], &model["model"]),
        (&json!("e2e"), &json!("scripted"))
    );

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.yml");
    std::fs::write(&file, APP).unwrap();
    let app = server
        .cli(&["app", "import", file.to_str().unwrap()])
        .await
        .unwrap();
    assert_eq!(
        (&app["status"], &app["warnings"]),
        (&json!("completed"), &json!([]))
    );
    let id = app["id"].as_str().unwrap();
    let exported = server.cli(&["app", "export", id]).await.unwrap();
    assert!(
        exported["data"].as_str().unwrap().contains("Be brief."),
        "{exported}"
    );
    let key = server.cli(&["key", "create", "--app", id]).await.unwrap();
    assert!(key["token"].as_str().unwrap().starts_with("app-"), "{key}");
    let key = server.cli(&["key", "create", "--datasets"]).await.unwrap();
    assert!(
        key["token"].as_str().unwrap().starts_with("dataset-"),
        "{key}"
    );

    let dataset = server.cli(&["dataset", "create", "Rivers"]).await.unwrap();
    let dataset = dataset["id"].as_str().unwrap();
    let (elbe, rhine) = (
        folder.path().join("elbe.md"),
        folder.path().join("rhine.txt"),
    );
    std::fs::write(
        &elbe,
        "# Elbe\n\nThe river Elbe is 1094 kilometres long and ends in the North Sea.",
    )
    .unwrap();
    std::fs::write(&rhine, "The Rhine rises in the Swiss Alps.").unwrap();
    let add = [
        "dataset",
        "add",
        dataset,
        elbe.to_str().unwrap(),
        rhine.to_str().unwrap(),
        "--wait",
    ];
    let documents = server.cli(&add).await.unwrap();
    let states: Vec<(&Value, &Value)> = documents
        .as_array()
        .unwrap()
        .iter()
        .map(|document| (&document["name"], &document["status"]))
        .collect();
    let completed = json!("completed");
    assert_eq!(
        states,
        [
            (&json!("elbe.md"), &completed),
            (&json!("rhine.txt"), &completed)
        ]
    );

    let answer = server
        .cli(&["ask", "How many kilometres long is the river Elbe?"])
        .await
        .unwrap();
    assert_eq!(
        answer["answer"],
        "[turn 1] The river Elbe is 1094 kilometres long and ends in the North Sea."
    );
    assert_eq!(answer["sources"][0]["document_name"], "elbe.md");

    let checks = server.cli(&["doctor"]).await.unwrap();
    assert!(
        checks
            .as_array()
            .unwrap()
            .iter()
            .all(|check| check["ok"] == true),
        "{checks}"
    );
}
