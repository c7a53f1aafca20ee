//! `annotations.rs`.

use app::Kind;
use schemars::JsonSchema;

use crate::openapi::{
    operation::Op,
    types::{File, Limit, Page, PageNumber, Seconds, Switch, Text, Uuid, Words},
    v1::{
        annotations::{Annotation, AnnotationsQuery, Begun, Job, JobStatus, Reply, Texts},
        info::Feature,
    },
};

const TAG: &str = "Annotations";
const KIND: [Kind; 2] = [Kind::AppUnavailable, Kind::NotChatApp];

pub(super) fn operations() -> Vec<Op> {
    let at = crate::routes::of_app;
    let all = vec![
        Op::new("get", at("/annotations"), "appAnnotations")
            .says(TAG, "List an app's prepared answers")
            .query::<AnnotationsQuery>()
            .json::<Page<Annotation>>(200),
        Op::new("post", at("/annotations"), "annotate")
            .says(TAG, "Prepare an answer, perhaps from a message")
            .body::<NewAnnotation>()
            .json::<Annotation>(201),
        Op::new("delete", at("/annotations"), "deleteAnnotations")
            .says(TAG, "Delete prepared answers")
            .about("Those that `annotation_id` names, any number of times; without it, all.")
            .query::<Which>()
            .nothing(),
        Op::new("get", at("/annotations/count"), "countAnnotations")
            .says(TAG, "Count prepared answers")
            .json::<Count>(200),
        Op::new("get", at("/annotations/export"), "exportAnnotations")
            .says(TAG, "Every prepared answer")
            .json::<Annotations>(200),
        Op::new("post", at("/annotations/batch-import"), "importAnnotations")
            .says(TAG, "Take prepared answers in from a table")
            .form::<Table>()
            .json::<Import>(200)
            .fails(&[
                Kind::NoFileUploaded,
                Kind::TooManyFiles,
                Kind::FileTooLarge,
                Kind::TooManyRequests,
            ]),
        Op::new(
            "get",
            at("/annotations/batch-import-status/{job_id}"),
            "annotationImport",
        )
        .says(TAG, "How far an import is")
        .part::<Text>("job_id")
        .json::<Job>(200)
        .fails(&[Kind::InvalidParam]),
        Op::new(
            "post",
            at("/annotations/{annotation_id}"),
            "changeAnnotation",
        )
        .says(TAG, "Change a prepared answer")
        .body::<Texts>()
        .json::<Annotation>(200),
        Op::new(
            "delete",
            at("/annotations/{annotation_id}"),
            "removeAnnotation",
        )
        .says(TAG, "Delete a prepared answer")
        .nothing(),
        Op::new(
            "get",
            at("/annotations/{annotation_id}/hit-histories"),
            "annotationHits",
        )
        .says(TAG, "When a prepared answer answered")
        .query::<HitsQuery>()
        .json::<Page<Hit>>(200),
        Op::new(
            "post",
            at("/annotation-reply/{action}"),
            "switchAppAnnotations",
        )
        .says(TAG, "Switch an app's prepared answers on or off")
        .part::<Switch>("action")
        .body::<Reply>()
        .json::<Begun>(200)
        .fails(&[Kind::ProviderNotInitialize]),
        Op::new(
            "get",
            at("/annotation-reply/{action}/status/{job_id}"),
            "appAnnotationJob",
        )
        .says(TAG, "Where a job of prepared answers stands")
        .part::<Switch>("action")
        .part::<Text>("job_id")
        .json::<Job>(200)
        .fails(&[Kind::InvalidParam]),
        Op::new("get", at("/annotation-setting"), "annotationSetting")
            .says(TAG, "How prepared answers answer")
            .json::<Feature>(200),
        Op::new(
            "post",
            at("/annotation-settings/{setting_id}"),
            "changeAnnotationSetting",
        )
        .says(TAG, "Change how near a question must be")
        .body::<Threshold>()
        .json::<Feature>(200),
    ];
    all.into_iter()
        .map(|op| op.fails(&KIND).fails(&[Kind::NotFound]))
        .collect()
}

/// A question, its answer, and the message that they come from.
#[derive(JsonSchema)]
struct NewAnnotation {
    question: Words,
    answer: Words,
    message_id: Option<Uuid>,
}

/// Which.
#[derive(JsonSchema)]
struct Which {
    annotation_id: Option<Uuid>,
}

/// How many.
#[derive(JsonSchema)]
struct Count {
    count: u64,
}

/// Prepared answers.
#[derive(JsonSchema)]
struct Annotations {
    data: Vec<Annotation>,
}

/// A CSV file with the columns question and answer.
#[derive(JsonSchema)]
struct Table {
    file: File,
}

/// An import that has begun.
#[derive(JsonSchema)]
#[schemars(rename = "AnnotationImport")]
struct Import {
    job_id: Uuid,
    job_status: JobStatus,
    record_count: u64,
}

/// Which part of the list.
#[derive(JsonSchema)]
struct HitsQuery {
    page: Option<PageNumber>,
    limit: Option<Limit>,
}

/// A time when a prepared answer answered.
#[derive(JsonSchema)]
#[schemars(rename = "AnnotationHit")]
struct Hit {
    id: String,
    source: String,
    score: f64,
    question: String,
    #[schemars(rename = "match")]
    matched: String,
    response: String,
    created_at: Seconds,
}

/// How near.
#[derive(JsonSchema)]
struct Threshold {
    /// 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    score_threshold: f64,
}
