//! What an app was asked, as its makers see it: every conversation of every end user, and a row of figures for each
//! message.
//!
//! In the partition `log/{app}/{day}/{shard}` is `c/{conversation}` for each conversation that began on that day (UTC)
//! and `m/{message}` for each message that was asked on it; `logs/{app}` lists the days. All of it is copied from the
//! conversation's own records, which are the truth: writing it twice changes nothing. What is tried out in the console
//! is not here. With the figures of a message come the rows of what models were asked for it ([`crate::requests`]).
//!
//! Start at [`note`], which an answer calls at its end, and [`list()`].

mod admin;
pub mod day;
mod days;
mod entry;
mod list;
mod read;
mod retention;

pub use admin::{AdminFeedback, Linked, annotate, rate};
pub use entry::Row;
pub(crate) use entry::{forget, note, note_row, partitions, remove, sync};
pub use list::{Annotated, Filter, Page, SortBy, list};
pub use read::{Detail, Shown, conversation, delete, message, messages, trace};

pub(crate) use retention::resume;
pub use retention::{MAX_DAYS, Retention, TOPIC, consume, retention, set_retention};

pub(crate) use days::{days, rows, shards};

/// What makers say of a message, in its conversation's partition.
pub(crate) const ADMIN: &str = "f/";
/// The annotations that were made of messages, in the same partition.
pub(crate) const LINKS: &str = "n/";
