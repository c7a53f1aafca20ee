//! Webhooks: a request to an address becomes the inputs of a run.
//!
//! Besides Dify's fields a node may have `signature: {secret, header, timestamp_header, tolerance}`: then only requests
//! with the HMAC-SHA256 of their body (or of `{timestamp}.{body}`), in hex, are taken. `secret` may be
//! `{{#env.NAME#}}`. A header `Idempotency-Key` (or the one that `idempotency_header` names) makes a delivery that is
//! repeated answer as the first one did, without another run.

use std::time::Duration;

use bytes::Bytes;
use futures::{
    FutureExt, StreamExt,
    future::{Either, select},
    pin_mut,
};
use serde_json::{Map, Value, json};

use super::{Address, app, dead, of_node};
use crate::{
    Context, Error, Kind, Result,
    file::{hmac, same},
    id, keys, store, workflow,
};

/// Largest body, in bytes.
pub const MAX_BODY: usize = 10 << 20;

/// Seconds that a signed timestamp may be off.
const TOLERANCE: u64 = 300;

/// A request as it came.
#[derive(Debug)]
pub struct Incoming {
    /// In capitals.
    pub method: String,
    /// In the order of the request.
    pub query: Vec<(String, String)>,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// As it was sent: what is signed.
    pub raw: Bytes,
    /// As it was read.
    pub body: Body,
}

/// A body by its content type.
#[derive(Debug)]
pub enum Body {
    /// `application/json`.
    Json(Value),
    /// `application/x-www-form-urlencoded` and `multipart/form-data`: texts by name.
    Form(Map<String, Value>),
    /// `text/plain` and anything else.
    Text(String),
    /// There is none.
    Empty,
}

/// What the sender hears.
#[derive(Debug)]
pub struct Outcome {
    /// An HTTP status.
    pub status: u16,
    /// JSON.
    pub body: Value,
}

/// A node's fields.
#[derive(Debug)]
pub(super) struct Node<'w> {
    id: &'w str,
    data: &'w Value,
    method: String,
    content_type: String,
    status_code: u16,
}

const KINDS: [&str; 5] = [
    "application/json",
    "multipart/form-data",
    "application/x-www-form-urlencoded",
    "text/plain",
    "application/octet-stream",
];

impl<'w> Node<'w> {
    /// Reads a node; what is impossible names the node and the field.
    pub fn parse(id: &'w str, data: &'w Value) -> Result<Self> {
        let wrong = |field: &str, message: String| {
            let message = format!("The workflow cannot run: node {id}, {field}: {message}");
            Error::new(Kind::BadRequest, message)
        };
        let text = |name: &str, default: &str| {
            let found = data.get(name).and_then(Value::as_str);
            found
                .filter(|text| !text.is_empty())
                .unwrap_or(default)
                .to_owned()
        };
        let method = text("method", "post").to_uppercase();
        if !["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"].contains(&method.as_str()) {
            return Err(wrong(
                "method",
                format!("`{method}` is no method of a webhook"),
            ));
        }
        let content_type = text("content_type", "application/json").to_lowercase();
        if !KINDS.contains(&content_type.as_str()) {
            return Err(wrong(
                "content_type",
                format!("`{content_type}` is not taken"),
            ));
        }
        let status_code = data.get("status_code").map_or(Some(200), Value::as_u64);
        let status_code = status_code
            .filter(|code| (200..=399).contains(code))
            .ok_or_else(|| wrong("status_code", "must be from 200 to 399".to_owned()))?;
        for (field, kinds) in [
            ("headers", &["string"][..]),
            ("params", &["string", "number", "boolean"]),
            (
                "body",
                &[
                    "string",
                    "number",
                    "boolean",
                    "object",
                    "file",
                    "array[string]",
                    "array[number]",
                    "array[boolean]",
                    "array[object]",
                ],
            ),
        ] {
            for (name, kind, _) in fields(data, field) {
                if name.is_empty() || !kinds.contains(&kind) {
                    let message = format!("`{name}` cannot be of type `{kind}`");
                    return Err(wrong(field, message));
                }
            }
        }
        Ok(Self {
            id,
            data,
            method,
            content_type,
            status_code: u16::try_from(status_code).unwrap_or(200),
        })
    }

    fn text(&self, name: &str) -> &'w str {
        self.data
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The inputs that a request brings, if it may.
    pub(super) fn take(
        &self,
        request: &Incoming,
        workflow: &Value,
        now: u64,
    ) -> Result<Map<String, Value>, Outcome> {
        self.verify(request, workflow, now)
            .map_err(|message| bad(401, "Unauthorized", message))?;
        self.inputs(request)
            .map_err(|message| bad(400, "Bad Request", message))
    }

    /// The inputs of a run; a message for what does not fit.
    fn inputs(&self, request: &Incoming) -> Result<Map<String, Value>, String> {
        if request.method != self.method {
            return Err(format!(
                "HTTP method mismatch. Expected {}, got {}",
                self.method, request.method
            ));
        }
        let takes_body = !["GET", "HEAD"].contains(&self.method.as_str());
        let given = header(request, "content-type").unwrap_or_default();
        let given = given
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_lowercase();
        if takes_body && !given.is_empty() && given != self.content_type {
            return Err(format!(
                "Content-type mismatch. Expected {}, got {given}",
                self.content_type
            ));
        }
        let mut inputs = Map::new();
        for (name, kind, required) in fields(self.data, "headers") {
            let value = header(request, name).map(Value::from);
            let value = typed("Header", name, kind, required, value)?;
            inputs.insert(name.replace('-', "_"), value);
        }
        for (name, kind, required) in fields(self.data, "params") {
            let found = request.query.iter().find(|(key, _)| key == name);
            let value = found.map(|(_, value)| Value::from(value.as_str()));
            inputs.insert(
                name.to_owned(),
                typed("Query parameter", name, kind, required, value)?,
            );
        }
        let none = Map::new();
        for (name, kind, required) in fields(self.data, "body").filter(|_| takes_body) {
            let value = match &request.body {
                Body::Json(Value::Object(body)) | Body::Form(body) => body.get(name).cloned(),
                Body::Json(body) => {
                    return Err(format!("The body must be an object, not {}", short(body)));
                }
                Body::Text(text) => Some(Value::from(text.as_str())),
                Body::Empty => none.get(name).cloned(),
            };
            inputs.insert(
                name.to_owned(),
                typed("Body parameter", name, kind, required, value)?,
            );
        }
        inputs.insert("_webhook_raw".to_owned(), raw(request));
        Ok(inputs)
    }

    /// Whether a request is signed as the node wants it.
    fn verify(&self, request: &Incoming, workflow: &Value, now: u64) -> Result<(), String> {
        let Some(signature) = self.data.get("signature").filter(|it| it.is_object()) else {
            return Ok(());
        };
        let text = |name: &str| signature.get(name).and_then(Value::as_str);
        let secret = environment(workflow, text("secret").unwrap_or_default());
        if secret.is_empty() {
            return Err("The webhook has a signature without a secret.".to_owned());
        }
        let name = text("header").unwrap_or("X-Signature");
        let given =
            header(request, name).ok_or_else(|| format!("The header {name} is missing."))?;
        let mut signed = Vec::new();
        if let Some(name) = text("timestamp_header").filter(|name| !name.is_empty()) {
            let at =
                header(request, name).ok_or_else(|| format!("The header {name} is missing."))?;
            let tolerance = signature.get("tolerance").and_then(Value::as_u64);
            let seconds: Option<u64> = at.trim().parse().ok();
            let is_recent =
                seconds.is_some_and(|at| at.abs_diff(now) <= tolerance.unwrap_or(TOLERANCE));
            if !is_recent {
                return Err(format!("The time in the header {name} is not the present."));
            }
            signed.extend_from_slice(at.trim().as_bytes());
            signed.push(b'.');
        }
        signed.extend_from_slice(&request.raw);
        let expected = hex::encode(hmac(secret.as_bytes(), &signed));
        let given = given.trim().to_lowercase();
        let given = given.strip_prefix("sha256=").unwrap_or(&given);
        match same(given.as_bytes(), expected.as_bytes()) {
            true => Ok(()),
            false => Err("The signature does not fit the body.".to_owned()),
        }
    }
}

/// `name`, `type` and `required` of a list of fields.
fn fields<'w>(
    data: &'w Value,
    list: &str,
) -> impl Iterator<Item = (&'w str, &'w str, bool)> + use<'w> {
    let items = data.get(list).and_then(Value::as_array);
    items.into_iter().flatten().map(|item| {
        let text = |name: &str| item.get(name).and_then(Value::as_str);
        let required = item.get("required") == Some(&Value::Bool(true));
        (
            text("name").unwrap_or_default(),
            text("type").unwrap_or("string"),
            required,
        )
    })
}

fn header<'r>(request: &'r Incoming, name: &str) -> Option<&'r str> {
    let found = request
        .headers
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str())
}

fn typed(
    what: &str,
    name: &str,
    kind: &str,
    required: bool,
    value: Option<Value>,
) -> Result<Value, String> {
    let value = match value {
        None | Some(Value::Null) if required => {
            return Err(format!("Required {} missing: {name}", what.to_lowercase()));
        }
        None | Some(Value::Null) => return Ok(Value::Null),
        Some(value) => value,
    };
    let is_list =
        |fits: fn(&Value) -> bool| value.as_array().is_some_and(|items| items.iter().all(fits));
    let fits = match (kind, &value) {
        // What comes as text, in a query or a form, is read.
        ("number", Value::String(text)) => {
            let number = text.trim().parse::<i64>().map(Value::from).ok();
            let number = number.or_else(|| Some(json!(text.trim().parse::<f64>().ok()?)));
            return number
                .filter(Value::is_number)
                .ok_or_else(|| format!("{what} {name} must be a number, not `{text}`"));
        }
        ("boolean", Value::String(text)) => {
            return match text.trim().to_lowercase().as_str() {
                "true" | "1" | "yes" => Ok(Value::Bool(true)),
                "false" | "0" | "no" => Ok(Value::Bool(false)),
                _ => Err(format!("{what} {name} must be a boolean, not `{text}`")),
            };
        }
        ("object", Value::String(text)) => {
            let parsed = serde_json::from_str::<Map<String, Value>>(text);
            return parsed
                .map(Value::Object)
                .map_err(|_| format!("{what} {name} must be an object"));
        }
        ("string", value) => value.is_string(),
        ("number", value) => value.is_number(),
        ("boolean", value) => value.is_boolean(),
        ("object" | "file", value) => value.is_object(),
        ("array[string]", _) => is_list(Value::is_string),
        ("array[number]", _) => is_list(Value::is_number),
        ("array[boolean]", _) => is_list(Value::is_boolean),
        ("array[object]", _) => is_list(Value::is_object),
        _ => true,
    };
    match fits {
        true => Ok(value),
        false => Err(format!(
            "{what} {name} must be of type {kind}, not {}",
            short(&value)
        )),
    }
}

fn short(value: &Value) -> String {
    let text: String = value.to_string().chars().take(60).collect();
    format!("`{text}`")
}

/// Everything, whatever the node declares.
fn raw(request: &Incoming) -> Value {
    let pairs = |pairs: &[(String, String)]| {
        let pairs = pairs.iter();
        Value::Object(
            pairs
                .map(|(name, value)| (name.clone(), json!(value)))
                .collect(),
        )
    };
    let body = match &request.body {
        Body::Json(body) => body.clone(),
        Body::Form(body) => Value::Object(body.clone()),
        Body::Text(text) => json!({ "raw": text }),
        Body::Empty => json!({}),
    };
    // A signature and a key are for this door alone.
    let private = ["authorization", "cookie"];
    let headers: Vec<_> = request
        .headers
        .iter()
        .filter(|(name, _)| !private.contains(&name.as_str()))
        .cloned()
        .collect();
    json!({
        "headers": pairs(&headers), "query_params": pairs(&request.query), "body": body, "files": {},
    })
}

/// A text, or the environment variable that it names.
fn environment(workflow: &Value, text: &str) -> String {
    let name = text
        .trim()
        .strip_prefix("{{#env.")
        .and_then(|rest| rest.strip_suffix("#}}"));
    let Some(name) = name else {
        return text.to_owned();
    };
    let variables = workflow
        .get("environment_variables")
        .and_then(Value::as_array);
    let mut variables = variables.into_iter().flatten();
    let found = variables.find(|it| it.get("name").and_then(Value::as_str) == Some(name));
    let value = found.and_then(|it| it.get("value")).and_then(Value::as_str);
    value.unwrap_or_default().to_owned()
}

pub(super) fn bad(status: u16, error: &str, message: impl Into<String>) -> Outcome {
    let message: String = message.into();
    Outcome {
        status,
        body: json!({ "error": error, "message": message }),
    }
}

/// Takes a request to an address in: checks it, starts the run, and says what the node says.
pub async fn receive(ctx: &Context, token: &str, request: Incoming) -> Result<Outcome> {
    let unknown = || bad(404, "Not Found", "Webhook not found");
    let address = store::load::<Address>(&ctx.system(), &keys::webhook(token), "address").await?;
    let Some(Address {
        tenant_id,
        app_id,
        node_id,
    }) = address.map(|stored| stored.value)
    else {
        return Ok(unknown());
    };
    let scope = ctx.tenant(&tenant_id);
    let trigger = of_node(&scope, &app_id, &node_id).await?;
    if trigger.is_none_or(|trigger| !trigger.enabled) {
        return Ok(unknown());
    }
    let version = workflow::published(&scope, &app_id).await?;
    let workflow = version.map(|version| version.workflow).unwrap_or_default();
    let Some(found) = super::nodes(&workflow).find(|node| node.id == node_id) else {
        return Ok(unknown());
    };
    let node = Node::parse(found.id, found.data)?;
    let inputs = match node.take(&request, &workflow, ctx.now().as_secs()) {
        Ok(inputs) => inputs,
        Err(refused) => return Ok(refused),
    };
    let key = match node.text("idempotency_header") {
        "" => "Idempotency-Key",
        name => name,
    };
    let run_id = match header(&request, key).filter(|key| !key.is_empty()) {
        Some(key) => id::derived(&format!("webhook/{token}/{key}")),
        None => ctx.uuid(),
    };
    let wake = workflow::Wake {
        run_id: run_id.clone(),
        node_id: node_id.clone(),
        by: "webhook",
        inputs,
    };
    let app = app(&scope, &app_id).await?;
    let woken = match workflow::wake(ctx, &app, wake.clone()).await {
        Ok(woken) => woken,
        Err(error) => {
            // Well-formed, and still not begun: kept for whoever mends the cause.
            dead::keep(ctx, &scope, &app_id, &wake, &error).await?;
            return Err(error);
        }
    };
    let waits = node.data.get("async_mode") == Some(&Value::Bool(false));
    match woken {
        Some(running) if waits => finished(ctx, &node, running).await,
        _ => Ok(node.answer()),
    }
}

/// Waits for the end of a run, as long as the node says, and answers what came out.
async fn finished(ctx: &Context, node: &Node<'_>, running: workflow::Running) -> Result<Outcome> {
    let seconds = node
        .data
        .get("timeout")
        .and_then(Value::as_u64)
        .unwrap_or(30);
    let limit = ctx
        .platform
        .clock
        .sleep(Duration::from_secs(seconds.min(1_200)));
    let id = running.record.id.clone();
    let (app_id, tenant) = (running.record.app_id.clone(), running.tenant_id.clone());
    let ended = running.events.for_each(|_| async {}).boxed();
    pin_mut!(limit);
    if let Either::Right(_) = select(ended, limit).await {
        let body = json!({ "status": "running", "workflow_run_id": id });
        return Ok(Outcome { status: 202, body });
    }
    let record = workflow::get(&ctx.tenant(&tenant), &app_id, &id).await?;
    if !node.text("response_body").is_empty() && record.status != "failed" {
        return Ok(node.answer());
    }
    Ok(Outcome {
        status: if record.status == "failed" {
            500
        } else {
            node.status_code
        },
        body: json!({
            "status": record.status, "workflow_run_id": id, "data": record.outputs, "error": record.error,
        }),
    })
}

impl Node<'_> {
    /// What the node says to everybody.
    pub(super) fn answer(&self) -> Outcome {
        let text = self.text("response_body").trim();
        let body = match text {
            "" => json!({ "status": "success", "message": "Webhook processed successfully" }),
            text if text.starts_with(['{', '[']) => {
                serde_json::from_str(text).unwrap_or_else(|_| json!({ "message": text }))
            }
            text => json!({ "message": text }),
        };
        tracing::debug!(node = self.id, "a webhook was answered");
        Outcome {
            status: self.status_code,
            body,
        }
    }
}
