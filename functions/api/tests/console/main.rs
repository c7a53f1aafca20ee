//! The console API and the OpenAI-compatible one, through the router, on the fakes.

// A helper of a test fails its test by panicking.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

// A part of every binary of tests, which is no binary of its own.
mod annotations;
mod apps;
#[path = "../checked/mod.rs"]
mod checked;
mod configs;
mod datasets;
mod logs;
mod members;
mod openai;
mod providers;
mod requests;
mod roles;
mod session;
mod support;
mod web;
