//! Sessions: an access token for an hour, a refresh token for a month, and a token against forged requests.
//!
//! Tokens are random; their hashes lie in the system partition `session/{account}`, so that a session ends at once
//! when it is logged out.

use std::time::Duration;

use ports::Commit;
use serde::{Deserialize, Serialize};

use super::Identity;
use crate::{Context, Error, Kind, Result, keys, store};

/// How long an access token holds.
pub const ACCESS_TIME: Duration = Duration::from_secs(3600);
/// How long a refresh token holds.
pub const REFRESH_TIME: Duration = Duration::from_secs(30 * 24 * 3600);

/// What a client is given: shown this once.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// Presented with every call.
    pub access: String,
    /// Exchanged for new ones.
    pub refresh: String,
    /// Repeated in a header by pages that may read it.
    pub csrf: String,
}

/// A session that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Who it is.
    pub identity: Identity,
    csrf: String,
    refresh: String,
}

impl Known {
    /// Whether this is the session's own token against forged requests.
    pub fn is_csrf(&self, token: &str) -> bool {
        self.csrf == keys::hash(token)
    }
}

pub(super) async fn start(ctx: &Context, identity: Identity) -> Result<Tokens> {
    renew(ctx, identity, Commit::new()).await
}

/// New tokens for a refresh token, which is spent by that.
pub async fn refresh(ctx: &Context, token: &str) -> Result<Tokens> {
    let refused = || Error::new(Kind::Unauthorized, "Invalid or expired refresh token.");
    let partition = partition(token).ok_or_else(refused)?;
    let key = format!("refresh/{}", keys::hash(token));
    let identity = store::load::<Identity>(&ctx.system(), &partition, &key).await?;
    let identity = identity.ok_or_else(refused)?;
    let spent = Commit::new()
        .delete(key.clone())
        .if_version(key, identity.version);
    renew(ctx, identity.value, spent).await
}

/// The session of an access token.
pub async fn resolve(ctx: &Context, token: &str) -> Result<Option<Known>> {
    let Some(partition) = partition(token) else {
        return Ok(None);
    };
    let key = format!("access/{}", keys::hash(token));
    let found = store::load(&ctx.system(), &partition, &key).await?;
    Ok(found.map(|stored| stored.value))
}

/// Ends the session of an access token, or of a refresh token that outlived its access token.
pub async fn logout(ctx: &Context, token: &str) -> Result<()> {
    let Some(partition) = partition(token) else {
        return Ok(());
    };
    let hash = keys::hash(token);
    let known = resolve(ctx, token).await?;
    let refresh = known.map_or_else(|| hash.clone(), |known| known.refresh);
    let commit = Commit::new()
        .delete(format!("access/{hash}"))
        .delete(format!("refresh/{refresh}"));
    ctx.system().commit(&partition, commit).await?;
    Ok(())
}

/// Ends every session of an account.
pub async fn end_all(ctx: &Context, account_id: &str) -> Result<()> {
    Ok(ctx.system().clear(&format!("session/{account_id}")).await?)
}

async fn renew(ctx: &Context, identity: Identity, commit: Commit) -> Result<Tokens> {
    let fresh = || format!("{}.{}", identity.account_id, ctx.token(43));
    let tokens = Tokens {
        access: fresh(),
        refresh: fresh(),
        csrf: ctx.token(43),
    };
    let refresh = keys::hash(&tokens.refresh);
    let known = Known {
        identity: identity.clone(),
        csrf: keys::hash(&tokens.csrf),
        refresh: refresh.clone(),
    };
    let now = ctx.now();
    let access = format!("access/{}", keys::hash(&tokens.access));
    let commit = commit
        .put_until(access, store::encode(&known)?, now + ACCESS_TIME)
        .put_until(
            format!("refresh/{refresh}"),
            store::encode(&identity)?,
            now + REFRESH_TIME,
        );
    let partition = format!("session/{}", identity.account_id);
    ctx.system().commit(&partition, commit).await?;
    Ok(tokens)
}

/// Where a token's session would lie; `None` for text that no token of ours looks like.
fn partition(token: &str) -> Option<String> {
    let (account, secret) = token.split_once('.')?;
    let uuid = account.len() == 36 && account.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    (uuid && secret.len() == 43).then(|| format!("session/{account}"))
}
