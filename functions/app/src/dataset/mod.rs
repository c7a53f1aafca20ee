//! Datasets: what they are, and finding passages in them.
//!
//! Everything of one dataset lies in the partition `dataset/{id}`, so that a document, its place in the list, the
//! counters and the manifest of the index change together:
//!
//! | key | holds |
//! | --- | --- |
//! | `dataset` | [`Dataset`] |
//! | `index` | the manifest of the vector index; its segments are blobs `dataset/{id}/index/{name}` |
//! | `document/{prefix of its id}` | [`Document`](crate::document::Document) |
//! | `order/{position}` | id and name of a document, for lists |
//! | `batch/{batch}/{id}` | which documents came together |
//! | `segment/{group}/{position}` | one passage; the group is the document and the number of its version |
//!
//! The workspace's partition has `dataset/{id}` (for lists) and `dataset-name/{name}` (each name once).
//! Start at [`create`] and [`retrieve`].

mod filter;
mod list;
mod manage;
mod memory;
mod passages;
mod record;
mod rerank;
mod search;
mod write;

pub use filter::Filter as MetadataFilter;
pub(crate) use filter::{FIELDS, FieldKind};
pub use list::{Filter, Page, list};
pub(crate) use manage::embedding;
pub use manage::{Change, NewDataset, apps_of, create, delete, forget, get, update, users};
pub use record::{Dataset, RerankingModel, RetrievalModel};
pub use rerank::Reranking;
pub use search::{Hit, MAX_QUERY, Settings, retrieve};
pub(crate) use write::{Draft, transact};
