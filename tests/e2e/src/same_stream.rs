//! Streams that differ from run to run only in ids and times, made the same.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// What differs, by the text that it is in one stream.
#[derive(Default)]
struct Names {
    known: BTreeMap<String, String>,
}

impl Names {
    /// The same thing has the same name throughout a stream.
    fn of(&mut self, kind: &str, text: &str) -> String {
        let count = self
            .known
            .values()
            .filter(|name| name.starts_with(&format!("<{kind} ")))
            .count();
        let name = format!("<{kind} {}>", count + 1);
        self.known.entry(text.to_owned()).or_insert(name).clone()
    }

    fn replace(&mut self, key: &str, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (key, value) in fields.iter_mut() {
                    self.replace(key, value);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.replace(key, item)),
            Value::String(text) if is_uuid(text) => *value = json!(self.of("id", text)),
            Value::String(text) if key == "form_token" => *value = json!(self.of("token", text)),
            Value::Number(_) if is_time(key) => *value = json!("<time>"),
            _ => {}
        }
    }
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<usize> = text.split('-').map(str::len).collect();
    let digits = text
        .chars()
        .all(|char| char == '-' || char.is_ascii_hexdigit());
    parts == [8, 4, 4, 4, 12] && digits
}

fn is_time(key: &str) -> bool {
    let exact = [
        "created_at",
        "finished_at",
        "expiration_time",
        "sys.timestamp",
        "timestamp",
        "elapsed_time",
        "latency",
        "time_to_first_token",
        "time_to_generate",
    ];
    exact.contains(&key)
}

/// One line for each event.
pub fn lines(events: &[Value]) -> String {
    let mut names = Names::default();
    let mut text = String::new();
    for event in events {
        let mut event = event.clone();
        names.replace("", &mut event);
        // Seconds of each round, by its number.
        for place in ["iteration_duration_map", "loop_duration_map"] {
            let map = event.pointer_mut(&format!("/data/execution_metadata/{place}"));
            for (_, value) in map.and_then(Value::as_object_mut).into_iter().flatten() {
                *value = json!("<time>");
            }
        }
        text.push_str(&event.to_string());
        text.push('\n');
    }
    text
}
