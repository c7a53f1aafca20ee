//! What is kept of a dataset.

use ports::Timestamp;
use rag::split::ProcessRule;
use serde::{Deserialize, Serialize};

use super::Reranking;
use crate::{Error, Kind, Result};

/// A knowledge base. Kept in the partition `dataset/{id}` under `dataset`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dataset {
    /// UUID.
    pub id: String,
    /// The workspace.
    pub tenant_id: String,
    /// 1 to 40 characters, unique in the workspace.
    pub name: String,
    /// Up to 400 characters.
    #[serde(default)]
    pub description: String,
    /// `only_me`, `all_team_members` or `partial_members`.
    pub permission: String,
    /// Who may use it when only some may.
    #[serde(default)]
    pub partial_members: Vec<String>,
    /// `high_quality`; none until the first document.
    pub indexing_technique: Option<String>,
    /// The provider of the embedding model; none until the first document.
    pub embedding_provider: Option<String>,
    /// The embedding model; none until the first document.
    pub embedding_model: Option<String>,
    /// How it is searched where a request does not say.
    pub retrieval_model: RetrievalModel,
    /// How its last document was split.
    #[serde(default)]
    pub process_rule: Option<ProcessRule>,
    /// `text_model` or `hierarchical_model`; none until the first document.
    #[serde(default)]
    pub doc_form: Option<String>,
    /// Whether the Service API may use it.
    pub enable_api: bool,
    /// Documents in it.
    #[serde(default)]
    pub documents: u64,
    /// Documents that are found: indexed, enabled, not archived.
    #[serde(default)]
    pub available: u64,
    /// Characters of its documents, as the public API counts words.
    #[serde(default)]
    pub words: u64,
    /// The position of the next document, from 1.
    #[serde(default)]
    pub next_position: u32,
    /// The account that made it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// The account that last changed it.
    pub updated_by: String,
    /// When.
    pub updated_at: Timestamp,
}

/// How a dataset is searched, in the words of the public API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RetrievalModel {
    /// `semantic_search`, `full_text_search`, `hybrid_search` or `keyword_search`.
    pub search_method: String,
    /// Whether hits are ordered anew by a reranking model.
    pub reranking_enable: bool,
    /// `reranking_model` or `weighted_score`.
    pub reranking_mode: Option<String>,
    /// The names of the reranking model.
    pub reranking_model: Option<RerankingModel>,
    /// Of a weighted score.
    pub weights: Option<serde_json::Value>,
    /// Most hits.
    pub top_k: u32,
    /// Whether the threshold counts.
    pub score_threshold_enabled: bool,
    /// Least score, 0 to 1.
    pub score_threshold: Option<f64>,
}

/// The names of a reranking model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RerankingModel {
    /// Such as `cohere`.
    pub reranking_provider_name: Option<String>,
    /// As the provider names it.
    pub reranking_model_name: Option<String>,
}

impl Default for RetrievalModel {
    fn default() -> Self {
        Self {
            search_method: "semantic_search".to_owned(),
            reranking_enable: false,
            reranking_mode: None,
            reranking_model: None,
            weights: None,
            top_k: 2,
            score_threshold_enabled: false,
            score_threshold: None,
        }
    }
}

impl RetrievalModel {
    /// Most hits that can be asked for.
    pub const MAX_TOP_K: u32 = 100;

    /// Fails with the field that is wrong.
    pub fn check(&self) -> Result<()> {
        let methods = [
            "semantic_search",
            "full_text_search",
            "hybrid_search",
            "keyword_search",
        ];
        if !methods.contains(&self.search_method.as_str()) {
            let message = format!("search_method must be one of {}", methods.join(", "));
            return Err(Error::invalid("search_method", message));
        }
        let mode = self.reranking_mode.as_deref();
        if mode.is_some_and(|mode| !mode.is_empty() && !Reranking::MODES.contains(&mode)) {
            let message = format!(
                "reranking_mode must be one of {}",
                Reranking::MODES.join(", ")
            );
            return Err(Error::invalid("reranking_mode", message));
        }
        if self.weights.as_ref().is_some_and(|it| !it.is_object()) {
            return Err(Error::invalid("weights", "weights must be an object"));
        }
        if !(1..=Self::MAX_TOP_K).contains(&self.top_k) {
            let message = format!("top_k must be between 1 and {}", Self::MAX_TOP_K);
            return Err(Error::invalid("top_k", message));
        }
        if self
            .score_threshold
            .is_some_and(|threshold| !(0.0..=1.0).contains(&threshold))
        {
            return Err(Error::invalid(
                "score_threshold",
                "score_threshold must be between 0 and 1",
            ));
        }
        Ok(())
    }

    /// The least score, if it counts.
    pub fn threshold(&self) -> Option<f64> {
        self.score_threshold
            .filter(|_| self.score_threshold_enabled)
    }
}

impl Dataset {
    /// Its record's key.
    pub const KEY: &'static str = "dataset";

    /// 404 in the words of the public API.
    pub const MISSING: &'static str = "Dataset not found.";

    pub(crate) fn check_technique(technique: &str) -> Result<()> {
        match technique {
            "high_quality" => Ok(()),
            "economy" => Err(Error::invalid(
                "indexing_technique",
                "The economy index is not supported by this server; use high_quality.",
            )),
            _ => Err(Error::invalid(
                "indexing_technique",
                "Invalid indexing technique.",
            )),
        }
    }

    pub(crate) fn check_name(name: &str) -> Result<()> {
        if (1..=40).contains(&name.chars().count()) && !name.trim().is_empty() {
            return Ok(());
        }
        Err(Error::invalid(
            "name",
            "Name must be between 1 to 40 characters.",
        ))
    }

    pub(crate) fn check_description(description: &str) -> Result<()> {
        if description.chars().count() <= 400 {
            return Ok(());
        }
        Err(Error::invalid(
            "description",
            "Description cannot exceed 400 characters.",
        ))
    }

    pub(crate) fn check_permission(permission: &str) -> Result<()> {
        if matches!(
            permission,
            "only_me" | "all_team_members" | "partial_members"
        ) {
            return Ok(());
        }
        Err(Error::new(Kind::InvalidParam, "Invalid permission."))
    }
}
