//! The ceiling of an app's parallel requests.

use std::time::Duration;

use ports::{Commit, ErrorKind, Query, Range, Scope, Timestamp};

use crate::{Error, Kind, Result, apps::App, keys};

/// A request that is never released, because its instance died, counts this long.
const SLOT: Duration = Duration::from_secs(10 * 60);

const SLOTS: &str = "slot/";
const GATE: &str = "gate";

/// A request that counts.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    partition: String,
    key: String,
}

/// Takes a slot; `TooManyRequests` if none is free. Costs nothing for an app without a ceiling.
pub(crate) async fn enter(
    scope: &Scope,
    app: &App,
    task_id: &str,
    now: Timestamp,
) -> Result<Option<Slot>> {
    let ceiling = app.max_active_requests as usize;
    if ceiling == 0 {
        return Ok(None);
    }
    let slot = Slot {
        partition: keys::active(&app.id),
        key: format!("{SLOTS}{task_id}"),
    };
    for _ in 0..64 {
        let queries = vec![
            Query::Get(GATE.to_owned()),
            Query::List(Range::prefix(SLOTS, ceiling)),
        ];
        let view = scope.read(&slot.partition, queries).await?;
        if view.answers.get(1).map_or(0, Vec::len) >= ceiling {
            let message = format!(
                "Too many requests. Please try again later. The current maximum concurrent requests allowed for {} is \
                 {ceiling}.",
                app.id
            );
            return Err(Error::new(Kind::TooManyRequests, message));
        }
        // Two that saw the same number of slots must not both enter: each changes the gate as it saw it.
        let commit = Commit::new()
            .put_until(&slot.key, SLOTS, now + SLOT)
            .put(GATE, GATE);
        let commit = match view.answers.first().and_then(|found| found.first()) {
            Some(gate) => commit.if_version(GATE, gate.version),
            None => commit.if_absent(GATE),
        };
        match scope.commit(&slot.partition, commit).await {
            Ok(_) => return Ok(Some(slot)),
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::new(
        Kind::Unavailable,
        "too many requests arrive at once; try again",
    ))
}

/// Gives a slot back.
pub(crate) async fn leave(scope: &Scope, slot: Option<Slot>) {
    let Some(slot) = slot else { return };
    if let Err(error) = scope
        .commit(&slot.partition, Commit::new().delete(slot.key))
        .await
    {
        tracing::warn!(%error, "a request counts against its app's ceiling until it expires");
    }
}
