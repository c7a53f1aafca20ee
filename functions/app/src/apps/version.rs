//! What an app did and shall do: published configurations, and the draft of the next one.
//!
//! In the app's partition `config/{time}/{id}` is a configuration that was published, and `draft` what somebody edits.

use ports::{Commit, Range, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{App, get, manage::MISSING, save_config};
use crate::{
    Context, Error, Kind, Result,
    account::Identity,
    keys,
    store::{self, Stored},
};

/// Published configurations that are kept of an app.
pub const MAX_VERSIONS: usize = 30;

const VERSIONS: &str = "config";
const DRAFT: &str = "draft";

/// A configuration that was published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// UUID.
    pub id: String,
    /// When it was published.
    pub created_at: Timestamp,
    /// The account that did.
    pub created_by: String,
    /// Name of that.
    pub author_name: String,
    /// What was published.
    pub model_config: Value,
}

/// A configuration that somebody edits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// As it was last saved.
    pub model_config: Value,
    /// When.
    pub updated_at: Timestamp,
    /// The account that did.
    pub updated_by: String,
}

/// What an editor opens.
#[derive(Clone, Debug, PartialEq)]
pub struct Edited {
    /// The draft, or what is published.
    pub model_config: Value,
    /// Tells this state from any other.
    pub hash: String,
    /// The draft's time and account; `None` when what is published has no draft.
    pub draft: Option<(Timestamp, String)>,
}

/// Saves a configuration, which publishes it; the draft is spent by that.
pub async fn publish_config(ctx: &Context, who: &Identity, id: &str, config: Value) -> Result<App> {
    let scope = ctx.tenant(&who.tenant_id);
    let before = found(&scope, id).await?;
    let known = keys_of(&scope, id).await?;
    let app = save_config(ctx, &who.tenant_id, id, config.clone()).await?;
    let mut commit = Commit::new().delete(DRAFT);
    // What was made or imported, and never saved, is where one may want to go back to.
    if let (true, Some(first)) = (known.is_empty(), before.model_config) {
        let first = Version {
            id: ctx.uuid(),
            created_at: before.created_at,
            created_by: before.created_by,
            author_name: before.author_name,
            model_config: first,
        };
        commit = commit.put(key(&first), store::encode(&first)?);
    }
    let version = Version {
        id: ctx.uuid(),
        created_at: ctx.now(),
        created_by: who.account_id.clone(),
        author_name: who.name.clone(),
        model_config: config,
    };
    commit = commit.put(key(&version), store::encode(&version)?);
    let surplus = (known.len() + 1).saturating_sub(MAX_VERSIONS);
    for old in known.into_iter().take(surplus) {
        commit = commit.delete(old);
    }
    scope.commit(&keys::app(id), commit).await?;
    Ok(app)
}

/// The published configurations, the newest first, and the id of the one that is in force.
pub async fn versions(scope: &Scope, id: &str) -> Result<(Vec<Version>, Option<String>)> {
    let app = found(scope, id).await?;
    let range = Range::prefix(format!("{VERSIONS}/"), MAX_VERSIONS + 1).reversed();
    let records = scope.list(&keys::app(id), range).await?;
    let versions: Vec<Version> = records.iter().map(store::decode).collect::<Result<_>>()?;
    let in_force = |version: &&Version| Some(&version.model_config) == app.model_config.as_ref();
    let current = versions.iter().find(in_force);
    let current = current.map(|version| version.id.clone());
    Ok((versions, current))
}

/// One of them.
pub async fn version(scope: &Scope, id: &str, version_id: &str) -> Result<(Version, bool)> {
    let (versions, current) = versions(scope, id).await?;
    let found = versions.into_iter().find(|it| it.id == version_id);
    let found = found.ok_or_else(|| Error::not_found("Version not found"))?;
    let is_current = current.as_deref() == Some(version_id);
    Ok((found, is_current))
}

/// Publishes one of them again.
pub async fn restore(ctx: &Context, who: &Identity, id: &str, version_id: &str) -> Result<App> {
    let (found, _) = version(&ctx.tenant(&who.tenant_id), id, version_id).await?;
    publish_config(ctx, who, id, found.model_config).await
}

/// What an editor opens: the draft, or what is published.
pub async fn edited(scope: &Scope, id: &str) -> Result<Edited> {
    let app = found(scope, id).await?;
    let draft = store::load::<Draft>(scope, &keys::app(id), DRAFT).await?;
    Ok(opened(&app, draft.as_ref()))
}

/// Keeps a draft. With a `hash`, only if nobody changed what it stands for: two pages never overwrite each other.
pub async fn save_draft(
    ctx: &Context,
    who: &Identity,
    id: &str,
    config: Value,
    hash: Option<&str>,
) -> Result<Edited> {
    if !config.is_object() {
        let message = "model_config must be an object";
        return Err(Error::invalid("model_config", message));
    }
    let scope = ctx.tenant(&who.tenant_id);
    let app = found(&scope, id).await?;
    let old = store::load::<Draft>(&scope, &keys::app(id), DRAFT).await?;
    if hash.is_some_and(|hash| hash != opened(&app, old.as_ref()).hash) {
        return Err(stale());
    }
    let draft = Draft {
        model_config: config,
        updated_at: ctx.now(),
        updated_by: who.account_id.clone(),
    };
    let commit = Commit::new().put(DRAFT, store::encode(&draft)?);
    let commit = match &old {
        Some(old) => commit.if_version(DRAFT, old.version),
        None => commit.if_absent(DRAFT),
    };
    let version = scope.commit(&keys::app(id), commit).await;
    let version = version.map_err(|error| match error.kind() {
        ports::ErrorKind::Conflict => stale(),
        _ => error.into(),
    })?;
    let draft = Stored {
        value: draft,
        version,
    };
    Ok(opened(&app, Some(&draft)))
}

/// Throws the draft away.
pub async fn discard_draft(scope: &Scope, id: &str) -> Result<()> {
    found(scope, id).await?;
    let commit = Commit::new().delete(DRAFT);
    scope.commit(&keys::app(id), commit).await?;
    Ok(())
}

fn stale() -> Error {
    let message = "Somebody else changed this meanwhile. Reload to see it; what you typed is still on your page.";
    Error::new(Kind::Conflict, message)
}

fn opened(app: &App, draft: Option<&Stored<Draft>>) -> Edited {
    let published = app.model_config.clone().unwrap_or_default();
    let draft = draft.map(|draft| draft.value.clone());
    let (model_config, draft) = match draft {
        Some(draft) => (
            draft.model_config,
            Some((draft.updated_at, draft.updated_by)),
        ),
        None => (published, None),
    };
    Edited {
        hash: keys::hash(&model_config.to_string()),
        model_config,
        draft,
    }
}

async fn found(scope: &Scope, id: &str) -> Result<App> {
    let app = get(scope, id).await?;
    Ok(app.ok_or_else(|| Error::not_found(MISSING))?.value)
}

/// Keys of what was published, the oldest first.
async fn keys_of(scope: &Scope, id: &str) -> Result<Vec<String>> {
    let range = Range::prefix(format!("{VERSIONS}/"), MAX_VERSIONS + 1);
    let records = scope.list(&keys::app(id), range).await?;
    Ok(records.into_iter().map(|record| record.key).collect())
}

fn key(version: &Version) -> String {
    keys::time_key(VERSIONS, version.created_at, &version.id)
}
