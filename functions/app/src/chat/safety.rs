//! What an app is kept from hearing and saying, in the order of a chat.

use std::{borrow::Cow, sync::Arc};

use serde_json::{Map, Value};

use super::screen::Screens;
use crate::{
    Context, Result,
    apps::{App, ModelConfig},
    guard::{self, Secret, Watch},
    moderation::{Input, Moderator, Output, Rules},
    prompt,
    provider::Providers,
};

/// The safety of one answer.
pub(super) struct Safety {
    moderator: Option<Arc<Moderator>>,
    guard: Option<guard::Settings>,
    canary: String,
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
        Ok(Self {
            moderator,
            guard: guard::Settings::parse(&config.prompt_guard)?,
            canary: guard::canary(&app.tenant_id, &app.id),
        })
    }

    /// What comes of a question.
    pub(super) async fn input(&self, inputs: &Map<String, Value>, query: &str) -> Result<Input> {
        match &self.moderator {
            Some(moderator) => moderator.input(inputs, query).await,
            None => Ok(Input::Pass),
        }
    }

    /// What the prompt says above everything else.
    pub(super) fn rules(&self) -> Option<String> {
        let guard = self.guard.as_ref().filter(|guard| guard.rules);
        guard.map(|_| guard::rules(&self.canary))
    }

    /// A passage as it may stand in the prompt.
    pub(super) fn passage<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match &self.guard {
            Some(guard) if guard.rules => Cow::Owned(guard::defused(text)),
            _ => Cow::Borrowed(text),
        }
    }

    /// What looks at the answer to a prompt with these inputs.
    pub(super) fn screens(&self, config: &ModelConfig, inputs: &Map<String, Value>) -> Screens {
        let watched = self.guard.as_ref().filter(|guard| guard.output);
        let guard = watched.map(|settings| {
            let mut texts = prompt::secrets(config, inputs);
            if let Some(rules) = self.rules() {
                texts.extend([rules, self.canary.clone()]);
            }
            Watch::new(Arc::new(Secret::new(settings, &texts)))
        });
        Screens {
            guard,
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
