//! MCP servers of a workspace: what one offers are tools.
//!
//! Kept in the partition `tenant` under `mcp_tool/{id}`; the address and the headers are sealed, since either may hold a
//! key. What a server offers is kept with it, and asked for again by [`refresh`].

use std::sync::Arc;

use agent::{Tool, tools::mcp};
use ports::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    Named,
    kept::{self, Kept},
};
use crate::{Context, Error, Kind, Result, provider::Vault};

/// Longest name and identifier, in characters.
const NAME: usize = 64;

/// A server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Server {
    /// UUID.
    pub id: String,
    /// How app files name it; unique in the workspace.
    pub identifier: String,
    /// For people.
    pub name: String,
    /// As the console shows it.
    #[serde(default)]
    pub icon: Value,
    /// The beginning of its address, for people.
    pub host: String,
    /// The address and the headers, sealed; empty after a restore.
    #[serde(default)]
    pub key: String,
    /// What it offers, as it says it.
    #[serde(default)]
    pub tools: Vec<Value>,
    /// When it was added.
    pub created_at: Timestamp,
}

/// A server as somebody enters it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// How app files name it: letters, digits, `_` and `-`.
    pub identifier: String,
    /// For people.
    pub name: String,
    /// As the console shows it.
    pub icon: Value,
    /// Where it listens; empty: as it was.
    pub address: String,
    /// What every request says beside; none: as they were.
    pub headers: Option<Map<String, Value>>,
}

#[derive(Serialize, Deserialize)]
struct Secret {
    address: String,
    headers: Map<String, Value>,
}

impl Kept for Server {
    const PREFIX: &'static str = "mcp_tool/";
    const MOST: usize = 64;
    const WORDS: (&'static str, &'static str) = ("MCP server", "MCP servers");

    fn id(&self) -> &str {
        &self.id
    }

    fn known_as(&self) -> &str {
        &self.identifier
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }
}

fn place(tenant_id: &str, id: &str) -> String {
    format!("{tenant_id}/mcp_tool/{id}")
}

/// All of a workspace, oldest first.
pub async fn list(ctx: &Context, tenant_id: &str) -> Result<Vec<Server>> {
    kept::list(ctx, tenant_id).await
}

async fn get(ctx: &Context, tenant_id: &str, id: &str) -> Result<Server> {
    let all = list(ctx, tenant_id).await?;
    let found = all.into_iter().find(|it| it.id == id);
    found.ok_or_else(|| Error::not_found("MCP server not found"))
}

/// Adds one, or changes the one with this id. A server that cannot be reached is not taken.
pub async fn save(
    ctx: &Context,
    tenant_id: &str,
    id: Option<&str>,
    entry: Entry,
) -> Result<Server> {
    let all = list(ctx, tenant_id).await?;
    let old = match id {
        None => None,
        Some(id) => Some(get(ctx, tenant_id, id).await?),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let identifier = entry.identifier.trim();
    if identifier.is_empty() || identifier.len() > NAME || !identifier.chars().all(plain) {
        let message = format!("server_identifier must have 1 to {NAME} letters, digits, _ and -");
        return Err(Error::invalid("server_identifier", message));
    }
    kept::admit(&all, old.as_ref(), "server_identifier", identifier)?;
    let name = entry.name.trim();
    if name.is_empty() || name.chars().count() > NAME {
        let message = format!("name must have 1 to {NAME} characters");
        return Err(Error::invalid("name", message));
    }
    let before = match &old {
        Some(old) if !old.key.is_empty() => Some(opened(ctx, tenant_id, old).await?),
        _ => None,
    };
    let (address, headers) = before.map_or_else(Default::default, |it| (it.address, it.headers));
    let secret = Secret {
        address: match entry.address.trim() {
            "" => address,
            given => given.to_owned(),
        },
        headers: entry.headers.unwrap_or(headers),
    };
    let host = ports::outgoing::check(&secret.address);
    let host = host.map_err(|error| Error::invalid("server_url", error.to_string()))?;
    let host = format!(
        "{}://{}",
        host.scheme_str().unwrap_or("https"),
        host.authority().map(|it| it.host()).unwrap_or_default()
    );
    let tools = offers(ctx, &secret).await?;
    let id = old
        .as_ref()
        .map_or_else(|| ctx.uuid(), |old| old.id.clone());
    let text = serde_json::to_string(&secret);
    let text = text.map_err(|error| Error::new(Kind::Internal, error.to_string()))?;
    let entropy = ctx.platform.entropy.as_ref();
    let key = Vault::open(ctx).await?;
    let key = key.seal(entropy, &place(tenant_id, &id), &text)?;
    let server = Server {
        id,
        identifier: identifier.to_owned(),
        name: name.to_owned(),
        icon: entry.icon,
        host,
        key,
        tools,
        created_at: old.map_or_else(|| ctx.now(), |old| old.created_at),
    };
    kept::put(ctx, tenant_id, &server).await?;
    Ok(server)
}

/// Asks a server again what it offers.
pub async fn refresh(ctx: &Context, tenant_id: &str, id: &str) -> Result<Server> {
    let server = get(ctx, tenant_id, id).await?;
    let secret = opened(ctx, tenant_id, &server).await?;
    let server = Server {
        tools: offers(ctx, &secret).await?,
        ..server
    };
    kept::put(ctx, tenant_id, &server).await?;
    Ok(server)
}

/// Forgets one. What names it fails from then on.
pub async fn delete(ctx: &Context, tenant_id: &str, id: &str) -> Result<()> {
    let server = get(ctx, tenant_id, id).await?;
    kept::delete(ctx, tenant_id, &server).await
}

/// Its tools as models see them: name, label, purpose and schema.
pub fn shown(ctx: &Context, server: &Server) -> Vec<Value> {
    let nowhere = Secret {
        address: String::new(),
        headers: Map::new(),
    };
    let client = client(ctx, &nowhere);
    let tools = server.tools.iter().filter_map(|tool| client.offer(tool));
    let shown = tools.map(|tool| {
        let spec = tool.spec();
        json!({ "name": tool.name(), "label": tool.label(), "description": spec.description, "parameters": spec.parameters })
    });
    shown.collect()
}

/// The tool that an app names, by the identifier or the id of its server.
pub(super) async fn find(
    ctx: &Context,
    tenant_id: &str,
    named: &Named,
) -> Result<Option<Arc<dyn Tool>>> {
    let all = list(ctx, tenant_id).await?;
    let is = |server: &&Server| {
        [&named.provider_id, &named.provider_name]
            .iter()
            .any(|name| **name == server.identifier || **name == server.id)
    };
    let Some(server) = all.iter().find(is) else {
        return Ok(None);
    };
    let client = client(ctx, &opened(ctx, tenant_id, server).await?);
    let mut tools = server.tools.iter().filter_map(|tool| client.offer(tool));
    let tool = tools.find(|tool| tool.name() == named.tool_name);
    Ok(tool.map(|tool| Arc::new(tool) as Arc<dyn Tool>))
}

async fn opened(ctx: &Context, tenant_id: &str, server: &Server) -> Result<Secret> {
    if server.key.is_empty() {
        let message = "The MCP server's address is missing: enter it again.";
        return Err(Error::new(Kind::BadRequest, message));
    }
    let vault = Vault::open(ctx).await?;
    let text = vault.read(&place(tenant_id, &server.id), &server.key)?;
    serde_json::from_str(&text).map_err(|error| Error::new(Kind::Internal, error.to_string()))
}

fn client(ctx: &Context, secret: &Secret) -> Arc<mcp::Server> {
    let headers = secret.headers.iter().map(|(name, value)| {
        let value = value.as_str().map(str::to_owned);
        (name.clone(), value.unwrap_or_default())
    });
    Arc::new(mcp::Server {
        address: secret.address.clone(),
        headers: headers.collect(),
        fetch: ctx.platform.fetch.clone(),
        clock: ctx.platform.clock.clone(),
    })
}

async fn offers(ctx: &Context, secret: &Secret) -> Result<Vec<Value>> {
    let listed = client(ctx, secret).list().await;
    listed.map_err(|why| Error::invalid("server_url", format!("server_url: {why}")))
}
