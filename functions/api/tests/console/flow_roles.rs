//! Every route of workflows in the console, as the document of the API has them, for every role.
#![cfg(all(feature = "workflows", feature = "openapi"))]

use futures::executor::block_on;
use http::Method;
use serde_json::{Value, json};

use super::{
    members::{join, owner},
    support::Bench,
};

/// Methods and paths below `/console/api`, with `{app}` for the app and `{x}` for what does not exist.
fn routes() -> Vec<(String, String)> {
    let document = api::openapi::document(true);
    let mut routes = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let Some(rest) = path.strip_prefix("/console/api/apps/{id}/") else {
            continue;
        };
        let is_ours = ["workflow", "advanced-chat", "trigger"]
            .iter()
            .any(|word| rest.starts_with(word));
        if !is_ours {
            continue;
        }
        let parts = rest.split('/').map(|part| match part.starts_with('{') {
            true => "{x}",
            false => part,
        });
        let path = format!("/apps/{{app}}/{}", parts.collect::<Vec<_>>().join("/"));
        let methods = methods.as_object().unwrap().keys();
        routes.extend(methods.map(|method| (method.to_uppercase(), path.clone())));
    }
    routes
}

#[test]
fn editors_and_those_above_them_may_and_only_of_their_own_apps() {
    let bench = Bench::new([]);
    block_on(async {
        let ada = owner(&bench).await;
        let editor = join(&bench, &ada, "editor@example.org", "editor").await;
        let normal = join(&bench, &ada, "normal@example.org", "normal").await;
        let body = json!({ "name": "Mine", "mode": "workflow" });
        let app = bench.post("/apps", body).await["id"].clone();
        let nothing = app::id::derived("nothing");
        let routes = routes();
        assert!(routes.len() > 35, "{}", routes.len());
        for (method, route) in routes {
            let path = |app: &str| route.replace("{app}", app).replace("{x}", &nothing);
            let own = path(app.as_str().unwrap());
            let body = match method.as_str() {
                "GET" | "DELETE" => Value::Null,
                _ => json!({ "inputs": {}, "query": "x", "graph": {} }),
            };
            let nobody = bench
                .send(
                    method.parse::<Method>().unwrap(),
                    &format!("/console/api{own}"),
                    &[],
                    Some(&body),
                )
                .await;
            assert_eq!(nobody.status, 401, "nobody: {method} {route}");
            let answer = normal.call(&bench, &method, &own, body.clone()).await;
            assert_eq!(answer.status, 403, "normal: {method} {route}");
            let answer = editor.call(&bench, &method, &own, body.clone()).await;
            assert!(
                ![401, 403, 405].contains(&answer.status.as_u16()),
                "editor: {method} {route}: {}",
                answer.text
            );
            // An app that is not there; one of another workspace is not there either.
            let answer = editor.call(&bench, &method, &path(&nothing), body).await;
            assert_eq!(answer.status, 404, "{method} {route}: {}", answer.text);
        }
    });
}
