//! What models were asked: a row for every call, of every kind, with its tokens, what they cost, and how long it took.
//!
//! Models that [`crate::provider::Providers`] gives out are watched; whoever asks one says with a [`Tab`] what for. The rows
//! of an answer wait on its tab and are written with the figures of its message, in `log/{app}/{day}/{shard}`, in the
//! same commit: an answer costs no commit more. All others are written a moment later to `requests/{day}/{shard}`,
//! as many together as there are then; `requests` lists the days. In both their keys are `q/{time}/{id}`.
//!
//! Tokens are those that the provider says. Where it says none, or was stopped before it could, they are counted here, and the
//! row says so. Prices are those at the time of the call.
//!
//! A process that is killed loses the rows of its last moment; what a message cost stands on the message, too.
//!
//! Start at [`Tab`]; a model is watched in `llm` and `others`, and rows are read in `list`.

mod list;
mod llm;
mod others;
mod row;
mod tab;
mod write;

pub use list::{Filter, MAX_ROWS, Page, Total, list, totals};
pub use row::{Kind, Outcome, Purpose, Row};
pub use tab::{Of, Tab};

pub(crate) use others::watched as seen;
pub(crate) use tab::Watched;
pub(crate) use write::{Buffer, drop_day, old_day, partitions, records};

#[cfg(test)]
mod tests;
