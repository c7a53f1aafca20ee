//! The console API and the OpenAI-compatible one, through the router, on the fakes.

// A helper of a test fails its test by panicking.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod annotations;
mod apps;
mod configs;
mod datasets;
mod logs;
mod members;
mod openai;
mod providers;
mod roles;
mod session;
mod support;
mod web;
