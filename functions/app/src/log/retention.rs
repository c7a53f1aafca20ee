//! How long a workspace keeps its logs: whole days are dropped, once a day.
//!
//! Dropped are, of each app, the days of its log (what is listed and the figures of charts) and the runs of workflows that
//! began before and have ended, and of the workspace the days of what its models were asked; where it is wished, also
//! conversations that nobody wrote in since. What a day of an app added up to is kept for its charts. What is asked later
//! in an older conversation that stayed brings that conversation back into the log.
//!
//! The setting is the record `retention` of the workspace. An alarm of the runtime's timer begins a sweep, whose steps are
//! jobs of the queue: each drops one day of one app, and may be repeated.

use std::{collections::BTreeSet, time::Duration};

use ports::{Alarm, Commit, Job, Range, Scope, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    day::{day, parse},
    days, entry, read,
};
use crate::{
    Context, Error, Kind, Result,
    apps::{self, App},
    keys, requests, statistics, store,
};

/// The topic of the jobs.
pub const TOPIC: &str = "log/retention";

/// Most days that can be set.
pub const MAX_DAYS: u32 = 3650;

const KEY: &str = "retention";

const DAY: Duration = Duration::from_secs(86_400);

/// Apps of one page.
const PAGE: usize = 100;

/// What a workspace set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// Days that logs are kept; `None`: for ever.
    pub days: Option<u32>,
    /// Whether conversations go that nobody wrote in for so long.
    #[serde(default)]
    pub conversations: bool,
}

#[derive(Serialize, Deserialize)]
struct Sweep {
    tenant_id: String,
    /// Which sweep: its day.
    day: String,
    /// Counts its jobs.
    step: u64,
}

/// What a workspace set.
pub async fn retention(ctx: &Context, tenant_id: &str) -> Result<Retention> {
    let stored = store::load::<Retention>(&ctx.tenant(tenant_id), keys::TENANT, KEY).await?;
    Ok(stored.map(|stored| stored.value).unwrap_or_default())
}

/// Sets it, and begins a first sweep. `InvalidParam` for days outside 1 to [`MAX_DAYS`].
pub async fn set_retention(ctx: &Context, tenant_id: &str, retention: Retention) -> Result<()> {
    if retention
        .days
        .is_some_and(|days| !(1..=MAX_DAYS).contains(&days))
    {
        let message = format!("days must be between 1 and {MAX_DAYS}, or null");
        return Err(Error::invalid("days", message));
    }
    let commit = Commit::new().put(KEY, store::encode(&retention)?);
    ctx.tenant(tenant_id).commit(keys::TENANT, commit).await?;
    match retention.days {
        Some(_) => ctx
            .platform
            .queue
            .send(vec![first(ctx, tenant_id, ctx.now())?])
            .await
            .map_err(Error::from),
        None => Ok(ctx.platform.timer.cancel(&alarm(tenant_id)).await?),
    }
}

/// Begins to sweep a workspace that came out of a backup.
pub(crate) async fn resume(ctx: &Context, tenant_id: &str) -> Result<()> {
    if retention(ctx, tenant_id).await?.days.is_some() {
        let job = first(ctx, tenant_id, ctx.now())?;
        ctx.platform.queue.send(vec![job]).await?;
    }
    Ok(())
}

fn alarm(tenant_id: &str) -> String {
    format!("{TOPIC}/{tenant_id}")
}

/// The job that begins the sweep of a moment.
fn first(ctx: &Context, tenant_id: &str, at: Timestamp) -> Result<Job> {
    let sweep = Sweep {
        tenant_id: tenant_id.to_owned(),
        day: day(at),
        step: 0,
    };
    let id = format!("{}/{}/{}", alarm(tenant_id), sweep.day, ctx.uuid());
    Ok(Job::new(id, TOPIC, store::encode(&sweep)?))
}

/// Handles a job of [`TOPIC`]: drops one day of one app and goes on, or sets the alarm of the next sweep.
pub async fn consume(ctx: &Context, job: &Job) -> Result<()> {
    let sweep: Sweep = serde_json::from_slice(&job.body).map_err(|error| {
        let message = format!("not a job of `{TOPIC}`: {error}");
        Error::new(Kind::InvalidParam, message)
    })?;
    let tenant_id = &sweep.tenant_id;
    let retention = retention(ctx, tenant_id).await?;
    let Some(days) = retention.days else {
        return Ok(());
    };
    let limit = Timestamp(
        ctx.now()
            .0
            .saturating_sub(u64::from(days) * DAY.as_millis() as u64),
    );
    // Days are dropped whole: the one of the limit has parts that are kept.
    let oldest = parse(&day(limit)).unwrap_or(limit);
    if step(ctx, tenant_id, &retention, oldest).await? {
        let next = Sweep {
            step: sweep.step + 1,
            ..sweep
        };
        let id = format!("{}/{}", job.id, next.step);
        let job = Job::new(id, TOPIC, store::encode(&next)?);
        return Ok(ctx.platform.queue.send(vec![job]).await?);
    }
    let at = ctx.now() + DAY;
    let alarm = Alarm {
        name: alarm(tenant_id),
        at,
        job: first(ctx, tenant_id, at)?,
    };
    Ok(ctx.platform.timer.set(alarm).await?)
}

/// Drops the oldest day of the first app that has one before `oldest`; whether there was one.
async fn step(
    ctx: &Context,
    tenant_id: &str,
    retention: &Retention,
    oldest: Timestamp,
) -> Result<bool> {
    let scope = ctx.tenant(tenant_id);
    if let Some(old) = requests::old_day(&scope, &day(oldest)).await? {
        requests::drop_day(&scope, &old).await?;
        return Ok(true);
    }
    let mut after = None;
    loop {
        let range = Range::prefix("app/", PAGE).after(after.take());
        let records = scope.list(keys::TENANT, range).await?;
        for record in &records {
            let id = record.key.strip_prefix("app/").unwrap_or_default();
            let Some(app) = apps::get(&scope, id).await? else {
                continue;
            };
            if drop_day(ctx, &scope, &app.value, retention, oldest).await? {
                return Ok(true);
            }
            #[cfg(feature = "workflows")]
            if crate::workflow::remove_before(&scope, id, oldest).await? {
                return Ok(true);
            }
        }
        if records.len() < PAGE {
            return Ok(false);
        }
        after = records.last().map(|record| record.key.clone());
    }
}

async fn drop_day(
    ctx: &Context,
    scope: &Scope,
    app: &App,
    retention: &Retention,
    oldest: Timestamp,
) -> Result<bool> {
    let first = day(oldest);
    let days = days::days(scope, &app.id, None, Some(oldest)).await?;
    for old in days.iter().filter(|day| **day < first) {
        // Conversations that go one day must be found on that day.
        let mut stay = BTreeSet::new();
        if retention.conversations {
            for entry in days::entries(scope, &app.id, old).await? {
                if entry.updated_at >= oldest {
                    stay.insert(entry.id);
                    continue;
                }
                match read::delete(ctx, app, &entry.id).await {
                    // Its end user was faster.
                    Err(error) if error.kind() != Kind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
        statistics::keep(scope, &app.id, old).await?;
        if entry::drop_day(scope, &app.id, old, &stay).await? {
            return Ok(true);
        }
    }
    Ok(false)
}
