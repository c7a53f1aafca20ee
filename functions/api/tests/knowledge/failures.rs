use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::executor::block_on;
use http::Method;
use model::{Embedder, EmbedderInfo, Embeddings, Error, ErrorKind, Purpose, fake::HashEmbedder};
use serde_json::{Value, json};

use crate::bench::Bench;

#[test]
fn files_that_are_refused_at_once() {
    block_on(async {
        let bench = Bench::new().await;
        let dataset = bench.dataset("Refused").await;
        let path = format!("{dataset}/document/create-by-file");
        let check = async |parts: &[(&str, Option<&str>, &[u8])],
                           status: u16,
                           code: &str,
                           message: &str| {
            let (got, value) = bench.upload(&path, parts).await;
            assert_eq!(
                (got, value["code"].as_str()),
                (status, Some(code)),
                "{value}"
            );
            assert!(
                value["message"].as_str().unwrap().contains(message),
                "{value}"
            );
        };
        let huge = vec![b'a'; (1 << 20) + 1];
        check(
            &[("file", Some("huge.txt"), &huge)],
            413,
            "file_too_large",
            "1048576 bytes",
        )
        .await;
        check(
            &[("file", Some("tool.exe"), b"MZ")],
            415,
            "unsupported_file_type",
            "txt, md",
        )
        .await;
        check(
            &[("file", Some("empty.txt"), b"")],
            400,
            "invalid_param",
            "`empty.txt` is empty",
        )
        .await;
        check(
            &[("data", None, b"{}")],
            400,
            "no_file_uploaded",
            "upload your file",
        )
        .await;
        check(
            &[("file", Some("a.txt"), b"a"), ("file", Some("b.txt"), b"b")],
            400,
            "too_many_files",
            "one file",
        )
        .await;
        check(
            &[("file", None, b"a")],
            400,
            "filename_not_exists_error",
            "filename",
        )
        .await;
        check(
            &[("file", Some("a.txt"), b"a"), ("data", None, b"{")],
            400,
            "bad_request",
            "JSON",
        )
        .await;
        check(
            &[("file", Some("a.txt"), b"a"), ("data", None, b"[]")],
            400,
            "invalid_param",
            "object",
        )
        .await;
        let bounds = br#"{"process_rule":{"mode":"custom","rules":{"pre_processing_rules":[],
            "segmentation":{"separator":"\n","max_tokens":20}}}}"#;
        let message = "Custom segment length should be between 50 and 4000.";
        check(
            &[("file", Some("a.txt"), b"a"), ("data", None, bounds)],
            400,
            "invalid_param",
            message,
        )
        .await;
        let form = br#"{"doc_form":"qa_model"}"#;
        check(
            &[("file", Some("a.txt"), b"a"), ("data", None, form)],
            400,
            "invalid_param",
            "text_model",
        )
        .await;
        let (status, value) = bench.call(Method::POST, &path, Some(json!({}))).await;
        assert_eq!((status, &value["code"]), (400, &json!("no_file_uploaded")));
        let text = format!("{dataset}/document/create-by-text");
        for (body, message) in [
            (json!({ "name": "a" }), "text"),
            (json!({ "text": "a" }), "name"),
            (json!({ "name": "a", "text": " " }), "empty"),
        ] {
            bench
                .refused(
                    Method::POST,
                    &text,
                    Some(body),
                    400,
                    "invalid_param",
                    message,
                )
                .await;
        }
        let bare = bench.post("/v1/datasets", json!({ "name": "Bare" })).await;
        let text = format!(
            "/v1/datasets/{}/document/create-by-text",
            bare["id"].as_str().unwrap()
        );
        let body = json!({ "name": "a", "text": "b" });
        bench
            .refused(
                Method::POST,
                &text,
                Some(body),
                400,
                "invalid_param",
                "indexing_technique is required",
            )
            .await;
        assert_eq!(bench.get(&format!("{dataset}/documents")).await["total"], 0);
    });
}

#[test]
fn files_that_fail_while_they_are_read() {
    block_on(async {
        let bench = Bench::new().await;
        let dataset = bench.dataset("Broken").await;
        let files: [(&str, &[u8], &str); 4] = [
            (
                "broken.pdf",
                b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog",
                "is broken",
            ),
            (
                "lies.pdf",
                b"This is no PDF but plain text.",
                "its content is plain text",
            ),
            (
                "lies.txt",
                b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR",
                "its content is a PNG image",
            ),
            ("blank.html", b"<html><script>1</script>", "no text in it"),
        ];
        for (name, bytes, reason) in files {
            let (status, made) = bench
                .upload(
                    &format!("{dataset}/document/create-by-file"),
                    &[("file", Some(name), bytes)],
                )
                .await;
            assert_eq!(status, 200, "{made}");
            bench.settle().await;
            let state = bench
                .status(&dataset, made["batch"].as_str().unwrap())
                .await;
            assert_eq!(state["indexing_status"], "error", "{state}");
            assert!(state["error"].as_str().unwrap().contains(reason), "{state}");
            assert!(state["stopped_at"].is_u64());
            let document = bench
                .get(&format!(
                    "{dataset}/documents/{}",
                    made["document"]["id"].as_str().unwrap()
                ))
                .await;
            assert_eq!(document["display_status"], "error");
        }
        assert_eq!(bench.search(&dataset, "anything", 3).await, []);
        // A failed document can be deleted.
        let listed = bench
            .get(&format!("{dataset}/documents?status=error"))
            .await;
        assert_eq!(listed["total"], 4);
        let first = listed["data"][0]["id"].as_str().unwrap();
        bench
            .expect(
                Method::DELETE,
                &format!("{dataset}/documents/{first}"),
                None,
                204,
            )
            .await;
    });
}

/// Fails in a set way for a set number of calls.
struct Flaky {
    inner: HashEmbedder,
    failures: Mutex<Vec<ErrorKind>>,
}

#[async_trait]
impl Embedder for Flaky {
    fn info(&self) -> &EmbedderInfo {
        self.inner.info()
    }

    async fn embed(&self, texts: &[String], purpose: Purpose) -> model::Result<Embeddings> {
        if let Some(kind) = self.failures.lock().unwrap().pop() {
            return Err(Error::new(kind, "the embedding service is away"));
        }
        self.inner.embed(texts, purpose).await
    }
}

async fn flaky(failures: Vec<ErrorKind>) -> (Bench, String, Value) {
    let embedder = Flaky {
        inner: HashEmbedder::new("hash"),
        failures: Mutex::new(failures),
    };
    let bench = Bench::with(Arc::new(embedder)).await;
    let dataset = bench.dataset("Flaky").await;
    let (_, batch) = bench.add(&dataset, "a", "some text to find").await;
    bench.settle().await;
    let status = bench.status(&dataset, &batch).await;
    (bench, dataset, status)
}

#[test]
fn a_service_that_comes_back_costs_only_time() {
    block_on(async {
        let (bench, dataset, status) = flaky(vec![
            ErrorKind::Unavailable,
            ErrorKind::Timeout,
            ErrorKind::RateLimit,
        ])
        .await;
        assert_eq!(status["indexing_status"], "completed", "{status}");
        assert_eq!(bench.search(&dataset, "some text", 3).await.len(), 1);
    });
}

#[test]
fn a_service_that_stays_away_is_told() {
    block_on(async {
        let (bench, _, status) = flaky(vec![ErrorKind::Unavailable; 50]).await;
        assert_eq!(
            (&status["indexing_status"], &status["completed_segments"]),
            (&json!("error"), &json!(0))
        );
        assert!(
            status["error"]
                .as_str()
                .unwrap()
                .contains("the embedding service is away"),
            "{status}"
        );
        assert!(bench.handles.queue.is_idle());
        let (_, _, status) = flaky(vec![ErrorKind::Authentication]).await;
        assert_eq!(status["indexing_status"], "error");
    });
}

#[test]
fn every_job_may_come_twice() {
    block_on(async {
        let bench = Bench::new().await;
        let dataset = bench.dataset("Twice").await;
        let text: String = (0..60)
            .map(|n| format!("Part {n}. {}\n\n", format!("w{n} ").repeat(300)))
            .collect();
        let (_, batch) = bench.add(&dataset, "a", &text).await;
        let mut steps = 0;
        // What is delayed only looks after what was cut off.
        let next = || {
            let waiting = bench.handles.queue.waiting();
            waiting.into_iter().find(|job| job.delay.is_zero())
        };
        while let Some(job) = next() {
            bench.consumer().consume(&job).await.unwrap();
            bench.handles.queue.run_one(bench.consumer()).await;
            steps += 1;
            assert!(steps < 100);
        }
        let status = bench.status(&dataset, &batch).await;
        assert_eq!(status["completed_segments"], status["total_segments"]);
        let total = status["total_segments"].as_u64().unwrap();
        assert!(total > 16, "{total}");
        assert_eq!(bench.search(&dataset, "w7", 100).await.len() as u64, total);
    });
}

#[test]
fn work_that_was_lost_is_started_again() {
    block_on(async {
        let bench = Bench::new().await;
        let dataset = bench.dataset("Lost").await;
        let (_, batch) = bench.add(&dataset, "a", "text").await;
        bench.handles.queue.lose();
        bench.settle().await;
        assert_eq!(
            bench.status(&dataset, &batch).await["indexing_status"],
            "waiting"
        );
        bench.settle().await;
        assert_eq!(
            bench.status(&dataset, &batch).await["indexing_status"],
            "waiting"
        );
        bench
            .handles
            .clock
            .advance(std::time::Duration::from_secs(601));
        bench.status(&dataset, &batch).await;
        bench.settle().await;
        assert_eq!(
            bench.status(&dataset, &batch).await["indexing_status"],
            "completed"
        );
    });
}
