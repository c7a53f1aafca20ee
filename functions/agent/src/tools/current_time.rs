//! What time it is.

use std::{str::FromStr, sync::Arc};

use async_trait::async_trait;
use chrono::{
    DateTime, FixedOffset, TimeZone, Utc,
    format::{Item, StrftimeItems},
};
use chrono_tz::Tz;
use ports::Clock;
use serde_json::{Map, Value, json};

use crate::{Tool, tool::text};

/// How a time is written when nobody says how.
const FORMAT: &str = "%Y-%m-%d %H:%M:%S UTC%:z, %A";

/// The time, in UTC or elsewhere.
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
                    "timezone": {
                        "type": "string",
                        "description": "Such as `Europe/Berlin`, or an offset such as `+02:00`. UTC when left out."
                    },
                    "format": {"type": "string", "description": "As strftime has it, such as `%Y-%m-%d %H:%M:%S`."}
                }
            }),
        }
    }

    fn label(&self) -> String {
        "Current Time".to_owned()
    }

    async fn call(&self, arguments: &Map<String, Value>) -> Result<String, String> {
        let given = |name: &str, usual: &'static str| match arguments.get(name) {
            None | Some(Value::Null) => Ok(usual.to_owned()),
            Some(_) => text(arguments, name).map(|text| match text.trim() {
                "" => usual.to_owned(),
                text => text.to_owned(),
            }),
        };
        let seconds = i64::try_from(self.clock.now().as_secs()).unwrap_or_default();
        show(
            seconds,
            &given("timezone", "UTC")?,
            &given("format", FORMAT)?,
        )
    }
}

/// A time since 1970 in this zone and format.
fn show(seconds: i64, zone: &str, format: &str) -> Result<String, String> {
    let items: Vec<Item> = StrftimeItems::new(format).collect();
    if items.contains(&Item::Error) {
        return Err(format!(
            "`format` is `{format}`, which strftime does not know"
        ));
    }
    let at = DateTime::<Utc>::from_timestamp(seconds, 0).unwrap_or_default();
    let said = |at: chrono::format::DelayedFormat<std::vec::IntoIter<Item>>| at.to_string();
    if let Some(offset) = offset(zone) {
        let at = offset.from_utc_datetime(&at.naive_utc());
        return Ok(said(at.format_with_items(items.into_iter())));
    }
    let zone = Tz::from_str(zone).map_err(|_| {
        format!("`timezone` is `{zone}`: it must be a place such as `Europe/Berlin`, or an offset such as `+02:00`")
    })?;
    let at = at.with_timezone(&zone);
    Ok(said(at.format_with_items(items.into_iter())))
}

/// An offset from UTC, at most 14 hours.
fn offset(zone: &str) -> Option<FixedOffset> {
    let rest = zone
        .strip_prefix("UTC")
        .or_else(|| zone.strip_prefix("GMT"));
    let rest = rest.unwrap_or(zone).trim();
    if rest.is_empty() || rest == "Z" {
        return FixedOffset::east_opt(0);
    }
    let (sign, digits) = match rest.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, rest.strip_prefix('+')?),
    };
    let (hours, minutes) = digits.split_once(':').unwrap_or((digits, "0"));
    let (hours, minutes) = (hours.parse::<i32>().ok()?, minutes.parse::<i32>().ok()?);
    let fits = (0..=14).contains(&hours) && (0..60).contains(&minutes);
    fits.then_some(())
        .and_then(|()| FixedOffset::east_opt(sign * (hours * 3600 + minutes * 60)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_where_they_are_asked_for() {
        let check = |zone: &str, format: &str, expect: Option<&str>| {
            let shown = show(1_700_000_000, zone, format).ok();
            assert_eq!(shown.as_deref(), expect, "{zone} {format}");
        };
        let usual = |zone, expect| check(zone, FORMAT, expect);
        usual("UTC", Some("2023-11-14 22:13:20 UTC+00:00, Tuesday"));
        usual("+02:00", Some("2023-11-15 00:13:20 UTC+02:00, Wednesday"));
        usual("UTC-3:30", Some("2023-11-14 18:43:20 UTC-03:30, Tuesday"));
        usual("+5", Some("2023-11-15 03:13:20 UTC+05:00, Wednesday"));
        usual(
            "Europe/Berlin",
            Some("2023-11-14 23:13:20 UTC+01:00, Tuesday"),
        );
        usual("Atlantis", None);
        usual("+99:00", None);
        check(
            "Asia/Shanghai",
            "%Y-%m-%d %H:%M:%S",
            Some("2023-11-15 06:13:20"),
        );
        check("UTC", "%Q", None);
    }
}
