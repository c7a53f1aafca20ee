//! What the days of a log added up to that are dropped: `s/{day}` in `logs/{app}`, so that charts go back beyond them.

use std::collections::BTreeMap;

use ports::{Commit, Range, Scope, Timestamp};

use super::{Day, add};
use crate::{
    Result, keys,
    log::{self, day::day},
    store,
};

const SUMS: &str = "s/";

/// Days of one read.
const BATCH: usize = 500;

/// Keeps what a day adds up to. What is kept already stays: by then a part of the day may be gone.
pub(crate) async fn keep(scope: &Scope, app_id: &str, date: &str) -> Result<()> {
    let partition = keys::logs(app_id);
    let key = format!("{SUMS}{date}");
    let rows = log::rows(scope, app_id, date).await?;
    if rows.is_empty() || scope.get(&partition, &key).await?.is_some() {
        return Ok(());
    }
    let sum = store::encode(&add(date.to_owned(), &rows))?;
    scope
        .commit(&partition, Commit::new().put(key, sum))
        .await?;
    Ok(())
}

/// The days of a range that are kept; a day counts whole.
pub(super) async fn kept(
    scope: &Scope,
    app_id: &str,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Result<BTreeMap<String, Day>> {
    let (from, to) = (from.map(day), to.map(day));
    let (mut days, mut after) = (BTreeMap::new(), None);
    loop {
        let range = Range::prefix(SUMS, BATCH).after(after.take());
        let records = scope.list(&keys::logs(app_id), range).await?;
        for record in &records {
            let date = record.key.strip_prefix(SUMS).unwrap_or_default();
            if from.as_deref().is_none_or(|from| from <= date)
                && to.as_deref().is_none_or(|to| date <= to)
            {
                days.insert(date.to_owned(), store::decode(record)?);
            }
        }
        if records.len() < BATCH {
            return Ok(days);
        }
        after = records.last().map(|record| record.key.clone());
    }
}
