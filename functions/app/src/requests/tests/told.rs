//! What a collector is told of calls.

use std::{future::poll_fn, task::Poll};

use super::*;

#[test]
fn every_call_is_told_to_the_collector() {
    block_on(async {
        let (ctx, handles) = context().await;
        let collector = "https://collector.example";
        let name = "OTEL_EXPORTER_OTLP_ENDPOINT";
        handles.secrets.set(name, collector);
        handles.fetch.route(collector, |_| {
            Ok(http::Response::new(ports::Body::Full("{}".into())))
        });
        let run = "00000000-0000-4000-8000-0000000000ab";
        let of = Of {
            run_id: Some(run.to_owned()),
            ..Of::default()
        };
        let of_run = Tab::new(&ctx, TENANT, Purpose::Node, of);
        let providers = Providers::on(&of_run).await.unwrap();
        ask(&providers, "says", 9).await;
        ask(&providers, "refuses", 9).await;
        let providers = Providers::on(&tab(&ctx, Purpose::Title)).await.unwrap();
        ask(&providers, "silent", 9).await;
        let embedder = providers.embedder("far", "vectors").await.unwrap();
        let texts = ["house".to_owned()];
        embedder.embed(&texts, model::Purpose::Query).await.unwrap();
        // What was told waits a little before it is sent.
        let step = || poll_fn(|context| Poll::Ready(handles.spawn.poll(context).is_ready()));
        while !step().await {
            handles.clock.advance(Duration::from_secs(3));
        }

        let sent = handles.fetch.sent();
        let body = |path: &str| {
            let mut sent = sent.iter();
            let found = sent.find(|it| it.head.uri().path() == path);
            serde_json::from_slice::<serde_json::Value>(&found.unwrap().body).unwrap()
        };
        let attributes = |of: &serde_json::Value| {
            let all = of["attributes"].as_array().unwrap().iter();
            let said = all.map(|it| {
                let value = it["value"].as_object().unwrap().values().next().unwrap();
                let value = value.as_str().map_or(value.to_string(), str::to_owned);
                (it["key"].as_str().unwrap().to_owned(), value)
            });
            said.collect::<BTreeMap<_, _>>()
        };
        let traces = body("/v1/traces");
        let spans = &traces["resourceSpans"][0]["scopeSpans"][0]["spans"];
        let spans = spans.as_array().unwrap().iter().map(|span| {
            let said = attributes(span);
            let said = |name: &str| said.get(name).cloned().unwrap_or_default();
            let in_run = span["traceId"] == run.replace('-', "");
            assert_eq!(span.get("parentSpanId").is_some(), in_run, "{span}");
            assert_eq!(span["kind"], 3, "{span}");
            format!(
                "{} {} {in_run} {}",
                span["name"].as_str().unwrap(),
                said("edgewise.purpose"),
                said("error.type")
            )
        });
        let expect = [
            "chat says node true ",
            "chat refuses node true unavailable",
            "chat silent title false ",
            "embeddings vectors title false ",
        ];
        assert_eq!(spans.collect::<Vec<_>>(), expect);

        let metrics = body("/v1/metrics");
        let metrics = &metrics["resourceMetrics"][0]["scopeMetrics"][0]["metrics"];
        let metrics = metrics.as_array().unwrap().iter().map(|metric| {
            let point = &metric["histogram"]["dataPoints"][0];
            let said = attributes(point);
            let said = |name: &str| said.get(name).cloned().unwrap_or_default();
            let name = metric["name"].as_str().unwrap();
            let name = name.trim_start_matches("gen_ai.client.");
            let model = said("gen_ai.request.model");
            let what = said("gen_ai.token.type") + &said("error.type");
            format!("{name} {model} {what} {}", point["sum"])
        });
        // What the provider does not say is counted nowhere.
        let expect = [
            "operation.duration refuses unavailable 0.0",
            "token.usage says input 1000.0",
            "token.usage says output 200.0",
            "operation.duration says  0.0",
            "operation.duration silent  0.0",
            "token.usage vectors input 7.0",
            "token.usage vectors output 0.0",
            "operation.duration vectors  0.0",
        ];
        assert_eq!(metrics.collect::<Vec<_>>(), expect);
    });
}
