//! Spoken questions and spoken answers.

use std::{collections::BTreeMap, sync::Arc};

use app::{
    apps::Mode,
    provider::{self, Entry, Offer},
};
use async_trait::async_trait;
use axum::body::Body;
use futures::executor::block_on;
use http::Method;
use model::{
    Audio, Dialect, Embedder, EmbedderInfo, Endpoint, Llm, LlmInfo, ModelKind, Models, Reranker,
    RerankerInfo, Speaker, SpeechInfo, Transcriber, fake::ScriptedLlm,
};
use serde_json::{Value, json};

use super::support::*;

/// A service that says what it was asked.
struct Studio;

struct Voice(SpeechInfo);

#[async_trait]
impl Transcriber for Voice {
    async fn transcribe(&self, audio: Audio) -> model::Result<String> {
        let (name, kind) = (audio.filename, audio.mime_type);
        Ok(format!(
            "{} heard {} bytes of {name}, {kind}",
            self.0.model,
            audio.bytes.len()
        ))
    }
}

#[async_trait]
impl Speaker for Voice {
    async fn speak(&self, text: &str, voice: Option<&str>) -> model::Result<Audio> {
        let spoken = format!("{} as {voice:?}: {text}", self.0.model);
        Ok(Audio {
            filename: String::new(),
            mime_type: "audio/mpeg".to_owned(),
            bytes: spoken.into_bytes(),
        })
    }
}

impl Dialect for Studio {
    fn llm(&self, _: &Endpoint, info: LlmInfo) -> Arc<dyn Llm> {
        Arc::new(ScriptedLlm::new(&info.model, []))
    }

    fn embedder(&self, _: &Endpoint, _: EmbedderInfo) -> Option<Arc<dyn Embedder>> {
        None
    }

    fn reranker(&self, _: &Endpoint, _: RerankerInfo) -> Option<Arc<dyn Reranker>> {
        None
    }

    fn transcriber(&self, _: &Endpoint, info: SpeechInfo) -> Option<Arc<dyn Transcriber>> {
        Some(Arc::new(Voice(info)))
    }

    fn speaker(&self, _: &Endpoint, info: SpeechInfo) -> Option<Arc<dyn Speaker>> {
        Some(Arc::new(Voice(info)))
    }
}

fn talking() -> Value {
    let mut config = config();
    config["speech_to_text"] = json!({"enabled": true});
    config["text_to_speech"] = json!({"enabled": true, "voice": "nova", "language": "en-US"});
    config
}

async fn bench(config: Value, with_provider: bool) -> Bench {
    let (platform, handles) = ports::fake::platform();
    let llm = Arc::new(ScriptedLlm::new("scripted", []));
    let models = Models {
        llms: vec![llm.clone()],
        dialects: BTreeMap::from([("openai", Arc::new(Studio) as Arc<dyn Dialect>)]),
        ..Models::default()
    };
    let bench = Bench::over(platform, handles, models, llm, app(Mode::Chat, config)).await;
    if with_provider {
        let offer: Offer =
            serde_json::from_value(json!({"model": "far", "model_type": ModelKind::Llm})).unwrap();
        let entry = Entry {
            name: "studio".to_owned(),
            dialect: "openai".to_owned(),
            base_url: "https://models.example/v1".to_owned(),
            api_key: Some(String::new()),
            models: vec![offer],
        };
        provider::save(&bench.ctx, TENANT, entry).await.unwrap();
    }
    bench
}

async fn hear(bench: &Bench, part: &str) -> (u16, Value) {
    let mut request = bench.request(Method::POST, "/v1/audio-to-text", None);
    let kind = "multipart/form-data; boundary=line".parse().unwrap();
    request.headers_mut().insert("content-type", kind);
    *request.body_mut() = Body::from(format!("{part}--line--\r\n"));
    let response = bench.send(request).await;
    let status = response.status().as_u16();
    let text = bench.text(response).await;
    (status, serde_json::from_str(&text).unwrap())
}

fn recording(kind: &str, content: &str) -> String {
    format!(
        "--line\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\nContent-Type: {kind}\r\n\r\n\
         {content}\r\n"
    )
}

#[test]
fn a_recording_becomes_words() {
    block_on(async {
        let heard = hear(
            &bench(talking(), true).await,
            &recording("audio/mp3", "sound"),
        )
        .await;
        let expect = json!({"text": "whisper-1 heard 5 bytes of a.mp3, audio/mp3"});
        assert_eq!(heard, (200, expect));
        let mut named = talking();
        named["speech_to_text"]["model"] = json!({"provider": "studio", "name": "ears"});
        let (_, heard) = hear(&bench(named, true).await, &recording("audio/wav", "x")).await;
        assert_eq!(heard["text"], "ears heard 1 bytes of a.mp3, audio/wav");
    });
}

#[test]
fn what_is_not_heard() {
    block_on(async {
        let talking = bench(talking(), true).await;
        let too_large = "x".repeat((30 << 20) + 1);
        for (part, status, code) in [
            (
                recording("audio/mpeg", "sound"),
                415,
                "unsupported_audio_type",
            ),
            (recording("audio/mp3", ""), 400, "no_audio_uploaded"),
            (String::new(), 400, "no_audio_uploaded"),
            (recording("audio/mp3", &too_large), 413, "audio_too_large"),
        ] {
            let (got, refused) = hear(&talking, &part).await;
            assert_eq!((got, &refused["code"]), (status, &json!(code)));
        }
        let sound = recording("audio/mp3", "sound");
        for (bench, code) in [
            (bench(config(), true).await, "speech_to_text_disabled"),
            (
                bench(super::audio::talking(), false).await,
                "provider_not_support_speech_to_text",
            ),
        ] {
            let (got, refused) = hear(&bench, &sound).await;
            assert_eq!((got, &refused["code"]), (400, &json!(code)));
        }
    });
}

#[test]
fn words_become_a_recording() {
    block_on(async {
        let bench = bench(talking(), true).await;
        let answer = bench.ask("Hello?", None).await;
        let id = answer["message_id"].clone();
        for (body, expect) in [
            (json!({"text": "Hi."}), "tts-1 as Some(\"nova\"): Hi."),
            (
                json!({"text": "Hi.", "voice": "echo"}),
                "tts-1 as Some(\"echo\"): Hi.",
            ),
            (
                json!({"text": "Hi.", "message_id": id, "user": "ada"}),
                "tts-1 as Some(\"nova\"): echo: Hello?",
            ),
        ] {
            let request = bench.request(Method::POST, "/v1/text-to-audio", Some(body));
            let response = bench.send(request).await;
            assert_eq!(response.headers()["content-type"], "audio/mpeg");
            assert_eq!(bench.text(response).await, expect);
        }
    });
}

#[test]
fn what_is_not_spoken() {
    block_on(async {
        let body = || json!({"text": "Hi."});
        let foreign = || json!({"message_id": "0f8fad5b-d9cb-469f-a165-70867728950e"});
        for (bench, body, status, code) in [
            (bench(config(), true).await, body(), 400, "invalid_param"),
            (
                bench(talking(), false).await,
                body(),
                400,
                "provider_not_initialize",
            ),
            (
                bench(talking(), true).await,
                json!({"text": " "}),
                400,
                "invalid_param",
            ),
            (bench(talking(), true).await, foreign(), 404, "not_found"),
        ] {
            let (got, refused) = bench.post("/v1/text-to-audio", body).await;
            assert_eq!((got.as_u16(), &refused["code"]), (status, &json!(code)));
        }
    });
}
