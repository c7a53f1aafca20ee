//! `loop`: its inside again and again, until a condition holds, a `loop-end` is reached or the rounds are used up.

use std::sync::Arc;

use super::{Compiled, Conditions};
use crate::{
    Result, Type, Value,
    arena::Ix,
    graph::{Compiler, Fields, parsed},
    plan::{Kind, Scope},
    selector::Ref,
};

/// A compiled loop. The engine runs it, because it holds frames.
#[derive(Debug)]
pub(crate) struct Loop {
    pub(crate) inner: Ix<Scope>,
    pub(crate) rounds: u64,
    /// Seen from inside.
    pub(crate) breaks: Conditions,
    pub(crate) variables: Vec<(Arc<str>, Type, Initial)>,
}

/// What a loop's variable starts with.
#[derive(Debug)]
pub(crate) enum Initial {
    Variable(Ref),
    Constant(Value),
}

pub(crate) fn compile(fields: &Fields, cx: &mut Compiler) -> Result<Compiled> {
    let inner = cx
        .inner()
        .ok_or_else(|| fields.wrong("", "is no container"))?;
    let mut variables = Vec::new();
    for item in fields.items("loop_variables")? {
        let kind = item.type_of("var_type", Type::String)?;
        let initial = if item.text_or("value_type", "constant")? == "variable" {
            Initial::Variable(cx.required(&item, "value")?)
        } else {
            let value = item.raw("value").map(Value::from).unwrap_or_default();
            let value = if matches!(value, Value::Null) {
                Some(kind.zero())
            } else {
                parsed(kind, value)
            };
            Initial::Constant(
                value.ok_or_else(|| item.wrong("value", format!("is no {}", kind.name())))?,
            )
        };
        variables.push((item.required("label")?.into(), kind, initial));
    }
    let rounds = fields.count("loop_count")?.unwrap_or(1);
    if rounds == 0 {
        return Err(fields.wrong("loop_count", "must be 1 or more"));
    }
    let breaks = cx.within(|cx| Conditions::compile_list(fields, "break_conditions", cx))?;
    let this = Loop {
        inner,
        rounds,
        breaks,
        variables,
    };
    Ok(Compiled {
        kind: Kind::Loop(Box::new(this)),
        handles: Vec::new(),
        response: None,
    })
}
