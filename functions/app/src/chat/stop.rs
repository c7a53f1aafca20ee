//! Reaching a generation from any request on any instance: to stop it, and to say that somebody reads it again.
//!
//! Whoever wants something of a task says so in its partition; whoever generates it watches that partition. Nothing is
//! written for a task that nobody wants anything of.

use std::time::Duration;

use futures::{Stream, stream};
use ports::{Commit, Query, Scope};

use super::ongoing::Signal;
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
    #[cfg(feature = "workflows")]
    crate::workflow::nudge(ctx, tenant_id, &task_id).await?;
    Ok(())
}

/// Tells a task that this end user reads it again, for as long as `valid`.
pub(super) async fn follow(
    ctx: &Context,
    scope: &Scope,
    user: &EndUser,
    task_id: &str,
    valid: Duration,
) -> Result<()> {
    let commit = Commit::new().put_until(follow_key(user), "1", ctx.now() + valid);
    scope.commit(&keys::task(task_id), commit).await?;
    Ok(())
}

/// What the end user wants of the task: any number of `Followed`, and at most one `Stop`, which is the last.
pub(super) fn wishes(
    ctx: Context,
    scope: Scope,
    user: EndUser,
    task_id: String,
) -> impl Stream<Item = Signal> + Send {
    let start = Some((ctx, scope, user, task_id, 0));
    stream::unfold(start, |state| async move {
        let (ctx, scope, user, task_id, mut revision) = state?;
        let partition = keys::task(&task_id);
        loop {
            match scope.watch(&partition, revision, WATCH).await {
                Ok(now) if now > revision => {
                    revision = now;
                    let queries = vec![Query::Get(key(&user)), Query::Get(follow_key(&user))];
                    let view = scope.read(&partition, queries).await;
                    let answers = view.map(|view| view.answers).unwrap_or_default();
                    let has = |answer: usize| answers.get(answer).is_some_and(|it| !it.is_empty());
                    if has(0) {
                        return Some((Signal::Stop, None));
                    }
                    if has(1) {
                        let next = Some((ctx, scope, user, task_id, revision));
                        return Some((Signal::Followed, next));
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, task_id, "a task cannot be watched for a stop");
                    ctx.platform.clock.sleep(Duration::from_secs(1)).await;
                }
            }
        }
    })
}

/// The user's id holds the app too, so that nobody stops a task of another app.
fn key(user: &EndUser) -> String {
    format!("stop/{}", user.id)
}

fn follow_key(user: &EndUser) -> String {
    format!("follow/{}", user.id)
}
