//! `routes/annotations.rs`.

use app::Kind;
use schemars::JsonSchema;
use serde_json::json;

use crate::openapi::{
    operation::Op,
    types::{Limit, Page, PageNumber, Seconds, Switch, Text, Uuid, Words, one_of},
};

pub(super) fn operations() -> Vec<Op> {
    let texts = json!({"question": "When are you open?", "answer": "From nine to five."});
    vec![
        Op::new("get", "/v1/apps/annotations", "listAnnotations")
            .says("Annotations", "List prepared answers")
            .query::<AnnotationsQuery>()
            .json::<Page<Annotation>>(200)
            .fails(&[Kind::AppUnavailable, Kind::NotChatApp]),
        Op::new("post", "/v1/apps/annotations", "createAnnotation")
            .says("Annotations", "Prepare an answer")
            .body::<Texts>()
            .example(texts.clone())
            .json::<Annotation>(201)
            .fails(&[Kind::AppUnavailable, Kind::NotChatApp]),
        Op::new("put", "/v1/apps/annotations/{id}", "updateAnnotation")
            .says("Annotations", "Change a prepared answer")
            .body::<Texts>()
            .example(texts)
            .json::<Annotation>(200)
            .fails(&[Kind::AppUnavailable, Kind::NotChatApp]),
        Op::new("delete", "/v1/apps/annotations/{id}", "deleteAnnotation")
            .says("Annotations", "Delete a prepared answer")
            .nothing()
            .fails(&[Kind::AppUnavailable, Kind::NotChatApp]),
        Op::new(
            "post",
            "/v1/apps/annotation-reply/{action}",
            "switchAnnotations",
        )
        .says("Annotations", "Switch prepared answers on or off")
        .about("A job does it; all three fields are asked for either way.")
        .part::<Switch>("action")
        .body::<Reply>()
        .example(
            json!({"score_threshold": 0.9, "embedding_provider_name": "local",
            "embedding_model_name": "all-MiniLM-L6-v2"}),
        )
        .json::<Begun>(200)
        .fails(&[
            Kind::AppUnavailable,
            Kind::NotChatApp,
            Kind::ProviderNotInitialize,
        ]),
        Op::new(
            "get",
            "/v1/apps/annotation-reply/{action}/status/{job_id}",
            "annotationJob",
        )
        .says("Annotations", "Where a job of prepared answers stands")
        .part::<Switch>("action")
        .part::<Text>("job_id")
        .json::<Job>(200)
        .fails(&[
            Kind::AppUnavailable,
            Kind::NotChatApp,
            Kind::InvalidParam,
            Kind::NotFound,
        ]),
    ]
}

one_of! {
    JobStatus: "waiting", "processing", "completed", "error";
}

/// Which prepared answers.
#[derive(JsonSchema)]
pub(in crate::openapi) struct AnnotationsQuery {
    page: Option<PageNumber>,
    limit: Option<Limit>,
    keyword: Option<Text>,
}

/// A prepared answer.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Annotation {
    id: Uuid,
    question: String,
    answer: String,
    /// How often it answered.
    hit_count: u64,
    created_at: Seconds,
}

/// A question and what answers it.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Texts {
    question: Words,
    answer: Words,
}

/// When a prepared answer answers.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Reply {
    /// How near a question must be, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    score_threshold: f64,
    embedding_provider_name: Words,
    embedding_model_name: Words,
}

/// A job.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Begun {
    job_id: Uuid,
    job_status: JobStatus,
}

/// A job and how it went.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Job {
    job_id: Uuid,
    job_status: JobStatus,
    error_msg: String,
}
