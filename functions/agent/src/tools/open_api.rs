//! Tools out of an OpenAPI document: each operation is one.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request};
use ports::{
    Body, Clock, Fetch,
    outgoing::{self, PublicOnly},
};
use serde_json::{Map, Value, json};

use crate::Tool;

/// Largest answer that is read, in bytes, and how long one may take.
const ANSWER: usize = 1 << 20;
const TIME: Duration = Duration::from_secs(60);

/// Operations of one document at most.
const MOST: usize = 100;

/// One operation of an HTTP API.
pub struct Operation {
    spec: model::Tool,
    label: String,
    method: Method,
    /// With `{name}` where path parameters go.
    address: String,
    /// Name and place (`path`, `query`, `header`) of each parameter.
    places: Vec<(String, String)>,
    always: Always,
    fetch: Arc<dyn Fetch>,
    clock: Arc<dyn Clock>,
}

/// What goes with every request: keys and the like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Always {
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// Names and values, in the query.
    pub query: Vec<(String, String)>,
    /// Sent as `Idempotency-Key` by operations that may change something.
    pub idempotency_key: Option<String>,
}

/// The operations of a document (OpenAPI 3, as JSON).
///
/// # Errors
/// A sentence that names the field.
pub fn tools(
    document: &Value,
    always: &Always,
    fetch: &Arc<dyn Fetch>,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<Arc<dyn Tool>>, String> {
    let server = document.pointer("/servers/0/url").and_then(Value::as_str);
    let server = server
        .ok_or("`servers[0].url` is missing")?
        .trim_end_matches('/');
    outgoing::check(server).map_err(|error| format!("`servers[0].url`: {error}"))?;
    let paths = document
        .get("paths")
        .and_then(Value::as_object)
        .ok_or("`paths` is missing")?;
    let mut tools: Vec<Arc<dyn Tool>> = Vec::new();
    for (path, item) in paths {
        for method in ["get", "post", "put", "patch", "delete"] {
            let Some(about) = item.get(method) else {
                continue;
            };
            if tools.len() >= MOST {
                return Err(format!("`paths`: there are more than {MOST} operations"));
            }
            let at = format!("paths.{path}.{method}");
            let (name, schema, places) = read(document, item, about, path, method, &at)?;
            let said = |key: &str| {
                about
                    .get(key)
                    .and_then(Value::as_str)
                    .filter(|text| !text.is_empty())
            };
            let description = said("description")
                .or(said("summary"))
                .unwrap_or(&name)
                .to_owned();
            tools.push(Arc::new(Operation {
                label: said("summary").unwrap_or(&name).to_owned(),
                spec: model::Tool {
                    name,
                    description,
                    parameters: schema,
                },
                method: Method::from_bytes(method.to_uppercase().as_bytes())
                    .map_err(|error| error.to_string())?,
                address: format!("{server}{path}"),
                places,
                always: always.clone(),
                fetch: fetch.clone(),
                clock: clock.clone(),
            }));
        }
    }
    Ok(tools)
}

type About = (String, Value, Vec<(String, String)>);

/// Name, schema and places of an operation.
fn read(
    document: &Value,
    item: &Value,
    about: &Value,
    path: &str,
    method: &str,
    at: &str,
) -> Result<About, String> {
    let name = match about.get("operationId").and_then(Value::as_str) {
        Some(name) => name.to_owned(),
        None => format!("{method}_{path}"),
    };
    // What models accept as a function's name.
    let plain = |letter: char| {
        if letter.is_ascii_alphanumeric() || letter == '-' {
            letter
        } else {
            '_'
        }
    };
    let name: String = name.chars().map(plain).take(64).collect();
    let (mut properties, mut required, mut places) = (Map::new(), Vec::new(), Vec::new());
    let lists = [item.get("parameters"), about.get("parameters")];
    for parameter in lists
        .into_iter()
        .flatten()
        .filter_map(Value::as_array)
        .flatten()
    {
        let parameter = followed(document, parameter, at)?;
        let name = parameter.get("name").and_then(Value::as_str);
        let name = name.ok_or_else(|| format!("`{at}.parameters`: a `name` is missing"))?;
        let place = parameter
            .get("in")
            .and_then(Value::as_str)
            .unwrap_or("query");
        if !matches!(place, "path" | "query" | "header") {
            continue;
        }
        let mut schema = parameter
            .get("schema")
            .map_or(Ok(&Value::Null), |schema| followed(document, schema, at))?
            .clone();
        if !schema.is_object() {
            schema = json!({"type": "string"});
        }
        if let (Some(text), Some(fields)) = (parameter.get("description"), schema.as_object_mut()) {
            fields.insert("description".to_owned(), text.clone());
        }
        if place == "path" || parameter.get("required") == Some(&Value::Bool(true)) {
            required.push(json!(name));
        }
        properties.insert(name.to_owned(), schema);
        places.push((name.to_owned(), place.to_owned()));
    }
    let body = about.pointer("/requestBody/content/application~1json/schema");
    if let Some(body) = body {
        let body = followed(document, body, at)?;
        for (name, schema) in body
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            properties.insert(name.clone(), followed(document, schema, at)?.clone());
        }
        required.extend(
            body.get("required")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .cloned(),
        );
    }
    let schema = json!({"type": "object", "properties": properties, "required": required});
    Ok((name, schema, places))
}

/// What a `$ref` stands for.
fn followed<'a>(document: &'a Value, mut value: &'a Value, at: &str) -> Result<&'a Value, String> {
    for _ in 0..8 {
        let Some(target) = value.get("$ref").and_then(Value::as_str) else {
            return Ok(value);
        };
        let pointer = target.strip_prefix('#').unwrap_or_default();
        value = document
            .pointer(pointer)
            .filter(|_| !pointer.is_empty())
            .ok_or_else(|| format!("`{at}`: `{target}` is not in the document"))?;
    }
    Err(format!("`{at}`: a `$ref` leads in a circle"))
}

#[async_trait]
impl Tool for Operation {
    fn spec(&self) -> model::Tool {
        self.spec.clone()
    }

    fn label(&self) -> String {
        self.label.clone()
    }

    async fn call(&self, arguments: &Map<String, Value>) -> Result<String, String> {
        let request = self.request(arguments)?;
        let exchange = async {
            let answer = self.fetch.send(request).await?;
            let status = answer.status();
            Ok((status, answer.into_body().into_bytes(ANSWER).await?))
        };
        let answer = ports::timeout(self.clock.as_ref(), TIME, exchange)
            .await
            .and_then(|answer| answer);
        let (status, body) = answer.map_err(|error: ports::Error| error.to_string())?;
        let text = String::from_utf8_lossy(&body).into_owned();
        match status.is_success() {
            true => Ok(text),
            false => Err(format!(
                "the API answered with status {}: {text}",
                status.as_u16()
            )),
        }
    }
}

impl Operation {
    fn request(&self, arguments: &Map<String, Value>) -> Result<Request<Body>, String> {
        let required = self.spec.parameters.get("required");
        let required = required.and_then(Value::as_array).into_iter().flatten();
        for name in required.filter_map(Value::as_str) {
            if !arguments.contains_key(name) {
                return Err(format!("`{name}` is required"));
            }
        }
        let (mut address, mut query, mut body) = (self.address.clone(), Vec::new(), Map::new());
        let mut request = Request::builder()
            .method(self.method.clone())
            .extension(PublicOnly);
        for (name, value) in arguments {
            let place = self.places.iter().find(|(known, _)| known == name);
            let said = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            match place.map(|(_, place)| place.as_str()) {
                Some("path") => address = address.replace(&format!("{{{name}}}"), &escaped(&said)),
                Some("query") => query.push(format!("{}={}", escaped(name), escaped(&said))),
                Some(_) => request = request.header(name, said),
                None => {
                    body.insert(name.clone(), value.clone());
                }
            }
        }
        let always = self.always.query.iter();
        query.extend(always.map(|(name, value)| format!("{}={}", escaped(name), escaped(value))));
        if !query.is_empty() {
            address = format!("{address}?{}", query.join("&"));
        }
        for (name, value) in &self.always.headers {
            request = request.header(name, value);
        }
        let key = self.always.idempotency_key.as_ref();
        if let Some(key) = key.filter(|_| self.method != Method::GET) {
            request = request.header("idempotency-key", key);
        }
        let body = match body.is_empty() {
            true => Body::Empty,
            false => {
                request = request.header("content-type", "application/json");
                Body::from(Bytes::from(Value::Object(body).to_string()))
            }
        };
        let request = request.uri(address).body(body);
        request.map_err(|error| format!("the request cannot be made: {error}"))
    }
}

/// Safe in a path and in a query.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}
