//! Charts: what happened to an app day by day, added up from the rows of its log. Days that the log has dropped are kept as
//! their sums.
//!
//! Start at [`chart`].

mod kept;

use std::collections::BTreeSet;

use ports::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Context, Result,
    apps::App,
    log::{self, Row},
    message::Rating,
};

pub(crate) use kept::keep;

/// Which chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chart {
    /// Messages.
    Messages,
    /// Conversations in which something was asked.
    Conversations,
    /// End users who asked something.
    EndUsers,
    /// Tokens and money.
    Tokens,
    /// Messages of a conversation.
    Interactions,
    /// Likes of a thousand messages.
    Satisfaction,
    /// Milliseconds to the end of an answer.
    ResponseTime,
    /// Milliseconds to the first words of an answer.
    FirstToken,
    /// Tokens written in a second.
    Speed,
    /// Messages that failed.
    Errors,
}

impl Chart {
    /// All, with the names of their routes.
    pub const ALL: [(&'static str, Self); 10] = [
        ("daily-messages", Self::Messages),
        ("daily-conversations", Self::Conversations),
        ("daily-end-users", Self::EndUsers),
        ("token-costs", Self::Tokens),
        ("average-session-interactions", Self::Interactions),
        ("user-satisfaction-rate", Self::Satisfaction),
        ("average-response-time", Self::ResponseTime),
        ("time-to-first-token", Self::FirstToken),
        ("tokens-per-second", Self::Speed),
        ("errors", Self::Errors),
    ];

    /// The chart of this name.
    pub fn parse(name: &str) -> Option<Self> {
        let found = Self::ALL.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, chart)| chart)
    }
}

/// What happened on one day, in UTC.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Day {
    /// As `2026-07-22`.
    pub date: String,
    /// Messages.
    pub messages: u64,
    /// Conversations in which something was asked.
    pub conversations: u64,
    /// End users who asked something.
    pub end_users: u64,
    /// Read and written.
    pub tokens: u64,
    /// Money, with seven decimals.
    pub price: String,
    /// ISO 4217, of the first message that says one.
    pub currency: String,
    /// Messages that failed.
    pub errors: u64,
    /// Messages that end users like.
    pub likes: u64,
    /// Mean seconds to the end of an answer.
    pub latency: f64,
    /// Mean seconds to the first words, of those that had any.
    pub first_token: f64,
    /// Tokens written in a second of writing.
    pub speed: f64,
}

/// The days of a range on which something was asked, the oldest first.
pub async fn chart(
    ctx: &Context,
    app: &App,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Result<Vec<Day>> {
    let scope = ctx.tenant(&app.tenant_id);
    let mut days = kept::kept(&scope, &app.id, from, to).await?;
    for date in log::days(&scope, &app.id, from, to).await? {
        // Of such a day a part of the rows may be gone.
        if days.contains_key(&date) {
            continue;
        }
        let mut rows = log::rows(&scope, &app.id, &date).await?;
        rows.retain(|row| {
            from.is_none_or(|from| row.at >= from) && to.is_none_or(|to| row.at <= to)
        });
        if !rows.is_empty() {
            days.insert(date.clone(), add(date, &rows));
        }
    }
    Ok(days.into_values().collect())
}

fn add(date: String, rows: &[Row]) -> Day {
    let distinct = |key: fn(&Row) -> &str| rows.iter().map(key).collect::<BTreeSet<_>>().len();
    let count = |test: fn(&&Row) -> bool| rows.iter().filter(test).count() as u64;
    let first: Vec<f64> = rows.iter().filter_map(|row| row.first_token).collect();
    let written = rows.iter().filter_map(|row| {
        let seconds = row.generate.filter(|seconds| *seconds > 0.0)?;
        Some((row.completion_tokens as f64, seconds))
    });
    let (tokens, seconds) = written.fold((0.0, 0.0), |(a, b), (c, d)| (a + c, b + d));
    let mut currencies = rows.iter().map(|row| row.currency.as_str());
    Day {
        date,
        messages: rows.len() as u64,
        conversations: distinct(|row| &row.conversation_id) as u64,
        end_users: distinct(|row| &row.end_user_id) as u64,
        tokens: rows
            .iter()
            .map(|row| row.prompt_tokens + row.completion_tokens)
            .sum(),
        price: money(rows.iter().map(|row| row.price.as_str())),
        currency: currencies
            .find(|it| !it.is_empty())
            .unwrap_or("USD")
            .to_owned(),
        errors: count(|row| row.failed),
        likes: count(|row| row.rating == Some(Rating::Like)),
        latency: mean(&rows.iter().map(|row| row.latency).collect::<Vec<_>>()),
        first_token: mean(&first),
        speed: if seconds > 0.0 { tokens / seconds } else { 0.0 },
    }
}

fn mean(values: &[f64]) -> f64 {
    match values.len() {
        0 => 0.0,
        count => values.iter().sum::<f64>() / count as f64,
    }
}

/// Adds decimal numbers exactly, to seven decimals.
pub(crate) fn money<'a>(prices: impl Iterator<Item = &'a str>) -> String {
    const UNITS: u128 = 10_000_000;
    let units = |price: &str| {
        let (whole, fraction) = price.split_once('.').unwrap_or((price, ""));
        let fraction: String = fraction.chars().chain("0000000".chars()).take(7).collect();
        let whole: u128 = whole.parse().unwrap_or(0);
        whole * UNITS + fraction.parse::<u128>().unwrap_or(0)
    };
    let sum: u128 = prices.map(units).sum();
    format!("{}.{:07}", sum / UNITS, sum % UNITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_added_exactly() {
        let check = |prices: &[&str], expect: &str| {
            assert_eq!(money(prices.iter().copied()), expect, "{prices:?}");
        };
        check(&[], "0.0000000");
        check(&["0.1", "0.2"], "0.3000000");
        check(&["0.0000001"; 3], "0.0000003");
        check(&["9.9999999", "0.0000001", "", "odd"], "10.0000000");
    }

    #[test]
    fn a_day_adds_up() {
        let row = |conversation: &str, user: &str, latency: f64, rating: Option<Rating>| Row {
            conversation_id: conversation.to_owned(),
            end_user_id: user.to_owned(),
            at: Timestamp(0),
            prompt_tokens: 10,
            completion_tokens: 5,
            price: "0.5".to_owned(),
            currency: "EUR".to_owned(),
            latency,
            first_token: Some(latency / 2.0),
            generate: Some(0.5),
            failed: rating.is_none(),
            rating,
        };
        let rows = [
            row("a", "ada", 1.0, Some(Rating::Like)),
            row("a", "ada", 2.0, Some(Rating::Dislike)),
            row("b", "eve", 3.0, None),
        ];
        let expect = Day {
            date: "1970-01-01".to_owned(),
            messages: 3,
            conversations: 2,
            end_users: 2,
            tokens: 45,
            price: "1.5000000".to_owned(),
            currency: "EUR".to_owned(),
            errors: 1,
            likes: 1,
            latency: 2.0,
            first_token: 1.0,
            speed: 10.0,
        };
        assert_eq!(add("1970-01-01".to_owned(), &rows), expect);
    }
}
