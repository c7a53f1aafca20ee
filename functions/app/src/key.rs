//! API keys: shown once, kept as hashes.
//!
//! A key is looked up by its hash in a partition of its own, so that the request's first round trip knows tenant,
//! app and scope; the list that a console shows lives with the tenant.

use ports::{Commit, Range, Scope, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Context, Error, Kind, Result, keys, store};

/// Most keys of one app, and of the datasets of one workspace.
pub const MAX_KEYS: usize = 10;

/// What a key opens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Access {
    /// One app: `app-…`.
    App {
        /// Which.
        app_id: String,
    },
    /// Every dataset of the workspace: `dataset-…`.
    Dataset,
}

impl Access {
    fn prefix(&self) -> &'static str {
        match self {
            Self::App { .. } => "app-",
            Self::Dataset => "dataset-",
        }
    }

    fn index(&self) -> String {
        match self {
            Self::App { app_id } => format!("key/app/{app_id}/"),
            Self::Dataset => "key/dataset/".to_owned(),
        }
    }
}

/// Who calls, as a key says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The workspace.
    pub tenant_id: String,
    /// What it opens.
    pub access: Access,
}

/// A key as a console lists it: never the whole token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Of the key, not the token.
    pub id: String,
    /// SHA-256 of the token, in hex.
    pub hash: String,
    /// First and last characters, for people to tell keys apart.
    pub hint: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Makes a key; the token is returned this once.
pub async fn create(ctx: &Context, tenant_id: &str, access: Access) -> Result<(ApiKey, String)> {
    let scope = ctx.tenant(tenant_id);
    if list(&scope, &access).await?.len() >= MAX_KEYS {
        let message = format!("Cannot create more than {MAX_KEYS} API keys for this resource type.");
        return Err(Error::new(Kind::BadRequest, message));
    }
    let token = format!("{}{}", access.prefix(), ctx.token(24));
    let hint: String = token.chars().take(access.prefix().len() + 3).chain("…".chars()).collect();
    let hint = hint + token.get(token.len() - 4..).unwrap_or_default();
    let key = ApiKey { id: ctx.uuid(), hash: keys::hash(&token), hint, created_at: ctx.now() };
    // The list first: a crash between the two leaves a key that opens nothing and can be deleted.
    let listed = format!("{}{}", access.index(), key.id);
    store::save(&scope, keys::TENANT, &listed, &key).await?;
    let grant = Grant { tenant_id: tenant_id.to_owned(), access };
    store::save(&ctx.system(), &keys::api_key(&key.hash), "grant", &grant).await?;
    Ok((key, token))
}

/// The keys of an app or of the datasets, oldest first.
pub async fn list(scope: &Scope, access: &Access) -> Result<Vec<ApiKey>> {
    let records = scope.list(keys::TENANT, Range::prefix(access.index(), MAX_KEYS)).await?;
    let mut keys: Vec<ApiKey> = records.iter().map(store::decode).collect::<Result<_>>()?;
    keys.sort_by_key(|key| key.created_at);
    Ok(keys)
}

/// Revokes a key.
pub async fn delete(ctx: &Context, tenant_id: &str, access: &Access, id: &str) -> Result<()> {
    let scope = ctx.tenant(tenant_id);
    let listed = format!("{}{id}", access.index());
    let Some(key) = store::load::<ApiKey>(&scope, keys::TENANT, &listed).await? else {
        return Err(Error::not_found("API key not found"));
    };
    ctx.system().commit(&keys::api_key(&key.value.hash), Commit::new().delete("grant")).await?;
    scope.commit(keys::TENANT, Commit::new().delete(listed)).await?;
    Ok(())
}

/// What a token opens; `None` for a token that nobody made.
pub async fn resolve(ctx: &Context, token: &str) -> Result<Option<Grant>> {
    let partition = keys::api_key(&keys::hash(token));
    Ok(store::load(&ctx.system(), &partition, "grant").await?.map(|stored| stored.value))
}
