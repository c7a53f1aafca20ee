//! One exchange with an extension.

use std::time::Duration;

use http::{Request, header};
use ports::{Body, timeout};
use serde_json::{Value, json};

use super::{Extension, place};
use crate::{Context, Error, Kind, Result, provider::Vault};

/// The point that a living service answers with `{"result": "pong"}`.
pub const PING: &str = "ping";

/// For the whole exchange.
const LIMIT: Duration = Duration::from_secs(60);

/// Longest answer.
const ANSWER_BYTES: usize = 1 << 20;

/// An extension and the key to it.
#[derive(Clone)]
pub struct Client {
    ctx: Context,
    name: String,
    endpoint: String,
    api_key: String,
}

/// The extension of this id, ready to be asked.
pub async fn client(ctx: &Context, tenant_id: &str, id: &str) -> Result<Client> {
    let extension = super::get(ctx, tenant_id, id).await?;
    open(ctx, tenant_id, &extension).await
}

async fn open(ctx: &Context, tenant_id: &str, extension: &Extension) -> Result<Client> {
    let vault = Vault::open(ctx).await?;
    let api_key = vault.read(&place(tenant_id, &extension.id), &extension.key)?;
    Ok(Client::new(
        ctx,
        &extension.name,
        &extension.api_endpoint,
        api_key,
    ))
}

impl Client {
    pub(super) fn new(ctx: &Context, name: &str, endpoint: &str, api_key: String) -> Self {
        Self {
            ctx: ctx.clone(),
            name: name.to_owned(),
            endpoint: endpoint.to_owned(),
            api_key,
        }
    }

    /// Asks at a point. `CompletionRequestError` when nothing, or nothing that can be read, comes back in a minute.
    pub async fn call(&self, point: &str, params: Value) -> Result<Value> {
        let mut body = json!({ "point": point });
        if !params.is_null()
            && let Some(fields) = body.as_object_mut()
        {
            fields.insert("params".to_owned(), params);
        }
        let request = Request::post(&self.endpoint)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.api_key))
            .body(Body::from(bytes::Bytes::from(body.to_string())))
            .map_err(|error| self.failed(error))?;
        let platform = &self.ctx.platform;
        let exchange = async {
            let response = platform.fetch.send(request).await?;
            let status = response.status();
            let bytes = response.into_body().into_bytes(ANSWER_BYTES).await?;
            Ok::<_, ports::Error>((status, bytes))
        };
        let (status, bytes) = timeout(platform.clock.as_ref(), LIMIT, exchange)
            .await
            .and_then(|exchange| exchange)
            .map_err(|error| self.failed(error))?;
        if status != http::StatusCode::OK {
            return Err(self.failed(format!("status {}", status.as_u16())));
        }
        serde_json::from_slice(&bytes).map_err(|_| self.failed("the answer is not JSON"))
    }

    /// The answer at a point, as an error of this extension.
    pub(crate) fn failed(&self, why: impl std::fmt::Display) -> Error {
        let message = format!("The API extension {} failed: {why}", self.name);
        Error::new(Kind::CompletionRequestError, message)
    }
}
