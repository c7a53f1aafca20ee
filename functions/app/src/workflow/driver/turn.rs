//! Letting go of a run before the runtime ends the invocation that drives it.

use std::time::Duration;

use futures::future::AbortHandle;
use ports::{Commit, Runtime, Timestamp, Turns};

use super::Driver;
use crate::{Context, Result, workflow::resume};

/// How often it is seen whether somebody still reads.
const LOOK: Duration = Duration::from_secs(5);

/// What a driver has of the invocation that it runs in.
pub(super) struct Turn {
    limits: Option<Turns>,
    in_job: bool,
    /// Since when it counts.
    since: Option<Timestamp>,
}

impl Turn {
    /// Beside a request.
    pub(super) fn new(runtime: &Runtime) -> Self {
        Self {
            limits: runtime.turns,
            in_job: false,
            since: None,
        }
    }

    /// Whether the run is to be let go. `is_busy`: something is under way that would have to be asked for again.
    fn is_over(&mut self, now: Timestamp, is_read: bool, is_busy: bool) -> bool {
        let Some(limits) = self.limits else {
            return false;
        };
        if is_read && !self.in_job {
            self.since = None;
            return false;
        }
        let spent = now.since(*self.since.get_or_insert(now));
        let limit = match self.in_job {
            true => limits.job,
            false => limits.alone,
        };
        spent >= limit || (!is_busy && spent * 2 >= limit)
    }

    /// The longest wait until the next look.
    pub(super) fn wait(&self, longest: Duration) -> Duration {
        match self.limits {
            Some(_) => longest.min(LOOK),
            None => longest,
        }
    }
}

impl Driver {
    /// Runs it in a job of the queue, which ends with it or when it must be let go. Where runs are driven in one piece, beside
    /// the job.
    pub(in crate::workflow) async fn run_in_job(mut self, ctx: &Context) {
        if ctx.platform.runtime.turns.is_none() {
            return self.spawn();
        }
        self.turn.in_job = true;
        self.turn.since = Some(ctx.now());
        self.drive().await;
    }

    /// Whether this invocation has done what it may.
    pub(super) fn is_spent(&mut self) -> bool {
        let is_read = !self.out.is_closed();
        let is_busy = self.works.len() > self.people.len();
        let now = self.hands.ctx.now();
        self.turn.is_over(now, is_read, is_busy)
    }

    /// Gives the run out of hand, for a job of the queue to go on at once.
    pub(super) async fn rest(&mut self) -> Result<()> {
        self.handles.values().for_each(AbortHandle::abort);
        self.log.entries.extend(self.run.take_journal());
        self.log.lets_go = true;
        self.log.commit(Commit::new(), None).await?;
        self.release();
        let why = format!("{}{}", resume::REST, self.log.at);
        let job = resume::wake(&self.hands.tenant_id, &self.record.id, &why)?;
        // Where this fails, the job that looks after every run comes a little later.
        Ok(self.hands.ctx.platform.queue.send(vec![job]).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_ends_when_nothing_is_lost_or_at_its_end() {
        const SECOND: u64 = 1000;
        let limits = Turns {
            alone: Duration::from_secs(20),
            job: Duration::from_secs(60),
        };
        let turn = |limits, in_job, since: Option<u64>| Turn {
            limits,
            in_job,
            since: since.map(Timestamp),
        };
        for (mut turn, at, is_read, is_busy, expect) in [
            // Nothing ends it where the runtime does not.
            (turn(None, true, Some(0)), 900, false, true, false),
            // While somebody reads it goes on, and what was before does not count.
            (turn(Some(limits), false, Some(0)), 900, true, false, false),
            (turn(Some(limits), false, None), 900, false, false, false),
            (turn(Some(limits), false, Some(0)), 9, false, false, false),
            (turn(Some(limits), false, Some(0)), 10, false, false, true),
            (turn(Some(limits), false, Some(0)), 19, false, true, false),
            (turn(Some(limits), false, Some(0)), 20, false, true, true),
            // A job has its own time, and no reader.
            (turn(Some(limits), true, Some(0)), 29, true, false, false),
            (turn(Some(limits), true, Some(0)), 30, true, false, true),
            (turn(Some(limits), true, Some(0)), 59, true, true, false),
            (turn(Some(limits), true, Some(0)), 60, true, true, true),
        ] {
            let found = turn.is_over(Timestamp(at * SECOND), is_read, is_busy);
            assert_eq!(found, expect, "{at} s, read {is_read}, busy {is_busy}");
        }
    }
}
