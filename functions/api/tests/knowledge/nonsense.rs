//! What was once taken without a word although it means nothing.

use futures::executor::block_on;
use http::Method;
use serde_json::{Value, json};

use crate::bench::Bench;

#[test]
fn it_is_refused_by_the_name_of_its_field() {
    block_on(async {
        let bench = Bench::new().await;
        let dataset = bench.dataset("Things").await;
        let (document, _) = bench.add(&dataset, "cats", "cats hunt mice at night").await;
        bench.settle().await;
        let segments = format!("{dataset}/documents/{document}/segments");
        let (get, patch) = (Method::GET, Method::PATCH);
        for (method, path, body, param) in [
            (
                &get,
                format!("{dataset}/documents?status=odd"),
                None,
                "status",
            ),
            (&get, format!("{segments}?status=odd"), None, "status"),
            (
                &patch,
                dataset.clone(),
                Some(json!({ "partial_member_list": [{}] })),
                "partial_member_list",
            ),
            (
                &patch,
                dataset.clone(),
                Some(json!({ "partial_member_list": "all" })),
                "partial_member_list",
            ),
            (
                &patch,
                format!("{dataset}/documents/status/enable"),
                Some(json!({ "document_ids": [{}] })),
                "document_ids",
            ),
        ] {
            let (status, answer) = bench.call(method.clone(), &path, body).await;
            assert_eq!(status, 400, "{method} {path}: {answer}");
            assert_eq!(answer["code"], "invalid_param", "{path}");
            assert_eq!(answer["params"], param, "{path}");
        }
        let (_, list) = bench
            .call(get.clone(), &format!("{segments}?status=completed"), None)
            .await;
        assert_eq!(list["data"].as_array().map(Vec::len), Some(1), "{list}");
        assert_ne!(list["data"][0]["id"], Value::Null);
    });
}
