//! `document-extractor`: the text of files, read by the host.

use std::sync::Arc;

use super::{Ask, Compiled, Output, Ran, Work, llm::unexpected};
use crate::{
    Effect, ExtractRequest, Failure, Map, Reply, Result, Value,
    graph::{Compiler, Fields},
    run::{Cx, files_of, lasting},
    selector::Ref,
};

#[derive(Debug)]
struct Extractor {
    variable: Ref,
}

pub(crate) fn compile(fields: &Fields, cx: &mut Compiler) -> Result<Compiled> {
    Ok(Compiled::work(Extractor {
        variable: cx.required(fields, "variable_selector")?,
    }))
}

impl Work for Extractor {
    fn run(&self, cx: &Cx) -> Result<Ran, Failure> {
        let value = cx.value(&self.variable);
        let is_list = matches!(value, Value::Array(_));
        let files = files_of(&value);
        if files.is_empty() && !is_list {
            let message = format!(
                "field `variable_selector`: `{}` is no file but of type {}",
                self.variable.dotted(),
                value.type_name()
            );
            return Err(lasting(cx.node, "DocumentExtractorError", message));
        }
        let mut inputs = Map::default();
        inputs.insert("variable_selector".into(), value);
        if files.is_empty() {
            return Ok(Ran::Done(
                Output::one("text", Value::Array(Arc::default())).with_inputs(inputs),
            ));
        }
        Ok(Ask::ran(Effect::Extract(ExtractRequest { files }), inputs))
    }

    fn finish(&self, cx: &Cx, inputs: &Map, reply: Reply) -> Result<Output, Failure> {
        let Reply::Texts(texts) = reply else {
            return Err(unexpected(cx));
        };
        let text = match inputs.get("variable_selector") {
            Some(Value::Array(_)) => Value::array(texts.into_iter().map(Value::String)),
            _ => texts
                .into_iter()
                .next()
                .map(Value::String)
                .ok_or_else(|| unexpected(cx))?,
        };
        Ok(Output::one("text", text))
    }
}
