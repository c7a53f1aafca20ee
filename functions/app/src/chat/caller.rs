//! Who calls, and with which app, in as few round trips as can be.
//!
//! The grant of a key names an app; only then can the app be read, and only then is it known which model and which
//! datasets a chat needs. To read all of that at once, the cache remembers which app a key opened last. That guess
//! is only ever used to begin early: the app itself is always read, and if it has changed the guess is thrown away.

use std::time::Duration;

use futures::{FutureExt, join};
use ports::Revision;
use serde::{Deserialize, Serialize};

use crate::{
    Context, Error, Kind, Result,
    apps::{self, App},
    key::{self, Access, Grant},
    keys,
    store::{self, Stored},
};

/// How long a guess is kept.
const KEPT: Duration = Duration::from_secs(60 * 60);

/// The holder of an app's key.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The workspace.
    pub tenant_id: String,
    /// The app.
    pub app_id: String,
    pub(super) guess: Option<Guess>,
    slot: String,
}

/// The app as it was when the key was last used.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Guess {
    pub(super) app: App,
    pub(super) version: Revision,
}

impl Caller {
    /// Who holds this token; `None` for a token that opens no app.
    pub async fn resolve(ctx: &Context, token: &str) -> Result<Option<Self>> {
        let slot = format!("app-of-key/{}", keys::hash(token));
        let (grant, guess) = join!(key::resolve(ctx, token), ctx.platform.cache.get(&slot));
        let Some(Grant {
            tenant_id,
            access: Access::App { app_id },
        }) = grant?
        else {
            return Ok(None);
        };
        // A cache that fails is as good as one that has forgotten.
        let guess = guess
            .ok()
            .flatten()
            .and_then(|bytes| serde_json::from_slice::<Guess>(&bytes).ok());
        let guess =
            guess.filter(|guess| guess.app.tenant_id == tenant_id && guess.app.id == app_id);
        Ok(Some(Self {
            tenant_id,
            app_id,
            guess,
            slot,
        }))
    }

    /// The app as it is, checked in the documented order.
    pub async fn app(&self, ctx: &Context) -> Result<Stored<App>> {
        let forbidden = |message: &str| Error::new(Kind::Forbidden, message);
        let app = apps::get(&ctx.tenant(&self.tenant_id), &self.app_id).await?;
        let app = app.ok_or_else(|| forbidden("The app no longer exists."))?;
        if !app.value.enable_api {
            return Err(forbidden("The app's API service has been disabled."));
        }
        self.remember(ctx, &app)?;
        Ok(app)
    }

    fn remember(&self, ctx: &Context, app: &Stored<App>) -> Result<()> {
        if self
            .guess
            .as_ref()
            .is_some_and(|guess| guess.version == app.version)
        {
            return Ok(());
        }
        let guess = Guess {
            app: app.value.clone(),
            version: app.version,
        };
        let (bytes, slot, cache) = (
            store::encode(&guess)?,
            self.slot.clone(),
            ctx.platform.cache.clone(),
        );
        let put = async move { drop(cache.put(&slot, bytes.into(), KEPT).await) };
        ctx.platform.spawn.spawn(put.boxed());
        Ok(())
    }
}
