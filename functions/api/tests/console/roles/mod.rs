//! Every route of the console, for every role, and with what belongs to another workspace: the table is `ROLES.md`.
//!
//! The role is written there by hand. What is answered about other workspaces is written by `EDGEWISE_BLESS=1 cargo
//! test -p api --features workflows,openapi,shelf --test console roles`, to be read by somebody; without it the test
//! fails when the table says something else.
#![cfg(all(feature = "workflows", feature = "openapi", feature = "shelf"))]

mod foreign;
mod table;

use std::{collections::BTreeSet, fmt::Write as _};

use app::account::Role;
use futures::executor::block_on;
use http::Method;
use model::fake::Reply;
use serde_json::{Value, json};

use self::{
    foreign::Theirs,
    table::{Row, rows},
};
use super::{
    members::{Session, join, owner},
    support::{Answer, Bench},
};

/// A body that every route reads, and that changes nothing where it can be helped; ids in it are of others.
fn body(theirs: Option<&Theirs>) -> Value {
    let nothing = app::id::derived("nothing");
    let of = |kind: &str| theirs.map_or(nothing.as_str(), |theirs| theirs.id(kind));
    let mut body = json!({
        "name": "Name", "mode": "chat", "type": "app", "description": "", "language": "en-US", "role": "editor",
        "interface_language": "en-US", "interface_theme": "dark", "timezone": "UTC", "emails": ["nobody"],
        "enable_site": true, "enable_api": true, "icon": "x", "model_settings": [], "api_endpoint": "", "api_key": "",
        "message_id": of("message"), "rating": "like", "text": "a text", "content": "x",
        "question": "q", "answer": "a", "score_threshold": 0.5, "embedding_provider_name": "local",
        "embedding_model_name": "mini", "yaml_content": "", "model_config": {}, "query": "q", "inputs": {},
        "tag_ids": [of("tag")], "tag_id": of("tag"), "target_id": of("app"), "document_ids": [of("document")],
        "segments": [{ "content": "x" }], "password": "x", "new_password": "x", "repeat_new_password": "x",
        "response_mode": "blocking",
    });
    let ids = json!({
        "graph": {}, "schema": foreign::SCHEMA, "tool_name": "nothing",
        "provider": "theirs", "original_provider": "theirs", "workflow_app_id": of("flow"),
        "workflow_tool_id": of("flow_tool"), "provider_id": of("mcp"), "server_identifier": "x",
        "enable_trigger": true, "trigger_id": nothing, "dataset_id": of("set"),
    });
    let ids = ids.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(ids);
    body
}

/// An own chat app, workflow and dataset.
async fn mine(bench: &Bench) -> (String, String, String) {
    let app = bench
        .post("/apps", json!({ "name": "Mine", "mode": "chat" }))
        .await;
    let flow = bench
        .post("/apps", json!({ "name": "Mine", "mode": "workflow" }))
        .await;
    let name = format!("Set of {}", app["id"]);
    let set = bench
        .post("/datasets", json!({ "name": &name[..30] }))
        .await;
    let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
    (id(&app), id(&flow), id(&set))
}

async fn call(bench: &Bench, who: Option<&Session>, row: &Row, path: &str, body: &Value) -> Answer {
    let mut body = if row.method == "GET" {
        Value::Null
    } else {
        body.clone()
    };
    // The one field of this name and another type.
    if row.route.contains("/tool-provider/") && body.is_object() {
        body["icon"] = json!({ "content": "x", "background": "#fff" });
    }
    match who {
        Some(who) => who.call(bench, &row.method, path, body).await,
        None => {
            let method: Method = row.method.parse().unwrap();
            let path = format!("/console/api{path}");
            bench.send(method, &path, &[], Some(&body)).await
        }
    }
}

#[test]
fn every_route_for_every_role() {
    let bench = Bench::new([]);
    block_on(async {
        let ada = owner(&bench).await;
        let mut members = Vec::new();
        for role in ["normal", "editor", "admin"] {
            let email = format!("{role}@example.org");
            members.push((role, join(&bench, &ada, &email, role).await));
        }
        members.push(("owner", ada));
        let nothing = app::id::derived("nothing");
        let body = body(None);
        // What ends the session of who asks, last.
        let (ending, others): (Vec<Row>, Vec<Row>) =
            rows().into_iter().partition(Row::ends_the_session);
        for row in others.iter().chain(&ending) {
            let (app, flow, set) = mine(&bench).await;
            let path = row.path(|kind| match kind {
                "app" => &app,
                "flow" => &flow,
                "set" => &set,
                _ => &nothing,
            });
            let answer = call(&bench, None, row, &path, &body).await;
            let guarded = answer.status == 401 && answer.text.contains("Invalid or expired token");
            assert_eq!(
                guarded,
                row.least.is_some(),
                "nobody: {row}: {}",
                answer.text
            );
            let Some(least) = row.least else { continue };
            for (role, session) in &members {
                let may = Role::parse(role).unwrap() >= least;
                let answer = call(&bench, Some(session), row, &path, &body).await;
                let (got, text) = (answer.status, answer.text);
                let refused = got == 403 && text.contains("This needs the role");
                assert_eq!(refused, !may, "{role}: {row}: {got} {text}");
                // A route of the table that is none would answer 404 to everybody, or 405.
                let answers = got != 405 && !text.contains("No route answers");
                assert!(answers, "{row}: {text}");
                let known = got != 401 || row.ends_the_session();
                assert!(known, "{role}: {row}: {text}");
            }
        }
    });
}

/// What the owner of one workspace is told about things of another one, where everything stays as it is.
#[test]
fn what_belongs_to_others_is_not_there() {
    let bench = Bench::new([Reply::Text("said".to_owned())]);
    let mut page = String::new();
    block_on(async {
        let ada = owner(&bench).await;
        let theirs = Theirs::new(&bench).await;
        let before = theirs.records(&bench).await;
        assert!(before.len() > 40, "{}", before.len());
        let body = body(Some(&theirs));
        for row in rows().iter().filter(|row| !row.ends_the_session()) {
            let (app, flow, set) = mine(&bench).await;
            let all = row.path(|kind| theirs.id(kind));
            let inner = row.path(|kind| match kind {
                "app" => &app,
                "flow" => &flow,
                "set" => &set,
                kind => theirs.id(kind),
            });
            let mut told = Vec::new();
            for (names_theirs, path) in [
                (row.names_something(), &all),
                (row.is_within_something(), &inner),
            ] {
                if !names_theirs {
                    told.push("-".to_owned());
                    continue;
                }
                let answer = call(&bench, Some(&ada), row, path, &body).await;
                let leaks = answer.text.contains(foreign::MARK);
                assert!(!leaks, "{row}: {}", answer.text);
                assert!(answer.status != 500, "{row}: {}", answer.text);
                told.push(answer.status.as_u16().to_string());
            }
            assert_eq!(before, theirs.records(&bench).await, "{row} changed theirs");
            writeln!(page, "{}", row.line(&told[0], &told[1])).unwrap();
        }
        let lists = [
            "/apps",
            "/datasets",
            "/tags?type=app",
            "/api-based-extension",
            "/workspaces/current/members",
            "/workspaces/current/model-keys",
            "/workspaces/current/tools/api",
            "/workspaces/current/tools/workflow",
            "/workspaces/current/tools/mcp",
            "/workspaces/current/requests",
            "/datasets/api-keys",
        ];
        for list in lists {
            let answer = ada.call(&bench, "GET", list, Value::Null).await;
            assert_eq!(answer.status, 200, "{list}: {}", answer.text);
            assert!(!answer.text.contains(foreign::MARK), "{list}");
        }
    });
    table::compare(&page);
}

#[test]
fn the_table_has_every_route_and_no_other() {
    let document = api::openapi::document(true);
    let mut documented = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let Some(path) = path.strip_prefix("/console/api") else {
            continue;
        };
        let methods = methods.as_object().unwrap().keys();
        documented.extend(methods.map(|it| format!("{} {path}", it.to_uppercase())));
    }
    let known: BTreeSet<String> = rows().iter().map(ToString::to_string).collect();
    let missing: Vec<_> = documented.difference(&known).collect();
    let invented: Vec<_> = known.difference(&documented).collect();
    assert!(missing.is_empty(), "without a role: {missing:#?}");
    assert!(invented.is_empty(), "no such route: {invented:#?}");
}
