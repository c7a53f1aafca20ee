//! Requests as a client makes them, and the shapes that every answer has.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Method, multipart};
use serde_json::Value;

use crate::Deployment;

/// The longest wait for documents to be indexed: eight-bit inference in a wasm host on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

/// A client with one key.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    key: String,
}

/// An answer, whatever its status.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Its body: JSON, or the text as a JSON string.
    pub body: Value,
}

/// A streamed answer, read to its end.
#[derive(Debug)]
pub struct Streamed {
    /// The JSON events in order.
    pub events: Vec<Value>,
    /// The text, put together.
    pub answer: String,
}

impl Client {
    /// With an app's key, a dataset key, or anything else that is sent as a bearer token.
    pub fn new(deployment: &Deployment, key: &str) -> Self {
        Self {
            http: reqwest::Client::new(),
            base: deployment.base.clone(),
            key: key.to_owned(),
        }
    }

    /// As the owner, for the console API.
    pub fn owner(deployment: &Deployment) -> Self {
        Self::new(deployment, &deployment.token)
    }

    /// Sends and reads whatever comes back.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer> {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(body);
        }
        answer(request).await
    }

    /// A GET that must succeed.
    pub async fn get(&self, path: &str) -> Result<Value> {
        self.expect(Method::GET, path, None, 200..=200).await
    }

    /// A POST that must succeed.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.expect(Method::POST, path, Some(body), 200..=299).await
    }

    /// A DELETE that must be answered 204 with nothing in it.
    pub async fn delete(&self, path: &str, body: Option<&Value>) -> Result<()> {
        let body = self.expect(Method::DELETE, path, body, 204..=204).await?;
        ensure!(
            body == Value::String(String::new()),
            "DELETE {path} answered a body: {body}"
        );
        Ok(())
    }

    /// A request that must be refused with this status and code, in the documented envelope.
    pub async fn refused(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        status: u16,
        code: &str,
    ) -> Result<String> {
        let answer = self.send(method.clone(), path, body).await?;
        refusal(&format!("{method} {path}"), &answer, status, code)
    }

    /// Uploads a file as a document of a dataset.
    pub async fn upload(&self, dataset: &str, name: &str, bytes: &[u8]) -> Result<Answer> {
        let options =
            r#"{"indexing_technique":"high_quality","process_rule":{"mode":"automatic"}}"#;
        let form = multipart::Form::new().text("data", options).part(
            "file",
            multipart::Part::bytes(bytes.to_vec()).file_name(name.to_owned()),
        );
        let path = format!("/v1/datasets/{dataset}/document/create-by-file");
        answer(self.request(Method::POST, &path).multipart(form)).await
    }

    /// Sends a body that is no JSON.
    pub async fn raw(&self, path: &str, body: &str) -> Result<Answer> {
        let request = self
            .request(Method::POST, path)
            .header("content-type", "application/json");
        answer(request.body(body.to_owned())).await
    }

    /// Asks in streaming mode and checks the framing of every event.
    pub async fn stream(&self, path: &str, body: &Value) -> Result<Streamed> {
        let response = self.request(Method::POST, path).json(body).send().await?;
        let status = response.status();
        let kind = response.headers().get("content-type").cloned();
        let kind = kind
            .as_ref()
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let text = response.text().await.context("the stream broke off")?;
        ensure!(status == 200, "POST {path} answered {status}: {text}");
        ensure!(
            kind.starts_with("text/event-stream"),
            "a stream has content type {kind}"
        );
        parse(&text)
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.base);
        self.http.request(method, url).bearer_auth(&self.key)
    }

    async fn expect(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        statuses: std::ops::RangeInclusive<u16>,
    ) -> Result<Value> {
        let answer = self.send(method.clone(), path, body).await?;
        ensure!(
            statuses.contains(&answer.status),
            "{method} {path} answered {}: {}",
            answer.status,
            answer.body
        );
        Ok(answer.body)
    }

    /// Waits until every document of a batch is indexed or has failed; answers their states.
    pub async fn indexed(&self, dataset: &str, batch: &str) -> Result<Vec<Value>> {
        let path = format!("/v1/datasets/{dataset}/documents/{batch}/indexing-status");
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let answer = self.get(&path).await?;
            let states = answer
                .get("data")
                .and_then(Value::as_array)
                .context("no data")?;
            ensure!(!states.is_empty(), "an empty batch");
            let done = |state: &Value| {
                ["completed", "error"].contains(&text(state, "/indexing_status").as_str())
            };
            if states.iter().all(done) {
                return Ok(states.clone());
            }
            if tokio::time::Instant::now() > deadline {
                bail!("not indexed after {} s: {answer}", PATIENCE.as_secs());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Checks a refusal: the status, the code, and the envelope with exactly these keys. Answers the message.
pub fn refusal(what: &str, answer: &Answer, status: u16, code: &str) -> Result<String> {
    let Answer {
        status: found,
        body,
    } = answer;
    ensure!(
        *found == status,
        "{what}: answered {found} instead of {status}: {body}"
    );
    ensure!(
        text(body, "/code") == code,
        "{what}: code of {body} is not {code}"
    );
    ensure!(
        body.pointer("/status") == Some(&Value::from(status)),
        "{what}: status in {body}"
    );
    let fields = body.as_object().map(serde_json::Map::len);
    ensure!(
        fields <= Some(4) && body.get("message").is_some_and(Value::is_string),
        "{what}: envelope {body}"
    );
    Ok(text(body, "/message"))
}

/// The text at a JSON pointer; empty when there is none.
pub fn text(value: &Value, pointer: &str) -> String {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_default().to_owned()
}

/// The list at a JSON pointer; empty when there is none.
pub fn list(value: &Value, pointer: &str) -> Vec<Value> {
    let found = value.pointer(pointer).and_then(Value::as_array);
    found.cloned().unwrap_or_default()
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Answer> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let text = response.text().await?;
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Ok(Answer { status, body })
}

fn parse(text: &str) -> Result<Streamed> {
    let mut events = Vec::new();
    let mut answer = String::new();
    ensure!(
        text.ends_with("\n\n"),
        "a stream ends in the middle of an event"
    );
    for block in text.split("\n\n").filter(|block| !block.is_empty()) {
        if block == "event: ping" {
            continue;
        }
        let data = block
            .strip_prefix("data: ")
            .with_context(|| format!("not an event: {block}"))?;
        let event: Value =
            serde_json::from_str(data).with_context(|| format!("not JSON: {data}"))?;
        if ["message", "agent_message"].contains(&self::text(&event, "/event").as_str()) {
            answer.push_str(&self::text(&event, "/answer"));
        }
        events.push(event);
    }
    Ok(Streamed { events, answer })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_put_together() {
        let text = "data: {\"event\":\"message\",\"answer\":\"a \"}\n\nevent: ping\n\n\
                    data: {\"event\":\"message\",\"answer\":\"b\"}\n\ndata: {\"event\":\"message_end\"}\n\n";
        let streamed = parse(text).unwrap();
        assert_eq!(
            (streamed.events.len(), streamed.answer.as_str()),
            (3, "a b")
        );
        for broken in [
            "data: {\"event\":\"message\"}\n",
            "{\"event\":1}\n\n",
            "data: {\n\n",
        ] {
            assert!(parse(broken).is_err(), "{broken:?}");
        }
    }
}
