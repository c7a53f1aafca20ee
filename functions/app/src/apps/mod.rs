//! Apps and their configuration.

mod config;
mod record;

pub use config::{Feature, InputField, ModelChoice, ModelConfig, Retrieval};
pub use record::{App, Mode, Site, get};
