//! What a run may use. Every limit is set by the host, and reaching one is an error that names it.

use serde::{Deserialize, Serialize};

/// Limits of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Nodes that are started, those in iterations and loops counted each time.
    pub steps: u64,
    /// Milliseconds in which the run works; waiting for a person does not count.
    pub time: u64,
    /// Bytes of one node's outputs.
    pub variable_bytes: usize,
    /// Levels of lists and objects in one node's outputs.
    pub depth: usize,
    /// Items of one iteration.
    pub iteration_items: usize,
    /// Rounds of one loop.
    pub loop_rounds: u64,
    /// Rounds of one iteration that run at the same time, however many its node asks for.
    pub parallel: usize,
    /// Bytes of one template's text.
    pub template_bytes: usize,
    /// What a code node may return.
    pub code: CodeLimits,
}

/// Limits of what a code node returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the names say it")]
pub struct CodeLimits {
    /// Letters of one text.
    pub string_letters: usize,
    pub string_items: usize,
    pub object_items: usize,
    pub number_items: usize,
    pub depth: usize,
    /// Digits after the point.
    pub precision: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 100_000,
            time: 1_200_000,
            variable_bytes: 16 << 20,
            depth: 100,
            iteration_items: 100_000,
            loop_rounds: 10_000,
            parallel: 100,
            template_bytes: 400_000 * 4,
            code: CodeLimits::default(),
        }
    }
}

impl Default for CodeLimits {
    fn default() -> Self {
        Self {
            string_letters: 400_000,
            string_items: 30,
            object_items: 30,
            number_items: 1000,
            depth: 5,
            precision: 20,
        }
    }
}
