//! What a run asks of the world, and who does it: one file per kind.

mod agent;
mod code;
mod extract;
mod http;
mod index;
mod llm;
mod retrieve;
mod tool;

use std::sync::Arc;

use futures::{FutureExt, channel::mpsc};
use ports::Scope;
use workflow::{Effect, Failure, Reply, Task, TaskId};

use super::form;
use crate::{
    Context, Error,
    end_user::EndUser,
    requests::{Of, Purpose, Tab},
};

/// Everything that effects are done with.
pub(super) struct Hands {
    pub(super) ctx: Context,
    pub(super) scope: Scope,
    pub(super) tenant_id: String,
    pub(super) user: EndUser,
    /// Workflows that called each other as tools, down to this run.
    pub(super) depth: u32,
    pub(super) run_id: String,
    /// Takes the text that a model writes, while it does.
    pub(super) deltas: mpsc::UnboundedSender<(TaskId, Arc<str>)>,
}

impl Hands {
    /// What models are asked for this run.
    fn tab(&self, purpose: Purpose) -> Tab {
        let of = Of {
            app_id: Some(self.user.app_id.clone()),
            run_id: Some(self.run_id.clone()),
            ..Of::default()
        };
        Tab::new(&self.ctx, &self.tenant_id, purpose, of)
    }

    /// Does what a task asks. A failure is an answer.
    pub(super) async fn perform(&self, task: &Task) -> Reply {
        let done = match &*task.effect {
            Effect::Llm(request) => llm::ask(self, task, request)
                .await
                .map(Box::new)
                .map(Reply::Llm),
            Effect::Retrieve(request) => retrieve::find(self, request).boxed().await,
            Effect::Http(request) => {
                let sent = http::send(self, request, &task.idempotency_key).await;
                sent.map(Box::new).map(Reply::Http)
            }
            Effect::Code(request) => code::run(self, request).await.map(Reply::Code),
            Effect::Extract(request) => extract::read(self, request).await.map(Reply::Texts),
            Effect::Tool(request) => {
                let called = tool::call(self, request, &task.idempotency_key)
                    .boxed()
                    .await;
                called.map(Box::new).map(Reply::Tool)
            }
            Effect::Agent(request) => {
                let round = agent::ask(self, task, request).await;
                round.map(Box::new).map(Reply::Round)
            }
            Effect::AgentCall(request) => {
                let called = agent::call(self, task, request).boxed().await;
                called.map(Reply::Called)
            }
            Effect::Human(_) => {
                let run = &self.run_id;
                Ok(Reply::Form(
                    form::answered(&self.ctx, &self.scope, run, task).await,
                ))
            }
            Effect::Index(request) => {
                let written = index::write(self, task, request).boxed().await;
                written.map(Reply::Indexed)
            }
        };
        done.unwrap_or_else(Reply::Failed)
    }
}

/// What another attempt does not mend.
fn absent(error_type: &str, message: String) -> Failure {
    Failure::lasting(error_type, message)
}

/// A failure of a use case, as a node's. Only what may be different the next time is tried again.
fn failed(error_type: &str, error: &Error) -> Failure {
    use crate::Kind;
    let lasting = matches!(
        error.kind(),
        Kind::InvalidParam
            | Kind::ProviderNotInitialize
            | Kind::NotFound
            | Kind::FileNotFound
            | Kind::AppUnavailable
    );
    match lasting {
        true => Failure::lasting(error_type, error.message()),
        false => Failure::new(error_type, error.message()),
    }
}
