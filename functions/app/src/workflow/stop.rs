//! Stopping a run from any request on any instance: whoever wants it says so in the task's partition, which the driver
//! watches.

use std::time::Duration;

use ports::{Commit, Scope};

use super::record::Record;
use crate::{Context, Result, id, keys};

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
    ctx.tenant(tenant_id)
        .commit(&keys::task(&task_id), commit)
        .await?;
    Ok(())
}

/// Ends when the run is to end.
pub(super) async fn stopped(ctx: Context, scope: Scope, record: Record) {
    let partition = keys::task(&record.task_id);
    // What a chat's stop route writes, which asks who stops.
    let by_user = format!("stop/{}", record.user.id);
    let by_app = key(&record.app_id);
    let mut revision = 0;
    loop {
        match scope.watch(&partition, revision, WATCH).await {
            Ok(now) if now > revision => {
                revision = now;
                for key in [&by_user, &by_app] {
                    if matches!(scope.get(&partition, key).await, Ok(Some(_))) {
                        return;
                    }
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
