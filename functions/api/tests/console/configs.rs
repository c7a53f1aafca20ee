//! Publishing, versions, drafts; copies and tags.

use futures::executor::block_on;
use serde_json::{Value, json};

use super::support::Bench;

fn config(prompt: &str) -> Value {
    json!({
        "model": { "provider": "local", "name": "tiny", "mode": "chat", "completion_params": {} },
        "pre_prompt": prompt,
    })
}

async fn made(bench: &Bench) -> String {
    let app = bench
        .post("/apps", json!({ "name": "House", "mode": "chat" }))
        .await;
    app["id"].as_str().unwrap().to_owned()
}

#[test]
fn what_was_published_can_be_had_again() {
    let bench = Bench::new([]);
    block_on(async {
        let id = made(&bench).await;
        let path = format!("/apps/{id}/model-config");
        for prompt in ["first", "second"] {
            bench
                .handles
                .clock
                .advance(std::time::Duration::from_secs(1));
            bench.post(&path, config(prompt)).await;
        }
        let versions = bench.get(&format!("{path}/versions")).await["data"].clone();
        let versions = versions.as_array().unwrap();
        // The one that the app was made with is there too.
        assert_eq!(versions.len(), 3);
        assert_eq!(versions[0]["is_current"], json!(true));
        let first = format!("{path}/versions/{}", versions[1]["id"].as_str().unwrap());
        assert_eq!(bench.get(&first).await["model_config"], config("first"));
        bench
            .handles
            .clock
            .advance(std::time::Duration::from_secs(1));
        bench.post(&format!("{first}/restore"), json!({})).await;
        assert_eq!(
            bench.get(&format!("/apps/{id}")).await["model_config"],
            config("first")
        );
        for number in 0..40 {
            bench
                .handles
                .clock
                .advance(std::time::Duration::from_secs(1));
            bench.post(&path, config(&number.to_string())).await;
        }
        let versions = bench.get(&format!("{path}/versions")).await["data"].clone();
        assert_eq!(versions.as_array().unwrap().len(), app::apps::MAX_VERSIONS);
        let gone = bench.admin("GET", &first, Value::Null).await;
        assert_eq!(gone.status, 404);
    });
}

#[test]
fn two_pages_never_overwrite_each_other() {
    let bench = Bench::new([]);
    block_on(async {
        let id = made(&bench).await;
        let path = format!("/apps/{id}/model-config/draft");
        let opened = bench.get(&path).await;
        assert_eq!(opened["is_draft"], json!(false));
        let save = async |prompt: &str, hash: &Value| {
            let body = json!({ "model_config": config(prompt), "hash": hash });
            bench.admin("POST", &path, body).await
        };
        let mine = save("mine", &opened["hash"]).await;
        assert_eq!(mine.status, 200);
        let theirs = save("theirs", &opened["hash"]).await;
        assert_eq!(
            (theirs.status.as_u16(), &theirs.json()["code"]),
            (409, &json!("conflict"))
        );
        assert_eq!(bench.get(&path).await["model_config"], config("mine"));
        assert_eq!(save("mine again", &mine.json()["hash"]).await.status, 200);
        // Publishing spends it.
        bench
            .post(&format!("/apps/{id}/model-config"), config("done"))
            .await;
        let opened = bench.get(&path).await;
        assert_eq!(
            (&opened["is_draft"], &opened["model_config"]),
            (&json!(false), &config("done"))
        );
        assert_eq!(save("x", &Value::Null).await.status, 200);
        assert_eq!(bench.admin("DELETE", &path, Value::Null).await.status, 204);
        assert_eq!(bench.get(&path).await["is_draft"], json!(false));
    });
}

#[test]
fn a_copy_has_a_page_of_its_own() {
    let bench = Bench::new([]);
    block_on(async {
        let id = made(&bench).await;
        bench
            .post(&format!("/apps/{id}/model-config"), config("mine"))
            .await;
        let copy = bench
            .post(&format!("/apps/{id}/copy"), json!({ "name": "Barn" }))
            .await;
        let first = bench.get(&format!("/apps/{id}")).await;
        assert_eq!(
            (&copy["name"], &copy["model_config"]),
            (&json!("Barn"), &config("mine"))
        );
        assert_ne!(
            (&copy["id"], &copy["site"]["code"]),
            (&first["id"], &first["site"]["code"])
        );
        let path = format!("/apps/{}", copy["id"].as_str().unwrap());
        bench
            .post(
                &format!("{path}/description"),
                json!({ "description": "big" }),
            )
            .await;
        let icon = json!({ "icon": "🐄", "icon_background": "#FFEAD5" });
        let changed = bench.post(&format!("{path}/icon"), icon).await;
        assert_eq!(
            (&changed["icon"], &changed["description"]),
            (&json!("🐄"), &json!("big"))
        );
    });
}

#[test]
fn apps_are_found_by_their_tags() {
    let bench = Bench::new([]);
    block_on(async {
        let (house, barn) = (made(&bench).await, made(&bench).await);
        let tag = bench
            .post("/tags", json!({ "name": "home", "type": "app" }))
            .await;
        let id = tag["id"].as_str().unwrap();
        let twice = bench
            .admin("POST", "/tags", json!({ "name": "home", "type": "app" }))
            .await;
        assert_eq!(twice.json()["params"], "name");
        let bind = json!({ "tag_ids": [id], "target_id": house, "type": "app" });
        bench.post("/tag-bindings/create", bind).await;
        let nowhere = json!({ "tag_ids": [id], "target_id": id, "type": "app" });
        assert_eq!(
            bench
                .admin("POST", "/tag-bindings/create", nowhere)
                .await
                .status,
            404
        );
        let found = bench.get(&format!("/apps?tag_ids={id}")).await;
        assert_eq!(
            (&found["total"], &found["data"][0]["id"]),
            (&json!(1), &json!(house))
        );
        assert_eq!(found["data"][0]["tags"][0]["name"], "home");
        assert_eq!(bench.get("/tags?type=app").await[0]["binding_count"], "1");
        assert_eq!(bench.get("/tags?type=knowledge").await, json!([]));
        let renamed = bench
            .admin("PATCH", &format!("/tags/{id}"), json!({ "name": "den" }))
            .await;
        assert_eq!(renamed.json()["name"], "den");
        let unbind = json!({ "tag_id": id, "target_id": house, "type": "app" });
        bench.post("/tag-bindings/remove", unbind).await;
        assert_eq!(bench.get(&format!("/apps?tag_ids={id}")).await["total"], 0);
        assert_eq!(
            bench
                .admin("DELETE", &format!("/tags/{id}"), Value::Null)
                .await
                .status,
            204
        );
        assert_eq!(bench.get(&format!("/apps/{barn}")).await["tags"], json!([]));
    });
}
