//! The prompt engine through the router: memory, datasets chosen by a model, variables filled in by extensions.

use std::sync::Arc;

use app::{apps::Mode, key::Access};
use futures::executor::block_on;
use http::StatusCode;
use model::{
    Models, Role,
    fake::{HashEmbedder, Reply, ScriptedLlm},
};
use serde_json::{Value, json};

use super::{support::*, world::*};

/// What the model read at its n-th call, one line a message.
fn read(bench: &Bench, call: usize) -> Vec<String> {
    let line = |message: &model::Message| {
        let role = match message.role {
            Role::System => "S",
            Role::User => "U",
            Role::Assistant => "A",
            Role::Tool => "T",
        };
        format!("{role}: {}", message.as_text())
    };
    bench.llm.requests()[call]
        .messages
        .iter()
        .map(line)
        .collect()
}

#[test]
fn only_the_last_rounds_are_remembered() {
    block_on(async {
        let mut config = config();
        config["memory"] = json!({"window": {"enabled": true, "size": 1}});
        let bench = Bench::new(config, ["1", "2", "3"].map(text)).await;
        let first = bench.ask("one?", None).await;
        let id = first["conversation_id"].as_str();
        bench.ask("two?", id).await;
        bench.ask("three?", id).await;
        assert_eq!(
            read(&bench, 2),
            ["S: You are terse.", "U: two?", "A: 2", "U: three?"]
        );
    });
}

#[test]
fn a_long_conversation_is_summed_up_and_goes_on() {
    block_on(async {
        let mut config = config();
        config["memory"] = json!({"summary": {"enabled": true, "keep": 1}});
        let answers = ["1", "2", "3", "4", "5", "They counted to four.", "6"];
        let bench = Bench::new(config, answers.map(text)).await;
        let first = bench.ask("q1", None).await;
        let id = first["conversation_id"].as_str().unwrap().to_owned();
        for question in ["q2", "q3", "q4", "q5"] {
            bench.settle().await;
            // Messages of one moment have no order.
            bench
                .handles
                .clock
                .advance(std::time::Duration::from_secs(1));
            bench.ask(question, Some(&id)).await;
        }
        // All was said word for word so far; now the fifth answer is there, four rounds are summed up.
        assert_eq!(read(&bench, 4).len(), 1 + 2 * 4 + 1);
        bench.settle().await;
        let asked = read(&bench, 5);
        assert!(asked[0].contains("summary of a conversation"), "{asked:?}");
        assert!(
            asked[1].contains("Person: q4\nAssistant: 4") && !asked[1].contains("q5"),
            "{asked:?}"
        );
        bench
            .handles
            .clock
            .advance(std::time::Duration::from_secs(1));
        bench.ask("q6", Some(&id)).await;
        let expect = [
            "S: You are terse.",
            "A: Earlier in this conversation: They counted to four.",
            "U: q5",
            "A: 5",
            "U: q6",
        ];
        assert_eq!(read(&bench, 6), expect);
        // Nothing more to sum up.
        bench.settle().await;
        assert_eq!(bench.llm.requests().len(), 7);

        // The summary goes with its conversation.
        let path = format!("/v1/conversations/{id}");
        let (status, _) = bench.delete(&path, json!({"user": "ada"})).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        bench.settle().await;
        let partition = app::keys::conversation(&id);
        let kept = bench
            .ctx
            .tenant(TENANT)
            .get(&partition, "s/summary")
            .await
            .unwrap();
        assert!(kept.is_none());
    });
}

#[test]
fn a_model_without_a_summary_to_give_leaves_all_as_it_is() {
    block_on(async {
        let mut config = config();
        config["memory"] = json!({"summary": {"enabled": true, "keep": 0}});
        let answers = ["1", "2", "3", "4"].map(text).into_iter();
        let bench = Bench::new(config, answers.chain([text(" "), text("5")])).await;
        let first = bench.ask("q1", None).await;
        let id = first["conversation_id"].as_str();
        for question in ["q2", "q3", "q4"] {
            bench.ask(question, id).await;
        }
        bench.settle().await;
        bench.ask("q5", id).await;
        assert_eq!(read(&bench, 5).len(), 1 + 2 * 4 + 1);
    });
}

/// An app over two datasets, cats and engines; their ids.
async fn library(
    strategy: Value,
    replies: impl IntoIterator<Item = Reply>,
) -> (Bench, Vec<String>) {
    let (platform, handles) = ports::fake::platform();
    let llm = Arc::new(ScriptedLlm::new("scripted", replies));
    let models = Models {
        llms: vec![llm.clone()],
        embedders: vec![Arc::new(HashEmbedder::new("hash"))],
        ..Models::default()
    };
    let mut app = app(Mode::Chat, config());
    let bench = Bench::over(platform, handles, models, llm, app.clone()).await;
    let key = app::key::create(&bench.ctx, TENANT, Access::Dataset).await;
    let (_, key) = key.unwrap();
    let mut ids = Vec::new();
    for (name, about, text) in [
        (
            "Cats",
            "Everything about cats.",
            "Cats sleep sixteen hours a day.",
        ),
        ("Engines", "", "Engines sleep never while they turn."),
    ] {
        let body = json!({"name": name, "description": about});
        let made = bench.post_with(&key, "/v1/datasets", body).await;
        let id = made["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/datasets/{id}/document/create-by-text");
        let body = json!({"name": "one", "text": text, "indexing_technique": "high_quality"});
        bench.post_with(&key, &path, body).await;
        ids.push(id);
    }
    bench.settle().await;
    let datasets: Vec<Value> = ids
        .iter()
        .map(|id| json!({"dataset": {"enabled": true, "id": id}}))
        .collect();
    app.model_config.as_mut().unwrap()["dataset_configs"] = json!({
        "retrieval_model": "single", "top_k": 4,
        "datasets": {"datasets": datasets, "strategy": strategy}});
    bench.save(&app).await;
    (bench, ids)
}

#[test]
fn a_model_chooses_the_dataset() {
    block_on(async {
        let call = |name: &str| Reply::Call(name.to_owned(), "{\"query\": \"sleep\"}".to_owned());
        let check = async |strategy: Value, reply: Reply, expect: &[&str]| {
            let (bench, _) = library(strategy.clone(), [reply, text("So.")]).await;
            let answer = bench.ask("Who sleeps, cats or engines?", None).await;
            assert_eq!(answer["answer"], "So.");
            let sources = answer["metadata"]["retriever_resources"]
                .as_array()
                .unwrap();
            let names: Vec<_> = sources
                .iter()
                .map(|s| s["dataset_name"].as_str().unwrap())
                .collect();
            assert_eq!(names, expect, "{strategy}");
            bench
        };
        let bench = check(json!("router"), call("search_1"), &["Engines"]).await;
        let routing = &bench.llm.requests()[0];
        let tools: Vec<_> = routing
            .tools
            .iter()
            .map(|t| t.description.as_str())
            .collect();
        assert_eq!(
            tools,
            [
                "Cats: Everything about cats.",
                "useful for questions about Engines"
            ]
        );
        check(Value::Null, call("search_0"), &["Cats"]).await;
        check(json!("router"), call("search_9"), &[]).await;
        check(json!("router"), text("I would look into Cats."), &["Cats"]).await;
        check(json!("router"), text("None of them."), &[]).await;

        let thought = "Thought: it is about machines.\n{\"action\": 2}";
        let bench = check(json!("react_router"), text(thought), &["Engines"]).await;
        let routing = &bench.llm.requests()[0];
        assert!(routing.tools.is_empty());
        let ask = routing.messages[0].as_text();
        assert!(
            ask.contains("1. Cats: Everything about cats.\n2. useful"),
            "{ask}"
        );
        check(
            json!("react_router"),
            text("{\"action\": \"1\"}"),
            &["Cats"],
        )
        .await;
        check(json!("react_router"), text("{\"action\": 0}"), &[]).await;
        check(
            json!("react_router"),
            text("Cats or Engines, who knows"),
            &[],
        )
        .await;
    });
}

#[test]
fn one_dataset_needs_no_choice() {
    block_on(async {
        let (bench, ids) = library(json!("router"), [text("So.")]).await;
        let mut app = app(Mode::Chat, config());
        app.model_config.as_mut().unwrap()["dataset_configs"] = json!({"retrieval_model": "single",
            "datasets": {"datasets": [{"dataset": {"enabled": true, "id": ids[0]}}]}});
        bench.save(&app).await;
        let answer = bench.ask("Who sleeps?", None).await;
        assert_eq!(answer["answer"], "So.");
        assert_eq!(
            answer["metadata"]["retriever_resources"][0]["dataset_name"],
            "Cats"
        );
    });
}

#[test]
fn extensions_fill_in_variables() {
    block_on(async {
        let bench = Bench::new(config(), []).await;
        extension_answers(
            &bench.handles.fetch,
            |asked| match asked["params"]["query"].as_str() {
                Some("fail?") => (200, json!({"error": "no"})),
                _ => (
                    200,
                    json!({"result": format!("22 degrees for {}", asked["params"]["inputs"]["city"])}),
                ),
            },
        );
        let id = extension(&bench).await;
        let tool = json!({"enabled": true, "variable": "weather", "label": "Weather", "type": "api",
            "config": {"api_based_extension_id": id}});
        let mut config = config();
        config["pre_prompt"] = "In {{city}} it is {{weather}}.".into();
        config["user_input_form"] = json!([{"text-input": {"variable": "city", "label": "City"}}]);
        config["external_data_tools"] = json!([tool]);
        bench.save(&app(Mode::Chat, config)).await;
        let ask = |query: &str| {
            let mut body = question(query, None);
            body["inputs"] = json!({"city": "Lindau"});
            body
        };
        let (status, answer) = bench.post("/v1/chat-messages", ask("and now?")).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(
            read(&bench, 0),
            [
                "S: In Lindau it is 22 degrees for \"Lindau\".",
                "U: and now?"
            ]
        );
        let expect = json!({"app_id": APP, "tool_variable": "weather", "inputs": {"city": "Lindau"}, "query": "and now?"});
        assert_eq!(
            asked(&bench),
            [json!({"point": "app.external_data_tool.query", "params": expect})]
        );

        let (status, body) = bench.post("/v1/chat-messages", ask("fail?")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(body["code"], "completion_request_error");
        assert!(
            body["message"].as_str().unwrap().contains("guard"),
            "{body}"
        );
    });
}

#[test]
fn only_documents_that_meet_the_conditions_are_found() {
    block_on(async {
        let (bench, ids) = library(json!("router"), []).await;
        let check = async |conditions: Value, inputs: Value, expect: &[&str]| {
            let datasets: Vec<Value> = ids
                .iter()
                .map(|id| json!({"dataset": {"enabled": true, "id": id}}))
                .collect();
            let mut config = config();
            config["user_input_form"] =
                json!([{"text-input": {"variable": "name", "label": "Name"}}]);
            config["dataset_configs"] = json!({"retrieval_model": "multiple", "top_k": 4,
                "datasets": {"datasets": datasets}, "metadata_filtering_mode": "manual",
                "metadata_filtering_conditions": {"logical_operator": "and", "conditions": conditions}});
            bench.save(&app(Mode::Chat, config)).await;
            let mut body = question("Who sleeps?", None);
            body["inputs"] = inputs;
            let (status, answer) = bench.post("/v1/chat-messages", body).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
            let sources = answer["metadata"]["retriever_resources"]
                .as_array()
                .unwrap();
            let mut names: Vec<_> = sources
                .iter()
                .map(|s| s["dataset_name"].as_str().unwrap())
                .collect();
            names.sort_unstable();
            assert_eq!(names, expect, "{conditions}");
        };
        let condition = |name: &str, operator: &str, value: &str| json!({"name": name, "comparison_operator": operator, "value": value});
        check(json!([]), json!({}), &["Cats", "Engines"]).await;
        check(
            json!([condition("document_name", "is", "one")]),
            json!({}),
            &["Cats", "Engines"],
        )
        .await;
        check(
            json!([condition("document_name", "contains", "{{name}}")]),
            json!({"name": "two"}),
            &[],
        )
        .await;
        check(
            json!([condition("document_name", "contains", "{{name}}")]),
            json!({"name": "on"}),
            &["Cats", "Engines"],
        )
        .await;
        check(
            json!([condition("upload_date", "before", "10")]),
            json!({}),
            &[],
        )
        .await;
        check(json!([condition("colour", "is", "red")]), json!({}), &[]).await;
    });
}

#[test]
fn a_model_makes_the_conditions_out_of_the_question() {
    block_on(async {
        let check = async |model: Value, said: &str, expect: usize| {
            let (bench, ids) = library(json!("router"), [text(said), text("So.")]).await;
            let datasets: Vec<Value> = ids
                .iter()
                .map(|id| json!({"dataset": {"enabled": true, "id": id}}))
                .collect();
            let mut config = config();
            config["dataset_configs"] = json!({"retrieval_model": "multiple", "top_k": 4,
                "datasets": {"datasets": datasets}, "metadata_filtering_mode": "automatic",
                "metadata_model_config": model});
            bench.save(&app(Mode::Chat, config)).await;
            let answer = bench.ask("Who sleeps, as the old papers say?", None).await;
            assert_eq!(answer["answer"], "So.", "{said}");
            let sources = &answer["metadata"]["retriever_resources"];
            assert_eq!(
                sources.as_array().unwrap().len(),
                expect,
                "{said}: {sources}"
            );
            let asked = &bench.llm.requests()[0].messages;
            let fields = asked[0].as_text();
            assert!(
                fields.contains("`upload_date`") && fields.contains("Today is "),
                "{fields}"
            );
            assert_eq!(asked[1].as_text(), "Who sleeps, as the old papers say?");
        };
        let old = json!({"conditions": [{"name": "upload_date", "comparison_operator": "before",
            "value": "1969-12-31"}]});
        let named = json!({"logical_operator": "or", "conditions": [
            {"name": "document_name", "comparison_operator": "is", "value": "one"},
            {"name": "document_name", "comparison_operator": "is", "value": "two"}]});
        let nobody = json!({"conditions": [{"name": "document_name", "comparison_operator": "is", "value": "two"}]});
        let model = json!({"provider": "local", "name": "scripted", "mode": "chat", "completion_params": {}});
        check(Value::Null, &named.to_string(), 2).await;
        check(model.clone(), &nobody.to_string(), 0).await;
        check(model.clone(), "I would not know.", 2).await;
        // Before there were such moments, so that it is no condition.
        check(model, &old.to_string(), 2).await;
    });
}
