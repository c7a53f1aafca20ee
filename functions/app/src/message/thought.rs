//! What an agent thought and did on the way to its answer.

use ports::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Bytes of the texts of all thoughts of a message that are kept whole.
const LIMIT: usize = 64 << 10;

/// One round of an agent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Thought {
    /// From 1.
    pub position: u32,
    /// What the model said in this round.
    pub thought: String,
    /// Names of the tools that it called, joined by `;`.
    pub tool: String,
    /// Name to what people call it.
    pub tool_labels: Map<String, Value>,
    /// JSON text: name to arguments; empty when nothing was called.
    pub tool_input: String,
    /// JSON text: name to result; empty until the tools are done.
    pub observation: String,
    /// When the round began.
    pub created_at: Timestamp,
}

impl Thought {
    /// Its id: it has no record of its own, so that follows from its message's.
    pub fn id(&self, message_id: &str) -> String {
        crate::id::derived(&format!("thought/{message_id}/{}", self.position))
    }

    /// Puts it in its place among the others.
    #[cfg(feature = "agents")]
    pub(crate) fn put(self, all: &mut Vec<Self>) {
        match all.iter_mut().find(|it| it.position == self.position) {
            Some(old) => *old = self,
            None => all.push(self),
        }
    }
}

/// Cuts the texts until they fit a record: a history is read with its thoughts.
pub(super) fn fit(all: &mut [Thought], limit: usize) {
    let limit = limit.min(LIMIT);
    let length = |it: &Thought| it.thought.len() + it.tool_input.len() + it.observation.len();
    let mut room = limit;
    while all.iter().map(length).sum::<usize>() > limit && room > 0 {
        room /= 2;
        for it in all.iter_mut() {
            super::record::truncate(&mut it.thought, room);
            super::record::truncate(&mut it.tool_input, room);
            super::record::truncate(&mut it.observation, room);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thoughts_never_outgrow_their_record() {
        let long = |size: usize| Thought {
            thought: "short".to_owned(),
            observation: "é".repeat(size),
            ..Thought::default()
        };
        for (sizes, whole) in [
            (vec![10, 10], true),
            (vec![9_000; 99], false),
            (vec![900_000], false),
        ] {
            let mut all: Vec<Thought> = sizes.into_iter().map(long).collect();
            let before = all.clone();
            fit(&mut all, 1 << 20);
            let bytes: usize = all.iter().map(|it| it.observation.len()).sum();
            assert!(bytes <= LIMIT);
            assert_eq!(all == before, whole);
            assert!(all.iter().all(|it| !it.observation.is_empty()));
        }
    }
}
