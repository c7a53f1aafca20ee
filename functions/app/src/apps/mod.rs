//! Apps and their configuration.

mod config;
pub mod dsl;
mod manage;
mod record;
mod remove;

pub use config::{Feature, InputField, ModelChoice, ModelConfig, Retrieval, response_format};
pub use manage::{Filter, New, Page, Summary, change, create, list, publish, save_config};
pub use record::{App, Mode, Site, get};
pub use remove::{TOPIC, consume, delete};
