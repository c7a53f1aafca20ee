//! Logging in with e-mail and password.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use ports::{Commit, ErrorKind, Query};
use serde::{Deserialize, Serialize};

use super::{Identity, Tokens, member, password, record::Account, session};
use crate::{
    Context, Error, Kind, Result, keys,
    store::{self, Stored},
};

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
    let account = attempt(ctx, &partition).await?;
    let hash = account.as_ref().map(|account| account.password.clone());
    let matches = password::verify(password, hash.as_deref())
        || decoded(password).is_some_and(|decoded| password::verify(&decoded, hash.as_deref()));
    let Some(mut account) = account.filter(|_| matches) else {
        let message = "Invalid email or password.";
        return Err(Error::new(Kind::AuthenticationFailed, message));
    };
    let tenant_id = member::tenant_of(ctx, &account).await?;
    let Some(role) = member::role(ctx, &account.id, &tenant_id).await? else {
        let message = "This account has no workspace.";
        return Err(Error::new(Kind::AuthenticationFailed, message));
    };
    account.last_login_at = Some(ctx.now());
    let commit = Commit::new()
        .put("account", store::encode(&account)?)
        .delete("failures");
    system.commit(&partition, commit).await?;
    session::start(ctx, Identity::of_account(&account, &tenant_id, role)).await
}

/// The account, if it may be tried once more. The try counts as a failure until it has succeeded: so many at once are
/// no more than as many in a row.
async fn attempt(ctx: &Context, partition: &str) -> Result<Option<Account>> {
    let system = ctx.system();
    for _ in 0..64 {
        let queries = ["account", "failures"].map(|key| Query::Get(key.to_owned()));
        let view = system.read(partition, queries.to_vec()).await?;
        let (mut account, mut failures) = (None, None);
        for record in view.into_records() {
            match record.key.as_str() {
                "account" => account = Some(store::decode::<Account>(&record)?),
                _ => {
                    failures = Some(Stored {
                        value: store::decode::<Failures>(&record)?,
                        version: record.version,
                    });
                }
            }
        }
        let Some(account) = account else {
            return Ok(None);
        };
        let count = failures.as_ref().map_or(0, |failures| failures.value.count);
        if count >= FAILURES {
            let message = "Too many incorrect password attempts. Please try again later.";
            return Err(Error::new(Kind::TooManyAttempts, message));
        }
        let more = store::encode(&Failures { count: count + 1 })?;
        let commit = Commit::new().put_until("failures", more, ctx.now() + LOCKOUT);
        let commit = match failures {
            Some(failures) => commit.if_version("failures", failures.version),
            None => commit.if_absent("failures"),
        };
        match system.commit(partition, commit).await {
            Ok(_) => return Ok(Some(account)),
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            Err(error) => return Err(error.into()),
        }
    }
    let message = "Too many attempts at once. Please try again.";
    Err(Error::new(Kind::TooManyAttempts, message))
}

fn decoded(password: &str) -> Option<String> {
    String::from_utf8(BASE64_STANDARD.decode(password).ok()?).ok()
}
