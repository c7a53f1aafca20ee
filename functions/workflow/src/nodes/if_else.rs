//! `if-else`: the first case that holds decides the way.

use std::sync::Arc;

use super::{Compiled, Conditions, Output, Ran, Work};
use crate::{
    Failure, Map, Result, Value,
    graph::{Compiler, Fields},
    run::Cx,
};

#[derive(Debug)]
struct IfElse {
    cases: Vec<(Arc<str>, Conditions)>,
}

pub(crate) fn compile(fields: &Fields, cx: &mut Compiler) -> Result<Compiled> {
    let mut cases: Vec<(Arc<str>, Conditions)> = Vec::new();
    let items = fields.items("cases")?;
    for item in &items {
        let id = match item.text("case_id")? {
            Some(id) if !id.is_empty() => id,
            _ => item.required("id")?,
        };
        cases.push((id.into(), Conditions::compile(item, cx)?));
    }
    // Before there were cases there was one, and its conditions stood in the node itself.
    if items.is_empty() && fields.raw("conditions").is_some() {
        cases.push(("true".into(), Conditions::compile(fields, cx)?));
    }
    let mut handles: Vec<Arc<str>> = cases.iter().map(|(id, _)| id.clone()).collect();
    handles.push("false".into());
    Ok(Compiled {
        handles,
        ..Compiled::work(IfElse { cases })
    })
}

impl Work for IfElse {
    fn run(&self, cx: &Cx) -> Result<Ran, Failure> {
        let mut seen = Vec::new();
        let mut chosen = None;
        for (number, (id, conditions)) in self.cases.iter().enumerate() {
            if conditions.hold(cx, &mut seen)? {
                chosen = Some((number, id));
                break;
            }
        }
        let mut outputs = Map::default();
        outputs.insert("result".into(), Value::Bool(chosen.is_some()));
        let id = chosen.map_or_else(|| "false".into(), |(_, id)| id.clone());
        outputs.insert("selected_case_id".into(), Value::String(id));
        let mut inputs = Map::default();
        inputs.insert("conditions".into(), Value::Array(Arc::new(seen)));
        Ok(Ran::Done(Output {
            handle: chosen.map_or(self.cases.len(), |(number, _)| number) as u16 + 1,
            ..Output::new(outputs).with_inputs(inputs)
        }))
    }
}
