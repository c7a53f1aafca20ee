//! `spin:sqlite`: one file per database. Every opened connection is a SQLite connection of its own, so that
//! transactions of two instances meet in SQLite, as they do on Spin.

use std::{
    path::PathBuf,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, ready},
};

use rusqlite::{params_from_iter, types::Value as SqlValue};
use tokio::{
    sync::{mpsc, oneshot},
    task::spawn_blocking,
};
use wasmtime::{
    StoreContextMut,
    component::{
        Accessor, Destination, FutureReader, Resource, StreamProducer, StreamReader, StreamResult,
    },
};

use crate::{
    bindings::spin::sqlite::sqlite::{
        Error, Host, HostConnection, HostConnectionWithStore, QueryResult, RowResult, Value,
    },
    state::{Spin, State},
};

/// What Spin allows a row, or a whole result that is not streamed, to hold.
const MAX_RESULT_BYTES: usize = 128 << 20;

/// The databases of an application.
#[derive(Clone)]
pub struct Databases {
    /// Holds one file for each label.
    pub folder: PathBuf,
}

/// A connection that an instance has opened.
#[derive(Clone)]
pub struct OpenConnection(Arc<Mutex<rusqlite::Connection>>);

impl Databases {
    fn open(&self, label: &str) -> Result<OpenConnection, Error> {
        let path = self.folder.join(format!("{label}.db"));
        let connection = rusqlite::Connection::open(path).map_err(io)?;
        Ok(OpenConnection(Arc::new(Mutex::new(connection))))
    }
}

fn io(error: impl std::fmt::Display) -> Error {
    Error::Io(error.to_string())
}

/// Runs a statement and hands over its columns, then its rows one by one.
fn execute(
    connection: &OpenConnection,
    statement: &str,
    parameters: Vec<Value>,
    columns: impl FnOnce(Vec<String>),
    mut row: impl FnMut(RowResult) -> Result<(), Error>,
) -> Result<(), Error> {
    let connection = connection.0.lock().map_err(io)?;
    let mut statement = connection.prepare_cached(statement).map_err(io)?;
    let names = statement.column_names();
    let width = names.len();
    columns(names.into_iter().map(str::to_owned).collect());
    let parameters = parameters.into_iter().map(|value| match value {
        Value::Integer(value) => SqlValue::Integer(value),
        Value::Real(value) => SqlValue::Real(value),
        Value::Text(value) => SqlValue::Text(value),
        Value::Blob(value) => SqlValue::Blob(value),
        Value::Null => SqlValue::Null,
    });
    let mut rows = statement
        .query(params_from_iter(parameters))
        .map_err(full_or_io)?;
    while let Some(found) = rows.next().map_err(full_or_io)? {
        let value = |index| match found.get(index) {
            Ok(SqlValue::Integer(value)) => Ok(Value::Integer(value)),
            Ok(SqlValue::Real(value)) => Ok(Value::Real(value)),
            Ok(SqlValue::Text(value)) => Ok(Value::Text(value)),
            Ok(SqlValue::Blob(value)) => Ok(Value::Blob(value)),
            Ok(SqlValue::Null) => Ok(Value::Null),
            Err(error) => Err(io(error)),
        };
        let values = (0..width).map(value).collect::<Result<Vec<_>, _>>()?;
        let size: usize = values.iter().map(size_of_value).sum();
        if size > MAX_RESULT_BYTES {
            return Err(Error::Io(format!("a row is over {MAX_RESULT_BYTES} bytes")));
        }
        row(RowResult { values })?;
    }
    Ok(())
}

fn full_or_io(error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => Error::DatabaseFull,
        _ => io(error),
    }
}

fn size_of_value(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Blob(bytes) => bytes.len(),
        Value::Integer(_) | Value::Real(_) | Value::Null => 8,
    }
}

fn opened<T>(
    accessor: &Accessor<T, Spin>,
    connection: Resource<OpenConnection>,
) -> wasmtime::Result<OpenConnection> {
    accessor.with(|mut access| Ok(access.get().table.get(&connection)?.clone()))
}

impl Host for &mut State {}

impl HostConnection for &mut State {
    async fn open(
        &mut self,
        database: String,
    ) -> wasmtime::Result<Result<Resource<OpenConnection>, Error>> {
        if !self.grants.databases.contains(&database) {
            return Ok(Err(Error::AccessDenied));
        }
        Ok(match self.grants.sqlite.open(&database) {
            Ok(connection) => Ok(self.table.push(connection)?),
            Err(error) => Err(error),
        })
    }

    async fn execute(
        &mut self,
        connection: Resource<OpenConnection>,
        statement: String,
        parameters: Vec<Value>,
    ) -> wasmtime::Result<Result<QueryResult, Error>> {
        let connection = self.table.get(&connection)?.clone();
        let work = move || {
            let mut result = QueryResult {
                columns: Vec::new(),
                rows: Vec::new(),
            };
            let mut size = 0;
            let columns = |names| result.columns = names;
            execute(&connection, &statement, parameters, columns, |row| {
                size += row.values.iter().map(size_of_value).sum::<usize>();
                if size > MAX_RESULT_BYTES {
                    return Err(Error::Io(format!(
                        "the result is over {MAX_RESULT_BYTES} bytes"
                    )));
                }
                result.rows.push(row);
                Ok(())
            })?;
            Ok(result)
        };
        Ok(spawn_blocking(work)
            .await
            .unwrap_or_else(|error| Err(io(error))))
    }

    async fn last_insert_rowid(
        &mut self,
        connection: Resource<OpenConnection>,
    ) -> wasmtime::Result<i64> {
        let connection = self.table.get(&connection)?.clone();
        Ok(connection
            .0
            .lock()
            .map_or(0, |connection| connection.last_insert_rowid()))
    }

    async fn changes(&mut self, connection: Resource<OpenConnection>) -> wasmtime::Result<u64> {
        let connection = self.table.get(&connection)?.clone();
        Ok(connection
            .0
            .lock()
            .map_or(0, |connection| connection.changes()))
    }

    async fn drop(&mut self, connection: Resource<OpenConnection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}

impl<T: Send> HostConnectionWithStore<T> for Spin {
    async fn open_async(
        accessor: &Accessor<T, Self>,
        database: String,
    ) -> wasmtime::Result<Result<Resource<OpenConnection>, Error>> {
        accessor.with(|mut access| {
            let state = access.get();
            if !state.grants.databases.contains(&database) {
                return Ok(Err(Error::AccessDenied));
            }
            Ok(match state.grants.sqlite.open(&database) {
                Ok(connection) => Ok(state.table.push(connection)?),
                Err(error) => Err(error),
            })
        })
    }

    async fn execute_async(
        accessor: &Accessor<T, Self>,
        connection: Resource<OpenConnection>,
        statement: String,
        parameters: Vec<Value>,
    ) -> wasmtime::Result<
        Result<
            (
                Vec<String>,
                StreamReader<RowResult>,
                FutureReader<Result<(), Error>>,
            ),
            Error,
        >,
    > {
        let connection = opened(accessor, connection)?;
        let (columns, columns_there) = oneshot::channel();
        let (rows, rows_there) = mpsc::channel(4);
        let (end, end_there) = oneshot::channel();
        spawn_blocking(move || {
            let mut columns = Some(columns);
            let announce = |names| {
                if let Some(columns) = columns.take() {
                    // A guest that gave up is noticed by the rows.
                    _ = columns.send(names);
                }
            };
            let result = execute(&connection, &statement, parameters, announce, |row| {
                rows.blocking_send(row).map_err(|_| io("row send error"))
            });
            _ = end.send(result);
        });
        // A statement that does not prepare has no columns; the error comes at the end, as it does on Spin.
        let columns = columns_there.await.unwrap_or_default();
        accessor.with(|mut access| {
            let rows = StreamReader::new(&mut access, Rows(rows_there))?;
            let end =
                async move { wasmtime::error::Ok(end_there.await.unwrap_or_else(|e| Err(io(e)))) };
            let end = FutureReader::new(&mut access, end)?;
            Ok(Ok((columns, rows, end)))
        })
    }

    async fn last_insert_rowid_async(
        accessor: &Accessor<T, Self>,
        connection: Resource<OpenConnection>,
    ) -> wasmtime::Result<i64> {
        let connection = opened(accessor, connection)?;
        Ok(connection
            .0
            .lock()
            .map_or(0, |connection| connection.last_insert_rowid()))
    }

    async fn changes_async(
        accessor: &Accessor<T, Self>,
        connection: Resource<OpenConnection>,
    ) -> wasmtime::Result<u64> {
        let connection = opened(accessor, connection)?;
        Ok(connection
            .0
            .lock()
            .map_or(0, |connection| connection.changes()))
    }
}

/// Rows on their way to the guest.
struct Rows(mpsc::Receiver<RowResult>);

impl<D> StreamProducer<D> for Rows {
    type Item = RowResult;
    type Buffer = Option<RowResult>;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        store: StoreContextMut<'a, D>,
        mut destination: Destination<'a, Self::Item, Self::Buffer>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        // A read of nothing only asks whether a row is there, which a channel cannot tell.
        if destination.remaining(store) == Some(0) {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        if finish {
            return Poll::Ready(Ok(StreamResult::Cancelled));
        }
        Poll::Ready(Ok(match ready!(self.0.poll_recv(cx)) {
            Some(row) => {
                destination.set_buffer(Some(row));
                StreamResult::Completed
            }
            None => StreamResult::Dropped,
        }))
    }
}
