//! The engine from outside: graphs as app files write them, effects as a script answers them.

// Helpers of tests may fail as tests do.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests"
)]

mod agents;
mod answers;
mod corpus;
mod fields;
mod graphs;
mod host;
mod journals;
mod models;
mod nodes;
mod running;
mod streams;
