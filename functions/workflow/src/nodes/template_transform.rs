//! `template-transform`: a Jinja template over named variables, rendered in this process. A template that never ends
//! runs out of fuel.

use std::sync::Arc;

use super::{Compiled, Output, Ran, Work};
use crate::{
    Failure, Map, Result, Value,
    graph::{Compiler, Fields},
    jinja::Jinja,
    run::Cx,
    selector::Ref,
};

#[derive(Debug)]
struct TemplateTransform {
    template: Jinja,
    variables: Vec<(Arc<str>, Option<Ref>)>,
}

pub(crate) fn compile(fields: &Fields, cx: &mut Compiler) -> Result<Compiled> {
    let mut variables = Vec::new();
    for item in fields.items("variables")? {
        variables.push((
            item.required("variable")?.into(),
            cx.selector(&item, "value_selector")?,
        ));
    }
    let template = cx.jinja(&fields.text_or("template", "")?);
    Ok(Compiled::work(TemplateTransform {
        template,
        variables,
    }))
}

impl Work for TemplateTransform {
    fn run(&self, cx: &Cx) -> Result<Ran, Failure> {
        let value = |variable: &Option<Ref>| {
            variable
                .as_ref()
                .map(|variable| cx.value(variable))
                .unwrap_or_default()
        };
        let inputs: Map = self
            .variables
            .iter()
            .map(|(name, variable)| (name.clone(), value(variable)))
            .collect();
        let inputs = Arc::new(inputs);
        let text = self
            .template
            .render(&inputs, cx.limits)
            .map_err(|message| {
                let failure = cx.node.failure(
                    "TemplateRenderError",
                    format!("field `template`: {message}"),
                );
                Failure {
                    retryable: false,
                    ..failure
                }
            })?;
        Ok(Ran::Done(Output {
            inputs: Some(inputs),
            ..Output::one("output", Value::String(text))
        }))
    }
}
