//! Typed values. Everything large is shared: a clone copies a pointer.

mod file;
mod json;
mod text;

use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

pub use file::File;
pub(crate) use text::{float, write_quoted};

/// An object. Keys keep their order.
pub type Map = IndexMap<Arc<str>, Value, FxBuildHasher>;

/// A value in the variable pool.
///
/// Serialised as plain JSON; a file as an object with `dify_model_identity`, and read back as a file. A secret is
/// written masked, so that no record or event shows it: whoever needs it asks [`Value::reveal`].
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Value {
    /// Nothing.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// Text.
    String(Arc<str>),
    /// Text that is not shown.
    Secret(Arc<str>),
    /// An object.
    Object(Arc<Map>),
    /// A list.
    Array(Arc<Vec<Value>>),
    /// A file, by reference.
    File(Arc<File>),
}

/// The types that files of apps name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the app files")]
pub enum Type {
    Any,
    String,
    Number,
    Boolean,
    Object,
    Secret,
    File,
    Array,
    ArrayString,
    ArrayNumber,
    ArrayObject,
    ArrayBoolean,
    ArrayFile,
}

impl Type {
    /// Reads `string`, `array[number]`, `Array[String]`, `integer`...
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "any" | "" | "none" | "group" => Self::Any,
            "string" | "secret-input" | "text" | "select" => Self::String,
            "number" | "integer" | "float" => Self::Number,
            "boolean" | "bool" => Self::Boolean,
            "object" => Self::Object,
            "secret" => Self::Secret,
            "file" => Self::File,
            "array" | "array[any]" => Self::Array,
            "array[string]" => Self::ArrayString,
            "array[number]" | "array[integer]" | "array[float]" => Self::ArrayNumber,
            "array[object]" => Self::ArrayObject,
            "array[boolean]" | "array[bool]" => Self::ArrayBoolean,
            "array[file]" => Self::ArrayFile,
            _ => return None,
        })
    }

    /// The name in app files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::String => "string",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Object => "object",
            Self::Secret => "secret",
            Self::File => "file",
            Self::Array => "array[any]",
            Self::ArrayString => "array[string]",
            Self::ArrayNumber => "array[number]",
            Self::ArrayObject => "array[object]",
            Self::ArrayBoolean => "array[boolean]",
            Self::ArrayFile => "array[file]",
        }
    }

    /// Whether it is one of the array types.
    pub fn is_array(self) -> bool {
        self.element().is_some()
    }

    /// The type of an array's elements.
    pub fn element(self) -> Option<Self> {
        Some(match self {
            Self::Array => Self::Any,
            Self::ArrayString => Self::String,
            Self::ArrayNumber => Self::Number,
            Self::ArrayObject => Self::Object,
            Self::ArrayBoolean => Self::Boolean,
            Self::ArrayFile => Self::File,
            _ => return None,
        })
    }

    /// Whether `value` is of this type. Null is of every type but a number given as text is none.
    pub fn admits(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Any, _) | (_, Value::Null) => true,
            (Self::String | Self::Secret, Value::String(_) | Value::Secret(_)) => true,
            (Self::Number, Value::Int(_) | Value::Float(_)) => true,
            (Self::Boolean, Value::Bool(_)) => true,
            (Self::Object, Value::Object(_)) => true,
            (Self::File, Value::File(_)) => true,
            (_, Value::Array(items)) => self.element().is_some_and(|element| {
                element == Self::Any || items.iter().all(|item| element.admits(item))
            }),
            _ => false,
        }
    }

    /// What `clear` leaves.
    pub fn zero(self) -> Value {
        match self {
            Self::String | Self::Secret => Value::from(""),
            Self::Number => Value::Int(0),
            Self::Boolean => Value::Bool(false),
            Self::Object => Value::Object(Arc::default()),
            Self::Any | Self::File => Value::Null,
            _ => Value::Array(Arc::default()),
        }
    }
}

impl Value {
    /// The type's name for messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Int(_) | Self::Float(_) => "number",
            Self::String(_) => "string",
            Self::Secret(_) => "secret",
            Self::Object(_) => "object",
            Self::Array(_) => "array",
            Self::File(_) => "file",
        }
    }

    /// Text of a string or secret.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) | Self::Secret(text) => Some(text),
            _ => None,
        }
    }

    /// A number as a float.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// The items of a list.
    pub fn as_array(&self) -> Option<&Arc<Vec<Value>>> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The entries of an object.
    pub fn as_object(&self) -> Option<&Arc<Map>> {
        match self {
            Self::Object(map) => Some(map),
            _ => None,
        }
    }

    /// Whether a condition `empty` holds: null, `""`, `[]`, `{}`, 0 and false.
    pub fn is_falsy(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Bool(value) => !value,
            Self::Int(number) => *number == 0,
            Self::Float(number) => *number == 0.0,
            Self::String(text) | Self::Secret(text) => text.is_empty(),
            Self::Object(map) => map.is_empty(),
            Self::Array(items) => items.is_empty(),
            Self::File(_) => false,
        }
    }

    /// A secret as plain text, anything else as it is: for what leaves in a request or is stored on purpose.
    pub fn reveal(&self) -> Self {
        match self {
            Self::Secret(text) => Self::String(text.clone()),
            other => other.clone(),
        }
    }

    /// One step of a selector's path: an object's key, a file's attribute, a list's position.
    pub fn get(&self, key: &str) -> Option<Self> {
        match self {
            Self::Object(map) => map.get(key).cloned(),
            Self::File(file) => file.attribute(key),
            Self::Array(items) if key == "length" => Some(Self::Int(items.len() as i64)),
            Self::Array(items) => items.get(key.parse::<usize>().ok()?).cloned(),
            _ => None,
        }
    }

    /// Bytes of text and structure, roughly: what limits compare with. None when it is nested deeper than `depth`
    /// levels, which must be known of every item: reading, writing and dropping go down as deep.
    pub(crate) fn measure(&self, depth: usize) -> Option<usize> {
        Some(match self {
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Float(_) => 8,
            Self::String(text) | Self::Secret(text) => text.len(),
            Self::File(_) => 256,
            Self::Object(map) => {
                let below = depth.checked_sub(1)?;
                let mut sum = 0;
                for (key, value) in map.iter() {
                    sum += key.len() + value.measure(below)?;
                }
                sum
            }
            Self::Array(items) => {
                let below = depth.checked_sub(1)?;
                let mut sum = 0;
                for item in items.iter() {
                    sum += item.measure(below)?;
                }
                sum
            }
        })
    }

    /// An object of these entries.
    pub fn object<K: Into<Arc<str>>>(entries: impl IntoIterator<Item = (K, Value)>) -> Self {
        Self::Object(Arc::new(
            entries
                .into_iter()
                .map(|(key, value)| (key.into(), value))
                .collect(),
        ))
    }

    /// A list of these items.
    pub fn array(items: impl IntoIterator<Item = Value>) -> Self {
        Self::Array(Arc::new(items.into_iter().collect()))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<Arc<str>> for Value {
    fn from(text: Arc<str>) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Object(Arc::new(map))
    }
}
