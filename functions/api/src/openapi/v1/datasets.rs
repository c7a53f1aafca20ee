//! `routes/datasets/crud.rs` and `retrieve.rs`.

use app::Kind;
use schemars::JsonSchema;
use serde_json::json;

use super::knowledge::{
    Dataset, DatasetName, Description, Hit, Permission, RetrievalModel, Technique, Vendor,
};
use crate::openapi::{
    operation::Op,
    types::{Page, PageNumber, Text, scalar},
};

/// `base`: behind which door; `name`: what an operation is called there.
pub(in crate::openapi) fn operations(base: &str, tag: &'static str, name: Name) -> Vec<Op> {
    let at = |path: &str| format!("{base}{path}");
    let retrieve = |path: &str, id| {
        Op::new("post", at(path), name(id))
            .says(tag, "Search a dataset")
            .body::<Search>()
            .example(json!({"query": "How often must the filter be changed?",
                "retrieval_model": {"search_method": "hybrid_search", "reranking_enable": false, "top_k": 3,
                    "score_threshold_enabled": false}}))
            .json::<Found>(200)
            .fails(&[
                Kind::DatasetNotInitialized,
                Kind::ProviderNotInitialize,
                Kind::ModelCurrentlyNotSupport,
                Kind::ProviderQuotaExceeded,
                Kind::CompletionRequestError,
            ])
    };
    vec![
        Op::new("get", at(""), name("listDatasets"))
            .says(tag, "List datasets")
            .query::<DatasetsQuery>()
            .json::<Page<Dataset>>(200),
        Op::new("post", at(""), name("createDataset"))
            .says(tag, "Create a dataset")
            .body::<NewDataset>()
            .example(json!({"name": "Manuals", "indexing_technique": "high_quality"}))
            .json::<Dataset>(200)
            .fails(&[Kind::DatasetNameDuplicate, Kind::ProviderNotInitialize]),
        Op::new("get", at("/{dataset_id}"), name("getDataset"))
            .says(tag, "A dataset")
            .json::<Dataset>(200),
        Op::new("patch", at("/{dataset_id}"), name("updateDataset"))
            .says(tag, "Change a dataset")
            .about("Only the fields that are there change.")
            .body::<DatasetChange>()
            .example(json!({"name": "Manuals of 2026"}))
            .json::<Dataset>(200)
            .fails(&[Kind::DatasetNameDuplicate, Kind::ProviderNotInitialize]),
        Op::new("delete", at("/{dataset_id}"), name("deleteDataset"))
            .says(tag, "Delete a dataset")
            .nothing()
            .fails(&[Kind::DatasetInUse]),
        retrieve("/{dataset_id}/retrieve", "searchDataset"),
        retrieve("/{dataset_id}/hit-testing", "searchDatasetAlias").deprecated(),
    ]
}

scalar! {
    Query = { "type": "string", "minLength": 1, "maxLength": 250, "pattern": "\\S" };
    PageSize = { "type": "integer", "minimum": 1, "maximum": 100_000, "default": 20,
        "description": "Pages have at most 100" };
}

/// Makes the name of an operation.
pub(in crate::openapi) type Name = fn(&str) -> String;

/// Which datasets.
#[derive(JsonSchema)]
pub(in crate::openapi) struct DatasetsQuery {
    page: Option<PageNumber>,
    limit: Option<PageSize>,
    keyword: Option<Text>,
}

/// A dataset to be.
#[derive(JsonSchema)]
pub(in crate::openapi) struct NewDataset {
    name: DatasetName,
    description: Option<Description>,
    indexing_technique: Option<Technique>,
    permission: Option<Permission>,
    provider: Option<Vendor>,
    embedding_model: Option<String>,
    embedding_model_provider: Option<String>,
    retrieval_model: Option<RetrievalModel>,
}

/// What of a dataset shall change.
#[derive(JsonSchema)]
pub(in crate::openapi) struct DatasetChange {
    name: Option<DatasetName>,
    description: Option<Description>,
    indexing_technique: Option<Technique>,
    permission: Option<Permission>,
    embedding_model: Option<String>,
    embedding_model_provider: Option<String>,
    retrieval_model: Option<RetrievalModel>,
    partial_member_list: Option<Vec<Member>>,
}

/// Who may see a dataset.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Member {
    user_id: String,
}

/// What is searched for, and how; the dataset's own way where that is absent.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Search {
    query: Query,
    retrieval_model: Option<RetrievalModel>,
}

/// What was found, the nearest first.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Found {
    query: Asked,
    records: Vec<Hit>,
}

/// What was searched for.
#[derive(JsonSchema)]
#[schemars(rename = "SearchQuery")]
pub(in crate::openapi) struct Asked {
    content: String,
}
