//! Every route of the console, for every role, and with what belongs to another workspace.

use app::{
    Context,
    account::{Identity, Role},
    apps, dataset,
};
use futures::executor::block_on;
use http::Method;
use model::Models;
use serde_json::{Value, json};

use super::{
    members::{Session, join, owner},
    support::Bench,
};

/// A route and the least role for it; `{app}` and `{set}` stand for an app and a dataset, `{x}` for an id of nothing.
const ROUTES: &[(&str, &str, &str)] = &[
    ("GET", "/account/profile", "normal"),
    ("POST", "/account/name", "normal"),
    ("POST", "/account/interface-language", "normal"),
    ("POST", "/account/interface-theme", "normal"),
    ("POST", "/account/timezone", "normal"),
    ("GET", "/workspaces", "normal"),
    ("GET", "/workspaces/current", "normal"),
    ("POST", "/workspaces/info", "admin"),
    ("GET", "/workspaces/current/members", "normal"),
    ("POST", "/workspaces/current/members/invite-email", "admin"),
    (
        "PUT",
        "/workspaces/current/members/{x}/update-role",
        "admin",
    ),
    ("DELETE", "/workspaces/current/members/{x}", "admin"),
    ("GET", "/workspaces/current/log-retention", "admin"),
    ("PUT", "/workspaces/current/log-retention", "admin"),
    ("GET", "/workspaces/current/requests", "admin"),
    ("GET", "/workspaces/current/requests/export", "admin"),
    ("GET", "/workspaces/current/model-providers", "normal"),
    (
        "GET",
        "/workspaces/current/model-providers/openai/models",
        "normal",
    ),
    (
        "GET",
        "/workspaces/current/model-providers/openai/credentials",
        "admin",
    ),
    (
        "POST",
        "/workspaces/current/model-providers/openai/credentials",
        "admin",
    ),
    (
        "PUT",
        "/workspaces/current/model-providers/openai/credentials",
        "admin",
    ),
    (
        "DELETE",
        "/workspaces/current/model-providers/openai/credentials",
        "admin",
    ),
    (
        "POST",
        "/workspaces/current/model-providers/openai/credentials/validate",
        "admin",
    ),
    (
        "GET",
        "/workspaces/current/models/model-types/llm",
        "normal",
    ),
    (
        "GET",
        "/workspaces/current/default-model?model_type=llm",
        "normal",
    ),
    ("POST", "/workspaces/current/default-model", "admin"),
    #[cfg(feature = "shelf")]
    ("GET", "/workspaces/current/models/local", "normal"),
    #[cfg(feature = "shelf")]
    (
        "POST",
        "/workspaces/current/models/local/all-minilm-l6-v2/download",
        "admin",
    ),
    ("GET", "/workspaces/current/model-keys", "admin"),
    ("POST", "/workspaces/current/model-keys", "admin"),
    ("DELETE", "/workspaces/current/model-keys/{x}", "admin"),
    ("GET", "/api-based-extension", "admin"),
    ("POST", "/api-based-extension", "admin"),
    ("GET", "/api-based-extension/{x}", "admin"),
    ("POST", "/api-based-extension/{x}", "admin"),
    ("DELETE", "/api-based-extension/{x}", "admin"),
    ("GET", "/apps", "normal"),
    ("POST", "/apps", "editor"),
    ("GET", "/apps/{app}", "normal"),
    ("PUT", "/apps/{app}", "editor"),
    ("POST", "/apps/{app}/copy", "editor"),
    ("POST", "/apps/{app}/name", "editor"),
    ("POST", "/apps/{app}/icon", "editor"),
    ("POST", "/apps/{app}/description", "editor"),
    ("POST", "/apps/{app}/site-enable", "editor"),
    ("POST", "/apps/{app}/api-enable", "editor"),
    ("POST", "/apps/{app}/site", "editor"),
    ("POST", "/apps/{app}/site/access-token-reset", "editor"),
    ("POST", "/apps/{app}/model-config", "editor"),
    ("GET", "/apps/{app}/model-config/draft", "editor"),
    ("POST", "/apps/{app}/model-config/draft", "editor"),
    ("DELETE", "/apps/{app}/model-config/draft", "editor"),
    ("GET", "/apps/{app}/model-config/versions", "editor"),
    ("GET", "/apps/{app}/model-config/versions/{x}", "editor"),
    (
        "POST",
        "/apps/{app}/model-config/versions/{x}/restore",
        "editor",
    ),
    ("GET", "/apps/{app}/export", "editor"),
    ("POST", "/apps/imports", "editor"),
    ("POST", "/apps/imports/{x}/confirm", "editor"),
    ("GET", "/apps/imports/{app}/check-dependencies", "editor"),
    ("GET", "/apps/{app}/api-keys", "editor"),
    ("POST", "/apps/{app}/api-keys", "editor"),
    ("DELETE", "/apps/{app}/api-keys/{x}", "editor"),
    ("GET", "/apps/{app}/annotations", "editor"),
    ("POST", "/apps/{app}/annotations", "editor"),
    ("DELETE", "/apps/{app}/annotations", "editor"),
    ("GET", "/apps/{app}/annotations/count", "editor"),
    ("GET", "/apps/{app}/annotations/export", "editor"),
    ("POST", "/apps/{app}/annotations/batch-import", "editor"),
    (
        "GET",
        "/apps/{app}/annotations/batch-import-status/{x}",
        "editor",
    ),
    ("POST", "/apps/{app}/annotations/{x}", "editor"),
    ("DELETE", "/apps/{app}/annotations/{x}", "editor"),
    ("GET", "/apps/{app}/annotations/{x}/hit-histories", "editor"),
    ("POST", "/apps/{app}/annotation-reply/disable", "editor"),
    (
        "GET",
        "/apps/{app}/annotation-reply/enable/status/{x}",
        "editor",
    ),
    ("GET", "/apps/{app}/annotation-setting", "editor"),
    ("POST", "/apps/{app}/annotation-settings/{x}", "editor"),
    ("POST", "/apps/{app}/chat-messages", "editor"),
    ("POST", "/apps/{app}/completion-messages", "editor"),
    ("POST", "/apps/{app}/chat-messages/{x}/stop", "editor"),
    ("POST", "/apps/{app}/completion-messages/{x}/stop", "editor"),
    (
        "GET",
        "/apps/{app}/chat-messages/{x}/suggested-questions",
        "editor",
    ),
    ("POST", "/apps/{app}/files/upload", "editor"),
    ("GET", "/apps/{app}/messages/{x}/trace", "editor"),
    ("GET", "/apps/{app}/messages/{x}/events", "editor"),
    ("GET", "/apps/{app}/chat-conversations", "editor"),
    ("GET", "/apps/{app}/chat-conversations/{x}", "editor"),
    ("DELETE", "/apps/{app}/chat-conversations/{x}", "editor"),
    ("GET", "/apps/{app}/completion-conversations", "editor"),
    ("GET", "/apps/{app}/completion-conversations/{x}", "editor"),
    (
        "DELETE",
        "/apps/{app}/completion-conversations/{x}",
        "editor",
    ),
    (
        "GET",
        "/apps/{app}/chat-messages?conversation_id={x}",
        "editor",
    ),
    ("GET", "/apps/{app}/messages/{x}", "editor"),
    ("POST", "/apps/{app}/feedbacks", "editor"),
    ("GET", "/apps/{app}/feedbacks/export", "editor"),
    ("GET", "/apps/{app}/logs/export", "editor"),
    ("GET", "/apps/{app}/statistics/daily-messages", "editor"),
    ("GET", "/tags?type=app", "normal"),
    ("POST", "/tags", "editor"),
    ("PATCH", "/tags/{x}", "editor"),
    ("DELETE", "/tags/{x}", "editor"),
    ("POST", "/tag-bindings/create", "editor"),
    ("POST", "/tag-bindings/remove", "editor"),
    ("GET", "/files/upload", "normal"),
    ("GET", "/datasets", "normal"),
    ("POST", "/datasets", "editor"),
    ("GET", "/datasets/process-rule", "normal"),
    ("POST", "/datasets/indexing-estimate", "editor"),
    ("GET", "/datasets/api-keys", "admin"),
    ("POST", "/datasets/api-keys", "admin"),
    ("DELETE", "/datasets/api-keys/{x}", "admin"),
    ("GET", "/datasets/{set}", "normal"),
    ("PATCH", "/datasets/{set}", "editor"),
    ("GET", "/datasets/{set}/use-check", "normal"),
    ("GET", "/datasets/{set}/related-apps", "normal"),
    ("POST", "/datasets/{set}/hit-testing", "normal"),
    ("POST", "/datasets/{set}/retrieve", "normal"),
    ("GET", "/datasets/{set}/documents", "normal"),
    ("POST", "/datasets/{set}/document/create-by-text", "editor"),
    ("POST", "/datasets/{set}/document/create-by-file", "editor"),
    ("PATCH", "/datasets/{set}/documents/status/enable", "editor"),
    ("GET", "/datasets/{set}/documents/{x}", "normal"),
    (
        "GET",
        "/datasets/{set}/documents/{x}/indexing-status",
        "normal",
    ),
    ("DELETE", "/datasets/{set}/documents/{x}", "editor"),
    ("PATCH", "/datasets/{set}/documents/{x}", "editor"),
    ("POST", "/datasets/{set}/documents/{x}/rename", "editor"),
    (
        "POST",
        "/datasets/{set}/documents/{x}/update-by-text",
        "editor",
    ),
    (
        "POST",
        "/datasets/{set}/documents/{x}/update-by-file",
        "editor",
    ),
    ("GET", "/datasets/{set}/documents/{x}/segments", "normal"),
    ("POST", "/datasets/{set}/documents/{x}/segments", "editor"),
    (
        "GET",
        "/datasets/{set}/documents/{x}/segments/{x}",
        "normal",
    ),
    (
        "POST",
        "/datasets/{set}/documents/{x}/segments/{x}",
        "editor",
    ),
    (
        "PATCH",
        "/datasets/{set}/documents/{x}/segments/{x}",
        "editor",
    ),
    (
        "DELETE",
        "/datasets/{set}/documents/{x}/segments/{x}",
        "editor",
    ),
    (
        "PATCH",
        "/datasets/{set}/documents/{x}/segment/enable",
        "editor",
    ),
    ("GET", "/datasets/api-base-info", "normal"),
    // What ends the session or the thing, last.
    ("DELETE", "/apps/{app}", "editor"),
    ("DELETE", "/datasets/{set}", "editor"),
    ("POST", "/account/password", "normal"),
    ("POST", "/logout-everywhere", "normal"),
];

/// A body that every route reads, and that changes nothing where it can be helped.
fn body() -> Value {
    json!({
        "name": "Name", "mode": "chat", "type": "app", "description": "", "language": "en-US", "role": "editor",
        "interface_language": "en-US", "interface_theme": "dark", "timezone": "UTC", "emails": ["nobody"],
        "enable_site": true, "enable_api": true, "icon": "x", "model_settings": [], "api_endpoint": "", "api_key": "",
        "message_id": "00000000-0000-4000-8000-000000000000", "rating": "like", "text": "a text", "content": "x",
        "question": "q", "answer": "a", "score_threshold": 0.5, "embedding_provider_name": "local",
        "embedding_model_name": "mini", "yaml_content": "", "model_config": {}, "query": "q", "inputs": {},
        "tag_ids": [], "tag_id": "x", "target_id": "00000000-0000-4000-8000-000000000000", "document_ids": [],
        "segments": [{ "content": "x" }], "password": "x", "new_password": "x", "repeat_new_password": "x",
        "response_mode": "blocking",
    })
}

/// Something of another workspace: an app and a dataset.
async fn foreign(bench: &Bench) -> (String, String) {
    let models = Models {
        embedders: vec![std::sync::Arc::new(model::fake::HashEmbedder::new("mini"))],
        ..Models::default()
    };
    let ctx = Context::new(bench.platform.clone(), models);
    let who = Identity {
        account_id: "stranger".to_owned(),
        tenant_id: app::id::derived("another workspace"),
        email: None,
        name: "Stranger".to_owned(),
        role: Role::Owner,
    };
    let app = apps::New {
        name: "Theirs".to_owned(),
        description: String::new(),
        mode: apps::Mode::Chat,
        icon_type: None,
        icon: None,
        icon_background: None,
    };
    let app = apps::create(&ctx, &who, app).await.unwrap();
    let set = dataset::NewDataset {
        name: "Theirs".to_owned(),
        description: String::new(),
        permission: None,
        indexing_technique: None,
        embedding_provider: None,
        embedding_model: None,
        retrieval_model: None,
    };
    let set = dataset::create(&ctx, &who.tenant_id, &who.account_id, set)
        .await
        .unwrap();
    (app.id, set.id)
}

async fn mine(bench: &Bench) -> (String, String) {
    let app = bench
        .post("/apps", json!({ "name": "Mine", "mode": "chat" }))
        .await;
    let name = format!("Set of {}", app["id"]);
    let set = bench
        .post("/datasets", json!({ "name": &name[..30] }))
        .await;
    let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
    (id(&app), id(&set))
}

fn path(route: &str, app: &str, set: &str) -> String {
    let nothing = app::id::derived("nothing");
    route
        .replace("{app}", app)
        .replace("{set}", set)
        .replace("{x}", &nothing)
}

async fn status(bench: &Bench, who: Option<&Session>, method: &str, path: &str) -> (u16, String) {
    let body = if method == "GET" { Value::Null } else { body() };
    let answer = match who {
        Some(who) => who.call(bench, method, path, body).await,
        None => {
            let method: Method = method.parse().unwrap();
            let path = format!("/console/api{path}");
            bench.send(method, &path, &[], Some(&body)).await
        }
    };
    (answer.status.as_u16(), answer.text)
}

#[test]
fn every_route_for_every_role() {
    let bench = Bench::new([]);
    block_on(async {
        let ada = owner(&bench).await;
        let roles = ["normal", "editor", "admin"];
        let mut members = Vec::new();
        for role in roles {
            members.push((
                role,
                join(&bench, &ada, &format!("{role}@example.org"), role).await,
            ));
        }
        for (method, route, least) in ROUTES {
            let (app, set) = mine(&bench).await;
            let path = path(route, &app, &set);
            let (got, text) = status(&bench, None, method, &path).await;
            assert_eq!(got, 401, "nobody: {method} {route}: {text}");
            let least = Role::parse(least).unwrap();
            for (role, session) in &members {
                let may = Role::parse(role).unwrap() >= least;
                let (got, text) = status(&bench, Some(session), method, &path).await;
                let refused = got == 403 && text.contains("This needs the role");
                assert_eq!(refused, !may, "{role}: {method} {route}: {got} {text}");
                // A route of the table that is none would answer 404 to everybody, or 405.
                assert!(
                    got != 405 && !text.contains("No route answers"),
                    "{method} {route}: {text}"
                );
                assert!(
                    got != 401 || route.contains("password") || *route == "/logout-everywhere",
                    "{role}: {method} {route}: {text}"
                );
            }
        }
    });
}

#[test]
fn what_belongs_to_others_is_not_there() {
    let bench = Bench::new([]);
    block_on(async {
        let ada = owner(&bench).await;
        let (app, set) = foreign(&bench).await;
        let theirs = ROUTES
            .iter()
            .filter(|(_, route, _)| route.contains("{app}") || route.contains("{set}"));
        let mut seen = 0;
        for (method, route, _) in theirs {
            seen += 1;
            let path = path(route, &app, &set);
            let (got, text) = status(&bench, Some(&ada), method, &path).await;
            assert_eq!(got, 404, "{method} {route}: {text}");
        }
        assert!(seen > 60);
        let page = ada.call(&bench, "GET", "/apps", Value::Null).await.json();
        assert_eq!(page["total"], 0);
        let page = ada
            .call(&bench, "GET", "/datasets", Value::Null)
            .await
            .json();
        assert_eq!(page["total"], 0);
        // Tags cannot be put on what belongs to others.
        let bind = json!({ "tag_ids": [], "target_id": app, "type": "app" });
        assert_eq!(
            ada.call(&bench, "POST", "/tag-bindings/create", bind)
                .await
                .status,
            404
        );
    });
}

/// The paths that the sources of the console mount, with their parameters as `*`.
fn mounted() -> Vec<String> {
    let mut paths = Vec::new();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/routes/console");
    for entry in std::fs::read_dir(root).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        // Unit tests name paths too.
        let code = text.split("#[cfg(test)]").next().unwrap();
        let literals = code.split('"').skip(1).step_by(2);
        paths.extend(
            literals
                .filter_map(|it| it.strip_prefix("/console/api/"))
                .filter(|it| !it.is_empty() && !it.contains("{{"))
                .map(|it| {
                    let parts = it
                        .split('/')
                        .map(|part| if part.starts_with('{') { "*" } else { part });
                    parts.collect::<Vec<_>>().join("/")
                }),
        );
    }
    paths
}

#[test]
fn no_route_is_missing_in_the_table() {
    // Before anybody is logged in, or for whoever owns the installation.
    let open = [
        "setup",
        "system-features",
        "login",
        "logout",
        "refresh-token",
        "activate",
        "activate/check",
        "workspaces/current/backup",
        "workspaces/current/restore",
        "account/*",
        "workspaces/current/model-providers/*",
    ];
    let known: Vec<Vec<String>> = ROUTES
        .iter()
        .map(|(_, route, _)| {
            let route = route.split('?').next().unwrap().trim_start_matches('/');
            route.split('/').map(str::to_owned).collect()
        })
        .collect();
    let fits = |path: &str| {
        let parts: Vec<&str> = path.split('/').collect();
        known.iter().any(|route| {
            route.len() == parts.len()
                && route
                    .iter()
                    .zip(&parts)
                    .all(|(known, part)| known == part || *part == "*")
        })
    };
    let mounted = mounted();
    assert!(mounted.len() > 40, "{mounted:?}");
    let missing: Vec<&String> = mounted
        .iter()
        .filter(|path| !open.contains(&path.as_str()) && !fits(path))
        // Drafts and runs of workflows: `flow_roles.rs`.
        .filter(|path| {
            !path.starts_with("apps/*/workflow") && !path.starts_with("apps/*/advanced-chat")
        })
        .collect();
    assert!(missing.is_empty(), "not in the table of roles: {missing:?}");
}
