//! `Queue` and `Timer` as two tables. Jobs are taken under a lease by [`crate::drain`].

use async_trait::async_trait;
use ports::{Alarm, Error, ErrorKind, Job, Queue, Result, Timer};
use spin_sdk::sqlite::Value;

use crate::{sql, system::now};

/// The adapter; all its state is in the database.
pub struct SpinQueue;

/// The adapter; all its state is in the database.
pub struct SpinTimer;

/// Jobs in one statement.
const BATCH: usize = 100;

fn check(job: &Job) -> Result<()> {
    if job.body.len() > Job::MAX_BODY {
        let message = format!("the body of a job has at most {} bytes", Job::MAX_BODY);
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    Ok(())
}

#[async_trait]
impl Queue for SpinQueue {
    async fn send(&self, jobs: Vec<Job>) -> Result<()> {
        jobs.iter().try_for_each(check)?;
        for batch in jobs.chunks(BATCH) {
            let now = now();
            let places = vec!["(?, ?, ?, 0, ?, NULL, 0, 0)"; batch.len()].join(", ");
            // A job of the same id that waits makes this one needless; one that is being worked on comes once more,
            // because the work may have begun before what this one stands for had happened.
            let statement = format!(
                "INSERT INTO queue_job (id, topic, body, attempt, ready_at, lease, leased_until, again)
                 VALUES {places}
                 ON CONFLICT (id) DO UPDATE SET
                    topic = excluded.topic, body = excluded.body, ready_at = excluded.ready_at,
                    attempt = 0, again = 1
                 WHERE leased_until > ?"
            );
            let mut parameters = Vec::with_capacity(batch.len() * 4 + 1);
            for job in batch {
                let ready_at = now + job.delay;
                parameters.push(sql::text(&job.id));
                parameters.push(sql::text(&job.topic));
                parameters.push(Value::Blob(job.body.to_vec()));
                parameters.push(sql::integer(ready_at.0));
            }
            parameters.push(sql::integer(now.0));
            sql::run(&statement, parameters).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Timer for SpinTimer {
    async fn set(&self, alarm: Alarm) -> Result<()> {
        check(&alarm.job)?;
        let delay = u64::try_from(alarm.job.delay.as_millis()).unwrap_or(u64::MAX);
        let parameters = vec![
            sql::text(alarm.name),
            sql::integer(alarm.at.0),
            sql::text(alarm.job.id),
            sql::text(alarm.job.topic),
            Value::Blob(alarm.job.body.into()),
            sql::integer(delay),
        ];
        let statement = "INSERT OR REPLACE INTO timer_alarm (name, at, id, topic, body, delay)
            VALUES (?, ?, ?, ?, ?, ?)";
        sql::run(statement, parameters).await?;
        Ok(())
    }

    async fn cancel(&self, name: &str) -> Result<()> {
        let statement = "DELETE FROM timer_alarm WHERE name = ?";
        sql::run(statement, vec![sql::text(name)]).await?;
        Ok(())
    }
}
