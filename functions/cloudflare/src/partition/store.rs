//! The tables of one partition.

use std::cell::Cell;

use bytes::Bytes;
use ports::{
    Commit, Condition, Error, ErrorKind, Query, Range, Record, Result, Revision, Timestamp, View,
    Write,
};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use worker::{SqlStorage, SqlStorageValue as Value, Storage};

use super::broken;

/// `record` keeps its rows in the order of their keys, and a put writes one row. Keys are blobs, so that they compare
/// as bytes. `meta` has one row: it outlives `clear`.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS record (
        key BLOB PRIMARY KEY, value BLOB NOT NULL, version INTEGER NOT NULL, expires_at INTEGER
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS record_expiry ON record (expires_at) WHERE expires_at IS NOT NULL;
    CREATE TABLE IF NOT EXISTS meta (id INTEGER PRIMARY KEY CHECK (id = 0), revision INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS timer (id INTEGER PRIMARY KEY CHECK (id = 0), at INTEGER NOT NULL, job BLOB NOT NULL);
    INSERT OR IGNORE INTO meta VALUES (0, 0);
";

#[wasm_bindgen]
extern "C" {
    /// `ctx.storage`, for what the `worker` crate does not bind.
    type Transactional;

    /// Rolls back what `body` wrote if it throws.
    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    fn transaction_sync(
        this: &Transactional,
        body: &mut dyn FnMut() -> std::result::Result<JsValue, JsValue>,
    ) -> std::result::Result<JsValue, JsValue>;
}

/// The database of a partition.
pub(super) struct Store {
    storage: Storage,
    sql: SqlStorage,
    /// Whether the tables are known to be there. Reading an object that was never written must not create them.
    exists: Cell<bool>,
}

impl Store {
    pub(super) fn new(storage: Storage) -> Self {
        let sql = storage.sql();
        Self {
            storage,
            sql,
            exists: Cell::new(false),
        }
    }

    pub(super) fn revision(&self) -> Result<Revision> {
        if !self.exists()? {
            return Ok(0);
        }
        let row = self
            .rows("SELECT revision FROM meta", vec![])?
            .into_iter()
            .next();
        row.map_or(Ok(0), |row| integer(row.into_iter().next()))
    }

    pub(super) fn read(&self, queries: &[Query], now: Timestamp) -> Result<View> {
        let mut view = View {
            revision: self.revision()?,
            answers: Vec::with_capacity(queries.len()),
        };
        for query in queries {
            let answer = match query {
                _ if !self.exists()? => vec![],
                Query::Get(key) => self.select("key = ?", vec![blob(key)], "", now)?,
                Query::List(range) => self.list(range, now)?,
            };
            view.answers.push(answer);
        }
        Ok(view)
    }

    fn list(&self, range: &Range, now: Timestamp) -> Result<Vec<Record>> {
        let (mut low, mut high) = (("key >= ?", range.prefix.clone().into_bytes()), None);
        if let Some(end) = end_of(&range.prefix) {
            high = Some(end);
        }
        if let Some(after) = &range.after {
            let after = after.clone().into_bytes();
            if !range.reverse && after >= low.1 {
                low = ("key > ?", after);
            } else if range.reverse && high.as_ref().is_none_or(|high| after < *high) {
                high = Some(after);
            }
        }
        let mut condition = low.0.to_owned();
        let mut values = vec![Value::Blob(low.1)];
        if let Some(high) = high {
            condition.push_str(" AND key < ?");
            values.push(Value::Blob(high));
        }
        let direction = if range.reverse { "DESC" } else { "ASC" };
        // A page that long does not fit into memory anyway.
        let limit = range.limit.min(1_000_000);
        let order = format!("ORDER BY key {direction} LIMIT {limit}");
        self.select(&condition, values, &order, now)
    }

    fn select(
        &self,
        condition: &str,
        mut values: Vec<Value>,
        order: &str,
        now: Timestamp,
    ) -> Result<Vec<Record>> {
        values.push(number(now.0));
        let query = format!(
            "SELECT key, value, version FROM record \
             WHERE {condition} AND (expires_at IS NULL OR expires_at > ?) {order}"
        );
        self.rows(&query, values)?.into_iter().map(record).collect()
    }

    pub(super) fn commit(&self, commit: &Commit, now: Timestamp) -> Result<Revision> {
        for condition in &commit.conditions {
            self.check(condition, now)?;
        }
        if commit.writes.is_empty() {
            return self.revision();
        }
        self.create()?;
        let mut outcome = Ok(0);
        self.atomically(&mut || {
            outcome = self.apply(&commit.writes);
            outcome.is_ok()
        })?;
        outcome
    }

    /// Nothing can come between this and the writes: an object runs one piece of code at a time, and there is no await.
    fn check(&self, condition: &Condition, now: Timestamp) -> Result<()> {
        let found = match self.exists()? {
            true => self.select("key = ?", vec![blob(&condition.key)], "", now)?,
            false => vec![],
        };
        if found.first().map(|record| record.version) == condition.version {
            return Ok(());
        }
        let message = format!("`{}` was changed by someone else", condition.key);
        Err(Error::new(ErrorKind::Conflict, message))
    }

    fn apply(&self, writes: &[Write]) -> Result<Revision> {
        let revision = self.revision()? + 1;
        for write in writes {
            match write {
                Write::Put {
                    key,
                    value,
                    expires_at,
                } => {
                    let expires_at = expires_at.map_or(Value::Null, |at| number(at.0));
                    let row = vec![
                        blob(key),
                        Value::Blob(value.to_vec()),
                        number(revision),
                        expires_at,
                    ];
                    self.run("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)", row)?;
                }
                Write::Delete { key } => {
                    self.run("DELETE FROM record WHERE key = ?", vec![blob(key)])?;
                }
            }
        }
        self.run("UPDATE meta SET revision = ?", vec![number(revision)])?;
        Ok(revision)
    }

    pub(super) fn clear(&self) -> Result<()> {
        self.create()?;
        self.run("DELETE FROM record", vec![])?;
        self.run("UPDATE meta SET revision = revision + 1", vec![])
    }

    /// The alarm that this object holds for `Timer`: when, and which job.
    pub(super) fn timer(&self) -> Result<Option<(Timestamp, Vec<u8>)>> {
        if !self.exists()? {
            return Ok(None);
        }
        let Some(row) = self
            .rows("SELECT at, job FROM timer", vec![])?
            .into_iter()
            .next()
        else {
            return Ok(None);
        };
        let mut row = row.into_iter();
        Ok(Some((Timestamp(integer(row.next())?), bytes(row.next())?)))
    }

    pub(super) fn set_timer(&self, timer: Option<(Timestamp, &[u8])>) -> Result<()> {
        match timer {
            Some((at, job)) => {
                self.create()?;
                let row = vec![number(at.0), Value::Blob(job.to_vec())];
                self.run("INSERT OR REPLACE INTO timer VALUES (0, ?, ?)", row)
            }
            None if self.exists()? => self.run("DELETE FROM timer", vec![]),
            None => Ok(()),
        }
    }

    pub(super) fn first_expiry(&self) -> Result<Option<Timestamp>> {
        if !self.exists()? {
            return Ok(None);
        }
        let query = "SELECT expires_at FROM record WHERE expires_at IS NOT NULL ORDER BY expires_at LIMIT 1";
        let row = self.rows(query, vec![])?.into_iter().next();
        row.map(|row| integer(row.into_iter().next()).map(Timestamp))
            .transpose()
    }

    pub(super) fn sweep(&self, now: Timestamp) -> Result<()> {
        if !self.exists()? {
            return Ok(());
        }
        self.run(
            "DELETE FROM record WHERE expires_at <= ?",
            vec![number(now.0)],
        )
    }

    fn exists(&self) -> Result<bool> {
        if !self.exists.get() {
            let found = self.rows("SELECT 1 FROM sqlite_master WHERE name = 'meta'", vec![])?;
            self.exists.set(!found.is_empty());
        }
        Ok(self.exists.get())
    }

    fn create(&self) -> Result<()> {
        if !self.exists()? {
            self.run(SCHEMA, vec![])?;
            self.exists.set(true);
        }
        Ok(())
    }

    /// Runs `body` in a transaction that is rolled back when it answers `false`.
    fn atomically(&self, body: &mut dyn FnMut() -> bool) -> Result<()> {
        let storage: &Transactional = self.storage.as_raw().unchecked_ref();
        let mut rolled_back = false;
        let done = storage.transaction_sync(&mut || {
            if body() {
                return Ok(JsValue::UNDEFINED);
            }
            rolled_back = true;
            Err(JsValue::from_str("rolled back"))
        });
        match done {
            Err(error) if !rolled_back => Err(broken(&error.into())),
            _ => Ok(()),
        }
    }

    fn run(&self, query: &str, values: Vec<Value>) -> Result<()> {
        self.sql
            .exec(query, values)
            .map_err(|error| broken(&error))?;
        Ok(())
    }

    fn rows(&self, query: &str, values: Vec<Value>) -> Result<Vec<Vec<Value>>> {
        let cursor = self
            .sql
            .exec(query, values)
            .map_err(|error| broken(&error))?;
        cursor
            .raw()
            .collect::<worker::Result<_>>()
            .map_err(|error| broken(&error))
    }
}

/// Whether a write makes a record that disappears.
pub(super) fn expires(write: &Write) -> bool {
    matches!(
        write,
        Write::Put {
            expires_at: Some(_),
            ..
        }
    )
}

/// The smallest string of bytes above all that start with `prefix`. Text never contains the byte 255.
fn end_of(prefix: &str) -> Option<Vec<u8>> {
    let mut end = prefix.as_bytes().to_vec();
    let last = end.last_mut()?;
    *last = last.saturating_add(1);
    Some(end)
}

fn blob(key: &str) -> Value {
    Value::Blob(key.as_bytes().to_vec())
}

/// Revisions and times stay far below 2^53, up to which JavaScript's numbers are exact.
fn number(value: u64) -> Value {
    Value::Integer(i64::try_from(value.min(1 << 53)).unwrap_or(0))
}

fn record(row: Vec<Value>) -> Result<Record> {
    let mut row = row.into_iter();
    let key = String::from_utf8(bytes(row.next())?)
        .map_err(|error| Error::new(ErrorKind::Corrupt, "a key is not text").with_source(error))?;
    let value = Bytes::from(bytes(row.next())?);
    let version = integer(row.next())?;
    Ok(Record {
        key,
        value,
        version,
    })
}

fn bytes(value: Option<Value>) -> Result<Vec<u8>> {
    match value {
        Some(Value::Blob(bytes)) => Ok(bytes),
        _ => Err(Error::new(ErrorKind::Corrupt, "a column is not bytes")),
    }
}

fn integer(value: Option<Value>) -> Result<u64> {
    match value {
        Some(Value::Integer(value)) => u64::try_from(value).map_err(|error| {
            Error::new(ErrorKind::Corrupt, "a column is negative").with_source(error)
        }),
        _ => Err(Error::new(ErrorKind::Corrupt, "a column is not a number")),
    }
}
