//! MCP servers, as the console sees them.

use app::{
    Context,
    tool::mcp::{self, Entry, Server},
};
use axum::{
    Json, Router,
    extract::{Path, State},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::tools::of_workspace;
use crate::{
    Error, Json as Body,
    routes::{console::Caller, success},
};

pub(super) fn router() -> Router<Context> {
    let of = of_workspace;
    Router::new()
        .route(&of("/tools/mcp"), get(list))
        .route(
            &of("/tool-provider/mcp"),
            post(create).put(update).delete(delete),
        )
        .route(&of("/tool-provider/mcp/{id}/refresh"), post(refresh))
}

#[derive(Deserialize)]
struct Given {
    provider_id: Option<String>,
    server_identifier: String,
    name: String,
    server_url: Option<String>,
    headers: Option<Map<String, Value>>,
    #[serde(default)]
    icon: Value,
}

impl Given {
    fn entry(self) -> Entry {
        Entry {
            identifier: self.server_identifier,
            name: self.name,
            icon: self.icon,
            address: self.server_url.unwrap_or_default(),
            headers: self.headers,
        }
    }
}

#[derive(Deserialize)]
struct Named {
    provider_id: String,
}

fn row(ctx: &Context, server: &Server) -> Value {
    json!({
        "id": server.id,
        "name": server.name,
        "type": "mcp",
        "icon": server.icon,
        "server_identifier": server.identifier,
        "server_url": server.host,
        "tools": mcp::shown(ctx, server),
    })
}

async fn list(State(ctx): State<Context>, Caller(who): Caller) -> Result<Json<Value>, Error> {
    let all = mcp::list(&ctx, &who.tenant_id).await?;
    Ok(Json(all.iter().map(|server| row(&ctx, server)).collect()))
}

async fn create(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Body(given): Body<Given>,
) -> Result<Json<Value>, Error> {
    let server = mcp::save(&ctx, &who.tenant_id, None, given.entry()).await?;
    Ok(Json(row(&ctx, &server)))
}

async fn update(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Body(mut given): Body<Given>,
) -> Result<Json<Value>, Error> {
    let id = given.provider_id.take().unwrap_or_default();
    let server = mcp::save(&ctx, &who.tenant_id, Some(&id), given.entry()).await?;
    Ok(Json(row(&ctx, &server)))
}

async fn refresh(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Error> {
    let server = mcp::refresh(&ctx, &who.tenant_id, &id).await?;
    Ok(Json(row(&ctx, &server)))
}

async fn delete(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Body(named): Body<Named>,
) -> Result<Json<Value>, Error> {
    mcp::delete(&ctx, &who.tenant_id, &named.provider_id).await?;
    Ok(success())
}
