//! Taking a file in, piece by piece.

use bytes::{Bytes, BytesMut};
use ports::Scope;

use super::{File, KEY, PART, blob};
use crate::{Context, Error, Kind, Result, apps::App, end_user::EndUser, keys, store};

/// What decides about a file's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Pictures.
    Image,
    /// Sound.
    Audio,
    /// Moving pictures.
    Video,
    /// Everything else.
    Document,
}

impl Class {
    /// By the extension, without its dot.
    pub fn of(extension: &str) -> Self {
        match extension.to_ascii_lowercase().as_str() {
            "jpg" | "jpeg" | "png" | "webp" | "gif" | "svg" => Self::Image,
            "mp3" | "m4a" | "wav" | "amr" | "mpga" => Self::Audio,
            "mp4" | "mov" | "mpeg" | "webm" => Self::Video,
            _ => Self::Document,
        }
    }

    /// In MB.
    pub fn limit(self) -> u64 {
        match self {
            Self::Image => 10,
            Self::Audio => 50,
            Self::Video => 100,
            Self::Document => 15,
        }
    }
}

/// Longest stem of a name, in characters; the rest is cut off.
const STEM_CHARS: usize = 200;

/// A file that is arriving. Dropped before [`finish`](Self::finish) it leaves blobs without a record: call
/// [`abandon`](Self::abandon) instead.
pub struct Upload {
    scope: Scope,
    file: File,
    limit: u64,
    buffer: BytesMut,
}

impl Upload {
    /// Begins with what the form says about the file.
    pub fn begin(ctx: &Context, app: &App, filename: &str, mime_type: &str) -> Result<Self> {
        let filename = filename.trim();
        if filename.is_empty() {
            return Err(Error::new(
                Kind::FilenameNotExists,
                "The specified filename does not exist.",
            ));
        }
        if filename.contains(['/', '\\']) {
            return Err(Error::invalid(
                "file",
                "Filename contains invalid characters",
            ));
        }
        if mime_type.is_empty() {
            return Err(Error::new(
                Kind::UnsupportedFileType,
                "File type not allowed.",
            ));
        }
        let (stem, extension) = filename.rsplit_once('.').unwrap_or((filename, ""));
        let stem: String = stem.chars().take(STEM_CHARS).collect();
        let file = File {
            id: ctx.uuid(),
            app_id: app.id.clone(),
            end_user_id: String::new(),
            name: if extension.is_empty() {
                stem
            } else {
                format!("{stem}.{extension}")
            },
            extension: extension.to_lowercase(),
            mime_type: mime_type.to_owned(),
            size: 0,
            parts: 0,
            created_at: ctx.now(),
            message_id: None,
        };
        let limit = Class::of(&file.extension).limit() << 20;
        Ok(Self {
            scope: ctx.tenant(&app.tenant_id),
            file,
            limit,
            buffer: BytesMut::new(),
        })
    }

    /// Takes the next piece; `FileTooLarge` as soon as there are too many.
    pub async fn write(&mut self, piece: &[u8]) -> Result<()> {
        self.file.size += piece.len() as u64;
        if self.file.size > self.limit {
            return Err(Error::new(
                Kind::FileTooLarge,
                format!("File size exceeded. The limit is {} MB.", self.limit >> 20),
            ));
        }
        self.buffer.extend_from_slice(piece);
        while self.buffer.len() >= PART {
            let part = self.buffer.split_to(PART).freeze();
            self.flush(part).await?;
        }
        Ok(())
    }

    async fn flush(&mut self, part: Bytes) -> Result<()> {
        self.scope
            .put_blob(&blob(&self.file.id, self.file.parts), part)
            .await?;
        self.file.parts += 1;
        Ok(())
    }

    /// Makes it the end user's file.
    pub async fn finish(mut self, user: &EndUser) -> Result<File> {
        let rest = self.buffer.split().freeze();
        if !rest.is_empty() {
            self.flush(rest).await?;
        }
        self.file.end_user_id.clone_from(&user.id);
        crate::end_user::ensure(&self.scope, user).await?;
        store::save(&self.scope, &keys::file(&self.file.id), KEY, &self.file).await?;
        Ok(self.file)
    }

    /// Takes back what was stored.
    pub async fn abandon(self) {
        for part in 0..self.file.parts {
            if let Err(error) = self.scope.delete_blob(&blob(&self.file.id, part)).await {
                tracing::warn!(%error, file = self.file.id, "a part of an unfinished upload stays");
            }
        }
    }
}
