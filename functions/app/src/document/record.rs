//! What is kept of a document and of its passages.

use ports::Timestamp;
use rag::{
    index::{Group, RowId},
    split::{Mode, ProcessRule},
};
use serde::{Deserialize, Serialize};

/// A document. Kept in the partition of its dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// UUID.
    pub id: String,
    /// Its dataset.
    pub dataset_id: String,
    /// Which version of its content this is; passages of others are not its own.
    pub generation: u16,
    /// What came together with it.
    pub batch: String,
    /// From 1, in the order in which the documents came.
    pub position: u32,
    /// For people.
    pub name: String,
    /// The file it is made from.
    pub source: Source,
    /// How it is split.
    pub rule: ProcessRule,
    /// `text_model`, or `hierarchical_model` for parents with children.
    pub doc_form: String,
    /// Such as `English`.
    pub doc_language: String,
    /// `api` or `web`.
    pub created_from: String,
    /// The account that made it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it last changed or moved on.
    pub updated_at: Timestamp,
    /// How far it is.
    pub status: Status,
    /// Why it went no further.
    #[serde(default)]
    pub error: Option<String>,
    /// Whether it is found.
    pub enabled: bool,
    /// Since when it is not.
    #[serde(default)]
    pub disabled_at: Option<Timestamp>,
    /// By whom.
    #[serde(default)]
    pub disabled_by: Option<String>,
    /// Kept, but neither found nor changed.
    #[serde(default)]
    pub archived: bool,
    /// Passages it was split into.
    #[serde(default)]
    pub segments: u32,
    /// Those that are in the index.
    #[serde(default)]
    pub indexed: u32,
    /// Those that were taken out by hand; the places of the others stay.
    #[serde(default)]
    pub removed: u32,
    /// Characters, as the public API counts words.
    #[serde(default)]
    pub word_count: u64,
    /// Tokens of its passages, by the embedding model's tokenizer.
    #[serde(default)]
    pub tokens: u64,
    /// How often its passages were found.
    #[serde(default)]
    pub hit_count: u64,
    /// When each step was done.
    #[serde(default)]
    pub times: Times,
}

/// When each step of indexing was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Times {
    /// Work began.
    pub processing_started: Option<Timestamp>,
    /// The text was read.
    pub parsing_completed: Option<Timestamp>,
    /// The text was cleaned.
    pub cleaning_completed: Option<Timestamp>,
    /// The passages were cut.
    pub splitting_completed: Option<Timestamp>,
    /// It can be found.
    pub completed: Option<Timestamp>,
    /// It failed.
    pub stopped: Option<Timestamp>,
}

/// The file that a document is made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// UUID of the upload.
    pub id: String,
    /// As it was named.
    pub name: String,
    /// In bytes.
    pub size: u64,
    /// Without its dot, in lower case.
    pub extension: String,
    /// By its name.
    pub mime_type: String,
}

/// How far a document is, in the words of the public API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// In the queue.
    Waiting,
    /// Its text is being read.
    Parsing,
    /// Its text is being split.
    Splitting,
    /// Its passages are being embedded.
    Indexing,
    /// Done.
    Completed,
    /// Failed; see `error`.
    Error,
}

impl Status {
    /// As it is on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Parsing => "parsing",
            Self::Splitting => "splitting",
            Self::Indexing => "indexing",
            Self::Completed => "completed",
            Self::Error => "error",
        }
    }

    /// Whether work on it goes on.
    pub fn is_busy(self) -> bool {
        !matches!(self, Self::Completed | Self::Error)
    }
}

/// A passage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// UUID; it names the document's version and the place.
    pub id: String,
    /// Its document.
    pub document_id: String,
    /// From 1.
    pub position: u32,
    /// Its text.
    pub content: String,
    /// Characters, as the public API counts words.
    pub word_count: u64,
    /// By the embedding model's tokenizer.
    pub tokens: u64,
    /// SHA-256 of its text, in hex.
    pub hash: String,
    /// How often it was found.
    #[serde(default)]
    pub hit_count: u64,
    /// Whether it is found.
    pub enabled: bool,
    /// The account that made it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// How often its text was changed by hand; rows of its earlier texts do not lead to it any more.
    #[serde(default)]
    pub revision: u16,
    /// When it was last changed by hand.
    #[serde(default)]
    pub updated_at: Option<Timestamp>,
    /// What is found in its place, if it is a parent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<String>,
}

/// Bits of a row's position that say the place; the rest says the revision of the text.
const PLACE_BITS: u32 = 20;

/// Passages that one document can have.
pub(crate) const MAX_SEGMENTS: u32 = 1 << PLACE_BITS;

/// Where the index has the text of a place.
pub(crate) fn row_position(place: u32, revision: u16) -> u32 {
    (place % MAX_SEGMENTS) | (u32::from(revision) << PLACE_BITS)
}

/// The place and the revision that a row stands for.
pub(crate) fn place_of(position: u32) -> (u32, u16) {
    (position % MAX_SEGMENTS, (position >> PLACE_BITS) as u16)
}

impl Segment {
    /// The id of one of its children, from 0. To callers an opaque UUID.
    pub fn child_id(&self, place: usize) -> String {
        crate::id::derived(&format!("child/{}/{}/{place}", self.id, self.revision))
    }

    /// The texts that lead to it, each a vector of its own: its children, or what of it a model reads at once.
    pub(super) fn found_by(&self, max_input: usize, count: &dyn Fn(&str) -> usize) -> Vec<String> {
        match self.children.is_empty() {
            true => rag::split::windows(&self.content, max_input, count),
            false => self.children.clone(),
        }
    }
}

/// Children that a model reads whole.
pub(super) fn readable(
    children: Vec<String>,
    max_input: usize,
    count: &dyn Fn(&str) -> usize,
) -> Vec<String> {
    let windows = |child: String| rag::split::windows(&child, max_input, count);
    children.into_iter().flat_map(windows).collect()
}

/// The form of a document that is cut by this rule.
pub(super) fn form_of(rule: &ProcessRule) -> &'static str {
    match rule.mode {
        Mode::Hierarchical => "hierarchical_model",
        Mode::Automatic | Mode::Custom => "text_model",
    }
}

impl Document {
    /// What its passages and rows are named by. `None` if its id is no UUID, which is never written.
    pub fn group(&self) -> Option<Group> {
        group(&self.id, self.generation)
    }

    /// Whether it is found.
    pub fn is_available(&self) -> bool {
        self.status == Status::Completed && self.enabled && !self.archived
    }

    /// Its state in the words of lists.
    pub fn display_status(&self) -> &'static str {
        match self.status {
            Status::Waiting => "queuing",
            Status::Parsing | Status::Splitting | Status::Indexing => "indexing",
            Status::Error => "error",
            Status::Completed if self.archived => "archived",
            Status::Completed if self.enabled => "available",
            Status::Completed => "disabled",
        }
    }
}

fn bytes_of(uuid: &str) -> Option<[u8; 16]> {
    let hex: String = uuid.chars().filter(|c| *c != '-').collect();
    hex::decode(hex).ok()?.try_into().ok()
}

pub(super) fn group(id: &str, generation: u16) -> Option<Group> {
    let id = bytes_of(id)?;
    let mut group = [0; 12];
    let version = generation.to_be_bytes();
    for (to, from) in group.iter_mut().zip(id.iter().take(10).chain(&version)) {
        *to = *from;
    }
    Some(Group(group))
}

/// The id of a passage: 10 bytes of its document's, the version, the place (from 0). To callers an opaque UUID.
pub(crate) fn segment_id(row: RowId) -> String {
    let hex = format!("{}{:08x}", row.group.hex(), row.position);
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    [
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32),
    ]
    .join("-")
}

/// What the id of a passage says.
pub(crate) fn segment_row(id: &str) -> Option<RowId> {
    let bytes = bytes_of(id)?;
    let (group, position) = bytes.split_at_checked(12)?;
    Some(RowId {
        group: Group(group.try_into().ok()?),
        position: u32::from_be_bytes(position.try_into().ok()?),
    })
}

/// Keys of documents.
pub(super) const DOCUMENTS: &str = "document/";

/// Where a document lies: by the part of its id that its passages' ids have too, so that a passage leads to it.
pub(crate) fn key(id: &str) -> String {
    let hex: String = id.chars().filter(|c| *c != '-').take(20).collect();
    format!("{DOCUMENTS}{hex}")
}

pub(crate) fn key_of_group(group: Group) -> String {
    format!("document/{}", group.hex().get(..20).unwrap_or_default())
}

pub(crate) fn segment_prefix(group: Group) -> String {
    format!("segment/{}/", group.hex())
}

pub(crate) fn segment_key(group: Group, position: u32) -> String {
    format!("{}{position:08}", segment_prefix(group))
}

pub(crate) fn order_key(position: u32) -> String {
    format!("order/{position:010}")
}

pub(crate) fn batch_key(batch: &str, id: &str) -> String {
    format!("batch/{batch}/{id}")
}

/// Where the segments of a dataset's index lie.
pub(crate) fn index_prefix(dataset: &str) -> String {
    format!("{}/index", crate::keys::dataset(dataset))
}

/// The blob of a version's file.
pub(crate) fn source_blob(document: &Document) -> String {
    version_blob(
        &document.dataset_id,
        "source",
        &document.id,
        document.generation,
    )
}

/// The blob of a version's text.
pub(crate) fn text_blob(document: &Document) -> String {
    version_blob(
        &document.dataset_id,
        "text",
        &document.id,
        document.generation,
    )
}

pub(crate) fn version_blob(dataset: &str, what: &str, id: &str, generation: u16) -> String {
    format!("{}/{what}/{id}/{generation}", crate::keys::dataset(dataset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passage_leads_to_its_document() {
        let id = "0f8fad5b-d9cb-469f-a165-70867728950e";
        let row = RowId {
            group: group(id, 3).unwrap(),
            position: 258,
        };
        let segment = segment_id(row);
        assert_eq!(segment, "0f8fad5b-d9cb-469f-a165-000300000102");
        assert_eq!(segment_row(&segment), Some(row));
        assert_eq!(crate::id::uuid(&segment).as_deref(), Some(segment.as_str()));
        assert_eq!(key_of_group(row.group), key(id));
        assert_ne!(group(id, 3), group(id, 4));
        for (place, revision) in [(0, 0), (258, 0), (MAX_SEGMENTS - 1, 4095), (7, 1)] {
            assert_eq!(place_of(row_position(place, revision)), (place, revision));
        }
        assert_eq!(row_position(258, 0), 258);
    }
}
