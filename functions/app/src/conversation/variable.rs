//! What a conversation remembers by name: `v/{id}` in its partition. The graph of a chatflow makes them; the apps of
//! other kinds have none.

use ports::{Range, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Page, get};
use crate::{Context, Error, Kind, Result, end_user::EndUser, keys, store};

/// Where they lie in their conversation's partition.
pub(crate) const VARIABLES: &str = "v/";

/// Records of one read.
const READ: usize = 200;

/// A variable of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variable {
    /// UUID.
    pub id: String,
    /// In prompts and graphs.
    pub name: String,
    /// `string`, `number`, `object`, `secret`, `file`, `boolean`, or `array[...]` of one of them.
    pub value_type: String,
    /// Fits the type.
    pub value: Value,
    /// For people.
    pub description: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last set.
    pub updated_at: Timestamp,
}

impl Variable {
    /// The type as the public API says it: it knows one kind of number.
    pub fn exposed_type(&self) -> &str {
        match self.value_type.as_str() {
            "integer" | "float" => "number",
            other => other,
        }
    }

    /// The value as text; what is no text as JSON.
    pub fn text(&self) -> String {
        match &self.value {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        }
    }
}

/// Makes or replaces a variable.
pub async fn put_variable(scope: &Scope, conversation_id: &str, variable: &Variable) -> Result<()> {
    let partition = keys::conversation(conversation_id);
    store::save(scope, &partition, &key(&variable.id), variable).await?;
    Ok(())
}

/// The variables of an end user's conversation after the one with the id `last`, oldest first; with a name, that one
/// alone.
pub async fn variables(
    scope: &Scope,
    user: &EndUser,
    conversation_id: &str,
    name: Option<&str>,
    last: Option<&str>,
    limit: usize,
) -> Result<Page<Variable>> {
    get(scope, user, conversation_id).await?;
    let partition = keys::conversation(conversation_id);
    let mut all: Vec<Variable> = Vec::new();
    let mut after = None;
    loop {
        let range = Range::prefix(VARIABLES, READ).after(after);
        let records = scope.list(&partition, range).await?;
        for record in &records {
            all.push(store::decode(record)?);
        }
        after = records.last().map(|record| record.key.clone());
        if records.len() < READ {
            break;
        }
    }
    all.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    let skip = match last {
        None => 0,
        Some(last) => {
            let at = all.iter().position(|variable| variable.id == last);
            at.ok_or_else(missing)? + 1
        }
    };
    let mut items: Vec<Variable> = all
        .into_iter()
        .skip(skip)
        .filter(|variable| name.is_none_or(|name| variable.name == name))
        .collect();
    let has_more = items.len() > limit;
    items.truncate(limit);
    Ok(Page { items, has_more })
}

/// Sets a variable to a value of its type.
pub async fn set_variable(
    ctx: &Context,
    scope: &Scope,
    user: &EndUser,
    conversation_id: &str,
    id: &str,
    value: Value,
) -> Result<Variable> {
    get(scope, user, conversation_id).await?;
    let partition = keys::conversation(conversation_id);
    let now = ctx.now();
    let set = |variable: &mut Variable| {
        if !fits(&variable.value_type, &value) {
            let message = format!(
                "Type mismatch: variable '{}' expects {}",
                variable.name,
                variable.exposed_type()
            );
            return Err(Error::new(Kind::BadRequest, message));
        }
        variable.value.clone_from(&value);
        variable.updated_at = now;
        Ok(())
    };
    let words = missing();
    let (variable, ()) = store::update(scope, &partition, &key(id), words.message(), set).await?;
    Ok(variable)
}

fn missing() -> Error {
    Error::not_found("Conversation Variable Not Exists.")
}

fn key(id: &str) -> String {
    format!("{VARIABLES}{id}")
}

fn fits(value_type: &str, value: &Value) -> bool {
    match value_type {
        "string" | "secret" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "float" => value.is_number(),
        "boolean" => value.is_boolean(),
        "object" | "file" => value.is_object(),
        "array[any]" | "array" => value.is_array(),
        list => {
            let inner = list.strip_prefix("array[");
            let inner = inner.and_then(|inner| inner.strip_suffix(']'));
            match (inner, value.as_array()) {
                (Some(inner), Some(items)) => items.iter().all(|item| fits(inner, item)),
                _ => false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_fit_their_types() {
        for (value_type, value, expect) in [
            ("string", json!("x"), true),
            ("string", json!(1), false),
            ("number", json!(1.5), true),
            ("number", json!("1"), false),
            ("integer", json!(1), true),
            ("integer", json!(1.5), false),
            ("boolean", json!(false), true),
            ("object", json!({}), true),
            ("object", json!([]), false),
            ("array[any]", json!([1, "x"]), true),
            ("array[number]", json!([1, 2]), true),
            ("array[number]", json!([1, "x"]), false),
            ("array[string]", json!("x"), false),
            ("unheard of", json!("x"), false),
        ] {
            assert_eq!(fits(value_type, &value), expect, "{value_type} {value}");
        }
    }
}
