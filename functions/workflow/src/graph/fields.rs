//! Reading a node's fields: tolerant of what is missing, strict about what is wrong, and always naming the place.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::{Error, Result, Type};

/// A part of a node's data, with its path.
#[derive(Clone)]
pub(crate) struct Fields<'a> {
    pub(crate) node: &'a Arc<str>,
    json: &'a Json,
    path: String,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(node: &'a Arc<str>, json: &'a Json) -> Self {
        Self {
            node,
            json,
            path: String::new(),
        }
    }

    pub(crate) fn json(&self) -> &'a Json {
        self.json
    }

    /// The path of a field in here.
    pub(crate) fn path(&self, name: &str) -> String {
        match (self.path.as_str(), name) {
            ("", name) => name.to_owned(),
            (path, "") => path.to_owned(),
            (path, name) => format!("{path}.{name}"),
        }
    }

    pub(crate) fn wrong(&self, name: &str, message: impl Into<String>) -> Error {
        Error::field(self.node, self.path(name), message)
    }

    /// The raw field, or all of this with an empty name; null counts as missing.
    pub(crate) fn raw(&self, name: &str) -> Option<&'a Json> {
        let json = if name.is_empty() {
            Some(self.json)
        } else {
            self.json.get(name)
        };
        json.filter(|json| !json.is_null())
    }

    /// A nested object; an empty one when missing.
    pub(crate) fn part(&self, name: &str) -> Fields<'a> {
        static NULL: Json = Json::Null;
        Fields {
            node: self.node,
            json: self.json.get(name).unwrap_or(&NULL),
            path: self.path(name),
        }
    }

    /// The items of a list; none when missing.
    pub(crate) fn items(&self, name: &str) -> Result<Vec<Fields<'a>>> {
        match self.raw(name) {
            None => Ok(Vec::new()),
            Some(Json::Array(items)) => Ok(items
                .iter()
                .enumerate()
                .map(|(index, json)| Fields {
                    node: self.node,
                    json,
                    path: format!("{}[{index}]", self.path(name)),
                })
                .collect()),
            Some(other) => Err(self.wrong(name, format!("must be a list, is {}", kind(other)))),
        }
    }

    /// Text; numbers and booleans as their text, because hand-written files forget the quotes.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>> {
        match self.raw(name) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text.clone())),
            Some(Json::Number(number)) => Ok(Some(number.to_string())),
            Some(Json::Bool(value)) => Ok(Some(value.to_string())),
            Some(other) => Err(self.wrong(name, format!("must be text, is {}", kind(other)))),
        }
    }

    pub(crate) fn text_or(&self, name: &str, default: &str) -> Result<String> {
        Ok(self.text(name)?.unwrap_or_else(|| default.to_owned()))
    }

    pub(crate) fn required(&self, name: &str) -> Result<String> {
        self.text(name)?
            .filter(|text| !text.is_empty())
            .ok_or_else(|| self.wrong(name, "is missing"))
    }

    pub(crate) fn flag(&self, name: &str, default: bool) -> Result<bool> {
        match self.raw(name) {
            None => Ok(default),
            Some(Json::Bool(value)) => Ok(*value),
            Some(Json::String(text)) if text == "true" => Ok(true),
            Some(Json::String(text)) if text == "false" || text.is_empty() => Ok(false),
            Some(other) => {
                Err(self.wrong(name, format!("must be true or false, is {}", kind(other))))
            }
        }
    }

    /// A whole number of at least zero.
    pub(crate) fn count(&self, name: &str) -> Result<Option<u64>> {
        let number = match self.raw(name) {
            None => return Ok(None),
            Some(Json::Number(number)) => number.as_u64().or_else(|| {
                number
                    .as_f64()
                    .filter(|number| number.fract() == 0.0 && *number >= 0.0)
                    .map(|number| number as u64)
            }),
            Some(Json::String(text)) if text.trim().is_empty() => return Ok(None),
            Some(Json::String(text)) => text.trim().parse().ok(),
            Some(_) => None,
        };
        number
            .map(Some)
            .ok_or_else(|| self.wrong(name, "must be a whole number of 0 or more"))
    }

    /// A list of words: how selectors are written. Empty when missing.
    pub(crate) fn words(&self, name: &str) -> Result<Vec<String>> {
        let mut words = Vec::new();
        for item in self.items(name)? {
            match item.json {
                Json::String(text) => words.push(text.clone()),
                Json::Number(number) => words.push(number.to_string()),
                other => return Err(item.wrong("", format!("must be text, is {}", kind(other)))),
            }
        }
        Ok(words)
    }

    /// A type's name.
    pub(crate) fn type_of(&self, name: &str, default: Type) -> Result<Type> {
        match self.text(name)? {
            None => Ok(default),
            Some(text) => {
                Type::parse(&text).ok_or_else(|| self.wrong(name, format!("`{text}` is no type")))
            }
        }
    }
}

fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a truth value",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_name_their_place() {
        let node: Arc<str> = "n".into();
        let data = json!({"a": {"b": [{"c": []}]}, "n": "7", "t": 5, "none": null, "w": ["x", 1]});
        let fields = Fields::new(&node, &data);
        let inner = fields.part("a").items("b").expect("a list");
        let error = inner[0].text("c").expect_err("a list is no text");
        assert_eq!(
            error.to_string(),
            "node `n`, field `a.b[0].c`: must be text, is a list"
        );
        assert_eq!(fields.count("n").expect("a number"), Some(7));
        assert_eq!(fields.text("t").expect("text").as_deref(), Some("5"));
        assert_eq!(fields.text("none").expect("nothing"), None);
        assert_eq!(fields.words("w").expect("words"), ["x", "1"]);
        assert_eq!(fields.required("none").expect_err("missing").field, "none");
        assert!(
            fields
                .part("nowhere")
                .items("x")
                .expect("nothing")
                .is_empty()
        );
    }
}
