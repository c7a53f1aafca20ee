//! Workflows and chatflows: the graph that is drafted, published and run.
//!
//! The engine is the crate `workflow`, which decides; what is here reads and writes for it. A run lives in the partition
//! `run/{id}`:
//!
//! | key | holds |
//! | --- | --- |
//! | `run` | [`Record`] |
//! | `lease` | until when its driver counts as alive; every commit renews it and has its version as the condition |
//! | `start` | what it began with |
//! | `graph` | the graph, of a run of a draft |
//! | `j/{n}` | what came from outside, in groups; repeated, it gives the same run |
//! | `e/{n}` | events that were shown, in groups; what a stream is rejoined by |
//!
//! A run that waits for people only is paused: nobody drives it until a form of the partition `forms/{id}` is filled in, or
//! its time is over.
//!
//! What is too large for a record is a blob `run/{id}/{key}`. The list of an app's runs lies in `runs/{app}`.
//!
//! Start at [`run`] and [`chat`], which begin a run, then `driver`, the loop around it; `resume` takes over what a
//! crash left.

mod begin;
mod chatflow;
mod diff;
mod draft;
mod driver;
mod effect;
mod flow;
mod form;
pub mod inspect;
mod journal;
mod record;
mod report;
mod resume;
mod single;
mod stop;
mod tally;
mod watch;

pub use begin::{Fork, Request, Running, Which, chat, fork, run, try_chat};
pub(crate) use begin::{Wake, run_from, wake};
pub use diff::{Change, diff};
pub use draft::{
    Marks, Save, delete, graph_of, hash, list, mark, masked, of, publish, published, restore, save,
    version,
};
pub use flow::{Flow, Version, form, shown_version};
pub use form::{Form, Found as FoundForm, fill as fill_form, find as find_form, form_user};
pub use journal::Event;
pub use record::{Logged, Record, Turn, get};
pub(crate) use record::{remove, remove_before};
pub(crate) use report::report;
pub use resume::{TOPIC, consume};
pub use single::{Trial, try_part};
pub use stop::stop;
pub(crate) use stop::{Child, child, note_child, nudge};
pub use watch::{Filter, answer, events, last_event, logs, scroll};
