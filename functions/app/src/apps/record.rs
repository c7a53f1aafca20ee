//! The app record.

use ports::{Scope, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ModelConfig;
use crate::{Error, Kind, Result, keys, store};

/// What kind of app it is, in Dify's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// A chat assistant.
    Chat,
    /// A chat assistant that calls tools.
    AgentChat,
    /// The newer agent app.
    Agent,
    /// A chatflow.
    AdvancedChat,
    /// A workflow.
    Workflow,
    /// A text generator.
    Completion,
}

impl Mode {
    /// As it is written in files and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::AgentChat => "agent-chat",
            Self::Agent => "agent",
            Self::AdvancedChat => "advanced-chat",
            Self::Workflow => "workflow",
            Self::Completion => "completion",
        }
    }

    /// The mode of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [
            Self::Chat,
            Self::AgentChat,
            Self::Agent,
            Self::AdvancedChat,
            Self::Workflow,
            Self::Completion,
        ]
        .into_iter()
        .find(|mode| mode.as_str() == name)
    }
}

/// An app. Kept in the partition `app/{id}` under `app`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct App {
    /// UUID.
    pub id: String,
    /// The workspace.
    pub tenant_id: String,
    /// For people.
    pub name: String,
    /// For people.
    #[serde(default)]
    pub description: String,
    /// What kind of app.
    pub mode: Mode,
    /// `emoji`, `image` or `link`.
    #[serde(default)]
    pub icon_type: Option<String>,
    /// An emoji, a file id or a URL.
    #[serde(default)]
    pub icon: Option<String>,
    /// A CSS colour.
    #[serde(default)]
    pub icon_background: Option<String>,
    /// The icon stands beside answers.
    #[serde(default)]
    pub use_icon_as_answer_icon: bool,
    /// Whether the web app answers.
    pub enable_site: bool,
    /// Whether the Service API answers.
    pub enable_api: bool,
    /// Most requests at once; 0: no ceiling.
    #[serde(default)]
    pub max_active_requests: u32,
    /// Of chat, agent-chat and completion apps: exactly as it was imported or saved, unknown keys included.
    #[serde(default)]
    pub model_config: Option<Value>,
    /// Of workflow and advanced-chat apps: the draft, exactly as it was imported or saved.
    #[serde(default)]
    pub workflow: Option<Value>,
    /// Of agent apps.
    #[serde(default)]
    pub agent: Option<Value>,
    /// Of agent apps: the packages that their section names.
    #[serde(default)]
    pub agent_packages: Option<Value>,
    /// What else the file's section `app` said, kept for its export.
    #[serde(default)]
    pub app_extra: Map<String, Value>,
    /// Other sections of the file, kept for its export.
    #[serde(default)]
    pub file_extra: Map<String, Value>,
    /// Plugins that the app file named, kept for its export.
    #[serde(default)]
    pub dependencies: Vec<Value>,
    /// The web app.
    #[serde(default)]
    pub site: Site,
    /// Display name of the account that made it.
    #[serde(default)]
    pub author_name: String,
    /// The account that made it.
    #[serde(default)]
    pub created_by: String,
    /// How its annotations answer; `None` if they do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotation_reply: Option<crate::annotation::Setting>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// How an app looks as a web page.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Site {
    /// Part of the web app's URL: 16 characters.
    pub code: String,
    /// Instead of the app's name.
    pub title: Option<String>,
    /// A CSS colour.
    pub chat_color_theme: Option<String>,
    /// Light text on dark.
    pub chat_color_theme_inverted: bool,
    /// Instead of the app's description.
    pub description: Option<String>,
    /// Shown at the foot.
    pub copyright: Option<String>,
    /// A URL.
    pub privacy_policy: Option<String>,
    /// Shown at the foot.
    pub custom_disclaimer: Option<String>,
    /// In the empty input.
    pub input_placeholder: Option<String>,
    /// Such as `en-US`.
    pub default_language: Option<String>,
    /// Whether steps are shown.
    pub show_workflow_steps: Option<bool>,
}

impl App {
    /// The configuration of a chat, agent-chat or completion app; `AppUnavailable` if it has none or it is broken.
    pub fn config(&self) -> Result<ModelConfig> {
        let unavailable = |message: String| Error::new(Kind::AppUnavailable, message);
        let Some(value) = &self.model_config else {
            return Err(unavailable(
                "App unavailable, please check your app configurations.".to_owned(),
            ));
        };
        ModelConfig::parse(value)
            .map_err(|error| unavailable(format!("The app's configuration is broken: {error}")))
    }
}

/// The app with this id.
pub async fn get(scope: &Scope, id: &str) -> Result<Option<store::Stored<App>>> {
    store::load(scope, &keys::app(id), "app").await
}
