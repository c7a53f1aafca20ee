//! `human-input`: a form for a person. The button that is pressed decides the way; so does time.

use std::sync::Arc;

use serde_json::Value as Json;

use super::{Ask, Compiled, Output, Ran, Work};
use crate::{
    Effect, Failure, FormReply, HumanForm, Map, Reply, Result, Value,
    graph::{Compiler, Fields},
    run::{Cx, lasting},
    selector::Ref,
    template::Template,
};

#[derive(Debug)]
struct HumanInput {
    content: Template,
    inputs: Value,
    actions: Vec<(Arc<str>, Arc<str>)>,
    shown_actions: Value,
    defaults: Vec<(Arc<str>, Ref)>,
    /// Fields whose options a variable gives, by their places.
    options: Vec<(usize, Ref)>,
    delivery: Value,
    /// Milliseconds.
    timeout: i64,
}

pub(crate) fn compile(fields: &Fields, cx: &mut Compiler) -> Result<Compiled> {
    let mut actions: Vec<(Arc<str>, Arc<str>)> = Vec::new();
    for item in fields.items("user_actions")? {
        let id: Arc<str> = item.required("id")?.into();
        if actions.iter().any(|(other, _)| *other == id) {
            return Err(item.wrong("id", format!("`{id}` is used twice")));
        }
        actions.push((id, item.text_or("title", "")?.into()));
    }
    let mut defaults = Vec::new();
    let mut options = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for (place, item) in fields.items("inputs")?.into_iter().enumerate() {
        let name = item.required("output_variable_name")?;
        if names.contains(&name) {
            return Err(item.wrong("output_variable_name", format!("`{name}` is used twice")));
        }
        let default = item.part("default");
        if default.text_or("type", "constant")? == "variable"
            && let Some(variable) = cx.selector(&default, "selector")?
        {
            defaults.push((name.as_str().into(), variable));
        }
        let source = item.part("option_source");
        if source.text_or("type", "constant")? == "variable"
            && let Some(variable) = cx.selector(&source, "selector")?
        {
            options.push((place, variable));
        }
        names.push(name);
    }
    let unit = match fields.text_or("timeout_unit", "hour")?.as_str() {
        "hour" => 3_600_000,
        "day" => 86_400_000,
        other => {
            return Err(fields.wrong("timeout_unit", format!("`{other}` is neither hour nor day")));
        }
    };
    let value = |name: &str| {
        fields
            .raw(name)
            .map(Value::from)
            .unwrap_or_else(|| Value::Array(Arc::default()))
    };
    let mut handles: Vec<Arc<str>> = actions.iter().map(|(id, _)| id.clone()).collect();
    handles.push("__timeout".into());
    let timeout = fields.count("timeout")?.unwrap_or(36).min(100_000) as i64;
    let node = HumanInput {
        content: cx.template(fields, "form_content")?,
        inputs: value("inputs"),
        shown_actions: value("user_actions"),
        delivery: fields
            .raw("delivery_methods")
            .map_or_else(|| Value::from(&Json::Array(Vec::new())), Value::from),
        actions,
        defaults,
        options,
        timeout: timeout * unit,
    };
    Ok(Compiled {
        handles,
        ..Compiled::work(node)
    })
}

impl HumanInput {
    /// The fields, with the options that variables give written out.
    fn inputs(&self, cx: &Cx) -> Result<Value, Failure> {
        let Value::Array(fields) = &self.inputs else {
            return Ok(self.inputs.clone());
        };
        let mut fields = fields.to_vec();
        for (place, variable) in &self.options {
            let value = cx.value(variable);
            let options = match &value {
                Value::Array(items) if !items.is_empty() => {
                    Value::array(items.iter().map(|item| Value::from(item.text())))
                }
                other => {
                    let what = match other {
                        Value::Array(_) => "an empty list",
                        other => other.type_name(),
                    };
                    let message = format!(
                        "field `inputs[{place}].option_source.selector`: the options of a select are a list of texts, \
                         `{}` is {what}",
                        variable.dotted()
                    );
                    return Err(lasting(cx.node, "InvalidFormData", message));
                }
            };
            let Some(Value::Object(field)) = fields.get_mut(*place) else {
                continue;
            };
            let field = Arc::make_mut(field);
            let mut source = match field.get("option_source") {
                Some(Value::Object(source)) => (**source).clone(),
                _ => Map::default(),
            };
            source.insert("type".into(), Value::from("constant"));
            source.insert("value".into(), options);
            field.insert("option_source".into(), Value::Object(Arc::new(source)));
        }
        Ok(Value::Array(Arc::new(fields)))
    }
}

impl Work for HumanInput {
    fn run(&self, cx: &Cx) -> Result<Ran, Failure> {
        let defaults = self
            .defaults
            .iter()
            .map(|(name, variable)| (name.clone(), cx.value(variable)));
        let form = HumanForm {
            content: cx.render(&self.content),
            title: cx.node.title.clone(),
            inputs: self.inputs(cx)?,
            actions: self.shown_actions.clone(),
            defaults: Arc::new(defaults.collect()),
            delivery: self.delivery.clone(),
            expires_at: cx.now.saturating_add(self.timeout),
        };
        let mut inputs = Map::default();
        cx.used(&self.content, &mut inputs);
        Ok(Ask::ran(Effect::Human(Box::new(form)), inputs))
    }

    fn finish(&self, cx: &Cx, _: &Map, reply: Reply) -> Result<Output, Failure> {
        let Reply::Form(form) = reply else {
            return Err(cx.node.failure(
                "InternalError",
                "was answered with something else than a form",
            ));
        };
        let place = self.actions.iter().position(|(id, _)| *id == form.action);
        // No action: nobody pressed a button in time.
        if place.is_none() && !form.action.is_empty() {
            return Err(cx.node.failure(
                "InvalidFormData",
                format!("field `user_actions`: there is no action `{}`", form.action),
            ));
        }
        let title = place
            .and_then(|place| self.actions.get(place))
            .map_or_else(|| "".into(), |(_, title)| title.clone());
        let content = cx.render(&self.content);
        let mut outputs = form.inputs.clone();
        outputs.insert("__action_id".into(), Value::String(form.action));
        outputs.insert("__action_value".into(), Value::String(title));
        outputs.insert(
            "__rendered_content".into(),
            Value::String(fill(&content, &form.inputs)),
        );
        let handle = place.unwrap_or(self.actions.len()) as u16 + 1;
        Ok(Output {
            handle,
            ..Output::new(outputs)
        })
    }
}

/// The form's text with what was entered, and the button's title.
pub(crate) fn filled(form: &HumanForm, reply: &FormReply) -> (Arc<str>, Arc<str>) {
    let actions = form
        .actions
        .as_array()
        .map(|actions| actions.as_slice())
        .unwrap_or_default();
    let pressed = actions
        .iter()
        .find(|action| action.get("id").as_ref().and_then(Value::as_str) == Some(&*reply.action));
    let title = pressed
        .and_then(|action| action.get("title"))
        .map(|title| title.text())
        .unwrap_or_default();
    (fill(&form.content, &reply.inputs), title.into())
}

fn fill(content: &Arc<str>, inputs: &Map) -> Arc<str> {
    let mut text = content.to_string();
    for (name, value) in inputs {
        text = text.replace(&format!("{{{{#$output.{name}#}}}}"), &value.text());
    }
    text.into()
}
