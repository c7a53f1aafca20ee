//! Conversations: the record, and what an end user may do with it.
//!
//! A conversation and its messages share the partition `conversation/{id}`; [`list`] keeps the end user's list of
//! them in another, which [`sync`] brings up to date from the record.

mod change;
mod list;
mod pin;
mod sync;
mod title;
mod variable;

pub(crate) use change::remove_all;
pub use change::{delete, rename};
pub(crate) use list::{ENTRIES, is_of_list};
pub use list::{Page, SortBy, list};
pub use pin::{MAX_PINNED, list_pinned, pin, pinned};
pub use sync::{TOPIC, consume, sync};
pub(crate) use sync::{request_feedback_sync, request_first_sync, request_sync, sync_written};
pub use title::title;
#[cfg(feature = "workflows")]
pub(crate) use variable::VARIABLES;
pub use variable::{Variable, put_variable, set_variable, variables};

use ports::{Scope, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Error, Kind, Result, apps::Mode, end_user::EndUser, keys, store, store::Stored};

/// The key of the record in its partition.
pub(crate) const KEY: &str = "conversation";

/// The name of a conversation until it gets a better one.
pub const UNTITLED: &str = "New conversation";

/// A dialogue of one end user with one app.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    /// UUID; see [`crate::id`].
    pub id: String,
    /// The app.
    pub app_id: String,
    /// The app's kind when it began.
    pub mode: Mode,
    /// Whose it is: [`EndUser::id`].
    pub end_user_id: String,
    /// The `user` text of that end user.
    pub session_id: String,
    /// For people.
    pub name: String,
    /// The inputs of the first message.
    pub inputs: Map<String, Value>,
    /// The opening statement as it was said.
    pub introduction: String,
    /// Where it stands.
    pub status: Status,
    /// When it began.
    pub created_at: Timestamp,
    /// When the last message was asked, or when it was renamed.
    pub updated_at: Timestamp,
}

/// Where a conversation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It may go on.
    Normal,
    /// It has ended.
    Completed,
    /// Nobody sees it any more; the record stays a while so that nothing late brings it back.
    Deleted,
}

impl Status {
    /// As the public API says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Completed => "completed",
            Self::Deleted => "deleted",
        }
    }
}

impl Conversation {
    fn belongs_to(&self, user: &EndUser) -> bool {
        self.app_id == user.app_id && self.end_user_id == user.id && self.status != Status::Deleted
    }
}

/// What a caller hears of a conversation that is not there or not its own.
pub(crate) fn missing() -> Error {
    Error::not_found("Conversation Not Exists.")
}

/// A conversation of this end user; `NotFound` for any other.
pub async fn get(scope: &Scope, user: &EndUser, id: &str) -> Result<Stored<Conversation>> {
    let stored = store::load::<Conversation>(scope, &keys::conversation(id), KEY).await?;
    owned(stored, user)
}

/// Hides what is not this end user's.
pub(crate) fn owned(
    stored: Option<Stored<Conversation>>,
    user: &EndUser,
) -> Result<Stored<Conversation>> {
    stored
        .filter(|stored| stored.value.belongs_to(user))
        .ok_or_else(missing)
}

/// Fails for a conversation that takes no more messages.
pub(crate) fn open(conversation: &Conversation) -> Result<()> {
    match conversation.status {
        Status::Normal => Ok(()),
        Status::Completed | Status::Deleted => {
            let message = "The conversation has ended. Please start a new conversation.";
            Err(Error::new(Kind::ConversationCompleted, message))
        }
    }
}
