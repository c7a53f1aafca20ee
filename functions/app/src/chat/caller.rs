//! Who calls, and with which app, in as few round trips as can be.
//!
//! The grant of a key names an app; only then can the app be read, and only then is it known which datasets a
//! question needs. To read all of that at once, this process and the cache remember what a key opened last. That
//! guess is only ever used to begin early: the grant and the app are always read, and if the app is no longer what
//! the guess says, whatever was begun is thrown away.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use futures::{FutureExt, join};
use serde::{Deserialize, Serialize};

use crate::{
    Context, Error, Kind, Result,
    apps::{self, App},
    key::{self, Access, Grant},
    keys, store,
};

/// How long the cache keeps a guess.
const KEPT: Duration = Duration::from_secs(60 * 60);

/// How many guesses a process keeps.
const REMEMBERED: usize = 32;

static MEMORY: Mutex<VecDeque<(String, Guess)>> = Mutex::new(VecDeque::new());

/// The holder of an app's key.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The workspace.
    pub(super) tenant_id: String,
    /// The app.
    pub(super) app_id: String,
    /// The app, as it was when the key was last used.
    pub(super) guess: Option<Guess>,
    token: String,
    hash: String,
    /// Whether the grant has been read, or is only guessed.
    proven: bool,
    /// The app is given: no key was asked for.
    given: bool,
}

/// An app as it was.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Guess {
    pub(super) app: App,
}

impl Caller {
    /// Who holds this token; `Unauthorized` for one that opens no app. A token that this process has seen before is
    /// believed for now: [`app`](Self::app) has the last word, and nothing may be told or written before it.
    pub async fn resolve(ctx: &Context, token: &str) -> Result<Self> {
        let hash = keys::hash(token);
        if let Some(guess) = recall(&hash) {
            let (tenant_id, app_id) = (guess.app.tenant_id.clone(), guess.app.id.clone());
            let (token, guess) = (token.to_owned(), Some(guess));
            return Ok(Self {
                tenant_id,
                app_id,
                guess,
                token,
                hash,
                proven: false,
                given: false,
            });
        }
        let slot = slot(&hash);
        let (grant, guess) = join!(grant(ctx, token), ctx.platform.cache.get(&slot));
        let (tenant_id, app_id) = grant?;
        // A cache that fails is as good as one that has forgotten.
        let guess = guess
            .ok()
            .flatten()
            .and_then(|bytes| serde_json::from_slice::<Guess>(&bytes).ok());
        let guess =
            guess.filter(|guess| guess.app.tenant_id == tenant_id && guess.app.id == app_id);
        Ok(Self {
            tenant_id,
            app_id,
            guess,
            token: token.to_owned(),
            hash,
            proven: true,
            given: false,
        })
    }

    /// Who has come another way than by a key, and was let in to this app, as it is now.
    pub fn of(app: App) -> Self {
        Self {
            tenant_id: app.tenant_id.clone(),
            app_id: app.id.clone(),
            guess: Some(Guess { app }),
            token: String::new(),
            hash: String::new(),
            proven: true,
            given: true,
        }
    }

    /// The app as it is, checked in the documented order.
    pub async fn app(&self, ctx: &Context) -> Result<App> {
        if let Some(guess) = self.guess.as_ref().filter(|_| self.given) {
            return Ok(guess.app.clone());
        }
        let scope = ctx.tenant(&self.tenant_id);
        let proof = async {
            match self.proven {
                true => Ok(()),
                false => match grant(ctx, &self.token).await? {
                    (tenant_id, app_id) if tenant_id == self.tenant_id && app_id == self.app_id => {
                        Ok(())
                    }
                    _ => Err(unauthorized()),
                },
            }
        };
        let (proof, app) = join!(proof, apps::get(&scope, &self.app_id));
        if let Err(error) = proof {
            forget(&self.hash);
            return Err(error);
        }
        let forbidden = |message: &str| Error::new(Kind::Forbidden, message);
        let app = app?
            .ok_or_else(|| forbidden("The app no longer exists."))?
            .value;
        if !app.enable_api {
            return Err(forbidden("The app's API service has been disabled."));
        }
        self.remember(ctx, &app)?;
        Ok(app)
    }

    /// Whether the guess is the app as it is.
    pub(super) fn guessed(&self, app: &App) -> bool {
        self.guess.as_ref().is_some_and(|guess| guess.app == *app)
    }

    fn remember(&self, ctx: &Context, app: &App) -> Result<()> {
        if self.guessed(app) && !self.proven {
            return Ok(());
        }
        let guess = Guess { app: app.clone() };
        if !self.guessed(app) {
            let bytes = store::encode(&guess)?;
            let (slot, cache) = (slot(&self.hash), ctx.platform.cache.clone());
            let put = async move { drop(cache.put(&slot, bytes.into(), KEPT).await) };
            ctx.platform.spawn.spawn(put.boxed());
        }
        let mut memory = MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
        memory.retain(|(hash, _)| *hash != self.hash);
        memory.truncate(REMEMBERED - 1);
        memory.push_front((self.hash.clone(), guess));
        Ok(())
    }
}

async fn grant(ctx: &Context, token: &str) -> Result<(String, String)> {
    match key::resolve(ctx, token).await? {
        Some(Grant {
            tenant_id,
            access: Access::App { app_id },
        }) => Ok((tenant_id, app_id)),
        _ => Err(unauthorized()),
    }
}

fn unauthorized() -> Error {
    Error::new(Kind::Unauthorized, "Access token is invalid")
}

fn slot(hash: &str) -> String {
    format!("app-of-key/{hash}")
}

fn recall(hash: &str) -> Option<Guess> {
    let memory = MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
    memory
        .iter()
        .find(|(known, _)| known == hash)
        .map(|(_, guess)| guess.clone())
}

fn forget(hash: &str) {
    MEMORY
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .retain(|(known, _)| known != hash);
}
