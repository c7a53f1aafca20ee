//! `iteration-start`, `loop-start` and `loop-end`: marks on the way.

use super::{Compiled, Output, Ran, Work};
use crate::{
    Failure, Map, Result,
    graph::{Compiler, Fields},
    run::Cx,
};

#[derive(Debug)]
struct Pass {
    breaks: bool,
}

pub(crate) fn compile(_: &Fields, _: &mut Compiler) -> Result<Compiled> {
    Ok(Compiled::work(Pass { breaks: false }))
}

pub(crate) fn compile_end(_: &Fields, _: &mut Compiler) -> Result<Compiled> {
    Ok(Compiled::work(Pass { breaks: true }))
}

impl Work for Pass {
    fn run(&self, _: &Cx) -> Result<Ran, Failure> {
        Ok(Ran::Done(Output {
            breaks: self.breaks,
            ..Output::new(Map::default())
        }))
    }
}
