//! Every route, one file per resource. Each file has a `router()`; this one merges them.

mod annotations;
mod audio;
mod chat;
pub(crate) mod console;
mod conversations;
mod datasets;
mod files;
mod form;
mod health;
mod info;
mod messages;
mod openai;
mod web;
mod workflows;

use app::Context;
use axum::{Json, Router};
use http::{Method, Uri};
use serde_json::{Value, json};

use crate::Error;

pub(crate) fn router() -> Router<Context> {
    let router = Router::new()
        .merge(annotations::router())
        .merge(audio::router())
        .merge(chat::router())
        .merge(console::router())
        .merge(conversations::router())
        .merge(datasets::router())
        .merge(files::router())
        .merge(health::router())
        .merge(info::router())
        .merge(messages::router())
        .merge(openai::router())
        .merge(web::router())
        .merge(workflows::router())
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed);
    #[cfg(feature = "openapi")]
    let router = router.merge(crate::openapi::router());
    router
}

async fn not_found(method: Method, uri: Uri) -> Error {
    app::Error::not_found(format!("No route answers {method} {}.", uri.path())).into()
}

async fn method_not_allowed(method: Method, uri: Uri) -> Error {
    let message = format!("{} does not answer {method}.", uri.path());
    app::Error::new(app::Kind::MethodNotAllowed, message).into()
}

/// A path of one app in the console.
pub(crate) fn of_app(path: &str) -> String {
    format!("/console/api/apps/{{id}}{path}")
}

/// The body of a route that has nothing to say.
fn success() -> Json<Value> {
    Json(json!({"result": "success"}))
}

/// A page that is read on from its last or first item.
fn scrolled<T>(
    limit: usize,
    page: &app::conversation::Page<T>,
    item: impl Fn(&T) -> Value,
) -> Json<Value> {
    let data: Vec<Value> = page.items.iter().map(item).collect();
    Json(json!({"limit": limit, "has_more": page.has_more, "data": data}))
}

/// A moment as ISO 8601 in UTC, where the public API has it so.
fn iso(at: ports::Timestamp) -> String {
    let (days, seconds) = (at.as_secs() / 86_400, at.as_secs() % 86_400);
    // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", for days since 1970-01-01.
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let (day, month) = (
        of_year - (153 * shifted + 2) / 5 + 1,
        if shifted < 10 {
            shifted + 3
        } else {
            shifted - 9
        },
    );
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use ports::Timestamp;

    #[test]
    fn moments() {
        for (seconds, expect) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_767_225_599, "2025-12-31T23:59:59Z"),
            (1_784_700_000, "2026-07-22T06:00:00Z"),
        ] {
            assert_eq!(super::iso(Timestamp(seconds * 1_000 + 999)), expect);
        }
    }
}
