//! Chat and completion: a question in, an answer as events out.
//!
//! [`start`] checks and gathers everything, and fails with an error that has an HTTP status; from then on whatever
//! happens is an event of [`Ongoing`]. Reading goes by [`Caller`] and `gather`, the prompt by [`crate::prompt`], the
//! answer by `generate`.

#[cfg(feature = "agents")]
mod agents;
mod ask;
mod caller;
mod ceiling;
pub(crate) mod conditions;
mod gather;
mod generate;
mod images;
#[cfg(feature = "agents")]
mod knowledge;
mod memory;
mod ongoing;
mod record;
mod rejoin;
mod resolve;
pub(crate) mod route;
mod safety;
pub(crate) mod screen;
mod stop;
mod usage;

pub use caller::Caller;
#[cfg(feature = "workflows")]
pub(crate) use ceiling::{Slot, enter, leave};
#[cfg(feature = "workflows")]
pub(crate) use gather::check_query;
pub use memory::{TOPIC as SUMMARY_TOPIC, consume as summarize};
pub use ongoing::{GRACE, Ongoing};
pub use rejoin::{Rejoined, Seen, rejoin};
pub use resolve::resolve;
pub use stop::stop;
pub use usage::Usage;

use ports::Timestamp;
use serde_json::{Map, Value};

use crate::{
    Context, Error, Kind, Result,
    annotation::Annotation,
    apps::{App, Mode},
    message::{MessageFile, Resource, Thought},
};

/// Which of the two doors a question comes through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Surface {
    /// A question in a conversation.
    #[default]
    Chat,
    /// A text out of inputs: apps of mode `completion`. Each has a conversation of its own, which no list shows.
    Completion,
}

/// What a caller asks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// Where it came in.
    pub surface: Surface,
    /// Values of the app's variables.
    pub inputs: Map<String, Value>,
    /// The question; of a completion it may be empty.
    pub query: String,
    /// Whom the caller speaks for.
    pub user: String,
    /// The conversation to go on with: a UUID.
    pub conversation_id: Option<String>,
    /// File mappings.
    pub files: Vec<Value>,
    /// Whether a new conversation gets a title from its first question.
    pub auto_generate_name: bool,
    /// Of chatflows: a published version that answers instead of the one in force.
    pub workflow_id: Option<String>,
    /// Echoed in citations.
    pub retriever_from: String,
    /// The caller waits for the whole answer.
    pub blocking: bool,
}

/// What is known before the first word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// By which the answer is stopped.
    pub task_id: String,
    /// UUID.
    pub message_id: String,
    /// UUID.
    pub conversation_id: String,
    /// When it was asked.
    pub created_at: Timestamp,
    /// The app's kind.
    pub mode: Mode,
}

/// An answer on its way.
pub struct Reply {
    /// What every event repeats.
    pub head: Head,
    /// Any number of `Delta`, `Replace` and `Thought`, then one `End` or one `Error`; after an `End` it may be read aloud.
    pub events: Ongoing,
}

/// A step of an answer.
#[derive(Debug)]
pub enum Event {
    /// More of the answer.
    Delta(String),
    /// The whole answer is this now, by moderation.
    Replace(String),
    /// An agent's round has begun, or has come further: the same position comes again.
    Thought(Thought),
    /// The answer is complete, or was stopped, and is stored.
    End(Box<End>),
    /// It failed. What there is of it is stored.
    Error(Error),
    /// After the end: the answer read aloud, piece by piece, as Base64.
    Sound(String),
    /// The last piece came before.
    SoundEnd,
}

/// What comes after the last word.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// What the answer rests on, if the app cites.
    pub resources: Vec<Resource>,
    /// The prepared answer that it is, if the model was not asked.
    pub annotation: Option<Annotation>,
    /// What it cost.
    pub usage: Usage,
    /// Files of the answer.
    pub files: Vec<MessageFile>,
}

/// Longest question, in bytes: a record holds it together with its answer.
pub const MAX_QUERY: usize = 256 << 10;

/// Checks a question, gathers what its answer needs, and begins it.
pub async fn start(ctx: &Context, caller: &Caller, request: Request) -> Result<Reply> {
    let plan = gather::gather(ctx, caller, request).await?;
    Ok(generate::begin(ctx, plan))
}

/// Fails for an app that does not belong to this door.
pub fn check_surface(app: &App, surface: Surface) -> Result<()> {
    match surface {
        Surface::Chat => crate::message::require_chat(app),
        Surface::Completion if app.mode == Mode::Completion => Ok(()),
        Surface::Completion => {
            let message = "App unavailable, please check your app configurations.";
            Err(Error::new(Kind::AppUnavailable, message))
        }
    }
}

/// Fails for an app that cannot answer here.
fn check_mode(app: &App, request: &Request) -> Result<()> {
    check_surface(app, request.surface)?;
    match app.mode {
        Mode::AgentChat if request.blocking => Err(Error::new(
            Kind::InvalidParam,
            "Agent Chat App does not support blocking mode",
        )),
        // Answering as if it had no tools would be worse than not answering.
        Mode::AgentChat if !cfg!(feature = "agents") && calls_tools(app) => {
            let message =
                "The app calls tools, which this runtime does not; the native binary does.";
            Err(Error::new(Kind::AppUnavailable, message))
        }
        Mode::AdvancedChat => {
            let message = "Chatflows do not run on this runtime; the native binary runs them.";
            Err(Error::new(Kind::IsChatflow, message))
        }
        Mode::Agent => {
            let message = format!(
                "Apps of mode {} do not run on this version of Edgewise.",
                app.mode.as_str()
            );
            Err(Error::new(Kind::AppUnavailable, message))
        }
        _ => Ok(()),
    }
}

fn calls_tools(app: &App) -> bool {
    let config = app.model_config.as_ref();
    let tools = config
        .and_then(|config| config.pointer("/agent_mode/tools"))
        .and_then(Value::as_array);
    // Datasets stand among the tools of old app files, and are searched before the model is asked.
    let mut tools = tools
        .into_iter()
        .flatten()
        .filter(|tool| tool.get("dataset").is_none());
    tools.any(|tool| tool.get("enabled") == Some(&Value::Bool(true)))
}
