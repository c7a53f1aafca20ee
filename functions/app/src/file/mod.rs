//! Files that end users upload, and those that a question brings along.
//!
//! Content lies in blobs of [`PART`] bytes, `file/{id}/{n}`: nothing ever holds a whole upload in memory.

mod link;
mod mapping;
mod upload;

pub use link::{Claim, LIFETIME, Links};
pub(crate) use link::{hmac, same};
pub use mapping::{Attachments, accept, check_mapping, read};
pub use upload::{Class, Upload};

use bytes::Bytes;
use futures::{Stream, stream};
use ports::{Scope, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Error, Kind, Result, keys, message::Message, store};

/// Bytes of a blob.
pub const PART: usize = 8 << 20;

const KEY: &str = "file";

/// An upload. Kept in `file/{id}` under `file`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// UUID.
    pub id: String,
    /// The app whose key brought it.
    pub app_id: String,
    /// Who brought it.
    pub end_user_id: String,
    /// As it was named.
    pub name: String,
    /// Without its dot, in lower case.
    pub extension: String,
    /// As it was declared.
    pub mime_type: String,
    /// In bytes.
    pub size: u64,
    /// How many blobs hold it.
    pub parts: u32,
    /// When it came.
    pub created_at: Timestamp,
    /// The first message that it came with.
    #[serde(default)]
    pub message_id: Option<String>,
}

/// An upload that is attached to a message of this app.
pub async fn attached(scope: &Scope, app_id: &str, id: &str) -> Result<File> {
    let not_found = || Error::new(Kind::FileNotFound, "The requested file was not found.");
    let file = get(scope, id).await?.ok_or_else(not_found)?;
    if file.app_id != app_id {
        return Err(Error::new(
            Kind::FileAccessDenied,
            "Access to the requested file is denied.",
        ));
    }
    if file.message_id.is_none() {
        Err(not_found())
    } else {
        Ok(file)
    }
}

pub(crate) async fn get(scope: &Scope, id: &str) -> Result<Option<File>> {
    Ok(store::load(scope, &keys::file(id), KEY)
        .await?
        .map(|stored| stored.value))
}

/// The content, blob by blob.
pub fn content(scope: Scope, file: &File) -> impl Stream<Item = Result<Bytes>> + Send + use<> {
    let (id, parts) = (file.id.clone(), file.parts);
    stream::unfold(Some(0), move |next| {
        let (scope, id) = (scope.clone(), id.clone());
        async move {
            let part = next.filter(|part| *part < parts)?;
            match scope.get_blob(&blob(&id, part)).await {
                Ok(Some(bytes)) => Some((Ok(bytes), Some(part + 1))),
                Ok(None) => Some((
                    Err(Error::new(
                        Kind::FileNotFound,
                        "The file's content is gone.",
                    )),
                    None,
                )),
                Err(error) => Some((Err(error.into()), None)),
            }
        }
    })
}

/// Marks the uploads of a message as attached to it.
pub(crate) async fn attach(scope: &Scope, app_id: &str, message: &Message) -> Result<()> {
    for id in message
        .files
        .iter()
        .filter_map(|file| file.upload_file_id.as_deref())
    {
        let partition = keys::file(id);
        match store::load::<File>(scope, &partition, KEY).await? {
            Some(file) if file.value.app_id == app_id && file.value.message_id.is_none() => {}
            _ => continue,
        }
        let set = |file: &mut File| {
            file.message_id.get_or_insert_with(|| message.id.clone());
            Ok(())
        };
        store::update(scope, &partition, KEY, "The file is gone.", set).await?;
    }
    Ok(())
}

fn blob(id: &str, part: u32) -> String {
    format!("{}/{part}", keys::file(id))
}
