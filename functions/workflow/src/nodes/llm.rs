//! `llm`: a prompt is put together here and sent by the host.

use std::sync::Arc;

use serde_json::Value as Json;

use super::{Ask, Compiled, Output, Ran, Work};
use crate::{
    Effect, Failure, LlmRequest, Map, Message, Model, Reply, Result, Role, Value,
    graph::{Compiler, Fields},
    jinja::Jinja,
    reasoning,
    run::{Cx, files_of, lasting},
    selector::Ref,
    template::Template,
};

/// Where a prompt shows what was retrieved.
const CONTEXT: &str = "{{#context#}}";

#[derive(Debug)]
struct Llm {
    prompt: Prompt,
    messages: Vec<(Role, Text)>,
    context: Option<Ref>,
    schema: Option<Value>,
    separates: bool,
}

/// A message's text in one of the two template languages.
#[derive(Debug)]
enum Text {
    Basic(Vec<Template>),
    Jinja(Box<Jinja>, Vec<(Arc<str>, Option<Ref>)>),
}

/// What every node that asks a model has: the model, memory, files.
#[derive(Debug)]
pub(crate) struct Prompt {
    pub(crate) model: Model,
    memory: Option<Memory>,
    vision: Option<(Option<Ref>, Arc<str>)>,
}

#[derive(Debug)]
struct Memory {
    /// Turns of both sides; none for all.
    window: Option<usize>,
    query: Option<Template>,
}

pub(crate) fn compile(fields: &Fields, cx: &mut Compiler) -> Result<Compiled> {
    let mut variables = Vec::new();
    for item in fields.part("prompt_config").items("jinja2_variables")? {
        variables.push((
            item.required("variable")?.into(),
            cx.selector(&item, "value_selector")?,
        ));
    }
    let mut messages = Vec::new();
    match fields.raw("prompt_template") {
        Some(Json::Array(_)) => {
            for item in fields.items("prompt_template")? {
                let role = match item.text_or("role", "user")?.as_str() {
                    "system" => Role::System,
                    "user" => Role::User,
                    "assistant" => Role::Assistant,
                    other => return Err(item.wrong("role", format!("`{other}` is no role"))),
                };
                messages.push((role, text(&item, &variables, cx)?));
            }
        }
        Some(Json::Object(_)) => {
            messages.push((
                Role::User,
                text(&fields.part("prompt_template"), &variables, cx)?,
            ));
        }
        None => {}
        Some(_) => {
            return Err(fields.wrong(
                "prompt_template",
                "must be a list of messages or one of text",
            ));
        }
    }
    let context = fields.part("context");
    let is_on = fields.flag("structured_output_enabled", false)?
        || fields.flag("structured_output_switch_on", false)?;
    let schema = fields
        .part("structured_output")
        .raw("schema")
        .map(Value::from);
    Ok(Compiled::work(Llm {
        prompt: Prompt::compile(fields, cx)?,
        messages,
        context: if context.flag("enabled", false)? {
            cx.selector(&context, "variable_selector")?
        } else {
            None
        },
        schema: schema.filter(|_| is_on),
        separates: fields.text_or("reasoning_format", "tagged")? == "separated",
    }))
}

fn text(item: &Fields, variables: &[(Arc<str>, Option<Ref>)], cx: &mut Compiler) -> Result<Text> {
    if item.text_or("edition_type", "basic")? == "jinja2" {
        let source = match item.text("jinja2_text")? {
            Some(source) => source,
            None => item.text_or("text", "")?,
        };
        return Ok(Text::Jinja(Box::new(cx.jinja(&source)), variables.to_vec()));
    }
    // Cut where the context goes, so that nothing in the context is taken for a variable.
    let source = item.text_or("text", "")?;
    let path = item.path("text");
    Ok(Text::Basic(
        source
            .split(CONTEXT)
            .map(|part| cx.template_of(part, item.node, &path))
            .collect(),
    ))
}

impl Work for Llm {
    fn run(&self, cx: &Cx) -> Result<Ran, Failure> {
        let mut inputs = Map::default();
        let context = self.context.as_ref().map(|variable| {
            let value = cx.value(variable);
            let text = context_text(&value);
            inputs.insert("#context#".into(), value);
            text
        });
        let context = context.unwrap_or_default();
        let mut messages = Vec::new();
        for (role, text) in &self.messages {
            let text: Arc<str> = match text {
                Text::Basic(parts) => {
                    for part in parts {
                        cx.used(part, &mut inputs);
                    }
                    match parts.as_slice() {
                        [only] => cx.render(only),
                        parts => parts
                            .iter()
                            .map(|part| cx.render(part))
                            .collect::<Vec<_>>()
                            .join(&context)
                            .into(),
                    }
                }
                Text::Jinja(template, variables) => {
                    let value = |variable: &Option<Ref>| {
                        variable.as_ref().map(|variable| cx.value(variable))
                    };
                    let values = variables.iter().map(|(name, variable)| {
                        (name.clone(), value(variable).unwrap_or_default())
                    });
                    let values: Arc<Map> = Arc::new(values.collect());
                    inputs.extend(
                        values
                            .iter()
                            .map(|(name, value)| (name.clone(), value.clone())),
                    );
                    let text = template.render(&values, cx.limits);
                    let text = text.map_err(|message| {
                        lasting(
                            cx.node,
                            "TemplateRenderError",
                            format!("field `prompt_template`: {message}"),
                        )
                    })?;
                    if text.contains(CONTEXT) {
                        text.replace(CONTEXT, &context).into()
                    } else {
                        text
                    }
                }
            };
            messages.push(Message {
                role: *role,
                text,
                files: Vec::new(),
            });
        }
        // An empty message says nothing, and some providers refuse it.
        messages.retain(|message| !message.text.is_empty());
        let request = self.prompt.request(cx, messages, self.schema.clone());
        if request.messages.is_empty() {
            return Err(lasting(
                cx.node,
                "NoPromptFoundError",
                "field `prompt_template`: the prompt is empty",
            ));
        }
        let mut process = Map::default();
        process.insert(
            "model_mode".into(),
            Value::String(request.model.mode.clone()),
        );
        process.insert("prompts".into(), shown(&request.messages));
        process.insert(
            "model_provider".into(),
            Value::String(request.model.provider.clone()),
        );
        process.insert(
            "model_name".into(),
            Value::String(request.model.name.clone()),
        );
        Ok(Ran::Ask(Ask {
            effect: Effect::Llm(Box::new(request)),
            inputs,
            process_data: Some(Arc::new(process)),
        }))
    }

    fn separates_reasoning(&self) -> bool {
        self.separates
    }

    fn finish(&self, cx: &Cx, _: &Map, reply: Reply) -> Result<Output, Failure> {
        let Reply::Llm(reply) = reply else {
            return Err(unexpected(cx));
        };
        let (mut text, mut thought) = (reply.text.clone(), reply.reasoning.clone());
        if self.separates {
            let (answer, inside) = reasoning::split(&reply.text);
            text = answer.into();
            if thought.is_empty() {
                thought = inside.into();
            }
        }
        let mut outputs = Map::default();
        if self.schema.is_some() {
            let (answer, _) = reasoning::split(&text);
            let object = object_in(&answer).ok_or_else(|| {
                cx.node.failure(
                    "OutputParserError",
                    "field `structured_output`: the model's answer holds no JSON object",
                )
            })?;
            outputs.insert("structured_output".into(), object);
        }
        outputs.insert("text".into(), Value::String(text));
        outputs.insert("reasoning_content".into(), Value::String(thought));
        outputs.insert("usage".into(), reply.usage.value());
        outputs.insert(
            "finish_reason".into(),
            reply.finish_reason.map_or(Value::Null, Value::String),
        );
        if !reply.files.is_empty() {
            outputs.insert("files".into(), Value::Array(Arc::new(reply.files)));
        }
        Ok(Output {
            usage: Some(reply.usage),
            ..Output::new(outputs)
        })
    }
}

impl Prompt {
    pub(crate) fn compile(fields: &Fields, cx: &mut Compiler) -> Result<Self> {
        let model = fields.part("model");
        let text = |name: &str, default: &str| model.text_or(name, default).map(Arc::from);
        let parameters = model
            .raw("completion_params")
            .map(Value::from)
            .unwrap_or_default();
        let memory = match fields.raw("memory") {
            None => None,
            Some(_) => {
                let memory = fields.part("memory");
                let window = memory.part("window");
                let size = if window.flag("enabled", false)? {
                    window.count("size")?
                } else {
                    None
                };
                let query = memory
                    .text("query_prompt_template")?
                    .filter(|text| !text.is_empty());
                let path = memory.path("query_prompt_template");
                Some(Memory {
                    window: size.map(|size| size as usize),
                    query: query.map(|text| cx.template_of(&text, fields.node, &path)),
                })
            }
        };
        let vision = fields.part("vision");
        let configs = vision.part("configs");
        let vision = if vision.flag("enabled", false)? {
            let variable = match cx.selector(&configs, "variable_selector")? {
                Some(variable) => Some(variable),
                None => Some(cx.system("files")),
            };
            Some((variable, configs.text_or("detail", "high")?.into()))
        } else {
            None
        };
        Ok(Self {
            model: Model {
                provider: text("provider", "")?,
                name: text("name", "")?,
                mode: text("mode", "chat")?,
                parameters: parameters.as_object().cloned().unwrap_or_default(),
            },
            memory,
            vision,
        })
    }

    /// The request for these messages: memory behind the system's messages, the query and files at the end.
    pub(crate) fn request(
        &self,
        cx: &Cx,
        mut messages: Vec<Message>,
        schema: Option<Value>,
    ) -> LlmRequest {
        let mut span = (0, 0);
        if let Some(memory) = &self.memory {
            let history = &cx.start.history;
            let kept = memory
                .window
                .map_or(history.len(), |turns| (turns * 2).min(history.len()));
            let from = match &*self.model.mode {
                // Behind all that is written in the node: the conversation goes on from there.
                "chat" => messages.len(),
                _ => 0,
            };
            let turns: Vec<Message> = history.iter().skip(history.len() - kept).cloned().collect();
            span = (from, from + turns.len());
            messages.splice(from..from, turns);
            if let Some(query) = &memory.query {
                let text = cx.render(query);
                if !text.is_empty() {
                    messages.push(Message {
                        role: Role::User,
                        text,
                        files: Vec::new(),
                    });
                }
            }
        }
        let mut detail = None;
        if let Some((variable, asked)) = &self.vision {
            let files = variable
                .as_ref()
                .map(|variable| files_of(&cx.value(variable)))
                .unwrap_or_default();
            if !files.is_empty() {
                detail = Some(asked.clone());
                match messages
                    .iter_mut()
                    .rev()
                    .find(|message| message.role == Role::User)
                {
                    Some(message) => message.files = files,
                    None => messages.push(Message {
                        role: Role::User,
                        text: "".into(),
                        files,
                    }),
                }
            }
        }
        LlmRequest {
            model: self.model.clone(),
            messages,
            memory: span,
            schema,
            detail,
        }
    }
}

/// What was retrieved, as text: passages one below the other.
fn context_text(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let text = |item: &Value| match item.get("content") {
                Some(content) => content.text(),
                None => item.text(),
            };
            items
                .iter()
                .map(text)
                .collect::<Vec<_>>()
                .join("\n")
                .trim()
                .to_owned()
        }
        other => other.text(),
    }
}

fn shown(messages: &[Message]) -> Value {
    Value::array(messages.iter().map(|message| {
        let role = match message.role {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        Value::object([
            ("role", Value::from(role)),
            ("text", Value::String(message.text.clone())),
            ("files", Value::Array(Arc::new(message.files.clone()))),
        ])
    }))
}

pub(crate) fn unexpected(cx: &Cx) -> Failure {
    cx.node.failure(
        "InternalError",
        "was answered with something that it did not ask for",
    )
}

/// The first JSON object in a model's text: bare, in a fenced block, or between words.
pub(crate) fn object_in(text: &str) -> Option<Value> {
    let mut from = 0;
    // Every opening brace may begin it; a limit, because each try reads on to its first error.
    for _ in 0..64 {
        let at = from + text.get(from..)?.find('{')?;
        let mut stream = serde_json::Deserializer::from_str(text.get(at..)?).into_iter::<Value>();
        if let Some(Ok(object @ Value::Object(_))) = stream.next() {
            return Some(object);
        }
        from = at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_found_in_text() {
        let check = |text: &str, expect: Option<&str>| {
            let found = object_in(text).map(|value| serde_json::to_string(&value).expect("JSON"));
            assert_eq!(found.as_deref(), expect, "{text}");
        };
        check(r#"{"a": 1}"#, Some(r#"{"a":1}"#));
        check(
            "Sure!\n```json\n{\"a\": {\"b\": []}}\n```\nDone {it}.",
            Some(r#"{"a":{"b":[]}}"#),
        );
        check("{not this} but {\"a\": 2}", Some(r#"{"a":2}"#));
        check("none", None);
        check("{\"open\": ", None);
    }
}
