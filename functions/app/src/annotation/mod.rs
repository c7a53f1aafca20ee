//! Annotations: prepared answers to questions that are asked again, in other words too.
//!
//! All of an app's lie in the partition `annotation/{app}`: `a/{id}` is the annotation, `h/{id}/{time}/{message}` when
//! it answered, `reply` whether it does so at all and the index of the questions' vectors, `job/{id}` how far a job is.
//! Start at [`find`], which a chat calls, then [`reply`](mod@reply) for how the index is made.

mod change;
mod csv;
mod find;
mod hit;
mod import;
mod list;
mod reply;
mod work;

pub use change::{New, create, delete, remove_all, update};
pub use find::{Found, find};
pub use hit::{Hit, hits};
pub use import::{MAX_BYTES as MAX_IMPORT_BYTES, import};
pub use list::{Page, all, get, list};
pub use reply::{Setting, Wish, disable, enable, set_threshold};
pub use work::{Job, JobKind, JobStatus, TOPIC, consume, give_up, job};

pub(crate) use hit::{Noted, note};

use ports::Timestamp;
use rag::index::{Group, RowId};
use serde::{Deserialize, Serialize};

use crate::{Error, Kind, Result, apps::App, apps::Mode};

/// Longest question and longest answer, in bytes.
pub const MAX_TEXT: usize = 32 << 10;

/// Records of one step or one read.
const BATCH: usize = 32;

/// A prepared answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotation {
    /// UUID.
    pub id: String,
    /// What is asked, in some words.
    pub question: String,
    /// What is answered, word for word.
    pub answer: String,
    /// How often it answered.
    pub hit_count: u64,
    /// The account that wrote it; `None` for those that came by an app's key.
    pub account_id: Option<String>,
    /// Name of that.
    pub account_name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Counts the questions it has had: each has a row of its own in the index.
    #[serde(default)]
    revision: u16,
    /// The index that holds its question: [`reply::Reply::generation`].
    #[serde(default)]
    indexed: Option<String>,
}

impl Annotation {
    /// Its row: the first ten bytes of its id, and its revision.
    fn group(&self) -> Option<Group> {
        let head: String = self.id.chars().filter(|c| *c != '-').take(20).collect();
        Group::from_hex(&format!("{head}{:04x}", self.revision))
    }
}

/// The beginning of the key of the annotation that a row stands for, and its revision.
fn of_row(row: RowId) -> Option<(String, u16)> {
    let hex = row.group.hex();
    let part = |range| hex.get(range);
    let key = format!(
        "{ANNOTATIONS}{}-{}-{}-{}-",
        part(0..8)?,
        part(8..12)?,
        part(12..16)?,
        part(16..20)?
    );
    Some((key, u16::from_str_radix(part(20..24)?, 16).ok()?))
}

const ANNOTATIONS: &str = "a/";

fn key(id: &str) -> String {
    format!("{ANNOTATIONS}{id}")
}

/// What a caller hears of an annotation that is not there.
fn missing() -> Error {
    Error::not_found("Annotation not found")
}

/// Fails for an app that holds no dialogues, and so has no use for prepared answers.
pub fn require(app: &App) -> Result<()> {
    match app.mode {
        Mode::Completion | Mode::Workflow => {
            let message = "Please check if your app mode matches the right API route.";
            Err(Error::new(Kind::NotChatApp, message))
        }
        _ => Ok(()),
    }
}

/// The checked question and answer.
fn check(question: &str, answer: &str) -> Result<(String, String)> {
    let part = |name: &str, text: &str| {
        let text = text.replace('\0', "").trim().to_owned();
        if text.is_empty() {
            return Err(Error::invalid(name, format!("{name} is required")));
        }
        if text.len() > MAX_TEXT {
            let message = format!("{name} has more than {MAX_TEXT} bytes");
            return Err(Error::invalid(name, message));
        }
        Ok(text)
    };
    Ok((part("question", question)?, part("answer", answer)?))
}

#[cfg(test)]
mod tests;
