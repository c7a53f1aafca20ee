//! What is kept of a run while it runs: groups of what came from outside, and of the events that were shown.
//!
//! A group is committed before anything outside is touched, when answers came in, and at the end. Every commit has the
//! lease as its condition: a driver that was taken for dead writes nothing any more.

use std::time::Duration;

use ports::{Commit, Range, Revision, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::record::{EVENTS, JOURNAL, LEASE, RUN, Record, pack, unpack};
use crate::{Context, Error, Kind, Result, keys, store};

/// How long a driver may be silent before another takes its run over.
pub(super) const LEASE_TIME: Duration = Duration::from_secs(30);

/// Groups of one read.
const PAGE: usize = 100;

/// An event as it is shown and kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Counts all events of a run from 1: what a stream is rejoined by.
    pub id: u64,
    /// The API's name.
    pub name: String,
    /// Its fields beside those that every event has.
    pub data: Value,
    /// The engine's number; 0 for what the engine did not say.
    #[serde(default)]
    pub seq: u64,
}

/// Who drives a run.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Lease {
    /// Until when (milliseconds since 1970).
    pub(super) until: u64,
    /// [`ports::Kv::life`] of the driver's process.
    #[serde(default)]
    life: Option<u64>,
}

impl Lease {
    fn new(ctx: &Context, until: Timestamp) -> Self {
        Self {
            until: until.0,
            life: ctx.platform.kv.life(),
        }
    }

    /// Whether its driver may still be there: not when it was of an earlier life of the only process.
    pub(super) fn is_held(&self, ctx: &Context) -> bool {
        let life = ctx.platform.kv.life();
        let is_over = life.is_some() && self.life.is_some() && self.life != life;
        !is_over && self.until > ctx.now().0
    }
}

/// Writes a run's partition.
pub(super) struct Log {
    ctx: Context,
    scope: Scope,
    run_id: String,
    /// The lease's version, once there is one.
    version: Option<Revision>,
    groups: u64,
    /// When the last commit was.
    pub(super) at: u64,
    /// Of the last event that was shown.
    pub(super) last_event: u64,
    pub(super) entries: Vec<workflow::Entry>,
    pub(super) events: Vec<Event>,
    /// Whether the next commit gives the run out of hand: anybody may take it over.
    pub(super) lets_go: bool,
}

impl Log {
    /// Of a run that nobody has written yet, or that was taken over with this lease.
    pub(super) fn new(ctx: &Context, scope: &Scope, run_id: &str, lease: Option<Revision>) -> Self {
        Self {
            ctx: ctx.clone(),
            scope: scope.clone(),
            run_id: run_id.to_owned(),
            version: lease,
            groups: 0,
            at: ctx.now().0,
            last_event: 0,
            entries: Vec::new(),
            events: Vec::new(),
            lets_go: false,
        }
    }

    /// Goes on behind what was read.
    pub(super) fn behind(mut self, kept: &Kept) -> Self {
        self.groups = kept.groups;
        self.last_event = kept.events.last().map_or(0, |event| event.id);
        self
    }

    /// Whether there is something to commit.
    pub(super) fn is_dirty(&self) -> bool {
        !self.entries.is_empty() || !self.events.is_empty()
    }

    /// Whether a first commit has made the run exist.
    pub(super) fn exists(&self) -> bool {
        self.version.is_some()
    }

    /// Commits the groups, with other writes; `record` when it is new or has ended.
    pub(super) async fn commit(
        &mut self,
        mut commit: Commit,
        record: Option<&Record>,
    ) -> Result<()> {
        let now = self.ctx.now();
        self.groups += 1;
        for (prefix, bytes) in [
            (JOURNAL, self.packed(JOURNAL, &self.entries).await?),
            (EVENTS, self.packed(EVENTS, &self.events).await?),
        ] {
            if let Some(bytes) = bytes {
                commit = commit.put(key(prefix, self.groups), bytes);
            }
        }
        if let Some(record) = record {
            commit = commit.put(RUN, pack(&self.scope, &self.run_id, RUN, record).await?);
        }
        let until = if self.lets_go { now } else { now + LEASE_TIME };
        let lease = Lease::new(&self.ctx, until);
        commit = commit.put(LEASE, store::encode(&lease)?);
        commit = match self.version {
            Some(version) => commit.if_version(LEASE, version),
            None => commit.if_absent(LEASE),
        };
        let version = self.scope.commit(&keys::run(&self.run_id), commit).await?;
        self.version = Some(version);
        self.at = now.0;
        self.entries.clear();
        self.events.clear();
        Ok(())
    }

    async fn packed<T: Serialize>(&self, prefix: &str, group: &[T]) -> Result<Option<Vec<u8>>> {
        if group.is_empty() {
            return Ok(None);
        }
        let key = key(prefix, self.groups);
        pack(&self.scope, &self.run_id, &key, &group)
            .await
            .map(Some)
    }
}

/// Takes a run over whose driver has been silent; `None` while it is not.
pub(super) async fn take_over(
    ctx: &Context,
    scope: &Scope,
    run_id: &str,
) -> Result<Option<Revision>> {
    let partition = keys::run(run_id);
    let Some(lease) = store::load::<Lease>(scope, &partition, LEASE).await? else {
        return Ok(None);
    };
    if lease.value.is_held(ctx) {
        return Ok(None);
    }
    let next = Lease::new(ctx, ctx.now() + LEASE_TIME);
    let commit = Commit::new()
        .put(LEASE, store::encode(&next)?)
        .if_version(LEASE, lease.version);
    match scope.commit(&partition, commit).await {
        Ok(version) => Ok(Some(version)),
        Err(error) if error.kind() == ports::ErrorKind::Conflict => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What is kept of a run.
pub(super) struct Kept {
    pub(super) entries: Vec<workflow::Entry>,
    pub(super) events: Vec<Event>,
    pub(super) groups: u64,
}

/// Reads everything.
pub(super) async fn read(scope: &Scope, run_id: &str) -> Result<Kept> {
    let (entries, last) = groups(scope, run_id, JOURNAL, None).await?;
    let (events, after) = groups(scope, run_id, EVENTS, None).await?;
    let number = |key: &Option<String>| -> Result<u64> {
        let Some(key) = key else { return Ok(0) };
        let digits = key.rsplit('/').next().unwrap_or_default();
        let broken = |_| Error::new(Kind::Internal, format!("`{key}` is no group of a run"));
        digits.parse().map_err(broken)
    };
    Ok(Kept {
        entries,
        events,
        groups: number(&last)?.max(number(&after)?),
    })
}

/// Groups after a key, and the key of the last.
pub(super) async fn groups<T: serde::de::DeserializeOwned>(
    scope: &Scope,
    run_id: &str,
    prefix: &str,
    mut after: Option<String>,
) -> Result<(Vec<T>, Option<String>)> {
    let mut all = Vec::new();
    loop {
        let range = Range::prefix(prefix, PAGE).after(after.clone());
        let records = scope.list(&keys::run(run_id), range).await?;
        for record in &records {
            all.append(&mut unpack::<Vec<T>>(scope, record).await?);
            after = Some(record.key.clone());
        }
        if records.len() < PAGE {
            return Ok((all, after));
        }
    }
}

fn key(prefix: &str, number: u64) -> String {
    format!("{prefix}{number:010}")
}
