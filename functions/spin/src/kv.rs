//! `Kv` on SQLite: one table for all partitions, a read is one `SELECT`, a commit one `INSERT`.

use std::{fmt::Write as _, time::Duration};

use async_trait::async_trait;
use ports::{
    Commit, Error, ErrorKind, Kv, KvLimits, Query, Range, Record, Result, Revision, View, Write,
};
use spin_sdk::sqlite::{RowResult, Value};

use crate::{sql, system::now};

/// The adapter; all its state is in the database.
pub struct SpinKv;

/// SQLite joins at most 500 `SELECT`s; some are needed for other things.
const MAX_LISTS: usize = 400;

/// Polling pauses of a watch: the first is short because most changes watched for are near.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LAST_PAUSE: Duration = Duration::from_millis(400);

#[async_trait]
impl Kv for SpinKv {
    fn limits(&self) -> KvLimits {
        KvLimits {
            value_bytes: 1 << 20,
            commit_writes: 128,
            key_bytes: 1024,
        }
    }

    async fn read(&self, partition: &str, queries: Vec<Query>) -> Result<View> {
        let (statement, parameters) = select(partition, &queries)?;
        let rows = sql::run(&statement, parameters).await?;
        Ok(view(&queries, rows))
    }

    async fn commit(&self, partition: &str, commit: Commit) -> Result<Revision> {
        self.limits().check(&commit)?;
        if commit.writes.is_empty() {
            return self.check_only(partition, &commit).await;
        }
        let mut rows = vec![row(
            "begin",
            partition,
            None,
            Value::Null,
            Value::Null,
            Value::Null,
        )];
        let at = sql::integer(now().0);
        for condition in commit.conditions {
            let version = condition.version.map_or(Value::Null, sql::integer);
            let key = Some(condition.key);
            rows.push(row(
                "check",
                partition,
                key,
                Value::Null,
                version,
                at.clone(),
            ));
        }
        for write in commit.writes {
            rows.push(match write {
                Write::Put {
                    key,
                    value,
                    expires_at,
                } => {
                    let at = expires_at.map_or(Value::Null, |at| sql::integer(at.0));
                    let value = Value::Blob(value.into());
                    row("put", partition, Some(key), value, Value::Null, at)
                }
                Write::Delete { key } => row(
                    "delete",
                    partition,
                    Some(key),
                    Value::Null,
                    Value::Null,
                    Value::Null,
                ),
            });
        }
        apply(partition, rows).await
    }

    async fn watch(&self, partition: &str, after: Revision, wait: Duration) -> Result<Revision> {
        let until = now() + wait;
        let mut pause = FIRST_PAUSE;
        loop {
            let revision = self.read(partition, Vec::new()).await?.revision;
            let left = until.since(now());
            if revision > after || left.is_zero() {
                return Ok(revision);
            }
            spin_sdk::time::sleep(pause.min(left)).await;
            pause = (pause * 2).min(LAST_PAUSE);
        }
    }

    async fn clear(&self, partition: &str) -> Result<()> {
        let op = |op| row(op, partition, None, Value::Null, Value::Null, Value::Null);
        apply(partition, vec![op("begin"), op("clear")]).await?;
        Ok(())
    }
}

impl SpinKv {
    /// A commit that writes nothing needs no lock: its conditions are looked at in one snapshot.
    async fn check_only(&self, partition: &str, commit: &Commit) -> Result<Revision> {
        let keys = commit.conditions.iter().map(|c| Query::Get(c.key.clone()));
        let view = self.read(partition, keys.collect()).await?;
        for (condition, answer) in commit.conditions.iter().zip(&view.answers) {
            if answer.first().map(|record| record.version) != condition.version {
                let message = "a condition of the commit does not hold";
                return Err(Error::new(ErrorKind::Conflict, message));
            }
        }
        Ok(view.revision)
    }
}

/// A row for the view `kv_commit`.
fn row(
    op: &str,
    partition: &str,
    key: Option<String>,
    value: Value,
    version: Value,
    at: Value,
) -> [Value; 6] {
    let key = key.map_or(Value::Null, Value::Text);
    [sql::text(op), sql::text(partition), key, value, version, at]
}

/// Inserts the rows in one statement; answers the partition's new revision.
async fn apply(partition: &str, rows: Vec<[Value; 6]>) -> Result<Revision> {
    let places = vec!["(?, ?, ?, ?, ?, ?)"; rows.len()].join(", ");
    let statement = format!(
        "INSERT INTO kv_commit (op, partition, key, value, version, at) VALUES {places}
         RETURNING (SELECT revision FROM kv_partition WHERE partition = ?)"
    );
    let mut parameters: Vec<Value> = rows.into_iter().flatten().collect();
    parameters.push(sql::text(partition));
    let rows = sql::run(&statement, parameters).await?;
    Ok(rows.last().map_or(0, |row| sql::number(row, 0)))
}

/// One statement for all queries. Columns: the index of the list that a row belongs to (-1 for single records, -2
/// for the revision, which stands in the last column), key, value, version.
fn select(partition: &str, queries: &[Query]) -> Result<(String, Vec<Value>)> {
    let mut statement =
        String::from("SELECT -2, NULL, NULL, revision FROM kv_partition WHERE partition = ?1");
    let mut parameters = vec![sql::text(partition)];
    if !queries.is_empty() {
        parameters.push(sql::integer(now().0));
    }
    let mut place = |value: Value| {
        parameters.push(value);
        parameters.len()
    };
    let live = "partition = ?1 AND (expires_at IS NULL OR expires_at > ?2)";
    let keys: Vec<String> = queries
        .iter()
        .filter_map(|query| match query {
            Query::Get(key) => Some(format!("?{}", place(sql::text(key)))),
            Query::List(_) => None,
        })
        .collect();
    // Writing to a `String` cannot fail.
    if !keys.is_empty() {
        let keys = keys.join(", ");
        _ = write!(
            statement,
            " UNION ALL SELECT -1, key, value, version FROM kv_record WHERE {live} AND key IN ({keys})"
        );
    }
    let mut lists = 0;
    for (index, query) in queries.iter().enumerate() {
        let Query::List(range) = query else { continue };
        lists += 1;
        let mut filter = String::from(live);
        for (operator, bound) in bounds(range) {
            _ = write!(filter, " AND key {operator} ?{}", place(Value::Text(bound)));
        }
        let order = if range.reverse { "DESC" } else { "ASC" };
        let limit = place(sql::integer(range.limit));
        _ = write!(
            statement,
            " UNION ALL SELECT * FROM (SELECT {index}, key, value, version FROM kv_record
              WHERE {filter} ORDER BY key {order} LIMIT ?{limit})"
        );
    }
    if lists > MAX_LISTS {
        let message = format!("a read has at most {MAX_LISTS} lists");
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    Ok((statement, parameters))
}

/// What the keys of a range must be compared with.
fn bounds(range: &Range) -> Vec<(&'static str, String)> {
    let mut bounds = Vec::new();
    if !range.prefix.is_empty() {
        bounds.push((">=", range.prefix.clone()));
        if let Some(end) = sql::after_prefix(&range.prefix) {
            bounds.push(("<", end));
        }
    }
    if let Some(after) = &range.after {
        let operator = if range.reverse { "<" } else { ">" };
        bounds.push((operator, after.clone()));
    }
    bounds
}

/// Sorts the rows of [`select`] into the answers of the queries.
fn view(queries: &[Query], rows: Vec<RowResult>) -> View {
    let mut view = View {
        revision: 0,
        answers: vec![Vec::new(); queries.len()],
    };
    let mut single = Vec::new();
    for mut row in rows {
        let list = row.get::<i64>(0).unwrap_or(-2);
        let record = Record {
            key: sql::take_text(&mut row, 1),
            value: sql::take_bytes(&mut row, 2).into(),
            version: sql::number(&row, 3),
        };
        match list {
            -2 => view.revision = record.version,
            -1 => single.push(record),
            list => {
                if let Some(answer) = usize::try_from(list)
                    .ok()
                    .and_then(|list| view.answers.get_mut(list))
                {
                    answer.push(record);
                }
            }
        }
    }
    for (query, answer) in queries.iter().zip(&mut view.answers) {
        match query {
            Query::Get(key) => answer.extend(single.iter().find(|r| r.key == *key).cloned()),
            // SQL promises no order for joined parts.
            Query::List(range) if range.reverse => answer.sort_by(|a, b| b.key.cmp(&a.key)),
            Query::List(_) => answer.sort_by(|a, b| a.key.cmp(&b.key)),
        }
    }
    view
}
