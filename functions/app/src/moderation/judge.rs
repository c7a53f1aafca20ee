//! Who judges, and what comes of it.

use std::{sync::Arc, time::Duration};

use ports::{Clock, timeout};
use serde_json::{Map, Value, json};

use super::{By, Rules, Side, keywords::Keywords};
use crate::{Context, Error, Kind, Result, extension, prompt::template, provider::Providers};

/// For one judgement.
const LIMIT: Duration = Duration::from_secs(60);

/// An app's moderation, ready to judge.
pub(crate) struct Moderator {
    app_id: String,
    pub(super) judge: Judge,
    input: Option<Side>,
    pub(super) output: Option<Side>,
    fails_open: bool,
    clock: Arc<dyn Clock>,
}

pub(super) enum Judge {
    Keywords(Keywords),
    Provider(Arc<dyn model::Moderator>),
    Extension(Box<extension::Client>),
    /// It could not be reached when it was looked for: the reason.
    Missing(String),
}

/// What comes of a question.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Input {
    /// It is asked as it is.
    Pass,
    /// It is not asked; this is the answer.
    Answer(String),
    /// This is asked instead.
    Override {
        inputs: Map<String, Value>,
        query: String,
    },
}

/// What an extension says of a text.
enum Opinion {
    Fine,
    Instead(String),
    Rewritten(Value),
}

impl Moderator {
    /// Finds whoever judges for an app.
    pub(crate) async fn new(
        ctx: &Context,
        tenant_id: &str,
        app_id: &str,
        rules: Rules,
        providers: &Providers,
    ) -> Result<Self> {
        let judge = match &rules.by {
            By::Keywords(words) => Ok(Judge::Keywords(Keywords::new(words))),
            By::Provider { provider, model } => {
                let found = providers.moderator(provider, model).await;
                found.map(Judge::Provider)
            }
            By::Extension(id) => {
                let found = extension::client(ctx, tenant_id, id).await;
                found.map(|client| Judge::Extension(Box::new(client)))
            }
        };
        let judge = match judge {
            Ok(judge) => judge,
            Err(error) if rules.fails_open => Judge::Missing(error.message().to_owned()),
            Err(error) => return Err(closed(&error)),
        };
        Ok(Self {
            app_id: app_id.to_owned(),
            judge,
            input: rules.input,
            output: rules.output,
            fails_open: rules.fails_open,
            clock: ctx.platform.clock.clone(),
        })
    }

    /// Judges a question and the inputs that come with it.
    pub(crate) async fn input(&self, inputs: &Map<String, Value>, query: &str) -> Result<Input> {
        let Some(side) = &self.input else {
            return Ok(Input::Pass);
        };
        let texts = inputs
            .values()
            .map(template::text)
            .chain([query.to_owned()]);
        let all = texts.collect::<Vec<_>>().join("\n");
        let params = json!({ "app_id": self.app_id, "inputs": inputs, "query": query });
        match self
            .opinion("app.moderation.input", &all, params, side)
            .await?
        {
            Opinion::Fine => Ok(Input::Pass),
            Opinion::Instead(preset) => Ok(Input::Answer(preset)),
            Opinion::Rewritten(answer) => Ok(Input::Override {
                inputs: match answer.get("inputs").and_then(Value::as_object) {
                    Some(changed) => merged(inputs, changed),
                    None => inputs.clone(),
                },
                query: match answer.get("query").and_then(Value::as_str) {
                    Some(changed) => changed.to_owned(),
                    None => query.to_owned(),
                },
            }),
        }
    }

    /// Judges an answer as far as it is written: what must stand in its place, and whether it may go on.
    pub(super) async fn answer(&self, text: &str) -> Result<Option<(String, bool)>> {
        let Some(side) = &self.output else {
            return Ok(None);
        };
        let params = json!({ "app_id": self.app_id, "text": text });
        Ok(
            match self
                .opinion("app.moderation.output", text, params, side)
                .await?
            {
                Opinion::Fine => None,
                Opinion::Instead(preset) => Some((preset, false)),
                Opinion::Rewritten(answer) => {
                    let changed = answer.get("text").and_then(Value::as_str);
                    Some((changed.unwrap_or(text).to_owned(), true))
                }
            },
        )
    }

    async fn opinion(
        &self,
        point: &str,
        text: &str,
        params: Value,
        side: &Side,
    ) -> Result<Opinion> {
        let judged = timeout(
            self.clock.as_ref(),
            LIMIT,
            self.ask(point, text, params, side),
        );
        match judged.await.map_err(Error::from).and_then(|judged| judged) {
            Ok(opinion) => Ok(opinion),
            Err(error) if self.fails_open => {
                tracing::warn!(%error, app = self.app_id, "a text passed without moderation");
                Ok(Opinion::Fine)
            }
            Err(error) => Err(closed(&error)),
        }
    }

    async fn ask(&self, point: &str, text: &str, params: Value, side: &Side) -> Result<Opinion> {
        let flagged = match &self.judge {
            Judge::Keywords(words) => words.hit(text),
            Judge::Provider(model) => model.moderate(text).await?.flagged,
            Judge::Extension(client) => {
                let answer = client.call(point, params).await?;
                return opinion(client, answer, side);
            }
            Judge::Missing(reason) => {
                return Err(Error::new(Kind::CompletionRequestError, reason.clone()));
            }
        };
        Ok(match flagged {
            true => Opinion::Instead(side.preset.clone()),
            false => Opinion::Fine,
        })
    }
}

fn opinion(client: &extension::Client, answer: Value, side: &Side) -> Result<Opinion> {
    match answer.get("flagged").and_then(Value::as_bool) {
        Some(false) => return Ok(Opinion::Fine),
        Some(true) => {}
        None => return Err(client.failed("the answer does not say whether the text is `flagged`")),
    }
    match answer.get("action").and_then(Value::as_str) {
        Some("direct_output") => {
            let preset = answer.get("preset_response").and_then(Value::as_str);
            let preset = preset.filter(|preset| !preset.is_empty());
            Ok(Opinion::Instead(preset.unwrap_or(&side.preset).to_owned()))
        }
        Some("overridden") => Ok(Opinion::Rewritten(answer)),
        _ => Err(client.failed("the answer's `action` is neither direct_output nor overridden")),
    }
}

/// An extension may leave out what it did not change, and cannot add variables.
fn merged(inputs: &Map<String, Value>, changed: &Map<String, Value>) -> Map<String, Value> {
    let pairs = inputs.iter().map(|(key, value)| {
        let value = changed.get(key).unwrap_or(value);
        (key.clone(), value.clone())
    });
    pairs.collect()
}

fn closed(error: &Error) -> Error {
    let message = format!("The moderation of this app failed, so nothing is answered. {error}");
    let kind = match error.kind() {
        Kind::ProviderNotInitialize | Kind::ProviderQuotaExceeded => error.kind(),
        _ => Kind::CompletionRequestError,
    };
    Error::new(kind, message)
}
