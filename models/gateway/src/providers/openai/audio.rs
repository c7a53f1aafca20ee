//! `audio/transcriptions` and `audio/speech`.

use async_trait::async_trait;
use model::{Audio, Endpoint, Error, ErrorKind, Result, Speaker, SpeechInfo, Transcriber};
use serde_json::{Value, json};

use super::who;
use crate::client::{Call, Client, Payload, content_type};

/// Bytes of a transcript.
const TRANSCRIPT_BYTES: usize = 4 << 20;

/// Bytes of a recording that a model made.
const AUDIO_BYTES: usize = 32 << 20;

/// The voice of a caller that names none: this dialect wants one.
const VOICE: &str = "alloy";

/// Parts of a form stand between lines of this; no recording holds it but by design.
const BOUNDARY: &str = "edgewise-8b1f0c52d7a94e63";

/// A remote speech model.
pub(super) struct Speech {
    client: Client,
    endpoint: Endpoint,
    model: String,
    who: String,
}

impl Speech {
    pub(super) fn new(client: Client, endpoint: Endpoint, info: SpeechInfo) -> Self {
        Self {
            who: who(&info.provider, &info.model),
            model: info.model,
            client,
            endpoint,
        }
    }

    fn call<'a>(&'a self, path: &'static str, body: Payload<'a>) -> Call<'a> {
        Call {
            endpoint: &self.endpoint,
            path,
            who: &self.who,
            body,
            deadline: self.client.deadline(),
        }
    }
}

#[async_trait]
impl Transcriber for Speech {
    async fn transcribe(&self, audio: Audio) -> Result<String> {
        let body = Payload::Form {
            boundary: BOUNDARY,
            bytes: form(&self.model, &audio),
        };
        let call = self.call("/audio/transcriptions", body);
        let answer = self.client.json(&call, TRANSCRIPT_BYTES).await?;
        let text = answer.get("text").and_then(Value::as_str);
        text.map(str::to_owned).ok_or_else(|| {
            let message = format!("{}: the answer has no text", self.who);
            Error::new(ErrorKind::Protocol, message)
        })
    }
}

#[async_trait]
impl Speaker for Speech {
    async fn speak(&self, text: &str, voice: Option<&str>) -> Result<Audio> {
        let body = json!({
            "model": self.model, "input": text, "voice": voice.unwrap_or(VOICE), "response_format": "mp3",
        });
        let call = self.call("/audio/speech", Payload::Json(&body));
        let attempt = || async {
            let (headers, mut incoming) = self.client.send(&call).await?;
            let bytes = incoming.collect(AUDIO_BYTES).await?;
            let mime_type = match content_type(&headers) {
                named if named.starts_with("audio/") => named,
                _ => "audio/mpeg".to_owned(),
            };
            Ok(Audio {
                filename: String::new(),
                mime_type,
                bytes,
            })
        };
        self.client.retry(call.deadline, attempt).await
    }
}

fn form(model: &str, audio: &Audio) -> Vec<u8> {
    let plain = |text: &str| text.replace(['"', '\r', '\n', '\\'], "_");
    let filename = match audio.filename.is_empty() {
        true => "audio".to_owned(),
        false => plain(&audio.filename),
    };
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n{model}\r\n--{BOUNDARY}\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"{filename}\"\r\nContent-Type: {}\r\n\r\n",
        plain(&audio.mime_type)
    );
    let tail = format!("\r\n--{BOUNDARY}--\r\n");
    [head.as_bytes(), &audio.bytes, tail.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_that_a_name_cannot_break() {
        let audio = Audio {
            filename: "a\"\r\nb.mp3".to_owned(),
            mime_type: "audio/mp3".to_owned(),
            bytes: vec![0, 255],
        };
        let form = form("whisper-1", &audio);
        let text = String::from_utf8_lossy(&form);
        assert!(text.contains("filename=\"a___b.mp3\"\r\nContent-Type: audio/mp3\r\n\r\n\0"));
        assert!(text.contains("name=\"model\"\r\n\r\nwhisper-1\r\n"));
        assert_eq!(text.matches(BOUNDARY).count(), 3);
    }
}
