//! Requests as a client makes them, and the shapes that every answer has.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

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
    seen: Seen,
}

/// What clients saw, in the order of the answers' ends.
pub type Seen = Arc<Mutex<Vec<Sight>>>;

/// A request and what came back.
#[derive(Clone, Debug)]
pub struct Sight {
    /// Such as `GET`.
    pub method: Method,
    /// With its query.
    pub path: String,
    /// The HTTP status.
    pub status: u16,
    /// The body, or nothing of a stream and of bytes that are no JSON.
    pub body: Value,
    /// The events of a stream.
    pub events: Vec<Value>,
    /// `event: ping` among them.
    pub pings: usize,
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
    /// `event: ping` between them.
    pub pings: usize,
}

/// A stream on its way.
pub struct Live {
    client: Client,
    path: String,
    response: reqwest::Response,
    text: Vec<u8>,
}

impl Live {
    /// Its first JSON event, as soon as it is here.
    pub async fn first(&mut self) -> Result<Value> {
        loop {
            let so_far = String::from_utf8_lossy(&self.text);
            let whole = so_far.rfind("\n\n").map_or("", |end| &so_far[..end + 2]);
            if !whole.is_empty()
                && let Some(first) = parse(whole)?.events.into_iter().next()
            {
                return Ok(first);
            }
            let chunk = self.response.chunk().await?;
            self.text.extend(chunk.context("the stream ended early")?);
        }
    }

    /// Waits for an `event: ping`.
    pub async fn pinged(&mut self) -> Result<()> {
        while !String::from_utf8_lossy(&self.text).contains("event: ping\n\n") {
            let chunk = self.response.chunk().await?;
            self.text.extend(chunk.context("the stream ended early")?);
        }
        Ok(())
    }

    /// Reads it to its end.
    pub async fn rest(mut self) -> Result<Streamed> {
        while let Some(chunk) = self
            .response
            .chunk()
            .await
            .context("the stream broke off")?
        {
            self.text.extend(chunk);
        }
        let streamed = parse(std::str::from_utf8(&self.text)?)?;
        self.client.note(Sight {
            method: Method::POST,
            path: self.path,
            status: 200,
            body: Value::Null,
            events: streamed.events.clone(),
            pings: streamed.pings,
        });
        Ok(streamed)
    }
}

impl Client {
    /// With an app's key, a dataset key, or anything else that is sent as a bearer token.
    pub fn new(deployment: &Deployment, key: &str) -> Self {
        Self {
            http: reqwest::Client::new(),
            base: deployment.base.clone(),
            key: key.to_owned(),
            seen: Seen::default(),
        }
    }

    /// Notes what it sees in this list.
    pub fn noting(mut self, seen: &Seen) -> Self {
        self.seen = Arc::clone(seen);
        self
    }

    /// As the owner, for the console API.
    pub fn owner(deployment: &Deployment) -> Self {
        Self::new(deployment, &deployment.token)
    }

    /// Sends and reads whatever comes back.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer> {
        let mut request = self.request(method.clone(), path);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.answer(method, path, request).await
    }

    /// Sends a form.
    pub async fn form(&self, path: &str, form: multipart::Form) -> Result<Answer> {
        let request = self.request(Method::POST, path).multipart(form);
        self.answer(Method::POST, path, request).await
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
        self.form(&path, form).await
    }

    /// Sends a body that is no JSON.
    pub async fn raw(&self, path: &str, body: &str) -> Result<Answer> {
        let request = self
            .request(Method::POST, path)
            .header("content-type", "application/json");
        self.answer(Method::POST, path, request.body(body.to_owned()))
            .await
    }

    /// Asks in streaming mode and checks the framing of every event.
    pub async fn stream(&self, path: &str, body: &Value) -> Result<Streamed> {
        self.open(path, body).await?.rest().await
    }

    /// Begins a stream that is read bit by bit.
    pub async fn open(&self, path: &str, body: &Value) -> Result<Live> {
        let response = self.request(Method::POST, path).json(body).send().await?;
        let status = response.status();
        let kind = response.headers().get("content-type").cloned();
        let kind = kind.as_ref().and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().to_owned();
        if status != 200 || !kind.starts_with("text/event-stream") {
            let text = response.text().await?;
            bail!("POST {path} answered {status}, {kind}: {text}");
        }
        Ok(Live {
            client: self.clone(),
            path: path.to_owned(),
            response,
            text: Vec::new(),
        })
    }

    async fn answer(
        &self,
        method: Method,
        path: &str,
        request: reqwest::RequestBuilder,
    ) -> Result<Answer> {
        let answer = answer(request).await?;
        self.note(Sight {
            method,
            path: path.to_owned(),
            status: answer.status,
            body: answer.body.clone(),
            events: Vec::new(),
            pings: 0,
        });
        Ok(answer)
    }

    fn note(&self, sight: Sight) {
        let mut seen = self
            .seen
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        seen.push(sight);
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
    let mut pings = 0;
    ensure!(
        text.ends_with("\n\n"),
        "a stream ends in the middle of an event"
    );
    for block in text.split("\n\n").filter(|block| !block.is_empty()) {
        if block == "event: ping" {
            pings += 1;
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
    Ok(Streamed {
        events,
        answer,
        pings,
    })
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
