use futures::executor::block_on;
use http::StatusCode;
use ports::{Kv, Range};
use serde_json::{Value, json};

use super::support::Bench;

const FILE: &str = "app: {mode: chat, name: House}\nversion: 0.6.0\nmodel_config: {pre_prompt: Hi, odd: 1, model: {provider: langgenius/openai/openai, name: gpt-4o, mode: chat, completion_params: {}}}\n";

#[test]
fn an_app_from_birth_to_death() {
    let bench = Bench::new([]);
    block_on(async {
        let made = bench
            .admin(
                "POST",
                "/apps",
                json!({ "name": "House", "mode": "chat", "description": "d" }),
            )
            .await;
        assert_eq!(made.status, StatusCode::CREATED);
        let app = made.json();
        let id = app["id"].as_str().unwrap();
        assert_eq!(
            app["model_config"]["model"],
            json!({ "provider": "local", "name": "tiny", "mode": "chat", "completion_params": {} })
        );
        let path = format!("/apps/{id}");
        let config = json!({ "model": { "provider": "local", "name": "tiny", "mode": "chat", "completion_params": {} }, "pre_prompt": "x", "odd": [1] });
        bench
            .post(&format!("{path}/model-config"), config.clone())
            .await;
        assert_eq!(bench.get(&path).await["model_config"], config);
        let wrong = bench
            .admin(
                "POST",
                &format!("{path}/model-config"),
                json!({ "pre_prompt": "x" }),
            )
            .await;
        assert_eq!(
            (wrong.status.as_u16(), wrong.json()["code"].as_str()),
            (400, Some("invalid_param"))
        );
        let changed = bench
            .admin(
                "PUT",
                &path,
                json!({ "name": "Barn", "description": "", "max_active_requests": 3 }),
            )
            .await
            .json();
        assert_eq!(
            (&changed["name"], &changed["max_active_requests"]),
            (&json!("Barn"), &json!(3))
        );
        bench
            .handles
            .clock
            .advance(std::time::Duration::from_secs(1));
        bench
            .post("/apps", json!({ "name": "Flow", "mode": "workflow" }))
            .await;
        let page = bench.get("/apps?page=1&limit=1").await;
        assert_eq!(
            (&page["total"], &page["has_more"], &page["data"][0]["name"]),
            (&json!(2), &json!(true), &json!("Flow"))
        );
        assert_eq!(
            bench.get("/apps?mode=chat&name=bar").await["data"][0]["id"],
            app["id"]
        );
        assert_eq!(bench.get("/apps?name=nothing").await["data"], json!([]));
        let key = bench.post(&format!("{path}/api-keys"), json!({})).await;
        assert_eq!(bench.admin("DELETE", &path, Value::Null).await.status, 204);
        assert_eq!(bench.admin("GET", &path, Value::Null).await.status, 404);
        assert_eq!(bench.admin("DELETE", &path, Value::Null).await.status, 404);
        let bearer = format!("Bearer {}", key["token"].as_str().unwrap());
        let info = bench
            .send(
                http::Method::GET,
                "/v1/info",
                &[("authorization", &bearer)],
                None,
            )
            .await;
        assert_eq!(info.status, 401);
        for (body, param) in [
            (json!({ "name": "x", "mode": "odd" }), "mode"),
            (json!({ "name": " ", "mode": "chat" }), "name"),
        ] {
            let refused = bench.admin("POST", "/apps", body).await;
            assert_eq!(
                (refused.status.as_u16(), refused.json()["params"].as_str()),
                (400, Some(param))
            );
        }
    });
}

#[test]
fn files_go_in_and_out() {
    let bench = Bench::new([]);
    block_on(async {
        let import = async |yaml: &str| {
            bench
                .admin(
                    "POST",
                    "/apps/imports",
                    json!({ "mode": "yaml-content", "yaml_content": yaml, "name": "Barn" }),
                )
                .await
        };
        let done = import(FILE).await;
        assert_eq!(done.status, StatusCode::OK);
        let report = done.json();
        assert_eq!(report["status"], "completed-with-warnings");
        assert_eq!(
            (
                &report["app_mode"],
                &report["current_dsl_version"],
                &report["imported_dsl_version"]
            ),
            (&json!("chat"), &json!("0.7.0"), &json!("0.6.0"))
        );
        assert_eq!(
            report["warnings"],
            json!(["The model openai/gpt-4o is not configured; local/tiny answers instead."])
        );
        let id = report["app_id"].as_str().unwrap();
        let app = bench.get(&format!("/apps/{id}")).await;
        assert_eq!(
            (&app["name"], &app["model_config"]["odd"]),
            (&json!("Barn"), &json!(1))
        );
        let exported = bench.get(&format!("/apps/{id}/export")).await;
        let yaml = exported["data"].as_str().unwrap();
        assert!(
            yaml.contains("odd: 1") && yaml.contains("version: \"0.7.0\""),
            "{yaml}"
        );
        assert_eq!(import(yaml).await.json()["status"], "completed");

        let newer = import(&FILE.replace("0.6.0", "9.0.0")).await;
        assert_eq!(
            (newer.status, &newer.json()["status"]),
            (StatusCode::ACCEPTED, &json!("pending"))
        );
        let confirm = format!(
            "/apps/imports/{}/confirm",
            newer.json()["id"].as_str().unwrap()
        );
        assert_eq!(bench.post(&confirm, json!({})).await["status"], "completed");
        let broken = import("a: [").await;
        assert_eq!(
            (broken.status, &broken.json()["status"]),
            (StatusCode::BAD_REQUEST, &json!("failed"))
        );
        let check = bench
            .get(&format!("/apps/imports/{id}/check-dependencies"))
            .await;
        assert_eq!(check, json!({ "leaked_dependencies": [] }));
    });
}

#[test]
fn keys_are_whole_only_once() {
    let bench = Bench::new([]);
    block_on(async {
        let app = bench
            .post("/apps", json!({ "name": "House", "mode": "chat" }))
            .await;
        let app_keys = format!("/apps/{}/api-keys", app["id"].as_str().unwrap());
        for (path, prefix, kind) in [
            (app_keys.as_str(), "app-", "app"),
            ("/datasets/api-keys", "dataset-", "dataset"),
            ("/workspaces/current/model-keys", "model-", "model"),
        ] {
            let made = bench.admin("POST", path, Value::Null).await;
            assert_eq!(made.status, StatusCode::CREATED);
            let key = made.json();
            let token = key["token"].as_str().unwrap();
            assert!(token.starts_with(prefix) && key["type"] == kind, "{key}");
            let listed = bench.get(path).await["data"].clone();
            assert_eq!(
                (&listed[0]["id"], &listed[0]["last_used_at"]),
                (&key["id"], &Value::Null)
            );
            assert_ne!(listed[0]["token"], key["token"]);
            let delete = format!("{path}/{}", key["id"].as_str().unwrap());
            assert_eq!(
                bench.admin("DELETE", &delete, Value::Null).await.status,
                204
            );
            assert_eq!(
                bench.admin("DELETE", &delete, Value::Null).await.status,
                404
            );
            assert_eq!(bench.get(path).await["data"], json!([]));
        }
        assert_eq!(
            bench
                .admin("POST", "/apps/nobody/api-keys", Value::Null)
                .await
                .status,
            404
        );
    });
}

#[test]
fn completion_apps_are_made_and_carried() {
    let bench = Bench::new([]);
    block_on(async {
        let made = bench
            .post("/apps", json!({ "name": "Poet", "mode": "completion" }))
            .await;
        assert_eq!(made["mode"], "completion");
        assert_eq!(made["model_config"]["pre_prompt"], "{{query}}");
        let id = made["id"].as_str().unwrap();
        let exported = bench.get(&format!("/apps/{id}/export")).await;
        let yaml = exported["data"].as_str().unwrap();
        let imported = bench
            .post(
                "/apps/imports",
                json!({ "mode": "yaml-content", "yaml_content": yaml }),
            )
            .await;
        assert_eq!(
            (&imported["status"], &imported["app_mode"]),
            (&json!("completed"), &json!("completion"))
        );
        let copy = imported["app_id"].as_str().unwrap();
        let copy = bench.get(&format!("/apps/{copy}")).await;
        assert_eq!(copy["model_config"], made["model_config"]);
        let key = bench.post(&format!("/apps/{id}/api-keys"), json!({})).await;
        let bearer = format!("Bearer {}", key["token"].as_str().unwrap());
        let form = bench
            .send(
                http::Method::GET,
                "/v1/parameters",
                &[("authorization", &bearer)],
                None,
            )
            .await;
        assert_eq!(
            form.json()["user_input_form"][0]["paragraph"]["variable"],
            "query"
        );
    });
}

#[test]
fn what_end_users_left_goes_with_the_app() {
    let bench = Bench::new([]);
    block_on(async {
        let app = bench
            .post("/apps", json!({ "name": "House", "mode": "chat" }))
            .await;
        let path = format!("/apps/{}", app["id"].as_str().unwrap());
        let key = bench.post(&format!("{path}/api-keys"), json!({})).await;
        let bearer = format!("Bearer {}", key["token"].as_str().unwrap());
        // More users than one step takes, and more conversations of one user than one read.
        let users = (0..20)
            .map(|n| format!("user{n}"))
            .chain((0..40).map(|_| "ada".to_owned()));
        for user in users {
            let body = json!({ "inputs": {}, "query": "Hello?", "user": user });
            let asked = bench
                .send(
                    http::Method::POST,
                    "/v1/chat-messages",
                    &[("authorization", &bearer)],
                    Some(&body),
                )
                .await;
            assert_eq!(asked.status, 200, "{}", asked.text);
        }
        bench.settle().await;
        let kv = &bench.handles.kv;
        let left = async |kind: &str| {
            let mut count = 0;
            for name in kv.partitions() {
                let records = kv.list(&name, Range::prefix("", 1)).await.unwrap();
                count += usize::from(name.contains(kind) && !records.is_empty());
            }
            count
        };
        assert_eq!(
            (left("conversation/").await, left("end_user/").await),
            (60, 21)
        );
        assert_eq!(bench.admin("DELETE", &path, Value::Null).await.status, 204);
        bench.settle().await;
        for kind in ["end_user/", "end_users/", "feedback/", "app/"] {
            assert_eq!(left(kind).await, 0, "{kind}");
        }
        // Of each conversation stays for a day what keeps late writers out.
        assert_eq!(left("conversation/").await, 60);
        let day = std::time::Duration::from_secs(24 * 60 * 60 + 1);
        bench.handles.clock.advance(day);
        assert_eq!(left("conversation/").await, 0);
    });
}
