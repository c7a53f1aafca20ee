//! `answer`: text for the conversation.

use std::sync::Arc;

use super::{Compiled, Output, Ran, Work};
use crate::{
    Failure, Map, Result, Value,
    graph::{Compiler, Fields},
    plan::Response,
    run::Cx,
    selector::{Base, Ref},
    template::{Part, Template},
};

#[derive(Debug)]
struct Answer {
    template: Template,
}

pub(crate) fn compile(fields: &Fields, cx: &mut Compiler) -> Result<Compiled> {
    let template = cx.template(fields, "answer")?;
    let response = Response {
        template: template.clone(),
        is_answer: true,
        writers: Vec::new(),
    };
    Ok(Compiled {
        response: Some(response),
        ..Compiled::work(Answer { template })
    })
}

/// What an answer shows for a variable: files as links; nothing for a node on a branch that was not taken, because what
/// was streamed before cannot be mended with its name.
pub(crate) fn show(cx: &Cx, variable: &Ref, out: &mut String) {
    match cx.get(variable) {
        Some(value) => value.write_text(out, true),
        None if matches!(variable.base, Base::Nothing) => out.push_str(&variable.dotted()),
        None => {}
    }
}

impl Work for Answer {
    fn run(&self, cx: &Cx) -> Result<Ran, Failure> {
        let mut text = String::new();
        let mut files = Vec::new();
        for part in &self.template.parts {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Variable(variable) => {
                    show(cx, variable, &mut text);
                    match cx.get(variable) {
                        Some(file @ Value::File(_)) => files.push(file),
                        Some(Value::Array(items)) => {
                            files.extend(
                                items
                                    .iter()
                                    .filter(|item| matches!(item, Value::File(_)))
                                    .cloned(),
                            );
                        }
                        _ => {}
                    }
                }
            }
        }
        let mut inputs = Map::default();
        cx.used(&self.template, &mut inputs);
        let mut outputs = Map::default();
        outputs.insert("answer".into(), text.into());
        outputs.insert("files".into(), Value::Array(Arc::new(files)));
        Ok(Ran::Done(Output {
            is_result: true,
            ..Output::new(outputs).with_inputs(inputs)
        }))
    }
}
