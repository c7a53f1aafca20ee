//! Events and answers as they go out.

use app::{
    apps::Mode,
    chat::{End, Event, Head},
};
use serde_json::{Value, json};

use crate::Error;

/// One event of a stream.
pub(super) fn event(head: &Head, event: Event) -> Value {
    match event {
        Event::Delta(answer) => {
            let name = if head.mode == Mode::AgentChat {
                "agent_message"
            } else {
                "message"
            };
            let mut event = common(head, name);
            put(&mut event, "task_id", json!(head.task_id));
            put(&mut event, "id", json!(head.message_id));
            put(&mut event, "answer", json!(answer));
            if name == "message" {
                put(&mut event, "from_variable_selector", Value::Null);
            }
            event
        }
        Event::Thought(thought) => {
            let mut event = common(head, "agent_thought");
            put(&mut event, "task_id", json!(head.task_id));
            put(&mut event, "id", json!(thought.id(&head.message_id)));
            put(&mut event, "position", json!(thought.position));
            put(&mut event, "thought", json!(thought.thought));
            put(&mut event, "observation", json!(thought.observation));
            put(&mut event, "tool", json!(thought.tool));
            put(&mut event, "tool_labels", json!(thought.tool_labels));
            put(&mut event, "tool_input", json!(thought.tool_input));
            put(&mut event, "message_files", json!([]));
            event
        }
        Event::Replace(answer) => {
            let mut event = common(head, "message_replace");
            put(&mut event, "task_id", json!(head.task_id));
            put(&mut event, "answer", json!(answer));
            put(&mut event, "reason", json!("output_moderation"));
            event
        }
        Event::End(end) => {
            let mut event = common(head, "message_end");
            put(&mut event, "task_id", json!(head.task_id));
            put(&mut event, "id", json!(head.message_id));
            put(&mut event, "metadata", metadata(&end));
            put(&mut event, "files", json!(end.files));
            event
        }
        Event::Sound(_) | Event::SoundEnd => {
            let (name, audio) = match event {
                Event::Sound(audio) => ("tts_message", audio),
                _ => ("tts_message_end", String::new()),
            };
            let mut event = common(head, name);
            put(&mut event, "task_id", json!(head.task_id));
            put(&mut event, "audio", json!(audio));
            event
        }
        Event::Error(error) => {
            let mut event = common(head, "error");
            if let Value::Object(body) = Error::body(&error) {
                body.into_iter()
                    .for_each(|(key, value)| put(&mut event, &key, value));
            }
            event
        }
    }
}

/// The whole answer.
pub(super) fn blocking(head: &Head, answer: &str, end: &End) -> Value {
    let mut body = common(head, "message");
    put(&mut body, "task_id", json!(head.task_id));
    put(&mut body, "id", json!(head.message_id));
    put(&mut body, "mode", json!(head.mode.as_str()));
    put(&mut body, "answer", json!(answer));
    put(&mut body, "metadata", metadata(end));
    body
}

/// What every event says. A completion is in no conversation that a caller could go on with.
fn common(head: &Head, event: &str) -> Value {
    let mut event = json!({
        "event": event,
        "message_id": head.message_id,
        "created_at": head.created_at.as_secs(),
    });
    if head.mode != Mode::Completion {
        put(&mut event, "conversation_id", json!(head.conversation_id));
    }
    event
}

fn metadata(end: &End) -> Value {
    let annotation = end.annotation.as_ref().map(|annotation| {
        let account = json!({"id": annotation.account_id, "name": annotation.account_name});
        json!({"id": annotation.id, "account": account})
    });
    json!({"annotation_reply": annotation, "retriever_resources": end.resources, "usage": end.usage})
}

fn put(event: &mut Value, key: &str, value: Value) {
    if let Value::Object(fields) = event {
        fields.insert(key.to_owned(), value);
    }
}
