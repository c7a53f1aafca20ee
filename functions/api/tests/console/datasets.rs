//! Datasets in the console: whom they are for, what uses them, and what a rule would make of a file.

use futures::executor::block_on;
use serde_json::{Value, json};

use super::{
    members::{join, owner},
    support::Bench,
};

#[test]
fn a_dataset_is_for_whom_it_says() {
    let bench = Bench::new([]);
    block_on(async {
        let ada = owner(&bench).await;
        let eve = join(&bench, &ada, "eve@example.org", "editor").await;
        let bob = join(&bench, &ada, "bob@example.org", "editor").await;
        let members = ada.call(&bench, "GET", "/workspaces/current/members", Value::Null);
        let members = members.await.json()["accounts"].clone();
        let bob_id = members
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["email"] == "bob@example.org")
            .unwrap()["id"]
            .clone();
        let make = async |name: &str, permission: &str| {
            let body = json!({ "name": name, "permission": permission });
            eve.call(&bench, "POST", "/datasets", body).await.json()["id"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let mine = make("Mine", "only_me").await;
        let ours = make("Ours", "all_team_members").await;
        let some = make("Some", "only_me").await;
        let share = json!({ "permission": "partial_members", "partial_member_list": [{ "user_id": bob_id }] });
        let shared = eve
            .call(&bench, "PATCH", &format!("/datasets/{some}"), share)
            .await;
        assert_eq!(shared.status, 200, "{}", shared.text);
        for (who, name, sees) in [
            (&ada, "ada", [true, true, true]),
            (&eve, "eve", [true, true, true]),
            (&bob, "bob", [false, true, true]),
        ] {
            let page = who
                .call(&bench, "GET", "/datasets", Value::Null)
                .await
                .json();
            assert_eq!(
                page["total"],
                sees.iter().filter(|sees| **sees).count(),
                "{name}"
            );
            for (id, sees) in [&mine, &ours, &some].into_iter().zip(sees) {
                let status = who
                    .call(&bench, "GET", &format!("/datasets/{id}"), Value::Null)
                    .await
                    .status;
                assert_eq!(status.as_u16(), if sees { 200 } else { 403 }, "{name}");
            }
        }
    });
}

#[test]
fn a_rule_is_seen_before_it_works() {
    let bench = Bench::new([]);
    block_on(async {
        let text = "First part.\n\nSecond part.\n\nThird part.";
        let rule = json!({ "mode": "custom", "rules": {
            "pre_processing_rules": [], "segmentation": { "separator": "\n\n", "max_tokens": 50, "chunk_overlap": 0 },
        }});
        let body = json!({ "text": text, "process_rule": rule, "limit": 2 });
        let made = bench.post("/datasets/indexing-estimate", body).await;
        assert_eq!(
            (&made["total_segments"], &made["characters"]),
            (&json!(3), &json!(text.len()))
        );
        assert_eq!(made["preview"].as_array().unwrap().len(), 2);
        assert_eq!(made["preview"][1]["content"], "Second part.");
        let parents = json!({ "mode": "hierarchical", "rules": {
            "pre_processing_rules": [], "parent_mode": "full-doc",
            "subchunk_segmentation": { "separator": "\n\n", "max_tokens": 50 },
        }});
        let body = json!({ "text": text, "process_rule": parents });
        let whole = bench.post("/datasets/indexing-estimate", body).await;
        assert_eq!(
            whole["preview"][0]["child_chunks"],
            json!(["First part.", "Second part.", "Third part."])
        );
        let file = bench
            .upload("/datasets/indexing-estimate", "a.md", "text/markdown", text)
            .await;
        assert_eq!(
            (file.status.as_u16(), &file.json()["characters"]),
            (200, &json!(text.len()))
        );
        let odd = bench
            .upload("/datasets/indexing-estimate", "a.exe", "application/x", "x")
            .await;
        assert_eq!(odd.status, 415);
        let empty = bench
            .upload("/datasets/indexing-estimate", "a.txt", "text/plain", " ")
            .await;
        assert_eq!(empty.status, 400, "{}", empty.text);
        for (body, param) in [
            (json!({}), "text"),
            (json!({ "text": "x", "limit": 0 }), "limit"),
            (
                json!({ "text": "x", "process_rule": { "mode": "odd" } }),
                "process_rule",
            ),
        ] {
            let refused = bench
                .admin("POST", "/datasets/indexing-estimate", body)
                .await;
            assert_eq!(
                (refused.status.as_u16(), &refused.json()["params"]),
                (400, &json!(param))
            );
        }
        assert_eq!(bench.get("/datasets").await["total"], 0);
        let limits = bench.get("/files/upload").await;
        assert!(limits["document_bytes"].as_u64().unwrap() > 0);
        assert!(
            limits["document_kinds"]
                .as_array()
                .unwrap()
                .contains(&json!("pdf"))
        );
    });
}

#[test]
fn what_uses_a_dataset_is_told() {
    let bench = Bench::new([]);
    block_on(async {
        let set = bench.post("/datasets", json!({ "name": "Set" })).await;
        let set = set["id"].as_str().unwrap();
        let app = bench
            .post("/apps", json!({ "name": "House", "mode": "chat" }))
            .await;
        let config = json!({
            "model": { "provider": "local", "name": "tiny", "mode": "chat", "completion_params": {} },
            "dataset_configs": { "datasets": { "datasets": [{ "dataset": { "enabled": true, "id": set } }] } },
        });
        let path = format!("/apps/{}/model-config", app["id"].as_str().unwrap());
        bench.post(&path, config).await;
        assert_eq!(bench.get("/datasets").await["data"][0]["app_count"], 1);
        assert_eq!(bench.get(&format!("/datasets/{set}")).await["app_count"], 1);
        let related = bench.get(&format!("/datasets/{set}/related-apps")).await;
        assert_eq!(
            (&related["total"], &related["data"][0]["name"]),
            (&json!(1), &json!("House"))
        );
        let in_use = bench
            .admin("DELETE", &format!("/datasets/{set}"), Value::Null)
            .await;
        assert_eq!(
            (in_use.status.as_u16(), &in_use.json()["code"]),
            (409, &json!("dataset_in_use"))
        );
    });
}
