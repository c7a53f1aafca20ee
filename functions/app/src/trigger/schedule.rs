//! Schedules: cron patterns and calendars in a time zone, driven by alarms of the runtime.
//!
//! An alarm names the moment it stands for. Its run's id follows from that moment: told twice, it runs once. After a time
//! in which nothing was served, the moment that was missed first runs once, and the next one is in the future.

use std::str::FromStr;

use chrono::{DateTime, TimeZone};
use chrono_tz::Tz;
use croner::Cron;
use ports::{Alarm, Job, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Trigger, app, keep, of_node};
use crate::{Context, Error, Kind, Result, id, store, workflow};

/// The topic of the jobs.
pub const TOPIC: &str = "workflow/schedule";

/// When a workflow runs.
#[derive(Debug)]
pub(super) struct Schedule {
    cron: Cron,
    zone: Tz,
}

#[derive(Serialize, Deserialize)]
struct Due {
    tenant_id: String,
    app_id: String,
    node_id: String,
    at: Timestamp,
}

impl Schedule {
    /// Reads a node; what is impossible names the node and the field.
    pub fn parse(node_id: &str, data: &Value) -> Result<Self> {
        let wrong = |field: &str, message: String| {
            let message = format!("The workflow cannot run: node {node_id}, {field}: {message}");
            Error::new(Kind::BadRequest, message)
        };
        let text = |name: &str| data.get(name).and_then(Value::as_str).map(str::trim);
        let zone = text("timezone")
            .filter(|zone| !zone.is_empty())
            .unwrap_or("UTC");
        let zone = Tz::from_str(zone)
            .map_err(|_| wrong("timezone", format!("`{zone}` is no time zone")))?;
        let (field, pattern) = match text("mode").unwrap_or("visual") {
            "cron" => (
                "cron_expression",
                text("cron_expression").unwrap_or_default().to_owned(),
            ),
            "visual" => ("visual_config", visual(data).map_err(|(f, m)| wrong(f, m))?),
            other => {
                return Err(wrong(
                    "mode",
                    format!("`{other}` is neither visual nor cron"),
                ));
            }
        };
        if pattern.split_whitespace().count() != 5 && !pattern.starts_with('@') {
            let message = format!("`{pattern}` does not have the five fields of a cron pattern");
            return Err(wrong(field, message));
        }
        let cron = Cron::from_str(&pattern)
            .map_err(|error| wrong(field, format!("`{pattern}`: {error}")))?;
        let schedule = Self { cron, zone };
        // The thirtieth of February never comes.
        if schedule.after(Timestamp(1_767_225_600_000)).is_none() {
            return Err(wrong(
                field,
                format!("`{pattern}` names no moment that comes"),
            ));
        }
        Ok(schedule)
    }

    /// The first moment after another.
    pub fn after(&self, now: Timestamp) -> Option<Timestamp> {
        let seconds = i64::try_from(now.as_secs()).ok()?;
        let now: DateTime<Tz> = self.zone.timestamp_opt(seconds, 0).single()?;
        let next = self.cron.find_next_occurrence(&now, false).ok()?;
        u64::try_from(next.timestamp_millis()).ok().map(Timestamp)
    }
}

/// A calendar as a cron pattern; or the field that is wrong, and why.
fn visual(data: &Value) -> Result<String, (&'static str, String)> {
    let none = Map::new();
    let config = data.get("visual_config").and_then(Value::as_object);
    let config = config.unwrap_or(&none);
    let frequency = data.get("frequency").and_then(Value::as_str);
    let frequency = frequency.unwrap_or("daily");
    if frequency == "hourly" {
        let minute = config.get("on_minute").map_or(Some(0), Value::as_u64);
        let minute = minute.filter(|minute| *minute < 60);
        let minute = minute.ok_or_else(|| {
            let message = "must be a number from 0 to 59".to_owned();
            ("visual_config.on_minute", message)
        })?;
        return Ok(format!("{minute} * * * *"));
    }
    let time = config.get("time").and_then(Value::as_str);
    let time = time.unwrap_or("12:00 AM");
    let (hour, minute) = clock(time).ok_or_else(|| {
        (
            "visual_config.time",
            format!("`{time}` is no time like 2:30 PM"),
        )
    })?;
    let list = |name: &str| {
        let items = config.get(name).and_then(Value::as_array);
        items.into_iter().flatten().collect::<Vec<_>>()
    };
    match frequency {
        "daily" => Ok(format!("{minute} {hour} * * *")),
        "weekly" => {
            const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
            let mut days = Vec::new();
            for day in list("weekdays") {
                let known = day.as_str().filter(|day| DAYS.contains(day));
                let known = known.ok_or_else(|| {
                    (
                        "visual_config.weekdays",
                        format!("{day} is no day of the week"),
                    )
                })?;
                days.push(known.to_uppercase());
            }
            if days.is_empty() {
                return Err(("visual_config.weekdays", "names no day".to_owned()));
            }
            Ok(format!("{minute} {hour} * * {}", days.join(",")))
        }
        "monthly" => {
            let mut days = Vec::new();
            for day in list("monthly_days") {
                let number = day.as_u64().filter(|day| (1..=31).contains(day));
                days.push(match (number, day.as_str()) {
                    (Some(number), _) => number.to_string(),
                    (None, Some("last")) => "L".to_owned(),
                    _ => {
                        let message = format!("{day} is neither 1 to 31 nor \"last\"");
                        return Err(("visual_config.monthly_days", message));
                    }
                });
            }
            if days.is_empty() {
                return Err(("visual_config.monthly_days", "names no day".to_owned()));
            }
            Ok(format!("{minute} {hour} {} * *", days.join(",")))
        }
        other => {
            let message = format!("`{other}` is none of hourly, daily, weekly, monthly");
            Err(("frequency", message))
        }
    }
}

/// `2:30 PM` as hour and minute of a day; `14:30` too.
fn clock(text: &str) -> Option<(u32, u32)> {
    let upper = text.trim().to_uppercase();
    let (time, half) = match (upper.strip_suffix("AM"), upper.strip_suffix("PM")) {
        (Some(time), _) => (time, Some(0)),
        (_, Some(time)) => (time, Some(12)),
        _ => (upper.as_str(), None),
    };
    let (hour, minute) = time.trim().split_once(':')?;
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = match half {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        None if hour < 24 => hour,
        _ => return None,
    };
    (minute < 60).then_some((hour, minute))
}

fn alarm(app_id: &str, node_id: &str) -> String {
    format!("{TOPIC}/{app_id}/{node_id}")
}

/// Sets the alarm of a schedule's next moment.
pub(super) async fn set(
    ctx: &Context,
    tenant_id: &str,
    app_id: &str,
    trigger: &Trigger,
) -> Result<()> {
    let Some(at) = trigger.next else {
        return cancel(ctx, app_id, &trigger.node_id).await;
    };
    let due = Due {
        tenant_id: tenant_id.to_owned(),
        app_id: app_id.to_owned(),
        node_id: trigger.node_id.clone(),
        at,
    };
    let name = alarm(app_id, &trigger.node_id);
    let job = Job::new(format!("{name}/{}", at.0), TOPIC, store::encode(&due)?);
    Ok(ctx.platform.timer.set(Alarm { name, at, job }).await?)
}

pub(super) async fn cancel(ctx: &Context, app_id: &str, node_id: &str) -> Result<()> {
    Ok(ctx.platform.timer.cancel(&alarm(app_id, node_id)).await?)
}

/// Handles a job of [`TOPIC`]: starts the run of a moment, and sets the alarm of the next.
pub async fn consume(ctx: &Context, job: &Job) -> Result<()> {
    let due: Due = serde_json::from_slice(&job.body).map_err(|error| {
        let message = format!("not a job of `{TOPIC}`: {error}");
        Error::new(Kind::InvalidParam, message)
    })?;
    let scope = ctx.tenant(&due.tenant_id);
    let Some(mut trigger) = of_node(&scope, &due.app_id, &due.node_id).await? else {
        return Ok(());
    };
    // Another moment is meant by now: it was published anew, or switched off.
    if !trigger.enabled || trigger.next != Some(due.at) {
        return Ok(());
    }
    let version = workflow::published(&scope, &due.app_id).await?;
    let workflow = version.map(|version| version.workflow).unwrap_or_default();
    let Some(node) = super::nodes(&workflow).find(|node| node.id == due.node_id) else {
        return Ok(());
    };
    let schedule = Schedule::parse(node.id, node.data)?;
    let wake = workflow::Wake {
        run_id: id::derived(&format!(
            "{TOPIC}/{}/{}/{}",
            due.app_id, due.node_id, due.at.0
        )),
        node_id: due.node_id.clone(),
        by: "schedule",
        inputs: Map::new(),
    };
    let app = app(&scope, &due.app_id).await?;
    match workflow::wake(ctx, &app, wake).await {
        Ok(_) => {}
        // A graph that is refused today is refused at every attempt: the schedule goes on.
        Err(error) if error.kind() != Kind::Unavailable => {
            tracing::warn!(%error, app = due.app_id, node = due.node_id, "a schedule started nothing");
        }
        Err(error) => return Err(error),
    }
    trigger.next = schedule.after(ctx.now().max(due.at));
    keep(&scope, &due.app_id, &trigger).await?;
    set(ctx, &due.tenant_id, &due.app_id, &trigger).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// 2026-03-28 00:00 UTC, a Saturday; clocks go forward in Berlin in the night after it.
    const NOW: Timestamp = Timestamp(1_774_656_000_000);

    fn next(data: Value) -> Result<String, String> {
        let schedule = Schedule::parse("n", &data).map_err(|error| error.message().to_owned())?;
        let next = schedule.after(NOW).expect("a moment");
        let utc = DateTime::from_timestamp(next.as_secs() as i64, 0).expect("a time");
        Ok(utc.format("%F %R").to_string())
    }

    #[test]
    fn moments() {
        let visual = |frequency: &str, config: Value, zone: &str| {
            next(json!({
                "mode": "visual", "frequency": frequency, "visual_config": config, "timezone": zone,
            }))
        };
        let cron = |pattern: &str, zone: &str| {
            next(json!({ "mode": "cron", "cron_expression": pattern, "timezone": zone }))
        };
        for (found, expect) in [
            (
                visual("hourly", json!({ "on_minute": 15 }), "UTC"),
                "2026-03-28 00:15",
            ),
            (
                visual("daily", json!({ "time": "2:30 PM" }), "UTC"),
                "2026-03-28 14:30",
            ),
            (
                visual("daily", json!({ "time": "12:00 AM" }), "Asia/Tokyo"),
                "2026-03-28 15:00",
            ),
            (
                visual(
                    "weekly",
                    json!({ "time": "9:00 AM", "weekdays": ["mon", "fri"] }),
                    "Europe/Berlin",
                ),
                // Summer time: two hours before UTC.
                "2026-03-30 07:00",
            ),
            (
                visual(
                    "monthly",
                    json!({ "time": "11:59 PM", "monthly_days": ["last"] }),
                    "UTC",
                ),
                "2026-03-31 23:59",
            ),
            (
                visual(
                    "monthly",
                    json!({ "time": "1:00 AM", "monthly_days": [1, 15] }),
                    "UTC",
                ),
                "2026-04-01 01:00",
            ),
            (cron("*/5 * * * *", "UTC"), "2026-03-28 00:05"),
            (cron("30 8 * * 1-5", "America/New_York"), "2026-03-30 12:30"),
            (cron("0 0 29 2 *", "UTC"), "2028-02-29 00:00"),
            // A default of old files.
            (next(json!({})), "2026-03-29 00:00"),
        ] {
            assert_eq!(found.as_deref(), Ok(expect));
        }
    }

    #[test]
    fn what_never_comes_names_its_field() {
        for (data, expect) in [
            (
                json!({ "timezone": "Mars/Olympus" }),
                "timezone: `Mars/Olympus`",
            ),
            (json!({ "mode": "lunar" }), "mode: `lunar`"),
            (
                json!({ "mode": "cron", "cron_expression": "" }),
                "cron_expression: ``",
            ),
            (
                json!({ "mode": "cron", "cron_expression": "61 * * * *" }),
                "cron_expression: `61 * * * *`",
            ),
            (
                json!({ "mode": "cron", "cron_expression": "0 0 30 2 *" }),
                "cron_expression: `0 0 30 2 *`",
            ),
            (
                json!({ "mode": "cron", "cron_expression": "* * * * * *" }),
                "five fields",
            ),
            (json!({ "frequency": "yearly" }), "frequency: `yearly`"),
            (
                json!({ "visual_config": { "time": "25:00" } }),
                "visual_config.time: `25:00`",
            ),
            (
                json!({ "frequency": "hourly", "visual_config": { "on_minute": 60 } }),
                "on_minute",
            ),
            (json!({ "frequency": "weekly" }), "weekdays: names no day"),
            (
                json!({ "frequency": "monthly", "visual_config": { "monthly_days": [32] } }),
                "32 is neither",
            ),
        ] {
            let error = next(data.clone()).expect_err("an error");
            assert!(
                error.contains("node n, ") && error.contains(expect),
                "{data}: {error}"
            );
        }
    }
}
