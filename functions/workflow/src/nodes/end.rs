//! `end`: what a workflow gives back. Text of a model that it selects streams while it is written.

use std::sync::Arc;

use super::{Compiled, Output, Ran, Work};
use crate::{
    Failure, Map, Result,
    graph::{Compiler, Fields},
    plan::Response,
    run::Cx,
    selector::Ref,
    template::{Part, Template},
};

#[derive(Debug)]
struct End {
    outputs: Vec<(Arc<str>, Option<Ref>)>,
}

pub(crate) fn compile(fields: &Fields, cx: &mut Compiler) -> Result<Compiled> {
    let mut outputs: Vec<(Arc<str>, Option<Ref>)> = Vec::new();
    for item in fields.items("outputs")? {
        outputs.push((
            item.required("variable")?.into(),
            cx.selector(&item, "value_selector")?,
        ));
    }
    let parts = outputs
        .iter()
        .filter_map(|(_, variable)| variable.clone())
        .map(Part::Variable)
        .collect();
    let response = Response {
        template: Template { parts },
        is_answer: false,
        writers: Vec::new(),
    };
    Ok(Compiled {
        response: Some(response),
        ..Compiled::work(End { outputs })
    })
}

impl Work for End {
    fn run(&self, cx: &Cx) -> Result<Ran, Failure> {
        let value = |variable: &Option<Ref>| {
            variable
                .as_ref()
                .map(|variable| cx.value(variable))
                .unwrap_or_default()
        };
        let outputs: Map = self
            .outputs
            .iter()
            .map(|(name, variable)| (name.clone(), value(variable)))
            .collect();
        let outputs = Arc::new(outputs);
        Ok(Ran::Done(Output {
            inputs: Some(outputs.clone()),
            outputs,
            is_result: true,
            ..Output::new(Map::default())
        }))
    }
}
