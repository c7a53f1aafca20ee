//! Who calls, and with which app, in as few round trips as can be.
//!
//! The grant of a key names an app; only then can the app be read, and only then is it known which datasets a
//! question needs. To read all of that at once, this process and the cache remember what a key opened last. That
//! guess is only ever used to begin early: the grant and the app are always read, and if the app is no longer what
//! the guess says, whatever was begun is thrown away. If it still is, to the byte, it need not be parsed again.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;

use futures::{FutureExt, join};

use crate::{
    Context, Error, Kind, Result,
    apps::{App, ModelConfig},
    key::{self, Access, Grant},
    keys, store,
};

/// How long the cache keeps a guess.
const KEPT: Duration = Duration::from_secs(60 * 60);

/// How many guesses a process keeps.
const REMEMBERED: usize = 32;

static MEMORY: Mutex<VecDeque<(String, Arc<Opened>)>> = Mutex::new(VecDeque::new());

/// The holder of an app's key.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The workspace.
    pub(super) tenant_id: String,
    /// The app.
    pub(super) app_id: String,
    /// The app, as it was when the key was last used.
    pub(super) guess: Option<Arc<Opened>>,
    token: String,
    hash: String,
    /// Whether the grant has been read, or is only guessed.
    proven: bool,
    /// The app is given: no key was asked for.
    given: bool,
}

/// An app, parsed.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) app: Arc<App>,
    /// `None` where it has none, or a broken one.
    config: Option<ModelConfig>,
    /// The record that it was read from; nothing where it was given.
    raw: Bytes,
}

impl Opened {
    fn new(app: App, raw: Bytes) -> Self {
        Self {
            config: app.config().ok(),
            app: Arc::new(app),
            raw,
        }
    }

    fn parse(raw: Bytes) -> Result<Self, serde_json::Error> {
        Ok(Self::new(serde_json::from_slice(&raw)?, raw))
    }

    /// See [`App::config`].
    pub(super) fn config(&self) -> Result<&ModelConfig> {
        match &self.config {
            Some(config) => Ok(config),
            None => Err(match self.app.config() {
                Err(error) => error,
                Ok(_) => Error::new(Kind::Internal, "the configuration was not parsed"),
            }),
        }
    }
}

impl Caller {
    /// Who holds this token; `Unauthorized` for one that opens no app. A token that this process has seen before is
    /// believed for now: [`app`](Self::app) has the last word, and nothing may be told or written before it.
    pub async fn resolve(ctx: &Context, token: &str) -> Result<Self> {
        let hash = keys::hash(token);
        if let Some(guess) = recall(&hash) {
            return Ok(Self {
                tenant_id: guess.app.tenant_id.clone(),
                app_id: guess.app.id.clone(),
                guess: Some(guess),
                token: token.to_owned(),
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
            .and_then(|bytes| Opened::parse(bytes).ok());
        let guess =
            guess.filter(|guess| guess.app.tenant_id == tenant_id && guess.app.id == app_id);
        Ok(Self {
            tenant_id,
            app_id,
            guess: guess.map(Arc::new),
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
            guess: Some(Arc::new(Opened::new(app, Bytes::new()))),
            token: String::new(),
            hash: String::new(),
            proven: true,
            given: true,
        }
    }

    /// The app as it is, checked in the documented order.
    pub async fn app(&self, ctx: &Context) -> Result<Arc<App>> {
        Ok(self.open(ctx).await?.app.clone())
    }

    /// The same with its configuration.
    pub(super) async fn open(&self, ctx: &Context) -> Result<Arc<Opened>> {
        if let Some(guess) = self.guess.as_ref().filter(|_| self.given) {
            return Ok(guess.clone());
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
        let partition = keys::app(&self.app_id);
        let (proof, record) = join!(proof, scope.get(&partition, "app"));
        if let Err(error) = proof {
            forget(&self.hash);
            return Err(error);
        }
        let forbidden = |message: &str| Error::new(Kind::Forbidden, message);
        let record = record?.ok_or_else(|| forbidden("The app no longer exists."))?;
        let known = self.guess.as_ref();
        let opened = match known.filter(|guess| guess.raw == record.value) {
            Some(guess) => guess.clone(),
            None => {
                let app = store::decode(&record)?;
                Arc::new(Opened::new(app, record.value))
            }
        };
        if !opened.app.enable_api {
            return Err(forbidden("The app's API service has been disabled."));
        }
        self.remember(ctx, &opened);
        Ok(opened)
    }

    /// Whether the guess is the app as it is.
    pub(super) fn guessed(&self, opened: &Arc<Opened>) -> bool {
        let guess = self.guess.as_ref();
        guess.is_some_and(|guess| Arc::ptr_eq(guess, opened))
    }

    fn remember(&self, ctx: &Context, opened: &Arc<Opened>) {
        if self.guessed(opened) && !self.proven {
            return;
        }
        if !self.guessed(opened) {
            let (slot, cache) = (slot(&self.hash), ctx.platform.cache.clone());
            let bytes = opened.raw.clone();
            let put = async move { drop(cache.put(&slot, bytes, KEPT).await) };
            ctx.platform.spawn.spawn(put.boxed());
        }
        let mut memory = MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
        memory.retain(|(hash, _)| *hash != self.hash);
        memory.truncate(REMEMBERED - 1);
        memory.push_front((self.hash.clone(), opened.clone()));
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
    format!("app-by-key/{hash}")
}

fn recall(hash: &str) -> Option<Arc<Opened>> {
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
