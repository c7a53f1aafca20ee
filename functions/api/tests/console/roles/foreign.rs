//! Another workspace of the installation, with something of each kind in it.

use std::collections::BTreeMap;

use app::{
    Context,
    account::{self, Acceptance, Identity, Invited, Role},
};
use bytes::Bytes;
use http::{Request, Response};
use model::Models;
use ports::{Body, Kv, Range};
use serde_json::{Value, json};

use super::super::{members::Session, support::Bench, web::Visitor};

/// Stands in names and contents of the other workspace, and nowhere else.
pub const MARK: &str = "Quetzal";

/// A document of an HTTP API.
pub const SCHEMA: &str = r#"{"openapi": "3.0.0", "info": {"title": "Birds", "version": "1"},
    "servers": [{"url": "https://birds.example"}],
    "paths": {"/birds": {"get": {"operationId": "birds", "summary": "Birds", "parameters": []}}}}"#;

/// The ids of what is there, by kind.
pub struct Theirs {
    tenant: String,
    ids: BTreeMap<&'static str, String>,
}

impl Theirs {
    pub async fn new(bench: &Bench) -> Self {
        outside(bench);
        let tenant = app::id::derived("another workspace");
        let session = session(bench, &tenant).await;
        let mut theirs = Self {
            tenant,
            ids: BTreeMap::new(),
        };
        let make = async |method: &str, path: &str, body: Value| {
            let answer = session.call(bench, method, path, body).await;
            assert!(answer.status.is_success(), "{path}: {}", answer.text);
            match answer.text.is_empty() {
                true => Value::Null,
                false => answer.json(),
            }
        };
        let post = async |path: &str, body: Value| make("POST", path, body).await;
        let get = async |path: &str| make("GET", path, Value::Null).await;
        let mut keep = |kind, value: &Value| {
            let id = value.as_str().unwrap_or_else(|| panic!("{kind}: {value}"));
            theirs.ids.insert(kind, id.to_owned());
            id.to_owned()
        };

        let app = post("/apps", json!({ "name": MARK, "mode": "chat" })).await;
        let id = keep("app", &app["id"]);
        let key = post(&format!("/apps/{id}/api-keys"), json!({})).await;
        keep("app_key", &key["id"]);
        let entry = json!({ "question": format!("Who is {MARK}?"), "answer": MARK });
        let annotation = post(&format!("/apps/{id}/annotations"), entry).await;
        keep("annotation", &annotation["id"]);
        let visitor = Visitor::new(bench, app["site"]["code"].as_str().unwrap()).await;
        let said = visitor.ask(&format!("Say {MARK}"), None).await;
        keep("conversation", &said["conversation_id"]);
        keep("message", &said["message_id"]);

        let set = post("/datasets", json!({ "name": MARK })).await;
        let id = keep("set", &set["id"]);
        let entry = json!({ "name": MARK, "text": format!("{MARK} is a bird."), "indexing_technique": "high_quality",
                            "process_rule": { "mode": "automatic" } });
        let made = post(&format!("/datasets/{id}/document/create-by-text"), entry).await;
        let document = keep("document", &made["document"]["id"]);
        bench.settle().await;
        let segments = get(&format!("/datasets/{id}/documents/{document}/segments")).await;
        keep("segment", &segments["data"][0]["id"]);

        let flow = post("/apps", json!({ "name": MARK, "mode": "workflow" })).await;
        let id = keep("flow", &flow["id"]);
        post(&format!("/apps/{id}/workflows/draft"), workflow()).await;
        post(&format!("/apps/{id}/workflows/publish"), json!({})).await;
        let versions = get(&format!("/apps/{id}/workflows")).await;
        keep("version", &versions["items"][0]["id"]);
        let path = format!("/apps/{id}/workflows/draft/run");
        let body = json!({ "inputs": {} });
        let run = session.call(bench, "POST", &path, body).await;
        assert_eq!(run.status, 200, "{}", run.text);
        bench.settle().await;
        let runs = get(&format!("/apps/{id}/workflow-runs")).await;
        keep("run", &runs["data"][0]["id"]);
        let entry = json!({ "workflow_app_id": id, "name": "quetzal", "label": MARK });
        let tool = post("/workspaces/current/tool-provider/workflow/create", entry).await;
        keep("flow_tool", &tool["workflow_tool_id"]);

        let entry = json!({ "provider": "theirs", "schema": SCHEMA, "privacy_policy": MARK });
        post("/workspaces/current/tool-provider/api/add", entry).await;
        let entry = json!({ "server_identifier": "birds", "name": MARK, "server_url": "https://birds.example/mcp" });
        let server = post("/workspaces/current/tool-provider/mcp", entry).await;
        keep("mcp", &server["id"]);
        let entry = json!({ "name": MARK, "api_endpoint": "https://birds.example/guard", "api_key": "guard-key-1" });
        let extension = post("/api-based-extension", entry).await;
        keep("extension", &extension["id"]);
        let tag = post("/tags", json!({ "name": MARK, "type": "app" })).await;
        keep("tag", &tag["id"]);
        let key = post("/workspaces/current/model-keys", json!({})).await;
        keep("model_key", &key["id"]);
        let key = post("/datasets/api-keys", json!({})).await;
        keep("set_key", &key["id"]);
        let profile = get("/account/profile").await;
        keep("member", &profile["id"]);
        bench.settle().await;
        theirs
    }

    pub fn id(&self, kind: &str) -> &str {
        let id = self.ids.get(kind);
        id.unwrap_or_else(|| panic!("nothing of the kind {kind}"))
    }

    /// All that lies in the other workspace's partitions.
    pub async fn records(&self, bench: &Bench) -> BTreeMap<(String, String), Bytes> {
        let mut all = BTreeMap::new();
        let partitions = bench.handles.kv.partitions();
        for partition in partitions
            .into_iter()
            .filter(|it| it.contains(&self.tenant))
        {
            let range = Range::prefix("", 10_000);
            for record in bench.handles.kv.list(&partition, range).await.unwrap() {
                all.insert((partition.clone(), record.key), record.value);
            }
        }
        all
    }
}

/// Somebody who may do all but own the workspace.
async fn session(bench: &Bench, tenant: &str) -> Session {
    let ctx = Context::new(bench.platform.clone(), Models::default());
    let who = Identity {
        account_id: "stranger".to_owned(),
        tenant_id: tenant.to_owned(),
        email: None,
        name: MARK.to_owned(),
        role: Role::Owner,
    };
    let email = "quetzal@example.org";
    let invited = account::invite(&ctx, &who, email, Role::Admin).await;
    let Invited::Token(token) = invited.unwrap() else {
        panic!("not invited");
    };
    let accepted = account::accept(
        &ctx,
        Acceptance {
            tenant_id: tenant.to_owned(),
            email: email.to_owned(),
            token,
            name: MARK.to_owned(),
            password: "secret-3".to_owned(),
            language: None,
            timezone: None,
        },
    );
    Session::with(&accepted.await.unwrap())
}

/// A flow that says its mark.
fn workflow() -> Value {
    let start =
        json!({ "id": "start", "data": { "type": "start", "title": "Start", "variables": [] } });
    let text = json!({ "id": "text", "data": { "type": "template-transform", "title": "Text", "template": MARK, "variables": [] } });
    let end = json!({ "id": "end", "data": { "type": "end", "title": "End",
        "outputs": [{ "variable": "out", "value_selector": ["text", "output"] }] } });
    let edge = |from: &str, to: &str| json!({ "source": from, "sourceHandle": "source", "target": to, "targetHandle": "target" });
    json!({ "graph": { "nodes": [start, text, end], "edges": [edge("start", "text"), edge("text", "end")] }, "features": {} })
}

/// An MCP server with no tools, and an extension, at one address.
fn outside(bench: &Bench) {
    let secrets = &bench.handles.secrets;
    secrets.set("EDGEWISE_MASTER_KEY", "a master key of tests");
    let answers = |request: Request<Bytes>| {
        let asked: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let result = match asked["method"].as_str() {
            Some("initialize") => json!({ "protocolVersion": "2025-06-18", "capabilities": {} }),
            _ => json!({ "tools": [] }),
        };
        let told = match asked["point"].as_str() {
            Some(_) => json!({ "result": "pong" }),
            None => json!({ "jsonrpc": "2.0", "id": asked["id"], "result": result }),
        };
        Ok(Response::new(Body::Full(told.to_string().into())))
    };
    bench.handles.fetch.route("https://birds.example/", answers);
}
