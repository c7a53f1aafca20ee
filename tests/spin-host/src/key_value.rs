//! `spin:key-value`: one SQLite file for all stores, as Spin keeps them locally.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use rusqlite::{Connection, OptionalExtension};
use tokio::task::spawn_blocking;
use wasmtime::component::{Accessor, FutureReader, Resource, StreamReader};

use crate::{
    bindings::spin::key_value::key_value::{Error, Host, HostStore, HostStoreWithStore},
    state::{Spin, State},
};

/// The stores of an application.
#[derive(Clone)]
pub struct KeyValue(Arc<Mutex<Connection>>);

/// A store that an instance has opened.
#[derive(Clone)]
pub struct OpenStore {
    all: KeyValue,
    label: String,
}

impl KeyValue {
    /// Opens or creates the file.
    pub fn open(path: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS spin_key_value (
                store TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (store, key)
            )",
        )?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let connection = self.0.clone();
        let work = move || match connection.lock() {
            Ok(connection) => work(&connection).map_err(|error| Error::Other(error.to_string())),
            Err(error) => Err(Error::Other(error.to_string())),
        };
        match spawn_blocking(work).await {
            Ok(result) => result,
            Err(error) => Err(Error::Other(error.to_string())),
        }
    }
}

impl Host for &mut State {}

impl HostStore for &mut State {
    async fn drop(&mut self, store: Resource<OpenStore>) -> wasmtime::Result<()> {
        self.table.delete(store)?;
        Ok(())
    }
}

/// The store behind a handle.
fn opened<T>(
    accessor: &Accessor<T, Spin>,
    store: Resource<OpenStore>,
) -> wasmtime::Result<OpenStore> {
    accessor.with(|mut access| Ok(access.get().table.get(&store)?.clone()))
}

impl<T: Send> HostStoreWithStore<T> for Spin {
    async fn open(
        accessor: &Accessor<T, Self>,
        label: String,
    ) -> wasmtime::Result<Result<Resource<OpenStore>, Error>> {
        accessor.with(|mut access| {
            let state = access.get();
            if !state.grants.stores.contains(&label) {
                return Ok(Err(Error::AccessDenied));
            }
            let all = state.grants.key_value.clone();
            Ok(Ok(state.table.push(OpenStore { all, label })?))
        })
    }

    async fn get(
        accessor: &Accessor<T, Self>,
        store: Resource<OpenStore>,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        let OpenStore { all, label } = opened(accessor, store)?;
        let sql = "SELECT value FROM spin_key_value WHERE store = ?1 AND key = ?2";
        let work = move |db: &Connection| {
            db.prepare_cached(sql)?
                .query_row((label, key), |row| row.get(0))
                .optional()
        };
        Ok(all.with(work).await)
    }

    async fn set(
        accessor: &Accessor<T, Self>,
        store: Resource<OpenStore>,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), Error>> {
        let OpenStore { all, label } = opened(accessor, store)?;
        let sql = "INSERT OR REPLACE INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3)";
        let work = move |db: &Connection| {
            db.prepare_cached(sql)?
                .execute((label, key, value))
                .map(drop)
        };
        Ok(all.with(work).await)
    }

    async fn delete(
        accessor: &Accessor<T, Self>,
        store: Resource<OpenStore>,
        key: String,
    ) -> wasmtime::Result<Result<(), Error>> {
        let OpenStore { all, label } = opened(accessor, store)?;
        let sql = "DELETE FROM spin_key_value WHERE store = ?1 AND key = ?2";
        let work = move |db: &Connection| db.execute(sql, (label, key)).map(drop);
        Ok(all.with(work).await)
    }

    async fn exists(
        accessor: &Accessor<T, Self>,
        store: Resource<OpenStore>,
        key: String,
    ) -> wasmtime::Result<Result<bool, Error>> {
        let value = Self::get(accessor, store, key).await?;
        Ok(value.map(|value| value.is_some()))
    }

    async fn get_keys(
        accessor: &Accessor<T, Self>,
        store: Resource<OpenStore>,
    ) -> wasmtime::Result<(StreamReader<String>, FutureReader<Result<(), Error>>)> {
        let OpenStore { all, label } = opened(accessor, store)?;
        let work = move |db: &Connection| {
            let mut statement = db.prepare("SELECT key FROM spin_key_value WHERE store = ?1")?;
            let keys = statement.query_map((label,), |row| row.get(0))?;
            keys.collect::<rusqlite::Result<Vec<String>>>()
        };
        let (keys, end) = match all.with(work).await {
            Ok(keys) => (keys, Ok(())),
            Err(error) => (Vec::new(), Err(error)),
        };
        accessor.with(|mut access| {
            let keys = StreamReader::new(&mut access, keys)?;
            let end = FutureReader::new(&mut access, async move { wasmtime::error::Ok(end) })?;
            Ok((keys, end))
        })
    }
}
