//! A `chat/completions` answer, whole or in chunks.

use model::{Delta, Finish, ToolCall, Usage};
use serde_json::{Value, json};

/// What every chunk of an answer repeats.
pub(super) struct Identity {
    pub(super) id: String,
    pub(super) model: String,
    pub(super) created: u64,
}

/// An answer that is collected.
#[derive(Default)]
pub(super) struct Answer {
    text: String,
    reasoning: String,
    calls: Vec<ToolCall>,
    usage: Usage,
    finish: Option<Finish>,
}

impl Answer {
    pub(super) fn push(&mut self, delta: Delta) {
        match delta {
            Delta::Text(text) => self.text.push_str(&text),
            Delta::Reasoning(text) => self.reasoning.push_str(&text),
            Delta::Usage(usage) => self.usage = usage,
            Delta::Finish(finish) => self.finish = Some(finish),
            Delta::ToolCall(piece) => {
                while self.calls.len() <= piece.index && self.calls.len() < MOST_CALLS {
                    let (id, name, arguments) = Default::default();
                    self.calls.push(ToolCall {
                        id,
                        name,
                        arguments,
                    });
                }
                if let Some(call) = self.calls.get_mut(piece.index) {
                    call.id.extend(piece.id);
                    call.name.extend(piece.name);
                    call.arguments.push_str(&piece.arguments);
                }
            }
        }
    }

    pub(super) fn whole(&self, identity: &Identity) -> Value {
        let mut message = json!({ "role": "assistant", "content": self.text });
        if let Some(fields) = message.as_object_mut() {
            if !self.reasoning.is_empty() {
                fields.insert("reasoning_content".to_owned(), json!(self.reasoning));
            }
            if !self.calls.is_empty() {
                let calls = self.calls.iter().map(|call| {
                    let function = json!({ "name": call.name, "arguments": call.arguments });
                    json!({ "id": call.id, "type": "function", "function": function })
                });
                fields.insert("tool_calls".to_owned(), calls.collect());
            }
        }
        json!({
            "id": identity.id,
            "object": "chat.completion",
            "created": identity.created,
            "model": identity.model,
            "choices": [{
                "index": 0,
                "message": message,
                "logprobs": null,
                "finish_reason": reason(self.finish.as_ref().unwrap_or(&Finish::Stop)),
            }],
            "usage": usage(&self.usage),
        })
    }
}

/// More calls than any model makes at once; an index beyond it is a mistake of the model's service.
const MOST_CALLS: usize = 128;

/// The chunk that opens an answer.
pub(super) fn first(identity: &Identity) -> Value {
    frame(
        identity,
        json!([{ "index": 0, "delta": { "role": "assistant", "content": "" }, "finish_reason": null }]),
    )
}

/// The chunk of a delta.
pub(super) fn chunk(identity: &Identity, delta: &Delta) -> Value {
    let (delta, finish) = match delta {
        Delta::Text(text) => (json!({ "content": text }), None),
        Delta::Reasoning(text) => (json!({ "reasoning_content": text }), None),
        Delta::ToolCall(piece) => {
            let mut call =
                json!({ "index": piece.index, "function": { "arguments": piece.arguments } });
            if let (Some(id), Some(name)) = (&piece.id, &piece.name) {
                let function = json!({ "name": name, "arguments": piece.arguments });
                call = json!({ "index": piece.index, "id": id, "type": "function", "function": function });
            }
            (json!({ "tool_calls": [call] }), None)
        }
        Delta::Finish(finish) => (json!({}), Some(reason(finish))),
        Delta::Usage(found) => {
            let mut chunk = frame(identity, json!([]));
            if let Some(fields) = chunk.as_object_mut() {
                fields.insert("usage".to_owned(), usage(found));
            }
            return chunk;
        }
    };
    frame(
        identity,
        json!([{ "index": 0, "delta": delta, "finish_reason": finish }]),
    )
}

/// One event of the stream.
pub(super) fn push_event(frame: &mut String, event: &Value) {
    frame.push_str("data: ");
    frame.push_str(&event.to_string());
    frame.push_str("\n\n");
}

pub(super) fn usage(usage: &Usage) -> Value {
    json!({
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens(),
    })
}

fn frame(identity: &Identity, choices: Value) -> Value {
    json!({
        "id": identity.id,
        "object": "chat.completion.chunk",
        "created": identity.created,
        "model": identity.model,
        "choices": choices,
    })
}

fn reason(finish: &Finish) -> &str {
    match finish {
        Finish::Stop => "stop",
        Finish::Length => "length",
        Finish::ToolCalls => "tool_calls",
        Finish::ContentFilter => "content_filter",
        Finish::Other(reason) => reason,
    }
}
