//! Runs on a runtime that ends an invocation: they are let go of, and the queue goes on with them.

use std::time::Duration;

use futures::executor::block_on;
use ports::Turns;
use serde_json::json;

use super::{durable, world::*};

#[test]
fn a_run_that_nobody_reads_goes_on_in_jobs() {
    block_on(async {
        let world = World::over([text("A"), text("B")], |platform| {
            platform.runtime.turns = Some(Turns {
                alone: Duration::from_secs(20),
                job: Duration::from_secs(60),
            });
        });
        world.handles.clock.manual();
        // It waits two minutes for its second attempt: longer than any turn.
        let app = world.app("workflow", durable::flow()).await;
        let (run, _) = world.begin(&app, json!({ "name": "x" })).await;
        durable::answers(&world);
        let rests = || {
            let waiting = world.handles.queue.waiting();
            waiting
                .iter()
                .filter(|job| job.id.contains("/rest/"))
                .count()
        };
        assert_eq!((rests(), world.handles.spawn.pending()), (0, 1));
        // Nothing is under way: half of its time is enough.
        world.pass(Duration::from_secs(15)).await;
        assert_eq!((rests(), world.handles.spawn.pending()), (1, 0));

        // Each job ends after half of its time, until the two minutes are over.
        let jobs = world.work_while_time_passes().await;
        assert!(jobs >= 4, "{jobs} jobs");
        let path = format!("/v1/workflows/run/{run}");
        let (_, detail) = world.call("GET", &path, &app.key, None).await;
        assert_eq!(detail["outputs"], json!({ "out": "B" }), "{detail}");
        // What was answered was not asked again.
        assert_eq!(world.llm.requests().len(), 2);
    });
}
