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
    /// Parents, which are read, of children, which are found: both as [`Rules`] say.
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
    /// What a parent is; a paragraph where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_mode: Option<ParentMode>,
    /// Where to cut a parent into children.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subchunk_segmentation: Option<Segmentation>,
}

/// What a parent is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParentMode {
    /// What the segmentation cuts.
    Paragraph,
    /// The whole document, as far as its first 10 000 tokens.
    FullDoc,
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
    pub passages: Cut,
    /// The document is one passage.
    pub is_whole: bool,
    /// How passages are cut into what is found.
    pub children: Option<Cut>,
}

/// Where and how long, checked.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cut {
    /// `None`: the automatic ones.
    pub separator: Option<String>,
    pub max_tokens: usize,
    pub overlap: usize,
}

impl ProcessRule {
    /// Most tokens of a chunk.
    pub const MAX_TOKENS: i64 = 4000;

    /// Most tokens of a document that is one passage.
    pub const WHOLE_TOKENS: usize = 10_000;

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
                passages: Cut {
                    separator: None,
                    max_tokens: 500,
                    overlap: 50,
                },
                is_whole: false,
                children: None,
            }),
            Mode::Custom => custom(required(self.rules.as_ref(), "rules")?),
            Mode::Hierarchical => hierarchical(required(self.rules.as_ref(), "rules")?),
        }
    }
}

fn required<'r, T>(given: Option<&'r T>, name: &str) -> Result<&'r T> {
    given.ok_or_else(|| invalid(format!("Process rule {name} is required")))
}

fn custom(rules: &Rules) -> Result<Plan> {
    Ok(Plan {
        cleaning: cleaning(rules)?,
        passages: cut(rules.segmentation.as_ref(), "segmentation")?,
        is_whole: false,
        children: None,
    })
}

fn hierarchical(rules: &Rules) -> Result<Plan> {
    let cleaning = cleaning(rules)?;
    let is_whole = rules.parent_mode == Some(ParentMode::FullDoc);
    let name = "subchunk_segmentation";
    let children = cut(rules.subchunk_segmentation.as_ref(), name)?;
    // They are kept with their parent, which must not grow many times over.
    if children.overlap * 2 > children.max_tokens {
        return Err(invalid(format!(
            "Process rule {name} chunk_overlap may be half of its max_tokens at most."
        )));
    }
    Ok(Plan {
        cleaning,
        passages: match is_whole {
            true => Cut {
                separator: None,
                max_tokens: ProcessRule::WHOLE_TOKENS,
                overlap: 0,
            },
            false => cut(rules.segmentation.as_ref(), "segmentation")?,
        },
        is_whole,
        children: Some(children),
    })
}

fn cleaning(rules: &Rules) -> Result<Cleaning> {
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
    Ok(Cleaning {
        remove_extra_spaces: enabled("remove_extra_spaces"),
        remove_urls_emails: enabled("remove_urls_emails"),
    })
}

fn cut(segmentation: Option<&Segmentation>, name: &str) -> Result<Cut> {
    let segmentation = required(segmentation, name)?;
    let separator = segmentation.separator.as_deref().unwrap_or("\n");
    if separator.is_empty() {
        return Err(invalid(format!(
            "Process rule {name} separator is required"
        )));
    }
    let max_tokens = segmentation.max_tokens;
    let max_tokens = *required(max_tokens.as_ref(), &format!("{name} max_tokens"))?;
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
    Ok(Cut {
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
