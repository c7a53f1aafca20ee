//! Knowledge through the router, on fakes: datasets, documents, indexing by the queue, retrieval.

// Helpers of tests may panic as tests do; clippy only knows it of the tests themselves.
#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

mod bench;
mod datasets;
mod documents;
mod failures;
mod formats;
mod reranking;
mod retrieval;
mod segments;
