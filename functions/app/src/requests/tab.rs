//! What calls of models are made for, and where their rows wait.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{Embedder, Llm, Price, Reranker, Usage};
use ports::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Kind, Outcome, Purpose, Row, llm, others};
use crate::{Context, telemetry};

/// Whom a call was made for, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Of {
    /// The app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_id: Option<String>,
    /// The conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<String>,
    /// The message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// The run of a workflow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
}

/// Takes down the calls of one piece of work. Clones share the rows; each has its own purpose.
#[derive(Clone)]
pub struct Tab {
    shared: Arc<Shared>,
    purpose: Purpose,
}

struct Shared {
    ctx: Context,
    tenant_id: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    of: Of,
    /// Those that wait for [`Tab::settle`].
    rows: Vec<Row>,
    waits: bool,
}

impl Tab {
    /// One whose rows are written as they come.
    pub fn new(ctx: &Context, tenant_id: &str, purpose: Purpose, of: Of) -> Self {
        let state = State {
            of,
            ..State::default()
        };
        Self {
            shared: Arc::new(Shared {
                ctx: ctx.clone(),
                tenant_id: tenant_id.to_owned(),
                state: Mutex::new(state),
            }),
            purpose,
        }
    }

    /// The same for an app.
    pub fn of_app(ctx: &Context, tenant_id: &str, purpose: Purpose, app_id: &str) -> Self {
        let of = Of {
            app_id: Some(app_id.to_owned()),
            ..Of::default()
        };
        Self::new(ctx, tenant_id, purpose, of)
    }

    /// Rows wait until somebody settles; if nobody does, they are written when the last clone is dropped.
    pub(crate) fn waiting(self) -> Self {
        self.state().waits = true;
        self
    }

    /// The same for another purpose.
    pub fn to(&self, purpose: Purpose) -> Self {
        Self {
            shared: self.shared.clone(),
            purpose,
        }
    }

    /// Says of all its rows, also of those that are there already, whom they are for.
    pub(crate) fn name(&self, conversation_id: &str, message_id: &str) {
        let of = &mut self.state().of;
        of.conversation_id = Some(conversation_id.to_owned());
        of.message_id = Some(message_id.to_owned());
    }

    /// The rows that wait; those that still come are written by themselves.
    pub(crate) fn settle(&self) -> Vec<Row> {
        self.state().take(self.ctx())
    }

    /// Writes rows after all that were settled.
    pub(crate) fn write(&self, rows: Vec<Row>) {
        let shared = &self.shared;
        shared
            .ctx
            .requests
            .push(&shared.ctx, &shared.tenant_id, rows);
    }

    pub(crate) fn ctx(&self) -> &Context {
        &self.shared.ctx
    }

    pub(crate) fn tenant_id(&self) -> &str {
        &self.shared.tenant_id
    }

    /// A chat model that is watched.
    pub(crate) fn llm(&self, inner: Arc<dyn Llm>) -> Arc<dyn Llm> {
        llm::watched(self.clone(), inner)
    }

    /// An embedding model that is watched.
    pub(crate) fn embedder(
        &self,
        inner: Arc<dyn Embedder>,
        price: Option<Price>,
    ) -> Arc<dyn Embedder> {
        let (provider, model) = (inner.info().provider.clone(), inner.info().model.clone());
        others::watched(self.watched(Kind::Embedding, provider, model, price), inner)
    }

    /// A reranking model that is watched.
    pub(crate) fn reranker(
        &self,
        inner: Arc<dyn Reranker>,
        price: Option<Price>,
    ) -> Arc<dyn Reranker> {
        let (provider, model) = (inner.info().provider.clone(), inner.info().model.clone());
        others::watched(self.watched(Kind::Rerank, provider, model, price), inner)
    }

    /// What is said of every call of a model.
    pub(crate) fn watched(
        &self,
        kind: Kind,
        provider: String,
        model: String,
        price: Option<Price>,
    ) -> Watched {
        // What these are for is what they are.
        let purpose = match kind {
            Kind::Moderation => Purpose::Moderation,
            Kind::Tts | Kind::Stt => Purpose::Speech,
            _ => self.purpose,
        };
        Watched {
            tab: self.to(purpose),
            kind,
            provider,
            model,
            price,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.shared.state)
    }

    fn add(&self, mut row: Row) {
        let mut state = self.state();
        if state.waits {
            state.rows.push(row);
            return;
        }
        row.of = state.of.clone();
        drop(state);
        telemetry::called(self.ctx(), &row);
        self.write(vec![row]);
    }
}

impl State {
    fn take(&mut self, ctx: &Context) -> Vec<Row> {
        self.waits = false;
        let mut rows = std::mem::take(&mut self.rows);
        for row in &mut rows {
            row.of.clone_from(&self.of);
            telemetry::called(ctx, row);
        }
        rows
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let rows = lock(&self.state).take(&self.ctx);
        self.ctx.requests.push(&self.ctx, &self.tenant_id, rows);
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A model, and what its calls go down as.
#[derive(Clone)]
pub(crate) struct Watched {
    tab: Tab,
    kind: Kind,
    provider: String,
    model: String,
    price: Option<Price>,
}

impl Watched {
    pub(super) fn now(&self) -> Timestamp {
        self.tab.ctx().now()
    }

    /// A call has ended.
    pub(super) fn ended(
        &self,
        begun: Timestamp,
        first: Option<Timestamp>,
        usage: Usage,
        outcome: Outcome,
    ) {
        let millis = |at: Timestamp| at.since(begun).as_millis() as u64;
        let row = Row {
            id: self.tab.ctx().uuid(),
            at: begun,
            kind: self.kind,
            purpose: self.tab.purpose,
            provider: self.provider.clone(),
            model: self.model.clone(),
            of: Of::default(),
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
            estimated: usage.estimated,
            price: self.price.clone(),
            latency_ms: millis(self.now()),
            first_ms: first.map(millis),
            outcome,
        };
        self.tab.add(row);
    }
}
