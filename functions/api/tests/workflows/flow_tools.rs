//! Workflows that other workflows call as tools.

use futures::executor::block_on;
use http::StatusCode;
use serde_json::{Value, json};

use super::world::*;

const AT: &str = "/workspaces/current/tool-provider/workflow";

fn calls(id: &str, parameters: Value) -> Value {
    node(
        "tool",
        "tool",
        json!({ "provider_id": id, "provider_type": "workflow", "provider_name": "x", "tool_name": "greet",
                "tool_label": "Greet", "tool_parameters": parameters, "tool_configurations": {} }),
    )
}

fn greeting() -> Value {
    chain(vec![
        start(&["name"]),
        llm("llm", "Greet {{#start.name#}}"),
        end(["llm", "text"]),
    ])
}

#[test]
fn a_workflow_is_called_by_another() {
    block_on(async {
        let world = World::new([text("Hello Ada")]);
        let inner = world.app("workflow", greeting()).await;
        let entry = json!({ "workflow_app_id": inner.id, "name": "greet", "label": "Greet", "description": "Greets.",
                            "parameters": [{ "name": "name", "description": "Whom" }] });
        let made = world
            .console("POST", &format!("{AT}/create"), entry.clone())
            .await;
        let id = made["workflow_tool_id"].as_str().unwrap();
        let (status, error) = world
            .try_console("POST", &format!("{AT}/create"), entry)
            .await;
        assert_eq!(
            (status, &error["params"]),
            (StatusCode::BAD_REQUEST, &json!("name"))
        );
        let shown = world
            .console(
                "GET",
                &format!("{AT}/get?workflow_app_id={}", inner.id),
                Value::Null,
            )
            .await;
        assert_eq!(
            shown["tool"]["parameters"]["properties"]["name"]["description"],
            "Whom"
        );
        assert_eq!(shown["tool"]["parameters"]["required"], json!(["name"]));
        let listed = world
            .console("GET", "/workspaces/current/tools/workflow", Value::Null)
            .await;
        assert_eq!(
            (&listed[0]["id"], &listed[0]["tools"][0]["name"]),
            (&json!(id), &json!("greet"))
        );

        let given = json!({ "name": { "type": "mixed", "value": "{{#start.who#}}" } });
        let flow = |parameters| {
            chain(vec![
                start(&["who"]),
                calls(id, parameters),
                end(["tool", "out"]),
            ])
        };
        let outer = world.app("workflow", flow(given)).await;
        let (_, answer) = world.run(&outer, json!({ "who": "Ada" })).await;
        assert_eq!(
            answer["data"]["outputs"],
            json!({ "out": "Hello Ada" }),
            "{answer}"
        );
        assert_eq!(world.llm.requests()[0].messages[0].as_text(), "Greet Ada");

        // What it refuses is the node's failure.
        let outer = world.app("workflow", flow(json!({}))).await;
        let (_, answer) = world.run(&outer, json!({ "who": "Ada" })).await;
        assert!(
            answer["data"]["error"].as_str().unwrap().contains("name"),
            "{answer}"
        );
        world
            .console(
                "POST",
                &format!("{AT}/delete"),
                json!({ "workflow_tool_id": id }),
            )
            .await;
        let (_, answer) = world.run(&outer, json!({ "who": "Ada" })).await;
        assert!(
            answer["data"]["error"]
                .as_str()
                .unwrap()
                .contains("The tool `greet`"),
            "{answer}"
        );
    });
}

/// A workflow that calls one whose only request is not answered before time passes, and that one.
async fn nested(world: &World) -> (Made, Made) {
    world.handles.clock.manual();
    let inner = world.app("workflow", crate::durable::waiting()).await;
    let entry = json!({ "workflow_app_id": inner.id, "name": "wait" });
    let made = world.console("POST", &format!("{AT}/create"), entry).await;
    let node = calls(made["workflow_tool_id"].as_str().unwrap(), json!({}));
    let flow = chain(vec![start(&["x"]), node, end(["tool", "out"])]);
    (world.app("workflow", flow).await, inner)
}

async fn statuses(world: &World, app: &Made) -> Vec<Value> {
    let (_, logs) = world
        .call("GET", "/v1/workflows/logs", &app.key, None)
        .await;
    let runs = logs["data"].as_array().unwrap();
    runs.iter()
        .map(|it| it["workflow_run"]["status"].clone())
        .collect()
}

#[test]
fn who_stops_a_run_stops_the_runs_that_it_began() {
    block_on(async {
        for is_crashed in [false, true] {
            let world = World::new([]);
            let (outer, inner) = nested(&world).await;
            let (_, task) = world.begin(&outer, json!({ "x": "1" })).await;
            if is_crashed {
                world.handles.spawn.lose();
            }
            let path = format!("/v1/workflows/tasks/{task}/stop");
            let body = json!({ "user": "ada" });
            world.call("POST", &path, &outer.key, Some(&body)).await;
            world.take_over().await;
            assert_eq!(statuses(&world, &outer).await, ["stopped"], "{is_crashed}");
            assert_eq!(statuses(&world, &inner).await, ["stopped"], "{is_crashed}");
        }
    });
}

#[test]
fn a_call_that_is_repeated_after_a_crash_finds_the_run_that_it_began() {
    block_on(async {
        let world = World::new([]);
        let (outer, inner) = nested(&world).await;
        let (run, _) = world.begin(&outer, json!({ "x": "1" })).await;
        world.handles.spawn.lose();
        crate::durable::answers(&world);
        world.take_over().await;
        let (_, detail) = world
            .call("GET", &format!("/v1/workflows/run/{run}"), &outer.key, None)
            .await;
        assert_eq!(detail["outputs"], json!({ "out": "waited" }), "{detail}");
        assert_eq!(statuses(&world, &inner).await, ["succeeded"], "one run");
    });
}

#[test]
fn workflows_that_call_themselves_come_to_an_end() {
    block_on(async {
        let world = World::new([]);
        let app = world.app("workflow", greeting()).await;
        let entry = json!({ "workflow_app_id": app.id, "name": "greet" });
        let made = world.console("POST", &format!("{AT}/create"), entry).await;
        let given = json!({ "name": { "type": "mixed", "value": "{{#start.name#}}" } });
        let node = calls(made["workflow_tool_id"].as_str().unwrap(), given);
        let path = format!("/apps/{}/workflows/draft", app.id);
        let mut flow = chain(vec![start(&["name"]), node, end(["tool", "text"])]);
        flow["hash"] = world.console("GET", &path, Value::Null).await["hash"].clone();
        world.console("POST", &path, flow).await;
        world.publish(&app.id).await;
        let (_, answer) = world.run(&app, json!({ "name": "Ada" })).await;
        let error = answer["data"]["error"].as_str().unwrap();
        assert!(error.contains("more than 5 deep"), "{answer}");
    });
}

#[test]
fn what_is_no_published_workflow_is_no_tool() {
    block_on(async {
        let world = World::new([]);
        let app = world
            .console("POST", "/apps", json!({ "name": "W", "mode": "workflow" }))
            .await;
        let chat = world
            .console("POST", "/apps", json!({ "name": "C", "mode": "chat" }))
            .await;
        for (id, name, expect) in [
            (&app["id"], "flow", "workflow_app_id"),
            (&chat["id"], "flow", "workflow_app_id"),
            (&app["id"], "a b", "name"),
        ] {
            let entry = json!({ "workflow_app_id": id, "name": name });
            let (status, error) = world
                .try_console("POST", &format!("{AT}/create"), entry)
                .await;
            assert_eq!(
                (status, &error["params"]),
                (StatusCode::BAD_REQUEST, &json!(expect)),
                "{error}"
            );
        }
    });
}
