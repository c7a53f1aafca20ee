//! Flowise doing the same: a chat model, buffer memory, a conversation chain.

#![allow(
    clippy::indexing_slicing,
    reason = "JSON values answer null for what they lack"
)]

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::Rival;
use crate::{
    chat::{CONNECTIONS, Row, until},
    drive::Case,
    mock,
};

/// Starts it on core 0 by `command`, makes the flow, measures, ends it.
pub async fn measure(
    command: &str,
    seconds: f64,
    model_url: &str,
    mut tell: impl FnMut(&Row),
) -> Result<()> {
    let rival = Rival::start(
        "Flowise",
        command,
        "/api/v1/ping",
        |command, port, folder| {
            command
                .env("PORT", port)
                .env("DATABASE_PATH", folder)
                .env("DISABLE_FLOWISE_TELEMETRY", "true")
                // Else a model at 127.0.0.1 is refused.
                .env("HTTP_SECURITY_CHECK", "false")
                .env("LOG_LEVEL", "error");
        },
    )
    .await?;
    let base = &rival.base;
    let flow = prepare(base, model_url).await?;
    for connections in CONNECTIONS {
        let case = Case {
            url: format!("{base}/api/v1/prediction/{flow}"),
            key: String::new(),
            body: r#"{"question":"What is said about topic {{n}}?","overrideConfig":{"sessionId":"s{{who}}"}}"#
                .to_owned(),
            expect: mock::WORD.to_owned(),
            carry: Some(r#""sessionId":""#.to_owned()),
            turns: 4,
            first: mock::WORD.to_owned(),
        };
        tell(
            &rival
                .row("blocking", &case, connections, until(seconds))
                .await?,
        );
    }
    Ok(())
}

/// The first account, a credential, the flow; answers its id.
async fn prepare(base: &str, model_url: &str) -> Result<String> {
    let mut session = Session {
        http: reqwest::Client::new(),
        base: format!("{base}/api/v1"),
        cookies: String::new(),
    };
    let account = json!({ "email": "bench@example.com", "credential": "Bench-1234!x" });
    let user = json!({ "user": {
        "name": "bench", "type": "pro", "email": account["email"], "credential": account["credential"],
    } });
    session.post("/account/register", &user).await?;
    session.post("/auth/login", &account).await?;
    let kinds = session.get("/nodes").await?;
    let credential = json!({
        "name": "mock", "credentialName": "openAIApi", "plainDataObj": { "openAIApiKey": "sk-mock" },
    });
    let credential = session.post("/credentials", &credential).await?;
    // Not streaming: a streaming model counts tokens with a table that it fetches from the internet on each call.
    let settings = json!({
        "modelName": mock::MODEL, "basepath": model_url, "streaming": false, "temperature": 0.5,
    });
    let mut model = node(&kinds, "model_0", "chatOpenAICustom", settings)?;
    model["data"]["credential"] = credential["id"].clone();
    let memory = node(&kinds, "memory_0", "bufferMemory", json!({}))?;
    let wired =
        json!({ "model": "{{model_0.data.instance}}", "memory": "{{memory_0.data.instance}}" });
    let chain = node(&kinds, "chain_0", "conversationChain", wired)?;
    let edges = [
        edge(&model, &chain, "model")?,
        edge(&memory, &chain, "memory")?,
    ];
    let flow = json!({
        "nodes": [model, memory, chain], "edges": edges, "viewport": { "x": 0, "y": 0, "zoom": 1 },
    });
    let flow = json!({
        "name": "bench", "type": "CHATFLOW", "deployed": true, "isPublic": true, "flowData": flow.to_string(),
    });
    let made = session.post("/chatflows", &flow).await?;
    let id = made["id"].as_str().context("a flow without an id")?;
    Ok(id.to_owned())
}

struct Session {
    http: reqwest::Client,
    base: String,
    cookies: String,
}

impl Session {
    async fn get(&mut self, path: &str) -> Result<Value> {
        let request = self.http.get(format!("{}{path}", self.base));
        self.send(path, request).await
    }

    async fn post(&mut self, path: &str, body: &Value) -> Result<Value> {
        let request = self.http.post(format!("{}{path}", self.base)).json(body);
        self.send(path, request).await
    }

    async fn send(&mut self, path: &str, request: reqwest::RequestBuilder) -> Result<Value> {
        let request = request
            .header("x-request-from", "internal")
            .header("cookie", &self.cookies);
        let answer = request.send().await?;
        // Its cookies are marked for https only, so that no cookie jar would send them back.
        for cookie in answer.headers().get_all("set-cookie") {
            let cookie = cookie.to_str()?.split(';').next().unwrap_or_default();
            self.cookies = match self.cookies.is_empty() {
                true => cookie.to_owned(),
                false => format!("{}; {cookie}", self.cookies),
            };
        }
        let (status, text) = (answer.status(), answer.text().await?);
        if !status.is_success() {
            bail!("Flowise {path}: {status} {text}");
        }
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }
}

fn field<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// A node of a flow as its own designer would save it.
fn node(kinds: &Value, id: &str, kind: &str, set: Value) -> Result<Value> {
    let all = kinds.as_array().context("no kinds of nodes")?;
    let kind = all.iter().find(|found| found["name"] == kind);
    let kind = kind.with_context(|| format!("Flowise has no node of this kind for {id}"))?;
    let is_anchor = |input: &&Value| {
        let name = input["type"].as_str().unwrap_or_default();
        name.starts_with(char::is_uppercase)
    };
    let inputs = field(kind, "inputs");
    let parameters: Vec<&Value> = inputs.iter().filter(|input| !is_anchor(input)).collect();
    let anchors: Vec<Value> = inputs
        .iter()
        .filter(is_anchor)
        .map(|input| {
            let mut anchor = input.clone();
            let (name, kind) = (&input["name"], &input["type"]);
            anchor["id"] = json!(format!(
                "{id}-input-{}-{}",
                name.as_str().unwrap_or_default(),
                kind.as_str().unwrap_or_default()
            ));
            anchor
        })
        .collect();
    let mut values = serde_json::Map::new();
    for input in inputs {
        let name = input["name"].as_str().unwrap_or_default().to_owned();
        values.insert(name, input.get("default").cloned().unwrap_or(json!("")));
    }
    values.extend(set.as_object().cloned().unwrap_or_default());
    let classes: Vec<&str> = field(kind, "baseClasses")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let name = kind["name"].as_str().unwrap_or_default();
    let output = format!("{id}-output-{name}-{}", classes.join("|"));
    let mut data = json!({
        "id": id, "inputParams": parameters, "inputAnchors": anchors, "inputs": values, "outputs": {}, "selected": false,
        "outputAnchors": [{
            "id": output, "name": name, "label": kind["label"], "type": classes.join(" | "),
        }],
    });
    for key in [
        "label",
        "name",
        "version",
        "type",
        "baseClasses",
        "category",
        "description",
    ] {
        data[key] = kind[key].clone();
    }
    Ok(json!({
        "id": id, "type": "customNode", "position": { "x": 0, "y": 0 }, "width": 300, "height": 300, "data": data,
    }))
}

fn edge(from: &Value, to: &Value, anchor: &str) -> Result<Value> {
    let source = &from["data"]["outputAnchors"][0]["id"];
    let anchors = field(&to["data"], "inputAnchors");
    let target = anchors.iter().find(|found| found["name"] == anchor);
    let target = &target.with_context(|| format!("no input {anchor}"))?["id"];
    let id = format!(
        "{}-{}",
        source.as_str().unwrap_or_default(),
        target.as_str().unwrap_or_default()
    );
    Ok(json!({
        "source": from["id"], "sourceHandle": source, "target": to["id"], "targetHandle": target,
        "type": "buttonedge", "id": id,
    }))
}
