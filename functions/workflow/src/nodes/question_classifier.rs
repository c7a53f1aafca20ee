//! `question-classifier`: a model chooses the way.

use std::sync::Arc;

use super::{
    Ask, Compiled, Output, Ran, Work,
    llm::{Prompt, object_in, unexpected},
};
use crate::{
    Effect, Failure, Map, Message, Reply, Result, Role, Value,
    graph::{Compiler, Fields},
    reasoning,
    run::{Cx, lasting},
    selector::Ref,
    template::Template,
};

#[derive(Debug)]
struct Classifier {
    prompt: Prompt,
    query: Ref,
    classes: Vec<Class>,
    instruction: Template,
}

#[derive(Debug)]
struct Class {
    id: Arc<str>,
    name: Template,
    label: Arc<str>,
}

const TASK: &str = "You sort texts into categories. Read the text and choose the one category that fits it best. Answer with \
    a JSON object and nothing else: {\"category_id\": \"<id>\", \"category_name\": \"<name>\"}. Use an id and a name from the list \
    of categories, unchanged.";

pub(crate) fn compile(fields: &Fields, cx: &mut Compiler) -> Result<Compiled> {
    let mut classes = Vec::new();
    for item in fields.items("classes")? {
        classes.push(Class {
            id: item.required("id")?.into(),
            name: cx.template(&item, "name")?,
            label: item.text_or("label", "")?.into(),
        });
    }
    if classes.is_empty() {
        return Err(fields.wrong("classes", "there is no class"));
    }
    let old = cx.template(fields, "instructions")?;
    let instruction = cx.template(fields, "instruction")?;
    let handles = classes.iter().map(|class| class.id.clone()).collect();
    let node = Classifier {
        prompt: Prompt::compile(fields, cx)?,
        query: cx.required(fields, "query_variable_selector")?,
        classes,
        instruction: if instruction.parts.is_empty() {
            old
        } else {
            instruction
        },
    };
    Ok(Compiled {
        handles,
        ..Compiled::work(node)
    })
}

impl Work for Classifier {
    fn run(&self, cx: &Cx) -> Result<Ran, Failure> {
        let query = cx.value(&self.query);
        if matches!(query, Value::Null) {
            let message = format!(
                "field `query_variable_selector`: there is no text in `{}`",
                self.query.dotted()
            );
            return Err(lasting(cx.node, "QuestionClassifierNodeError", message));
        }
        let list = self.classes.iter().map(|class| {
            Value::object([
                ("category_id", Value::String(class.id.clone())),
                ("category_name", Value::String(cx.render(&class.name))),
            ])
        });
        let list = Value::array(list);
        let instruction = cx.render(&self.instruction);
        let json = serde_json::to_string(&list).unwrap_or_default();
        let mut system = format!("{TASK}\n\nCategories:\n{json}");
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
        Ok(Ask::ran(
            Effect::Llm(Box::new(self.prompt.request(cx, messages, None))),
            inputs,
        ))
    }

    fn finish(&self, cx: &Cx, _: &Map, reply: Reply) -> Result<Output, Failure> {
        let Reply::Llm(reply) = reply else {
            return Err(unexpected(cx));
        };
        let (text, _) = reasoning::split(&reply.text);
        let said = object_in(&text);
        let by = |key: &str| {
            said.as_ref()
                .and_then(|object| object.get(key))
                .map(|value| value.text())
        };
        let id = by("category_id");
        let place = self
            .classes
            .iter()
            .position(|class| id.as_deref() == Some(&*class.id));
        // Models mend names and ids; one of them is enough. What says neither is of the first class.
        let name = || {
            let name = by("category_name")?;
            self.classes
                .iter()
                .position(|class| *cx.render(&class.name) == *name)
        };
        let place = place.or_else(name).unwrap_or(0);
        let mut outputs = Map::default();
        if let Some(class) = self.classes.get(place) {
            outputs.insert("class_name".into(), Value::String(cx.render(&class.name)));
            outputs.insert("class_id".into(), Value::String(class.id.clone()));
            outputs.insert("class_label".into(), Value::String(class.label.clone()));
        }
        outputs.insert("usage".into(), reply.usage.value());
        Ok(Output {
            handle: place as u16 + 1,
            usage: Some(reply.usage),
            ..Output::new(outputs)
        })
    }
}
