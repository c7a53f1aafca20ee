//! `knowledge-index`: the end of a knowledge pipeline; the host writes the chunks into the dataset.

use std::sync::Arc;

use super::{Ask, Compiled, Output, Ran, Work, datasource::file_of, llm::unexpected};
use crate::{
    Effect, Failure, IndexRequest, Map, Reply, Result, Value,
    graph::{Compiler, Fields},
    run::{Cx, lasting},
    selector::Ref,
    template::Template,
};

#[derive(Debug)]
struct KnowledgeIndex {
    chunks: Ref,
    /// Which dataset; none for that of the run.
    dataset: Template,
    system: Ref,
    settings: Value,
}

pub(crate) fn compile(fields: &Fields, cx: &mut Compiler) -> Result<Compiled> {
    let chunks = cx.required(fields, "index_chunk_variable_selector")?;
    Ok(Compiled::work(KnowledgeIndex {
        chunks,
        dataset: cx.template(fields, "dataset_id")?,
        system: cx.system("dataset_id"),
        settings: Value::from(fields.json()),
    }))
}

impl KnowledgeIndex {
    /// What the document is called: as the file or the page that the run began with, else as this node.
    fn name(&self, cx: &Cx) -> Arc<str> {
        let file = file_of(cx).and_then(|file| file.get("name"));
        let url = cx.start.inputs.get("url").cloned();
        let found = [file, url].into_iter().flatten().map(|name| name.text());
        let mut found = found.filter(|name| !name.trim().is_empty());
        found
            .next()
            .map_or_else(|| cx.node.title.clone(), Arc::from)
    }
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
        let mut dataset_id = cx.render(&self.dataset);
        if dataset_id.trim().is_empty() {
            dataset_id = cx.value(&self.system).text().into();
        }
        if dataset_id.trim().is_empty() {
            let message = "field `dataset_id`: names no dataset, and the run has none";
            return Err(lasting(cx.node, "KnowledgeIndexNodeError", message));
        }
        let mut inputs = Map::default();
        inputs.insert("chunks".into(), chunks.clone());
        let request = IndexRequest {
            dataset_id,
            name: self.name(cx),
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
