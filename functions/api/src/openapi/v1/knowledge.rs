//! Types of datasets, documents and segments.

use schemars::JsonSchema;

use super::chat::Nil;
use crate::openapi::types::{Any, EmptyList, Never, Object, Seconds, Uuid, one_of, scalar};

one_of! {
    Vendor: "vendor";
    Permission: "only_me", "all_team_members", "partial_members";
    Technique: "high_quality";
    SearchMethod: "semantic_search", "full_text_search", "hybrid_search", "keyword_search";
    RerankingMode: "reranking_model", "weighted_score";
    UploadFile: "upload_file";
    General: "general";
    IndexingStatus: "waiting", "parsing", "cleaning", "splitting", "indexing", "completed", "error", "paused";
    DisplayStatus: "queuing", "paused", "indexing", "error", "available", "disabled", "archived";
    CreatedFrom: "api", "web";
    SegmentStatus: "waiting", "indexing", "completed", "error", "paused", "re_segment";
    RuleMode: "automatic", "custom", "hierarchical";
    ParagraphWord: "paragraph";
    FullDocWord: "full-doc";
    ChildType: "automatic";
    PreRule: "remove_extra_spaces", "remove_urls_emails", "remove_stopwords";
    DocForm: "text_model", "hierarchical_model";
}

scalar! {
    DatasetName = { "type": "string", "minLength": 1, "maxLength": 40, "pattern": "\\S" };
    Description = { "type": "string", "maxLength": 400 };
    TopK = { "type": "integer", "minimum": 1, "maximum": 100, "default": 2 };
    Share = { "type": "number", "minimum": 0, "maximum": 1 };
    ChunkTokens = { "type": "integer", "minimum": 50, "maximum": 4000 };
    Overlap = { "type": "integer", "minimum": 0, "maximum": 49,
        "description": "Less than max_tokens" };
    Separator = { "type": ["string", "null"], "minLength": 1, "default": "\n" };
}

/// A dataset.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Dataset {
    id: Uuid,
    name: String,
    description: String,
    provider: Vendor,
    permission: Permission,
    data_source_type: Option<UploadFile>,
    indexing_technique: Option<String>,
    /// Apps that search it.
    app_count: u64,
    document_count: u64,
    word_count: u64,
    created_by: String,
    author_name: Nil,
    created_at: Seconds,
    updated_by: Option<String>,
    updated_at: Seconds,
    embedding_model: Option<String>,
    embedding_model_provider: Option<String>,
    /// Whether its embedding model is there.
    embedding_available: bool,
    retrieval_model_dict: RetrievalShown,
    /// Its fields are null.
    summary_index_setting: Object,
    tags: EmptyList,
    doc_form: Option<String>,
    /// Its fields are null.
    external_knowledge_info: Object,
    external_retrieval_model: Nil,
    doc_metadata: EmptyList,
    built_in_field_enabled: Never,
    pipeline_id: Nil,
    runtime_mode: General,
    chunk_structure: Option<String>,
    /// Its fields are null.
    icon_info: Object,
    is_published: Never,
    total_documents: u64,
    total_available_documents: u64,
    enable_api: bool,
    is_multimodal: Never,
    /// Who may see it, where `permission` is `partial_members`.
    #[serde(skip_serializing_if = "absent")]
    partial_member_list: Vec<String>,
}

/// How a dataset is searched.
#[derive(JsonSchema)]
pub(in crate::openapi) struct RetrievalShown {
    search_method: SearchMethod,
    reranking_enable: bool,
    reranking_mode: Option<String>,
    reranking_model: RerankingShown,
    weights: Any,
    top_k: u32,
    score_threshold_enabled: bool,
    score_threshold: Option<f64>,
}

/// The names of a reranking model.
#[derive(JsonSchema)]
pub(in crate::openapi) struct RerankingShown {
    reranking_provider_name: Option<String>,
    reranking_model_name: Option<String>,
}

/// How a dataset shall be searched.
#[derive(JsonSchema)]
pub(in crate::openapi) struct RetrievalModel {
    #[serde(default)]
    search_method: SearchMethod,
    #[serde(default)]
    reranking_enable: bool,
    reranking_mode: Option<RerankingMode>,
    reranking_model: Option<RerankingNames>,
    weights: Option<Object>,
    #[serde(default)]
    top_k: TopK,
    #[serde(default)]
    score_threshold_enabled: bool,
    score_threshold: Option<Share>,
}

/// The names of a reranking model.
#[derive(JsonSchema)]
pub(in crate::openapi) struct RerankingNames {
    reranking_provider_name: Option<String>,
    reranking_model_name: Option<String>,
}

/// How documents are cut.
#[derive(JsonSchema)]
#[serde(untagged)]
pub(in crate::openapi) enum ProcessRule {
    /// 500 tokens with an overlap of 50.
    Automatic {
        mode: AutomaticMode,
    },
    Custom {
        mode: CustomMode,
        rules: Rules,
    },
    /// Parents, which are read, of children, which are found.
    Hierarchical {
        mode: HierarchicalMode,
        rules: ParentRules,
    },
}

one_of! {
    AutomaticMode: "automatic";
    CustomMode: "custom";
    HierarchicalMode: "hierarchical";
}

/// What a custom rule sets.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Rules {
    pre_processing_rules: Vec<PreProcessing>,
    segmentation: Segmentation,
}

/// What a rule for parents and children sets. Of children, an overlap of half their length at most.
#[derive(JsonSchema)]
#[serde(untagged)]
pub(in crate::openapi) enum ParentRules {
    /// A parent is what the segmentation cuts, also where no mode is given.
    Paragraph {
        pre_processing_rules: Vec<PreProcessing>,
        parent_mode: Option<ParagraphWord>,
        segmentation: Segmentation,
        subchunk_segmentation: Segmentation,
    },
    /// A parent is the whole document, as far as its first 10 000 tokens.
    FullDoc {
        pre_processing_rules: Vec<PreProcessing>,
        parent_mode: FullDocWord,
        segmentation: Option<Segmentation>,
        subchunk_segmentation: Segmentation,
    },
}

/// What is cleaned before cutting.
#[derive(JsonSchema)]
pub(in crate::openapi) struct PreProcessing {
    id: PreRule,
    enabled: bool,
}

/// Where and how long.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Segmentation {
    #[serde(default)]
    separator: Separator,
    max_tokens: ChunkTokens,
    chunk_overlap: Option<Overlap>,
}

/// How a document was cut.
#[derive(JsonSchema)]
pub(in crate::openapi) struct RuleShown {
    mode: RuleMode,
    rules: Object,
}

/// The same with its place.
#[derive(JsonSchema)]
pub(in crate::openapi) struct RuleRecord {
    id: Uuid,
    dataset_id: Uuid,
    mode: RuleMode,
    rules: Object,
}

/// A document.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Document {
    id: Uuid,
    position: u32,
    data_source_type: UploadFile,
    data_source_info: SourceId,
    data_source_detail_dict: SourceDetail,
    dataset_process_rule_id: Uuid,
    name: String,
    created_from: CreatedFrom,
    created_by: String,
    created_at: Seconds,
    tokens: u64,
    indexing_status: IndexingStatus,
    error: Option<String>,
    enabled: bool,
    disabled_at: Option<Seconds>,
    disabled_by: Option<String>,
    archived: bool,
    display_status: DisplayStatus,
    word_count: u64,
    hit_count: u64,
    doc_form: String,
    doc_metadata: EmptyList,
    summary_index_status: Nil,
    need_summary: Never,
}

/// Which upload a document came from.
#[derive(JsonSchema)]
pub(in crate::openapi) struct SourceId {
    upload_file_id: String,
}

/// The upload that a document came from.
#[derive(JsonSchema)]
pub(in crate::openapi) struct SourceDetail {
    upload_file: SourceFile,
}

/// An upload.
#[derive(JsonSchema)]
pub(in crate::openapi) struct SourceFile {
    id: String,
    name: String,
    size: u64,
    extension: String,
    mime_type: String,
    created_by: String,
    created_at: Seconds,
}

/// A document by itself. With `metadata=without`, `doc_type` and `doc_metadata` are left out.
#[derive(JsonSchema)]
pub(in crate::openapi) struct DocumentDetail {
    id: Uuid,
    position: u32,
    data_source_type: UploadFile,
    data_source_info: SourceWhole,
    dataset_process_rule_id: Uuid,
    dataset_process_rule: RuleShown,
    document_process_rule: RuleRecord,
    name: String,
    created_from: CreatedFrom,
    created_by: String,
    created_at: Seconds,
    tokens: u64,
    indexing_status: IndexingStatus,
    completed_at: Option<Seconds>,
    updated_at: Seconds,
    /// Seconds.
    indexing_latency: Option<f64>,
    error: Option<String>,
    enabled: bool,
    disabled_at: Option<Seconds>,
    disabled_by: Option<String>,
    archived: bool,
    #[serde(skip_serializing_if = "absent")]
    doc_type: String,
    #[serde(skip_serializing_if = "absent")]
    doc_metadata: EmptyList,
    segment_count: u64,
    average_segment_length: u64,
    hit_count: u64,
    display_status: DisplayStatus,
    doc_form: String,
    doc_language: Option<String>,
    summary_index_status: Nil,
    need_summary: Never,
}

/// The upload that a document came from.
#[derive(JsonSchema)]
pub(in crate::openapi) struct SourceWhole {
    upload_file_id: String,
    upload_file: SourceFile,
}

/// What is known of a document.
#[derive(JsonSchema)]
pub(in crate::openapi) struct DocumentMetadata {
    id: Uuid,
    doc_type: String,
    doc_metadata: EmptyList,
}

/// How far a document is.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Progress {
    id: Uuid,
    indexing_status: IndexingStatus,
    processing_started_at: Option<Seconds>,
    parsing_completed_at: Option<Seconds>,
    cleaning_completed_at: Option<Seconds>,
    splitting_completed_at: Option<Seconds>,
    completed_at: Option<Seconds>,
    paused_at: Nil,
    error: Option<String>,
    stopped_at: Option<Seconds>,
    completed_segments: u64,
    total_segments: u64,
}

/// A passage of a document.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Segment {
    #[serde(flatten)]
    found: FoundSegment,
    updated_at: Seconds,
    updated_by: Nil,
    /// Of a parent: what is found in its place.
    child_chunks: Vec<ChildChunk>,
    attachments: EmptyList,
    summary: Nil,
}

/// A child of a passage.
#[derive(JsonSchema)]
pub(in crate::openapi) struct ChildChunk {
    id: Uuid,
    segment_id: Uuid,
    content: String,
    /// From 1.
    position: u32,
    word_count: u64,
    #[serde(rename = "type")]
    kind: ChildType,
    created_at: Seconds,
    updated_at: Seconds,
}

/// A child that is near the question.
#[derive(JsonSchema)]
pub(in crate::openapi) struct ChildHit {
    id: Uuid,
    content: String,
    /// From 1.
    position: u32,
    score: f64,
}

/// What lists and searches say of a passage.
#[derive(JsonSchema)]
pub(in crate::openapi) struct FoundSegment {
    id: Uuid,
    /// From 1.
    position: u32,
    document_id: Uuid,
    content: String,
    sign_content: String,
    answer: Nil,
    word_count: u64,
    tokens: u64,
    keywords: EmptyList,
    index_node_id: String,
    index_node_hash: String,
    hit_count: u64,
    enabled: bool,
    disabled_at: Nil,
    disabled_by: Nil,
    status: SegmentStatus,
    created_by: String,
    created_at: Seconds,
    indexing_at: Seconds,
    completed_at: Option<Seconds>,
    error: Nil,
    stopped_at: Nil,
}

/// A passage that was found.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Hit {
    segment: HitSegment,
    /// Of a parent: the children that are near, the nearest first.
    child_chunks: Vec<ChildHit>,
    /// How near, 0 to 1.
    score: f64,
    tsne_position: Nil,
    files: EmptyList,
    summary: Nil,
}

/// A passage with its document.
#[derive(JsonSchema)]
pub(in crate::openapi) struct HitSegment {
    #[serde(flatten)]
    found: FoundSegment,
    document: HitDocument,
}

/// The document of a passage.
#[derive(JsonSchema)]
pub(in crate::openapi) struct HitDocument {
    id: Uuid,
    data_source_type: UploadFile,
    name: String,
    doc_type: Nil,
    doc_metadata: Nil,
}
