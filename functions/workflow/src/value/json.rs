//! Values to JSON and back, without a detour over `serde_json::Value`.

use std::{fmt, sync::Arc};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, MapAccess, SeqAccess, Visitor, value::MapDeserializer},
};

use super::{File, Map, Value, file::IDENTITY};

/// What stands for a secret in records and events.
const MASK: &str = "********";

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(number) => serializer.serialize_i64(*number),
            Self::Float(number) => serializer.serialize_f64(*number),
            Self::String(text) => serializer.serialize_str(text),
            Self::Secret(_) => serializer.serialize_str(MASK),
            Self::Object(map) => serializer.collect_map(map.iter()),
            Self::Array(items) => serializer.collect_seq(items.iter()),
            Self::File(file) => file.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("any JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(i64::try_from(number).map_or(Value::Float(number as f64), Value::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(Self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(Arc::new(items)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::default();
        while let Some((key, value)) = access.next_entry::<String, Value>()? {
            map.insert(key.into(), value);
        }
        if map.get("dify_model_identity").and_then(Value::as_str) != Some(IDENTITY) {
            return Ok(Value::Object(Arc::new(map)));
        }
        // Numbers are the only thing that a file holds beside text, so its entries go through JSON's own types.
        let entries = map
            .iter()
            .map(|(key, value)| (key.to_string(), plain(value)));
        File::deserialize(MapDeserializer::new(entries))
            .map(|file| Value::File(Arc::new(file)))
            .map_err(|error: serde_json::Error| A::Error::custom(format!("a file: {error}")))
    }
}

/// As JSON's own type: for compile time and small things.
pub(crate) fn plain(value: &Value) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or(serde_json::Value::Null)
}

impl From<&serde_json::Value> for Value {
    fn from(json: &serde_json::Value) -> Self {
        // Reading from a value that is already JSON cannot fail, except for a file with wrong fields: then it stays an object.
        Self::deserialize(json).unwrap_or_else(|_| match json {
            serde_json::Value::Object(map) => Self::object(
                map.iter()
                    .map(|(key, value)| (key.as_str(), Self::from(value))),
            ),
            _ => Self::Null,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        for json in [
            r#"null"#,
            r#"[1,1.5,true,"é",{"b":1,"a":[]}]"#,
            r#"-9223372036854775808"#,
        ] {
            let value: Value = serde_json::from_str(json).expect("JSON");
            assert_eq!(serde_json::to_string(&value).expect("JSON"), json);
        }
    }

    #[test]
    fn a_file_is_known_by_its_mark() {
        let json = r#"{"dify_model_identity":"__dify__file__","type":"image","size":7,"filename":"a.png"}"#;
        let value: Value = serde_json::from_str(json).expect("JSON");
        assert_eq!(value.get("size"), Some(Value::Int(7)));
        assert_eq!(value.type_name(), "file");
        let again: Value =
            serde_json::from_str(&serde_json::to_string(&value).expect("JSON")).expect("JSON");
        assert_eq!(again, value);
        let broken = serde_json::json!({"dify_model_identity": IDENTITY, "size": []});
        assert_eq!(Value::from(&broken).type_name(), "object");
    }

    #[test]
    fn secrets_are_masked() {
        let secret = Value::Secret("s3cret".into());
        assert_eq!(
            serde_json::to_string(&secret).expect("JSON"),
            "\"********\""
        );
        assert_eq!(secret.reveal(), Value::from("s3cret"));
    }
}
