//! Stopping a run from any request on any instance: whoever wants it says so in the task's partition, which the driver
//! watches.

use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};
use ports::{Commit, Range, Scope};
use serde::{Deserialize, Serialize};

use super::{
    record::{RUN, Record, load},
    resume,
};
use crate::{Context, Result, id, keys, store};

/// Which paused run a task is.
const PAUSED: &str = "paused-run";

/// Runs that a task began as tools.
const CHILD: &str = "child/";

/// How long it is known which they are: a run may wait for people.
const KNOWN: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Children of one read.
const PAGE: usize = 100;

/// How long a wish to stop is kept.
const KEPT: Duration = Duration::from_secs(10 * 60);

/// One waiting request; runtimes end longer ones.
const WATCH: Duration = Duration::from_secs(25);

/// Stops a task of this app; one that is not there is no error.
pub async fn stop(ctx: &Context, tenant_id: &str, app_id: &str, task_id: &str) -> Result<()> {
    let Some(task_id) = id::uuid(task_id) else {
        return Ok(());
    };
    let commit = Commit::new().put_until(key(app_id), "1", ctx.now() + KEPT);
    let scope = ctx.tenant(tenant_id);
    scope.commit(&keys::task(&task_id), commit).await?;
    nudge(ctx, tenant_id, &task_id).await
}

/// Lets a run that waits for people hear that it is to end: it has no driver that would see the wish.
pub(crate) async fn nudge(ctx: &Context, tenant_id: &str, task_id: &str) -> Result<()> {
    let paused = ctx
        .tenant(tenant_id)
        .get(&keys::task(task_id), PAUSED)
        .await?;
    if let Some(run) = paused {
        let run_id = String::from_utf8_lossy(&run.value);
        let job = resume::wake(tenant_id, &run_id, "stop")?;
        ctx.platform.queue.send(vec![job]).await?;
    }
    stop_children(ctx, tenant_id, task_id).await
}

/// A run that another one began as a tool.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Child {
    pub(crate) app_id: String,
    pub(crate) run_id: String,
    pub(crate) task_id: String,
}

/// The run that this call of a tool by the run `above` began before a crash.
pub(crate) async fn child(scope: &Scope, above: &str, key: &str) -> Result<Option<Child>> {
    let Some(above) = load::<Record>(scope, above, RUN).await? else {
        return Ok(None);
    };
    let partition = keys::task(&above.task_id);
    let child = store::load(scope, &partition, &format!("{CHILD}{key}")).await?;
    Ok(child.map(|child| child.value))
}

/// Keeps which run a call of a tool began: it ends with the run above, and a repeat of the call finds it.
pub(crate) async fn note_child(
    ctx: &Context,
    scope: &Scope,
    above: &str,
    key: &str,
    child: &Child,
) -> Result<()> {
    let Some(above) = load::<Record>(scope, above, RUN).await? else {
        return Ok(());
    };
    let (child, until) = (store::encode(child)?, ctx.now() + KNOWN);
    let commit = Commit::new().put_until(format!("{CHILD}{key}"), child, until);
    scope.commit(&keys::task(&above.task_id), commit).await?;
    Ok(())
}

/// Stops the run that a call of a tool began, if it began one: nobody wants the result any more.
pub(super) async fn stop_child(
    ctx: &Context,
    tenant_id: &str,
    above: &str,
    key: &str,
) -> Result<()> {
    match child(&ctx.tenant(tenant_id), above, key).await? {
        Some(child) => stop(ctx, tenant_id, &child.app_id, &child.task_id).await,
        None => Ok(()),
    }
}

/// Stops what a task began, and what that began. One that has ended hears it and does nothing.
fn stop_children<'a>(
    ctx: &'a Context,
    tenant_id: &'a str,
    task_id: &str,
) -> BoxFuture<'a, Result<()>> {
    let (scope, partition) = (ctx.tenant(tenant_id), keys::task(task_id));
    async move {
        let mut after = None;
        loop {
            let range = Range::prefix(CHILD, PAGE).after(after);
            let records = scope.list(&partition, range).await?;
            for record in &records {
                let child: Child = store::decode(record)?;
                stop(ctx, tenant_id, &child.app_id, &child.task_id).await?;
            }
            if records.len() < PAGE {
                return Ok(());
            }
            after = records.last().map(|record| record.key.clone());
        }
    }
    .boxed()
}

/// Whether somebody wants the run to end.
pub(super) async fn is_wished(scope: &Scope, record: &Record) -> Result<bool> {
    for key in wishes(record) {
        if scope
            .get(&keys::task(&record.task_id), &key)
            .await?
            .is_some()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What a chat's stop route writes, which asks who stops; and what a run's does.
fn wishes(record: &Record) -> [String; 2] {
    [format!("stop/{}", record.user.id), key(&record.app_id)]
}

/// Says in a task's partition which run it is that waits for people.
pub(super) async fn note_paused(scope: &Scope, record: &Record) -> Result<()> {
    let commit = Commit::new().put(PAUSED, record.id.as_bytes().to_vec());
    scope.commit(&keys::task(&record.task_id), commit).await?;
    Ok(())
}

/// Ends when the run is to end.
pub(super) async fn stopped(ctx: Context, scope: Scope, record: Record) {
    let partition = keys::task(&record.task_id);
    let mut revision = 0;
    loop {
        match scope.watch(&partition, revision, WATCH).await {
            Ok(now) if now > revision => {
                revision = now;
                if matches!(is_wished(&scope, &record).await, Ok(true)) {
                    return;
                }
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, run = record.id, "a run cannot be watched for a stop");
                ctx.platform.clock.sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

fn key(app_id: &str) -> String {
    format!("stop-run/{app_id}")
}
