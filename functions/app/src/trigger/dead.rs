//! Deliveries that were well-formed and still started nothing: kept, and replayed when the cause is mended.

use ports::{Commit, Range, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::app;
use crate::{Context, Error, Result, keys, store, workflow};

const PREFIX: &str = "dead/";

/// Most that an app keeps; older ones go.
const KEPT: usize = 100;

/// One of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Letter {
    /// The id that its run would have had.
    pub id: String,
    /// The trigger's node.
    pub node_id: String,
    /// The inputs of the run.
    pub inputs: Map<String, Value>,
    /// Why nothing started.
    pub error: String,
    /// When.
    pub created_at: Timestamp,
}

pub(super) async fn keep(
    ctx: &Context,
    scope: &Scope,
    app_id: &str,
    wake: &workflow::Wake,
    error: &Error,
) -> Result<()> {
    let letter = Letter {
        id: wake.run_id.clone(),
        node_id: wake.node_id.clone(),
        inputs: wake.inputs.clone(),
        error: error.message().to_owned(),
        created_at: ctx.now(),
    };
    let partition = keys::app(app_id);
    let kept = scope.list(&partition, Range::prefix(PREFIX, KEPT)).await?;
    let mut commit = Commit::new().put(
        keys::time_key("dead", letter.created_at, &letter.id),
        store::encode(&letter)?,
    );
    if let Some(oldest) = kept.first().filter(|_| kept.len() >= KEPT) {
        commit = commit.delete(&oldest.key);
    }
    scope.commit(&partition, commit).await?;
    Ok(())
}

/// What an app keeps, the oldest first.
pub async fn letters(scope: &Scope, app_id: &str) -> Result<Vec<Letter>> {
    let records = scope
        .list(&keys::app(app_id), Range::prefix(PREFIX, KEPT))
        .await?;
    records.iter().map(store::decode).collect()
}

/// Starts the run of one of them, by its id; answers the run's id.
pub async fn replay(ctx: &Context, tenant_id: &str, app_id: &str, id: &str) -> Result<String> {
    let scope = ctx.tenant(tenant_id);
    let partition = keys::app(app_id);
    for record in scope.list(&partition, Range::prefix(PREFIX, KEPT)).await? {
        let letter: Letter = store::decode(&record)?;
        if letter.id != id {
            continue;
        }
        let wake = workflow::Wake {
            run_id: letter.id.clone(),
            node_id: letter.node_id,
            by: "webhook",
            inputs: letter.inputs,
        };
        workflow::wake(ctx, &app(&scope, app_id).await?, wake).await?;
        let commit = Commit::new().delete(&record.key);
        scope.commit(&partition, commit).await?;
        return Ok(letter.id);
    }
    Err(Error::not_found("No such delivery is kept."))
}
