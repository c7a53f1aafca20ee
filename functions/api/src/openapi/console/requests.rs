//! `requests.rs`.

use schemars::JsonSchema;

use super::logs::Minute;
use crate::openapi::{
    operation::Op,
    types::{Flag, Iso, Limit, MaybeUuid, Money, Seconds, Text, Uuid, one_of},
};

const TAG: &str = "Logs";

pub(super) fn operations() -> Vec<Op> {
    let at = |path: &str| format!("/console/api/workspaces/current/requests{path}");
    vec![
        Op::new("get", at(""), "requests")
            .says(TAG, "What models were asked")
            .about(
                "Newest first, with tokens, prices and times. Tokens are those that the provider says; where it says none, they \
                 are counted and the row is `estimated`. A page may be short and have a next one. With `totals` also the sums \
                 by model, of the newest 20,000 rows that fit (`totals_complete`: of all).",
            )
            .query::<RequestQuery>()
            .json::<RequestPage>(200),
        Op::new("get", at("/export"), "exportRequests")
            .says(TAG, "What models were asked, as a table")
            .about("The newest 20,000 rows that fit.")
            .query::<RequestQuery>()
            .bytes(&["text/csv"]),
    ]
}

one_of! {
    RequestKind: "chat", "embedding", "rerank", "moderation", "tts", "stt";
    RequestPurpose: "answer", "agent_round", "node", "title", "summary", "suggestions", "router", "query", "indexing",
        "moderation", "speech", "gateway", "other";
    RequestStatus: "ok", "stopped", "error";
}

/// Which requests.
#[derive(JsonSchema)]
struct RequestQuery {
    app_id: Option<MaybeUuid>,
    provider: Option<Text>,
    model: Option<Text>,
    status: Option<RequestStatus>,
    kind: Option<RequestKind>,
    purpose: Option<RequestPurpose>,
    start: Option<Minute>,
    end: Option<Minute>,
    /// What the page before said.
    cursor: Option<Text>,
    limit: Option<Limit>,
    /// Whether sums are wanted.
    totals: Option<Flag>,
}

/// Requests.
#[derive(JsonSchema)]
struct RequestPage {
    data: Vec<LoggedRequest>,
    limit: u32,
    has_more: bool,
    next_cursor: Option<String>,
    /// None where they were not asked for.
    totals: Option<Vec<RequestTotal>>,
    /// False: there are more rows than were added up.
    totals_complete: Option<bool>,
}

/// A call of a model.
#[derive(JsonSchema)]
struct LoggedRequest {
    id: Uuid,
    created_at: Seconds,
    time: Iso,
    kind: RequestKind,
    purpose: RequestPurpose,
    provider: String,
    model: String,
    app_id: Option<Uuid>,
    /// None for an app that is gone, too.
    app_name: Option<String>,
    conversation_id: Option<Uuid>,
    message_id: Option<Uuid>,
    workflow_run_id: Option<Uuid>,
    status: RequestStatus,
    /// Such as `rate_limit`.
    error_kind: Option<String>,
    error: Option<String>,
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    /// The provider did not say: the tokens are counted.
    estimated: bool,
    /// Whether a price is known; without one all prices are 0.
    priced: bool,
    prompt_unit_price: Money,
    prompt_price_unit: Money,
    prompt_price: Money,
    completion_unit_price: Money,
    completion_price_unit: Money,
    completion_price: Money,
    total_price: Money,
    /// ISO 4217.
    currency: String,
    /// Seconds.
    latency: f64,
    /// Seconds.
    time_to_first_token: Option<f64>,
}

/// The sum of a model's requests of one kind.
#[derive(JsonSchema)]
struct RequestTotal {
    provider: String,
    model: String,
    kind: RequestKind,
    requests: u64,
    errors: u64,
    prompt_tokens: u64,
    completion_tokens: u64,
    /// Requests whose tokens were counted.
    estimated: u64,
    total_price: Money,
    /// ISO 4217.
    currency: String,
    /// Mean seconds.
    latency: f64,
}
