//! `http-request`: the request is written here and sent by the host, who refuses private addresses.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value as Json;

use super::{Ask, Compiled, Output, Ran, Work, llm::unexpected};
use crate::{
    Effect, Failure, FormField, HttpBody, HttpRequest, Map, Reply, Result, Value,
    graph::{Compiler, Fields},
    plan::Strategy,
    run::{Cx, files_of, lasting},
    selector::Ref,
    template::Template,
};

#[derive(Debug)]
struct Http {
    method: Arc<str>,
    url: Template,
    headers: Vec<(Template, Template)>,
    params: Vec<(Template, Template)>,
    authorization: Option<Authorization>,
    body: Body,
    timeout: (u64, u64, u64),
    verify_tls: bool,
}

#[derive(Debug)]
struct Authorization {
    kind: String,
    header: Template,
    key: Template,
}

#[derive(Debug)]
enum Body {
    None,
    Text(Template),
    Json(Template),
    UrlEncoded(Vec<(Template, Template)>),
    FormData(Vec<(Template, Part)>),
    Binary(Option<Ref>),
}

#[derive(Debug)]
enum Part {
    Text(Template),
    File(Option<Ref>),
}

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

pub(crate) fn compile(fields: &Fields, cx: &mut Compiler) -> Result<Compiled> {
    let method = fields.text_or("method", "get")?.to_ascii_uppercase();
    if !METHODS.contains(&method.as_str()) {
        return Err(fields.wrong("method", format!("`{method}` is no method")));
    }
    let timeout = fields.part("timeout");
    // 0 is what editors write for "the default".
    let seconds = |name: &str, default: u64| -> Result<u64> {
        Ok(timeout
            .count(name)?
            .filter(|seconds| *seconds > 0)
            .unwrap_or(default))
    };
    let timeout = (
        seconds("connect", 10)?,
        seconds("read", 600)?,
        seconds("write", 600)?,
    );
    Ok(Compiled::work(Http {
        method: method.into(),
        url: cx.template(fields, "url")?,
        headers: lines(fields, "headers", cx)?,
        params: lines(fields, "params", cx)?,
        authorization: authorization(&fields.part("authorization"), cx)?,
        body: body(&fields.part("body"), cx)?,
        timeout,
        verify_tls: fields.flag("ssl_verify", true)?,
    }))
}

/// `key:value` lines, split at the first colon; a token holds none.
fn lines(fields: &Fields, name: &str, cx: &mut Compiler) -> Result<Vec<(Template, Template)>> {
    let text = fields.text_or(name, "")?;
    let path = fields.path(name);
    let mut found = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (key, value) = line.split_once(':').unwrap_or((line, ""));
        let mut part = |text: &str| cx.template_of(text.trim(), fields.node, &path);
        found.push((part(key), part(value)));
    }
    Ok(found)
}

fn authorization(fields: &Fields, cx: &mut Compiler) -> Result<Option<Authorization>> {
    match fields.text_or("type", "no-auth")?.as_str() {
        "no-auth" | "" => Ok(None),
        "api-key" => {
            let config = fields.part("config");
            let kind = config.text_or("type", "basic")?;
            if !matches!(kind.as_str(), "basic" | "bearer" | "custom") {
                return Err(config.wrong(
                    "type",
                    format!("`{kind}` is neither basic, bearer nor custom"),
                ));
            }
            let header = cx.template(&config, "header")?;
            let path = config.path("header");
            let header = if header.parts.is_empty() {
                cx.template_of("Authorization", config.node, &path)
            } else {
                header
            };
            Ok(Some(Authorization {
                kind,
                header,
                key: cx.template(&config, "api_key")?,
            }))
        }
        other => Err(fields.wrong("type", format!("`{other}` is neither no-auth nor api-key"))),
    }
}

fn body(fields: &Fields, cx: &mut Compiler) -> Result<Body> {
    let kind = fields.text_or("type", "none")?;
    let is_legacy = matches!(fields.raw("data"), Some(Json::String(_)));
    let one = |cx: &mut Compiler| -> Result<Template> {
        if is_legacy {
            return cx.template(fields, "data");
        }
        match fields.items("data")?.as_slice() {
            [item] => cx.template(item, "value"),
            [] => Ok(Template::default()),
            items => Err(fields.wrong(
                "data",
                format!(
                    "a body of type {kind} has one item, here are {}",
                    items.len()
                ),
            )),
        }
    };
    Ok(match kind.as_str() {
        "none" | "" => Body::None,
        "raw-text" => Body::Text(one(cx)?),
        "json" => Body::Json(one(cx)?),
        "x-www-form-urlencoded" if is_legacy => Body::UrlEncoded(lines(fields, "data", cx)?),
        "x-www-form-urlencoded" => {
            let mut found = Vec::new();
            for item in fields.items("data")? {
                found.push((cx.template(&item, "key")?, cx.template(&item, "value")?));
            }
            Body::UrlEncoded(found)
        }
        "form-data" if is_legacy => {
            let found = lines(fields, "data", cx)?;
            Body::FormData(
                found
                    .into_iter()
                    .map(|(key, value)| (key, Part::Text(value)))
                    .collect(),
            )
        }
        "form-data" => {
            let mut found = Vec::new();
            for item in fields.items("data")? {
                let part = match item.text_or("type", "text")?.as_str() {
                    "file" => Part::File(cx.selector(&item, "file")?),
                    _ => Part::Text(cx.template(&item, "value")?),
                };
                found.push((cx.template(&item, "key")?, part));
            }
            Body::FormData(found)
        }
        "binary" => match fields.items("data")?.as_slice() {
            [item] => Body::Binary(cx.selector(item, "file")?),
            items => {
                return Err(fields.wrong(
                    "data",
                    format!(
                        "a body of type binary has one item, here are {}",
                        items.len()
                    ),
                ));
            }
        },
        other => return Err(fields.wrong("type", format!("`{other}` is no kind of body"))),
    })
}

impl Work for Http {
    fn run(&self, cx: &Cx) -> Result<Ran, Failure> {
        let wrong = |field: &str, message: String| {
            lasting(
                cx.node,
                "HttpRequestNodeError",
                format!("field `{field}`: {message}"),
            )
        };
        let url: Arc<str> = cx.render(&self.url).trim().into();
        if !(url.starts_with("http://") || url.starts_with("https://")) {
            return Err(wrong(
                "url",
                format!("`{url}` begins with neither http:// nor https://"),
            ));
        }
        let pairs = |list: &[(Template, Template)]| -> Vec<(Arc<str>, Arc<str>)> {
            let pairs = list
                .iter()
                .map(|(key, value)| (cx.render(key), cx.render(value)));
            pairs.filter(|(key, _)| !key.is_empty()).collect()
        };
        let mut headers = pairs(&self.headers);
        let mut shown_headers = headers.clone();
        if let Some(authorization) = &self.authorization {
            let header = cx.render(&authorization.header);
            let key = cx.render(&authorization.key);
            if key.is_empty() {
                return Err(wrong("authorization.config.api_key", "is empty".to_owned()));
            }
            let value: Arc<str> = match authorization.kind.as_str() {
                "bearer" => format!("Bearer {key}").into(),
                "basic" if key.contains(':') => {
                    format!("Basic {}", BASE64_STANDARD.encode(key.as_bytes())).into()
                }
                "basic" => format!("Basic {key}").into(),
                _ => key,
            };
            shown_headers.push((header.clone(), "********".into()));
            headers.push((header, value));
        }
        let body = self
            .body(cx)
            .map_err(|message| wrong("body.data", message))?;
        let mut inputs = Map::default();
        for template in [&self.url]
            .into_iter()
            .chain(self.params.iter().map(|(_, value)| value))
        {
            cx.used(template, &mut inputs);
        }
        let params = pairs(&self.params);
        let mut process = Map::default();
        let target = params
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect::<Vec<_>>()
            .join("&");
        let shown = shown_headers
            .iter()
            .map(|(key, value)| format!("{key}: {value}\n"))
            .collect::<String>();
        process.insert(
            "request".into(),
            Value::from(format!("{} {url} {target}\n{shown}", self.method)),
        );
        let request = HttpRequest {
            method: self.method.clone(),
            url,
            params,
            headers,
            body,
            timeout: self.timeout,
            verify_tls: self.verify_tls,
        };
        Ok(Ran::Ask(Ask {
            effect: Effect::Http(Box::new(request)),
            inputs,
            process_data: Some(Arc::new(process)),
        }))
    }

    fn finish(&self, cx: &Cx, _: &Map, reply: Reply) -> Result<Output, Failure> {
        let Reply::Http(reply) = reply else {
            return Err(unexpected(cx));
        };
        let mut outputs = Map::default();
        outputs.insert("status_code".into(), Value::Int(i64::from(reply.status)));
        let body = if reply.files.is_empty() {
            reply.body
        } else {
            "".into()
        };
        outputs.insert("body".into(), Value::String(body));
        outputs.insert("headers".into(), Value::from(reply.headers));
        outputs.insert("files".into(), Value::Array(Arc::new(reply.files)));
        // A status is an answer like any other, unless the author said what to do about a bad one.
        let is_asked = cx.node.retry.times > 0 || !matches!(cx.node.strategy, Strategy::Abort);
        if is_asked && !(200..300).contains(&reply.status) {
            let failure = cx.node.failure(
                "HTTPResponseCodeError",
                format!("the answer has status {}", reply.status),
            );
            return Err(Failure {
                outputs: Some(Arc::new(outputs)),
                ..failure
            });
        }
        Ok(Output::new(outputs))
    }
}

impl Http {
    fn body(&self, cx: &Cx) -> Result<HttpBody, String> {
        let file = |variable: &Option<Ref>| -> Result<Value, String> {
            let variable = variable.as_ref().ok_or("no file is selected")?;
            let value = cx.value(variable);
            if files_of(&value).is_empty() {
                return Err(format!("there is no file in `{}`", variable.dotted()));
            }
            Ok(value)
        };
        Ok(match &self.body {
            Body::None => HttpBody::None,
            Body::Text(template) => HttpBody::Text(cx.render(template)),
            Body::Json(template) => {
                let text = json_text(cx, template);
                let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
                if !is_json && !text.trim().is_empty() {
                    return Err("the body is no JSON".to_owned());
                }
                HttpBody::Json(text)
            }
            Body::UrlEncoded(list) => HttpBody::UrlEncoded(
                list.iter()
                    .map(|(key, value)| (cx.render(key), cx.render(value)))
                    .collect(),
            ),
            Body::FormData(list) => {
                let mut found = Vec::new();
                for (key, part) in list {
                    let part = match part {
                        Part::Text(template) => FormField::Text(cx.render(template)),
                        Part::File(variable) => FormField::File(file(variable)?),
                    };
                    found.push((cx.render(key), part));
                }
                HttpBody::FormData(found)
            }
            Body::Binary(variable) => match files_of(&file(variable)?).into_iter().next() {
                Some(file) => HttpBody::Binary(file),
                None => HttpBody::None,
            },
        })
    }
}

/// JSON with values filled in. As it stands, if that is JSON; else with text variables that stand bare made into JSON
/// strings, and those between quotes escaped: what the authors meant.
fn json_text(cx: &Cx, template: &Template) -> Arc<str> {
    let plain = cx.render(template);
    if serde_json::from_str::<serde::de::IgnoredAny>(&plain).is_ok() {
        return plain;
    }
    let mut text = String::new();
    let mut is_quoted = false;
    for part in &template.parts {
        match part {
            crate::template::Part::Text(part) => {
                let mut escaped = false;
                for letter in part.chars() {
                    match letter {
                        '"' if !escaped => is_quoted = !is_quoted,
                        _ => {}
                    }
                    escaped = letter == '\\' && !escaped;
                }
                text.push_str(part);
            }
            crate::template::Part::Variable(variable) => {
                let value = cx.value(variable).reveal();
                let json = match (&value, is_quoted) {
                    (value, true) => serde_json::to_string(&value.text()).unwrap_or_default(),
                    (value, false) => serde_json::to_string(value).unwrap_or_default(),
                };
                let inside = json
                    .strip_prefix('"')
                    .and_then(|json| json.strip_suffix('"'));
                text.push_str(if is_quoted {
                    inside.unwrap_or(&json)
                } else {
                    &json
                });
            }
        }
    }
    text.into()
}
