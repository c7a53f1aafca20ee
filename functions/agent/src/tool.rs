//! What a tool is.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value};

/// Something that a model may call.
#[async_trait]
pub trait Tool: Send + Sync {
    /// Name, purpose and schema, as the model gets them.
    fn spec(&self) -> model::Tool;

    /// As people call it.
    fn label(&self) -> String {
        self.spec().name
    }

    /// Does its work. The error is a sentence for the model, which may try something else.
    async fn call(&self, arguments: &Map<String, Value>) -> Result<String, String>;
}

/// The tools of one agent.
#[derive(Clone, Default)]
pub struct Toolbox {
    tools: Vec<Arc<dyn Tool>>,
}

impl Toolbox {
    /// One more.
    pub fn add(&mut self, tool: Arc<dyn Tool>) {
        self.tools.push(tool);
    }

    /// These tools. Of two with one name the first counts.
    pub fn new(tools: Vec<Arc<dyn Tool>>) -> Self {
        Self { tools }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tools.is_empty()
    }

    pub(crate) fn specs(&self) -> Vec<model::Tool> {
        let mut specs: Vec<model::Tool> = Vec::new();
        for tool in &self.tools {
            let spec = tool.spec();
            if specs.iter().all(|known| known.name != spec.name) {
                specs.push(spec);
            }
        }
        specs
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Arc<dyn Tool>> {
        self.tools.iter().find(|tool| tool.spec().name == name)
    }

    /// How people call the tool that a model calls by this name.
    pub fn label(&self, name: &str) -> String {
        let tool = self.find(name);
        tool.map_or_else(|| name.to_owned(), |tool| tool.label())
    }

    /// The result of a call, within `budget` bytes.
    ///
    /// # Errors
    /// What went wrong, as the model gets to hear it.
    pub async fn call(&self, name: &str, arguments: &str, budget: usize) -> Result<String, String> {
        let Some(tool) = self.find(name) else {
            let names: Vec<String> = self.specs().into_iter().map(|spec| spec.name).collect();
            let names = names.join(", ");
            return Err(format!("there is no tool named {name}; there are: {names}"));
        };
        let arguments = match arguments.trim() {
            "" => Ok(Map::new()),
            text => serde_json::from_str(text),
        };
        let result = match arguments {
            Ok(arguments) => tool.call(&arguments).await,
            Err(error) => Err(format!("the arguments are no JSON object: {error}")),
        };
        match result {
            Ok(result) => Ok(cut(result, budget)),
            Err(error) => Err(cut(format!("tool invoke error: {error}"), budget)),
        }
    }
}

/// As much of a text as fits, and that there was more.
pub(crate) fn cut(text: String, budget: usize) -> String {
    if text.len() <= budget {
        return text;
    }
    let mut end = budget;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let rest = text.len() - end;
    format!(
        "{}\n[{rest} more bytes were cut off]",
        text.get(..end).unwrap_or_default()
    )
}

/// An argument that must be a text.
pub(crate) fn text<'a>(arguments: &'a Map<String, Value>, name: &str) -> Result<&'a str, String> {
    match arguments.get(name) {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(format!("`{name}` must be a string")),
        None => Err(format!("`{name}` is required")),
    }
}
