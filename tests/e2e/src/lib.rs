//! End-to-end scripts. Each is a function over a [`Deployment`], so that native, workerd and a Spin host run the same one
//! and must give the same answers.
//!
//! This side owns the scripts, their documents, and a scripted language model ([`peer`]). Starting a runtime is for the
//! tests that call: [`native`] does it for the binary.
//!
//! Must never: import a crate of ours. What is tested is what is documented, over HTTP.
//!
//! Start reading at [`journey`].

pub mod backup;
pub mod bad_input;
pub mod big_pdf;
pub mod clients;
pub mod conformance;
pub mod console;
pub mod full_disk;
pub mod hostile;
pub mod http;
pub mod journey;
pub mod native;
pub mod pdf;
pub mod peer;
pub mod questions;
pub mod same_stream;
pub mod schemathesis;
pub mod setup;
pub mod torture;
pub mod workflows;

/// A server under test.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// Such as `http://127.0.0.1:8787`, without a trailing slash.
    pub base: String,
    /// A token that acts as the owner on the console API.
    pub token: String,
}
