//! Workflows and chatflows, through the router, on the fakes.

// Helpers of tests may panic as tests do; clippy only knows it of the tests themselves.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic
)]
#![cfg(feature = "workflows")]

// A part of every binary of tests, which is no binary of its own.
mod bad_input;
mod chatflow;
#[path = "../checked/mod.rs"]
mod checked;
mod conformance;
mod corpus;
mod drafts;
mod durable;
mod flow_tools;
mod golden;
mod mcp;
mod people;
mod pipelines;
mod runs;
mod searches;
mod tools;
mod trials;
mod triggers;
mod turns;
mod world;
