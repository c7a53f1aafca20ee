use futures::executor::block_on;
use serde_json::{Value, json};

use super::support::Bench;

const PROVIDERS: &str = "/workspaces/current/model-providers";
const DEFAULT: &str = "/workspaces/current/default-model";

fn service(key: &str) -> Value {
    json!({
        "dialect": "openai",
        "credentials": { "base_url": "http://127.0.0.1:9/v1", "api_key": key },
        "models": [
            { "model": "big", "model_type": "llm", "context_window": 128000 },
            { "model": "vectors", "model_type": "text-embedding" },
        ],
    })
}

#[test]
fn services_are_added_chosen_and_forgotten() {
    let bench = Bench::new([]);
    block_on(async {
        let data = bench.get(PROVIDERS).await["data"].clone();
        assert_eq!(
            (data.as_array().unwrap().len(), &data[0]["provider"]),
            (1, &json!("local"))
        );
        let path = format!("{PROVIDERS}/langgenius/mine/mine/credentials");
        assert_eq!(
            bench.admin("POST", &path, service("sk-1")).await.status,
            201
        );
        let listed = bench.admin("GET", PROVIDERS, Value::Null).await;
        assert!(!listed.text.contains("sk-1"));
        let mine = &listed.json()["data"][1];
        assert_eq!(
            (&mine["provider"], &mine["supported_model_types"]),
            (&json!("mine"), &json!(["llm", "text-embedding"]))
        );
        assert_eq!(
            bench.get(&format!("{PROVIDERS}?model_type=rerank")).await["data"],
            json!([])
        );
        let shown = bench.get(&format!("{PROVIDERS}/mine/credentials")).await;
        assert_eq!(
            shown["credentials"],
            json!({ "base_url": "http://127.0.0.1:9/v1", "api_key": "[__HIDDEN__]" })
        );

        let default =
            async || bench.get(&format!("{DEFAULT}?model_type=llm")).await["data"].clone();
        assert_eq!(default().await["provider"]["provider"], "local");
        let setting = json!({ "model_settings": [
            { "model_type": "llm", "provider": "mine", "model": "big" },
            { "model_type": "rerank" },
        ] });
        bench.post(DEFAULT, setting).await;
        assert_eq!(
            (
                &default().await["provider"]["provider"],
                &default().await["model"]
            ),
            (&json!("mine"), &json!("big"))
        );
        let unknown = json!({ "model_settings": [{ "model_type": "llm", "provider": "mine", "model": "small" }] });
        assert_eq!(bench.admin("POST", DEFAULT, unknown).await.status, 400);
        let kinds = bench
            .get("/workspaces/current/models/model-types/text-embedding")
            .await;
        assert_eq!(kinds["data"][1]["models"][0]["model"], "vectors");
        assert_eq!(
            bench.get(&format!("{PROVIDERS}/mine/models")).await["data"][0]["model"],
            "big"
        );

        // Nothing is kept of what does not work; what is hidden stays as it was.
        let mut wrong = service("wrong");
        wrong["validate"] = json!(true);
        let refused = bench.admin("PUT", &path, wrong).await;
        assert_eq!(
            (refused.status.as_u16(), refused.json()["code"].as_str()),
            (400, Some("provider_not_initialize"))
        );
        bench.admin("PUT", &path, service("[__HIDDEN__]")).await;
        let validate = format!("{PROVIDERS}/mine/credentials/validate");
        assert_eq!(bench.post(&validate, json!({})).await["result"], "success");
        assert_eq!(
            bench
                .admin("POST", &validate, service("wrong"))
                .await
                .status,
            400
        );

        assert_eq!(bench.admin("DELETE", &path, Value::Null).await.status, 204);
        assert_eq!(bench.admin("DELETE", &path, Value::Null).await.status, 404);
        assert_eq!(default().await["provider"]["provider"], "local");
    });
}

#[test]
fn wrong_services_are_refused() {
    let bench = Bench::new([]);
    block_on(async {
        let check = async |name: &str, change: (&str, Value), param: &str| {
            let mut body = service("sk-1");
            body[change.0] = change.1;
            let refused = bench
                .admin("POST", &format!("{PROVIDERS}/{name}/credentials"), body)
                .await;
            assert_eq!(
                (refused.status.as_u16(), refused.json()["params"].as_str()),
                (400, Some(param)),
                "{}",
                refused.text
            );
        };
        check("local", ("x", Value::Null), "name").await;
        check("mine", ("dialect", json!("klingon")), "dialect").await;
        check("mine", ("models", json!([])), "models").await;
        check(
            "mine",
            ("models", json!([{ "model": "m", "model_type": "odd" }])),
            "models",
        )
        .await;
        check("mine", ("credentials", json!({})), "base_url").await;
        check(
            "mine",
            ("credentials", json!({ "base_url": "file:///etc" })),
            "base_url",
        )
        .await;
    });
}
