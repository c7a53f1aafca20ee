//! From operations to the document.

use std::collections::{BTreeMap, BTreeSet};

use app::Kind;
use http::StatusCode;
use schemars::{
    SchemaGenerator,
    generate::{Contract, SchemaSettings},
};
use serde_json::{Map, Value, json};

use super::operation::{Answer, Content, Op, Who};
use crate::Error;

/// Sections, in the order in which people read.
const TAGS: [(&str, &str); 20] = [
    (
        "Chat",
        "Ask a chat assistant, an agent or a chatflow, and stop an answer.",
    ),
    ("Completion", "Generate a text from inputs."),
    (
        "Workflows",
        "Run workflows, follow, stop and fork their runs.",
    ),
    (
        "Tools",
        "What agents and tool nodes call: built-in tools, APIs and workflows.",
    ),
    ("Conversations", "What end users asked before."),
    ("Files", "Uploads of end users."),
    ("Audio", "Speech to text and text to speech."),
    (
        "App",
        "What an app says about itself: its form, its features, its page.",
    ),
    ("Annotations", "Prepared answers."),
    (
        "Knowledge",
        "Datasets, documents, segments, and searching them.",
    ),
    (
        "Models",
        "The workspace's models over OpenAI's own API, with its requests, answers and errors.",
    ),
    (
        "Web app",
        "What the page of an app calls, for visitors without a login.",
    ),
    ("Account", "Setting up, signing in, the own account."),
    ("Workspace", "Members, backup and restore."),
    (
        "Providers",
        "Services that run models, and which models the workspace uses.",
    ),
    ("Apps", "Apps, their files, pages, keys and configurations."),
    ("Logs", "What was asked and answered, and the charts of it."),
    (
        "Trying out",
        "Asking with a configuration that nobody published, and what the model saw.",
    ),
    (
        "Console knowledge",
        "Datasets as a member of the workspace reaches them.",
    ),
    ("Service", "The installation itself."),
];

const ABOUT: &str = "The API of an Edgewise installation. Paths, fields and error codes of `/v1` are those of Dify's Service \
    API, so its clients work unchanged.\n\nErrors are JSON: `{code, message, status}`, with `params` where one field is to \
    blame. In a stream, the same fields come as an `error` event. Unknown fields of a request are ignored; an answer may get \
    new fields in a later version.";

pub(super) fn document(operations: Vec<Op>) -> Value {
    let mut build = Build::new();
    let mut paths = Map::new();
    let mut used = BTreeSet::new();
    for op in operations {
        used.insert(op.tag);
        let path = paths
            .entry(op.path.clone())
            .or_insert_with(|| Value::Object(Map::new()));
        let (method, operation) = (op.method, build.operation(op));
        if let Value::Object(path) = path {
            path.insert(method.to_owned(), operation);
        }
    }
    let tags: Vec<Value> = TAGS
        .iter()
        .filter(|(name, _)| used.contains(name))
        .map(|(name, about)| json!({"name": name, "description": about}))
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Edgewise",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "This installation"}],
        "tags": tags,
        "paths": paths,
        "components": {"securitySchemes": schemes(), "schemas": build.schemas()},
    })
}

fn schemes() -> Value {
    let bearer = |about: &str| json!({"type": "http", "scheme": "bearer", "description": about});
    json!({
        "appKey": bearer("A key of one app (`app-…`)."),
        "datasetKey": bearer("A key of the workspace's datasets (`dataset-…`)."),
        "modelKey": bearer("A key of the workspace's models (`model-…`), or the admin token."),
        "consoleToken": bearer("The access token of a session, or the admin token."),
        "session": {"type": "apiKey", "in": "cookie", "name": "access_token",
            "description": "As a login sets it; with the prefix `__Host-` on https."},
        "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token",
            "description": "What the cookie `csrf_token` says; asked for where something changes."},
        "passport": bearer("The passport of an app's page, from `/api/passport`."),
        "passportHeader": {"type": "apiKey", "in": "header", "name": "X-App-Passport",
            "description": "The same."},
    })
}

/// What the schemas of types are collected in. A type that a request and an answer share may differ by a default.
struct Build {
    requests: SchemaGenerator,
    answers: SchemaGenerator,
}

impl Build {
    fn new() -> Self {
        let settings = |contract| {
            let mut settings = SchemaSettings::draft2020_12();
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
            settings.contract = contract;
            settings.into_generator()
        };
        Self {
            requests: settings(Contract::Deserialize),
            answers: settings(Contract::Serialize),
        }
    }

    fn schemas(&mut self) -> Value {
        let mut all: BTreeMap<String, Value> =
            self.requests.take_definitions(true).into_iter().collect();
        all.extend(self.answers.take_definitions(true));
        all.insert("Error".to_owned(), error_schema());
        all.into_iter().collect::<Map<_, _>>().into()
    }

    fn operation(&mut self, op: Op) -> Value {
        let fails = failures(&op);
        let mut value = Map::new();
        let mut put = |key: &str, it: Value| value.insert(key.to_owned(), it);
        put("operationId", op.id.clone().into());
        put("tags", json!([op.tag]));
        put("summary", op.summary.into());
        if !op.about.is_empty() {
            put("description", op.about.into());
        }
        if op.deprecated {
            put("deprecated", true.into());
        }
        let security = match op.who {
            Who::Anybody => json!([]),
            Who::App => json!([{"appKey": []}]),
            Who::Datasets => json!([{"datasetKey": []}]),
            Who::Member => json!([{"consoleToken": []}, {"session": [], "csrf": []}]),
            Who::Visitor => json!([{"passport": []}, {"passportHeader": []}]),
            Who::Models => json!([{"modelKey": []}]),
        };
        put("security", security);
        let parameters = self.parameters(&op);
        if !parameters.is_empty() {
            put("parameters", parameters.into());
        }
        if let Some((content, make)) = op.body {
            let mut media = json!({"schema": make(&mut self.requests)});
            if let (Some(example), Some(media)) = (op.example, media.as_object_mut()) {
                media.insert("example".to_owned(), example);
            }
            let types: &[&str] = match content {
                Content::Json | Content::OptionalJson => &["application/json"],
                Content::Form => &["multipart/form-data"],
                Content::Raw(types) => types,
            };
            let content_of: Map<String, Value> = types
                .iter()
                .map(|name| ((*name).to_owned(), media.clone()))
                .collect();
            let required = content != Content::OptionalJson;
            put(
                "requestBody",
                json!({"required": required, "content": content_of}),
            );
        }
        let mut responses = BTreeMap::new();
        for (status, answer) in &op.answers {
            let entry = responses.entry(*status).or_insert_with(|| success(*status));
            self.answer(entry, answer, op.shown.as_ref());
        }
        match op.refusals {
            Some((statuses, make)) => {
                let schema = make(&mut self.answers);
                for status in statuses {
                    let content = json!({"application/json": {"schema": schema}});
                    let response = json!({"description": reason(*status), "content": content});
                    responses.insert(*status, response);
                }
            }
            None => {
                for (status, codes) in fails {
                    let refused = failure(status, &codes);
                    match responses.get_mut(&status) {
                        Some(answer) => either(answer, &refused),
                        None => drop(responses.insert(status, refused)),
                    }
                }
            }
        }
        let responses: Map<String, Value> = responses
            .into_iter()
            .map(|(status, response)| (status.to_string(), response))
            .collect();
        put("responses", responses.into());
        Value::Object(value)
    }

    fn answer(&mut self, response: &mut Value, answer: &Answer, shown: Option<&Value>) {
        let (name, media) = match answer {
            Answer::Nothing => return,
            Answer::Json(make) => {
                let mut media = json!({"schema": make(&mut self.answers)});
                if let (Some(shown), Some(media)) = (shown, media.as_object_mut()) {
                    media.insert("example".to_owned(), shown.clone());
                }
                ("application/json", media)
            }
            Answer::Events(make) => {
                // What a parser of the format gives for each event; its data is JSON.
                let data = json!({
                    "type": "string",
                    "contentMediaType": "application/json",
                    "contentSchema": make(&mut self.answers),
                });
                let schema = json!({
                    "type": "object",
                    "description": "One event: a line `data: {…}`, then an empty one. In silence there is a bare \
                                    `event: ping`.",
                    "properties": {"data": data, "event": {"type": "string"}, "id": {"type": "string"}},
                });
                ("text/event-stream", json!({ "schema": schema }))
            }
            Answer::Bytes(types) => {
                for name in *types {
                    insert(response, name, json!({}));
                }
                return;
            }
        };
        insert(response, name, media);
    }

    fn parameters(&mut self, op: &Op) -> Vec<Value> {
        let names = op.path.split('/').filter_map(|part| {
            let name = part.strip_prefix('{')?.strip_suffix('}')?;
            Some(name.trim_start_matches('*'))
        });
        let mut all: Vec<Value> = names
            .map(|name| {
                let plain = op.plain.iter().find(|(it, _)| *it == name);
                let schema = match plain {
                    Some((_, make)) => make(&mut self.requests).to_value(),
                    None => json!({"type": "string", "format": "uuid"}),
                };
                json!({"name": name, "in": "path", "required": true, "schema": schema})
            })
            .collect();
        for (place, make) in [("query", op.query), ("header", op.headers)] {
            let Some(schema) = make.map(|make| make(&mut self.requests).to_value()) else {
                continue;
            };
            let required = schema.get("required").and_then(Value::as_array);
            let fields = schema.get("properties").and_then(Value::as_object);
            for (name, field) in fields.into_iter().flatten() {
                all.push(parameter(place, name, field, required));
            }
        }
        all
    }
}

/// A parameter of a query or a header. It is there or not: null is nothing that a URL can say.
fn parameter(place: &str, name: &str, schema: &Value, required: Option<&Vec<Value>>) -> Value {
    let mut schema = schema.clone();
    let mut about = None;
    if let Some(fields) = schema.as_object_mut() {
        about = fields.remove("description");
        if let Some(Value::Array(kinds)) = fields.get_mut("type") {
            kinds.retain(|kind| kind != "null");
            if let [one] = kinds.as_slice() {
                let one = one.clone();
                fields.insert("type".to_owned(), one);
            }
        }
        if let Some(Value::Array(words)) = fields.get_mut("enum") {
            words.retain(|word| !word.is_null());
        }
        if let Some(Value::Array(all)) = fields.get("anyOf") {
            let other: Vec<&Value> = all
                .iter()
                .filter(|it| it.get("type").is_none_or(|kind| kind != "null"))
                .collect();
            if let [one] = other.as_slice() {
                schema = (*one).clone();
            }
        }
    }
    let is_required = required.is_some_and(|names| names.iter().any(|it| it == name));
    let mut value = json!({"name": name, "in": place, "required": is_required, "schema": schema});
    if let (Some(about), Some(value)) = (about, value.as_object_mut()) {
        value.insert("description".to_owned(), about);
    }
    value
}

fn insert(response: &mut Value, name: &str, media: Value) {
    if let Some(content) = response
        .as_object_mut()
        .map(|response| response.entry("content").or_insert_with(|| json!({})))
        .and_then(Value::as_object_mut)
    {
        content.insert(name.to_owned(), media);
    }
}

fn success(status: u16) -> Value {
    let about = match status {
        201 => "Made.",
        202 => "Begun.",
        204 => "Done; there is nothing to say.",
        _ => "Done.",
    };
    json!({ "description": about })
}

/// Codes by status: what the operation names, and what follows from its caller, its path and its body.
fn failures(op: &Op) -> BTreeMap<u16, BTreeSet<&'static str>> {
    let mut kinds = op.fails.clone();
    kinds.extend([Kind::Internal, Kind::Unavailable]);
    match op.who {
        Who::Anybody => {}
        _ => kinds.extend([Kind::Unauthorized, Kind::Forbidden]),
    }
    if op.path.contains('{') && op.plain.len() < op.path.matches('{').count() {
        kinds.push(Kind::NotFound);
    }
    if op.query.is_some() {
        kinds.push(Kind::InvalidParam);
    }
    match op.body {
        Some((Content::Json | Content::OptionalJson, _)) => {
            kinds.extend([Kind::BadRequest, Kind::InvalidParam, Kind::FileTooLarge]);
        }
        Some(_) => kinds.push(Kind::InvalidParam),
        None => {}
    }
    if op.method != "get" {
        kinds.extend([Kind::StorageFull, Kind::Conflict]);
    }
    let mut by_status: BTreeMap<u16, BTreeSet<&'static str>> = BTreeMap::new();
    for kind in kinds {
        let (code, status) = Error::code(kind);
        by_status.entry(status.as_u16()).or_default().insert(code);
    }
    by_status
}

/// An answer of the operation's own or an error, with one status.
fn either(answer: &mut Value, refused: &Value) {
    const SCHEMA: &str = "/content/application~1json/schema";
    if let (Some(own), Some(refused)) = (answer.pointer_mut(SCHEMA), refused.pointer(SCHEMA)) {
        *own = json!({"anyOf": [own.take(), refused]});
    }
}

fn reason(status: u16) -> &'static str {
    StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or_default()
}

fn failure(status: u16, codes: &BTreeSet<&'static str>) -> Value {
    let narrow = json!({"properties": {"code": {"enum": codes}, "status": {"const": status}}});
    let schema = json!({"allOf": [{"$ref": "#/components/schemas/Error"}, narrow]});
    json!({
        "description": reason(status),
        "content": {"application/json": {"schema": schema}},
    })
}

fn error_schema() -> Value {
    json!({
        "type": "object",
        "description": "What went wrong.",
        "required": ["code", "message", "status"],
        "properties": {
            "code": {"type": "string", "description": "Stable; what a program looks at"},
            "message": {"type": "string", "description": "For people"},
            "status": {"type": "integer", "description": "The HTTP status"},
            "params": {"type": "string", "description": "The field that is to blame"},
        },
    })
}
