//! `routes/datasets` behind the console's door: the operations of `/v1`, and what only the console has.

use app::Kind;
use schemars::JsonSchema;
use serde_json::json;

use crate::openapi::{
    operation::{Content, Op},
    types::{Done, Object, Switch, Uuid, one_of},
    v1::{
        chat::Nil,
        datasets, documents,
        info::Mode,
        knowledge::{Document, ProcessRule},
    },
};

const TAG: &str = "Console knowledge";

pub(super) fn operations() -> Vec<Op> {
    const BASE: &str = "/console/api/datasets";
    fn name(id: &str) -> String {
        format!("console_{id}")
    }
    let mut all = datasets::operations(BASE, TAG, name);
    all.extend(documents::operations(BASE, TAG, name));
    all.extend([
        Op::new("get", format!("{BASE}/process-rule"), "processRule")
            .says(TAG, "What a rule is made from")
            .json::<RuleLimits>(200),
        Op::new("post", format!("{BASE}/indexing-estimate"), "estimate")
            .says(TAG, "What a rule would make of a text or a file")
            .about("Nothing is kept. A file comes as a form, with the other fields as JSON text in `data`.")
            .content::<Estimate>(Content::Json)
            .example(json!({"text": "We are open from nine to five.", "name": "hours.txt"}))
            .json::<Estimated>(200)
            .fails(&[
                Kind::NoFileUploaded,
                Kind::TooManyFiles,
                Kind::FilenameNotExists,
                Kind::FileTooLarge,
                Kind::UnsupportedFileType,
            ]),
        Op::new("get", "/console/api/files/upload", "uploadLimits")
            .says(TAG, "What may be uploaded")
            .json::<Limits>(200),
        Op::new("get", format!("{BASE}/{{dataset_id}}/use-check"), "useCheck")
            .says(TAG, "Whether an app searches a dataset")
            .json::<UseCheck>(200),
        Op::new("get", format!("{BASE}/{{dataset_id}}/related-apps"), "relatedApps")
            .says(TAG, "The apps that search a dataset")
            .json::<RelatedApps>(200),
        Op::new(
            "post",
            format!("{BASE}/{{dataset_id}}/documents/{{document_id}}/rename"),
            "renameDocument",
        )
        .says(TAG, "Name a document")
        .body::<DocumentName>()
        .json::<Document>(200),
        Op::new(
            "patch",
            format!("{BASE}/{{dataset_id}}/documents/{{document_id}}/segment/{{action}}"),
            "switchSegments",
        )
        .says(TAG, "Switch segments")
        .about("Those that `segment_id` names, any number of times.")
        .part::<Switch>("action")
        .query::<Segments>()
        .json::<Done>(200)
        .fails(&[Kind::DocumentIndexing, Kind::InvalidAction]),
    ]);
    all
}

one_of! {
    CustomRule: "custom";
}

/// What a rule is made from.
#[derive(JsonSchema)]
struct RuleLimits {
    mode: CustomRule,
    rules: Object,
    limits: RuleLimit,
}

/// How far a rule may go.
#[derive(JsonSchema)]
struct RuleLimit {
    indexing_max_segmentation_tokens_length: u64,
}

/// A text and a rule.
#[derive(JsonSchema)]
struct Estimate {
    #[schemars(regex(pattern = r"\S"))]
    text: String,
    name: Option<String>,
    process_rule: Option<ProcessRule>,
    /// Passages of the preview.
    #[schemars(range(min = 1, max = 50))]
    limit: Option<u32>,
}

/// What a rule would make of it.
#[derive(JsonSchema)]
struct Estimated {
    total_segments: u64,
    tokens: u64,
    characters: u64,
    preview: Vec<Passage>,
    qa_preview: Nil,
}

/// A passage of the preview.
#[derive(JsonSchema)]
struct Passage {
    content: String,
    /// Of a parent.
    child_chunks: Vec<String>,
    tokens: u64,
    word_count: u64,
}

/// What may be uploaded, in MB and in files.
#[derive(JsonSchema)]
struct Limits {
    file_size_limit: u64,
    batch_count_limit: u64,
    file_upload_limit: u64,
    image_file_size_limit: u64,
    video_file_size_limit: u64,
    audio_file_size_limit: u64,
    workflow_file_upload_limit: u64,
    document_bytes: u64,
    document_kinds: Vec<String>,
}

/// Whether it is used.
#[derive(JsonSchema)]
struct UseCheck {
    is_using: bool,
}

/// Apps.
#[derive(JsonSchema)]
struct RelatedApps {
    total: u64,
    data: Vec<RelatedApp>,
}

/// An app that searches a dataset.
#[derive(JsonSchema)]
struct RelatedApp {
    id: Uuid,
    name: String,
    description: String,
    mode: Mode,
    icon_type: Option<String>,
    icon: Option<String>,
    icon_background: Option<String>,
    icon_url: Nil,
}

/// A new name.
#[derive(JsonSchema)]
#[schemars(rename = "DocumentRename")]
struct DocumentName {
    #[schemars(regex(pattern = r"\S"), length(max = 255))]
    name: String,
}

/// Which segments.
#[derive(JsonSchema)]
struct Segments {
    segment_id: Uuid,
}
