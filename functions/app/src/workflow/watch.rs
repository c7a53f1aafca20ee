//! Looking at a run from another request: its events as they are kept, and those that come.

use std::time::Duration;

use futures::{Stream, stream};
use ports::Scope;
use serde_json::Value;

use super::{
    begin::partition,
    journal::{Event, groups},
    record::{EVENTS, Logged, RUN, Record, load},
};
use crate::{Context, Result, keys, store};

/// One waiting request; runtimes end longer ones.
const WATCH: Duration = Duration::from_secs(25);

/// Events of a run after the one with this id, to its end. `waits`: also while it waits for people, which ends the events
/// otherwise.
pub fn events(
    ctx: &Context,
    scope: &Scope,
    record: Record,
    after: u64,
    waits: bool,
) -> impl Stream<Item = Event> + Send + use<> {
    struct State {
        ctx: Context,
        scope: Scope,
        record: Record,
        seen: u64,
        key: Option<String>,
        revision: u64,
        ready: std::collections::VecDeque<Event>,
        is_over: bool,
    }
    let state = State {
        ctx: ctx.clone(),
        scope: scope.clone(),
        record,
        seen: after,
        key: None,
        revision: 0,
        ready: Default::default(),
        is_over: false,
    };
    stream::unfold(state, move |mut state| async move {
        loop {
            if let Some(event) = state.ready.pop_front() {
                return Some((event, state));
            }
            if state.is_over {
                return None;
            }
            let watched = state
                .scope
                .watch(&partition(&state.record), state.revision, WATCH)
                .await;
            match watched {
                Ok(now) => state.revision = state.revision.max(now),
                Err(error) => {
                    tracing::warn!(%error, run = state.record.id, "a run cannot be watched");
                    state.ctx.platform.clock.sleep(Duration::from_secs(1)).await;
                }
            }
            // The record first: when it has ended, its last events are there.
            let ended = load::<Record>(&state.scope, &state.record.id, RUN).await;
            let key = state.key.clone();
            match groups::<Event>(&state.scope, &state.record.id, EVENTS, key).await {
                Ok((events, key)) => {
                    state.key = key;
                    let seen = state.seen;
                    state
                        .ready
                        .extend(events.into_iter().filter(|event| event.id > seen));
                    state.is_over = match ended {
                        Ok(Some(record)) => record.is_finished() || (record.is_paused() && !waits),
                        Ok(None) => true,
                        Err(_) => false,
                    };
                }
                Err(error) => tracing::warn!(%error, run = state.record.id, "a run cannot be read"),
            }
        }
    })
}

/// The text that these events of a chatflow say.
pub fn answer(events: &[Event]) -> String {
    let mut answer = String::new();
    for event in events {
        let text = event.data.get("answer").and_then(Value::as_str);
        match event.name.as_str() {
            "message" => answer.push_str(text.unwrap_or_default()),
            "message_replace" => text.unwrap_or_default().clone_into(&mut answer),
            _ => {}
        }
    }
    answer
}

/// The number of the last event that is kept of a run.
pub async fn last_event(scope: &Scope, run_id: &str) -> Result<u64> {
    let (events, _) = groups::<Event>(scope, run_id, EVENTS, None).await?;
    Ok(events.last().map_or(0, |event| event.id))
}

/// Which runs to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// In inputs, outputs or the name of the end user, in any case.
    pub keyword: String,
    /// Of this status.
    pub status: Option<String>,
    /// Begun before this (milliseconds).
    pub before: Option<u64>,
    /// Begun at this or after it (milliseconds).
    pub after: Option<u64>,
    /// Of this end user's session.
    pub session_id: Option<String>,
    /// What members tried out, instead of what callers ran.
    pub tried: bool,
}

impl Filter {
    fn list(&self, app_id: &str) -> String {
        match self.tried {
            true => keys::drafts(app_id),
            false => keys::runs(app_id),
        }
    }
}

/// Runs of an app, the newest first, after the one with the id `last`, and whether there are more; `None` where there is
/// no such run. Trials of one node are left out.
pub async fn scroll(
    scope: &Scope,
    app_id: &str,
    filter: &Filter,
    last: Option<&str>,
    limit: usize,
) -> Result<Option<(Vec<Record>, bool)>> {
    let (mut found, mut after) = (Vec::new(), None);
    let mut is_behind = last.is_none();
    loop {
        let range = ports::Range::prefix("r/", 200).reversed().after(after);
        let records = scope.list(&filter.list(app_id), range).await?;
        for record in &records {
            let logged: Logged = store::decode(record)?;
            if !is_behind {
                is_behind = last.is_some_and(|last| logged.run.id == last);
            } else if logged.run.triggered_from != "single-step" && fits(&logged, filter, "") {
                found.push(logged.run);
            }
            if found.len() > limit {
                found.truncate(limit);
                return Ok(Some((found, true)));
            }
        }
        after = records.last().map(|record| record.key.clone());
        if records.len() < 200 {
            return Ok(is_behind.then_some((found, false)));
        }
    }
}

/// Runs of an app, the newest first: one page of them, and how many there are.
pub async fn logs(
    scope: &Scope,
    app_id: &str,
    filter: &Filter,
    page: usize,
    limit: usize,
) -> Result<(Vec<Logged>, usize)> {
    let skip = page.saturating_sub(1).saturating_mul(limit);
    let (mut found, mut total, mut after) = (Vec::new(), 0, None);
    let keyword = filter.keyword.to_lowercase();
    loop {
        let range = ports::Range::prefix("r/", 200).reversed().after(after);
        let records = scope.list(&filter.list(app_id), range).await?;
        for record in &records {
            let logged: Logged = store::decode(record)?;
            if !fits(&logged, filter, &keyword) {
                continue;
            }
            if total >= skip && found.len() < limit {
                found.push(logged);
            }
            total += 1;
        }
        after = records.last().map(|record| record.key.clone());
        if records.len() < 200 {
            return Ok((found, total));
        }
    }
}

fn fits(logged: &Logged, filter: &Filter, keyword: &str) -> bool {
    let run = &logged.run;
    let session = run.user.session();
    filter
        .status
        .as_ref()
        .is_none_or(|status| run.status == *status)
        && filter.before.is_none_or(|before| run.created_at.0 < before)
        && filter.after.is_none_or(|after| run.created_at.0 >= after)
        && filter.session_id.as_ref().is_none_or(|id| session == id)
        && (keyword.is_empty()
            || logged.text.to_lowercase().contains(keyword)
            || session.to_lowercase().contains(keyword)
            || run.id == keyword)
}
