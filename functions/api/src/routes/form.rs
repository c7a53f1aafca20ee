//! Multipart forms that bring one file, small enough to be held.

use app::Kind;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, multipart::Field};

use crate::{Error, params::invalid};

/// Most bytes of a body that brings a file. More than any file may have: what comes after a refusal is read and thrown
/// away up to here, so that a caller in mid-upload hears of it, and then the connection ends.
const BODY: usize = 320 << 20;

/// For routes that take files: each counts what it keeps by itself.
pub(super) fn body_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(BODY)
}

/// A form that has arrived.
#[derive(Debug)]
pub(super) struct Form {
    /// As the caller named the file.
    pub(super) filename: String,
    /// As the caller declared it.
    pub(super) mime_type: String,
    /// The file.
    pub(super) bytes: Vec<u8>,
}

/// What a route says of a file that is missing or too large.
pub(super) struct Complaints {
    /// There is none.
    pub(super) missing: fn() -> app::Error,
    /// It has more bytes than are accepted.
    pub(super) too_large: fn() -> app::Error,
}

impl Form {
    /// Reads a form whose part `file` has at most `limit` bytes.
    pub(super) async fn read(
        request: Request,
        limit: usize,
        complaints: Complaints,
    ) -> Result<Self, Error> {
        let multipart = Multipart::from_request(request, &()).await;
        let mut multipart = multipart.map_err(|_| Error((complaints.missing)()))?;
        match Self::fields(&mut multipart, limit, &complaints).await {
            Ok(form) => Ok(form),
            Err(error) => {
                drain(multipart).await;
                Err(error)
            }
        }
    }

    async fn fields(
        multipart: &mut Multipart,
        limit: usize,
        complaints: &Complaints,
    ) -> Result<Self, Error> {
        let mut file = None;
        let broken =
            |error: axum::extract::multipart::MultipartError| invalid("file", error.body_text());
        while let Some(mut field) = multipart.next_field().await.map_err(broken)? {
            match field.name() {
                Some("file") if file.is_some() => {
                    let message = "Only one file is allowed.";
                    return Err(app::Error::new(Kind::TooManyFiles, message).into());
                }
                Some("file") => {
                    let filename = field.file_name().unwrap_or_default().to_owned();
                    let mime_type = field.content_type().unwrap_or_default().to_owned();
                    let bytes = content(&mut field, limit).await?;
                    let bytes = bytes.ok_or_else(|| Error((complaints.too_large)()))?;
                    file = Some((filename, mime_type, bytes));
                }
                // Not ours: skipped by asking for the next one.
                _ => {}
            }
        }
        let (filename, mime_type, bytes) = file.ok_or_else(|| Error((complaints.missing)()))?;
        Ok(Self {
            filename,
            mime_type,
            bytes,
        })
    }
}

/// A field's content; `None` as soon as it is over `limit` bytes.
pub(super) async fn content(field: &mut Field<'_>, limit: usize) -> Result<Option<Vec<u8>>, Error> {
    let mut bytes = Vec::new();
    while let Some(piece) = field
        .chunk()
        .await
        .map_err(|error| invalid("file", error.body_text()))?
    {
        if bytes.len() + piece.len() > limit {
            return Ok(None);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(Some(bytes))
}

/// Reads the rest of a form that was refused, as far as [`body_limit`] goes.
pub(super) async fn drain(mut form: Multipart) {
    // The next field is only found by reading to the end of this one.
    while let Ok(Some(_)) = form.next_field().await {}
}
