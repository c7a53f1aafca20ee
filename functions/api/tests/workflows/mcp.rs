//! Nodes that call tools of MCP servers.

use futures::executor::block_on;
use http::StatusCode;
use serde_json::{Value, json};

use super::{
    tools::{mixed, outcome},
    world::*,
};

#[test]
fn tools_of_an_mcp_server_are_called() {
    block_on(async {
        let world = World::new([]);
        world
            .handles
            .secrets
            .set("EDGEWISE_MASTER_KEY", "a master key of tests");
        let answers = |request: http::Request<bytes::Bytes>| {
            let message: Value = serde_json::from_slice(request.body()).unwrap_or_default();
            let fits = request
                .headers()
                .get("x-key")
                .is_some_and(|key| key == "secret-1");
            let result = match message["method"].as_str() {
                _ if !fits => {
                    return Ok(http::Response::builder()
                        .status(401)
                        .body(ports::Body::Empty)
                        .unwrap());
                }
                Some("initialize") => {
                    json!({ "protocolVersion": "2025-06-18", "capabilities": {} })
                }
                Some("tools/list") => {
                    json!({ "tools": [{ "name": "greet", "title": "Greet", "description": "Greets.",
                    "inputSchema": { "type": "object", "properties": { "who": { "type": "string" } } } }] })
                }
                Some("tools/call") => {
                    let who = &message["params"]["arguments"]["who"];
                    json!({ "content": [{ "type": "text", "text": format!("Hello {}", who.as_str().unwrap()) }] })
                }
                _ => {
                    return Ok(http::Response::builder()
                        .status(202)
                        .body(ports::Body::Empty)
                        .unwrap());
                }
            };
            let told = json!({ "jsonrpc": "2.0", "id": message["id"], "result": result });
            Ok(http::Response::new(ports::Body::Full(
                told.to_string().into(),
            )))
        };
        world.handles.fetch.route("https://mcp.example/", answers);
        let at = "/workspaces/current/tool-provider/mcp";
        let mut entry = json!({ "server_identifier": "greeter", "name": "Greeter", "icon": {},
            "server_url": "https://mcp.example/mcp?token=hidden", "headers": { "x-key": "wrong" } });
        let (status, error) = world.try_console("POST", at, entry.clone()).await;
        assert_eq!(
            (status, &error["params"]),
            (StatusCode::BAD_REQUEST, &json!("server_url")),
            "{error}"
        );
        entry["headers"]["x-key"] = json!("secret-1");
        let made = world.console("POST", at, entry.clone()).await;
        assert_eq!(
            (&made["server_url"], &made["tools"][0]["label"]),
            (&json!("https://mcp.example"), &json!("Greet")),
            "{made}"
        );
        let (status, error) = world.try_console("POST", at, entry.clone()).await;
        assert_eq!(
            (status, &error["params"]),
            (StatusCode::BAD_REQUEST, &json!("server_identifier")),
            "{error}"
        );
        for (url, field) in [
            ("http://127.0.0.1/mcp", "server_url"),
            ("nothing", "server_url"),
        ] {
            let entry = json!({ "server_identifier": "other", "name": "Other", "server_url": url });
            let (_, error) = world.try_console("POST", at, entry).await;
            assert_eq!(error["params"], field, "{error}");
        }
        // What is not entered again stays.
        let change =
            json!({ "provider_id": made["id"], "server_identifier": "greeter", "name": "Greets" });
        world.console("PUT", at, change).await;
        let again = format!("{at}/{}/refresh", made["id"].as_str().unwrap());
        assert_eq!(
            world.console("POST", &again, Value::Null).await["name"],
            "Greets"
        );
        let listed = world
            .console("GET", "/workspaces/current/tools/mcp", Value::Null)
            .await;
        assert_eq!(listed[0]["name"], "Greets");
        let node = node(
            "tool",
            "tool",
            json!({ "provider_id": "greeter", "provider_type": "mcp",
            "provider_name": "greeter", "tool_name": "greet", "tool_label": "Greet",
            "tool_parameters": { "who": mixed("{{#start.text#}}") }, "tool_configurations": {} }),
        );
        let flow = chain(vec![start(&["text"]), node, end(["tool", "text"])]);
        let data = outcome(&world, flow.clone(), json!({ "text": "Ada" })).await;
        assert_eq!(data["outputs"], json!({ "out": "Hello Ada" }), "{data}");
        let gone = json!({ "provider_id": made["id"] });
        world.console("DELETE", at, gone).await;
        let data = outcome(&world, flow, json!({ "text": "Ada" })).await;
        assert!(
            data["error"]
                .as_str()
                .unwrap()
                .contains("The tool `greet` of `greeter`"),
            "{data}"
        );
    });
}
