//! What goes wrong in practice: each gets the documented error and loses nothing.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    Deployment,
    http::{Client, list, refusal, text},
    pdf,
    peer::{BUSY, CUTS, FAILS, GOOD, HANGS, HTML, Peer},
    setup,
};

/// All of it.
pub async fn run(deployment: &Deployment, peer: &Peer) -> Result<()> {
    setup::provider(deployment, peer).await?;
    keys(deployment).await.context("keys")?;
    bodies(deployment).await.context("bodies")?;
    files(deployment).await.context("files")?;
    providers(deployment, peer).await.context("providers")?;
    leaving(deployment).await.context("a client that leaves")
}

async fn keys(deployment: &Deployment) -> Result<()> {
    let knowledge = Client::new(deployment, &setup::dataset_key(deployment).await?);
    let (_, key) = setup::assistant(deployment, "Keys", GOOD, None).await?;
    let chat = Client::new(deployment, &key);
    let wrong = Client::new(deployment, "app-000000000000000000000000");
    for (client, path) in [
        (&wrong, "/v1/info"),
        (&knowledge, "/v1/info"),
        (&chat, "/v1/datasets"),
        (&wrong, "/v1/datasets"),
    ] {
        let message = client
            .refused(Method::GET, path, None, 401, "unauthorized")
            .await?;
        ensure!(message == "Access token is invalid", "{path}: {message}");
    }
    let bare = reqwest::get(format!("{}/v1/info", deployment.base)).await?;
    ensure!(bare.status() == 401, "without a key: {}", bare.status());
    let realm = bare
        .headers()
        .get("www-authenticate")
        .and_then(|realm| realm.to_str().ok());
    ensure!(realm == Some("Bearer realm=\"api\""), "{realm:?}");
    let console = wrong.send(Method::GET, "/console/api/apps", None).await?;
    ensure!(
        console.status == 401,
        "the console takes any token: {}",
        console.body
    );
    Ok(())
}

async fn bodies(deployment: &Deployment) -> Result<()> {
    let knowledge = Client::new(deployment, &setup::dataset_key(deployment).await?);
    let (_, key) = setup::assistant(deployment, "Bodies", GOOD, None).await?;
    let chat = Client::new(deployment, &key);
    let path = "/v1/chat-messages";
    for body in ["", "{", "[1", "query=hello"] {
        let answer = chat.raw(path, body).await?;
        let message = refusal(body, &answer, 400, "bad_request")?;
        ensure!(
            message == "Invalid JSON payload received or JSON payload is empty.",
            "{message}"
        );
    }
    let refused = [
        json!({ "inputs": {}, "query": "hello" }),
        json!({ "inputs": {}, "user": "u" }),
        json!({ "query": "hello", "user": "u" }),
        json!({ "inputs": {}, "query": "hello", "user": "u", "response_mode": "sometimes" }),
        json!({ "inputs": {}, "query": "hello", "user": "u", "conversation_id": "none" }),
        json!({ "inputs": { "role": "x".repeat(60) }, "query": "hello", "user": "u" }),
    ];
    for body in &refused {
        chat.refused(Method::POST, path, Some(body), 400, "invalid_param")
            .await
            .with_context(|| body.to_string())?;
    }
    let strange = json!({
        "inputs": {}, "query": "hello", "user": "u", "conversation_id": "00000000-0000-4000-8000-000000000000",
    });
    let message = chat
        .refused(Method::POST, path, Some(&strange), 404, "not_found")
        .await?;
    ensure!(message == "Conversation Not Exists.", "{message}");

    let dataset = setup::dataset(&knowledge, "Bodies").await?;
    let long = json!({ "query": "word ".repeat(60) });
    let retrieve = format!("/v1/datasets/{dataset}/retrieve");
    knowledge
        .refused(Method::POST, &retrieve, Some(&long), 400, "invalid_param")
        .await?;
    let again = json!({ "name": "Bodies" });
    knowledge
        .refused(
            Method::POST,
            "/v1/datasets",
            Some(&again),
            409,
            "dataset_name_duplicate",
        )
        .await?;
    let nameless = json!({ "name": "n".repeat(41) });
    knowledge
        .refused(
            Method::POST,
            "/v1/datasets",
            Some(&nameless),
            400,
            "invalid_param",
        )
        .await?;
    knowledge
        .delete(&format!("/v1/datasets/{dataset}"), None)
        .await
}

async fn files(deployment: &Deployment) -> Result<()> {
    let knowledge = Client::new(deployment, &setup::dataset_key(deployment).await?);
    let dataset = setup::dataset(&knowledge, "Files").await?;
    let huge = vec![b'a'; 100 << 20];
    let answer = knowledge.upload(&dataset, "huge.txt", &huge).await?;
    refusal("100 MB", &answer, 413, "file_too_large")?;
    let program = knowledge.upload(&dataset, "tool.exe", b"MZ").await?;
    refusal("a program", &program, 415, "unsupported_file_type")?;

    // These arrive, and say at indexing what is wrong with them.
    let damaged: [(&str, &[u8]); 5] = [
        ("empty.txt", b""),
        ("broken.pdf", b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog"),
        ("encrypted.pdf", &pdf::encrypted()),
        ("lies.pdf", b"This is no PDF but plain text."),
        (
            "lies.txt",
            b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\x00\x01\xff\xfe",
        ),
    ];
    for (name, bytes) in damaged {
        let answer = knowledge.upload(&dataset, name, bytes).await?;
        if answer.status != 200 {
            // Refusing at once is as good, if it is told in the documented way.
            ensure!(
                (400..=415).contains(&answer.status),
                "{name}: {} {}",
                answer.status,
                answer.body
            );
            refusal(name, &answer, answer.status, &text(&answer.body, "/code"))?;
            ensure!(
                !text(&answer.body, "/message").is_empty(),
                "{name}: refused without a reason"
            );
            continue;
        }
        let states = knowledge
            .indexed(&dataset, &text(&answer.body, "/batch"))
            .await?;
        let state = states.first().cloned().unwrap_or_default();
        ensure!(
            text(&state, "/indexing_status") == "error",
            "{name}: {state}"
        );
        ensure!(
            !text(&state, "/error").is_empty(),
            "{name}: failed without a reason"
        );
    }

    // And the dataset works on.
    let good = [(
        "good.md",
        b"# Tides\n\nHigh tide at the pier is at noon.".to_vec(),
    )];
    setup::documents(&knowledge, &dataset, &good).await?;
    let found = knowledge
        .post(
            &format!("/v1/datasets/{dataset}/retrieve"),
            &json!({ "query": "When is high tide?" }),
        )
        .await?;
    ensure!(
        text(&found, "/records/0/segment/document/name") == "good.md",
        "{found}"
    );
    knowledge
        .delete(&format!("/v1/datasets/{dataset}"), None)
        .await
}

async fn providers(deployment: &Deployment, peer: &Peer) -> Result<()> {
    let body =
        |mode: &str| json!({ "inputs": {}, "query": "Hello?", "user": "u", "response_mode": mode });
    for model in [BUSY, FAILS, HTML, CUTS] {
        let (_, key) = setup::assistant(deployment, model, model, None).await?;
        let chat = Client::new(deployment, &key);
        // Titles of conversations are asked for too, some other time.
        let asked = || {
            let requests = peer.requests();
            let about =
                |it: &&Value| it.to_string().contains("Hello?") && text(it, "/model") == model;
            requests.iter().filter(about).count()
        };
        let before = asked();
        let path = "/v1/chat-messages";
        let ask = body("blocking");
        chat.refused(
            Method::POST,
            path,
            Some(&ask),
            400,
            "completion_request_error",
        )
        .await
        .with_context(|| format!("{model}, blocking"))?;
        let attempts = asked() - before;
        let expected = if [BUSY, FAILS].contains(&model) {
            3..=3
        } else {
            1..=3
        };
        ensure!(expected.contains(&attempts), "{model}: {attempts} attempts");
        let streamed = chat
            .stream(path, &body("streaming"))
            .await
            .with_context(|| format!("{model}, streaming"))?;
        let last = streamed.events.last().cloned().unwrap_or_default();
        ensure!(text(&last, "/event") == "error", "{model} ends with {last}");
        ensure!(
            text(&last, "/code") == "completion_request_error",
            "{model}: {last}"
        );
        ensure!(!text(&last, "/message").is_empty(), "{model}: {last}");
    }
    unreachable(deployment)
        .await
        .context("an unreachable provider")
}

async fn unreachable(deployment: &Deployment) -> Result<()> {
    let owner = Client::owner(deployment);
    // The discard port: nothing listens.
    let body = json!({
        "dialect": "openai",
        "credentials": { "base_url": "http://127.0.0.1:9/v1", "api_key": "" },
        "models": [{ "model": "none", "model_type": "llm" }],
    });
    owner
        .post(
            "/console/api/workspaces/current/model-providers/nowhere/credentials",
            &body,
        )
        .await?;
    let file = json!({
        "version": "0.7.0", "kind": "app", "app": { "name": "Nowhere", "mode": "chat" },
        "model_config": { "model": { "provider": "nowhere", "name": "none", "mode": "chat", "completion_params": {} } },
    });
    let import = json!({ "mode": "yaml-content", "yaml_content": file.to_string() });
    let app = text(
        &owner.post("/console/api/apps/imports", &import).await?,
        "/app_id",
    );
    let key = owner
        .post(&format!("/console/api/apps/{app}/api-keys"), &json!({}))
        .await?;
    let chat = Client::new(deployment, &text(&key, "/token"));
    let ask = json!({ "inputs": {}, "query": "Hello?", "user": "u" });
    chat.refused(
        Method::POST,
        "/v1/chat-messages",
        Some(&ask),
        400,
        "completion_request_error",
    )
    .await?;
    Ok(())
}

/// A stream that nobody reads any more is stopped, and what was said is kept.
async fn leaving(deployment: &Deployment) -> Result<()> {
    let (_, key) = setup::assistant(deployment, HANGS, HANGS, None).await?;
    let chat = Client::new(deployment, &key);
    let body =
        json!({ "inputs": {}, "query": "Hello?", "user": "leaver", "response_mode": "streaming" });
    let response = reqwest::Client::new()
        .post(format!("{}/v1/chat-messages", deployment.base))
        .bearer_auth(&key)
        .json(&body)
        .send()
        .await?;
    ensure!(response.status() == 200, "{}", response.status());
    let mut stream = response.bytes_stream();
    let first = tokio::time::timeout(Duration::from_secs(60), stream.next())
        .await?
        .context("no first event")??;
    let first = String::from_utf8_lossy(&first).into_owned();
    let event: Value = serde_json::from_str(
        first
            .lines()
            .next()
            .unwrap_or_default()
            .trim_start_matches("data: "),
    )?;
    let task = text(&event, "/task_id");
    ensure!(!task.is_empty(), "{event}");
    // Stop aborts at once; leaving alone would wait for the grace window.
    let stopped = chat
        .post(
            &format!("/v1/chat-messages/{task}/stop"),
            &json!({ "user": "leaver" }),
        )
        .await?;
    ensure!(text(&stopped, "/result") == "success", "{stopped}");
    drop(stream);
    let path = format!(
        "/v1/messages?user=leaver&conversation_id={}",
        text(&event, "/conversation_id")
    );
    for _ in 0..100 {
        let messages = list(&chat.get(&path).await?, "/data");
        let kept = messages.first().is_some_and(|message| {
            text(message, "/query") == "Hello?" && !text(message, "/answer").is_empty()
        });
        if kept {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let messages = chat.get(&path).await?;
    ensure!(
        false,
        "what was said before the client left is lost: {messages}"
    );
    Ok(())
}
