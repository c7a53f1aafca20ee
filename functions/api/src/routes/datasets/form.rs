//! The multipart forms that bring a document: `file`, and `data` with the options as a JSON text.

use app::{
    Kind,
    document::{Content, FileKind},
};
use axum::extract::{Multipart, multipart::Field};
use serde_json::Value;

use crate::{
    Error,
    extract::parse,
    params::{Fields, invalid},
    routes::form::{content, drain},
};

/// Longest `data` field.
const DATA: usize = 64 << 10;

/// A form that has arrived.
#[derive(Default)]
pub(super) struct Form {
    pub(super) file: Option<Content>,
    pub(super) data: Option<Fields>,
}

pub(super) fn no_file() -> Error {
    app::Error::new(Kind::NoFileUploaded, "Please upload your file.").into()
}

impl Form {
    /// Reads a form whose file has at most `limit` bytes.
    pub(super) async fn take(mut multipart: Multipart, limit: usize) -> Result<Self, Error> {
        let mut form = Self::default();
        let outcome = loop {
            match multipart.next_field().await {
                Ok(Some(field)) => {
                    if let Err(error) = form.field(field, limit).await {
                        break Err(error);
                    }
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(invalid("file", error.body_text())),
            }
        };
        if let Err(error) = outcome {
            drain(multipart).await;
            return Err(error);
        }
        Ok(form)
    }

    async fn field(&mut self, mut field: Field<'_>, limit: usize) -> Result<(), Error> {
        match field.name() {
            Some("file") => {
                if self.file.is_some() {
                    return Err(
                        app::Error::new(Kind::TooManyFiles, "Only one file is allowed.").into(),
                    );
                }
                let filename = filename(&field)?;
                let too_large = || {
                    let message = format!(
                        "File size exceeded. The largest document accepted here has {limit} bytes."
                    );
                    app::Error::new(Kind::FileTooLarge, message)
                };
                // The kind first: it needs no waiting.
                if FileKind::of_name(&filename).is_none() {
                    let known = FileKind::known();
                    let message = format!("File type not allowed. Supported types: {known}.");
                    return Err(app::Error::new(Kind::UnsupportedFileType, message).into());
                }
                let bytes = content(&mut field, limit).await?.ok_or_else(too_large)?;
                self.file = Some(Content {
                    filename,
                    bytes: bytes.into(),
                });
            }
            Some("data") => {
                let bytes = content(&mut field, DATA).await?;
                let bytes = bytes
                    .ok_or_else(|| invalid("data", format!("data has more than {DATA} bytes")))?;
                self.data = match parse::<Value>(&bytes)? {
                    Value::Object(fields) => Some(Fields(fields)),
                    _ => return Err(invalid("data", "data must be a JSON object")),
                };
            }
            // Not ours: skipped by asking for the next one.
            _ => {}
        }
        Ok(())
    }
}

fn filename(field: &Field<'_>) -> Result<String, Error> {
    let name = field.file_name().unwrap_or_default().trim();
    if name.is_empty() {
        let message = "The specified filename does not exist.";
        return Err(app::Error::new(Kind::FilenameNotExists, message).into());
    }
    if name.contains(['/', '\\']) {
        return Err(invalid("file", "Filename contains invalid characters"));
    }
    Ok(name.to_owned())
}
