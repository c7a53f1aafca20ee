//! What a collector is told of answers.

use std::time::Duration;

use futures::executor::block_on;
use http::StatusCode;
use model::{ErrorKind, fake::Reply};
use serde_json::{Value, json};

use super::support::*;

const COLLECTOR: &str = "https://collector.example";

/// The bodies that came in at a path.
fn received(bench: &Bench, path: &str) -> Vec<Value> {
    let sent = bench.handles.fetch.sent();
    let at = sent
        .iter()
        .filter(|sent| sent.head.uri().path() == path)
        .map(|sent| serde_json::from_slice(&sent.body).unwrap());
    at.collect()
}

/// What an attribute says.
fn attribute<'v>(of: &'v Value, name: &str) -> &'v Value {
    let all = of["attributes"].as_array().unwrap();
    let found = all.iter().find(|it| it["key"] == name);
    let value = found.unwrap()["value"].as_object().unwrap();
    value.values().next().unwrap()
}

async fn bench(replies: impl IntoIterator<Item = Reply>, status: StatusCode) -> Bench {
    let bench = Bench::new(config(), replies).await;
    let secrets = &bench.handles.secrets;
    secrets.set("OTEL_EXPORTER_OTLP_ENDPOINT", COLLECTOR);
    secrets.set("OTEL_EXPORTER_OTLP_HEADERS", "x-team=blue");
    bench.handles.fetch.route(COLLECTOR, move |_| {
        let mut response = http::Response::new(ports::Body::Full("{}".into()));
        *response.status_mut() = status;
        Ok(response)
    });
    bench
}

#[test]
fn an_answer_is_a_trace_and_its_calls_are_counted() {
    block_on(async {
        let bench = bench([text("one"), text("two")], StatusCode::OK).await;
        let first = bench.ask("What is a house?", None).await;
        bench.ask("And a barn?", None).await;
        bench.handles.clock.advance(Duration::from_secs(5));
        bench.settle().await;
        let bodies = received(&bench, "/v1/traces");
        let spans = bodies.iter().flat_map(|body| {
            let spans = &body["resourceSpans"][0]["scopeSpans"][0]["spans"];
            spans.as_array().unwrap().iter()
        });
        let id = first["message_id"].as_str().unwrap().replace('-', "");
        let spans: Vec<&Value> = spans
            .filter(|span| span["traceId"] == id.as_str())
            .collect();
        let [root, call] = spans.as_slice() else {
            panic!("{bodies:?}")
        };
        assert_eq!(
            (&root["name"], &root["kind"]),
            (&json!("answer"), &json!(2))
        );
        assert!(root.get("parentSpanId").is_none(), "{root}");
        assert_eq!(call["parentSpanId"], root["spanId"]);
        assert_eq!(call["name"], "chat scripted");
        assert_eq!(attribute(call, "gen_ai.operation.name"), "chat");
        let usage = &first["metadata"]["usage"];
        assert_eq!(
            attribute(call, "gen_ai.usage.input_tokens"),
            &json!(usage["prompt_tokens"].to_string())
        );
        let bodies = received(&bench, "/v1/metrics");
        let metrics = bodies[0]["resourceMetrics"][0]["scopeMetrics"][0]["metrics"].as_array();
        let names: Vec<&Value> = metrics
            .unwrap()
            .iter()
            .map(|metric| &metric["name"])
            .collect();
        assert_eq!(
            names,
            [
                "gen_ai.client.token.usage",
                "gen_ai.client.token.usage",
                "gen_ai.client.operation.duration"
            ]
        );
        let sent = bench.handles.fetch.sent();
        assert_eq!(sent[0].head.headers()["x-team"], "blue");
    });
}

#[test]
fn failed_answers_say_so() {
    block_on(async {
        let failing = Reply::Fail(ErrorKind::Unavailable, "away".to_owned());
        let bench = bench([failing], StatusCode::OK).await;
        bench
            .post("/v1/chat-messages", question("Hello?", None))
            .await;
        bench.handles.clock.advance(Duration::from_secs(5));
        bench.settle().await;
        let body = &received(&bench, "/v1/traces")[0];
        let root = &body["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
        assert_eq!(root["status"]["code"], 2, "{root}");
    });
}

#[test]
fn nobody_waits_for_a_collector() {
    block_on(async {
        let bench = bench([text("one"), text("two")], StatusCode::BAD_GATEWAY).await;
        for answer in ["one", "two"] {
            let said = bench.ask("Hello?", None).await;
            assert_eq!(said["answer"], answer);
            bench.handles.clock.advance(Duration::from_secs(5));
            bench.settle().await;
        }
        assert_eq!(received(&bench, "/v1/traces").len(), 2);

        // Without a collector nothing is sent, and nothing stays behind.
        let bench = Bench::new(config(), [text("one")]).await;
        bench.ask("Hello?", None).await;
        bench.settle().await;
        assert!(bench.handles.fetch.sent().is_empty());
        assert_eq!(bench.handles.spawn.pending(), 0);
    });
}
