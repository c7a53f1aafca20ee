//! HTTP APIs of a workspace as tools: each operation of an OpenAPI document is one.
//!
//! Kept in the partition `tenant` under `tool/{id}`; the key is sealed.

use std::sync::Arc;

use agent::{
    Tool,
    tools::open_api::{Always, tools},
};
use ports::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    Named,
    kept::{self, Kept},
};
use crate::{Context, Error, Kind, Result, apps::dsl::parse_yaml, provider::Vault};

/// Longest document, in bytes, and longest name, in characters.
const DOCUMENT: usize = 512 << 10;
const NAME: usize = 64;

/// Sent back in place of a key: it stays as it is.
pub const HIDDEN: &str = "[__HIDDEN__]";

/// An API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Api {
    /// UUID.
    pub id: String,
    /// Unique in the workspace.
    pub name: String,
    /// As the console shows it.
    #[serde(default)]
    pub icon: Value,
    /// The OpenAPI document, as it was entered: JSON or YAML.
    pub schema: String,
    /// How requests say who sends them.
    #[serde(default)]
    pub credentials: Credentials,
    /// Sealed; empty without one, or after a restore.
    #[serde(default)]
    pub key: String,
    /// For people.
    #[serde(default)]
    pub privacy_policy: String,
    /// For people.
    #[serde(default)]
    pub custom_disclaimer: String,
    /// For people.
    #[serde(default)]
    pub labels: Vec<String>,
    /// When it was added.
    pub created_at: Timestamp,
}

/// How a key is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Credentials {
    /// `none`, `api_key` or `api_key_header`, `api_key_query`.
    pub auth_type: String,
    /// The header; `Authorization` when empty.
    pub api_key_header: String,
    /// What stands before the key in a header: `basic`, `bearer` or `custom` (nothing).
    pub api_key_header_prefix: String,
    /// The name in the query; `key` when empty.
    pub api_key_query_param: String,
}

/// An API as somebody enters it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// As the console shows it.
    pub icon: Value,
    /// The document.
    pub schema: String,
    /// How the key is sent.
    pub credentials: Credentials,
    /// The key; [`HIDDEN`]: as it was.
    pub key: String,
    /// For people.
    pub privacy_policy: String,
    /// For people.
    pub custom_disclaimer: String,
    /// For people.
    pub labels: Vec<String>,
}

fn place(tenant_id: &str, id: &str) -> String {
    format!("{tenant_id}/tool/{id}")
}

impl Kept for Api {
    const PREFIX: &'static str = "tool/";
    const MOST: usize = 64;
    const WORDS: (&'static str, &'static str) = ("tool provider", "API tools");

    fn id(&self) -> &str {
        &self.id
    }

    fn known_as(&self) -> &str {
        &self.name
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }
}

/// All of a workspace, oldest first.
pub async fn list(ctx: &Context, tenant_id: &str) -> Result<Vec<Api>> {
    kept::list(ctx, tenant_id).await
}

/// The one of this name.
pub async fn get(ctx: &Context, tenant_id: &str, name: &str) -> Result<Api> {
    let all = list(ctx, tenant_id).await?;
    let found = all.into_iter().find(|api| api.name == name);
    found.ok_or_else(|| Error::not_found(format!("The tool provider {name} is not found.")))
}

/// Adds one, or changes the one that was called `old`.
pub async fn save(ctx: &Context, tenant_id: &str, old: Option<&str>, entry: Entry) -> Result<Api> {
    let all = list(ctx, tenant_id).await?;
    let old = match old {
        None => None,
        Some(name) => Some(get(ctx, tenant_id, name).await?),
    };
    let name = entry.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME {
        let message = format!("provider must have 1 to {NAME} characters");
        return Err(Error::invalid("provider", message));
    }
    kept::admit(&all, old.as_ref(), "provider", &name)?;
    check(&entry.credentials)?;
    // Whoever sends it as it is shown, keeps it; a document that cannot be used is not taken.
    let key = match &old {
        Some(old) if entry.key == HIDDEN => read_key(ctx, tenant_id, old).await?,
        _ => entry.key.clone(),
    };
    operations(ctx, &entry.schema, &always(&entry.credentials, &key)?)?;
    let id = old
        .as_ref()
        .map_or_else(|| ctx.uuid(), |old| old.id.clone());
    let sealed = match key.as_str() {
        "" => String::new(),
        key => {
            let entropy = ctx.platform.entropy.as_ref();
            let vault = Vault::open(ctx).await?;
            vault.seal(entropy, &place(tenant_id, &id), key)?
        }
    };
    let api = Api {
        name,
        icon: entry.icon,
        schema: entry.schema,
        credentials: entry.credentials,
        key: sealed,
        privacy_policy: entry.privacy_policy,
        custom_disclaimer: entry.custom_disclaimer,
        labels: entry.labels,
        created_at: old.map_or_else(|| ctx.now(), |old| old.created_at),
        id,
    };
    kept::put(ctx, tenant_id, &api).await?;
    Ok(api)
}

/// Forgets one. What names it fails from then on.
pub async fn delete(ctx: &Context, tenant_id: &str, name: &str) -> Result<()> {
    let api = get(ctx, tenant_id, name).await?;
    kept::delete(ctx, tenant_id, &api).await
}

/// The operations of a document, as tools: name, label and schema.
pub fn preview(ctx: &Context, schema: &str) -> Result<Vec<Value>> {
    let shown = |tool: &Arc<dyn Tool>| {
        let spec = tool.spec();
        json!({ "name": spec.name, "label": tool.label(), "description": spec.description, "parameters": spec.parameters })
    };
    let tools = operations(ctx, schema, &Always::default())?;
    Ok(tools.iter().map(shown).collect())
}

/// Calls an operation of an entry that need not be saved; the outcome is what the API says, or why it says nothing.
pub async fn test(
    ctx: &Context,
    tenant_id: &str,
    entry: &Entry,
    tool_name: &str,
    parameters: &Map<String, Value>,
) -> Result<std::result::Result<String, String>> {
    check(&entry.credentials)?;
    let key = match entry.key.as_str() {
        HIDDEN => read_key(ctx, tenant_id, &get(ctx, tenant_id, &entry.name).await?).await?,
        key => key.to_owned(),
    };
    let tools = operations(ctx, &entry.schema, &always(&entry.credentials, &key)?)?;
    let tool = tools.into_iter().find(|tool| tool.spec().name == tool_name);
    let tool = tool.ok_or_else(|| {
        let message = format!("the document has no operation called {tool_name}");
        Error::invalid("tool_name", message)
    })?;
    Ok(tool.call(parameters).await)
}

/// The operation that an app names, by the id or the name of its API.
pub(super) async fn find(
    ctx: &Context,
    tenant_id: &str,
    named: &Named,
) -> Result<Option<Arc<dyn Tool>>> {
    let all = list(ctx, tenant_id).await?;
    let by = |text: &String| {
        let text = text.clone();
        move |api: &&Api| api.id == text || api.name == text
    };
    let found = all.iter().find(by(&named.provider_id));
    let Some(api) = found.or_else(|| all.iter().find(by(&named.provider_name))) else {
        return Ok(None);
    };
    let key = read_key(ctx, tenant_id, api).await?;
    let always = Always {
        idempotency_key: named.idempotency_key.clone(),
        ..always(&api.credentials, &key)?
    };
    let tools = operations(ctx, &api.schema, &always)?;
    Ok(tools
        .into_iter()
        .find(|tool| tool.spec().name == named.tool_name))
}

async fn read_key(ctx: &Context, tenant_id: &str, api: &Api) -> Result<String> {
    if api.key.is_empty() {
        return Ok(String::new());
    }
    let vault = Vault::open(ctx).await?;
    vault.read(&place(tenant_id, &api.id), &api.key)
}

fn check(credentials: &Credentials) -> Result<()> {
    let wrong = |field: &str, message: &str| Err(Error::invalid(field, message));
    match credentials.auth_type.as_str() {
        "" | "none" | "api_key" | "api_key_header" | "api_key_query" => {}
        _ => {
            let message = "credentials.auth_type must be none, api_key_header or api_key_query";
            return wrong("credentials.auth_type", message);
        }
    }
    match credentials.api_key_header_prefix.as_str() {
        "" | "basic" | "bearer" | "custom" => Ok(()),
        _ => {
            let message = "credentials.api_key_header_prefix must be basic, bearer or custom";
            wrong("credentials.api_key_header_prefix", message)
        }
    }
}

/// What a key adds to each request.
fn always(credentials: &Credentials, key: &str) -> Result<Always> {
    let named = |name: &str, usual: &str| match name.trim() {
        "" => usual.to_owned(),
        name => name.to_owned(),
    };
    let mut always = Always::default();
    match credentials.auth_type.as_str() {
        "" | "none" => return Ok(always),
        _ if key.is_empty() => {
            let message = "The API's key is missing: enter it again.";
            return Err(Error::new(Kind::BadRequest, message));
        }
        "api_key_query" => {
            let name = named(&credentials.api_key_query_param, "key");
            always.query.push((name, key.to_owned()));
        }
        _ => {
            let name = named(&credentials.api_key_header, "Authorization");
            let value = match credentials.api_key_header_prefix.as_str() {
                "basic" => format!("Basic {key}"),
                "bearer" => format!("Bearer {key}"),
                _ => key.to_owned(),
            };
            let fits = http::HeaderName::from_bytes(name.as_bytes()).is_ok()
                && http::HeaderValue::from_str(&value).is_ok();
            if !fits {
                let message = "credentials.api_key_header and api_key_value must make a header";
                return Err(Error::invalid("credentials.api_key_header", message));
            }
            always.headers.push((name, value));
        }
    }
    Ok(always)
}

fn operations(ctx: &Context, schema: &str, always: &Always) -> Result<Vec<Arc<dyn Tool>>> {
    let wrong = |why: String| Error::invalid("schema", format!("schema: {why}"));
    if schema.len() > DOCUMENT {
        return Err(wrong(format!("it is longer than {DOCUMENT} bytes")));
    }
    let document = match serde_json::from_str(schema) {
        Ok(document) => document,
        Err(_) => parse_yaml(schema).map_err(wrong)?,
    };
    let (fetch, clock) = (&ctx.platform.fetch, &ctx.platform.clock);
    let tools = tools(&document, always, fetch, clock).map_err(wrong)?;
    match tools.is_empty() {
        true => Err(wrong("`paths` has no operation".to_owned())),
        false => Ok(tools),
    }
}
