//! What every use case is given.

use std::sync::Arc;

use model::Models;
use ports::{Platform, Scope, Timestamp};

use crate::{
    requests,
    telemetry::{self, Telemetry},
};

/// The ports and the models of this installation. Cloning is cheap.
#[derive(Clone)]
pub struct Context {
    /// The runtime.
    pub platform: Platform,
    /// Models inside the process, and dialects for those outside.
    pub models: Arc<Models>,
    /// What is told of answers and runs when they have ended.
    pub(crate) telemetry: Arc<Telemetry>,
    /// What models were asked, as long as it is not written.
    pub(crate) requests: Arc<requests::Buffer>,
}

impl Context {
    /// Everything a use case needs.
    pub fn new(platform: Platform, models: Models) -> Self {
        Self {
            platform,
            models: Arc::new(models),
            telemetry: telemetry::new(),
            requests: Arc::default(),
        }
    }

    /// What belongs to a tenant (a workspace).
    pub fn tenant(&self, id: &str) -> Scope {
        Scope::tenant(&self.platform, id)
    }

    /// What belongs to the installation.
    pub fn system(&self) -> Scope {
        Scope::system(&self.platform)
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.platform.clock.now()
    }

    /// A new random id.
    pub fn uuid(&self) -> String {
        ports::uuid(self.platform.entropy.as_ref())
    }

    /// `length` random letters and digits.
    pub fn token(&self, length: usize) -> String {
        ports::token(self.platform.entropy.as_ref(), length)
    }
}
