//! Work after the response: takes due alarms and ready jobs under a lease and hands them to the consumer.
//!
//! It runs after each response and at each tick, in any number of instances; what one of them has leased the others
//! do not see. An instance that dies loses its lease, and the job comes back.

use std::{
    pin::pin,
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    time::Duration,
};

use futures::future::{Either, select};
use ports::{Consumer, Job, Result, Timestamp};
use spin_sdk::sqlite::{RowResult, Value};

use crate::{
    sql,
    system::{SpinEntropy, now},
};

/// A job is given to someone else when nothing was heard of its worker for this long.
const LEASE: Duration = Duration::from_secs(60);

/// How often a worker says that it lives.
const BEAT: Duration = Duration::from_secs(20);

/// After this long the rest is left to the next response or tick.
const BUDGET: Duration = Duration::from_secs(25);

/// One drain at a time in an instance: a second one would only share its processor.
static DRAINING: AtomicBool = AtomicBool::new(false);

/// Someone else asked for a drain while one ran, perhaps just after it had looked for the last time.
static AGAIN: AtomicBool = AtomicBool::new(false);

/// What a drain did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drained {
    /// Jobs handed to the consumer.
    pub jobs: usize,
    /// Stopped by the budget: there may be more.
    pub more: bool,
}

/// Works until nothing is ready or the budget is spent.
pub async fn drain(consumer: &dyn Consumer) -> Result<Drained> {
    AGAIN.store(true, SeqCst);
    let mut drained = Drained::default();
    if DRAINING.swap(true, SeqCst) {
        return Ok(drained);
    }
    let _ends = Ends;
    let until = now() + BUDGET;
    while AGAIN.swap(false, SeqCst) {
        while let Some(job) = next().await? {
            work(consumer, job).await?;
            drained.jobs += 1;
            if now() >= until {
                drained.more = true;
                return Ok(drained);
            }
        }
    }
    Ok(drained)
}

/// Clears the flag also when the drain is dropped half way.
struct Ends;

impl Drop for Ends {
    fn drop(&mut self) {
        DRAINING.store(false, SeqCst);
    }
}

struct Leased {
    job: Job,
    lease: String,
}

/// Moves due alarms to the queue and leases the job that has been ready longest.
async fn next() -> Result<Option<Leased>> {
    let now = now();
    // Most responses leave nothing to do: find that out without a lock.
    let statement = "SELECT EXISTS (SELECT 1 FROM timer_alarm WHERE at <= ?1),
        EXISTS (SELECT 1 FROM queue_job WHERE ready_at <= ?1 AND leased_until <= ?1)";
    let rows = sql::run(statement, vec![sql::integer(now.0)]).await?;
    let found = |column| rows.first().is_some_and(|row| sql::number(row, column) > 0);
    let (alarms, jobs) = (found(0), found(1));
    if alarms {
        let statement = "INSERT INTO timer_fire (now) VALUES (?)";
        sql::run(statement, vec![sql::integer(now.0)]).await?;
    }
    if alarms || jobs {
        return lease(now).await;
    }
    Ok(None)
}

async fn lease(now: Timestamp) -> Result<Option<Leased>> {
    let lease = ports::token(&SpinEntropy, 22);
    let statement = "UPDATE queue_job SET lease = ?1, leased_until = ?2, attempt = attempt + 1, again = 0
        WHERE id = (
            SELECT id FROM queue_job WHERE ready_at <= ?3 AND leased_until <= ?3 ORDER BY ready_at LIMIT 1
        )
        RETURNING id, topic, body, attempt";
    let until = now + LEASE;
    let parameters = vec![
        sql::text(&lease),
        sql::integer(until.0),
        sql::integer(now.0),
    ];
    let leased = |mut row: RowResult| Leased {
        job: Job {
            id: sql::take_text(&mut row, 0),
            topic: sql::take_text(&mut row, 1),
            body: sql::take_bytes(&mut row, 2).into(),
            delay: Duration::ZERO,
            attempt: u32::try_from(sql::number(&row, 3).saturating_sub(1)).unwrap_or(u32::MAX),
        },
        lease,
    };
    Ok(sql::run(statement, parameters)
        .await?
        .into_iter()
        .next()
        .map(leased))
}

async fn work(consumer: &dyn Consumer, leased: Leased) -> Result<()> {
    let job = &leased.job;
    if job.attempt >= Job::MAX_ATTEMPTS {
        // Only instances that died with the job get it this far.
        consumer.give_up(job, "every attempt was cut off").await;
        return done(&leased).await;
    }
    let result = {
        let consumed = consumer.consume(job);
        let beats = async {
            loop {
                spin_sdk::time::sleep(BEAT).await;
                // A beat that fails costs at most a second delivery.
                _ = extend(&leased).await;
            }
        };
        match select(pin!(consumed), pin!(beats)).await {
            Either::Left((result, _)) => result,
            Either::Right((never, _)) => never,
        }
    };
    match result {
        Ok(()) => done(&leased).await,
        Err(error) if error.kind().is_retryable() && job.attempt + 1 < Job::MAX_ATTEMPTS => {
            retry(&leased).await
        }
        Err(error) => {
            consumer.give_up(job, &error.to_string()).await;
            done(&leased).await
        }
    }
}

async fn extend(leased: &Leased) -> Result<()> {
    let until = now() + LEASE;
    let statement = "UPDATE queue_job SET leased_until = ? WHERE id = ? AND lease = ?";
    let parameters = vec![
        sql::integer(until.0),
        sql::text(&leased.job.id),
        sql::text(&leased.lease),
    ];
    sql::run(statement, parameters).await?;
    Ok(())
}

/// The job is over, unless it was sent once more meanwhile.
async fn done(leased: &Leased) -> Result<()> {
    let which = || -> Vec<Value> { vec![sql::text(&leased.job.id), sql::text(&leased.lease)] };
    let statement = "DELETE FROM queue_job WHERE id = ? AND lease = ? AND again = 0";
    sql::run(statement, which()).await?;
    let statement =
        "UPDATE queue_job SET lease = NULL, leased_until = 0 WHERE id = ? AND lease = ?";
    sql::run(statement, which()).await?;
    Ok(())
}

/// The job comes back after its pause; at its own time if it was sent once more meanwhile.
async fn retry(leased: &Leased) -> Result<()> {
    let ready_at = now() + Job::backoff(leased.job.attempt);
    let statement = "UPDATE queue_job SET lease = NULL, leased_until = 0,
        ready_at = CASE again WHEN 0 THEN ? ELSE ready_at END WHERE id = ? AND lease = ?";
    let parameters = vec![
        sql::integer(ready_at.0),
        sql::text(&leased.job.id),
        sql::text(&leased.lease),
    ];
    sql::run(statement, parameters).await?;
    Ok(())
}

/// Removes what expired from all stores; part of each tick.
pub async fn sweep() -> Result<()> {
    let statement = "DELETE FROM kv_record WHERE rowid IN
        (SELECT rowid FROM kv_record WHERE expires_at <= ? LIMIT 500)";
    sql::run(statement, vec![sql::integer(now().0)]).await?;
    crate::blob::sweep().await?;
    crate::cache::sweep().await
}
