//! `parameter-extractor`: a model fills in named values from a text. A model that fails leaves `__is_success` at 0; the
//! node succeeds.

use std::sync::Arc;

use super::{
    Ask, Compiled, Output, Ran, Work,
    llm::{Prompt, object_in, unexpected},
};
use crate::{
    Effect, Failure, Map, Message, Reply, Result, Role, Type, Value,
    graph::{Compiler, Fields},
    reasoning,
    run::Cx,
    selector::Ref,
    template::Template,
};

#[derive(Debug)]
struct Extractor {
    prompt: Prompt,
    query: Ref,
    parameters: Vec<Parameter>,
    instruction: Template,
    schema: Value,
}

#[derive(Debug)]
struct Parameter {
    name: Arc<str>,
    kind: Type,
    required: bool,
    options: Vec<Arc<str>>,
}

const TASK: &str = "You take values out of texts. Read the text and answer with one JSON object that follows this JSON schema, \
    and with nothing else. Leave out what the text does not say; invent nothing.";

pub(crate) fn compile(fields: &Fields, cx: &mut Compiler) -> Result<Compiled> {
    let mut parameters: Vec<Parameter> = Vec::new();
    let (mut properties, mut required) = (Map::default(), Vec::new());
    for item in fields.items("parameters")? {
        let name: Arc<str> = item.required("name")?.into();
        if matches!(&*name, "__reason" | "__is_success") {
            return Err(item.wrong("name", format!("`{name}` is reserved")));
        }
        let kind = item.type_of("type", Type::String)?;
        let options: Vec<Arc<str>> = item.words("options")?.into_iter().map(Arc::from).collect();
        let is_required = item.flag("required", false)?;
        properties.insert(
            name.clone(),
            property(kind, &options, &item.text_or("description", "")?),
        );
        if is_required {
            required.push(Value::String(name.clone()));
        }
        parameters.push(Parameter {
            name,
            kind,
            required: is_required,
            options,
        });
    }
    let schema = Value::object([
        ("type", Value::from("object")),
        ("properties", Value::from(properties)),
        ("required", Value::array(required)),
    ]);
    let query = match fields.raw("query") {
        // Written by old editors as a list with one selector.
        Some(serde_json::Value::Array(items))
            if items.first().is_some_and(serde_json::Value::is_array) =>
        {
            let first = fields.items("query")?.into_iter().next();
            first
                .map(|item| cx.selector(&item, ""))
                .transpose()?
                .flatten()
        }
        _ => cx.selector(fields, "query")?,
    };
    Ok(Compiled::work(Extractor {
        prompt: Prompt::compile(fields, cx)?,
        query: query.ok_or_else(|| fields.wrong("query", "no variable is selected"))?,
        parameters,
        instruction: cx.template(fields, "instruction")?,
        schema,
    }))
}

fn property(kind: Type, options: &[Arc<str>], description: &str) -> Value {
    let name = |kind: Type| {
        Value::from(if kind == Type::Any {
            "string"
        } else {
            kind.name()
        })
    };
    let mut map = Map::default();
    match kind.element() {
        Some(element) => {
            map.insert("type".into(), Value::from("array"));
            map.insert("items".into(), Value::object([("type", name(element))]));
        }
        None => {
            map.insert("type".into(), name(kind));
        }
    }
    map.insert("description".into(), Value::from(description));
    if !options.is_empty() {
        map.insert(
            "enum".into(),
            Value::array(options.iter().map(|option| Value::String(option.clone()))),
        );
    }
    Value::from(map)
}

impl Work for Extractor {
    fn run(&self, cx: &Cx) -> Result<Ran, Failure> {
        let query = cx.value(&self.query);
        let instruction = cx.render(&self.instruction);
        let mut system = format!(
            "{TASK}\n\nSchema:\n{}",
            serde_json::to_string(&self.schema).unwrap_or_default()
        );
        if !instruction.trim().is_empty() {
            system.push_str("\n\nMind this:\n");
            system.push_str(&instruction);
        }
        let messages = vec![
            Message {
                role: Role::System,
                text: system.into(),
                files: Vec::new(),
            },
            Message {
                role: Role::User,
                text: query.text().into(),
                files: Vec::new(),
            },
        ];
        let mut inputs = Map::default();
        inputs.insert("query".into(), query);
        inputs.insert(
            "parameters".into(),
            self.schema.get("properties").unwrap_or_default(),
        );
        inputs.insert("instruction".into(), Value::String(instruction));
        Ok(Ask::ran(
            Effect::Llm(Box::new(self.prompt.request(
                cx,
                messages,
                Some(self.schema.clone()),
            ))),
            inputs,
        ))
    }

    fn finish(&self, cx: &Cx, _: &Map, reply: Reply) -> Result<Output, Failure> {
        let (said, usage) = match reply {
            Reply::Llm(reply) => {
                let (text, _) = reasoning::split(&reply.text);
                (
                    object_in(&text).ok_or("the model's answer holds no JSON object".to_owned()),
                    reply.usage,
                )
            }
            Reply::Failed(failure) => (Err(failure.message.to_string()), crate::Usage::default()),
            _ => return Err(unexpected(cx)),
        };
        let mut outputs = Map::default();
        let mut reason = said.as_ref().err().cloned();
        for parameter in &self.parameters {
            let given = said
                .as_ref()
                .ok()
                .and_then(|object| object.get(&parameter.name));
            let value = parameter.read(given);
            if value.is_none() && parameter.required && reason.is_none() {
                reason = Some(format!(
                    "the required parameter `{}` was not found",
                    parameter.name
                ));
            }
            outputs.insert(
                parameter.name.clone(),
                value.unwrap_or_else(|| parameter.kind.zero()),
            );
        }
        outputs.insert(
            "__is_success".into(),
            Value::Int(i64::from(reason.is_none())),
        );
        outputs.insert("__reason".into(), reason.map_or(Value::Null, Value::from));
        outputs.insert("__usage".into(), usage.value());
        Ok(Output {
            usage: Some(usage),
            ..Output::new(outputs)
        })
    }

    fn takes_failures(&self) -> bool {
        true
    }
}

impl Parameter {
    /// The value as its type, mended where a model wrote it as text.
    fn read(&self, given: Option<Value>) -> Option<Value> {
        let given = given.filter(|value| !matches!(value, Value::Null))?;
        let value = match (self.kind, given) {
            (Type::String, Value::String(text)) => Value::String(text),
            (Type::String, other) => Value::from(other.text()),
            (Type::Boolean, Value::Int(number)) => Value::Bool(number != 0),
            (kind, other) => crate::graph::parsed(kind, other)?,
        };
        let is_allowed = self.options.is_empty()
            || self
                .options
                .iter()
                .any(|option| value.as_str() == Some(option));
        is_allowed.then_some(value)
    }
}
