//! A node that failed.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Map, plan::Node};

/// Why a node failed: data, which its retries and error strategy look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// A name such as `HTTPResponseCodeError`; fail branches show it as `error_type`.
    pub error_type: Arc<str>,
    /// For people; fail branches show it as `error_message`.
    pub message: Arc<str>,
    /// Outputs that exist in spite of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<Arc<Map>>,
    /// Whether another attempt can help. Mistakes in a graph stay mistakes.
    #[serde(default = "yes")]
    pub retryable: bool,
}

fn yes() -> bool {
    true
}

impl Failure {
    /// A failure that another attempt may mend.
    pub fn new(error_type: &str, message: impl Into<Arc<str>>) -> Self {
        Self {
            error_type: error_type.into(),
            message: message.into(),
            outputs: None,
            retryable: true,
        }
    }

    /// A failure that stays.
    pub fn lasting(error_type: &str, message: impl Into<Arc<str>>) -> Self {
        Self {
            retryable: false,
            ..Self::new(error_type, message)
        }
    }

    /// The same, by the name of its node.
    pub(crate) fn of(self, node: &Node) -> Self {
        let named = node.named();
        if self.message.starts_with(&named) {
            return self;
        }
        Self {
            message: format!("{named}: {}", self.message).into(),
            ..self
        }
    }
}
