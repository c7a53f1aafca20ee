//! `routes/files.rs` and `routes/audio.rs`.

use app::Kind;
use schemars::JsonSchema;
use serde_json::json;

use super::chat::Nil;
use crate::openapi::{
    operation::{Op, Who},
    types::{File, Flag, Seconds, Text, Uuid, Words},
};

pub(in crate::openapi) const UPLOADING: [Kind; 5] = [
    Kind::NoFileUploaded,
    Kind::TooManyFiles,
    Kind::FilenameNotExists,
    Kind::FileTooLarge,
    Kind::UnsupportedFileType,
];
pub(in crate::openapi) const HEARING: [Kind; 11] = [
    Kind::AppUnavailable,
    Kind::NoAudioUploaded,
    Kind::TooManyFiles,
    Kind::AudioTooLarge,
    Kind::UnsupportedAudioType,
    Kind::ProviderNotSupportSpeechToText,
    Kind::SpeechToTextDisabled,
    Kind::ProviderNotInitialize,
    Kind::ProviderQuotaExceeded,
    Kind::ModelCurrentlyNotSupport,
    Kind::CompletionRequestError,
];
pub(in crate::openapi) const SPEAKING: [Kind; 6] = [
    Kind::AppUnavailable,
    Kind::NotFound,
    Kind::ProviderNotInitialize,
    Kind::ProviderQuotaExceeded,
    Kind::ModelCurrentlyNotSupport,
    Kind::CompletionRequestError,
];

const ANY: &[&str] = &["*/*"];

pub(super) fn operations() -> Vec<Op> {
    vec![
        Op::new("post", "/v1/files/upload", "uploadFile")
            .says("Files", "Upload a file")
            .about("For questions with `local_file`. Limits by kind stand in `/v1/parameters`, in MB.")
            .form::<FileForm>()
            .json::<Upload>(201)
            .fails(&UPLOADING),
        Op::new("get", "/v1/files/{id}/preview", "previewFile")
            .says("Files", "Read a file that stands in a message")
            .query::<Preview>()
            .bytes(ANY)
            .fails(&[Kind::FileNotFound, Kind::FileAccessDenied]),
        Op::new("get", "/files/{id}/file-preview", "followFileLink")
            .says("Files", "Read a file by a signed address")
            .about("As `preview_url` of an upload says it; it needs no key.")
            .by(Who::Anybody)
            .query::<Signed>()
            .bytes(ANY)
            .fails(&[Kind::Forbidden, Kind::FileNotFound]),
        Op::new("post", "/v1/audio-to-text", "hear")
            .says("Audio", "Speech to text")
            .about("At most 30 MB of `audio/mp3`, `audio/m4a`, `audio/wav`, `audio/amr` or `audio/mpga`.")
            .form::<FileForm>()
            .json::<Heard>(200)
            .fails(&HEARING),
        Op::new("post", "/v1/text-to-audio", "speak")
            .says("Audio", "Text to speech")
            .about("Of a text, or of a message, which wins.")
            .body::<Speech>()
            .example(json!({"text": "Every two months.", "user": "ada"}))
            .bytes(&["audio/*"])
            .fails(&SPEAKING),
    ]
}

/// A file and whose it is.
#[derive(JsonSchema)]
pub(in crate::openapi) struct FileForm {
    file: File,
    #[serde(default)]
    user: Text,
}

/// An upload.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Upload {
    id: Uuid,
    reference: Nil,
    name: String,
    /// Bytes.
    size: u64,
    extension: String,
    mime_type: String,
    /// The end user.
    created_by: Uuid,
    created_at: Seconds,
    /// Signed; absent where the operator has no master key.
    preview_url: Option<String>,
    source_url: Option<String>,
    original_url: Nil,
    user_id: Nil,
    tenant_id: Uuid,
    conversation_id: Nil,
    file_key: Nil,
}

/// How a file is shown.
#[derive(JsonSchema)]
struct Preview {
    /// For saving instead of showing.
    as_attachment: Option<Flag>,
    user: Option<Text>,
}

/// What a signed address says.
#[derive(JsonSchema)]
struct Signed {
    tenant: String,
    timestamp: String,
    nonce: String,
    sign: String,
    /// For saving instead of showing.
    as_attachment: Option<Flag>,
}

/// What was said.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Heard {
    text: String,
}

/// What is to be said.
#[derive(JsonSchema)]
#[serde(untagged)]
pub(in crate::openapi) enum Speech {
    Message {
        message_id: Uuid,
        text: Option<String>,
        voice: Option<String>,
        user: Option<String>,
    },
    Text {
        text: Words,
        voice: Option<String>,
        user: Option<String>,
    },
}
