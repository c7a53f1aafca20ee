//! Moderation: what an app neither hears nor says (`sensitive_word_avoidance`).
//!
//! [`Rules`] is what a configuration says, [`Moderator`] what judges by it: words, a provider's model, or an extension
//! of the workspace. [`Output`] looks at an answer while it is written; nothing of it is shown before it has passed.

mod judge;
mod keywords;
mod output;

pub(crate) use judge::{Input, Moderator};
pub(crate) use output::Output;

use serde_json::{Map, Value};

use crate::{Error, Kind, Result, apps::Feature};

/// Longest prepared answer that a console takes, in characters.
const PRESET_CHARS: usize = 100;
/// Most words, and the longest list of them in characters.
const KEYWORD_ROWS: usize = 100;
const KEYWORD_CHARS: usize = 10_000;

/// Whom a provider's moderation asks, where the app does not say.
const PROVIDER: &str = "openai";
const MODEL: &str = "omni-moderation-latest";

/// What an app says about moderation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// By what.
    pub by: By,
    /// Of questions and inputs; `None`: not.
    pub input: Option<Side>,
    /// Of answers; `None`: not.
    pub output: Option<Side>,
    /// What cannot be judged passes, instead of failing.
    pub fails_open: bool,
}

/// Who judges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// Words that must not occur, in any case.
    Keywords(Vec<String>),
    /// A provider's moderation model.
    Provider {
        /// Bare.
        provider: String,
        /// As the provider names it.
        model: String,
    },
    /// An extension of the workspace, by its id.
    Extension(String),
}

/// What is said instead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Side {
    /// The prepared answer; an extension brings its own.
    pub preset: String,
}

impl Rules {
    /// Reads them; `None` when moderation is off. `AppUnavailable` if they cannot be followed: an app whose
    /// moderation is broken does not answer without it.
    pub fn parse(feature: &Feature) -> Result<Option<Self>> {
        if !feature.enabled {
            return Ok(None);
        }
        let broken = |what: &str| {
            let message = format!("The app's moderation is broken: {what}");
            Err(Error::new(Kind::AppUnavailable, message))
        };
        // Old files say `configs`.
        let settings = &feature.settings;
        let config = settings.get("config").or_else(|| settings.get("configs"));
        let none = Map::new();
        let config = config.and_then(Value::as_object).unwrap_or(&none);
        let text = |key: &str| config.get(key).and_then(Value::as_str).unwrap_or_default();
        let by = match settings.get("type").and_then(Value::as_str) {
            Some("keywords") => {
                let words = text("keywords").lines().map(str::trim);
                let words = words.filter(|word| !word.is_empty()).map(str::to_owned);
                By::Keywords(words.collect())
            }
            Some("openai_moderation") => {
                let or = |key, default: &str| match text(key) {
                    "" => default.to_owned(),
                    given => given.to_owned(),
                };
                By::Provider {
                    provider: or("provider", PROVIDER),
                    model: or("model", MODEL),
                }
            }
            Some("api") => match text("api_based_extension_id") {
                "" => return broken("config.api_based_extension_id is missing"),
                id => By::Extension(id.to_owned()),
            },
            Some(other) if !other.is_empty() => {
                return broken(&format!(
                    "type must be keywords, openai_moderation or api, not {other}"
                ));
            }
            _ => return broken("type is missing"),
        };
        let (input, output) = (
            side(config, "inputs_config"),
            side(config, "outputs_config"),
        );
        if input.is_none() && output.is_none() {
            return broken("At least one of inputs_config or outputs_config must be enabled");
        }
        let fails_open = match text("on_failure") {
            "" | "closed" => false,
            "open" => true,
            other => {
                return broken(&format!(
                    "config.on_failure must be closed or open, not {other}"
                ));
            }
        };
        Ok(Some(Self {
            by,
            input,
            output,
            fails_open,
        }))
    }

    /// Whether judging takes an exchange with somebody else.
    pub(crate) fn is_remote(&self) -> bool {
        !matches!(self.by, By::Keywords(_))
    }
}

fn side(config: &Map<String, Value>, key: &str) -> Option<Side> {
    let side = config.get(key)?;
    if side.get("enabled").and_then(Value::as_bool) != Some(true) {
        return None;
    }
    let preset = side.get("preset_response").and_then(Value::as_str);
    Some(Side {
        preset: preset.unwrap_or_default().to_owned(),
    })
}

/// Checks what somebody saves; names the field.
pub fn check(feature: &Feature) -> Result<()> {
    let refuse = |what: String| Err(Error::invalid("sensitive_word_avoidance", what));
    let rules = match Rules::parse(feature) {
        Ok(Some(rules)) => rules,
        Ok(None) => return Ok(()),
        Err(error) => return refuse(error.message().to_owned()),
    };
    let sides = [
        ("inputs_config", &rules.input),
        ("outputs_config", &rules.output),
    ];
    for (name, side) in sides {
        let Some(side) = side else { continue };
        if side.preset.trim().is_empty() && !matches!(rules.by, By::Extension(_)) {
            return refuse(format!("{name}.preset_response is required"));
        }
        if side.preset.chars().count() > PRESET_CHARS {
            return refuse(format!(
                "{name}.preset_response must be less than {PRESET_CHARS} characters"
            ));
        }
    }
    if let By::Keywords(words) = &rules.by {
        let chars: usize = words.iter().map(|word| word.chars().count() + 1).sum();
        if words.is_empty() {
            return refuse("keywords is required".to_owned());
        }
        if chars > KEYWORD_CHARS + 1 {
            return refuse(format!(
                "keywords length must be less than {KEYWORD_CHARS} characters"
            ));
        }
        if words.len() > KEYWORD_ROWS {
            return refuse(format!(
                "the number of rows for the keywords must be less than {KEYWORD_ROWS}"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn saved(value: Value) -> Result<(), String> {
        let feature: Feature = serde_json::from_value(value).unwrap();
        check(&feature).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn what_may_be_saved() {
        let check = |change: &dyn Fn(&mut Value), expect: Result<(), &str>| {
            let mut value = json!({"enabled": true, "type": "keywords", "config": {
                "keywords": "bomb\npoison",
                "inputs_config": {"enabled": true, "preset_response": "No."},
                "outputs_config": {"enabled": false}}});
            change(&mut value);
            assert_eq!(
                saved(value.clone()),
                expect.map_err(str::to_owned),
                "{value}"
            );
        };
        check(&|_| {}, Ok(()));
        check(&|value| *value = json!({"enabled": false}), Ok(()));
        check(
            &|value| value["type"] = "magic".into(),
            Err(
                "The app's moderation is broken: type must be keywords, openai_moderation or api, not magic",
            ),
        );
        check(
            &|value| value["config"]["inputs_config"]["enabled"] = false.into(),
            Err(
                "The app's moderation is broken: At least one of inputs_config or outputs_config must be enabled",
            ),
        );
        check(
            &|value| value["config"]["inputs_config"]["preset_response"] = "".into(),
            Err("inputs_config.preset_response is required"),
        );
        check(
            &|value| value["config"]["inputs_config"]["preset_response"] = "é".repeat(101).into(),
            Err("inputs_config.preset_response must be less than 100 characters"),
        );
        check(
            &|value| value["config"]["keywords"] = " \n".into(),
            Err("keywords is required"),
        );
        check(
            &|value| value["config"]["keywords"] = "a\n".repeat(101).into(),
            Err("the number of rows for the keywords must be less than 100"),
        );
        check(
            &|value| value["config"]["keywords"] = "a".repeat(10_001).into(),
            Err("keywords length must be less than 10000 characters"),
        );
        check(
            &|value| value["type"] = "api".into(),
            Err("The app's moderation is broken: config.api_based_extension_id is missing"),
        );
        check(
            &|value| value["config"]["on_failure"] = "sometimes".into(),
            Err(
                "The app's moderation is broken: config.on_failure must be closed or open, not sometimes",
            ),
        );
    }

    #[test]
    fn what_files_say() {
        let rules = |value: Value| {
            let feature: Feature = serde_json::from_value(value).unwrap();
            Rules::parse(&feature).unwrap().unwrap()
        };
        let sides = json!({"enabled": true, "preset_response": "No."});
        // Old files say `configs`.
        let old = rules(json!({"enabled": true, "type": "keywords",
            "configs": {"keywords": " a \r\n\nb", "inputs_config": sides}}));
        assert_eq!(old.by, By::Keywords(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(
            (old.input.unwrap().preset.as_str(), old.output),
            ("No.", None)
        );
        assert!(!old.fails_open);
        let provider = rules(json!({"enabled": true, "type": "openai_moderation",
            "config": {"outputs_config": sides, "on_failure": "open"}}));
        let (name, model) = ("openai".to_owned(), "omni-moderation-latest".to_owned());
        assert_eq!(
            provider.by,
            By::Provider {
                provider: name,
                model
            }
        );
        assert!(provider.fails_open);
    }
}
