//! `Queue` over Cloudflare Queues: the producer, and the consumer of a batch.
//!
//! This side owns attempts, pauses and giving up; the queue's own retries (`max_retries` in wrangler.toml) only cover
//! a consumer that was killed.

use std::time::Duration;

use async_trait::async_trait;
use futures::future::{join, join_all};
use js_sys::{Array, Object, Promise, Uint8Array};
use ports::{Consumer, Error, ErrorKind, Job, Queue, Result};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use worker::Env;

use crate::{
    js::{SendFuture, SendWrapper, property, set, thrown},
    wire::{decode, encode},
};

/// The largest body of a job; a message may have 128 KB.
const BODY_BYTES: usize = 96 << 10;
/// Most messages in one call.
const BATCH_MESSAGES: usize = 100;
/// Most bytes in one call: 256 KB, with room for what Cloudflare adds.
const BATCH_BYTES: usize = 240_000;
/// The longest delay of a message: 12 hours. A longer one is sent on when it arrives.
const LONGEST_DELAY: Duration = Duration::from_secs(12 * 60 * 60);

#[wasm_bindgen]
extern "C" {
    /// The producer binding. The `worker` crate offers no raw bytes.
    type Producer;

    #[wasm_bindgen(method, catch, js_name = sendBatch)]
    fn send_batch(this: &Producer, messages: &Array) -> std::result::Result<Promise, JsValue>;

    /// What arrives. The `worker` crate does not tell the attempts.
    pub type Batch;

    #[wasm_bindgen(method, getter)]
    fn messages(this: &Batch) -> Vec<Message>;

    type Message;

    #[wasm_bindgen(method, getter)]
    fn body(this: &Message) -> JsValue;

    #[wasm_bindgen(method, getter)]
    fn attempts(this: &Message) -> u32;

    #[wasm_bindgen(method)]
    fn ack(this: &Message);

    #[wasm_bindgen(method)]
    fn retry(this: &Message, options: &Object);
}

/// The queue of this deployment.
pub(crate) struct CloudflareQueue {
    producer: SendWrapper<Producer>,
}

/// The binding `QUEUE`.
pub(crate) fn producer(env: &Env) -> Result<CloudflareQueue> {
    let binding = property(env, "QUEUE");
    if !binding.is_object() {
        return Err(Error::new(
            ErrorKind::Internal,
            "there is no binding `QUEUE`",
        ));
    }
    let producer = SendWrapper::new(binding.unchecked_into());
    Ok(CloudflareQueue { producer })
}

/// Refuses what can never be sent.
pub(crate) fn check(job: &Job) -> Result<()> {
    if job.body.len() > BODY_BYTES {
        let message = format!("the body of a job has at most {BODY_BYTES} bytes");
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    Ok(())
}

#[async_trait]
impl Queue for CloudflareQueue {
    async fn send(&self, jobs: Vec<Job>) -> Result<()> {
        jobs.iter().try_for_each(check)?;
        SendFuture::new(async {
            let mut batch = Outgoing::default();
            for job in jobs {
                let (delay, message) = envelope(job)?;
                if !batch.has_room(message.len()) {
                    self.flush(std::mem::take(&mut batch)).await?;
                }
                batch.push(delay, &message);
            }
            self.flush(batch).await
        })
        .await
    }
}

impl CloudflareQueue {
    async fn flush(&self, batch: Outgoing) -> Result<()> {
        if batch.messages.length() == 0 {
            return Ok(());
        }
        let unavailable = |error| thrown(ErrorKind::Unavailable, "the queue", &error);
        let sent = self
            .producer
            .send_batch(&batch.messages)
            .map_err(unavailable)?;
        JsFuture::from(sent).await.map_err(unavailable)?;
        Ok(())
    }
}

/// The delay that the queue keeps, and a job that still carries the rest of it.
fn envelope(mut job: Job) -> Result<(Duration, Vec<u8>)> {
    let delay = job.delay.min(LONGEST_DELAY);
    job.delay -= delay;
    Ok((delay, encode(&job)?))
}

/// Messages of one call.
#[derive(Default)]
struct Outgoing {
    messages: Array,
    bytes: usize,
}

impl Outgoing {
    fn has_room(&self, bytes: usize) -> bool {
        (self.messages.length() as usize) < BATCH_MESSAGES && self.bytes + bytes <= BATCH_BYTES
    }

    fn push(&mut self, delay: Duration, message: &[u8]) {
        let entry = Object::new();
        set(&entry, "body", &Uint8Array::from(message));
        set(&entry, "contentType", &JsValue::from_str("bytes"));
        if !delay.is_zero() {
            set(&entry, "delaySeconds", &seconds(delay).into());
        }
        self.messages.push(&entry);
        self.bytes += message.len();
    }
}

/// Whole seconds, never less than asked for.
fn seconds(delay: Duration) -> u32 {
    u32::try_from(delay.as_millis().div_ceil(1000)).unwrap_or(u32::MAX)
}

/// Handles a batch: each message is acknowledged or sent back by itself. Those that wait do it side by side; the others come one
/// after the other, since the isolate's memory is for all of them.
pub(crate) async fn consume(batch: &Batch, queue: &dyn Queue, consumer: &dyn Consumer) {
    let (mut waiting, mut others) = (Vec::new(), Vec::new());
    for message in batch.messages() {
        let bytes = Uint8Array::new(&message.body()).to_vec();
        match decode::<Job>(&bytes) {
            Ok(job) if consumer.waits(&job) => waiting.push((message, job)),
            Ok(job) => others.push((message, job)),
            Err(error) => {
                // Nobody can ever read it.
                worker::console_error!("a message is no job: {error}");
                message.ack();
            }
        }
    }
    let work = async |(message, job): (Message, Job)| {
        let verdict = deliver(job, message.attempts(), queue, consumer).await;
        settle(&message, verdict);
    };
    let others = async {
        for message in others {
            work(message).await;
        }
    };
    join(join_all(waiting.into_iter().map(work)), others).await;
}

/// What becomes of a message.
enum Verdict {
    Done,
    Again(Duration),
}

fn settle(message: &Message, verdict: Verdict) {
    match verdict {
        Verdict::Done => message.ack(),
        Verdict::Again(pause) => {
            let options = Object::new();
            set(&options, "delaySeconds", &seconds(pause).into());
            message.retry(&options);
        }
    }
}

/// `delivery` counts from 1.
async fn deliver(
    mut job: Job,
    delivery: u32,
    queue: &dyn Queue,
    consumer: &dyn Consumer,
) -> Verdict {
    if !job.delay.is_zero() {
        return match queue.send(vec![job]).await {
            Ok(()) => Verdict::Done,
            Err(_) => Verdict::Again(Job::backoff(0)),
        };
    }
    job.attempt = delivery.saturating_sub(1);
    if job.attempt >= Job::MAX_ATTEMPTS {
        let reason = "the work was cut off every time that it was tried";
        consumer.give_up(&job, reason).await;
        return Verdict::Done;
    }
    match consumer.consume(&job).await {
        Ok(()) => Verdict::Done,
        Err(error) if error.kind().is_retryable() && delivery < Job::MAX_ATTEMPTS => {
            Verdict::Again(Job::backoff(job.attempt))
        }
        Err(error) => {
            consumer.give_up(&job, &error.to_string()).await;
            Verdict::Done
        }
    }
}
