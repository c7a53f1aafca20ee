//! The workflow engine.
//!
//! This side owns: the graph compiled into a [`Plan`], the variable pool, the scheduler, what each node type does, the
//! events, limits, the journal. The host owns: models, datasets, HTTP, tools, the code sandbox, forms, storage, clocks.
//!
//! Must never: read a clock, open a socket, wait, or import anything of ours. Time is an argument; effects are values
//! that the host executes and whose answers it hands back.
//!
//! The loop around a run:
//!
//! ```
//! # use std::sync::Arc;
//! # use workflow::{Input, Limits, Outcome, Plan, Reply, Run, Start, Step, Task, TaskId};
//! # fn answer(_: &Task) -> Reply { Reply::Code(workflow::Value::Null) }
//! fn drive(plan: Arc<Plan>, start: Start, mut now: impl FnMut() -> i64) -> workflow::Result<Arc<Outcome>> {
//!     let mut run = Run::start(plan, start, Limits::default(), now())?;
//!     loop {
//!         match run.poll(now()) {
//!             Step::Emit(event) => println!("{}", event.kind.name()),
//!             Step::Execute(task) => run.handle(Input::Reply { task: task.id, reply: answer(&task) }, now())?,
//!             Step::Cancel(_) => {}
//!             Step::Suspend(_) => {} // wait for answers, or for the time that it names
//!             Step::Done(outcome) => return Ok(outcome),
//!         }
//!     }
//! }
//! ```
//!
//! Start reading at [`Plan::compile`] and [`Run::poll`]; a node type is a file in `nodes`.

mod agent;
mod arena;
mod effect;
mod error;
mod event;
mod failure;
mod graph;
mod jinja;
mod limits;
mod nodes;
mod plan;
mod reasoning;
mod run;
mod selector;
mod template;
mod value;

pub use agent::*;
pub use effect::*;
pub use error::{Error, ErrorKind, Result};
pub use event::*;
pub use failure::Failure;
pub use limits::{CodeLimits, Limits};
pub use nodes::types;
pub use plan::{Declared, Plan};
pub use run::{Change, Entry, Input, Journal, Outcome, Replay, Run, Start, Step, Suspend};
pub use value::{File, Map, Type, Value};
