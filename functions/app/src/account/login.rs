//! Logging in with e-mail and password.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use ports::{Commit, Query};
use serde::{Deserialize, Serialize};

use super::{Identity, Tokens, owner, password, record::Account, session};
use crate::{Context, Error, Kind, Result, keys, store};

/// Wrong passwords after which an account is closed for [`LOCKOUT`].
const FAILURES: u32 = 5;
const LOCKOUT: Duration = Duration::from_secs(24 * 3600);

/// Kept beside the account under `failures`, until the lockout is over.
#[derive(Default, Serialize, Deserialize)]
struct Failures {
    count: u32,
}

/// A new session. The password comes plain, or in base64 as the official web front end sends it.
pub async fn login(ctx: &Context, email: &str, password: &str) -> Result<Tokens> {
    let (system, partition) = (ctx.system(), keys::account(email));
    let queries = ["account", "failures"].map(|key| Query::Get(key.to_owned()));
    let view = system.read(&partition, queries.to_vec()).await?;
    let (mut account, mut failures) = (None, Failures::default());
    for record in view.into_records() {
        match record.key.as_str() {
            "account" => account = Some(store::decode::<Account>(&record)?),
            _ => failures = store::decode(&record)?,
        }
    }
    if failures.count >= FAILURES {
        let message = "Too many incorrect password attempts. Please try again later.";
        return Err(Error::new(Kind::TooManyAttempts, message));
    }
    let hash = account.as_ref().map(|account| account.password.clone());
    let matches = password::verify(password, hash.as_deref())
        || decoded(password).is_some_and(|decoded| password::verify(&decoded, hash.as_deref()));
    let Some(mut account) = account.filter(|_| matches) else {
        if hash.is_some() {
            failures.count += 1;
            let until = ctx.now() + LOCKOUT;
            let commit = Commit::new().put_until("failures", store::encode(&failures)?, until);
            system.commit(&partition, commit).await?;
        }
        let message = "Invalid email or password.";
        return Err(Error::new(Kind::AuthenticationFailed, message));
    };
    let owner = owner::load(ctx).await?.map(|stored| stored.value);
    let Some(owner) = owner.filter(|owner| owner.account_id == account.id) else {
        let message = "This account has no workspace.";
        return Err(Error::new(Kind::AuthenticationFailed, message));
    };
    account.last_login_at = Some(ctx.now());
    let commit = Commit::new()
        .put("account", store::encode(&account)?)
        .delete("failures");
    system.commit(&partition, commit).await?;
    session::start(ctx, Identity::of(&owner, &account.name)).await
}

fn decoded(password: &str) -> Option<String> {
    String::from_utf8(BASE64_STANDARD.decode(password).ok()?).ok()
}
