//! Servers of the Model Context Protocol, over streamable HTTP: what one offers, as tools.
//!
//! Each use is a session of its own (`initialize`, then what is wanted): nothing is remembered between two calls, which may
//! come from two instances. Addresses are public ones; redirects are not followed.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use http::{HeaderMap, Method, Request, header};
use ports::{Body, Clock, Fetch, outgoing::PublicOnly};
use serde_json::{Map, Value, json};

use crate::Tool;

/// The version of the protocol that is spoken, unless the server knows only another one.
const PROTOCOL: &str = "2025-06-18";

/// For one request and its answer.
const TIME: Duration = Duration::from_secs(60);

/// Most bytes of an answer.
const ANSWER: usize = 4 << 20;

/// Most pages of a list of tools.
const PAGES: usize = 20;

/// Longest name of a tool that models take.
const NAME: usize = 64;

/// A server.
pub struct Server {
    /// Where it listens.
    pub address: String,
    /// What every request says beside, such as an authorization.
    pub headers: Vec<(String, String)>,
    /// How it is reached.
    pub fetch: Arc<dyn Fetch>,
    /// For the time-outs.
    pub clock: Arc<dyn Clock>,
}

/// A tool of a server.
pub struct Offered {
    server: Arc<Server>,
    spec: model::Tool,
    name: String,
    label: String,
}

/// An open session.
struct Session {
    id: Option<String>,
    protocol: String,
    requests: u64,
}

impl Server {
    /// What it offers, as it says it: each for [`Self::offer`], now or later.
    ///
    /// # Errors
    /// Why it does not answer, or what is wrong with its answer.
    pub async fn list(&self) -> Result<Vec<Value>, String> {
        let mut session = self.open().await?;
        let (mut all, mut cursor) = (Vec::new(), Value::Null);
        for _ in 0..PAGES {
            let params = match &cursor {
                Value::Null => json!({}),
                cursor => json!({ "cursor": cursor }),
            };
            let mut page = self.ask(&mut session, "tools/list", params).await?;
            let tools = page.get("tools").and_then(Value::as_array);
            let tools = tools.ok_or("the server's `tools/list` has no `tools`")?;
            all.extend(tools.iter().cloned());
            cursor = page.get_mut("nextCursor").map_or(Value::Null, Value::take);
            if cursor.is_null() {
                break;
            }
        }
        self.close(&session).await;
        Ok(all)
    }

    /// One of them as a tool; none without a name.
    pub fn offer(self: &Arc<Self>, tool: &Value) -> Option<Offered> {
        let text = |key: &str| tool.get(key).and_then(Value::as_str);
        let name = text("name")?;
        let plain = |c: char| match c.is_ascii_alphanumeric() || matches!(c, '_' | '-') {
            true => c,
            false => '_',
        };
        let label = text("title").or_else(|| tool.pointer("/annotations/title")?.as_str());
        let schema = tool.get("inputSchema").filter(|it| it.is_object());
        Some(Offered {
            server: self.clone(),
            spec: model::Tool {
                name: name.chars().map(plain).take(NAME).collect(),
                description: text("description").unwrap_or_default().to_owned(),
                parameters: schema.cloned().unwrap_or_else(|| json!({"type": "object"})),
            },
            label: label.unwrap_or(name).to_owned(),
            name: name.to_owned(),
        })
    }

    async fn open(&self) -> Result<Session, String> {
        let mut session = Session {
            id: None,
            protocol: PROTOCOL.to_owned(),
            requests: 0,
        };
        let params = json!({
            "protocolVersion": PROTOCOL,
            "capabilities": {},
            "clientInfo": { "name": "edgewise", "version": env!("CARGO_PKG_VERSION") },
        });
        let known = self.ask(&mut session, "initialize", params).await?;
        if let Some(version) = known.get("protocolVersion").and_then(Value::as_str) {
            version.clone_into(&mut session.protocol);
        }
        let told = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        self.send(Method::POST, &session, Some(&told)).await?;
        Ok(session)
    }

    /// Says that nothing more comes. A server that does not hear it forgets the session by itself.
    async fn close(&self, session: &Session) {
        if session.id.is_some() {
            let _ = self.send(Method::DELETE, session, None).await;
        }
    }

    /// The result of a request.
    async fn ask(
        &self,
        session: &mut Session,
        method: &str,
        params: Value,
    ) -> Result<Value, String> {
        session.requests += 1;
        let id = session.requests;
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        let (headers, answer) = self.send(Method::POST, session, Some(&message)).await?;
        if let Some(opened) = headers
            .get("mcp-session-id")
            .and_then(|it| it.to_str().ok())
        {
            session.id = Some(opened.to_owned());
        }
        let mut answer = answer.ok_or_else(|| format!("the server did not answer `{method}`"))?;
        if let Some(error) = answer.get("error") {
            let message = error.get("message").and_then(Value::as_str);
            let message = message.unwrap_or("without a reason");
            return Err(format!("the server refused `{method}`: {message}"));
        }
        let result = answer.get_mut("result").map(Value::take);
        result.ok_or_else(|| format!("the server's answer to `{method}` has no result"))
    }

    /// Sends a message; gives the answer to it, if there is one.
    async fn send(
        &self,
        method: Method,
        session: &Session,
        message: Option<&Value>,
    ) -> Result<(HeaderMap, Option<Value>), String> {
        let mut request = Request::builder()
            .method(method)
            .uri(&self.address)
            .extension(PublicOnly)
            .header(header::ACCEPT, "application/json, text/event-stream")
            .header("mcp-protocol-version", &session.protocol);
        if let Some(id) = &session.id {
            request = request.header("mcp-session-id", id);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let body = match message {
            None => Body::Empty,
            Some(message) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(Bytes::from(message.to_string()))
            }
        };
        let request = request.body(body);
        let request = request.map_err(|error| format!("the request cannot be made: {error}"))?;
        let id = message.and_then(|message| message.get("id"));
        let exchange = async {
            let answer = self.fetch.send(request).await?;
            let (head, body) = answer.into_parts();
            let answer = read(&head.headers, body, id).await?;
            Ok((head.status, head.headers, answer))
        };
        let answer = ports::timeout(self.clock.as_ref(), TIME, exchange).await;
        let answer = answer.and_then(|answer| answer);
        let (status, headers, answer) = answer.map_err(|error: ports::Error| error.to_string())?;
        match status.is_success() {
            true => Ok((headers, answer)),
            false => Err(format!(
                "the server answered with status {}",
                status.as_u16()
            )),
        }
    }
}

/// The answer to the request with this id: the body, or an event of it, behind which nothing is waited for.
async fn read(headers: &HeaderMap, body: Body, id: Option<&Value>) -> ports::Result<Option<Value>> {
    let Some(id) = id else { return Ok(None) };
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("text/event-stream") {
        let bytes = body.into_bytes(ANSWER).await?;
        return Ok(serde_json::from_slice(&bytes).ok());
    }
    let mut pieces = body.into_stream();
    let (mut taken, mut text) = (0, Vec::new());
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        taken += piece.len();
        if taken > ANSWER {
            let message = format!("the answer has more than {ANSWER} bytes");
            return Err(ports::Error::new(ports::ErrorKind::Invalid, message));
        }
        text.extend_from_slice(&piece);
        if let Some(answer) = answer_in(&text, id) {
            return Ok(Some(answer));
        }
    }
    text.extend_from_slice(b"\n\n");
    Ok(answer_in(&text, id))
}

/// The answer among the whole events of a stream.
fn answer_in(text: &[u8], id: &Value) -> Option<Value> {
    let text = String::from_utf8_lossy(text).replace("\r\n", "\n");
    let (whole, _) = text.rsplit_once("\n\n")?;
    whole.split("\n\n").find_map(|event| {
        let data = event.lines().filter_map(|line| line.strip_prefix("data:"));
        let data: Vec<&str> = data
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .collect();
        let message: Value = serde_json::from_str(&data.join("\n")).ok()?;
        (message.get("id") == Some(id) && message.get("method").is_none()).then_some(message)
    })
}

impl Offered {
    /// As the server names it; models may get another name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

#[async_trait]
impl Tool for Offered {
    fn spec(&self) -> model::Tool {
        self.spec.clone()
    }

    fn label(&self) -> String {
        self.label.clone()
    }

    async fn call(&self, arguments: &Map<String, Value>) -> Result<String, String> {
        let mut session = self.server.open().await?;
        let params = json!({ "name": self.name, "arguments": arguments });
        let result = self.server.ask(&mut session, "tools/call", params).await;
        self.server.close(&session).await;
        let result = result?;
        let text = said(&result);
        match result.get("isError") {
            Some(Value::Bool(true)) => Err(text),
            _ => Ok(text),
        }
    }
}

/// What a result says, as text.
fn said(result: &Value) -> String {
    let content = result.get("content").and_then(Value::as_array);
    let parts = content.into_iter().flatten().filter_map(|part| {
        let text = |key: &str| part.get(key).and_then(Value::as_str);
        match text("type")? {
            "text" => text("text").map(str::to_owned),
            "resource" => {
                let resource = part.get("resource")?;
                let text = resource.get("text").or_else(|| resource.get("uri"))?;
                text.as_str().map(str::to_owned)
            }
            "resource_link" => text("uri").map(str::to_owned),
            other => Some(format!(
                "[{other} of type {} was left out]",
                text("mimeType").unwrap_or("unknown")
            )),
        }
    });
    let parts: Vec<String> = parts.collect();
    match (parts.is_empty(), result.get("structuredContent")) {
        (true, Some(structured)) => structured.to_string(),
        _ => parts.join("\n"),
    }
}
