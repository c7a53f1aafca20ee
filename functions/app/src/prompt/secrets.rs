//! What an app's prompt says in words of its own: what a guard keeps.

use serde_json::{Map, Value};

use super::template;
use crate::apps::ModelConfig;

/// A longer value was written by whoever asks: an answer may quote it.
const VALUE_CHARS: usize = 40;

/// Stands for what is no word of the app's.
const GAP: char = '\0';

/// The texts of the templates that the prompt is made of, with short inputs in place, and cut where longer ones,
/// passages, the question or the history stand.
pub(crate) fn secrets(config: &ModelConfig, inputs: &Map<String, Value>) -> Vec<String> {
    let prompts = [&config.chat_prompt_config, &config.completion_prompt_config];
    let prompts = prompts
        .into_iter()
        .filter_map(|prompt| prompt.get("prompt"));
    let entries = prompts.flat_map(|prompt| match prompt {
        Value::Array(entries) => entries.iter().collect(),
        one => vec![one],
    });
    let texts = entries.filter_map(|entry| entry.get("text")?.as_str());
    let templates = [config.pre_prompt.as_str()].into_iter().chain(texts);
    let parts = templates.flat_map(|template| parts(template, inputs));
    parts.collect()
}

fn parts(template: &str, inputs: &Map<String, Value>) -> Vec<String> {
    let words = template::render(template, |name| {
        let value = inputs.get(name).map(template::text);
        let value = value.filter(|value| value.chars().count() <= VALUE_CHARS);
        Some(value.unwrap_or_else(|| GAP.to_string()))
    });
    let parts = words.split(GAP).map(str::trim);
    let parts = parts.filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_of_the_app() {
        let check = |config: Value, expect: &[&str]| {
            let config = ModelConfig::parse(&config).unwrap();
            let inputs = json!({"name": "Ada", "essay": "long ".repeat(20)});
            let found = secrets(&config, inputs.as_object().unwrap());
            assert_eq!(found, expect);
        };
        check(json!({}), &[]);
        check(
            json!({"pre_prompt": "Serve {{name}}. Judge {{essay}} fairly. {{#context#}}"}),
            &["Serve Ada. Judge", "fairly."],
        );
        check(
            json!({"pre_prompt": "Old.", "chat_prompt_config": {"prompt": [
                {"role": "system", "text": "Be kind."}, {"role": "user", "text": "Q: {{#query#}}"}]}}),
            &["Old.", "Be kind.", "Q:"],
        );
        check(
            json!({"completion_prompt_config": {"prompt": {"text": "Say {{unknown}} now."}}}),
            &["Say", "now."],
        );
    }
}
