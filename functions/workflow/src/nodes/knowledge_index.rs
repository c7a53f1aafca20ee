//! `knowledge-index`: the end of a knowledge pipeline; the host writes the chunks into the dataset.

use super::{Ask, Compiled, Output, Ran, Work, llm::unexpected};
use crate::{
    Effect, Failure, IndexRequest, Map, Reply, Result, Value,
    graph::{Compiler, Fields},
    run::{Cx, lasting},
    selector::Ref,
};

#[derive(Debug)]
struct KnowledgeIndex {
    chunks: Ref,
    settings: Value,
}

pub(crate) fn compile(fields: &Fields, cx: &mut Compiler) -> Result<Compiled> {
    let chunks = cx.required(fields, "index_chunk_variable_selector")?;
    Ok(Compiled::work(KnowledgeIndex {
        chunks,
        settings: Value::from(fields.json()),
    }))
}

impl Work for KnowledgeIndex {
    fn run(&self, cx: &Cx) -> Result<Ran, Failure> {
        let chunks = cx.value(&self.chunks);
        if !matches!(chunks, Value::Object(_)) {
            let message = format!(
                "field `index_chunk_variable_selector`: `{}` is no object of chunks but of type {}",
                self.chunks.dotted(),
                chunks.type_name()
            );
            return Err(lasting(cx.node, "KnowledgeIndexNodeError", message));
        }
        let mut inputs = Map::default();
        inputs.insert("chunks".into(), chunks.clone());
        let request = IndexRequest {
            chunks,
            settings: self.settings.clone(),
        };
        Ok(Ask::ran(Effect::Index(Box::new(request)), inputs))
    }

    fn finish(&self, cx: &Cx, _: &Map, reply: Reply) -> Result<Output, Failure> {
        match reply {
            Reply::Indexed(outputs) => Ok(Output {
                is_result: true,
                ..Output::new(outputs)
            }),
            _ => Err(unexpected(cx)),
        }
    }
}
