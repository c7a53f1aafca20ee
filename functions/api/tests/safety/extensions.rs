//! API extensions in the console.

use futures::executor::block_on;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use super::{support::*, world::*};

pub const ADMIN: &str = "the-admin-token";

pub async fn console(
    bench: &Bench,
    method: Method,
    path: &str,
    body: Value,
) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(format!("/console/api{path}"))
        .header("authorization", format!("Bearer {ADMIN}"))
        .header("content-type", "application/json")
        .body(axum::body::Body::from(body.to_string()));
    let response = bench.send(request.unwrap()).await;
    let status = response.status();
    let text = bench.text(response).await;
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

#[test]
fn an_extension_comes_and_goes() {
    block_on(async {
        let bench = Bench::new(config(), []).await;
        let secrets = &bench.handles.secrets;
        secrets.set("EDGEWISE_ADMIN_TOKEN", ADMIN);
        secrets.set("EDGEWISE_MASTER_KEY", "correct horse battery");
        extension_answers(&bench.handles.fetch, |_| (200, json!({})));
        let all = "/api-based-extension";
        let entry = json!({"name": "Guard", "api_endpoint": EXTENSION, "api_key": EXTENSION_KEY});
        let with = |key: &str, value: &str| {
            let mut entry = entry.clone();
            entry[key] = value.into();
            entry
        };

        let (status, made) = console(&bench, Method::POST, all, entry.clone()).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        assert_eq!(made["api_key"], "ext******789");
        let one = format!("{all}/{}", made["id"].as_str().unwrap());
        assert_eq!(
            console(&bench, Method::GET, &one, Value::Null).await.1,
            made
        );
        let (_, listed) = console(&bench, Method::GET, all, Value::Null).await;
        assert_eq!(listed, json!([made]));

        for (wrong, param) in [
            (with("name", "Guard"), "name"),
            (with("name", " "), "name"),
            (with("api_endpoint", "ftp://x/"), "api_endpoint"),
            (
                with("api_endpoint", "https://silent.example/"),
                "api_endpoint",
            ),
            (with("api_key", "1234"), "api_key"),
            (with("api_key", "a b c d e f"), "api_key"),
        ] {
            let mut wrong = wrong;
            if param != "name" {
                wrong["name"] = "Other".into();
            }
            let (status, body) = console(&bench, Method::POST, all, wrong).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
            assert_eq!(body["params"], param, "{body}");
        }

        // The hidden key stays; the extension checks that it is the old one.
        let mut renamed = with("name", "Watch");
        renamed["api_key"] = "[__HIDDEN__]".into();
        let (status, changed) = console(&bench, Method::POST, &one, renamed).await;
        assert_eq!(
            (status, &changed["name"]),
            (StatusCode::OK, &json!("Watch")),
            "{changed}"
        );

        assert_eq!(
            console(&bench, Method::DELETE, &one, Value::Null).await.0,
            StatusCode::NO_CONTENT
        );
        for method in [Method::GET, Method::DELETE] {
            let (status, _) = console(&bench, method, &one, Value::Null).await;
            assert_eq!(status, StatusCode::NOT_FOUND);
        }
        let (status, _) = console(&bench, Method::POST, &one, entry).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn a_service_that_does_not_know_the_protocol_is_not_taken() {
    block_on(async {
        let bench = Bench::new(config(), []).await;
        bench
            .handles
            .secrets
            .set("EDGEWISE_MASTER_KEY", "correct horse battery");
        bench.handles.fetch.route("https://web.example/", |_| {
            Ok(http::Response::new(ports::Body::from(bytes::Bytes::from(
                "{\"result\": \"hi\"}",
            ))))
        });
        let entry = app::extension::Entry {
            name: "Web".to_owned(),
            api_endpoint: "https://web.example/".to_owned(),
            api_key: "12345678".to_owned(),
        };
        let refused = app::extension::create(&bench.ctx, TENANT, entry)
            .await
            .unwrap_err();
        assert!(refused.message().contains("ping"), "{refused}");
        assert!(
            app::extension::list(&bench.ctx, TENANT)
                .await
                .unwrap()
                .is_empty()
        );
    });
}
