//! Adding, changing, listing and removing extensions. One that does not answer is not taken.

use ports::{Commit, Range};
use serde_json::Value;

use super::{Client, Extension, MAX_EXTENSIONS, PING, place, record_key};
use crate::{Context, Error, Result, keys, provider::Vault, store};

/// Sent back in place of a key: it stays as it is.
pub const HIDDEN: &str = "[__HIDDEN__]";

const KEY_CHARS: usize = 5;
const NAME_CHARS: usize = 100;

/// An extension as somebody enters it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// For people.
    pub name: String,
    /// An `http:` or `https:` address.
    pub api_endpoint: String,
    /// The bearer key; [`HIDDEN`]: as it was.
    pub api_key: String,
}

/// Adds one, after it has answered.
pub async fn create(ctx: &Context, tenant_id: &str, entry: Entry) -> Result<Extension> {
    let known = list(ctx, tenant_id).await?;
    if known.len() >= MAX_EXTENSIONS {
        let message = format!("A workspace has at most {MAX_EXTENSIONS} API extensions.");
        return Err(Error::new(crate::Kind::BadRequest, message));
    }
    let id = ctx.uuid();
    let created_at = ctx.now();
    save(
        ctx,
        tenant_id,
        &known,
        entry,
        |entry, key| Extension {
            id: id.clone(),
            name: entry.name,
            api_endpoint: entry.api_endpoint,
            key,
            created_at,
        },
        None,
    )
    .await
}

/// Changes one, after it has answered.
pub async fn update(ctx: &Context, tenant_id: &str, id: &str, entry: Entry) -> Result<Extension> {
    let known = list(ctx, tenant_id).await?;
    let old = known.iter().find(|known| known.id == id).cloned();
    let old = old.ok_or_else(missing)?;
    let made = old.clone();
    save(
        ctx,
        tenant_id,
        &known,
        entry,
        |entry, key| Extension {
            name: entry.name,
            api_endpoint: entry.api_endpoint,
            key,
            ..made
        },
        Some(&old),
    )
    .await
}

async fn save(
    ctx: &Context,
    tenant_id: &str,
    known: &[Extension],
    entry: Entry,
    make: impl FnOnce(Entry, String) -> Extension,
    old: Option<&Extension>,
) -> Result<Extension> {
    let entry = check(entry)?;
    let taken =
        |other: &&Extension| other.name == entry.name && old.is_none_or(|old| old.id != other.id);
    if known.iter().any(|other| taken(&other)) {
        return Err(Error::invalid(
            "name",
            "name must be unique, it is already existed",
        ));
    }
    let vault = Vault::open(ctx).await?;
    let api_key = match old {
        Some(old) if entry.api_key == HIDDEN => vault.read(&place(tenant_id, &old.id), &old.key)?,
        _ if entry.api_key.chars().count() < KEY_CHARS => {
            let message = format!("api_key must be at least {KEY_CHARS} characters");
            return Err(Error::invalid("api_key", message));
        }
        _ => entry.api_key.clone(),
    };
    ping(ctx, &entry, &api_key).await?;
    let mut extension = make(entry, String::new());
    let entropy = ctx.platform.entropy.as_ref();
    extension.key = vault.seal(entropy, &place(tenant_id, &extension.id), &api_key)?;
    let scope = ctx.tenant(tenant_id);
    store::save(&scope, keys::TENANT, &record_key(&extension.id), &extension).await?;
    Ok(extension)
}

fn check(entry: Entry) -> Result<Entry> {
    let name = entry.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME_CHARS {
        let message = format!("name must not be empty, nor over {NAME_CHARS} characters");
        return Err(Error::invalid("name", message));
    }
    let api_endpoint = entry.api_endpoint.trim().to_owned();
    let uri = api_endpoint.parse::<http::Uri>().ok();
    let web = uri.filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")));
    if web
        .and_then(|uri| uri.host().map(str::len))
        .unwrap_or_default()
        == 0
    {
        let message = "api_endpoint must be an http or https address";
        return Err(Error::invalid("api_endpoint", message));
    }
    let api_key = entry.api_key.trim().to_owned();
    if !api_key.chars().all(|c| c.is_ascii_graphic()) {
        let message = "api_key must be of printable characters without spaces";
        return Err(Error::invalid("api_key", message));
    }
    Ok(Entry {
        name,
        api_endpoint,
        api_key,
    })
}

async fn ping(ctx: &Context, entry: &Entry, api_key: &str) -> Result<()> {
    let client = Client::new(ctx, &entry.name, &entry.api_endpoint, api_key.to_owned());
    let answer = client.call(PING, Value::Null).await;
    let answer = answer.map_err(|error| Error::invalid("api_endpoint", error.message()))?;
    if answer.get("result").and_then(Value::as_str) == Some("pong") {
        return Ok(());
    }
    let message = client.failed("it does not answer a ping with {\"result\": \"pong\"}");
    Err(Error::invalid("api_endpoint", message.message()))
}

/// All of a workspace, oldest first.
pub async fn list(ctx: &Context, tenant_id: &str) -> Result<Vec<Extension>> {
    let range = Range::prefix("extension/", MAX_EXTENSIONS);
    let records = ctx.tenant(tenant_id).list(keys::TENANT, range).await?;
    let mut all: Vec<Extension> = records.iter().map(store::decode).collect::<Result<_>>()?;
    all.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    Ok(all)
}

/// The one of this id.
pub async fn get(ctx: &Context, tenant_id: &str, id: &str) -> Result<Extension> {
    let scope = ctx.tenant(tenant_id);
    let found = store::load(&scope, keys::TENANT, &record_key(id)).await?;
    Ok(found.ok_or_else(missing)?.value)
}

/// Forgets one. Apps that name it fail until they name another.
pub async fn delete(ctx: &Context, tenant_id: &str, id: &str) -> Result<()> {
    let extension = get(ctx, tenant_id, id).await?;
    let commit = Commit::new().delete(record_key(&extension.id));
    ctx.tenant(tenant_id).commit(keys::TENANT, commit).await?;
    Ok(())
}

/// The key as it may be shown.
pub async fn masked(ctx: &Context, tenant_id: &str, extension: &Extension) -> Result<String> {
    let vault = Vault::open(ctx).await?;
    let key = vault.read(&place(tenant_id, &extension.id), &extension.key)?;
    let chars: Vec<char> = key.chars().collect();
    let part = |chars: Option<&[char]>| chars.unwrap_or_default().iter().collect::<String>();
    // Of a short key, half would be half the secret.
    Ok(match chars.len() {
        0..=8 => "******".to_owned(),
        length => format!(
            "{}******{}",
            part(chars.get(..3)),
            part(chars.get(length - 3..))
        ),
    })
}

fn missing() -> Error {
    Error::not_found("API based extension is not found")
}
