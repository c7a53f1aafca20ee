//! The records.

use ports::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Feedback, Thought, thought};
use crate::{Result, chat::Usage, store};

/// One question with its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// UUID; see [`crate::id`].
    pub id: String,
    /// The message before it.
    #[serde(default)]
    pub parent_message_id: Option<String>,
    /// Its conversation.
    pub conversation_id: String,
    /// Whose it is.
    pub end_user_id: String,
    /// Of this call; those of the first stand on the conversation too.
    pub inputs: Map<String, Value>,
    /// The question.
    pub query: String,
    /// The answer, or as much of it as there is.
    pub answer: String,
    /// How it went.
    pub status: Status,
    /// Why it went wrong.
    #[serde(default)]
    pub error: Option<String>,
    /// Attachments.
    #[serde(default)]
    pub files: Vec<MessageFile>,
    /// What the end user thinks of it.
    #[serde(default)]
    pub feedback: Option<Feedback>,
    /// What it cost; absent while it is running.
    #[serde(default)]
    pub usage: Option<Usage>,
    /// The model that answered, as `provider/name`.
    #[serde(default)]
    pub model: String,
    /// What an agent thought and did before it answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agent_thoughts: Vec<Thought>,
    /// Forms that its run asked people to fill in, as the API shows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra_contents: Vec<Value>,
    /// While it is being answered: by which the answer is stopped and rejoined.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub task_id: String,
    /// When it was asked.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
}

/// How a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Being answered, or lost in a crash.
    Running,
    /// Waits for a person's answer to a form.
    Paused,
    /// Answered.
    Normal,
    /// Stopped before its end, by the end user or because nobody listened any more.
    Stopped,
    /// Failed; the answer is what came before.
    Error,
}

impl Status {
    /// As the public API says it: it knows no more than these.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running | Self::Normal | Self::Stopped => "normal",
            Self::Paused => "paused",
            Self::Error => "error",
        }
    }
}

/// A file that came with a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageFile {
    /// UUID.
    pub id: String,
    /// `image`, `document`, `audio`, `video` or `custom`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `local_file` or `remote_url`.
    pub transfer_method: String,
    /// Where a remote one is.
    pub url: Option<String>,
    /// Which upload a local one is.
    pub upload_file_id: Option<String>,
    /// As the caller named it.
    pub filename: String,
    /// As the caller declared it.
    pub mime_type: String,
    /// In bytes; 0 for remote files, which nobody fetched.
    pub size: u64,
}

/// A passage that an answer rests on, as the public API shows it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Resource {
    /// From 1.
    pub position: Option<u32>,
    /// Its knowledge base.
    pub dataset_id: Option<String>,
    /// Name of that.
    pub dataset_name: Option<String>,
    /// Its document.
    pub document_id: Option<String>,
    /// Name of that.
    pub document_name: Option<String>,
    /// Such as `upload_file`.
    pub data_source_type: Option<String>,
    /// The passage.
    pub segment_id: Option<String>,
    /// Echo of the request's `retriever_from`.
    pub retriever_from: Option<String>,
    /// How near, 0 to 1.
    pub score: Option<f64>,
    /// How often it was found before.
    pub hit_count: Option<u64>,
    /// Words in it.
    pub word_count: Option<u64>,
    /// Which of its document's passages, from 1.
    pub segment_position: Option<u32>,
    /// Hash of its text.
    pub index_node_hash: Option<String>,
    /// Its text.
    pub content: Option<String>,
    /// Page of a PDF.
    pub page: Option<u32>,
    /// What is known of the document.
    pub doc_metadata: Option<Value>,
    /// Title shown for it.
    pub title: Option<String>,
    /// Files of the passage.
    pub files: Option<Value>,
    /// A summary of it.
    pub summary: Option<String>,
}

impl Message {
    /// As it is kept: what does not fit a record is cut from the longest part.
    pub(super) fn encode_within(&self, limit: usize) -> Result<Vec<u8>> {
        let mut fitting = self.clone();
        // Escapes take up to six bytes a character.
        thought::fit(&mut fitting.agent_thoughts, limit / 8);
        let whole = store::encode(&fitting)?;
        if whole.len() <= limit {
            return Ok(whole);
        }
        let mut cut = fitting;
        let room = limit / 16;
        truncate(&mut cut.query, room);
        truncate(&mut cut.answer, room);
        for value in cut.inputs.values_mut() {
            *value = Value::Null;
        }
        store::encode(&cut)
    }
}

/// Resources as they are kept: when they are too long together, without their texts.
pub(super) fn encode_resources(resources: &[Resource], limit: usize) -> Result<Vec<u8>> {
    let whole = store::encode(&resources)?;
    if whole.len() <= limit {
        return Ok(whole);
    }
    let mut cut = resources.to_vec();
    for resource in &mut cut {
        resource.content = None;
        resource.doc_metadata = None;
        resource.files = None;
    }
    store::encode(&cut)
}

pub(super) fn truncate(text: &mut String, bytes: usize) {
    if text.len() > bytes {
        let end = text
            .char_indices()
            .map(|(at, _)| at)
            .take_while(|at| *at <= bytes)
            .last()
            .unwrap_or_default();
        text.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(answer: String) -> Message {
        Message {
            id: "m".to_owned(),
            parent_message_id: None,
            conversation_id: "c".to_owned(),
            end_user_id: "u".to_owned(),
            inputs: Map::new(),
            query: "q".to_owned(),
            answer,
            status: Status::Normal,
            error: None,
            files: Vec::new(),
            feedback: None,
            usage: None,
            model: String::new(),
            agent_thoughts: Vec::new(),
            extra_contents: Vec::new(),
            task_id: String::new(),
            created_at: Timestamp(1),
            updated_at: Timestamp(2),
        }
    }

    #[test]
    fn a_record_never_outgrows_its_store() {
        for answer in ["short".to_owned(), "é\u{1}".repeat(5_000)] {
            let kept = message(answer.clone()).encode_within(16_000).unwrap();
            assert!(kept.len() <= 16_000);
            let back: Message = serde_json::from_slice(&kept).unwrap();
            assert!(answer.starts_with(&back.answer) && !back.answer.is_empty());
        }
        let long = Resource {
            content: Some("x".repeat(100)),
            title: Some("t".to_owned()),
            ..Resource::default()
        };
        let kept = encode_resources(&[long.clone(), long], 850).unwrap();
        let back: Vec<Resource> = serde_json::from_slice(&kept).unwrap();
        assert_eq!(
            back.first().and_then(|resource| resource.content.clone()),
            None
        );
        assert_eq!(
            back.first().and_then(|resource| resource.title.as_deref()),
            Some("t")
        );
    }
}
