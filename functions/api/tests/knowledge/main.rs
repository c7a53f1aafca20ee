//! Knowledge through the router, on fakes: datasets, documents, indexing by the queue, retrieval.

// Helpers of tests may panic as tests do; clippy only knows it of the tests themselves.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

// A part of every binary of tests, which is no binary of its own.
mod bench;
#[path = "../checked/mod.rs"]
mod checked;
mod datasets;
mod documents;
mod failures;
mod formats;
mod nonsense;
mod parents;
mod reranking;
mod retrieval;
mod segments;
