//! `tool`: parameters are filled in here, the tool is called by the host.

use std::sync::Arc;

use serde_json::Value as Json;

use super::{Ask, Compiled, Output, Ran, Work, llm::unexpected};
use crate::{
    Effect, Failure, Map, Reply, Result, ToolReply, ToolRequest, Value,
    graph::{Compiler, Fields},
    run::Cx,
    selector::Ref,
    template::Template,
};

/// A parameter of a tool or an agent: `mixed`, `variable` or `constant`.
#[derive(Debug)]
pub(crate) enum Parameter {
    Mixed(Template),
    Variable(Ref),
    Constant(Value),
}

#[derive(Debug)]
struct Tool {
    request: ToolRequest,
    parameters: Vec<(Arc<str>, Parameter)>,
    configuration: Vec<(Arc<str>, Parameter)>,
}

pub(crate) fn compile(fields: &Fields, cx: &mut Compiler) -> Result<Compiled> {
    let text = |name: &str| fields.text_or(name, "").map(Arc::from);
    let request = ToolRequest {
        provider_type: text("provider_type")?,
        provider_id: text("provider_id")?,
        tool_name: text("tool_name")?,
        credential_id: fields.text("credential_id")?.map(Arc::from),
        configuration: Arc::default(),
        parameters: Arc::default(),
    };
    let parameters = parameters(&fields.part("tool_parameters"), cx)?;
    let configuration = self::parameters(&fields.part("tool_configurations"), cx)?;
    Ok(Compiled::work(Tool {
        request,
        parameters,
        configuration,
    }))
}

/// Reads parameters; what is not written with its kind is a constant.
pub(crate) fn parameters(fields: &Fields, cx: &mut Compiler) -> Result<Vec<(Arc<str>, Parameter)>> {
    let Some(entries) = fields.json().as_object() else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for (name, json) in entries {
        let item = fields.part(name);
        let kind = json
            .as_object()
            .and_then(|object| object.get("type"))
            .and_then(Json::as_str);
        let parameter = match (kind, item.raw("value")) {
            (Some("mixed"), Some(Json::String(_))) => {
                Parameter::Mixed(cx.template(&item, "value")?)
            }
            (Some("variable"), Some(Json::Array(_))) => match cx.selector(&item, "value")? {
                Some(variable) => Parameter::Variable(variable),
                None => continue,
            },
            (Some("mixed" | "variable" | "constant"), value) => {
                Parameter::Constant(value.map(Value::from).unwrap_or_default())
            }
            _ => Parameter::Constant(Value::from(json)),
        };
        found.push((name.as_str().into(), parameter));
    }
    Ok(found)
}

/// The values; null ones are left out.
pub(crate) fn values(cx: &Cx, parameters: &[(Arc<str>, Parameter)]) -> Map {
    let value = |parameter: &Parameter| match parameter {
        Parameter::Mixed(template) => Value::String(cx.render(template)),
        Parameter::Variable(variable) => cx.value(variable),
        Parameter::Constant(value) => value.clone(),
    };
    let values = parameters
        .iter()
        .map(|(name, parameter)| (name.clone(), value(parameter)));
    values
        .filter(|(_, value)| !matches!(value, Value::Null))
        .collect()
}

/// Secrets as what they are, for a request.
pub(crate) fn revealed(map: &Map) -> Arc<Map> {
    Arc::new(
        map.iter()
            .map(|(name, value)| (name.clone(), value.reveal()))
            .collect(),
    )
}

/// A tool's outputs: its own, then those that every tool has.
pub(crate) fn outputs(reply: ToolReply) -> Map {
    let mut outputs = Map::default();
    outputs.insert("text".into(), Value::String(reply.text));
    outputs.insert("files".into(), Value::Array(Arc::new(reply.files)));
    outputs.insert("json".into(), Value::Array(Arc::new(reply.json)));
    for (name, value) in reply.variables {
        outputs.entry(name).or_insert(value);
    }
    outputs
}

impl Work for Tool {
    fn run(&self, cx: &Cx) -> Result<Ran, Failure> {
        let inputs = values(cx, &self.parameters);
        let request = ToolRequest {
            parameters: revealed(&inputs),
            configuration: revealed(&values(cx, &self.configuration)),
            ..self.request.clone()
        };
        Ok(Ask::ran(Effect::Tool(Box::new(request)), inputs))
    }

    fn finish(&self, cx: &Cx, _: &Map, reply: Reply) -> Result<Output, Failure> {
        match reply {
            Reply::Tool(mut reply) => Ok(Output {
                usage: reply.usage.take(),
                ..Output::new(outputs(*reply))
            }),
            _ => Err(unexpected(cx)),
        }
    }
}
