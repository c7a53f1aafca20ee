//! App files as text. They are read and written by other programs too, most of them with a YAML 1.1 parser: what is
//! written here means the same to both versions.

mod read;
mod write;

pub(crate) use read::parse;
pub(super) use write::write;

#[cfg(test)]
mod tests;
