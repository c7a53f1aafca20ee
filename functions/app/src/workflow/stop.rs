//! Stopping a run from any request on any instance: whoever wants it says so in the task's partition, which the driver
//! watches.

use std::time::Duration;

use ports::{Commit, Scope};

use super::{record::Record, resume};
use crate::{Context, Result, id, keys};

/// Which paused run a task is.
const PAUSED: &str = "paused-run";

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
    Ok(())
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
