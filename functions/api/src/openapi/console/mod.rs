//! `routes/console`: what members of a workspace do, and `routes/datasets` behind the console's door.

mod account;
mod annotations;
mod apps;
mod configs;
mod keys;
mod knowledge;
mod logs;
mod providers;
mod requests;
#[cfg(feature = "shelf")]
pub(super) mod shelf;
pub(super) mod tools;
pub(super) mod trials;
pub(super) mod triggers;
mod trying;
pub(super) mod workflows;
mod workspace;

use super::operation::Op;

pub(super) fn operations() -> Vec<Op> {
    let mut all = account::operations();
    all.extend(workspace::operations());
    all.extend(providers::operations());
    all.extend(apps::operations());
    all.extend(configs::operations());
    all.extend(keys::operations());
    all.extend(annotations::operations());
    all.extend(logs::operations());
    all.extend(requests::operations());
    all.extend(trying::operations());
    all.extend(knowledge::operations());
    all
}
