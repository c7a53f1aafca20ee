//! Speech to text, and text to speech.

use anyhow::{Context, Result, ensure};
use reqwest::{Method, multipart};
use serde_json::{Value, json};

use super::files::part;
use crate::{
    conformance::world::{App, World},
    http::{Client, refusal, text},
};

const HEAR: &str = "/v1/audio-to-text";
const SPEAK: &str = "/v1/text-to-audio";

async fn hear(client: &Client, bytes: &[u8], kind: &str) -> Result<crate::http::Answer> {
    let form = multipart::Form::new().part("file", part(bytes, Some("a.wav"), Some(kind))?);
    client.form(HEAR, form.text("user", "ada")).await
}

pub(super) async fn heard(world: &World) -> Result<()> {
    let app = world
        .chat(json!({ "speech_to_text": { "enabled": true } }))
        .await?;
    let heard = hear(&app.client, b"RIFF", "audio/wav").await?;
    ensure!(
        text(&heard.body, "/text") == "1 bytes were heard",
        "{heard:?}"
    );
    let large = vec![0; (30 << 20) + 1];
    for (bytes, kind, status, code) in [
        (&b""[..], "audio/wav", 400, "no_audio_uploaded"),
        (b"x", "audio/mpeg", 415, "unsupported_audio_type"),
        (&large, "audio/wav", 413, "audio_too_large"),
    ] {
        let answer = hear(&app.client, bytes, kind).await?;
        refusal(code, &answer, status, code)?;
    }
    let deaf = world.chat(json!({})).await?;
    let answer = hear(&deaf.client, b"RIFF", "audio/wav").await?;
    refusal("off", &answer, 400, "speech_to_text_disabled")?;
    let choice = json!({ "enabled": true, "model": { "provider": "nobody", "name": "ears" } });
    let unserved = world.chat(json!({ "speech_to_text": choice })).await?;
    let answer = hear(&unserved.client, b"RIFF", "audio/wav").await?;
    let code = "provider_not_support_speech_to_text";
    refusal("no provider", &answer, 400, code)?;
    Ok(())
}

pub(super) async fn spoken(world: &World) -> Result<()> {
    let voice =
        json!({ "enabled": true, "voice": "nova", "language": "en-US", "autoPlay": "enabled" });
    let app = world.chat(json!({ "text_to_speech": voice })).await?;
    let said = json!({ "text": "Good morning.", "user": "ada" });
    let sound = app.client.send(Method::POST, SPEAK, Some(&said)).await?;
    ensure!(sound.status == 200, "{}", sound.status);
    let mute = world.chat(json!({})).await?;
    mute.client
        .refused(Method::POST, SPEAK, Some(&said), 400, "invalid_param")
        .await?;

    let choice = json!({ "enabled": true, "model": { "provider": "nobody", "name": "mouth" } });
    let unserved = world.chat(json!({ "text_to_speech": choice })).await?;
    unserved
        .client
        .refused(
            Method::POST,
            SPEAK,
            Some(&said),
            400,
            "provider_not_initialize",
        )
        .await?;

    // Auto-play: the answer is read aloud at the end of its stream.
    let body = App::question("Hello?", json!({ "response_mode": "streaming" }));
    let streamed = app.client.stream("/v1/chat-messages", &body).await?;
    let names: Vec<_> = streamed
        .events
        .iter()
        .map(|event| text(event, "/event"))
        .collect();
    let end = names.iter().position(|name| name == "message_end");
    let after = names.get(end.context("no end")? + 1..).unwrap_or_default();
    let (last, pieces) = after.split_last().context("nothing is read aloud")?;
    ensure!(last == "tts_message_end", "{after:?}");
    ensure!(
        pieces.len() > 1 && pieces.iter().all(|name| name == "tts_message"),
        "{after:?}"
    );
    let empty = streamed.events.last().and_then(|event| event.get("audio"));
    ensure!(empty == Some(&Value::from("")), "{empty:?}");
    Ok(())
}
