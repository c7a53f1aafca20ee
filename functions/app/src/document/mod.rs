//! Documents: coming in, being indexed step by step, being listed, switched, replaced and removed.
//!
//! A document is never stuck: each step of its indexing is a job that is repeated until it is done or given up, a
//! failure stands on the document in words, and whoever looks at a document whose work has come to rest starts it
//! again; `promise.rs` closes the gap between a commit and its first job. Start at [`create`], then `steps.rs`.

mod change;
mod create;
mod edit;
mod estimate;
mod list;
mod promise;
mod record;
mod steps;
mod upkeep;

pub use change::{Action, delete, set_status};
#[cfg(feature = "workflows")]
pub(crate) use create::create_as;
pub use create::{Content, NewDocument, Replacement, create, replace};
pub use edit::{
    Edit, MAX_ADDED, MAX_CONTENT, add_segments, delete_segment, edit_segment, rename, set_segments,
};
pub use estimate::{Estimate, estimate};
pub use list::{Filter, get, indexing_status, list, segment, segments};
pub(crate) use promise::promise;
pub use rag::{
    Kind as FileKind,
    split::{Mode, ProcessRule},
};
pub use record::{Document, Segment, Source, Status, Times};
pub(crate) use record::{index_prefix, key, key_of_group, place_of, segment_key};
pub(crate) use steps::send;
pub use steps::{Step, TOPIC, consume, give_up};
pub(crate) use upkeep::resume;
