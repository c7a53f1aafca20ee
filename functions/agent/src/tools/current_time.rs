//! What time it is.

use std::sync::Arc;

use async_trait::async_trait;
use ports::Clock;
use serde_json::{Map, Value, json};

use crate::{Tool, tool::text};

/// The time, in UTC or at an offset from it.
pub struct CurrentTime {
    clock: Arc<dyn Clock>,
}

impl CurrentTime {
    /// By this clock.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }
}

#[async_trait]
impl Tool for CurrentTime {
    fn spec(&self) -> model::Tool {
        model::Tool {
            name: "current_time".to_owned(),
            description: "The current date and time.".to_owned(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "timezone": {"type": "string", "description": "`UTC`, or an offset from it such as `+02:00`. UTC when left out."}
                }
            }),
        }
    }

    fn label(&self) -> String {
        "Current Time".to_owned()
    }

    async fn call(&self, arguments: &Map<String, Value>) -> Result<String, String> {
        let zone = match arguments.get("timezone") {
            None | Some(Value::Null) => "UTC",
            Some(_) => text(arguments, "timezone")?,
        };
        let minutes = offset(zone).ok_or_else(|| {
            format!("`timezone` is `{zone}`: it must be `UTC` or an offset such as `+02:00`")
        })?;
        let now = i64::try_from(self.clock.now().as_secs()).unwrap_or(i64::MAX / 2);
        Ok(show(now, minutes))
    }
}

/// Minutes east of UTC.
fn offset(zone: &str) -> Option<i64> {
    let rest = zone
        .strip_prefix("UTC")
        .or_else(|| zone.strip_prefix("GMT"));
    let rest = rest.unwrap_or(zone).trim();
    if rest.is_empty() || rest == "Z" {
        return Some(0);
    }
    let (sign, digits) = match rest.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, rest.strip_prefix('+')?),
    };
    let (hours, minutes) = digits.split_once(':').unwrap_or((digits, "0"));
    let (hours, minutes) = (hours.parse::<i64>().ok()?, minutes.parse::<i64>().ok()?);
    ((0..=14).contains(&hours) && (0..60).contains(&minutes))
        .then_some(sign * (hours * 60 + minutes))
}

fn show(seconds: i64, minutes: i64) -> String {
    const DAYS: [&str; 7] = [
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
        "Monday",
        "Tuesday",
        "Wednesday",
    ];
    let local = seconds + minutes * 60;
    let (days, of_day) = (local.div_euclid(86_400), local.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let weekday = usize::try_from(days.rem_euclid(7))
        .ok()
        .and_then(|day| DAYS.get(day));
    let sign = if minutes < 0 { '-' } else { '+' };
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC{sign}{:02}:{:02}, {}",
        of_day / 3600,
        of_day / 60 % 60,
        of_day % 60,
        minutes.abs() / 60,
        minutes.abs() % 60,
        weekday.copied().unwrap_or_default()
    )
}

/// Year, month and day of a day since 1970. Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_where_they_are_asked_for() {
        let check = |zone: &str, expect: Option<&str>| {
            let shown = offset(zone).map(|minutes| show(1_700_000_000, minutes));
            assert_eq!(shown.as_deref(), expect, "{zone}");
        };
        check("UTC", Some("2023-11-14 22:13:20 UTC+00:00, Tuesday"));
        check("+02:00", Some("2023-11-15 00:13:20 UTC+02:00, Wednesday"));
        check("UTC-3:30", Some("2023-11-14 18:43:20 UTC-03:30, Tuesday"));
        check("+5", Some("2023-11-15 03:13:20 UTC+05:00, Wednesday"));
        check("Europe/Berlin", None);
        check("+99:00", None);
    }
}
