//! `variable-aggregator`: the first of several variables that exists, where branches meet.

use std::sync::Arc;

use super::{Compiled, Output, Ran, Work};
use crate::{
    Failure, Map, Result, Value,
    graph::{Compiler, Fields},
    run::Cx,
    selector::Ref,
};

#[derive(Debug)]
enum Aggregator {
    One(Vec<Ref>),
    Groups(Vec<(Arc<str>, Vec<Ref>)>),
}

pub(crate) fn compile(fields: &Fields, cx: &mut Compiler) -> Result<Compiled> {
    let advanced = fields.part("advanced_settings");
    if !advanced.flag("group_enabled", false)? {
        return Ok(Compiled::work(Aggregator::One(selectors(fields, cx)?)));
    }
    let mut groups = Vec::new();
    for group in advanced.items("groups")? {
        groups.push((group.required("group_name")?.into(), selectors(&group, cx)?));
    }
    Ok(Compiled::work(Aggregator::Groups(groups)))
}

fn selectors(fields: &Fields, cx: &mut Compiler) -> Result<Vec<Ref>> {
    let mut found = Vec::new();
    for item in fields.items("variables")? {
        found.extend(cx.selector(&item, "")?);
    }
    Ok(found)
}

fn first(cx: &Cx, variables: &[Ref], inputs: &mut Map) -> Option<Value> {
    let (variable, value) = variables
        .iter()
        .find_map(|variable| Some((variable, cx.get(variable)?)))?;
    inputs.insert(
        variable
            .words
            .iter()
            .skip(1)
            .map(|word| &**word)
            .collect::<Vec<_>>()
            .join(".")
            .into(),
        value.clone(),
    );
    Some(value)
}

impl Work for Aggregator {
    fn run(&self, cx: &Cx) -> Result<Ran, Failure> {
        let (mut inputs, mut outputs) = (Map::default(), Map::default());
        match self {
            Self::One(variables) => {
                if let Some(value) = first(cx, variables, &mut inputs) {
                    outputs.insert("output".into(), value);
                }
            }
            Self::Groups(groups) => {
                for (name, variables) in groups {
                    if let Some(value) = first(cx, variables, &mut inputs) {
                        outputs.insert(name.clone(), Value::object([("output", value)]));
                    }
                }
            }
        }
        Ok(Ran::Done(Output::new(outputs).with_inputs(inputs)))
    }
}
