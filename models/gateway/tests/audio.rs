//! Speech to text and text to speech, as they are sent.

// A helper of a test fails its test by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::{Arc, Mutex};

use futures::executor::block_on;
use model::{Audio, Dialect, Endpoint, SpeechInfo};
use ports::{Body, fake};

type Seen = Arc<Mutex<Vec<(String, String, String)>>>;

/// A service that answers everything alike, and what it is asked: path, content type, body.
fn service(kind: &'static str, answer: &'static str) -> (Arc<dyn Dialect>, Seen) {
    let (platform, handles) = fake::platform();
    let seen = Seen::default();
    let noted = seen.clone();
    handles.fetch.route_streaming("", move |request| {
        let noted = noted.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = body.into_bytes(1 << 20).await?;
            let sent = head
                .headers
                .get("content-type")
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            let body = String::from_utf8_lossy(&body).into_owned();
            let path = head.uri.path().to_owned();
            noted.lock().unwrap().push((path, sent, body));
            let response = http::Response::builder().header("content-type", kind);
            Ok(response
                .body(Body::Full(answer.as_bytes().to_vec().into()))
                .unwrap())
        })
    });
    let openai = gateway::dialects(platform.fetch, platform.clock, platform.entropy)
        .remove("openai")
        .unwrap();
    (openai, seen)
}

fn endpoint() -> Endpoint {
    Endpoint {
        base_url: "https://api.test/v1".to_owned(),
        api_key: "sk-1".to_owned(),
    }
}

fn info(model: &str) -> SpeechInfo {
    SpeechInfo {
        provider: "test".to_owned(),
        model: model.to_owned(),
    }
}

#[test]
fn a_recording_goes_out_as_a_form() {
    let (openai, seen) = service("application/json", r#"{"text": "Hello."}"#);
    let audio = Audio {
        filename: "a.mp3".to_owned(),
        mime_type: "audio/mp3".to_owned(),
        bytes: b"sound".to_vec(),
    };
    let transcriber = openai.transcriber(&endpoint(), info("whisper-1")).unwrap();
    assert_eq!(block_on(transcriber.transcribe(audio)).unwrap(), "Hello.");
    let seen = seen.lock().unwrap();
    let (path, kind, body) = seen.first().unwrap();
    assert_eq!(path, "/v1/audio/transcriptions");
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
    assert!(body.starts_with(&format!("--{boundary}\r\n")), "{body}");
    assert!(
        body.ends_with(&format!("\r\nsound\r\n--{boundary}--\r\n")),
        "{body}"
    );
}

#[test]
fn an_answer_without_a_text() {
    let (openai, _) = service("application/json", "{}");
    let transcriber = openai.transcriber(&endpoint(), info("whisper-1")).unwrap();
    let error = block_on(transcriber.transcribe(Audio::default())).unwrap_err();
    assert_eq!(error.to_string(), "test/whisper-1: the answer has no text");
}

#[test]
fn a_text_comes_back_as_sound() {
    for (kind, voice, expect_kind, expect_voice) in [
        ("audio/wav", Some("echo"), "audio/wav", "echo"),
        ("application/octet-stream", None, "audio/mpeg", "alloy"),
    ] {
        let (openai, seen) = service(kind, "sound");
        let speaker = openai.speaker(&endpoint(), info("tts-1")).unwrap();
        let audio = block_on(speaker.speak("Hello.", voice)).unwrap();
        assert_eq!(
            (audio.mime_type.as_str(), audio.bytes.as_slice()),
            (expect_kind, b"sound".as_slice())
        );
        let seen = seen.lock().unwrap();
        let (path, sent, body) = seen.first().unwrap();
        assert_eq!(
            (path.as_str(), sent.as_str()),
            ("/v1/audio/speech", "application/json")
        );
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        let expect = serde_json::json!({
            "model": "tts-1", "input": "Hello.", "voice": expect_voice, "response_format": "mp3"
        });
        assert_eq!(body, expect);
    }
}
