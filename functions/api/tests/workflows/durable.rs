//! Runs that outlive their driver, are rejoined, and are forked.

use futures::executor::block_on;
use serde_json::{Value, json};

use super::world::*;

/// A request to an address that does not answer at first: it is made again after two minutes.
fn wait() -> Value {
    node(
        "wait",
        "http-request",
        json!({ "method": "post", "url": "https://slow.test/", "headers": "",
        "params": "", "authorization": { "type": "no-auth", "config": null }, "body": { "type": "none", "data": [] },
        "retry_config": { "retry_enabled": true, "max_retries": 1, "retry_interval": 120000 } }),
    )
}

/// Waits, and says what it was told.
pub fn waiting() -> Value {
    chain(vec![start(&[]), wait(), end(["wait", "body"])])
}

/// Two questions to the model with a pause between them.
pub fn flow() -> Value {
    chain(vec![
        start(&["name"]),
        llm("one", "first {{#start.name#}}"),
        wait(),
        llm("two", "second {{#one.text#}} {{#wait.body#}}"),
        end(["two", "text"]),
    ])
}

pub fn answers(world: &World) {
    world
        .handles
        .fetch
        .route("https://slow.test/", |_: http::Request<bytes::Bytes>| {
            Ok(http::Response::new(ports::Body::Full("waited".into())))
        });
}

#[test]
fn a_run_goes_on_after_its_driver_died() {
    block_on(async {
        let world = World::new([text("A"), text("B")]);
        world.handles.clock.manual();
        let app = world.app("workflow", flow()).await;
        // The first address does not answer: the run waits for its next attempt, and then the process is gone.
        let (run, _) = world.begin(&app, json!({ "name": "x" })).await;
        assert_eq!(world.llm.requests().len(), 1);
        world.handles.spawn.lose();
        answers(&world);
        let path = format!("/v1/workflows/run/{run}");
        assert_eq!(
            world.call("GET", &path, &app.key, None).await.1["status"],
            "running"
        );

        world.take_over().await;
        let (_, detail) = world.call("GET", &path, &app.key, None).await;
        assert_eq!(
            (&detail["status"], &detail["outputs"]),
            (&json!("succeeded"), &json!({ "out": "B" })),
            "{detail}"
        );
        // What was answered before was not asked again.
        let asked: Vec<String> = world
            .llm
            .requests()
            .iter()
            .map(|it| it.messages[0].as_text())
            .collect();
        assert_eq!(asked, ["first x", "second A waited"]);
        let (_, logs) = world
            .call("GET", "/v1/workflows/logs", &app.key, None)
            .await;
        assert_eq!(logs["total"], 1);

        // Whoever rejoins sees each event once, in order.
        let all = world.rejoin(&app, &run, Some(0)).await;
        let ids: Vec<u64> = all.iter().map(|(id, _)| id.unwrap()).collect();
        assert_eq!(ids, (1..=ids.len() as u64).collect::<Vec<_>>());
        let events: Vec<Value> = all.into_iter().map(|(_, event)| event).collect();
        let finished = |node: &str| {
            let line = format!("node_finished {node} succeeded");
            lines(&events).iter().filter(|it| **it == line).count()
        };
        assert_eq!(
            [
                finished("start"),
                finished("one"),
                finished("wait"),
                finished("two"),
                finished("end")
            ],
            [1; 5]
        );
        assert_eq!(
            lines(&events).last().unwrap(),
            "workflow_finished succeeded"
        );
    });
}

#[test]
fn who_has_the_store_alone_takes_its_own_runs_over_at_once() {
    block_on(async {
        // Whether nobody else writes the store, whether the process has started anew, and whether the run is taken over.
        for (is_alone, is_new, is_taken) in [
            (true, true, true),
            (true, false, false),
            (false, true, false),
        ] {
            let world = World::new([text("A"), text("B")]);
            world.handles.clock.manual();
            if is_alone {
                world.handles.kv.restart();
            }
            let app = world.app("workflow", flow()).await;
            world.begin(&app, json!({ "name": "x" })).await;
            world.handles.spawn.lose();
            if is_alone && is_new {
                world.handles.kv.restart();
            }
            world.look_after().await;
            let drivers = world.handles.spawn.pending();
            assert_eq!(drivers, usize::from(is_taken), "{is_alone} {is_new}");
        }
    });
}

#[test]
fn a_stream_is_rejoined_where_it_was_left() {
    block_on(async {
        let world = World::new([text("A"), text("B")]);
        answers(&world);
        let app = world.app("workflow", flow()).await;
        let (_, answer) = world.run(&app, json!({ "name": "x" })).await;
        let run = answer["workflow_run_id"].as_str().unwrap();
        let all = world.rejoin(&app, run, Some(0)).await;
        let after = world.rejoin(&app, run, Some(4)).await;
        assert_eq!(after, all[4..]);
        let only = world.rejoin(&app, run, None).await;
        assert_eq!(only.len(), 1);
        let (last, event) = (&only[0].1, &all.last().unwrap().1);
        assert_eq!(last["task_id"], run);
        for key in [
            "id",
            "status",
            "outputs",
            "total_steps",
            "total_tokens",
            "created_by",
            "exceptions_count",
        ] {
            assert_eq!(last["data"][key], event["data"][key], "{key}");
        }
        let other = format!("/v1/workflow/{run}/events?user=bob");
        assert_eq!(world.call("GET", &other, &app.key, None).await.0, 404);
    });
}

#[test]
fn a_fork_asks_nothing_again_that_comes_before() {
    block_on(async {
        let world = World::new([text("A"), text("B"), text("C"), text("D")]);
        answers(&world);
        let app = world.app("workflow", flow()).await;
        let (_, first) = world.run(&app, json!({ "name": "x" })).await;
        assert_eq!(first["data"]["outputs"], json!({ "out": "B" }));
        let run = first["workflow_run_id"].as_str().unwrap();
        let path = format!("/v1/workflows/run/{run}/fork");
        let body = json!({ "node_id": "two", "user": "ada" });
        let (status, forked) = world.call("POST", &path, &app.key, Some(&body)).await;
        assert_eq!(status, 200, "{forked}");
        assert_eq!(forked["data"]["outputs"], json!({ "out": "C" }));
        let prompts = |world: &World| -> Vec<String> {
            world
                .llm
                .requests()
                .iter()
                .map(|it| it.messages[0].as_text())
                .collect()
        };
        assert_eq!(
            prompts(&world),
            ["first x", "second A waited", "second A waited"]
        );

        // With an edited result of an earlier node.
        let body =
            json!({ "node_id": "two", "user": "ada", "outputs": { "one": { "text": "edited" } } });
        let (_, edited) = world.call("POST", &path, &app.key, Some(&body)).await;
        assert_eq!(edited["data"]["status"], "succeeded", "{edited}");
        assert_eq!(prompts(&world).last().unwrap(), "second edited waited");
        let body = json!({ "node_id": "nobody", "user": "ada" });
        let (status, error) = world.call("POST", &path, &app.key, Some(&body)).await;
        assert_eq!(
            (status.as_u16(), &error["code"]),
            (400, &json!("invalid_param"))
        );
    });
}
