//! Files: references with what is known about them. Bytes stay with the host.

use serde::{Deserialize, Serialize};

use super::Value;

/// The mark that makes an object a file.
pub(crate) const IDENTITY: &str = "__dify__file__";

/// A file as app files and the API show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct File {
    /// Always [`IDENTITY`].
    pub dify_model_identity: String,
    /// The host's name for it.
    pub id: Option<String>,
    /// `image`, `document`, `audio`, `video` or `custom`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `remote_url`, `local_file`, `tool_file` or `datasource_file`.
    pub transfer_method: String,
    /// Where it lies, when it lies elsewhere.
    pub remote_url: Option<String>,
    /// The host's reference.
    pub reference: Option<String>,
    /// The uploaded file behind it.
    pub related_id: Option<String>,
    /// Its name.
    pub filename: Option<String>,
    /// With the dot.
    pub extension: Option<String>,
    /// Such as `image/png`.
    pub mime_type: Option<String>,
    /// Bytes; -1 when unknown.
    pub size: i64,
    /// Where a client may read it.
    pub url: Option<String>,
}

impl Default for File {
    fn default() -> Self {
        Self {
            dify_model_identity: IDENTITY.to_owned(),
            id: None,
            kind: "custom".to_owned(),
            transfer_method: "local_file".to_owned(),
            remote_url: None,
            reference: None,
            related_id: None,
            filename: None,
            extension: None,
            mime_type: None,
            size: -1,
            url: None,
        }
    }
}

impl File {
    /// An attribute that selectors may name.
    pub fn attribute(&self, name: &str) -> Option<Value> {
        let text = |text: &Option<String>| text.as_deref().map_or(Value::Null, Value::from);
        Some(match name {
            "type" => Value::from(self.kind.as_str()),
            "size" => Value::Int(self.size),
            "name" | "filename" => text(&self.filename),
            "mime_type" => text(&self.mime_type),
            "transfer_method" => Value::from(self.transfer_method.as_str()),
            "url" => match (&self.url, &self.remote_url) {
                (None, Some(url)) => Value::from(url.as_str()),
                (url, _) => text(url),
            },
            "extension" => text(&self.extension),
            "related_id" => text(&self.related_id),
            _ => return None,
        })
    }

    /// What an answer shows: an image in place, anything else as a link.
    pub fn markdown(&self) -> String {
        let name = self.filename.as_deref().unwrap_or("file");
        let url = self
            .url
            .as_deref()
            .or(self.remote_url.as_deref())
            .unwrap_or_default();
        let bang = if self.kind == "image" { "!" } else { "" };
        format!("{bang}[{name}]({url})")
    }
}
