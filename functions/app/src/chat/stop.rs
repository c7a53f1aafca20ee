//! Stopping a generation from any request on any instance.
//!
//! Whoever wants a task stopped says so in its partition; whoever generates it watches that partition. Nothing is
//! written for a task that nobody stops.

use std::time::Duration;

use ports::{Commit, Scope};

use crate::{Context, Result, end_user::EndUser, id, keys};

/// How long a wish to stop is kept.
const KEPT: Duration = Duration::from_secs(10 * 60);

/// One waiting request; runtimes end longer ones.
const WATCH: Duration = Duration::from_secs(25);

/// Stops a task if this end user started it; anything else has no effect.
pub async fn stop(ctx: &Context, tenant_id: &str, user: &EndUser, task_id: &str) -> Result<()> {
    let Some(task_id) = id::uuid(task_id) else {
        return Ok(());
    };
    let commit = Commit::new().put_until(key(user), "1", ctx.now() + KEPT);
    ctx.tenant(tenant_id)
        .commit(&keys::task(&task_id), commit)
        .await?;
    Ok(())
}

/// Ends when the end user wants the task stopped.
pub(super) async fn stopped(ctx: Context, scope: Scope, user: EndUser, task_id: String) {
    let partition = keys::task(&task_id);
    let mut revision = 0;
    loop {
        match scope.watch(&partition, revision, WATCH).await {
            Ok(now) if now > revision => {
                revision = now;
                if matches!(scope.get(&partition, &key(&user)).await, Ok(Some(_))) {
                    return;
                }
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, task_id, "a task cannot be watched for a stop");
                ctx.platform.clock.sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// The user's id holds the app too, so that nobody stops a task of another app.
fn key(user: &EndUser) -> String {
    format!("stop/{}", user.id)
}
