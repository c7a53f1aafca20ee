//! Writing rows, and dropping the days of old ones.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::FutureExt;
use ports::{Commit, Range, Scope, Timestamp};

use super::Row;
use crate::{Context, Result, keys, log::day::day, store};

/// Keys of rows begin with this.
pub(crate) const ROWS: &str = "q/";

const DAYS: &str = "d/";

/// Partitions of a day, so that none gets hot.
const SHARDS: u8 = 4;

/// Rows of one commit: every store takes as many.
const TOGETHER: usize = 100;

/// Rows that wait at most; more are dropped.
const MOST: usize = 10_000;

/// Days of one read.
const BATCH: usize = 500;

/// Rows that are about to be written.
#[derive(Default)]
pub(crate) struct Buffer(Mutex<State>);

#[derive(Default)]
struct State {
    rows: Vec<(String, Row)>,
    /// When the task that writes was last heard of.
    writing: Option<Timestamp>,
}

/// A task that was not heard of for so long is gone: a host may forget one without dropping it.
const SILENCE: Duration = Duration::from_secs(60);

/// A task that writes. It may be dropped in the middle, or before it begins: the next row begins another.
struct Writing {
    ctx: Context,
    is_over: bool,
}

impl Drop for Writing {
    fn drop(&mut self) {
        if !self.is_over {
            self.ctx.requests.state().writing = None;
        }
    }
}

impl Buffer {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has rows written beside the request. What comes while others are written is written together.
    pub(crate) fn push(&self, ctx: &Context, tenant_id: &str, rows: Vec<Row>) {
        if rows.is_empty() {
            return;
        }
        let now = ctx.now();
        {
            let mut state = self.state();
            if state.rows.len() >= MOST {
                tracing::warn!("rows of requests were dropped: the store does not keep up");
            } else {
                let rows = rows.into_iter().map(|row| (tenant_id.to_owned(), row));
                state.rows.extend(rows);
            }
            if state.writing.is_some_and(|at| now.since(at) < SILENCE) {
                return;
            }
            state.writing = Some(now);
        }
        let writing = Writing {
            ctx: ctx.clone(),
            is_over: false,
        };
        ctx.platform.spawn.spawn(flush(writing).boxed());
    }
}

async fn flush(mut writing: Writing) {
    let ctx = writing.ctx.clone();
    loop {
        let rows = {
            let now = ctx.now();
            let mut state = ctx.requests.state();
            if state.rows.is_empty() {
                // Under the same lock that a row is added under: none can be left behind.
                state.writing = None;
                writing.is_over = true;
                return;
            }
            state.writing = Some(now);
            std::mem::take(&mut state.rows)
        };
        let mut days: BTreeMap<(String, String), Vec<Row>> = BTreeMap::new();
        for (tenant_id, row) in rows {
            let day = day(row.at);
            days.entry((tenant_id, day)).or_default().push(row);
        }
        for ((tenant_id, day), rows) in days {
            if let Err(error) = put(&ctx.tenant(&tenant_id), &day, &rows).await {
                tracing::warn!(%error, count = rows.len(), "rows of requests could not be written");
            }
        }
    }
}

async fn put(scope: &Scope, day: &str, rows: &[Row]) -> Result<()> {
    let listed = format!("{DAYS}{day}");
    // The list first: what it does not name is never found again.
    if scope.get(keys::REQUESTS, &listed).await?.is_none() {
        let commit = Commit::new().put(listed, "1");
        scope.commit(keys::REQUESTS, commit).await?;
    }
    for rows in rows.chunks(TOGETHER) {
        let digit = rows
            .first()
            .and_then(|row| row.id.chars().next()?.to_digit(16));
        let partition = keys::requests(day, digit.unwrap_or_default() as u8 % SHARDS);
        let records = records(rows)?;
        let commit = records
            .into_iter()
            .fold(Commit::new(), |commit, (key, value)| commit.put(key, value));
        scope.commit(&partition, commit).await?;
    }
    Ok(())
}

/// Rows as they are stored.
pub(crate) fn records<'a>(
    rows: impl IntoIterator<Item = &'a Row>,
) -> Result<Vec<(String, Vec<u8>)>> {
    let record = |row: &Row| Ok((key(row), store::encode(row)?));
    rows.into_iter().map(record).collect()
}

/// The key of a row: its place among all others of the workspace.
pub(super) fn key(row: &Row) -> String {
    format!("{ROWS}{:013}/{}", row.at.0, row.id)
}

/// The partitions of a day.
pub(super) fn shards(day: &str) -> impl Iterator<Item = String> {
    (0..SHARDS).map(move |shard| keys::requests(day, shard))
}

/// The days that are listed.
pub(super) async fn days(scope: &Scope) -> Result<Vec<String>> {
    let (mut days, mut after) = (Vec::new(), None);
    loop {
        let range = Range::prefix(DAYS, BATCH).after(after.take());
        let records = scope.list(keys::REQUESTS, range).await?;
        let named = records.iter().filter_map(|it| it.key.strip_prefix(DAYS));
        days.extend(named.map(str::to_owned));
        if records.len() < BATCH {
            return Ok(days);
        }
        after = records.last().map(|record| record.key.clone());
    }
}

/// The oldest day, if it is before `first`.
pub(crate) async fn old_day(scope: &Scope, first: &str) -> Result<Option<String>> {
    let records = scope.list(keys::REQUESTS, Range::prefix(DAYS, 1)).await?;
    let oldest = records.first().and_then(|it| it.key.strip_prefix(DAYS));
    Ok(oldest.filter(|day| *day < first).map(str::to_owned))
}

/// Removes a day.
pub(crate) async fn drop_day(scope: &Scope, day: &str) -> Result<()> {
    for partition in shards(day) {
        scope.clear(&partition).await?;
    }
    // Last: what the list does not name is never found again.
    let commit = Commit::new().delete(format!("{DAYS}{day}"));
    scope.commit(keys::REQUESTS, commit).await?;
    Ok(())
}

/// All partitions, the list of the days last.
pub(crate) async fn partitions(scope: &Scope) -> Result<Vec<String>> {
    let days = days(scope).await?;
    let mut all: Vec<String> = days.iter().flat_map(|day| shards(day)).collect();
    all.push(keys::REQUESTS.to_owned());
    Ok(all)
}
