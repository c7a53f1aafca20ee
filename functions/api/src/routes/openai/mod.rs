//! The workspace's models over OpenAI's own API, so that one installation can be the provider of another.
//!
//! Models are named `PROVIDER/MODEL`; those of the process may go without `local/`. A caller shows a model key
//! (`model-…`, made at `/console/api/workspaces/current/model-keys`) or the admin token. The keys of apps and datasets
//! open nothing here: they are given to end users' programs, which must not spend on models freely.

mod answer;
mod embeddings;
mod failure;
mod request;

use std::{sync::Arc, time::Duration};

use app::{
    Context, Kind, account,
    key::{self, Access},
    provider::{Chosen, Providers},
    requests::{Of, Purpose, Tab},
};
use axum::{
    Json, Router,
    body::Body,
    extract::{FromRef, FromRequestParts, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use futures::{
    StreamExt,
    future::{Either, select},
    stream,
};
use http::{HeaderValue, header, request::Parts};
use model::{Delta, DeltaStream, Llm, ModelKind, Models};
use ports::Clock;
use serde_json::{Value, json};

use self::{
    answer::{Answer, Identity},
    failure::Failure,
};

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route("/openai/v1/models", get(models))
        .route("/openai/v1/chat/completions", post(chat))
        .route("/openai/v1/embeddings", post(embeddings::embed))
}

/// Silence after which a comment is sent, so that a caller knows that a slow model is at work.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// The workspace whose models may be used.
pub(super) struct ModelKey(String);

impl<S: Send + Sync> FromRequestParts<S> for ModelKey
where
    Context: FromRef<S>,
{
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let ctx = Context::from_ref(state);
        let token =
            crate::extract::bearer(&parts.headers).map_err(|error| Failure::from(error.0))?;
        if let Some(grant) = key::resolve(&ctx, token).await?
            && grant.access == Access::Model
        {
            return Ok(Self(grant.tenant_id));
        }
        match account::admin(&ctx, token).await? {
            Some(owner) => Ok(Self(owner.tenant_id)),
            None => Err(app::Error::new(Kind::Unauthorized, "Incorrect API key provided.").into()),
        }
    }
}

async fn models(
    State(ctx): State<Context>,
    ModelKey(tenant): ModelKey,
) -> Result<Json<Value>, Failure> {
    let providers = Providers::load(&ctx, &tenant).await?;
    let kinds = [ModelKind::Llm, ModelKind::TextEmbedding];
    let all = kinds.into_iter().flat_map(|kind| providers.all(kind));
    let rows = all.map(|Chosen { provider, model }| {
        json!({ "id": format!("{provider}/{model}"), "object": "model", "created": 0, "owned_by": provider })
    });
    Ok(Json(
        json!({ "object": "list", "data": rows.collect::<Vec<_>>() }),
    ))
}

async fn chat(
    State(ctx): State<Context>,
    ModelKey(tenant): ModelKey,
    body: Bytes,
) -> Result<Response, Failure> {
    let wanted = request::parse(&body)?;
    let providers = gateway(&ctx, &tenant).await?;
    let llm = find(&providers, &wanted.model).await?;
    let identity = Identity {
        id: format!("chatcmpl-{}", ctx.token(24)),
        model: wanted.model,
        created: ctx.now().as_secs(),
    };
    let deltas = llm.stream(wanted.request).await?;
    if wanted.stream {
        return Ok(streamed(
            ctx.platform.clock.clone(),
            identity,
            deltas,
            wanted.usage,
        ));
    }
    let mut answer = Answer::default();
    let mut deltas = deltas;
    while let Some(delta) = deltas.next().await {
        answer.push(delta?);
    }
    Ok(Json(answer.whole(&identity)).into_response())
}

/// The models of a workspace, for programs of others.
async fn gateway(ctx: &Context, tenant_id: &str) -> Result<Providers, app::Error> {
    let tab = Tab::new(ctx, tenant_id, Purpose::Gateway, Of::default());
    Providers::on(&tab).await
}

async fn find(providers: &Providers, name: &str) -> Result<Arc<dyn Llm>, Failure> {
    let (provider, model) = split(providers, ModelKind::Llm, name);
    let found = providers.exact_llm(provider, model).await?;
    Ok(found.ok_or_else(|| missing(name))?)
}

/// Provider and model of a name: a bare one is of the process, whatever slashes it has.
fn split<'a>(providers: &Providers, kind: ModelKind, name: &'a str) -> (&'a str, &'a str) {
    match name.split_once('/') {
        Some((provider, model)) if !providers.has(kind, Models::LOCAL, name) => (provider, model),
        _ => (Models::LOCAL, name),
    }
}

fn missing(name: &str) -> app::Error {
    app::Error::not_found(format!("The model `{name}` does not exist."))
}

/// Chunks as OpenAI frames them. Dropping the response stops the model.
fn streamed(
    clock: Arc<dyn Clock>,
    identity: Identity,
    deltas: DeltaStream,
    usage: bool,
) -> Response {
    struct State {
        clock: Arc<dyn Clock>,
        identity: Identity,
        deltas: Option<DeltaStream>,
        first: bool,
        usage: bool,
        /// Token counts come last, as there.
        counted: Option<Value>,
    }
    let state = State {
        clock,
        identity,
        deltas: Some(deltas),
        first: true,
        usage,
        counted: None,
    };
    let frames = stream::unfold(state, |mut state| async move {
        let deltas = state.deltas.as_mut()?;
        let mut frame = String::new();
        if std::mem::take(&mut state.first) {
            answer::push_event(&mut frame, &answer::first(&state.identity));
            return Some((frame, state));
        }
        match select(deltas.next(), state.clock.sleep(KEEP_ALIVE)).await {
            Either::Right(_) => frame.push_str(": still at work\n\n"),
            Either::Left((Some(Ok(delta)), _)) => {
                let chunk = answer::chunk(&state.identity, &delta);
                match delta {
                    Delta::Usage(_) if state.usage => state.counted = Some(chunk),
                    Delta::Usage(_) => {}
                    _ => answer::push_event(&mut frame, &chunk),
                }
            }
            Either::Left((Some(Err(error)), _)) => {
                state.deltas = None;
                answer::push_event(&mut frame, &Failure::from(error).body());
            }
            Either::Left((None, _)) => {
                state.deltas = None;
                if let Some(counted) = &state.counted {
                    answer::push_event(&mut frame, counted);
                }
                frame.push_str("data: [DONE]\n\n");
            }
        }
        Some((frame, state))
    });
    let frames = frames.map(|frame| Ok::<_, std::convert::Infallible>(Bytes::from(frame)));
    let mut response = Response::new(Body::from_stream(frames));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}
