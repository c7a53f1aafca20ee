//! The chat half of the Service API, through the router, on the fakes.

// Helpers of tests may panic as tests do; clippy only knows it of the tests themselves.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

// A part of every binary of tests, which is no binary of its own.
#[cfg(feature = "workflows")]
mod agents;
mod annotations;
mod answers;
mod audio;
mod budget;
#[path = "../checked/mod.rs"]
mod checked;
mod citations;
mod completion;
mod conversations;
mod errors;
mod files;
mod info;
mod lifecycle;
mod messages;
mod rejoin;
mod support;
mod telemetry;
mod titles;
