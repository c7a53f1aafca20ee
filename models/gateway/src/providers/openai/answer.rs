//! What comes back: the events of a stream, or one whole answer, turned into deltas.

use std::collections::VecDeque;

use model::{Delta, Error, ErrorKind, Finish, Result, ToolCallDelta, Usage};
use serde::Deserialize;
use serde_json::Value;

use crate::error::Refusal;

/// Collects an answer. Every field of the wire is optional: services leave out what they like.
pub(super) struct Answer {
    who: String,
    key: String,
    ready: VecDeque<Delta>,
    /// For each call of ours: the index and id that the service gave.
    calls: Vec<(Option<u64>, Option<String>)>,
    usage: Option<Usage>,
    finish: Option<Finish>,
    done: bool,
    written: usize,
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    usage: Option<WireUsage>,
    /// Groq's place for it.
    x_groq: Option<Extra>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Extra {
    usage: Option<WireUsage>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: u64,
    delta: Option<Piece>,
    /// In place of `delta` when the service does not stream.
    message: Option<Piece>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Piece {
    #[serde(default)]
    content: Value,
    reasoning_content: Option<String>,
    #[serde(default)]
    reasoning: Value,
    refusal: Option<String>,
    tool_calls: Option<Vec<Call>>,
}

#[derive(Deserialize)]
struct Call {
    index: Option<u64>,
    id: Option<String>,
    function: Option<Function>,
}

#[derive(Deserialize)]
struct Function {
    name: Option<String>,
    #[serde(default)]
    arguments: Value,
}

#[derive(Clone, Copy, Deserialize)]
struct WireUsage {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
}

impl Answer {
    pub(super) fn new(who: &str, key: &str) -> Self {
        Self {
            who: who.to_owned(),
            key: key.to_owned(),
            ready: VecDeque::new(),
            calls: Vec::new(),
            usage: None,
            finish: None,
            done: false,
            written: 0,
        }
    }

    /// The next delta that is known.
    pub(super) fn pop(&mut self) -> Option<Delta> {
        self.ready.pop_front()
    }

    /// Whether something can be passed on.
    pub(super) fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// The service said why it stopped; only token counts may still come.
    pub(super) fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    /// Nothing more will come.
    pub(super) fn is_done(&self) -> bool {
        self.done || self.finish.is_some() && self.usage.is_some()
    }

    /// One event of the stream, or the whole answer.
    pub(super) fn event(&mut self, data: &str) -> Result<()> {
        let data = data.trim();
        if data.is_empty() {
            return Ok(());
        }
        if data == "[DONE]" {
            self.done = true;
            return Ok(());
        }
        let chunk: Chunk = serde_json::from_str(data).map_err(|error| {
            let message = format!("{}: the answer could not be understood", self.who);
            Error::new(ErrorKind::Protocol, message).with_source(error)
        })?;
        if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
            let refusal = Refusal::from_value(&serde_json::json!({ "error": error }));
            return Err(refusal.into_error(None, &self.who, &self.key));
        }
        let usage = chunk.usage.or(chunk.x_groq.and_then(|extra| extra.usage));
        if let Some(WireUsage {
            prompt_tokens: Some(prompt_tokens),
            completion_tokens,
        }) = usage
        {
            // Some services count along: the last word holds.
            self.usage = Some(Usage {
                prompt_tokens,
                completion_tokens: completion_tokens.unwrap_or_default(),
                estimated: false,
            });
        }
        let choices = chunk.choices.unwrap_or_default();
        for choice in choices.into_iter().filter(|choice| choice.index == 0) {
            if let Some(piece) = choice.delta.or(choice.message) {
                self.piece(piece);
            }
            if let Some(reason) = choice.finish_reason.filter(|reason| !reason.is_empty()) {
                self.finish = Some(self.finish(reason));
            }
        }
        Ok(())
    }

    /// The stream is over; `prompt` is our own count of the prompt's tokens, for a service that says none.
    pub(super) fn close(&mut self, prompt: u64) -> Result<()> {
        if !self.done && self.finish.is_none() {
            let message = format!("{}: the answer broke off", self.who);
            return Err(Error::new(ErrorKind::Unavailable, message));
        }
        let estimate = Usage {
            prompt_tokens: prompt,
            completion_tokens: self.written.div_ceil(4) as u64,
            estimated: true,
        };
        let usage = self.usage.unwrap_or(estimate);
        let finish = self.finish.take().unwrap_or(Finish::Stop);
        self.ready.push_back(Delta::Usage(usage));
        self.ready.push_back(Delta::Finish(finish));
        Ok(())
    }

    fn piece(&mut self, piece: Piece) {
        let reasoning = piece.reasoning_content.filter(|text| !text.is_empty());
        self.reason(reasoning.unwrap_or_else(|| plain(&piece.reasoning)));
        // Mistral's reasoning models answer in parts, of which the first ones are thoughts.
        match &piece.content {
            Value::Array(parts) => {
                for part in parts {
                    match part.get("thinking") {
                        Some(thoughts) => self.reason(plain(thoughts)),
                        None => self.say(plain(part)),
                    }
                }
            }
            content => self.say(plain(content)),
        }
        self.say(piece.refusal.unwrap_or_default());
        for call in piece.tool_calls.unwrap_or_default() {
            self.call(call);
        }
    }

    fn say(&mut self, text: String) {
        self.written += text.len();
        if !text.is_empty() {
            self.ready.push_back(Delta::Text(text));
        }
    }

    fn reason(&mut self, text: String) {
        self.written += text.len();
        if !text.is_empty() {
            self.ready.push_back(Delta::Reasoning(text));
        }
    }

    fn call(&mut self, call: Call) {
        let id = call.id.filter(|id| !id.is_empty());
        let index = self.place(call.index, id.as_deref());
        let known = index < self.calls.len();
        if !known {
            self.calls.push((call.index, id.clone()));
        }
        let function = call.function;
        let name = function.as_ref().and_then(|function| function.name.clone());
        let arguments = match function.map(|function| function.arguments) {
            Some(Value::String(text)) => text,
            // Ollama once gave them as JSON.
            Some(value @ Value::Object(_)) => value.to_string(),
            _ => String::new(),
        };
        self.written += arguments.len();
        self.ready.push_back(Delta::ToolCall(ToolCallDelta {
            index,
            id: id.filter(|_| !known),
            name: name.filter(|name| !known && !name.is_empty()),
            arguments,
        }));
    }

    /// Which call of ours a piece belongs to. Services forget the index, or give 0 to every call: then the id tells.
    fn place(&self, index: Option<u64>, id: Option<&str>) -> usize {
        let same = |known: &(Option<u64>, Option<String>)| match id {
            Some(id) => known.1.as_deref() == Some(id),
            None => index.is_none() || known.0 == index,
        };
        self.calls
            .iter()
            .rposition(same)
            .unwrap_or(self.calls.len())
    }

    fn finish(&self, reason: String) -> Finish {
        match reason.as_str() {
            "length" | "max_tokens" | "model_length" => Finish::Length,
            "tool_calls" | "function_call" => Finish::ToolCalls,
            "content_filter" => Finish::ContentFilter,
            // Some services call their tools and then say that they just stopped.
            "stop" | "end_turn" | "eos" if !self.calls.is_empty() => Finish::ToolCalls,
            "stop" | "end_turn" | "eos" => Finish::Stop,
            _ => Finish::Other(reason),
        }
    }
}

/// The text in a string, in `{"text": ...}`, or in a list of these.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(plain).collect(),
        Value::Object(part) => part.get("text").map(plain).unwrap_or_default(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deltas(events: &[&str]) -> Result<Vec<Delta>> {
        let mut answer = Answer::new("p/m", "");
        for event in events {
            answer.event(event)?;
        }
        answer.close(9)?;
        Ok(std::iter::from_fn(|| answer.pop()).collect())
    }

    fn check(events: &[&str], expect: &[Delta]) {
        assert_eq!(deltas(events).unwrap(), expect, "{events:?}");
    }

    fn check_error(events: &[&str], kind: ErrorKind, message: &str) {
        let error = deltas(events).unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (kind, message),
            "{events:?}"
        );
    }

    fn usage(prompt_tokens: u64, completion_tokens: u64, estimated: bool) -> Delta {
        Delta::Usage(Usage {
            prompt_tokens,
            completion_tokens,
            estimated,
        })
    }

    fn call(index: usize, id: Option<&str>, name: Option<&str>, arguments: &str) -> Delta {
        Delta::ToolCall(ToolCallDelta {
            index,
            id: id.map(str::to_owned),
            name: name.map(str::to_owned),
            arguments: arguments.to_owned(),
        })
    }

    const STOP: &str = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;

    #[test]
    fn text_usage_and_why_it_ended() {
        let (text, stop) = (Delta::Text("Hello".to_owned()), Delta::Finish(Finish::Stop));
        let hello = r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":"Hello"},"finish_reason":null}]}"#;
        let counted =
            r#"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}"#;
        check(
            &[hello, STOP, counted, "[DONE]"],
            &[text.clone(), usage(3, 1, false), stop.clone()],
        );
        check(
            &[hello, STOP],
            &[text.clone(), usage(9, 2, true), stop.clone()],
        );
        check(
            &[hello, "", "[DONE]"],
            &[text.clone(), usage(9, 2, true), stop.clone()],
        );
        let groq = r#"{"choices":[{"delta":{},"finish_reason":"length"}],"x_groq":{"usage":{"prompt_tokens":3,"completion_tokens":1}}}"#;
        check(
            &[hello, groq],
            &[
                text.clone(),
                usage(3, 1, false),
                Delta::Finish(Finish::Length),
            ],
        );
        let whole = r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1}}"#;
        check(&[whole], &[text, usage(3, 1, false), stop]);
    }

    #[test]
    fn reasoning() {
        let why = Delta::Reasoning("why".to_owned());
        for piece in [
            r#"{"reasoning_content":"why"}"#,
            r#"{"reasoning":"why","content":null}"#,
            r#"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"why"}]}]}"#,
        ] {
            let event = format!(r#"{{"choices":[{{"delta":{piece}}}]}}"#);
            check(
                &[&event, STOP],
                &[why.clone(), usage(9, 1, true), Delta::Finish(Finish::Stop)],
            );
        }
    }

    #[test]
    fn tool_calls() {
        let event =
            |calls: &str| format!(r#"{{"choices":[{{"delta":{{"tool_calls":[{calls}]}}}}]}}"#);
        let end = [usage(9, 2, true), Delta::Finish(Finish::ToolCalls)];
        let both = [
            call(0, Some("a"), Some("f"), ""),
            call(0, None, None, r#"{"x""#),
            call(0, None, None, ":1}"),
            call(1, Some("b"), Some("g"), ""),
        ];
        // As OpenAI does it; without an index; with the same index for all.
        for (a, b) in [
            (r#""index":0,"#, r#""index":1,"#),
            ("", ""),
            (r#""index":0,"#, r#""index":0,"#),
        ] {
            check(
                &[
                    &event(&format!(
                        r#"{{{a}"id":"a","type":"function","function":{{"name":"f","arguments":""}}}}"#
                    )),
                    &event(&format!(r#"{{{a}"function":{{"arguments":"{{\"x\""}}}}"#)),
                    &event(&format!(
                        r#"{{{a}"id":"a","function":{{"name":"f","arguments":":1}}"}}}}"#
                    )),
                    &event(&format!(
                        r#"{{{b}"id":"b","type":"function","function":{{"name":"g","arguments":""}}}}"#
                    )),
                    STOP,
                ],
                &[both.as_slice(), end.as_slice()].concat(),
            );
        }
    }

    #[test]
    fn failures() {
        use ErrorKind::*;
        let hello = r#"{"choices":[{"delta":{"content":"Hello"}}]}"#;
        check_error(&[hello], Unavailable, "p/m: the answer broke off");
        check_error(&[], Unavailable, "p/m: the answer broke off");
        check_error(
            &[hello, "nonsense"],
            Protocol,
            "p/m: the answer could not be understood",
        );
        check_error(
            &[r#"{"error":{"message":"busy","type":"overloaded_error"}}"#],
            Unavailable,
            "p/m: the service reported an error: busy",
        );
        check_error(
            &[r#"{"error":{"message":"no","code":"context_length_exceeded"}}"#],
            ContextLength,
            "p/m: the prompt is too long for the model's context window: no",
        );
    }
}
