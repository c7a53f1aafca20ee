//! Function calls, put together from their pieces.

use model::{ToolCall, ToolCallDelta};

/// The calls of one round, in the order of their index.
#[derive(Default)]
pub(crate) struct Calls {
    calls: Vec<(usize, ToolCall)>,
}

impl Calls {
    /// One more piece.
    pub(crate) fn take(&mut self, piece: ToolCallDelta) {
        let place = self
            .calls
            .iter()
            .position(|(index, _)| *index == piece.index);
        let place = place.unwrap_or_else(|| {
            let call = ToolCall {
                id: String::new(),
                name: String::new(),
                arguments: String::new(),
            };
            self.calls.push((piece.index, call));
            self.calls.len() - 1
        });
        let Some((_, call)) = self.calls.get_mut(place) else {
            return;
        };
        if let Some(id) = piece.id {
            call.id = id;
        }
        if let Some(name) = piece.name {
            call.name.push_str(&name);
        }
        call.arguments.push_str(&piece.arguments);
    }

    /// Those that have a name; each with an id of its own, because the answers refer to it.
    pub(crate) fn done(mut self) -> Vec<ToolCall> {
        self.calls.sort_by_key(|(index, _)| *index);
        let named = self
            .calls
            .into_iter()
            .filter(|(_, call)| !call.name.is_empty());
        let named = named.map(|(index, mut call)| {
            if call.id.is_empty() {
                call.id = format!("call_{index}");
            }
            call
        });
        named.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_parallel_calls_find_together() {
        let mut calls = Calls::default();
        let piece = |index, id: Option<&str>, name: Option<&str>, arguments: &str| ToolCallDelta {
            index,
            id: id.map(str::to_owned),
            name: name.map(str::to_owned),
            arguments: arguments.to_owned(),
        };
        calls.take(piece(1, Some("b"), Some("second"), "{\"x\""));
        calls.take(piece(0, None, Some("first"), ""));
        calls.take(piece(1, None, None, ": 1}"));
        calls.take(piece(0, None, None, "{}"));
        calls.take(piece(2, Some("c"), None, "nameless"));
        let done = calls.done();
        let shown: Vec<(&str, &str, &str)> = done
            .iter()
            .map(|call| {
                (
                    call.id.as_str(),
                    call.name.as_str(),
                    call.arguments.as_str(),
                )
            })
            .collect();
        assert_eq!(
            shown,
            [("call_0", "first", "{}"), ("b", "second", "{\"x\": 1}")]
        );
    }
}
