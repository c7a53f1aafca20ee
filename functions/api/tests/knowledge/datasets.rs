use app::{
    apps::App,
    key::{self, Access},
    keys, store,
};
use futures::executor::block_on;
use http::Method;
use serde_json::{Value, json};

use crate::bench::{Bench, TENANT};

#[test]
fn life_of_a_dataset() {
    block_on(async {
        let bench = Bench::new().await;
        let made = bench
            .post(
                "/v1/datasets",
                json!({ "name": "Library", "description": "books", "odd": 1 }),
            )
            .await;
        assert_eq!(made["provider"], "vendor");
        assert_eq!(made["permission"], "only_me");
        assert_eq!(made["indexing_technique"], Value::Null);
        assert_eq!(made["document_count"], 0);
        assert_eq!(
            made["retrieval_model_dict"]["search_method"],
            "semantic_search"
        );
        assert_eq!(made["retrieval_model_dict"]["top_k"], 2);
        assert_eq!(
            made["retrieval_model_dict"]["reranking_model"]["reranking_model_name"],
            Value::Null
        );
        assert_eq!(
            made["external_knowledge_info"]["external_knowledge_id"],
            Value::Null
        );
        let path = format!("/v1/datasets/{}", made["id"].as_str().unwrap());
        let got = bench.get(&path).await;
        assert_eq!(got["name"], "Library");
        let change = json!({ "name": "Archive", "permission": "all_team_members",
            "embedding_model": "hash", "embedding_model_provider": "local",
            "retrieval_model": { "search_method": "hybrid_search", "reranking_enable": false, "top_k": 4,
                "score_threshold_enabled": true, "score_threshold": 0.25 } });
        let changed = bench.expect(Method::PATCH, &path, Some(change), 200).await;
        assert_eq!(changed["name"], "Archive");
        assert_eq!(changed["description"], "books");
        assert_eq!(changed["embedding_model"], "hash");
        assert_eq!(changed["retrieval_model_dict"]["top_k"], 4);
        assert_eq!(changed["retrieval_model_dict"]["score_threshold"], 0.25);
        // The old name is free again.
        bench
            .post("/v1/datasets", json!({ "name": "Library" }))
            .await;
        bench.expect(Method::DELETE, &path, None, 204).await;
        bench
            .refused(
                Method::GET,
                &path,
                None,
                404,
                "not_found",
                "Dataset not found.",
            )
            .await;
        bench.settle().await;
        bench
            .post("/v1/datasets", json!({ "name": "Archive" }))
            .await;
    });
}

#[test]
fn lists_come_in_pages_newest_first() {
    block_on(async {
        let bench = Bench::new().await;
        for number in 0..5 {
            bench
                .post("/v1/datasets", json!({ "name": format!("Set {number}") }))
                .await;
            bench
                .handles
                .clock
                .advance(std::time::Duration::from_secs(1));
        }
        let names = |page: &Value| -> Vec<String> {
            page["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["name"].as_str().unwrap().to_owned())
                .collect()
        };
        let page = bench.get("/v1/datasets?page=1&limit=2").await;
        assert_eq!(names(&page), ["Set 4", "Set 3"]);
        assert_eq!(
            (
                &page["total"],
                &page["has_more"],
                &page["limit"],
                &page["page"]
            ),
            (&json!(5), &json!(true), &json!(2), &json!(1))
        );
        let last = bench.get("/v1/datasets?page=3&limit=2").await;
        assert_eq!(
            (names(&last), &last["has_more"]),
            (vec!["Set 0".to_owned()], &json!(false))
        );
        assert_eq!(
            names(&bench.get("/v1/datasets?keyword=SET%203").await),
            ["Set 3"]
        );
        bench
            .refused(
                Method::GET,
                "/v1/datasets?page=x",
                None,
                400,
                "invalid_param",
                "page",
            )
            .await;
    });
}

#[test]
fn bad_datasets() {
    block_on(async {
        let bench = Bench::new().await;
        let path = bench.dataset("Taken").await;
        let post = async |body: Value, status, code: &str, message: &str| {
            bench
                .refused(
                    Method::POST,
                    "/v1/datasets",
                    Some(body),
                    status,
                    code,
                    message,
                )
                .await;
        };
        post(
            json!({ "name": "Taken" }),
            409,
            "dataset_name_duplicate",
            "Taken",
        )
        .await;
        post(json!({}), 400, "invalid_param", "name").await;
        post(
            json!({ "name": "" }),
            400,
            "invalid_param",
            "between 1 to 40",
        )
        .await;
        post(
            json!({ "name": "n".repeat(41) }),
            400,
            "invalid_param",
            "between 1 to 40",
        )
        .await;
        post(
            json!({ "name": "a", "description": "d".repeat(401) }),
            400,
            "invalid_param",
            "400",
        )
        .await;
        post(
            json!({ "name": "a", "permission": "x" }),
            400,
            "invalid_param",
            "permission",
        )
        .await;
        post(
            json!({ "name": "a", "indexing_technique": "economy" }),
            400,
            "invalid_param",
            "economy",
        )
        .await;
        post(
            json!({ "name": "a", "embedding_model": "none", "embedding_model_provider": "openai" }),
            400,
            "invalid_param",
            "not available",
        )
        .await;
        post(
            json!({ "name": "a", "retrieval_model": { "search_method": "magic" } }),
            400,
            "invalid_param",
            "search_method",
        )
        .await;
        post(
            json!({ "name": "a", "provider": "external" }),
            400,
            "invalid_param",
            "vendor",
        )
        .await;
        let gone = "/v1/datasets/00000000-0000-4000-8000-000000000000";
        for (method, body) in [
            (Method::GET, None),
            (Method::DELETE, None),
            (Method::PATCH, Some(json!({}))),
        ] {
            bench
                .refused(method, gone, body, 404, "not_found", "Dataset not found.")
                .await;
        }
        bench
            .refused(Method::GET, "/v1/datasets/none", None, 404, "not_found", "")
            .await;
        bench
            .refused(
                Method::PATCH,
                &path,
                Some(json!({ "name": "" })),
                400,
                "invalid_param",
                "40",
            )
            .await;
        let (status, value) = bench
            .send(Method::POST, "/v1/datasets", "application/json", "{".into())
            .await;
        assert_eq!((status, &value["code"]), (400, &json!("bad_request")));
    });
}

#[test]
fn only_dataset_keys_open_it() {
    block_on(async {
        let mut bench = Bench::new().await;
        let path = bench.dataset("Mine").await;
        let other = "22222222-2222-4222-8222-222222222222";
        let (_, foreign) = key::create(&bench.ctx, other, Access::Dataset)
            .await
            .unwrap();
        let (_, of_app) = key::create(
            &bench.ctx,
            TENANT,
            Access::App {
                app_id: "a".to_owned(),
            },
        )
        .await
        .unwrap();
        bench.key = foreign;
        bench
            .refused(
                Method::GET,
                &path,
                None,
                404,
                "not_found",
                "Dataset not found.",
            )
            .await;
        for key in [of_app, "dataset-wrong".to_owned()] {
            bench.key = key;
            bench
                .refused(
                    Method::GET,
                    &path,
                    None,
                    401,
                    "unauthorized",
                    "Access token is invalid",
                )
                .await;
        }
    });
}

#[test]
fn a_dataset_in_use_stays() {
    block_on(async {
        let bench = Bench::new().await;
        let path = bench.dataset("Used").await;
        let id = path.rsplit('/').next().unwrap();
        let app: App = serde_json::from_value(json!({
            "id": "33333333-3333-4333-8333-333333333333", "tenant_id": TENANT, "name": "Helper", "mode": "chat",
            "enable_site": true, "enable_api": true, "created_at": 1, "updated_at": 1,
            "model_config": { "dataset_configs": { "datasets": { "datasets": [{ "dataset": { "enabled": true, "id": id } }] } } },
        }))
        .unwrap();
        let scope = bench.ctx.tenant(TENANT);
        store::save(&scope, &keys::app(&app.id), "app", &app)
            .await
            .unwrap();
        let summary = json!({ "id": app.id, "name": "Helper", "description": "", "mode": "chat", "icon_type": null,
            "icon": null, "icon_background": null, "created_by": "", "author_name": "", "created_at": 1, "updated_at": 1,
            "use_icon_as_answer_icon": false });
        store::save(&scope, keys::TENANT, &format!("app/{}", app.id), &summary)
            .await
            .unwrap();
        assert_eq!(bench.get(&path).await["app_count"], 1);
        bench
            .refused(
                Method::DELETE,
                &path,
                None,
                409,
                "dataset_in_use",
                "used by some apps",
            )
            .await;
        app::apps::delete(&bench.ctx, TENANT, &app.id)
            .await
            .unwrap();
        bench.expect(Method::DELETE, &path, None, 204).await;
    });
}

#[test]
fn the_console_has_the_same_routes() {
    block_on(async {
        let mut bench = Bench::new().await;
        bench
            .handles
            .secrets
            .set("EDGEWISE_ADMIN_TOKEN", "admin-secret");
        bench.key = "admin-secret".to_owned();
        let made = bench
            .post(
                "/console/api/datasets",
                json!({ "name": "Console", "indexing_technique": "high_quality" }),
            )
            .await;
        let path = format!("/console/api/datasets/{}", made["id"].as_str().unwrap());
        let owner = app::account::owner(&bench.ctx).await.unwrap().unwrap();
        assert_eq!(made["created_by"], owner.account_id);
        let parts: [(&str, Option<&str>, &[u8]); 1] =
            [("file", Some("a.md"), b"# Title\n\nsome words")];
        let (status, document) = bench
            .upload(&format!("{path}/document/create-by-file"), &parts)
            .await;
        assert_eq!(
            (status, &document["document"]["created_from"]),
            (200, &json!("web")),
            "{document}"
        );
        bench.settle().await;
        assert_eq!(bench.search(&path, "some words", 1).await[0].0, "a.md");
        let rule = bench.get("/console/api/datasets/process-rule").await;
        assert_eq!(
            rule["limits"]["indexing_max_segmentation_tokens_length"],
            4000
        );
        assert_eq!(rule["rules"]["segmentation"]["delimiter"], "\n");
        assert_eq!(
            bench.get(&format!("{path}/use-check")).await["is_using"],
            false
        );
        // Closed to the Service API, open to the console.
        let closed = bench
            .expect(
                Method::PATCH,
                &path,
                Some(json!({ "enable_api": false })),
                200,
            )
            .await;
        assert_eq!(closed["enable_api"], false);
        let (_, key) = key::create(&bench.ctx, &owner.tenant_id, Access::Dataset)
            .await
            .unwrap();
        bench.key = key;
        let service = path.replace("/console/api", "/v1");
        bench
            .refused(
                Method::GET,
                &service,
                None,
                403,
                "forbidden",
                "Dataset api access is not enabled.",
            )
            .await;
        bench.key = "dataset-wrong".to_owned();
        assert_eq!(bench.call(Method::GET, &path, None).await.0, 401);
    });
}
