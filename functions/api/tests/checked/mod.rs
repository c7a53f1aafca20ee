//! The service under a layer that holds every answer against the OpenAPI document: its status, its content type, its body
//! with no field that is not described, each event of a stream; and of what was accepted, the request's body.
//!
//! So every test of this crate is a test of the document, when it is built with it (`--features openapi`).

// Helpers of tests may panic as tests do; clippy only knows it of the tests themselves.
#![allow(clippy::expect_used, clippy::indexing_slicing)]

use axum::Router;
use model::Models;
use ports::Platform;

/// The service, checked.
pub fn service(platform: Platform, models: Models) -> Router {
    let router = api::service(platform, models);
    #[cfg(feature = "openapi")]
    let router = router.layer(axum::middleware::from_fn(against::document));
    router
}

#[cfg(feature = "openapi")]
mod against {
    use std::{
        collections::HashMap,
        sync::{Arc, LazyLock, Mutex},
    };

    use axum::{
        body::{Body, Bytes, to_bytes},
        extract::{MatchedPath, Request},
        middleware::Next,
        response::Response,
    };
    use futures::StreamExt;
    use http::header;
    use jsonschema::Validator;
    use serde_json::{Value, json};

    /// As it is published.
    static OPEN: LazyLock<Value> = LazyLock::new(|| api::openapi::document(true));

    /// The same, where an object may have no other fields than those that are described.
    static CLOSED: LazyLock<Value> = LazyLock::new(|| {
        let mut document = OPEN.clone();
        close(&mut document["components"]["schemas"]);
        document
    });

    type Known = HashMap<String, Arc<Validator>>;
    static VALIDATORS: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

    fn close(schema: &mut Value) {
        match schema {
            Value::Object(fields) => {
                fields.values_mut().for_each(close);
                if fields.contains_key("properties") && !fields.contains_key("allOf") {
                    fields.entry("additionalProperties").or_insert(json!(false));
                }
            }
            Value::Array(items) => items.iter_mut().for_each(close),
            _ => {}
        }
    }

    /// The path of the document: what one route with a wildcard answers is described path by path.
    fn template(route: &str, path: &str) -> String {
        let Some((start, _)) = route.split_once("{*") else {
            return route.to_owned();
        };
        let fits = |described: &&String| {
            let Some(rest) = described.strip_prefix(start) else {
                return false;
            };
            let end = rest.split_once('}').map_or("", |(_, end)| end);
            path.ends_with(end)
        };
        let all = OPEN["paths"].as_object().expect("paths").keys();
        // The longest end: `/credentials/validate` before `/validate`.
        let found = all.filter(fits).max_by_key(|described| described.len());
        found.map_or_else(|| route.to_owned(), Clone::clone)
    }

    pub async fn document(request: Request, next: Next) -> Response {
        let Some(path) = request.extensions().get::<MatchedPath>() else {
            return next.run(request).await;
        };
        let path = template(path.as_str(), request.uri().path());
        let method = request.method().as_str().to_lowercase();
        let operation = &OPEN["paths"][&path][&method];
        if operation.is_null() {
            // No such operation: the router says so by 405, or it is a path that nobody described.
            let response = next.run(request).await;
            let known = OPEN["paths"].get(&path).is_some();
            assert!(
                !known || response.status() == 405,
                "{method} {path} is not in the document"
            );
            return response;
        }
        let (head, body) = request.into_parts();
        let is_json = head
            .headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind == "application/json");
        let described = &operation["requestBody"]["content"]["application/json"]["schema"];
        let (sent, body) = if is_json && !described.is_null() {
            let bytes = to_bytes(body, usize::MAX).await.expect("a body");
            let sent = serde_json::from_slice::<Value>(&bytes).ok();
            (sent, Body::from(bytes))
        } else {
            (None, body)
        };
        let response = next.run(Request::from_parts(head, body)).await;
        let status = response.status();
        let at = format!("{method} {path} {}", status.as_u16());
        if let Some(sent) = sent.filter(|_| status.is_success()) {
            valid(&OPEN, &format!("{at} request"), described, &sent);
        }
        let answer = &operation["responses"][status.as_str()];
        assert!(!answer.is_null(), "{at} is not in the document");
        let (head, body) = response.into_parts();
        let kind = head
            .headers
            .get(header::CONTENT_TYPE)
            .map(|kind| kind.to_str().expect("text"));
        let kind = kind.map(|kind| kind.split(';').next().unwrap_or_default().trim());
        let Some(kind) = kind else {
            assert!(answer["content"].is_null(), "{at}: no content type");
            return Response::from_parts(head, body);
        };
        let kinds = answer["content"].as_object();
        let fits = |known: &str| {
            known == kind
                || known == "*/*"
                || known
                    .strip_suffix('*')
                    .is_some_and(|start| kind.starts_with(start))
        };
        assert!(
            kinds.is_some_and(|kinds| kinds.keys().any(|known| fits(known))),
            "{at}: {kind} is not in the document"
        );
        let media = answer["content"][kind].clone();
        let body = match kind {
            "application/json" if !media.is_null() => {
                let bytes = to_bytes(body, usize::MAX).await.expect("a body");
                let value: Value = serde_json::from_slice(&bytes).expect("JSON");
                valid(&CLOSED, &at, &media["schema"], &value);
                Body::from(bytes)
            }
            "text/event-stream" => {
                let frames = body.into_data_stream().map(move |frame| {
                    let frame = frame.expect("a frame");
                    let schema = &media["schema"]["properties"]["data"]["contentSchema"];
                    event(&at, schema, &frame);
                    Ok::<Bytes, std::convert::Infallible>(frame)
                });
                Body::from_stream(frames)
            }
            _ => body,
        };
        Response::from_parts(head, body)
    }

    /// Frames leave whole.
    fn event(at: &str, schema: &Value, frame: &Bytes) {
        let text = std::str::from_utf8(frame).expect("UTF-8");
        let data = text.lines().find_map(|line| line.strip_prefix("data: "));
        let Some(data) = data else {
            return;
        };
        if data == "[DONE]" {
            return;
        }
        let value: Value = serde_json::from_str(data).expect(data);
        valid(&CLOSED, at, schema, &value);
    }

    fn valid(document: &Value, at: &str, schema: &Value, value: &Value) {
        let validator = {
            let mut known = VALIDATORS.lock().expect("no panic inside");
            let key = format!("{at} {schema}");
            Arc::clone(known.entry(key).or_insert_with(|| {
                let mut root = json!({"components": document["components"]});
                root["allOf"] = json!([schema]);
                let options = jsonschema::options().should_validate_formats(true);
                Arc::new(options.build(&root).expect("a schema"))
            }))
        };
        let wrong: Vec<String> = validator
            .iter_errors(value)
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        assert!(wrong.is_empty(), "{at}: {}\n{value:#}", wrong.join("\n"));
    }
}
