//! A commit and the job that it makes necessary lie in different partitions, so a process can end between the two. A
//! job that is sent before the commit and looks after it closes the gap: nothing waits for ever, nothing is left over.

use std::time::Duration;

use ports::Job;

use super::{
    Status,
    steps::{Step, TOPIC, send},
};
use crate::{Context, Kind, Result, store};

/// When to look: long after any commit, soon enough for people.
const LATER: Duration = Duration::from_secs(30);

/// To be called before the commit that makes `step` necessary. Whoever commits sends the step too: this is for when
/// that is cut off.
pub(crate) async fn promise(ctx: &Context, step: &Step) -> Result<()> {
    let id = format!("{}/promised", step.id());
    let promised = Step::Promised {
        promised: Box::new(step.clone()),
    };
    let job = Job::new(id, TOPIC, store::encode(&promised)?).delayed(LATER);
    Ok(ctx.platform.queue.send(vec![job]).await?)
}

/// Sends a promised step if its commit was made and the step is still to be done.
pub(super) async fn keep(ctx: &Context, step: &Step) -> Result<()> {
    let due = match step {
        Step::Extract(version) => {
            let (tenant, dataset) = (&version.tenant_id, &version.dataset_id);
            let document = super::get(ctx, tenant, dataset, &version.document_id).await;
            found(document)?.is_some_and(|it| {
                it.generation == version.generation && it.status == Status::Waiting
            })
        }
        Step::Clean {
            tenant_id,
            dataset_id,
            document_id,
            generation,
        } => {
            let document = super::get(ctx, tenant_id, dataset_id, document_id).await;
            found(document)?.is_none_or(|it| it.generation != *generation)
        }
        Step::Forget {
            tenant_id,
            dataset_id,
        } => {
            let dataset = crate::dataset::get(ctx, tenant_id, dataset_id).await;
            found(dataset)?.is_none()
        }
        _ => false,
    };
    if due {
        send(ctx, step.clone()).await?;
    }
    Ok(())
}

fn found<T>(outcome: Result<T>) -> Result<Option<T>> {
    match outcome {
        Err(error) if error.kind() == Kind::NotFound => Ok(None),
        outcome => outcome.map(Some),
    }
}
