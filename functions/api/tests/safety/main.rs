//! What apps neither hear nor say, through the router, on the fakes.

// Helpers of tests may panic as tests do; clippy only knows it of the tests themselves.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

// A part of every binary of tests, which is no binary of its own.
#[path = "../checked/mod.rs"]
mod checked;
mod engine;
mod extensions;
mod guard;
mod injections;
mod leaks;
mod moderation;
// The same installation as the chat tests use, of which this binary needs a part.
#[allow(dead_code)]
#[path = "../chat/support.rs"]
mod support;
mod world;
