//! Everything of a workspace in one file, and a workspace made of it again, on any runtime.
//!
//! A bundle is text, one JSON object a line: a head, the records of the workspace partition by partition, the contents
//! of its files and indexes, and an end with the SHA-256 of all before. Equal states give equal bundles, so that a
//! nightly copy can be compared with the one before.
//!
//! Left out: accounts, members and invitations (who restores is the owner), the keys of model providers and extensions
//! (they are sealed for one installation: enter them again), and what is only under way. API keys and the addresses of
//! web pages and of forms go along: clients go on with the keys they have, and who was asked can answer.
//!
//! Start at [`bundle`] and [`receive`].

mod line;
mod restore;
mod walk;

pub use restore::{Progress, Status, TOPIC, consume, give_up, progress, receive};
pub use walk::bundle;

#[cfg(test)]
mod tests;
