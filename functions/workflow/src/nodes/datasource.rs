//! `datasource`: what a knowledge pipeline begins with: a file that the run was given, or a page by its address.

use std::sync::Arc;

use super::{
    Ask, Compiled, Output, Ran, Work,
    llm::unexpected,
    tool::{Parameter, parameters, revealed, values},
};
use crate::{
    Effect, Failure, Map, Reply, Result, ToolRequest, Value,
    graph::{Compiler, Fields},
    run::{Cx, lasting},
};

#[derive(Debug)]
struct Datasource {
    kind: Kind,
    /// `provider_type`, as written.
    name: Arc<str>,
    parameters: Vec<(Arc<str>, Parameter)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Page,
}

pub(crate) fn compile(fields: &Fields, cx: &mut Compiler) -> Result<Compiled> {
    let name = fields.text_or("provider_type", "local_file")?;
    let kind = match name.as_str() {
        "local_file" | "online_drive" => Kind::File,
        "website_crawl" | "online_document" => Kind::Page,
        other => {
            let message = format!("`{other}` is no kind of datasource");
            return Err(fields.wrong("provider_type", message));
        }
    };
    Ok(Compiled::work(Datasource {
        kind,
        name: name.into(),
        parameters: parameters(&fields.part("datasource_parameters"), cx)?,
    }))
}

/// The file of a run: the input `file`, or the first of its files.
pub(super) fn file_of(cx: &Cx) -> Option<Value> {
    let first = |value: &Value| match value {
        Value::File(_) => Some(value.clone()),
        Value::Array(items) => items
            .iter()
            .find(|item| matches!(item, Value::File(_)))
            .cloned(),
        _ => None,
    };
    let (inputs, sys) = (&cx.start.inputs, &cx.start.sys);
    let given = [inputs.get("file"), sys.get("files")];
    given.into_iter().flatten().find_map(first)
}

impl Datasource {
    fn outputs(&self, cx: &Cx) -> Map {
        let mut outputs = (*cx.start.inputs).clone();
        outputs.insert("datasource_type".into(), Value::String(self.name.clone()));
        outputs
    }
}

impl Work for Datasource {
    fn run(&self, cx: &Cx) -> Result<Ran, Failure> {
        let failed = |message: String| lasting(cx.node, "DatasourceNodeError", message);
        let mut given = values(cx, &self.parameters);
        if self.kind == Kind::File {
            let file = file_of(cx).ok_or_else(|| {
                failed("field `file`: the run has no file; give it one among its `files`".into())
            })?;
            let mut outputs = self.outputs(cx);
            outputs.insert("file".into(), file);
            return Ok(Ran::Done(Output::new(outputs).with_inputs(given)));
        }
        if !given.contains_key("url")
            && let Some(url) = cx.start.inputs.get("url")
        {
            given.insert("url".into(), url.clone());
        }
        match given.get("url") {
            Some(Value::String(url)) if !url.trim().is_empty() => {}
            _ => {
                let message = "field `datasource_parameters.url`: no address; it can also be the run's input `url`";
                return Err(failed(message.to_owned()));
            }
        }
        let page = given.iter().filter(|(name, _)| &***name == "url");
        let page: Map = page
            .map(|(name, url)| (name.clone(), url.clone()))
            .collect();
        let request = ToolRequest {
            provider_type: "builtin".into(),
            provider_id: "webscraper".into(),
            tool_name: "webscraper".into(),
            credential_id: None,
            configuration: Arc::default(),
            parameters: revealed(&page),
        };
        Ok(Ask::ran(Effect::Tool(Box::new(request)), given))
    }

    fn finish(&self, cx: &Cx, inputs: &Map, reply: Reply) -> Result<Output, Failure> {
        let Reply::Tool(reply) = reply else {
            return Err(unexpected(cx));
        };
        // A page's title is its first line.
        let title = reply
            .text
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("# "));
        let url = inputs.get("url").cloned().unwrap_or_default();
        let mut outputs = self.outputs(cx);
        for (name, value) in [
            ("title", Value::from(title.unwrap_or_default())),
            ("content", Value::String(reply.text.clone())),
            ("source_url", url.clone()),
            ("url", url),
        ] {
            outputs.insert(name.into(), value);
        }
        Ok(Output::new(outputs))
    }
}
