//! Multipart forms that bring one file, small enough to be held.

use app::Kind;
use axum::extract::{FromRequest, Multipart, Request, multipart::Field};

use crate::{Error, params::invalid};

/// What is read and thrown away after an error, so that a caller in mid-upload hears of it.
const DRAIN: usize = 256 << 20;

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

/// Reads the rest of a form that was refused.
pub(super) async fn drain(mut form: Multipart) {
    let mut drained = 0;
    while let Ok(Some(mut field)) = form.next_field().await {
        while let Ok(Some(piece)) = field.chunk().await {
            drained += piece.len();
            if drained > DRAIN {
                return;
            }
        }
    }
}
