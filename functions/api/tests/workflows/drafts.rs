//! Drafting, publishing, and going back.

use std::time::Duration;

use futures::executor::block_on;
use serde_json::{Value, json};

use super::world::*;

fn echo(words: &str) -> Value {
    let template = node(
        "t",
        "template-transform",
        json!({ "template": words, "variables": [] }),
    );
    chain(vec![start(&[]), template, end(["t", "output"])])
}

#[test]
fn two_pages_never_overwrite_each_other() {
    block_on(async {
        let world = World::new([]);
        let app = world
            .console("POST", "/apps", json!({ "name": "F", "mode": "workflow" }))
            .await;
        let draft = format!("/apps/{}/workflows/draft", app["id"].as_str().unwrap());
        let (status, error) = world.try_console("GET", &draft, Value::Null).await;
        assert_eq!(
            (status.as_u16(), &error["code"]),
            (404, &json!("draft_workflow_not_exist"))
        );
        let saved = world.console("POST", &draft, echo("one")).await;
        let mut next = echo("two");
        next["hash"] = saved["hash"].clone();
        next["environment_variables"] =
            json!([{ "id": "k", "name": "key", "value_type": "secret", "value": "s3cret" }]);
        world.console("POST", &draft, next.clone()).await;
        let (status, error) = world.try_console("POST", &draft, next).await;
        assert_eq!(
            (status.as_u16(), &error["code"]),
            (409, &json!("draft_workflow_not_sync"))
        );
        // A secret is not shown, and stays when its mask comes back.
        let shown = world.console("GET", &draft, Value::Null).await;
        assert!(!shown.to_string().contains("s3cret"));
        world.console("POST", &draft, shown).await;
        let id = app["id"].as_str().unwrap();
        let file = world
            .console(
                "GET",
                &format!("/apps/{id}/export?include_secret=true"),
                Value::Null,
            )
            .await;
        assert!(file["data"].as_str().unwrap().contains("s3cret"));
        let file = world
            .console("GET", &format!("/apps/{id}/export"), Value::Null)
            .await;
        assert!(!file["data"].as_str().unwrap().contains("s3cret"));
    });
}

#[test]
fn versions_answer_until_the_next_is_published() {
    block_on(async {
        let world = World::new([]);
        let app = world.app("workflow", echo("one")).await;
        let said = async |path: &str| {
            let body = json!({ "inputs": {}, "user": "ada" });
            let (_, answer) = world.call("POST", path, &app.key, Some(&body)).await;
            answer["data"]["outputs"]["out"].clone()
        };
        let of = |path: &str| format!("/apps/{}/workflows{path}", app.id);
        world.console("POST", &of("/draft"), echo("two")).await;
        assert_eq!(said("/v1/workflows/run").await, "one");
        world.handles.clock.advance(Duration::from_secs(1));
        let marks = json!({ "marked_name": "second", "marked_comment": "says two" });
        world.console("POST", &of("/publish"), marks).await;
        assert_eq!(said("/v1/workflows/run").await, "two");
        let list = world.console("GET", &of(""), Value::Null).await;
        let items = list["items"].as_array().unwrap();
        assert_eq!(items.len(), 2);
        assert_eq!(items[0]["marked_name"], "second");
        let first = items[1]["id"].as_str().unwrap();
        assert_eq!(said(&format!("/v1/workflows/{first}/run")).await, "one");
        world
            .console("POST", &of(&format!("/{first}/restore")), json!({}))
            .await;
        let draft = world.console("GET", &of("/draft"), Value::Null).await;
        assert_eq!(draft["graph"], items[1]["graph"]);
        let (status, _) = world
            .try_console(
                "DELETE",
                &of(&format!("/{}", items[0]["id"].as_str().unwrap())),
                Value::Null,
            )
            .await;
        assert_eq!(status, 400);
        world
            .console("DELETE", &of(&format!("/{first}")), Value::Null)
            .await;
        assert_eq!(
            world.console("GET", &of(""), Value::Null).await["items"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
        // A draft runs before it is published.
        let body = json!({ "inputs": {} });
        let path = format!("/console/api/apps/{}/workflows/draft/run", app.id);
        let response = world
            .send("POST", &path, "the-admin-token", Some(&body))
            .await;
        let text = world.text(response).await;
        assert!(text.contains("\"outputs\":{\"out\":\"one\"}"), "{text}");
    });
}

#[test]
fn a_graph_that_cannot_run_is_not_published() {
    block_on(async {
        let world = World::new([]);
        let app = world
            .console("POST", "/apps", json!({ "name": "F", "mode": "workflow" }))
            .await;
        let of = |path: &str| format!("/apps/{}/workflows{path}", app["id"].as_str().unwrap());
        let mut circle = echo("x");
        let back = json!({ "source": "t", "sourceHandle": "source", "target": "t", "targetHandle": "target" });
        circle["graph"]["edges"].as_array_mut().unwrap().push(back);
        world.console("POST", &of("/draft"), circle).await;
        let (status, error) = world.try_console("POST", &of("/publish"), json!({})).await;
        assert_eq!(
            (status.as_u16(), &error["code"]),
            (400, &json!("bad_request"))
        );
        assert!(
            error["message"].as_str().unwrap().contains("`t`"),
            "{error}"
        );
    });
}
