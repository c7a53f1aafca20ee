//! `routes/datasets/documents.rs` and `segments.rs`.

use app::Kind;
use schemars::JsonSchema;
use serde_json::json;

use super::{
    datasets::{Name, PageSize},
    knowledge::{
        DisplayStatus, DocForm, Document, DocumentDetail, DocumentMetadata, ProcessRule, Progress,
        RetrievalModel, Segment, Technique,
    },
};
use crate::openapi::{
    operation::Op,
    types::{Done, File, Page, PageNumber, Text, Uuid, Words, one_of, scalar},
};

const UPLOAD: [Kind; 6] = [
    Kind::NoFileUploaded,
    Kind::TooManyFiles,
    Kind::FilenameNotExists,
    Kind::FileTooLarge,
    Kind::UnsupportedFileType,
    Kind::BadRequest,
];
const CHANGE: [Kind; 3] = [
    Kind::ProviderNotInitialize,
    Kind::ArchivedDocumentImmutable,
    Kind::DocumentIndexing,
];

/// `base`: behind which door; `name`: what an operation is called there.
pub(in crate::openapi) fn operations(base: &str, tag: &'static str, name: Name) -> Vec<Op> {
    let at = |path: &str| format!("{base}/{{dataset_id}}/{path}");
    let text = |path: &str, id| {
        Op::new("post", at(path), name(id))
            .says(tag, "Add a document as text")
            .about("It is indexed afterwards; `batch` names what `indexing-status` reports on.")
            .body::<NewText>()
            .example(
                json!({"name": "Opening hours", "text": "We are open from nine to five.",
                "indexing_technique": "high_quality"}),
            )
            .json::<Accepted>(200)
            .fails(&CHANGE)
    };
    let file = |path: &str, id| {
        Op::new("post", at(path), name(id))
            .says(tag, "Add a document as a file")
            .about("`data` is an object as JSON text, with the options of a text.")
            .form::<NewFile>()
            .json::<Accepted>(200)
            .fails(&UPLOAD)
            .fails(&CHANGE)
    };
    let text_again = |path: &str, id| {
        Op::new("post", at(path), name(id))
            .says(tag, "Replace a document by text")
            .body::<TextChange>()
            .example(json!({"name": "Opening hours", "text": "We are open from eight to six."}))
            .json::<Accepted>(200)
            .fails(&CHANGE)
    };
    let file_again = |method, path: &str, id| {
        Op::new(method, at(path), name(id))
            .says(tag, "Replace a document by a file")
            .form::<FileChange>()
            .json::<Accepted>(200)
            .fails(&UPLOAD)
            .fails(&CHANGE)
    };
    let document = "documents/{document_id}";
    let segments = || at(&format!("{document}/segments"));
    let segment = || at(&format!("{document}/segments/{{segment_id}}"));
    let change_segment = |method, id| {
        Op::new(method, segment(), name(id))
            .says(tag, "Change a segment")
            .body::<SegmentUpdate>()
            .example(
                json!({"segment": {"content": "The filter lasts two months.", "enabled": true}}),
            )
            .json::<OneSegment>(200)
            .fails(&CHANGE)
            .fails(&[Kind::CompletionRequestError, Kind::InvalidAction])
    };
    vec![
        text("document/create-by-text", "createByText"),
        text("document/create_by_text", "createByTextAlias").deprecated(),
        file("document/create-by-file", "createByFile"),
        file("document/create_by_file", "createByFileAlias").deprecated(),
        text_again(&format!("{document}/update-by-text"), "updateByText"),
        text_again(&format!("{document}/update_by_text"), "updateByTextAlias").deprecated(),
        file_again("patch", document, "updateDocument"),
        file_again(
            "post",
            &format!("{document}/update-by-file"),
            "updateByFile",
        )
        .deprecated(),
        file_again(
            "post",
            &format!("{document}/update_by_file"),
            "updateByFileAlias",
        )
        .deprecated(),
        Op::new("get", at("documents"), name("listDocuments"))
            .says(tag, "List documents")
            .about("The newest first.")
            .query::<DocumentsQuery>()
            .json::<Page<Document>>(200),
        Op::new(
            "get",
            at("documents/{document_id}/indexing-status"),
            name("indexingStatus"),
        )
        .says(tag, "How far the documents of a batch are")
        .about("The parameter is the `batch` of an answer that accepted a document.")
        .part::<Text>("document_id")
        .json::<ProgressList>(200)
        .fails(&[Kind::NotFound]),
        Op::new(
            "patch",
            at("documents/status/{action}"),
            name("setDocumentStatus"),
        )
        .says(tag, "Switch or archive documents")
        .part::<StatusAction>("action")
        .body::<DocumentIds>()
        .example(json!({"document_ids": ["b1e9b8a2-5a0f-4c0f-9c7e-3a9f2f6b1c03"]}))
        .json::<Done>(200)
        .fails(&[Kind::InvalidAction]),
        Op::new("get", at(document), name("getDocument"))
            .says(tag, "A document")
            .query::<DocumentQuery>()
            .json::<DocumentAnswer>(200)
            .fails(&[Kind::InvalidMetadata]),
        Op::new("delete", at(document), name("deleteDocument"))
            .says(tag, "Delete a document")
            .nothing()
            .fails(&CHANGE),
        Op::new("get", segments(), name("listSegments"))
            .says(tag, "List a document's segments")
            .query::<SegmentsQuery>()
            .json::<SegmentPage>(200),
        Op::new("post", segments(), name("addSegments"))
            .says(tag, "Add segments")
            .body::<NewSegments>()
            .example(json!({"segments": [{"content": "The filter lasts two months."}]}))
            .json::<SegmentList>(200)
            .fails(&CHANGE)
            .fails(&[Kind::CompletionRequestError, Kind::InvalidAction]),
        Op::new("get", segment(), name("getSegment"))
            .says(tag, "A segment")
            .json::<OneSegment>(200),
        change_segment("post", "updateSegment"),
        change_segment("patch", "patchSegment"),
        Op::new("delete", segment(), name("deleteSegment"))
            .says(tag, "Delete a segment")
            .nothing()
            .fails(&CHANGE)
            .fails(&[Kind::InvalidAction]),
    ]
}

one_of! {
    StatusAction: "enable", "disable", "archive", "un_archive";
    MetadataPart: "all", "only", "without";
    SegmentFilter: "waiting", "indexing", "completed", "error", "paused", "re_segment";
}

scalar! {
    DocumentName = { "type": "string", "minLength": 1 };
    /// Numbers that are none count as missing.
    Lenient = { "type": ["integer", "string"] };
}

/// A text that becomes a document.
#[derive(JsonSchema)]
struct NewText {
    name: DocumentName,
    text: Words,
    /// Asked for where the dataset has none so far.
    indexing_technique: Option<Technique>,
    doc_form: Option<DocForm>,
    doc_language: Option<String>,
    process_rule: Option<ProcessRule>,
    retrieval_model: Option<RetrievalModel>,
    embedding_model: Option<String>,
    embedding_model_provider: Option<String>,
    /// Replaces this document.
    original_document_id: Option<Uuid>,
}

/// A file that becomes a document.
#[derive(JsonSchema)]
struct NewFile {
    file: File,
    #[serde(default)]
    data: FileOptions,
}

/// Options of a file, as JSON.
#[derive(Default, JsonSchema)]
struct FileOptions {
    indexing_technique: Option<Technique>,
    doc_form: Option<DocForm>,
    doc_language: Option<String>,
    process_rule: Option<ProcessRule>,
    retrieval_model: Option<RetrievalModel>,
    embedding_model: Option<String>,
    embedding_model_provider: Option<String>,
    /// Replaces this document.
    original_document_id: Option<Uuid>,
}

/// A new text of a document.
#[derive(JsonSchema)]
#[serde(untagged)]
enum TextChange {
    Named {
        name: DocumentName,
        text: Option<Words>,
        doc_language: Option<String>,
        process_rule: Option<ProcessRule>,
    },
}

/// A new file of a document.
#[derive(JsonSchema)]
struct FileChange {
    #[serde(default)]
    file: File,
    #[serde(default)]
    data: ReplacementOptions,
}

/// Options of a file that replaces another, as JSON.
#[derive(Default, JsonSchema)]
struct ReplacementOptions {
    name: Option<String>,
    doc_language: Option<String>,
    process_rule: Option<ProcessRule>,
}

/// A document that is on its way.
#[derive(JsonSchema)]
struct Accepted {
    document: Document,
    batch: String,
}

/// Which documents.
#[derive(JsonSchema)]
struct DocumentsQuery {
    page: Option<PageNumber>,
    limit: Option<PageSize>,
    /// In their names.
    keyword: Option<Text>,
    status: Option<DisplayStatus>,
}

/// How far documents are.
#[derive(JsonSchema)]
struct ProgressList {
    data: Vec<Progress>,
}

/// Documents.
#[derive(JsonSchema)]
struct DocumentIds {
    document_ids: Vec<Uuid>,
}

/// How much of a document.
#[derive(JsonSchema)]
struct DocumentQuery {
    metadata: Option<MetadataPart>,
}

/// A document, or what is known of it.
#[derive(JsonSchema)]
#[serde(untagged)]
enum DocumentAnswer {
    Whole(Box<DocumentDetail>),
    Metadata(DocumentMetadata),
}

/// Which segments.
#[derive(JsonSchema)]
struct SegmentsQuery {
    page: Option<Lenient>,
    limit: Option<Lenient>,
    keyword: Option<Text>,
    status: Option<SegmentFilter>,
}

/// A page of segments.
#[derive(JsonSchema)]
struct SegmentPage {
    data: Vec<Segment>,
    has_more: bool,
    limit: u32,
    total: u64,
    page: u32,
    doc_form: String,
}

/// Segments.
#[derive(JsonSchema)]
struct SegmentList {
    data: Vec<Segment>,
    doc_form: String,
}

/// One segment.
#[derive(JsonSchema)]
struct OneSegment {
    data: Segment,
    doc_form: String,
}

/// Segments to be.
#[derive(JsonSchema)]
struct NewSegments {
    #[schemars(length(min = 1))]
    segments: Vec<NewSegment>,
}

/// A segment to be.
#[derive(JsonSchema)]
struct NewSegment {
    content: Words,
}

/// What of a segment shall change.
#[derive(JsonSchema)]
struct SegmentUpdate {
    segment: SegmentChange,
}

/// What of a segment shall change; what is absent stays.
#[derive(JsonSchema)]
struct SegmentChange {
    content: Option<Words>,
    enabled: Option<bool>,
    /// Of a parent: cut its children anew where its text changes.
    regenerate_child_chunks: Option<bool>,
}
