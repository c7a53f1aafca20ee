//! `iteration`: its inside once for each item of a list, one after the other or several at a time.

use super::Compiled;
use crate::{
    Result, Value,
    arena::Ix,
    graph::{Compiler, Fields},
    plan::{Kind, Scope},
    selector::Ref,
};

/// A compiled iteration. The engine runs it, because it holds frames.
#[derive(Debug)]
pub(crate) struct Iteration {
    pub(crate) inner: Ix<Scope>,
    pub(crate) items: Ref,
    /// What each round gives, seen from inside.
    pub(crate) output: Option<Ref>,
    /// Rounds at a time.
    pub(crate) parallel: usize,
    pub(crate) errors: ErrorMode,
    flatten: bool,
}

/// What a failed round does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorMode {
    /// Fails the iteration.
    Terminated,
    /// Leaves null in its place.
    Continue,
    /// Leaves nothing.
    Remove,
}

pub(crate) fn compile(fields: &Fields, cx: &mut Compiler) -> Result<Compiled> {
    let inner = cx
        .inner()
        .ok_or_else(|| fields.wrong("", "is no container"))?;
    let parallel = fields.count("parallel_nums")?.unwrap_or(10).max(1) as usize;
    let iteration = Iteration {
        inner,
        items: cx.required(fields, "iterator_selector")?,
        output: cx.within(|cx| cx.selector(fields, "output_selector"))?,
        parallel: if fields.flag("is_parallel", false)? {
            parallel
        } else {
            1
        },
        errors: match fields.text_or("error_handle_mode", "terminated")?.as_str() {
            "terminated" | "" => ErrorMode::Terminated,
            "continue-on-error" => ErrorMode::Continue,
            "remove-abnormal-output" => ErrorMode::Remove,
            other => return Err(fields.wrong("error_handle_mode", format!("`{other}` is no mode"))),
        },
        flatten: fields.flag("flatten_output", true)?,
    };
    Ok(Compiled {
        kind: Kind::Iteration(Box::new(iteration)),
        handles: Vec::new(),
        response: None,
    })
}

impl Iteration {
    /// The list of results; lists are joined when all that is not null is lists.
    pub(crate) fn join(&self, results: Vec<Value>) -> Value {
        let mut lists = results
            .iter()
            .filter(|value| !matches!(value, Value::Null))
            .peekable();
        if self.flatten
            && lists.peek().is_some()
            && lists.all(|value| matches!(value, Value::Array(_)))
        {
            return Value::array(
                results
                    .iter()
                    .filter_map(Value::as_array)
                    .flat_map(|list| list.iter().cloned()),
            );
        }
        Value::array(results)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_joined() {
        let check = |flatten, json: &str, expect: &str| {
            let mut arena = crate::arena::Arena::default();
            let iteration = Iteration {
                inner: arena.push(Scope::default()),
                items: Ref {
                    base: crate::selector::Base::Nothing,
                    path: [].into(),
                    words: [].into(),
                },
                output: None,
                parallel: 1,
                errors: ErrorMode::Terminated,
                flatten,
            };
            let results: Vec<Value> = serde_json::from_str(json).expect("JSON");
            assert_eq!(
                serde_json::to_string(&iteration.join(results)).expect("JSON"),
                expect
            );
        };
        check(true, "[[1,2],[3],null]", "[1,2,3]");
        check(false, "[[1,2],[3]]", "[[1,2],[3]]");
        check(true, "[[1,2],3]", "[[1,2],3]");
        check(true, "[null,null]", "[null,null]");
        check(true, "[]", "[]");
    }
}
