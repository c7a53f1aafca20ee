//! Apps and their configuration.

mod check;
mod config;
pub mod dsl;
mod manage;
mod record;
mod remove;
mod version;

pub use check::check as check_config;
pub use config::{Feature, InputField, ModelChoice, ModelConfig, Retrieval, response_format};
pub use manage::{
    Copied, Filter, New, Page, Summary, change, copy, create, list, names, save_config,
};
pub use record::{App, Mode, Site, get};
pub use remove::{TOPIC, consume, delete};
pub use version::{
    Draft, Edited, MAX_VERSIONS, Version, discard_draft, edited, publish_config, restore,
    save_draft, version, versions,
};
