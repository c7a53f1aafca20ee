//! Apps as files, in Dify's format: importing any version of them, exporting the newest.
//!
//! What a file says is kept as it says it, unknown keys included: exporting an imported app and importing that again
//! gives the same app. What this version cannot do with it is told in warnings, never dropped.
//!
//! Start at [`import`], then [`export`].

mod check;
mod datasets;
mod export;
mod file;
mod import;
mod source;
#[cfg(test)]
mod tests;
mod version;
mod yaml;

pub use check::missing_dependencies;
#[cfg(feature = "workflows")]
pub(crate) use check::variables as check_variables;
pub use export::export;
pub use import::{Overrides, Report, Request, Source, confirm, import};
pub use version::{CURRENT, Status};
#[cfg(feature = "agents")]
pub(crate) use yaml::parse as parse_yaml;
