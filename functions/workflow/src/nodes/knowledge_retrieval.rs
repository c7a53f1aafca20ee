//! `knowledge-retrieval`: passages of datasets.

use std::sync::Arc;

use serde_json::Value as Json;

use super::{Ask, Compiled, Output, Ran, Work, llm::unexpected};
use crate::{
    Effect, Failure, Map, Reply, Result, RetrieveRequest, Value,
    graph::{Compiler, Fields},
    run::{Cx, files_of, lasting},
    selector::Ref,
    template::Template,
};

#[derive(Debug)]
struct Retrieval {
    query: Option<Ref>,
    attachment: Option<Ref>,
    dataset_ids: Vec<Arc<str>>,
    settings: Value,
    filter: Map,
    /// Values of the filter's conditions, which are templates.
    conditions: Vec<(Map, Option<Template>)>,
    logical_operator: Value,
}

pub(crate) fn compile(fields: &Fields, cx: &mut Compiler) -> Result<Compiled> {
    let pick = |names: &[&str]| -> Map {
        names
            .iter()
            .filter_map(|name| Some((Arc::from(*name), Value::from(fields.raw(name)?))))
            .collect()
    };
    let filtering = fields.part("metadata_filtering_conditions");
    let mut conditions = Vec::new();
    for item in filtering.items("conditions")? {
        let entries = match Value::from(item.json()) {
            Value::Object(map) => (*map).clone(),
            _ => return Err(item.wrong("", "must be an object")),
        };
        let template = match item.raw("value") {
            Some(Json::String(text)) => Some(cx.template_of(text, item.node, &item.path("value"))),
            _ => None,
        };
        conditions.push((entries, template));
    }
    Ok(Compiled::work(Retrieval {
        query: cx.selector(fields, "query_variable_selector")?,
        attachment: cx.selector(fields, "query_attachment_selector")?,
        dataset_ids: fields
            .words("dataset_ids")?
            .into_iter()
            .map(Arc::from)
            .collect(),
        settings: pick(&[
            "retrieval_mode",
            "single_retrieval_config",
            "multiple_retrieval_config",
            "vision",
        ])
        .into(),
        filter: pick(&["metadata_filtering_mode", "metadata_model_config"]),
        conditions,
        logical_operator: Value::from(filtering.text_or("logical_operator", "and")?),
    }))
}

impl Work for Retrieval {
    fn run(&self, cx: &Cx) -> Result<Ran, Failure> {
        if self.query.is_none() && self.attachment.is_none() {
            return Ok(Ran::Done(Output::new(Map::default())));
        }
        let mut inputs = Map::default();
        let query = match self.query.as_ref().map(|variable| cx.value(variable)) {
            None | Some(Value::Null) => "".into(),
            Some(Value::String(text)) => text,
            Some(other) => {
                let message = format!(
                    "field `query_variable_selector`: the query must be text, is of type {}",
                    other.type_name()
                );
                return Err(lasting(cx.node, "KnowledgeRetrievalNodeError", message));
            }
        };
        inputs.insert("query".into(), Value::String(query.clone()));
        let attachments = self
            .attachment
            .as_ref()
            .map(|variable| files_of(&cx.value(variable)))
            .unwrap_or_default();
        if !attachments.is_empty() {
            inputs.insert(
                "query_attachments".into(),
                Value::array(attachments.iter().cloned()),
            );
        }
        let conditions = self.conditions.iter().map(|(entries, template)| {
            let mut entries = entries.clone();
            if let Some(template) = template {
                entries.insert("value".into(), Value::String(cx.render(template)));
            }
            Value::from(entries)
        });
        let conditions = Value::object([
            ("logical_operator", self.logical_operator.clone()),
            ("conditions", Value::array(conditions)),
        ]);
        let mut filter = self.filter.clone();
        filter.insert("metadata_filtering_conditions".into(), conditions);
        let request = RetrieveRequest {
            query,
            attachments,
            dataset_ids: self.dataset_ids.clone(),
            settings: self.settings.clone(),
            filter: filter.into(),
        };
        Ok(Ask::ran(Effect::Retrieve(Box::new(request)), inputs))
    }

    fn finish(&self, cx: &Cx, _: &Map, reply: Reply) -> Result<Output, Failure> {
        let (passages, usage) = match reply {
            Reply::Retrieved(passages) => (passages, None),
            Reply::Searched(searched) => (searched.passages, Some(searched.usage)),
            _ => return Err(unexpected(cx)),
        };
        Ok(Output {
            usage,
            ..Output::one("result", Value::Array(Arc::new(passages)))
        })
    }
}
