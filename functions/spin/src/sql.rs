//! The one SQLite database: statements in, rows out, errors as kinds.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use ports::{Error, ErrorKind, Result};
use spin_sdk::sqlite::{Connection, Error as SqlError, RowResult, Value};

use crate::schema;

/// The label in `spin.toml`.
const LABEL: &str = "default";

/// One connection for all requests of an instance: each statement is a transaction, so nothing of one request is
/// ever open while another uses it.
static CONNECTION: Mutex<Option<Arc<Connection>>> = Mutex::new(None);

/// Pauses before a statement that met a lock is tried again; SQLite itself has already waited.
const RETRIES: [Duration; 4] = [
    Duration::from_millis(10),
    Duration::from_millis(40),
    Duration::from_millis(160),
    Duration::from_millis(640),
];

/// Runs one statement, making the tables if they are not there.
pub async fn run(statement: &str, parameters: Vec<Value>) -> Result<Vec<RowResult>> {
    let mut created = false;
    let mut retries = RETRIES.iter();
    loop {
        let error = match execute(statement, parameters.clone()).await {
            Ok(rows) => return Ok(rows),
            Err(error) => error,
        };
        match Trouble::of(&error) {
            Trouble::NoTables if !created => {
                created = true;
                create().await?;
            }
            Trouble::Busy => match retries.next() {
                Some(pause) => spin_sdk::time::sleep(*pause).await,
                None => return Err(translate(error)),
            },
            Trouble::Connection => match retries.next() {
                Some(_) => forget(),
                None => return Err(translate(error)),
            },
            Trouble::NoTables | Trouble::Other => return Err(translate(error)),
        }
    }
}

async fn create() -> Result<()> {
    // Readers and the writer then do not wait for each other. A distant libSQL knows better and may refuse.
    _ = execute("PRAGMA journal_mode = WAL", Vec::new()).await;
    for statement in schema::STATEMENTS {
        let mut retries = RETRIES.iter();
        while let Err(error) = execute(statement, Vec::new()).await {
            match (Trouble::of(&error), retries.next()) {
                (Trouble::Busy, Some(pause)) => spin_sdk::time::sleep(*pause).await,
                _ => return Err(translate(error)),
            }
        }
    }
    Ok(())
}

async fn execute(
    statement: &str,
    parameters: Vec<Value>,
) -> std::result::Result<Vec<RowResult>, SqlError> {
    let connection = match held() {
        Some(connection) => connection,
        None => {
            let opened = Arc::new(Connection::open(LABEL).await?);
            keep(opened.clone());
            opened
        }
    };
    connection
        .execute(statement, parameters)
        .await?
        .collect()
        .await
}

fn held() -> Option<Arc<Connection>> {
    CONNECTION.lock().ok()?.clone()
}

fn keep(connection: Arc<Connection>) {
    if let Ok(mut held) = CONNECTION.lock() {
        *held = Some(connection);
    }
}

fn forget() {
    if let Ok(mut held) = CONNECTION.lock() {
        *held = None;
    }
}

/// What to do about an error. The interface hands over SQLite's own messages and nothing else to decide by.
enum Trouble {
    NoTables,
    Busy,
    Connection,
    Other,
}

impl Trouble {
    fn of(error: &SqlError) -> Self {
        match error {
            SqlError::InvalidConnection => Self::Connection,
            SqlError::Io(message) => {
                let says = |text: &str| message.contains(text);
                if says("no such table") || says("because it is a view") {
                    Self::NoTables
                } else if says("is locked") || says("SQLITE_BUSY") {
                    Self::Busy
                } else {
                    Self::Other
                }
            }
            _ => Self::Other,
        }
    }
}

fn translate(error: SqlError) -> Error {
    let kind = match &error {
        SqlError::NoSuchDatabase | SqlError::AccessDenied => ErrorKind::Forbidden,
        SqlError::InvalidConnection => ErrorKind::Unavailable,
        SqlError::DatabaseFull => ErrorKind::Full,
        SqlError::Io(message) => {
            let says = |text: &str| message.contains(text);
            if says(schema::CONFLICT) {
                ErrorKind::Conflict
            } else if says("disk is full") {
                ErrorKind::Full
            } else if says("malformed") || says("not a database") {
                ErrorKind::Corrupt
            } else if says("is locked") || says("SQLITE_BUSY") {
                ErrorKind::Unavailable
            } else {
                ErrorKind::Internal
            }
        }
    };
    let message = match kind {
        ErrorKind::Conflict => "a condition of the commit does not hold",
        ErrorKind::Full => "the database has no room left",
        ErrorKind::Corrupt => "the database is damaged",
        ErrorKind::Forbidden => "spin.toml does not grant the SQLite database `default`",
        _ => "the database refused a statement",
    };
    Error::new(kind, message).with_source(error)
}

/// A number as SQLite keeps it.
pub fn integer(number: impl TryInto<i64>) -> Value {
    Value::Integer(number.try_into().unwrap_or(i64::MAX))
}

/// A text.
pub fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

/// The number in a column; what is not there reads as 0.
pub fn number(row: &RowResult, column: usize) -> u64 {
    row.get::<i64>(column)
        .and_then(|number| u64::try_from(number).ok())
        .unwrap_or(0)
}

/// Takes the text out of a column.
pub fn take_text(row: &mut RowResult, column: usize) -> String {
    match row.values.get_mut(column) {
        Some(Value::Text(text)) => std::mem::take(text),
        _ => String::new(),
    }
}

/// Takes the bytes out of a column.
pub fn take_bytes(row: &mut RowResult, column: usize) -> Vec<u8> {
    match row.values.get_mut(column) {
        Some(Value::Blob(bytes)) => std::mem::take(bytes),
        _ => Vec::new(),
    }
}

/// The smallest text above all that start with `prefix`; `None` if there is none.
pub fn after_prefix(prefix: &str) -> Option<String> {
    let mut prefix = prefix.to_owned();
    while let Some(last) = prefix.pop() {
        // UTF-8 keeps the order of code points; the surrogates between U+D7FF and U+E000 are not characters.
        let next = match last {
            '\u{D7FF}' => Some('\u{E000}'),
            last => char::from_u32(u32::from(last) + 1),
        };
        if let Some(next) = next {
            prefix.push(next);
            return Some(prefix);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_end() {
        let check = |prefix: &str, expect: Option<&str>| {
            assert_eq!(after_prefix(prefix).as_deref(), expect, "{prefix:?}");
        };
        check("", None);
        check("a", Some("b"));
        check("a/", Some("a0"));
        check("a\u{10FFFF}", Some("b"));
        check("\u{10FFFF}", None);
        check("a\u{D7FF}", Some("a\u{E000}"));
        check("é", Some("ê"));
    }
}
