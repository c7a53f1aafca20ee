//! API keys: shown once, kept as hashes.
//!
//! A key is looked up by its hash in a partition of its own, so that the request's first round trip knows tenant,
//! app and scope; the list that a console shows lives with the tenant.

use std::time::Duration;

use ports::{Commit, Query, Range, Scope, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Context, Error, Kind, Result, keys, store};

/// Most keys of one app, and of the datasets of one workspace.
pub const MAX_KEYS: usize = 10;

/// How exactly the last use of a key is known: not every request writes.
pub const USE_STEP: Duration = Duration::from_secs(60);

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
    /// Every model of the workspace, over the OpenAI-compatible API: `model-…`.
    Model,
}

impl Access {
    fn prefix(&self) -> &'static str {
        match self {
            Self::App { .. } => "app-",
            Self::Dataset => "dataset-",
            Self::Model => "model-",
        }
    }

    fn index(&self) -> String {
        match self {
            Self::App { app_id } => format!("key/app/{app_id}/"),
            Self::Dataset => "key/dataset/".to_owned(),
            Self::Model => "key/model/".to_owned(),
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
        let message =
            format!("Cannot create more than {MAX_KEYS} API keys for this resource type.");
        return Err(Error::new(Kind::BadRequest, message));
    }
    let token = format!("{}{}", access.prefix(), ctx.token(24));
    let hint: String = token
        .chars()
        .take(access.prefix().len() + 3)
        .chain("…".chars())
        .collect();
    let hint = hint + token.get(token.len() - 4..).unwrap_or_default();
    let key = ApiKey {
        id: ctx.uuid(),
        hash: keys::hash(&token),
        hint,
        created_at: ctx.now(),
    };
    // The list first: a crash between the two leaves a key that opens nothing and can be deleted.
    let listed = format!("{}{}", access.index(), key.id);
    store::save(&scope, keys::TENANT, &listed, &key).await?;
    let grant = Grant {
        tenant_id: tenant_id.to_owned(),
        access,
    };
    store::save(&ctx.system(), &keys::api_key(&key.hash), "grant", &grant).await?;
    Ok((key, token))
}

/// The keys of an app or of the datasets, oldest first.
pub async fn list(scope: &Scope, access: &Access) -> Result<Vec<ApiKey>> {
    let records = scope
        .list(keys::TENANT, Range::prefix(access.index(), MAX_KEYS))
        .await?;
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
    ctx.system().clear(&keys::api_key(&key.value.hash)).await?;
    scope
        .commit(keys::TENANT, Commit::new().delete(listed))
        .await?;
    Ok(())
}

/// What a token opens; `None` for a token that nobody made. That it was used is noted beside the request.
pub async fn resolve(ctx: &Context, token: &str) -> Result<Option<Grant>> {
    let partition = keys::api_key(&keys::hash(token));
    let queries = ["grant", "used"].map(|key| Query::Get(key.to_owned()));
    let view = ctx.system().read(&partition, queries.to_vec()).await?;
    let (mut grant, mut used) = (None, Timestamp(0));
    for record in view.into_records() {
        match record.key.as_str() {
            "grant" => grant = Some(store::decode(&record)?),
            _ => used = store::decode(&record)?,
        }
    }
    if grant.is_some() && ctx.now().since(used) >= USE_STEP {
        note_use(ctx, partition);
    }
    Ok(grant)
}

/// When a key was last used, to the [`USE_STEP`].
pub async fn last_used(ctx: &Context, key: &ApiKey) -> Result<Option<Timestamp>> {
    let used = store::load(&ctx.system(), &keys::api_key(&key.hash), "used").await?;
    Ok(used.map(|stored| stored.value))
}

/// The condition keeps a revoked key from coming back as a record of its use.
fn note_use(ctx: &Context, partition: String) {
    let task = ctx.clone();
    ctx.platform.spawn.spawn(Box::pin(async move {
        let system = task.system();
        let noted = async {
            let Some(grant) = system.get(&partition, "grant").await? else {
                return Ok(());
            };
            let used = store::encode(&task.now())?;
            let commit = Commit::new()
                .put("used", used)
                .if_version("grant", grant.version);
            system.commit(&partition, commit).await?;
            Ok::<_, Error>(())
        };
        if let Err(error) = noted.await {
            tracing::debug!(%error, "the use of a key was not noted");
        }
    }));
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use model::Models;
    use ports::fake;

    use super::*;

    #[test]
    fn keys_open_until_they_are_revoked() {
        let (platform, handles) = fake::platform();
        let ctx = Context::new(platform, Models::default());
        block_on(async {
            for (access, prefix) in [
                (
                    Access::App {
                        app_id: "a".to_owned(),
                    },
                    "app-",
                ),
                (Access::Dataset, "dataset-"),
                (Access::Model, "model-"),
            ] {
                let (key, token) = create(&ctx, "t", access.clone()).await.unwrap();
                assert!(token.starts_with(prefix) && token.len() == prefix.len() + 24);
                assert!(!serde_json::to_string(&key).unwrap().contains(&token));
                assert_eq!(resolve(&ctx, &token).await.unwrap().unwrap().access, access);
                assert_eq!(last_used(&ctx, &key).await.unwrap(), None);
                handles.spawn.settle().await;
                assert_eq!(last_used(&ctx, &key).await.unwrap(), Some(ctx.now()));
                resolve(&ctx, &token).await.unwrap();
                delete(&ctx, "t", &access, &key.id).await.unwrap();
                handles.spawn.settle().await;
                assert_eq!(resolve(&ctx, &token).await.unwrap(), None);
                assert_eq!(last_used(&ctx, &key).await.unwrap(), None);
            }
            assert_eq!(resolve(&ctx, "app-nonsense").await.unwrap(), None);
        });
    }

    #[test]
    fn ten_keys_are_enough() {
        let (platform, _) = fake::platform();
        let ctx = Context::new(platform, Models::default());
        block_on(async {
            for _ in 0..MAX_KEYS {
                create(&ctx, "t", Access::Dataset).await.unwrap();
            }
            let error = create(&ctx, "t", Access::Dataset).await.unwrap_err();
            assert_eq!(error.kind(), Kind::BadRequest);
            create(&ctx, "t", Access::Model).await.unwrap();
        });
    }
}
