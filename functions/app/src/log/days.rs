//! Reading the log day by day: which days there are, and what is on one.

use std::collections::BTreeSet;

use futures::future::try_join_all;
use ports::{Range, Scope, Timestamp};

use super::{
    day::day,
    entry::{ANNOTATED, CONVERSATIONS, DAYS, Entry, ROWS, Row},
};
use crate::{Result, keys, store};

/// Partitions of a day, so that none gets hot.
pub(super) const SHARDS: u8 = 4;

/// Records of one read.
pub(super) const BATCH: usize = 500;

/// The days of an app that something happened on, the oldest first.
pub(crate) async fn days(
    scope: &Scope,
    app_id: &str,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Result<Vec<String>> {
    let (from, to) = (from.map(day), to.map(day));
    let (mut days, mut after) = (BTreeSet::new(), None);
    loop {
        let range = Range::prefix(DAYS, BATCH).after(after.take());
        let records = scope.list(&keys::logs(app_id), range).await?;
        let named = records.iter().filter_map(|it| it.key.strip_prefix(DAYS));
        let wanted = named.filter(|day| {
            from.as_deref().is_none_or(|from| from <= *day)
                && to.as_deref().is_none_or(|to| *day <= to)
        });
        days.extend(wanted.map(str::to_owned));
        if records.len() < BATCH {
            return Ok(days.into_iter().collect());
        }
        after = records.last().map(|record| record.key.clone());
    }
}

/// The figures of a day's messages, in no order.
pub(crate) async fn rows(scope: &Scope, app_id: &str, day: &str) -> Result<Vec<Row>> {
    of_day(scope, app_id, day, ROWS).await
}

/// The conversations that began on a day, in no order.
pub(super) async fn entries(scope: &Scope, app_id: &str, day: &str) -> Result<Vec<Entry>> {
    let (entries, annotated) = futures::try_join!(
        of_day::<Entry>(scope, app_id, day, CONVERSATIONS),
        keys_of_day(scope, app_id, day, ANNOTATED)
    )?;
    let mut entries = entries;
    for entry in &mut entries {
        entry.annotated = annotated.contains(&entry.id);
    }
    Ok(entries)
}

async fn of_day<T: serde::de::DeserializeOwned>(
    scope: &Scope,
    app_id: &str,
    day: &str,
    prefix: &str,
) -> Result<Vec<T>> {
    let mut all = Vec::new();
    for records in all_of_day(scope, app_id, day, prefix).await? {
        all.push(store::decode(&records)?);
    }
    Ok(all)
}

async fn keys_of_day(
    scope: &Scope,
    app_id: &str,
    day: &str,
    prefix: &str,
) -> Result<BTreeSet<String>> {
    let records = all_of_day(scope, app_id, day, prefix).await?;
    let names = records.iter().filter_map(|it| it.key.strip_prefix(prefix));
    Ok(names.map(str::to_owned).collect())
}

async fn all_of_day(
    scope: &Scope,
    app_id: &str,
    day: &str,
    prefix: &str,
) -> Result<Vec<ports::Record>> {
    let shards = shards(app_id, day).map(async |partition| {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let range = Range::prefix(prefix, BATCH).after(after.take());
            let records = scope.list(&partition, range).await?;
            after = records.last().map(|record| record.key.clone());
            let is_last = records.len() < BATCH;
            all.extend(records);
            if is_last {
                return Ok::<_, crate::Error>(all);
            }
        }
    });
    Ok(try_join_all(shards).await?.into_iter().flatten().collect())
}

pub(crate) fn shards(app_id: &str, day: &str) -> impl Iterator<Item = String> {
    (0..SHARDS).map(move |shard| keys::log(app_id, day, shard))
}
