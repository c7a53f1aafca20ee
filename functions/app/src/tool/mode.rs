//! `agent_mode`: the tools of an `agent-chat` app, and how it uses them.

use agent::Strategy;
use model::LlmInfo;
use serde_json::{Map, Value};

use super::Named;
use crate::{Error, Result};

/// Rounds of an app that does not say how many, and most of any.
const ROUNDS: u32 = 10;
const MOST_ROUNDS: u32 = 99;

/// Most tools of an app.
const TOOLS: usize = 100;

/// Words for a strategy; the last two are of old apps that choose a dataset.
const STRATEGIES: [&str; 5] = ["function_call", "react", "cot", "router", "react_router"];

/// What an app says.
pub(crate) struct AgentMode {
    strategy: String,
    /// Rounds with tools, 1 to 99.
    pub(crate) max_rounds: u32,
    /// Of ReAct: in place of the usual words.
    pub(crate) prompt: Option<String>,
    /// Those that are switched on.
    pub(crate) tools: Vec<Named>,
}

impl AgentMode {
    /// Reads it as files hold it: what is of the wrong type counts as missing.
    pub(crate) fn parse(mode: &Map<String, Value>) -> Self {
        let rounds = mode.get("max_iteration").and_then(Value::as_u64);
        let prompt = mode
            .get("prompt")
            .and_then(|prompt| prompt.get("first_prompt"));
        let entries = mode.get("tools").and_then(Value::as_array);
        Self {
            strategy: mode
                .get("strategy")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            max_rounds: rounds.map_or(ROUNDS, |rounds| rounds.clamp(1, 99) as u32),
            prompt: prompt.and_then(Value::as_str).map(str::to_owned),
            tools: entries.into_iter().flatten().filter_map(named).collect(),
        }
    }

    /// How this model is asked. One without functions is asked in words, whatever the app says.
    pub(crate) fn strategy(&self, info: &LlmInfo) -> Strategy {
        match self.strategy.as_str() {
            "react" | "cot" => Strategy::React,
            _ if info.tools => Strategy::FunctionCall,
            _ => Strategy::React,
        }
    }
}

/// A tool of the list. Very old files have other forms: datasets, which are found elsewhere, and the time.
fn named(entry: &Value) -> Option<Named> {
    let is_on = |entry: &Value| entry.get("enabled") == Some(&Value::Bool(true));
    if entry.get("current_datetime").is_some_and(is_on) {
        return Some(Named {
            provider_type: "builtin".to_owned(),
            provider_id: "time".to_owned(),
            tool_name: "current_time".to_owned(),
            ..Named::default()
        });
    }
    let is_one = is_on(entry) && entry.get("tool_name").is_some();
    is_one.then(|| Named::of(entry))
}

/// Checks what somebody saves: a wrong field is named.
pub(crate) fn check(config: &Map<String, Value>) -> Result<()> {
    let wrong = |field: String, what: &str| {
        let message = format!("{field} must be {what}");
        Err(Error::invalid(field, message))
    };
    let mode = match config.get("agent_mode") {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Object(mode)) => mode,
        Some(_) => return wrong("agent_mode".to_owned(), "an object"),
    };
    let given = |key: &str| mode.get(key).filter(|value| !value.is_null());
    let of = |key: &str| format!("agent_mode.{key}");
    if given("enabled").is_some_and(|value| !value.is_boolean()) {
        return wrong(of("enabled"), "true or false");
    }
    if let Some(strategy) = given("strategy") {
        let known = strategy.as_str().is_some_and(|it| STRATEGIES.contains(&it));
        if !known && strategy.as_str() != Some("") {
            return wrong(of("strategy"), "function_call, react or null");
        }
    }
    if let Some(rounds) = given("max_iteration") {
        let fits = rounds
            .as_u64()
            .is_some_and(|it| (1..=u64::from(MOST_ROUNDS)).contains(&it));
        if !fits {
            return wrong(of("max_iteration"), "a whole number from 1 to 99");
        }
    }
    if let Some(prompt) = given("prompt") {
        let Some(prompt) = prompt.as_object() else {
            return wrong(of("prompt"), "an object");
        };
        for key in ["first_prompt", "next_iteration"] {
            let text = prompt.get(key).filter(|value| !value.is_null());
            if text.is_some_and(|value| !value.is_string()) {
                return wrong(of(&format!("prompt.{key}")), "a text");
            }
        }
    }
    let tools = match given("tools") {
        None => return Ok(()),
        Some(Value::Array(tools)) if tools.len() <= TOOLS => tools,
        Some(_) => return wrong(of("tools"), "a list of at most 100 tools"),
    };
    for (place, tool) in tools.iter().enumerate() {
        let of = |key: &str| format!("agent_mode.tools[{place}]{key}");
        let Some(tool) = tool.as_object() else {
            return wrong(of(""), "an object");
        };
        for key in ["provider_type", "provider_id", "provider_name", "tool_name"] {
            let text = tool.get(key).filter(|value| !value.is_null());
            if text.is_some_and(|value| !value.is_string()) {
                return wrong(of(&format!(".{key}")), "a text");
            }
        }
        let values = tool.get("tool_parameters");
        if values.is_some_and(|value| !value.is_object() && !value.is_null()) {
            return wrong(of(".tool_parameters"), "an object");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_files_hold_is_read() {
        let mode = json!({
            "enabled": true, "strategy": "react", "max_iteration": 500, "prompt": {"first_prompt": "p"},
            "tools": [
                {"current_datetime": {"enabled": true}},
                {"dataset": {"enabled": true, "id": "d"}},
                {"enabled": false, "provider_id": "maths", "tool_name": "eval_expression"},
                {"enabled": true, "provider_type": "builtin", "provider_id": "webscraper", "tool_name": "webscraper",
                 "tool_parameters": {"user_agent": "x"}},
                7,
            ],
        });
        let mode = AgentMode::parse(mode.as_object().unwrap());
        assert_eq!((mode.max_rounds, mode.prompt.as_deref()), (99, Some("p")));
        let names: Vec<&str> = mode.tools.iter().map(|it| it.tool_name.as_str()).collect();
        assert_eq!(names, ["current_time", "webscraper"]);
        assert_eq!(mode.tools[1].values["user_agent"], "x");
        let none = AgentMode::parse(&Map::new());
        assert_eq!((none.max_rounds, none.tools.len()), (10, 0));
    }

    #[test]
    fn a_wrong_field_is_named() {
        for (mode, expect) in [
            (json!(null), None),
            (json!({}), None),
            (
                json!({"enabled": false, "strategy": null, "tools": [], "prompt": null}),
                None,
            ),
            (
                json!({"strategy": "function_call", "max_iteration": 99, "tools": [{"dataset": {"id": "d"}}]}),
                None,
            ),
            (json!([]), Some("agent_mode")),
            (json!({"enabled": 1}), Some("agent_mode.enabled")),
            (json!({"strategy": "magic"}), Some("agent_mode.strategy")),
            (
                json!({"max_iteration": 0}),
                Some("agent_mode.max_iteration"),
            ),
            (
                json!({"max_iteration": "5"}),
                Some("agent_mode.max_iteration"),
            ),
            (json!({"prompt": "p"}), Some("agent_mode.prompt")),
            (
                json!({"prompt": {"first_prompt": 1}}),
                Some("agent_mode.prompt.first_prompt"),
            ),
            (json!({"tools": {}}), Some("agent_mode.tools")),
            (json!({"tools": [{}, 1]}), Some("agent_mode.tools[1]")),
            (
                json!({"tools": [{"tool_name": 1}]}),
                Some("agent_mode.tools[0].tool_name"),
            ),
            (
                json!({"tools": [{"tool_parameters": []}]}),
                Some("agent_mode.tools[0].tool_parameters"),
            ),
        ] {
            let config = json!({"agent_mode": mode});
            let outcome = check(config.as_object().unwrap()).err();
            let param = outcome.and_then(|error| error.param().map(str::to_owned));
            assert_eq!(param.as_deref(), expect, "{mode}");
        }
    }
}
