//! Workflows and chatflows, through the router, on the fakes.

// Helpers of tests may panic as tests do; clippy only knows it of the tests themselves.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic
)]
#![cfg(feature = "workflows")]

mod chatflow;
mod corpus;
mod drafts;
mod durable;
mod runs;
mod world;
