//! `Kv` and `Timer` over Durable Objects: one object for each partition, and one for each alarm.

use std::time::Duration;

use async_trait::async_trait;
use js_sys::Uint8Array;
use ports::{Alarm, Commit, Error, ErrorKind, Kv, KvLimits, Query, Result, Revision, Timer, View};
use wasm_bindgen::JsValue;
use worker::{Method, ObjectNamespace, Request, RequestInit, Response};

use crate::{
    js::{SendFuture, failed, property},
    wire::{Call, Reply, decode, encode},
};

/// A stored row may have 2 MB, its key and version included.
pub(crate) const LIMITS: KvLimits = KvLimits {
    value_bytes: 1_900_000,
    commit_writes: 256,
    key_bytes: 1024,
};

/// How often a call that changes nothing twice is made when its object was moved or restarted under it.
const ATTEMPTS: u32 = 3;

/// The partitions of this deployment.
pub(crate) struct DurableKv {
    objects: ObjectNamespace,
}

impl DurableKv {
    pub(crate) fn new(objects: ObjectNamespace) -> Self {
        Self { objects }
    }

    /// `repeatable`: may be sent again when nobody knows whether it was done.
    async fn call(&self, object: String, call: Call, repeatable: bool) -> Result<Reply> {
        let body = encode(&call)?;
        SendFuture::new(async {
            let mut attempt = 1;
            loop {
                match self.send(&object, &body).await {
                    Ok(answer) => return decode::<Reply>(&answer)?.into_result(),
                    Err(error) if repeatable && attempt < ATTEMPTS && moved(&error) => attempt += 1,
                    Err(error) => {
                        return Err(failed(ErrorKind::Unavailable, "a Durable Object", &error));
                    }
                }
            }
        })
        .await
    }

    async fn send(&self, object: &str, body: &[u8]) -> worker::Result<Vec<u8>> {
        let mut init = RequestInit::new();
        init.with_method(Method::Post)
            .with_body(Some(JsValue::from(Uint8Array::from(body))));
        // The host is never looked up: an object has no address but its name.
        let request = Request::new_with_init("https://partition/", &init)?;
        let stub = self.objects.get_by_name(object)?;
        let mut response: Response = stub.fetch_with_request(request).await?;
        response.bytes().await
    }
}

/// Whether the object was not there to do it, for now.
fn moved(error: &worker::Error) -> bool {
    match error {
        worker::Error::UnknownJsError { original, .. } => {
            property(original, "retryable").is_truthy()
                && !property(original, "overloaded").is_truthy()
        }
        _ => false,
    }
}

fn partition(name: &str) -> String {
    format!("kv/{name}")
}

fn timer(name: &str) -> String {
    format!("timer/{name}")
}

fn unexpected<T>() -> Result<T> {
    Err(Error::new(
        ErrorKind::Internal,
        "a partition answered another question",
    ))
}

#[async_trait]
impl Kv for DurableKv {
    fn limits(&self) -> KvLimits {
        LIMITS
    }

    async fn read(&self, name: &str, queries: Vec<Query>) -> Result<View> {
        match self
            .call(partition(name), Call::Read(queries), true)
            .await?
        {
            Reply::View(view) => Ok(view),
            _ => unexpected(),
        }
    }

    async fn commit(&self, name: &str, commit: Commit) -> Result<Revision> {
        LIMITS.check(&commit)?;
        match self
            .call(partition(name), Call::Commit(commit), false)
            .await?
        {
            Reply::Revision(revision) => Ok(revision),
            _ => unexpected(),
        }
    }

    async fn watch(&self, name: &str, after: Revision, wait: Duration) -> Result<Revision> {
        let milliseconds = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        let call = Call::Watch {
            after,
            milliseconds,
        };
        match self.call(partition(name), call, true).await? {
            Reply::Revision(revision) => Ok(revision),
            _ => unexpected(),
        }
    }

    async fn clear(&self, name: &str) -> Result<()> {
        self.call(partition(name), Call::Clear, true).await?;
        Ok(())
    }
}

#[async_trait]
impl Timer for DurableKv {
    async fn set(&self, alarm: Alarm) -> Result<()> {
        crate::queue::check(&alarm.job)?;
        self.call(timer(&alarm.name), Call::SetAlarm(alarm), true)
            .await?;
        Ok(())
    }

    async fn cancel(&self, name: &str) -> Result<()> {
        self.call(timer(name), Call::CancelAlarm, true).await?;
        Ok(())
    }
}
