//! Spoken questions and spoken answers, by a model of a provider that has them.
//!
//! The app's feature may name one (`{"model": {"provider", "name"}}`); else it is the first of the workspace's
//! providers whose dialect speaks, with the model that every service of that kind knows.

use base64::{Engine, engine::general_purpose::STANDARD};
use model::{Audio, Parameters};
use serde_json::{Map, Value};

use crate::{
    Context, Error, Kind, Result,
    apps::{App, Mode, ModelChoice},
    chat::Event,
    end_user::EndUser,
    message,
    provider::Providers,
    requests::{Purpose, Tab},
};

/// Largest recording, in bytes.
pub const MAX_BYTES: usize = 30 << 20;

/// Longest text that is read aloud, in characters: the services take no more.
const MAX_CHARS: usize = 4_096;

/// Bytes of sound in an event of a stream: whole groups of three, so that pieces of Base64 make one.
const PIECE_BYTES: usize = 12 << 10;

/// What recordings may say that they are.
const TYPES: [&str; 5] = [
    "audio/mp3",
    "audio/m4a",
    "audio/wav",
    "audio/amr",
    "audio/mpga",
];

/// The words of a recording.
pub async fn transcribe(ctx: &Context, app: &App, audio: Audio) -> Result<String> {
    let Some(feature) = feature(app, "speech_to_text") else {
        let message = "Speech to text is not enabled.";
        return Err(Error::new(Kind::SpeechToTextDisabled, message));
    };
    if audio.bytes.is_empty() {
        return Err(no_audio());
    }
    if audio.bytes.len() > MAX_BYTES {
        return Err(too_large());
    }
    if !TYPES.contains(&audio.mime_type.as_str()) {
        let message = format!(
            "Audio type not allowed. Supported types: {}.",
            TYPES.join(", ")
        );
        return Err(Error::new(Kind::UnsupportedAudioType, message));
    }
    let (provider, model) = choice(&feature);
    let tab = Tab::of_app(ctx, &app.tenant_id, Purpose::Speech, &app.id);
    let providers = Providers::on(&tab).await?;
    let found = providers.transcriber(&provider, &model).await?;
    let none = || {
        let message = "No provider of this workspace turns speech into text.";
        Error::new(Kind::ProviderNotSupportSpeechToText, message)
    };
    Ok(found.ok_or_else(none)?.transcribe(audio).await?)
}

/// What is read aloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Words {
    /// The answer of a message.
    Message(String),
    /// This.
    Text(String),
}

/// A recording of some words.
pub async fn speak(
    ctx: &Context,
    app: &App,
    user: &EndUser,
    words: Words,
    voice: Option<&str>,
) -> Result<Audio> {
    voice_of(app)?;
    let text = match words {
        Words::Text(text) => text,
        Words::Message(id) => {
            let scope = ctx.tenant(&app.tenant_id);
            message::get(&scope, user, &id).await?.value.answer
        }
    };
    say(ctx, app, &text, voice).await
}

async fn say(ctx: &Context, app: &App, text: &str, voice: Option<&str>) -> Result<Audio> {
    let feature = voice_of(app)?;
    let text: String = text.trim().chars().take(MAX_CHARS).collect();
    if text.is_empty() {
        return Err(Error::invalid("text", "text is required"));
    }
    let own = feature.get("voice").and_then(Value::as_str);
    let voice = voice.or(own).filter(|voice| !voice.is_empty());
    let (provider, model) = choice(&feature);
    let tab = Tab::of_app(ctx, &app.tenant_id, Purpose::Speech, &app.id);
    let providers = Providers::on(&tab).await?;
    let found = providers.speaker(&provider, &model).await?;
    let none = || {
        let message = "No provider of this workspace turns text into speech.";
        Error::new(Kind::ProviderNotInitialize, message)
    };
    Ok(found.ok_or_else(none)?.speak(&text, voice).await?)
}

fn voice_of(app: &App) -> Result<Map<String, Value>> {
    let off = || Error::new(Kind::InvalidParam, "Text to speech is not enabled");
    feature(app, "text_to_speech").ok_or_else(off)
}

/// Whether the answers of an app are read aloud without being asked.
pub(crate) fn plays_by_itself(app: &App) -> bool {
    let feature = feature(app, "text_to_speech").unwrap_or_default();
    feature.get("autoPlay").and_then(Value::as_str) == Some("enabled")
}

/// A stored answer read aloud, as the last events of its stream. Silence ends it, too, when the model fails: the
/// answer itself is there.
pub(crate) async fn aloud(ctx: &Context, app: &App, answer: &str) -> Vec<Event> {
    let spoken = match answer.trim() {
        "" => Ok(Vec::new()),
        answer => say(ctx, app, answer, None).await.map(|audio| audio.bytes),
    };
    let sound = spoken.unwrap_or_else(|error| {
        tracing::warn!(%error, app = app.id, "an answer is not read aloud");
        Vec::new()
    });
    let pieces = sound.chunks(PIECE_BYTES);
    let pieces = pieces.map(|piece| Event::Sound(STANDARD.encode(piece)));
    pieces.chain([Event::SoundEnd]).collect()
}

/// A form without a recording.
pub fn no_audio() -> Error {
    Error::new(Kind::NoAudioUploaded, "Please upload your audio.")
}

/// A recording over [`MAX_BYTES`].
pub fn too_large() -> Error {
    let message = format!("Audio size larger than {} mb", MAX_BYTES >> 20);
    Error::new(Kind::AudioTooLarge, message)
}

/// A feature of the app, if it is on.
fn feature(app: &App, name: &str) -> Option<Map<String, Value>> {
    let features = match app.mode {
        Mode::Workflow | Mode::AdvancedChat => app.workflow.as_ref()?.get("features")?,
        _ => app.model_config.as_ref()?,
    };
    let feature = features.get(name)?.as_object()?;
    (feature.get("enabled") == Some(&Value::Bool(true))).then(|| feature.clone())
}

fn choice(feature: &Map<String, Value>) -> (String, String) {
    let named = feature.get("model").cloned().unwrap_or_default();
    let choice: ModelChoice = serde_json::from_value(named).unwrap_or_else(|_| ModelChoice {
        completion_params: Parameters::default(),
        ..ModelChoice::default()
    });
    (choice.provider, choice.name)
}
