//! What an app is kept from hearing and saying, in the order of a chat.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::screen::Screens;
use crate::{
    Context, Result,
    apps::{App, ModelConfig},
    moderation::{Input, Moderator, Output, Rules},
    provider::Providers,
};

/// The safety of one answer.
pub(super) struct Safety {
    moderator: Option<Arc<Moderator>>,
}

impl Safety {
    pub(super) async fn new(
        ctx: &Context,
        app: &App,
        config: &ModelConfig,
        providers: &Providers,
    ) -> Result<Self> {
        let moderator = match Rules::parse(&config.sensitive_word_avoidance)? {
            Some(rules) => {
                let made = Moderator::new(ctx, &app.tenant_id, &app.id, rules, providers);
                Some(Arc::new(made.await?))
            }
            None => None,
        };
        Ok(Self { moderator })
    }

    /// What comes of a question.
    pub(super) async fn input(&self, inputs: &Map<String, Value>, query: &str) -> Result<Input> {
        match &self.moderator {
            Some(moderator) => moderator.input(inputs, query).await,
            None => Ok(Input::Pass),
        }
    }

    /// What looks at the answer.
    pub(super) fn screens(&self) -> Screens {
        Screens {
            moderation: self.moderator.clone().and_then(Output::new),
        }
    }
}

/// Whether a question may be searched for before it is judged: not when somebody else might rewrite it first, because
/// what they take out must reach nobody.
pub(super) fn may_begin_early(config: &ModelConfig) -> bool {
    match Rules::parse(&config.sensitive_word_avoidance) {
        Ok(Some(rules)) => !(rules.is_remote() && rules.input.is_some()),
        Ok(None) => true,
        Err(_) => false,
    }
}
