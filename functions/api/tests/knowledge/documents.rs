use futures::executor::block_on;
use http::Method;
use ports::{Kv, Range};
use serde_json::{Value, json};

use crate::bench::{Bench, TENANT};

/// Forty paragraphs of fifty words: with the fake's tokens, several segments.
fn long_text() -> String {
    (0..40)
        .map(|n| format!("Paragraph {n}. {}\n\n", format!("word{n} ").repeat(50)))
        .collect()
}

#[test]
fn a_text_is_indexed_step_by_step() {
    block_on(async {
        let bench = Bench::new().await;
        let dataset = bench.dataset("Steps").await;
        let (id, batch) = bench.add(&dataset, "Long", &long_text()).await;
        let status = bench.status(&dataset, &batch).await;
        assert_eq!(
            (&status["indexing_status"], &status["total_segments"]),
            (&json!("waiting"), &json!(0))
        );
        let mut seen = Vec::new();
        while bench.handles.queue.run_one(bench.consumer()).await {
            let status = bench.status(&dataset, &batch).await;
            let count = |name: &str| status[name].as_u64().unwrap();
            seen.push((
                status["indexing_status"].as_str().unwrap().to_owned(),
                count("completed_segments"),
                count("total_segments"),
            ));
        }
        let total = seen.last().unwrap().2;
        assert!(total > 4, "{seen:?}");
        assert_eq!(seen[0], ("splitting".to_owned(), 0, 0));
        assert_eq!(seen[1], ("indexing".to_owned(), 0, total));
        assert_eq!(
            seen.last().unwrap(),
            &("completed".to_owned(), total, total)
        );

        let document = bench.get(&format!("{dataset}/documents/{id}")).await;
        assert_eq!(document["display_status"], "available");
        assert_eq!(document["segment_count"], total);
        assert_eq!(document["dataset_process_rule"]["mode"], "automatic");
        assert_eq!(
            document["data_source_info"]["upload_file"]["name"],
            "Long.txt"
        );
        assert!(
            document["tokens"].as_u64() > Some(1000) && document["completed_at"].as_u64().is_some(),
            "{document}"
        );
        let segments = bench
            .get(&format!("{dataset}/documents/{id}/segments?limit=2&page=2"))
            .await;
        assert_eq!(
            (
                &segments["total"],
                &segments["has_more"],
                &segments["doc_form"]
            ),
            (&json!(total), &json!(total > 4), &json!("text_model"))
        );
        let second = &segments["data"][0];
        assert_eq!(
            (&second["position"], &second["status"]),
            (&json!(3), &json!("completed"))
        );
        assert!(
            second["content"].as_str().unwrap().len() > 100
                && second["tokens"].as_u64() <= Some(500),
            "{second}"
        );
        let one = format!(
            "{dataset}/documents/{id}/segments/{}",
            second["id"].as_str().unwrap()
        );
        assert_eq!(bench.get(&one).await["data"]["content"], second["content"]);
        let found = bench
            .get(&format!(
                "{dataset}/documents/{id}/segments?keyword=PARAGRAPH%2039."
            ))
            .await;
        assert_eq!(found["total"], 1);
        let dataset = bench.get(&dataset).await;
        assert_eq!(
            (
                &dataset["document_count"],
                &dataset["total_available_documents"]
            ),
            (&json!(1), &json!(1))
        );
        assert_eq!(
            (&dataset["embedding_model"], &dataset["doc_form"]),
            (&json!("hash"), &json!("text_model"))
        );
    });
}

#[test]
fn a_file_with_its_own_rule() {
    block_on(async {
        let bench = Bench::new().await;
        let dataset = bench.dataset("Files").await;
        let data = json!({ "indexing_technique": "high_quality", "process_rule": { "mode": "custom", "rules": {
            "pre_processing_rules": [{ "id": "remove_extra_spaces", "enabled": true }],
            "segmentation": { "separator": "###", "max_tokens": 100 } } } });
        let parts: [(&str, Option<&str>, &[u8]); 2] = [
            ("data", None, &data.to_string().into_bytes()),
            (
                "file",
                Some("guide.md"),
                b"# Guide ### first   part ### second part",
            ),
        ];
        let (status, made) = bench
            .upload(&format!("{dataset}/document/create_by_file"), &parts)
            .await;
        assert_eq!(status, 200, "{made}");
        let document = &made["document"];
        assert_eq!(
            (
                &document["name"],
                &document["position"],
                &document["created_from"]
            ),
            (&json!("guide.md"), &json!(1), &json!("api"))
        );
        assert_eq!(
            (&document["indexing_status"], &document["display_status"]),
            (&json!("waiting"), &json!("queuing"))
        );
        bench.settle().await;
        let path = format!("{dataset}/documents/{}", document["id"].as_str().unwrap());
        let segments = bench.get(&format!("{path}/segments")).await;
        let texts: Vec<_> = segments["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["content"].as_str().unwrap())
            .collect();
        assert_eq!(texts, ["# Guide", "first part", "second part"]);
        let got = bench.get(&path).await;
        assert_eq!(
            got["dataset_process_rule"]["rules"]["segmentation"]["separator"],
            "###"
        );
        // The next document is split the same way unless it says otherwise.
        let body = json!({ "name": "next", "text": "a###b" });
        let next = bench
            .post(&format!("{dataset}/document/create_by_text"), body)
            .await;
        bench.settle().await;
        let path = format!(
            "{dataset}/documents/{}",
            next["document"]["id"].as_str().unwrap()
        );
        assert_eq!(bench.get(&path).await["segment_count"], 2);
    });
}

#[test]
fn documents_are_replaced() {
    block_on(async {
        let bench = Bench::new().await;
        let dataset = bench.dataset("Replace").await;
        let (id, _) = bench
            .add(&dataset, "Fruit", "apples and pears grow on trees")
            .await;
        bench
            .add(&dataset, "Other", "stones lie on the ground")
            .await;
        bench.settle().await;
        let path = format!("{dataset}/documents/{id}");
        let update = json!({ "name": "Fish", "text": "trout and salmon swim in rivers" });
        let updated = bench.post(&format!("{path}/update-by-text"), update).await;
        assert_eq!(
            (
                &updated["document"]["id"],
                &updated["document"]["indexing_status"]
            ),
            (&json!(id), &json!("waiting"))
        );
        assert_eq!(
            bench
                .search(&dataset, "stones on the ground", 9)
                .await
                .len(),
            1
        );
        let batch = updated["batch"].as_str().unwrap();
        let again = json!({ "name": "x", "text": "y" });
        bench
            .refused(
                Method::POST,
                &format!("{path}/update-by-text"),
                Some(again),
                400,
                "invalid_param",
                "Document is not available",
            )
            .await;
        bench.settle().await;
        assert_eq!(
            bench.status(&dataset, batch).await["indexing_status"],
            "completed"
        );
        let found = bench.search(&dataset, "salmon in rivers", 9).await;
        assert_eq!((found.len(), found[0].0.as_str()), (2, "Fish"));
        let parts: [(&str, Option<&str>, &[u8]); 1] =
            [("file", Some("bird.txt"), b"sparrows fly over roofs")];
        let (status, value) = bench.upload_by(Method::PATCH, &path, &parts).await;
        assert_eq!(
            (status, &value["document"]["name"]),
            (200, &json!("bird.txt")),
            "{value}"
        );
        bench.settle().await;
        assert_eq!(
            bench.search(&dataset, "sparrows fly", 1).await[0].0,
            "bird.txt"
        );
        // Nothing of the old versions is left.
        let partition = format!("t-{TENANT}/dataset/{}", dataset.rsplit('/').next().unwrap());
        let segments = bench
            .handles
            .kv
            .list(&partition, Range::prefix("segment/", 100))
            .await
            .unwrap();
        assert_eq!(segments.len(), 2);
        let listed = bench.get(&format!("{dataset}/documents")).await;
        assert_eq!(
            (&listed["total"], &listed["data"][1]["name"]),
            (&json!(2), &json!("bird.txt"))
        );
    });
}

#[test]
fn lists_and_states() {
    block_on(async {
        let bench = Bench::new().await;
        let dataset = bench.dataset("States").await;
        let mut ids = Vec::new();
        for name in ["alpha", "beta", "gamma"] {
            ids.push(
                bench
                    .add(&dataset, name, &format!("the {name} text is about {name}"))
                    .await
                    .0,
            );
        }
        bench.settle().await;
        let names = async |query: &str| -> Vec<String> {
            let page = bench.get(&format!("{dataset}/documents?{query}")).await;
            page["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["name"].as_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(names("").await, ["gamma", "beta", "alpha"]);
        assert_eq!(names("page=2&limit=2").await, ["alpha"]);
        assert_eq!(names("keyword=ET").await, ["beta"]);
        let set = async |action: &str, status: u16| {
            let path = format!("{dataset}/documents/status/{action}");
            bench
                .call(
                    Method::PATCH,
                    &path,
                    Some(json!({ "document_ids": [ids[1]] })),
                )
                .await
                .0
                == status
        };
        assert!(set("disable", 200).await);
        assert_eq!(names("status=disabled").await, ["beta"]);
        assert_eq!(names("status=available").await, ["gamma", "alpha"]);
        assert_eq!(bench.search(&dataset, "beta text", 9).await.len(), 2);
        assert_eq!(bench.get(&dataset).await["total_available_documents"], 2);
        assert!(set("enable", 200).await);
        assert_eq!(bench.search(&dataset, "beta text", 9).await[0].0, "beta");
        assert!(set("archive", 200).await);
        assert_eq!(names("status=archived").await, ["beta"]);
        let archived = format!("{dataset}/documents/{}", ids[1]);
        bench
            .refused(
                Method::DELETE,
                &archived,
                None,
                403,
                "archived_document_immutable",
                "archived",
            )
            .await;
        assert!(set("un_archive", 200).await && set("explode", 400).await);
        bench.expect(Method::DELETE, &archived, None, 204).await;
        bench
            .refused(
                Method::DELETE,
                &archived,
                None,
                404,
                "not_found",
                "Document Not Exists.",
            )
            .await;
        bench
            .refused(
                Method::GET,
                &archived,
                None,
                404,
                "not_found",
                "Document not found.",
            )
            .await;
        assert_eq!(names("").await, ["gamma", "alpha"]);
        let left = bench.search(&dataset, "beta text", 9).await;
        assert!(left.iter().all(|(name, _)| name != "beta"), "{left:?}");
        let counted = bench.get(&dataset).await;
        assert_eq!(
            (
                &counted["document_count"],
                &counted["total_available_documents"]
            ),
            (&json!(2), &json!(2))
        );
        let only = bench
            .get(&format!("{dataset}/documents/{}?metadata=only", ids[0]))
            .await;
        assert_eq!(
            only.as_object().unwrap().keys().collect::<Vec<_>>(),
            ["id", "doc_type", "doc_metadata"]
        );
        let odd = format!("{dataset}/documents/{}?metadata=odd", ids[0]);
        bench
            .refused(Method::GET, &odd, None, 400, "invalid_metadata", "odd")
            .await;
        bench
            .refused(
                Method::GET,
                &format!("{dataset}/documents/none/indexing-status"),
                None,
                404,
                "not_found",
                "Documents not found.",
            )
            .await;
    });
}

#[test]
fn a_deleted_dataset_leaves_nothing() {
    block_on(async {
        let bench = Bench::new().await;
        let dataset = bench.dataset("Gone").await;
        bench.add(&dataset, "a", "some text").await;
        bench.settle().await;
        bench.add(&dataset, "b", "half way").await;
        bench.expect(Method::DELETE, &dataset, None, 204).await;
        bench.settle().await;
        let scope = bench.ctx.tenant(TENANT);
        assert_eq!(scope.list_blobs("dataset/", None, 10).await.unwrap(), []);
        let partition = format!("dataset/{}", dataset.rsplit('/').next().unwrap());
        assert_eq!(
            scope.list(&partition, Range::prefix("", 10)).await.unwrap(),
            []
        );
        let list: Value = bench.get("/v1/datasets").await;
        assert_eq!(list["total"], 0);
    });
}
