//! Process rules as the API gives them.

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result, clean::Cleaning};

/// How documents are cut.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProcessRule {
    /// Which way.
    pub mode: Mode,
    /// What is set by hand; ignored in automatic mode.
    #[serde(default)]
    pub rules: Option<Rules>,
}

/// The ways of cutting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// 500 tokens with an overlap of 50, at paragraphs, sentences, words.
    Automatic,
    /// As [`Rules`] say.
    Custom,
    /// Parents and children; not offered here.
    Hierarchical,
}

/// What a custom rule sets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// `remove_extra_spaces`, `remove_urls_emails`, `remove_stopwords`.
    #[serde(default)]
    pub pre_processing_rules: Option<Vec<PreProcessing>>,
    /// Where to cut.
    #[serde(default)]
    pub segmentation: Option<Segmentation>,
}

/// One pre-processing rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreProcessing {
    /// Its name.
    pub id: String,
    /// Whether it applies.
    pub enabled: bool,
}

/// Where and how long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Segmentation {
    /// Cuts here; `\n` and the like are meant as escapes.
    #[serde(default, alias = "delimiter")]
    pub separator: Option<String>,
    /// 50 to 4000.
    #[serde(default)]
    pub max_tokens: Option<i64>,
    /// Tokens that a chunk repeats of the one before it.
    #[serde(default)]
    pub chunk_overlap: Option<i64>,
}

/// A checked rule.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plan {
    pub cleaning: Cleaning,
    /// `None`: the automatic ones.
    pub separator: Option<String>,
    pub max_tokens: usize,
    pub overlap: usize,
}

impl ProcessRule {
    /// Most tokens of a chunk.
    pub const MAX_TOKENS: i64 = 4000;

    /// 500 tokens, 50 overlap.
    pub fn automatic() -> Self {
        Self {
            mode: Mode::Automatic,
            rules: None,
        }
    }

    /// Fails with what is wrong with it, in the words of the public API.
    pub fn check(&self) -> Result<()> {
        self.plan().map(|_| ())
    }

    pub(super) fn plan(&self) -> Result<Plan> {
        match self.mode {
            Mode::Automatic => Ok(Plan {
                cleaning: Cleaning::AUTOMATIC,
                separator: None,
                max_tokens: 500,
                overlap: 50,
            }),
            Mode::Custom => custom(self.rules.as_ref()),
            Mode::Hierarchical => Err(invalid(
                "Process rule mode hierarchical is not supported by this server.",
            )),
        }
    }
}

fn custom(rules: Option<&Rules>) -> Result<Plan> {
    let rules = rules.ok_or_else(|| invalid("Process rule rules is required"))?;
    let pre = rules
        .pre_processing_rules
        .as_ref()
        .ok_or_else(|| invalid("Process rule pre_processing_rules is required"))?;
    if let Some(unknown) = pre.iter().find(|rule| {
        !matches!(
            rule.id.as_str(),
            "remove_extra_spaces" | "remove_urls_emails" | "remove_stopwords"
        )
    }) {
        return Err(invalid(format!(
            "Process rule pre_processing_rules id {} is invalid",
            unknown.id
        )));
    }
    let enabled = |id: &str| pre.iter().any(|rule| rule.id == id && rule.enabled);
    let segmentation = rules
        .segmentation
        .as_ref()
        .ok_or_else(|| invalid("Process rule segmentation is required"))?;
    let separator = segmentation.separator.as_deref().unwrap_or("\n");
    if separator.is_empty() {
        return Err(invalid("Process rule segmentation separator is required"));
    }
    let max_tokens = segmentation
        .max_tokens
        .ok_or_else(|| invalid("Process rule segmentation max_tokens is required"))?;
    if !(50..=ProcessRule::MAX_TOKENS).contains(&max_tokens) {
        return Err(invalid(format!(
            "Custom segment length should be between 50 and {}.",
            ProcessRule::MAX_TOKENS
        )));
    }
    let overlap = segmentation.chunk_overlap.unwrap_or(0);
    if overlap < 0 || overlap >= max_tokens {
        return Err(invalid(format!(
            "Got a larger chunk overlap ({overlap}) than chunk size ({max_tokens}), should be smaller."
        )));
    }
    Ok(Plan {
        cleaning: Cleaning {
            remove_extra_spaces: enabled("remove_extra_spaces"),
            remove_urls_emails: enabled("remove_urls_emails"),
        },
        separator: Some(unescape(separator)),
        max_tokens: usize::try_from(max_tokens).unwrap_or(500),
        overlap: usize::try_from(overlap).unwrap_or(0),
    })
}

fn unescape(separator: &str) -> String {
    separator
        .replace("\\n", "\n")
        .replace("\\r", "\r")
        .replace("\\t", "\t")
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, message)
}
