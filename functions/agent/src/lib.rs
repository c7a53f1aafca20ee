//! Agents: a model that calls tools until it can answer.
//!
//! This side owns: the loop ([`run`]), by function calls or, for models without them, by words (ReAct); its bounds; what is
//! known of each round ([`Thought`]); and the tools, one file each in `tools`. The caller owns: the prompt, which tools
//! there are, what is stored and shown, and when it is stopped: dropping the stream stops the model.
//!
//! Must never: store anything, or trust what a tool returned: it is data for the model, cut to a budget, and a tool that
//! fails tells the model so instead of ending the answer.
//!
//! Start reading at [`run`], or at [`round`] for an agent whose rounds are kept one by one; a tool is a file in `tools`, and what one is stands at [`Tool`].

mod calls;
mod react;
mod run;
mod thought;
mod tool;
pub mod tools;

pub use run::{Agent, Event, Round, Strategy, round, run};
pub use thought::Thought;
pub use tool::{Tool, Toolbox};
