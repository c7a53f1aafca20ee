//! Knowledge through the router, on fakes: datasets, documents, indexing by the queue, retrieval.

mod bench;
mod datasets;
mod documents;
mod failures;
mod formats;
mod retrieval;
