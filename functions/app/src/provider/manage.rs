//! Adding, changing, trying and removing providers; choosing defaults.

use futures::StreamExt;
use model::{
    ChatRequest, Dialect, Endpoint, Message, ModelKind, Models, Parameters, Purpose, Role,
};
use ports::Commit;

use super::{
    Chosen, MAX_PROVIDERS, Offer, Provider, Providers, Vault,
    record::{kind_name, normalize},
    resolve::{default_key, place},
};
use crate::{Context, Error, Kind, Result, keys, store};

/// A provider as somebody enters it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What to call it.
    pub name: String,
    /// The language it speaks.
    pub dialect: String,
    /// With or without `/chat/completions` at its end. An administrator may name a private address.
    pub base_url: String,
    /// `None`: as it was.
    pub api_key: Option<String>,
    /// What it offers; replaces what it offered.
    pub models: Vec<Offer>,
}

/// Adds a provider, or replaces the one of this name.
pub async fn save(ctx: &Context, tenant_id: &str, entry: Entry) -> Result<Provider> {
    let name = normalize(&entry.name).to_owned();
    check_name(&name)?;
    if !ctx.models.dialects.contains_key(entry.dialect.as_str()) {
        let message = format!("Unknown dialect `{}`.", entry.dialect);
        return Err(Error::invalid("dialect", message));
    }
    let base_url = base_url(&entry.base_url)?;
    if entry.models.is_empty() {
        return Err(Error::invalid("models", "Name at least one model."));
    }
    if entry
        .models
        .iter()
        .any(|offer| offer.model.trim().is_empty())
    {
        return Err(Error::invalid("models", "A model has no name."));
    }
    let scope = ctx.tenant(tenant_id);
    let key = format!("provider/{name}");
    let old = store::load::<Provider>(&scope, keys::TENANT, &key).await?;
    let old = old.map(|stored| stored.value);
    if old.is_none() && Providers::load(ctx, tenant_id).await?.remote().len() >= MAX_PROVIDERS {
        let message = format!("A workspace has at most {MAX_PROVIDERS} providers.");
        return Err(Error::new(Kind::BadRequest, message));
    }
    let sealed = match entry.api_key.as_deref().map(str::trim) {
        None => old.as_ref().map(|old| old.key.clone()).unwrap_or_default(),
        Some("") => String::new(),
        Some(secret) => {
            let vault = Vault::open(ctx).await?;
            let entropy = ctx.platform.entropy.as_ref();
            vault.seal(entropy, &place(tenant_id, &name), secret)?
        }
    };
    let provider = Provider {
        name,
        dialect: entry.dialect,
        base_url,
        key: sealed,
        models: entry.models,
        created_at: old.map_or(ctx.now(), |old| old.created_at),
        updated_at: ctx.now(),
    };
    store::save(&scope, keys::TENANT, &key, &provider).await?;
    Ok(provider)
}

/// The provider of this name.
pub async fn get(ctx: &Context, tenant_id: &str, name: &str) -> Result<Provider> {
    let key = format!("provider/{}", normalize(name));
    let found = store::load(&ctx.tenant(tenant_id), keys::TENANT, &key).await?;
    let found = found.ok_or_else(|| Error::not_found(format!("Provider {name} not found.")))?;
    Ok(found.value)
}

/// Forgets a provider and its key.
pub async fn delete(ctx: &Context, tenant_id: &str, name: &str) -> Result<()> {
    let provider = get(ctx, tenant_id, name).await?;
    let commit = Commit::new().delete(format!("provider/{}", provider.name));
    ctx.tenant(tenant_id).commit(keys::TENANT, commit).await?;
    Ok(())
}

/// Asks one model of each kind of a provider for the least it can do; fails with what the service says.
pub async fn validate(ctx: &Context, tenant_id: &str, name: &str) -> Result<()> {
    let provider = get(ctx, tenant_id, name).await?;
    let providers = Providers::load(ctx, tenant_id).await?;
    let (dialect, endpoint) = providers.reach(&provider).await?;
    probe(
        ctx,
        dialect.as_ref(),
        &endpoint,
        &provider.name,
        &provider.models,
    )
    .await
}

/// The same before it is saved; a key that stays as it was is tried as it is kept.
pub async fn validate_entry(ctx: &Context, tenant_id: &str, entry: &Entry) -> Result<()> {
    let dialect = ctx.models.dialects.get(entry.dialect.as_str());
    let dialect = dialect.ok_or_else(|| {
        let message = format!("Unknown dialect `{}`.", entry.dialect);
        Error::invalid("dialect", message)
    })?;
    let name = normalize(&entry.name);
    let api_key = match &entry.api_key {
        Some(key) => key.clone(),
        None => kept_key(ctx, tenant_id, name).await?,
    };
    let endpoint = Endpoint {
        base_url: base_url(&entry.base_url)?,
        api_key,
    };
    probe(ctx, dialect.as_ref(), &endpoint, name, &entry.models).await
}

/// The key of a provider that is there; empty where none is.
async fn kept_key(ctx: &Context, tenant_id: &str, name: &str) -> Result<String> {
    match get(ctx, tenant_id, name).await {
        Ok(old) if !old.key.is_empty() => {
            let vault = Vault::open(ctx).await?;
            vault.read(&place(tenant_id, name), &old.key)
        }
        Ok(_) => Ok(String::new()),
        Err(error) if error.kind() == Kind::NotFound => Ok(String::new()),
        Err(error) => Err(error),
    }
}

async fn probe(
    ctx: &Context,
    dialect: &dyn Dialect,
    endpoint: &Endpoint,
    name: &str,
    models: &[Offer],
) -> Result<()> {
    let first = |kind| models.iter().find(|offer| offer.kind == kind);
    if let Some(offer) = first(ModelKind::Llm) {
        let request = ChatRequest {
            messages: vec![Message::text(Role::User, "ping")],
            parameters: Parameters {
                max_tokens: Some(16),
                ..Parameters::default()
            },
            ..ChatRequest::default()
        };
        let llm = dialect.llm(endpoint, offer.llm(&ctx.models, name));
        let mut deltas = llm.stream(request).await?;
        deltas.next().await.transpose()?;
    }
    if let Some(offer) = first(ModelKind::TextEmbedding)
        && let Some(embedder) = dialect.embedder(endpoint, offer.embedder(&ctx.models, name))
    {
        embedder.embed(&["ping".to_owned()], Purpose::Query).await?;
    }
    if let Some(offer) = first(ModelKind::Rerank)
        && let Some(reranker) = dialect.reranker(endpoint, offer.reranker(name))
    {
        reranker.rerank("ping", &["pong".to_owned()]).await?;
    }
    Ok(())
}

/// Chooses the workspace's default model of a kind.
pub async fn set_default(
    ctx: &Context,
    tenant_id: &str,
    kind: ModelKind,
    provider: &str,
    model: &str,
) -> Result<()> {
    let provider = normalize(provider).to_owned();
    let providers = Providers::load(ctx, tenant_id).await?;
    if !providers.has(kind, &provider, model) {
        let message = format!("There is no {} model {provider}/{model}.", kind_name(kind));
        return Err(Error::invalid("model", message));
    }
    let model = model.to_owned();
    let chosen = Chosen { provider, model };
    store::save(
        &ctx.tenant(tenant_id),
        keys::TENANT,
        &default_key(kind),
        &chosen,
    )
    .await?;
    Ok(())
}

fn check_name(name: &str) -> Result<()> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if name.is_empty() || name.len() > 64 || !name.chars().all(allowed) {
        let message = "A provider's name has 1 to 64 letters, digits, `.`, `_` and `-`.";
        return Err(Error::invalid("name", message));
    }
    if name == Models::LOCAL {
        let message = "`local` is the name of the models that run in the process.";
        return Err(Error::invalid("name", message));
    }
    Ok(())
}

/// Without what people copy too much of.
fn base_url(text: &str) -> Result<String> {
    let text = text.trim().trim_end_matches('/');
    let text = text.strip_suffix("/chat/completions").unwrap_or(text);
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
        .filter(|host| !host.is_empty() && !host.starts_with('/'))
        .filter(|host| !host.contains(char::is_whitespace));
    match host {
        Some(_) => Ok(text.to_owned()),
        None => {
            let message = "The base URL starts with http:// or https:// and names a host.";
            Err(Error::invalid("base_url", message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls() {
        for (text, expect) in [
            ("https://h/v1", Some("https://h/v1")),
            (
                " http://127.0.0.1:8787/openai/v1/ ",
                Some("http://127.0.0.1:8787/openai/v1"),
            ),
            ("https://h/v1/chat/completions", Some("https://h/v1")),
            ("ftp://h", None),
            ("https://", None),
            ("https://a b", None),
            ("h/v1", None),
        ] {
            assert_eq!(base_url(text).ok().as_deref(), expect, "{text}");
        }
    }
}
