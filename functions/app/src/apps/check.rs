//! What an editor may save: a wrong field is named. Files are taken as they are, because others made them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::ModelConfig;
use crate::{Error, Result};

/// Longest name of a variable, in characters.
const NAME: usize = 100;

/// Longest texts, in characters.
const PROMPT: usize = 200_000;
const OPENING: usize = 10_000;

/// Most suggested questions, and the longest, in characters.
const QUESTIONS: usize = 10;
const QUESTION: usize = 500;

/// Most passages of a search.
const TOP_K: f64 = 100.0;

/// Kinds of variables.
const KINDS: [&str; 10] = [
    "text-input",
    "paragraph",
    "select",
    "number",
    "checkbox",
    "file",
    "file-list",
    "json_object",
    "json",
    "external_data_tool",
];

/// Parameters with a range that every provider keeps.
const RANGES: [(&str, f64, f64); 5] = [
    ("temperature", 0.0, 2.0),
    ("top_p", 0.0, 1.0),
    ("presence_penalty", -2.0, 2.0),
    ("frequency_penalty", -2.0, 2.0),
    ("max_tokens", 1.0, 10_000_000.0),
];

/// Checks what somebody saves or tries out.
pub fn check(value: &Value) -> Result<()> {
    let wrong = |why: String| Error::invalid("model_config", why);
    let Some(fields) = value.as_object() else {
        return Err(wrong("model_config must be an object".to_owned()));
    };
    let config = ModelConfig::parse(value).map_err(|error| wrong(error.to_string()))?;
    texts(fields)?;
    parameters(value)?;
    form(fields)?;
    retrieval(fields)?;
    #[cfg(feature = "agents")]
    crate::tool::check(fields)?;
    crate::moderation::check(&config.sensitive_word_avoidance)?;
    crate::guard::check(&config.prompt_guard)
}

/// A field that is there, and not null.
fn given<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    fields.get(name).filter(|value| !value.is_null())
}

fn texts(fields: &Map<String, Value>) -> Result<()> {
    for (name, longest) in [("pre_prompt", PROMPT), ("opening_statement", OPENING)] {
        let Some(value) = given(fields, name) else {
            continue;
        };
        let wrong = || Error::invalid(name, format!("{name} must be a text"));
        let length = value.as_str().ok_or_else(wrong)?.chars().count();
        if length > longest {
            let message = format!("{name} has {length} characters, and {longest} are allowed");
            return Err(Error::invalid(name, message));
        }
    }
    let Some(questions) = given(fields, "suggested_questions") else {
        return Ok(());
    };
    let name = "suggested_questions";
    let wrong = || Error::invalid(name, format!("{name} must be a list of texts"));
    let questions = questions.as_array().ok_or_else(wrong)?;
    if questions.len() > QUESTIONS {
        let message = format!("at most {QUESTIONS} suggested questions");
        return Err(Error::invalid(name, message));
    }
    for question in questions {
        if question.as_str().ok_or_else(wrong)?.chars().count() > QUESTION {
            let message = format!("a suggested question has at most {QUESTION} characters");
            return Err(Error::invalid(name, message));
        }
    }
    Ok(())
}

fn parameters(value: &Value) -> Result<()> {
    let Some(parameters) = value.pointer("/model/completion_params") else {
        return Ok(());
    };
    let name = "model.completion_params";
    if parameters.is_null() {
        return Ok(());
    }
    let Some(parameters) = parameters.as_object() else {
        return Err(Error::invalid(name, format!("{name} must be an object")));
    };
    for (key, least, most) in RANGES {
        let Some(value) = given(parameters, key) else {
            continue;
        };
        let fits = value
            .as_f64()
            .is_some_and(|number| (least..=most).contains(&number));
        if !fits {
            let message = format!("{key} must be a number from {least} to {most}");
            return Err(Error::invalid(format!("{name}.{key}"), message));
        }
    }
    if let Some(stop) = given(parameters, "stop") {
        let texts = stop
            .as_array()
            .is_some_and(|all| all.iter().all(Value::is_string));
        if !texts {
            let message = "stop must be a list of texts";
            return Err(Error::invalid(format!("{name}.stop"), message));
        }
    }
    Ok(())
}

fn form(fields: &Map<String, Value>) -> Result<()> {
    let refuse = |message: String| Err(Error::invalid("user_input_form", message));
    let entries = match given(fields, "user_input_form") {
        Some(Value::Array(entries)) => entries,
        // Very old apps have a text of a list.
        None | Some(Value::String(_)) => return Ok(()),
        Some(_) => return refuse("user_input_form must be a list".to_owned()),
    };
    let mut names = BTreeSet::new();
    for entry in entries {
        let entry = entry.as_object().and_then(|entry| entry.iter().next());
        let Some((kind, Value::Object(inner))) = entry else {
            return refuse("each variable must be an object of its type".to_owned());
        };
        if !KINDS.contains(&kind.as_str()) {
            return refuse(format!("{kind} is no type of a variable"));
        }
        let name = inner
            .get("variable")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_');
        let digit = name.starts_with(|c: char| c.is_numeric());
        if name.is_empty() || digit || !plain || name.chars().count() > NAME {
            return refuse(format!(
                "`{name}` is no name of a variable: letters, digits and _, no digit first, at most {NAME}"
            ));
        }
        if !names.insert(name) {
            return refuse(format!("there are two variables called {name}"));
        }
        let options = inner.get("options").and_then(Value::as_array);
        let options = options.map(Vec::as_slice).unwrap_or_default();
        if kind == "select" && options.is_empty() {
            return refuse(format!("{name} needs options to select from"));
        }
        let default = given(inner, "default").filter(|value| value.as_str() != Some(""));
        if let (true, Some(default)) = (kind == "select", default)
            && !options.contains(default)
        {
            return refuse(format!("the default of {name} is none of its options"));
        }
    }
    Ok(())
}

fn retrieval(fields: &Map<String, Value>) -> Result<()> {
    let Some(Value::Object(retrieval)) = given(fields, "dataset_configs") else {
        return Ok(());
    };
    for (key, least, most) in [("top_k", 1.0, TOP_K), ("score_threshold", 0.0, 1.0)] {
        let Some(value) = given(retrieval, key) else {
            continue;
        };
        let fits = value
            .as_f64()
            .is_some_and(|number| (least..=most).contains(&number));
        if !fits {
            let message = format!("{key} must be a number from {least} to {most}");
            return Err(Error::invalid(format!("dataset_configs.{key}"), message));
        }
    }
    let modes = ["disabled", "automatic", "manual"];
    let mode = given(retrieval, "metadata_filtering_mode");
    if mode.is_some_and(|mode| !mode.as_str().is_some_and(|mode| modes.contains(&mode))) {
        let message = "metadata_filtering_mode must be one of disabled, automatic, manual";
        return Err(Error::invalid(
            "dataset_configs.metadata_filtering_mode",
            message,
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_wrong_field_is_named() {
        let param = |config: Value| {
            let outcome = check(&config).err();
            outcome.and_then(|error| error.param().map(str::to_owned))
        };
        let text = |inner: Value| json!({ "user_input_form": [{ "text-input": inner }] });
        let select = |inner: Value| json!({ "user_input_form": [{ "select": inner }] });
        let params = |inner: Value| json!({ "model": { "completion_params": inner } });
        for good in [
            json!({}),
            json!({ "pre_prompt": null, "suggested_questions": ["a"], "dataset_configs": { "top_k": 4 } }),
            text(json!({ "variable": "name_2" })),
            text(json!({ "variable": "名字" })),
            select(json!({ "variable": "v", "options": ["a"], "default": "" })),
            params(json!({ "temperature": 2, "odd": "x", "stop": ["x"] })),
        ] {
            assert_eq!(param(good.clone()), None, "{good}");
        }
        let form = Some("user_input_form");
        for (config, expect) in [
            (json!([]), Some("model_config")),
            (json!({ "pre_prompt": 1 }), Some("pre_prompt")),
            (
                json!({ "opening_statement": "x".repeat(OPENING + 1) }),
                Some("opening_statement"),
            ),
            (
                json!({ "suggested_questions": [1] }),
                Some("suggested_questions"),
            ),
            (
                json!({ "suggested_questions": vec!["x"; 11] }),
                Some("suggested_questions"),
            ),
            (
                params(json!({ "temperature": 3 })),
                Some("model.completion_params.temperature"),
            ),
            (
                params(json!({ "top_p": "x" })),
                Some("model.completion_params.top_p"),
            ),
            (
                params(json!({ "stop": "x" })),
                Some("model.completion_params.stop"),
            ),
            (params(json!([])), Some("model.completion_params")),
            (json!({ "user_input_form": {} }), form),
            (
                json!({ "user_input_form": [{ "odd": { "variable": "v" } }] }),
                form,
            ),
            (text(json!({ "variable": "" })), form),
            (text(json!({ "variable": "2a" })), form),
            (text(json!({ "variable": "a b" })), form),
            (
                json!({ "user_input_form": [{ "number": { "variable": "v" } }, { "number": { "variable": "v" } }] }),
                form,
            ),
            (select(json!({ "variable": "v", "options": [] })), form),
            (
                select(json!({ "variable": "v", "options": ["a"], "default": "b" })),
                form,
            ),
            (
                json!({ "dataset_configs": { "top_k": 0 } }),
                Some("dataset_configs.top_k"),
            ),
            (
                json!({ "dataset_configs": { "metadata_filtering_mode": "sometimes" } }),
                Some("dataset_configs.metadata_filtering_mode"),
            ),
            (
                json!({ "dataset_configs": { "score_threshold": 2 } }),
                Some("dataset_configs.score_threshold"),
            ),
            (
                json!({ "sensitive_word_avoidance": { "enabled": true, "type": "keywords", "config": { "inputs_config": { "enabled": true } } } }),
                Some("sensitive_word_avoidance"),
            ),
        ] {
            assert_eq!(param(config.clone()).as_deref(), expect, "{config}");
        }
    }
}
