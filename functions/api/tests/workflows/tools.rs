//! Nodes that call tools, and agents that do.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures::{
    FutureExt,
    executor::block_on,
    future::{pending, ready},
};
use http::StatusCode;
use model::fake::Reply;
use serde_json::{Value, json};

use super::world::*;

fn tool(provider: &str, name: &str, parameters: Value, configuration: Value) -> Value {
    node(
        "tool",
        "tool",
        json!({ "provider_id": provider, "provider_type": "builtin", "provider_name": provider, "tool_name": name,
                "tool_label": name, "tool_parameters": parameters, "tool_configurations": configuration }),
    )
}

pub fn mixed(text: &str) -> Value {
    json!({ "type": "mixed", "value": text })
}

pub async fn outcome(world: &World, flow: Value, inputs: Value) -> Value {
    let app = world.app("workflow", flow).await;
    let (status, answer) = world.run(&app, inputs).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer["data"].clone()
}

#[test]
fn tools_are_called_with_what_the_run_knows() {
    block_on(async {
        let world = World::new([]);
        let check = async |node: Value, output: &str, expect: Value| {
            let flow = chain(vec![start(&["text"]), node, end(["tool", output])]);
            let data = outcome(&world, flow, json!({ "text": "6*7" })).await;
            assert_eq!(
                (&data["status"], &data["outputs"]["out"]),
                (&json!("succeeded"), &expect),
                "{data}"
            );
        };
        let sum = json!({ "expression": mixed("{{#start.text#}} + 1") });
        let maths = |provider: &str| tool(provider, "eval_expression", sum.clone(), json!({}));
        check(maths("maths"), "text", json!("43")).await;
        check(maths("langgenius/maths/maths"), "json", json!([])).await;
        let content =
            json!({ "content": mixed(r#"{"a": {"b": 1}}"#), "json_filter": mixed("$.a") });
        let parse = tool("json_process", "parse", content, json!({}));
        check(parse, "json", json!([{ "b": 1 }])).await;
        // As the files of old versions say it: the day in Shanghai.
        let when = json!({ "format": "%Y", "timezone": "Asia/Shanghai" });
        let flow = chain(vec![
            start(&["text"]),
            tool("time", "current_time", json!({}), when),
            end(["tool", "text"]),
        ]);
        let data = outcome(&world, flow, json!({ "text": "x" })).await;
        let year = data["outputs"]["out"].as_str().unwrap();
        assert!(year.len() == 4 && year.parse::<u32>().is_ok(), "{data}");
    });
}

#[test]
fn what_goes_wrong_with_a_tool_is_the_nodes_failure() {
    block_on(async {
        let world = World::new([]);
        for (provider, name, expect) in [
            (
                "sky",
                "look_up",
                "The tool `look_up` of `sky` (provider type `builtin`) is not installed here.",
            ),
            ("maths", "eval_expression", "`expression` is required"),
        ] {
            let node = tool(provider, name, json!({}), json!({}));
            let flow = chain(vec![start(&["text"]), node, end(["tool", "text"])]);
            let data = outcome(&world, flow, json!({ "text": "x" })).await;
            assert_eq!(data["status"], "failed");
            assert!(data["error"].as_str().unwrap().contains(expect), "{data}");
        }
    });
}

/// An agent that is asked what the start node's `variable` says.
pub fn agent(strategy: &str, variable: &str, tools: Value) -> Value {
    let constant = |value: Value| json!({ "type": "constant", "value": value });
    let model =
        json!({ "provider": "local", "model": "scripted", "mode": "chat", "model_type": "llm" });
    node(
        "agent",
        "agent",
        json!({
            "agent_strategy_name": strategy,
            "agent_strategy_provider_name": "langgenius/agent/agent",
            "agent_parameters": {
                "instruction": constant(json!(format!("Be brief, {{{{#start.{variable}#}}}}."))),
                "query": constant(json!(format!("{{{{#start.{variable}#}}}}?"))),
                "model": constant(model),
                "maximum_iterations": constant(json!(2)),
                "tools": constant(tools),
            },
        }),
    )
}

pub fn maths() -> Value {
    json!([{ "enabled": true, "type": "builtin", "provider_name": "langgenius/maths/maths",
             "tool_name": "eval_expression", "parameters": { "expression": { "auto": 1, "value": null } } }])
}

#[test]
fn an_agent_works_on_its_own_and_the_graph_goes_on() {
    block_on(async {
        let call = Reply::Call("eval_expression".into(), r#"{"expression": "6*7"}"#.into());
        let world = World::new([call, text("It is 42")]);
        let nodes = |last: [&str; 2]| {
            chain(vec![
                start(&["text"]),
                agent("function_calling", "text", maths()),
                end(last),
            ])
        };
        let app = world.app("workflow", nodes(["agent", "text"])).await;
        let body = json!({ "inputs": { "text": "6*7" } });
        let events = world.stream("/v1/workflows/run", &app, body).await;
        let shown = lines(&events);
        assert_eq!(
            shown[2..19],
            [
                "node_finished start succeeded",
                "node_started agent",
                "agent_log ROUND 1 start",
                "agent_log Thought start",
                "agent_log Thought success",
                "agent_log CALL eval_expression start",
                "agent_log CALL eval_expression success",
                "agent_log ROUND 1 success",
                "agent_log ROUND 2 start",
                "agent_log Thought start",
                "text_chunk It ",
                "text_chunk is ",
                "text_chunk 42",
                "agent_log Thought success",
                "agent_log ROUND 2 success",
                "node_finished agent succeeded",
                "node_started end",
            ]
        );
        let done = events
            .iter()
            .find(|event| event["data"]["node_id"] == "agent" && event["event"] == "node_finished");
        let outputs = &done.unwrap()["data"]["outputs"];
        assert_eq!(outputs["text"], "It is 42");
        assert!(
            outputs["usage"]["total_tokens"].as_u64() > Some(0),
            "{outputs}"
        );
        let steps = outputs["json"].as_array().unwrap();
        assert_eq!(steps.len(), 5);
        assert_eq!(steps[0]["label"], "ROUND 1");
        let call = &steps[2]["data"];
        assert_eq!(
            (&call["tool_call_args"], &call["output"]),
            (&json!({ "expression": "6*7" }), &json!("42"))
        );
        let asked = world.llm.requests();
        assert_eq!(asked[0].messages[0].as_text(), "Be brief, 6*7.");
        assert_eq!(asked[0].messages[1].as_text(), "6*7?");
        assert_eq!(asked[0].tools.len(), 1);
        assert!(events.last().unwrap()["data"]["total_tokens"].as_u64() > Some(0));
    });
}

/// Pets are listed; of dogs nobody tells before the second time. Gives how often was asked for cats and for dogs.
fn slow_pets(world: &World) -> Arc<[AtomicUsize; 2]> {
    let asked = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
    let counts = asked.clone();
    world
        .handles
        .fetch
        .route_streaming("https://pets.example/", move |request| {
            let is_dog = request.uri().to_string().ends_with("kind=dog");
            let before = counts[usize::from(is_dog)].fetch_add(1, Ordering::Relaxed);
            if is_dog && before == 0 {
                return pending().boxed();
            }
            let body = ports::Body::Full("Rex".into());
            ready(Ok(http::Response::new(body))).boxed()
        });
    asked
}

#[test]
fn an_agent_whose_driver_died_repeats_nothing_that_was_answered() {
    block_on(async {
        let call = |kind: &str| Reply::Call("listPets".into(), json!({ "kind": kind }).to_string());
        let world = World::new([call("cat"), call("dog"), text("Rex")]);
        world.handles.clock.manual();
        let asked = slow_pets(&world);
        let add = json!({ "provider": "Pets", "schema": pets(), "credentials": { "auth_type": "none" },
                          "icon": {} });
        world
            .console("POST", "/workspaces/current/tool-provider/api/add", add)
            .await;
        let tools = json!([{ "enabled": true, "type": "api", "provider_name": "Pets",
                             "tool_name": "listPets", "parameters": {} }]);
        let nodes = vec![
            start(&["text"]),
            agent("function_calling", "text", tools),
            end(["agent", "text"]),
        ];
        let app = world.app("workflow", chain(nodes)).await;
        let (run, _) = world.begin(&app, json!({ "text": "pets" })).await;
        assert_eq!(world.llm.requests().len(), 2, "it waits for the dogs");
        world.handles.spawn.lose();
        world.take_over().await;
        let path = format!("/v1/workflows/run/{run}");
        let (_, detail) = world.call("GET", &path, &app.key, None).await;
        assert_eq!(detail["outputs"], json!({ "out": "Rex" }), "{detail}");
        assert_eq!(world.llm.requests().len(), 3, "no round is asked for twice");
        let asked: Vec<usize> = asked.iter().map(|it| it.load(Ordering::Relaxed)).collect();
        assert_eq!(asked, [1, 2], "a call that was answered is not made again");
        let kept = world.rejoin(&app, &run, Some(0)).await;
        let kept: Vec<Value> = kept.into_iter().map(|(_, event)| event).collect();
        let shown = lines(&kept);
        for (line, times) in [
            ("agent_log Thought success", 3),
            ("agent_log CALL listPets start", 2),
            ("agent_log CALL listPets success", 2),
        ] {
            assert_eq!(
                shown.iter().filter(|it| **it == line).count(),
                times,
                "{shown:?}"
            );
        }
    });
}

#[test]
fn an_agent_that_cannot_work_says_what_is_missing() {
    block_on(async {
        let unknown = json!([{ "enabled": true, "type": "builtin", "provider_name": "duckduckgo", "tool_name": "ddgo_search" }]);
        for (strategy, tools, expect) in [
            ("ReAct", unknown, "The tool `ddgo_search` of `duckduckgo`"),
            (
                "dreaming",
                maths(),
                "the agent strategy `dreaming` of `langgenius/agent/agent`",
            ),
        ] {
            let world = World::new([]);
            let flow = chain(vec![
                start(&["text"]),
                agent(strategy, "text", tools),
                end(["agent", "text"]),
            ]);
            let data = outcome(&world, flow, json!({ "text": "x" })).await;
            assert_eq!(data["status"], "failed");
            assert!(data["error"].as_str().unwrap().contains(expect), "{data}");
        }
    });
}

fn pets() -> String {
    json!({
        "openapi": "3.0.0", "servers": [{ "url": "https://pets.example" }],
        "paths": { "/pets": {
            "get": { "operationId": "listPets", "summary": "All pets",
                     "parameters": [{ "name": "kind", "in": "query", "schema": { "type": "string" } }] },
            "post": { "operationId": "addPet", "requestBody": { "content": { "application/json": { "schema": {
                "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"] } } } } },
        } },
    })
    .to_string()
}

fn api(provider: &str, name: &str, parameters: Value) -> Value {
    node(
        "tool",
        "tool",
        json!({ "provider_id": provider, "provider_type": "api", "provider_name": provider, "tool_name": name,
                "tool_label": name, "tool_parameters": parameters, "tool_configurations": {} }),
    )
}

#[test]
fn apis_of_the_workspace_are_tools() {
    block_on(async {
        let world = World::new([]);
        world
            .handles
            .secrets
            .set("EDGEWISE_MASTER_KEY", "a master key of tests");
        world.handles.fetch.route(
            "https://pets.example/",
            |request: http::Request<bytes::Bytes>| {
                let fits = request
                    .headers()
                    .get("x-key")
                    .is_some_and(|key| key == "Bearer secret-1");
                let (status, body) = match fits {
                    true => (200, r#"{"pets": ["Rex"]}"#),
                    false => (401, "who are you?"),
                };
                let answer = http::Response::builder().status(status);
                Ok(answer.body(ports::Body::Full(body.into())).unwrap())
            },
        );
        let at = |path: &str| format!("/workspaces/current/tool-provider/api/{path}");
        let credentials = json!({ "auth_type": "api_key_header", "api_key_header": "X-Key",
                                  "api_key_header_prefix": "bearer", "api_key_value": "secret-1" });
        let entry = json!({ "provider": "Pets", "schema": pets(), "credentials": credentials, "icon": { "content": "x" } });

        // Looked at and tried before it is kept.
        let offers = world
            .console("POST", &at("schema"), json!({ "schema": pets() }))
            .await;
        assert_eq!(offers["parameters_schema"][0]["name"], "listPets");
        let mut trial = entry.clone();
        trial["tool_name"] = json!("listPets");
        trial["parameters"] = json!({ "kind": "dog" });
        let tried = world.console("POST", &at("test/pre"), trial.clone()).await;
        assert_eq!(tried["result"], r#"{"pets": ["Rex"]}"#);
        trial["credentials"]["api_key_value"] = json!("wrong");
        let tried = world.console("POST", &at("test/pre"), trial).await;
        assert!(tried["error"].as_str().unwrap().contains("401"), "{tried}");

        world.console("POST", &at("add"), entry.clone()).await;
        let (status, error) = world.try_console("POST", &at("add"), entry.clone()).await;
        assert_eq!(
            (status, &error["params"]),
            (StatusCode::BAD_REQUEST, &json!("provider"))
        );
        let shown = world
            .console("GET", &at("get?provider=Pets"), Value::Null)
            .await;
        assert_eq!(shown["credentials"]["api_key_value"], "[__HIDDEN__]");
        let listed = world
            .console("GET", "/workspaces/current/tools/api", Value::Null)
            .await;
        assert_eq!(
            (&listed[0]["name"], &listed[0]["tools"][1]["name"]),
            (&json!("Pets"), &json!("addPet"))
        );
        assert!(!listed.to_string().contains("secret-1"));
        let built_in = world
            .console("GET", "/workspaces/current/tools/builtin", Value::Null)
            .await;
        assert_eq!(built_in[0]["tools"][0]["name"], "current_time");

        // Changed without its key, which stays.
        let mut changed = entry;
        changed["original_provider"] = json!("Pets");
        changed["provider"] = json!("Animals");
        changed["credentials"]["api_key_value"] = json!("[__HIDDEN__]");
        world.console("POST", &at("update"), changed).await;

        let flow = |name: &str, parameters: Value| {
            let provider = listed[0]["id"].as_str().unwrap();
            chain(vec![
                start(&["text"]),
                api(provider, name, parameters),
                end(["tool", "json"]),
            ])
        };
        let data = outcome(
            &world,
            flow("listPets", json!({ "kind": mixed("{{#start.text#}}") })),
            json!({ "text": "dog" }),
        )
        .await;
        assert_eq!(
            data["outputs"]["out"],
            json!([{ "pets": ["Rex"] }]),
            "{data}"
        );
        outcome(
            &world,
            flow("addPet", json!({ "name": mixed("Tom") })),
            json!({ "text": "x" }),
        )
        .await;
        let sent = world.handles.fetch.sent();
        let last = |back: usize| &sent[sent.len() - back];
        assert_eq!(last(2).head.uri(), "https://pets.example/pets?kind=dog");
        assert!(last(2).head.headers().get("idempotency-key").is_none());
        assert!(last(1).head.headers().get("idempotency-key").is_some());
        assert_eq!(&last(1).body[..], br#"{"name":"Tom"}"#);

        world
            .console("POST", &at("delete"), json!({ "provider": "Animals" }))
            .await;
        let data = outcome(&world, flow("listPets", json!({})), json!({ "text": "x" })).await;
        assert!(
            data["error"]
                .as_str()
                .unwrap()
                .contains("The tool `listPets`"),
            "{data}"
        );
    });
}

#[test]
fn an_api_that_cannot_be_used_is_refused_by_its_field() {
    block_on(async {
        let world = World::new([]);
        let path = "/workspaces/current/tool-provider/api/add";
        let none = json!({ "auth_type": "none" });
        let private = pets().replace("https://pets.example", "http://169.254.169.254");
        for (provider, schema, credentials, expect) in [
            ("", pets(), none.clone(), "provider"),
            ("Pets", "{}".to_owned(), none.clone(), "schema"),
            ("Pets", "a: [".to_owned(), none.clone(), "schema"),
            ("Pets", private, none.clone(), "schema"),
            (
                "Pets",
                pets(),
                json!({ "auth_type": "magic" }),
                "credentials.auth_type",
            ),
            (
                "Pets",
                pets(),
                json!({ "auth_type": "api_key_header", "api_key_value": "k", "api_key_header": "a b" }),
                "credentials.api_key_header",
            ),
        ] {
            let body =
                json!({ "provider": provider, "schema": schema, "credentials": credentials });
            let (status, error) = world.try_console("POST", path, body).await;
            assert_eq!(
                (status, &error["params"]),
                (StatusCode::BAD_REQUEST, &json!(expect)),
                "{error}"
            );
        }
    });
}
