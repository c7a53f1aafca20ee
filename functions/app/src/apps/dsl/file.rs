//! A file's content, read with tolerance.

use serde_json::{Map, Value};

use super::version::{self, Status};
use crate::apps::Mode;

/// A file that can become an app.
#[derive(Debug)]
pub(super) struct File {
    pub(super) version: String,
    pub(super) status: Status,
    pub(super) mode: Mode,
    /// The section `app`.
    pub(super) app: Map<String, Value>,
    pub(super) model_config: Option<Value>,
    pub(super) workflow: Option<Value>,
    pub(super) agent: Option<Value>,
    pub(super) agent_packages: Option<Value>,
    pub(super) dependencies: Vec<Value>,
    /// It was a knowledge pipeline.
    pub(super) is_pipeline: bool,
    /// Other sections.
    pub(super) extra: Map<String, Value>,
}

impl File {
    /// Reads a file; the message is for people.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let value =
            super::yaml::parse(text).map_err(|error| format!("Invalid YAML format: {error}"))?;
        let Value::Object(mut sections) = value else {
            return Err("Invalid YAML format: content must be a mapping".to_owned());
        };
        let version = version(sections.remove("version"))?;
        let status = version::status(&version);
        if status == Status::Failed {
            return Err(format!("Invalid DSL version: {version}"));
        }
        // Whatever it says it is, it is read as an app; a knowledge pipeline is a workflow that begins elsewhere.
        let kind = sections.remove("kind");
        let is_pipeline = kind.as_ref().and_then(Value::as_str) == Some("rag_pipeline");
        if is_pipeline
            && !sections.contains_key("app")
            && let Some(Value::Object(mut pipeline)) = sections.remove("rag_pipeline")
        {
            pipeline.insert("mode".to_owned(), "workflow".into());
            sections.insert("app".to_owned(), Value::Object(pipeline));
        }
        let Some(Value::Object(app)) = sections.remove("app") else {
            return Err("Missing app data in YAML content".to_owned());
        };
        let mode = match app.get("mode").and_then(Value::as_str) {
            None | Some("") => return Err("loss app mode".to_owned()),
            Some(mode) => Mode::parse(mode).ok_or_else(|| format!("Invalid app mode: {mode}"))?,
        };
        let mut section = |name: &str| sections.remove(name).filter(|value| !value.is_null());
        let file = Self {
            model_config: section("model_config"),
            workflow: section("workflow"),
            agent: section("agent"),
            agent_packages: section("agent_packages"),
            dependencies: match section("dependencies") {
                Some(Value::Array(dependencies)) => dependencies,
                _ => Vec::new(),
            },
            version,
            status,
            mode,
            is_pipeline,
            app,
            extra: sections,
        };
        file.check_sections()?;
        Ok(file)
    }

    fn check_sections(&self) -> Result<(), String> {
        let mode = self.mode.as_str();
        let object = |section: &Option<Value>| section.as_ref().is_some_and(Value::is_object);
        match self.mode {
            Mode::Chat | Mode::AgentChat | Mode::Completion if !object(&self.model_config) => {
                Err(format!("Missing model_config for {mode} app"))
            }
            Mode::AdvancedChat | Mode::Workflow if !object(&self.workflow) => {
                Err("Missing workflow data for workflow/advanced chat app".to_owned())
            }
            Mode::Agent if !object(&self.agent) => {
                Err("Missing agent data for agent app".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// A text of the section `app`; `None` if it is missing, empty or no text.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        let text = self.app.get(key).and_then(Value::as_str);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    }
}

fn version(value: Option<Value>) -> Result<String, String> {
    match value {
        None | Some(Value::Null) => Ok("0.1.0".to_owned()),
        Some(Value::String(text)) if text.is_empty() => Ok("0.1.0".to_owned()),
        Some(Value::String(text)) => Ok(text),
        Some(other) => {
            let found = match other {
                Value::Number(number) if number.is_f64() => "float",
                Value::Number(_) => "int",
                Value::Bool(_) => "bool",
                Value::Array(_) => "list",
                _ => "dict",
            };
            Err(format!(
                "Invalid version type, expected str, got <class '{found}'>"
            ))
        }
    }
}
