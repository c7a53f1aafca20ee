//! The lines of a bundle.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, Kind, Result};

/// Of this module's lines. Another number is another layout, and refused.
pub(super) const FORMAT: u32 = 1;

/// Most bytes of a line: the largest blob, a segment of an index, as Base64, with room around it.
pub(super) const LINE_BYTES: usize = 24 << 20;

/// One line.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    /// The first.
    Edgewise {
        /// [`FORMAT`].
        format: u32,
        /// The workspace it was; restoring puts another in its place.
        tenant_id: String,
    },
    /// A record of the workspace.
    Record {
        partition: String,
        key: String,
        value: Content,
    },
    /// A record of the installation that leads into the workspace: an API key, the address of a web page.
    System {
        partition: String,
        key: String,
        value: Content,
    },
    /// The content of a file, of a part of it, or of a segment of an index.
    Blob { name: String, base64: String },
    /// All records of this conversation came before: lists of others can be made.
    Conversation { id: String },
    /// All records of this dataset came before: documents that were under way can go on.
    Dataset { id: String },
    /// The last.
    End {
        /// Lines before it.
        lines: u64,
        /// Of all bytes before it, in hex.
        sha256: String,
    },
}

/// A value: JSON as JSON, anything else as Base64.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Content {
    Json(Value),
    Base64(String),
}

impl Content {
    pub fn of(value: &[u8]) -> Self {
        // Only what comes out of JSON as it went in.
        let json: Option<Value> = serde_json::from_slice(value).ok();
        match json.filter(|json| json.to_string().as_bytes() == value) {
            Some(json) => Self::Json(json),
            None => Self::Base64(STANDARD.encode(value)),
        }
    }

    pub fn bytes(&self) -> Result<Bytes> {
        match self {
            Self::Json(json) => Ok(json.to_string().into()),
            Self::Base64(text) => decode(text),
        }
    }
}

pub(super) fn blob(name: String, content: &[u8]) -> Line {
    let base64 = STANDARD.encode(content);
    Line::Blob { name, base64 }
}

pub(super) fn decode(base64: &str) -> Result<Bytes> {
    let wrong = |error| {
        Error::new(
            Kind::BadRequest,
            format!("The bundle has Base64 that is none: {error}"),
        )
    };
    Ok(STANDARD.decode(base64).map_err(wrong)?.into())
}

impl Line {
    /// Reads line `number`, counted from 1.
    pub fn parse(text: &[u8], number: u64) -> Result<Self> {
        serde_json::from_slice(text).map_err(|error| {
            let message = format!("Line {number} of the bundle cannot be read: {error}");
            Error::new(Kind::BadRequest, message)
        })
    }
}
