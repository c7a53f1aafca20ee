//! Files of every kind go in by the public route and are found by what they say.

use futures::executor::block_on;
use serde_json::json;

use crate::bench::Bench;

const WORD: &[u8] = include_bytes!("../../../rag/tests/files/manual.docx");
const EXCEL: &[u8] = include_bytes!("../../../rag/tests/files/orders.xlsx");

#[test]
fn files_are_indexed_and_found() {
    block_on(async {
        let bench = Bench::new().await;
        let dataset = bench.dataset("Formats").await;
        let check = async |name: &str, content: &[u8], kind: &str, query: &str, found: &str| {
            let parts: [(&str, Option<&str>, &[u8]); 2] = [
                ("data", None, br#"{"process_rule":{"mode":"automatic"}}"#),
                ("file", Some(name), content),
            ];
            let (status, made) = bench
                .upload(&format!("{dataset}/document/create-by-file"), &parts)
                .await;
            assert_eq!(status, 200, "{made}");
            bench.settle().await;
            let id = made["document"]["id"].as_str().unwrap();
            let document = bench.get(&format!("{dataset}/documents/{id}")).await;
            assert_eq!(document["indexing_status"], "completed", "{document}");
            let file = &document["data_source_info"]["upload_file"];
            assert_eq!(file["mime_type"], kind);
            let body = json!({ "query": query, "retrieval_model": {
                "search_method": "semantic_search", "reranking_enable": false, "top_k": 1,
                "score_threshold_enabled": false } });
            let answer = bench.post(&format!("{dataset}/retrieve"), body).await;
            let segment = &answer["records"][0]["segment"];
            assert_eq!(segment["document"]["name"], name, "{answer}");
            assert!(
                segment["content"].as_str().unwrap().contains(found),
                "{answer}"
            );
        };
        let office = "application/vnd.openxmlformats-officedocument";
        check(
            "manual.docx",
            WORD,
            &format!("{office}.wordprocessingml.document"),
            "The filter is changed every 90 days",
            "- Wrench\n- Gloves & goggles",
        )
        .await;
        check(
            "orders.xlsx",
            EXCEL,
            &format!("{office}.spreadsheetml.sheet"),
            "Customer Bert Day Amount",
            "Customer: Bert; Day: 2024-12-31 23:59:00; Amount: -7.00 kr",
        )
        .await;
        check(
            "staff.csv",
            "Name;Ort\nJörg;Köln\n".as_bytes(),
            "text/csv",
            "Name Jörg Ort Köln",
            "Name: Jörg; Ort: Köln",
        )
        .await;
        check(
            "planets.json",
            br#"{"planets":[{"planet":"Zorblax","moons":3}]}"#,
            "application/json",
            "planet Zorblax moons",
            "\"planet\": \"Zorblax\"",
        )
        .await;
        check(
            "gear.py",
            b"def ratchet(teeth):\n    return teeth * 2\n",
            "text/plain",
            "def ratchet teeth return",
            "def ratchet(teeth):",
        )
        .await;
    });
}

#[test]
fn rows_of_a_sheet_are_passages_of_their_own_by_rule() {
    block_on(async {
        let bench = Bench::new().await;
        let dataset = bench.dataset("Rows").await;
        let data = json!({ "process_rule": { "mode": "custom", "rules": {
            "pre_processing_rules": [],
            "segmentation": { "separator": "\\n\\n", "max_tokens": 200 } } } });
        let parts: [(&str, Option<&str>, &[u8]); 2] = [
            ("data", None, &data.to_string().into_bytes()),
            ("file", Some("orders.xlsx"), EXCEL),
        ];
        let (status, made) = bench
            .upload(&format!("{dataset}/document/create-by-file"), &parts)
            .await;
        assert_eq!(status, 200, "{made}");
        bench.settle().await;
        let id = made["document"]["id"].as_str().unwrap();
        let segments = bench
            .get(&format!("{dataset}/documents/{id}/segments"))
            .await;
        let texts: Vec<_> = segments["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["content"].as_str().unwrap())
            .collect();
        assert_eq!(texts.len(), 6, "{texts:?}");
        assert!(texts[3].starts_with("Customer: Bert; Day: 2024-12-31"));
        assert_eq!(texts[5], "City: Skarholm; Country: Vesterland");
    });
}

#[test]
fn a_file_that_cannot_be_read_says_why() {
    block_on(async {
        let bench = Bench::new().await;
        let dataset = bench.dataset("Bad").await;
        let check = async |name: &str, content: &[u8], why: &str| {
            let parts = [("file", Some(name), content)];
            let (status, made) = bench
                .upload(&format!("{dataset}/document/create-by-file"), &parts)
                .await;
            assert_eq!(status, 200, "{made}");
            bench.settle().await;
            let status = bench
                .status(&dataset, made["batch"].as_str().unwrap())
                .await;
            assert_eq!(status["indexing_status"], "error", "{status}");
            let error = status["error"].as_str().unwrap_or_default();
            assert!(error.contains(why), "{error}");
        };
        check("a.docx", &WORD[..WORD.len() / 2], "the archive is cut off").await;
        check(
            "a.xlsx",
            WORD,
            "named like an Excel workbook, but its content is a Word document",
        )
        .await;
        check("a.docx", b"words", "its content is plain text").await;
        check("a.csv", &b",".repeat(1_000_000), "a row of 1000001 columns").await;
        check("a.json", b"{\"a\":", "`a.json` is broken: EOF").await;
        let parts = [("file", Some("a.exe"), &b"MZ"[..])];
        let (status, refused) = bench
            .upload(&format!("{dataset}/document/create-by-file"), &parts)
            .await;
        assert_eq!(
            (status, &refused["code"]),
            (415, &json!("unsupported_file_type"))
        );
    });
}
