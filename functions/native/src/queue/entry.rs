//! What lies in the partition of a shard.

use std::time::Duration;

use bytes::Bytes;
use ports::{Alarm, Error, ErrorKind, Job, Record, Result, Timestamp};
use serde::{Deserialize, Serialize};

/// Everything of a job but its body, which follows the head as it is.
#[derive(Serialize, Deserialize)]
struct Head {
    id: String,
    topic: String,
    attempt: u32,
    /// Handed out; due again when the lease ends.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    leased: bool,
    /// How often the process ended while it was in hand.
    #[serde(default, skip_serializing_if = "is_zero")]
    interrupted: u32,
    /// Of an alarm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Duration::is_zero")]
    delay: Duration,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// A job on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub job: Job,
    pub leased: bool,
    /// How often the process ended while it was in hand. Not an attempt: most jobs are not to blame.
    pub interrupted: u32,
}

impl Entry {
    pub fn encode(&self) -> Result<Bytes> {
        encode(&self.job, self.leased, self.interrupted, None)
    }

    pub fn decode(record: &Record) -> Result<Self> {
        let (head, job) = decode(record)?;
        Ok(Self {
            job,
            leased: head.leased,
            interrupted: head.interrupted,
        })
    }
}

pub(super) fn encode_alarm(alarm: &Alarm) -> Result<Bytes> {
    encode(&alarm.job, false, 0, Some(alarm.at))
}

pub(super) fn decode_alarm(name: &str, record: &Record) -> Result<Alarm> {
    let (head, job) = decode(record)?;
    Ok(Alarm {
        name: name.to_owned(),
        at: head.at.unwrap_or_default(),
        job,
    })
}

fn encode(job: &Job, leased: bool, interrupted: u32, at: Option<Timestamp>) -> Result<Bytes> {
    let head = Head {
        id: job.id.clone(),
        topic: job.topic.clone(),
        attempt: job.attempt,
        leased,
        interrupted,
        at,
        delay: job.delay,
    };
    let head = serde_json::to_vec(&head).map_err(|error| {
        Error::new(ErrorKind::Internal, "a job cannot be written").with_source(error)
    })?;
    let length = u32::try_from(head.len()).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(4 + head.len() + job.body.len());
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&head);
    bytes.extend_from_slice(&job.body);
    Ok(bytes.into())
}

fn decode(record: &Record) -> Result<(Head, Job)> {
    let damaged = || {
        Error::new(
            ErrorKind::Corrupt,
            format!("`{}` of the queue is damaged", record.key),
        )
    };
    let (length, rest) = record.value.split_first_chunk().ok_or_else(damaged)?;
    let length = u32::from_le_bytes(*length) as usize;
    let (head, _) = rest.split_at_checked(length).ok_or_else(damaged)?;
    let head: Head = serde_json::from_slice(head).map_err(|error| damaged().with_source(error))?;
    let job = Job {
        id: head.id.clone(),
        topic: head.topic.clone(),
        body: record.value.slice(4 + length..),
        delay: head.delay,
        attempt: head.attempt,
    };
    Ok((head, job))
}

/// Where a job lies that is due at a time.
pub(super) fn due_key(at: Timestamp, id: &str) -> String {
    format!("q/{:016x}/{id}", at.0)
}

/// Where an alarm lies in the order of times.
pub(super) fn time_key(at: Timestamp, name: &str) -> String {
    format!("t/{:016x}/{name}", at.0)
}

/// The time and the name in either of these keys.
pub(super) fn split(key: &str) -> Option<(Timestamp, &str)> {
    let (time, name) = key.get(2..)?.split_once('/')?;
    Some((Timestamp(u64::from_str_radix(time, 16).ok()?), name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_survive() {
        let mut job =
            Job::new("a/b", "topic", vec![0, 159, 146, 150]).delayed(Duration::from_secs(3));
        job.attempt = 2;
        let entry = Entry {
            job,
            leased: true,
            interrupted: 3,
        };
        let record = |value| Record {
            key: "q/0/x".to_owned(),
            value,
            version: 1,
        };
        let decoded = Entry::decode(&record(entry.encode().unwrap())).unwrap();
        assert_eq!(decoded, entry);
        let damaged = Entry::decode(&record(Bytes::from_static(b"\xff\xff\0\0x"))).unwrap_err();
        assert_eq!(damaged.kind(), ErrorKind::Corrupt);
    }

    #[test]
    fn keys_sort_by_time() {
        let (early, late) = (Timestamp(9), Timestamp(1_767_225_600_000));
        assert!(due_key(early, "z") < due_key(late, "a"));
        assert_eq!(split(&due_key(late, "a/b")), Some((late, "a/b")));
        assert_eq!(split(&time_key(early, "")), Some((early, "")));
        assert_eq!(split("q/x"), None);
    }
}
