//! Runs whose driver died are taken over: a job of the queue looks after each run until it has ended.

use std::time::Duration;

use ports::{Commit, Job};
use serde::{Deserialize, Serialize};
use workflow::{Limits, Replay, Run};

use super::{
    begin::{hands, of_run, recorded},
    driver::{Driver, now},
    form,
    journal::{self, LEASE_TIME, Lease, Log, take_over},
    record::{LEASE, RUN, Record, load},
    stop::is_wished,
    tally::Tally,
};
use crate::{Context, Error, Kind, Result, apps, keys, store};

/// The topic of the jobs.
pub const TOPIC: &str = "workflow/run";

/// Beyond the end of a lease, for clocks that differ.
const SLACK: Duration = Duration::from_secs(2);

/// Why a run goes on that its driver let go of, with the time that it did.
pub(super) const REST: &str = "rest/";

#[derive(Clone, Serialize, Deserialize)]
struct Look {
    tenant_id: String,
    run_id: String,
    /// How often it was looked after: a job with the id of a waiting one may be dropped.
    turn: u64,
    /// Somebody filled in this form, or wants the run to end: then a paused run goes on too.
    #[serde(default)]
    why: Option<String>,
}

/// A job that looks after a run.
pub(super) fn job(tenant_id: &str, run_id: &str, turn: u64, delay: Duration) -> Result<Job> {
    let look = Look {
        tenant_id: tenant_id.to_owned(),
        run_id: run_id.to_owned(),
        turn,
        why: None,
    };
    look.job(delay + SLACK)
}

/// A job that lets a paused run go on at once. `why`: another reason is another job.
pub(super) fn wake(tenant_id: &str, run_id: &str, why: &str) -> Result<Job> {
    let look = Look {
        tenant_id: tenant_id.to_owned(),
        run_id: run_id.to_owned(),
        turn: 0,
        why: Some(why.to_owned()),
    };
    look.job(Duration::ZERO)
}

impl Look {
    fn job(&self, delay: Duration) -> Result<Job> {
        let why = self.why.as_ref().map(|why| format!("/{why}"));
        let id = format!(
            "{TOPIC}/{}{}/{}",
            self.run_id,
            why.unwrap_or_default(),
            self.turn
        );
        Ok(Job::new(id, TOPIC, store::encode(self)?).delayed(delay))
    }
}

/// Handles a job of [`TOPIC`]: a run that nobody drives goes on where its journal ends.
pub async fn consume(ctx: &Context, job: &Job) -> Result<()> {
    let look: Look = serde_json::from_slice(&job.body).map_err(|error| {
        Error::new(
            Kind::InvalidParam,
            format!("not a job of `{TOPIC}`: {error}"),
        )
    })?;
    let scope = ctx.tenant(&look.tenant_id);
    // Nobody was told of a run without a record; one that has ended needs nobody.
    let Some(record) = load::<Record>(&scope, &look.run_id, RUN).await? else {
        return Ok(());
    };
    if record.is_finished() {
        return Ok(());
    }
    if record.is_paused() && look.why.is_none() {
        let forms = form::all(&scope, &look.run_id).await?;
        let open = forms.iter().filter(|form| form.answer.is_none());
        let first = open.map(|form| form.expires_at).min().unwrap_or_default();
        if let Some(left) = first.0.checked_sub(ctx.now().0).filter(|left| *left > 0) {
            let next = Look {
                turn: look.turn + 1,
                ..look
            };
            let job = next.job(Duration::from_millis(left))?;
            ctx.platform.queue.send(vec![job]).await?;
            return Ok(());
        }
    }
    let taken = take_over(ctx, &scope, &look.run_id).await?;
    let lease = store::load::<Lease>(&scope, &keys::run(&look.run_id), LEASE).await?;
    let until = lease.map_or(0, |lease| lease.value.until);
    let left = Duration::from_millis(until.saturating_sub(ctx.now().0));
    // Before it is driven: whoever drives it may die again.
    let next = Look {
        turn: look.turn + 1,
        // Somebody still drives it, and may not have seen the answer.
        why: look.why.clone().filter(|_| taken.is_none()),
        ..look.clone()
    };
    let is_rest = look.why.as_ref().is_some_and(|why| why.starts_with(REST));
    // After a rest, the job that was there before still looks after the run.
    if !is_rest {
        let next = next.job(left.min(LEASE_TIME) + SLACK)?;
        ctx.platform.queue.send(vec![next]).await?;
    }
    let Some(version) = taken else { return Ok(()) };
    let Some(app) = apps::get(&scope, &record.app_id).await? else {
        return abandon(
            ctx,
            &look.tenant_id,
            record,
            version,
            "The app no longer exists.",
        )
        .await;
    };
    let flow = of_run(&scope, &app.value, &record).await?;
    let mut told = recorded(&scope, &record.id).await?;
    let kept = journal::read(&scope, &record.id).await?;
    let mut tally = Tally::default();
    for entry in &kept.entries {
        if let workflow::Change::Replied { reply, .. } = &entry.change {
            tally.take(reply);
        }
    }
    told.entries.clone_from(&kept.entries);
    let replay = Replay {
        seen: kept
            .events
            .iter()
            .map(|event| event.seq)
            .max()
            .unwrap_or_default(),
        is_fork: false,
    };
    let run = Run::resume(
        flow.plan.clone(),
        &told,
        Limits::default(),
        replay,
        now(ctx),
    );
    let run = match run {
        Ok(run) => run,
        Err(error) => {
            let message = format!("The run cannot go on: {error}");
            return abandon(ctx, &look.tenant_id, record, version, &message).await;
        }
    };
    tracing::info!(run = record.id, "a run goes on where its journal ends");
    let mut log = Log::new(ctx, &scope, &record.id, Some(version)).behind(&kept);
    let was_paused = record.is_paused();
    let record = Record {
        status: "running".to_owned(),
        ..record
    };
    if was_paused {
        log.commit(Commit::new(), Some(&record)).await?;
    }
    let (hands, deltas) = hands(ctx, &look.tenant_id, &record);
    let (mut driver, _) = Driver::new(hands, deltas, flow, record, run, log, None);
    driver.tally = tally;
    driver.tokens = form::all(&scope, &look.run_id)
        .await?
        .into_iter()
        .map(|form| (form.id, form.token))
        .collect();
    driver.remember(&kept.events);
    // Before any effect is repeated whose result nobody wants.
    if is_wished(&scope, &driver.record).await? {
        driver.stop()?;
    }
    driver.run_in_job(ctx).await;
    Ok(())
}

/// Ends a run that nobody can drive, and says why.
async fn abandon(
    ctx: &Context,
    tenant_id: &str,
    record: Record,
    version: ports::Revision,
    message: &str,
) -> Result<()> {
    let record = Record {
        status: "failed".to_owned(),
        error: Some(message.to_owned()),
        finished_at: Some(ctx.now()),
        ..record
    };
    let scope = ctx.tenant(tenant_id);
    super::record::list_run(&scope, &record).await?;
    let mut log = Log::new(ctx, &scope, &record.id, Some(version));
    let kept = journal::read(&scope, &record.id).await?;
    log = log.behind(&kept);
    log.commit(Commit::new(), Some(&record)).await
}
