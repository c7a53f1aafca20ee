//! What a model that sees is shown.

use futures::StreamExt;
use model::{Llm, Part};
use ports::Scope;

use crate::{Error, Kind, Result, file, message::MessageFile};

/// Pictures for a model that sees.
pub(super) async fn images(
    scope: &Scope,
    llm: &dyn Llm,
    files: &[MessageFile],
    detail: model::Detail,
) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    for image in files
        .iter()
        .filter(|file| llm.info().vision && file.kind == "image")
    {
        let url = match (&image.url, &image.upload_file_id) {
            (Some(url), _) => url.clone(),
            (None, Some(id)) => data_url(scope, id).await?,
            (None, None) => continue,
        };
        parts.push(Part::Image { url, detail });
    }
    Ok(parts)
}

async fn data_url(scope: &Scope, id: &str) -> Result<String> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let gone = || Error::new(Kind::FileNotFound, "The uploaded file is gone.");
    let uploaded = file::get(scope, id).await?.ok_or_else(gone)?;
    let mut bytes = Vec::new();
    let mut content = std::pin::pin!(file::content(scope.clone(), &uploaded));
    while let Some(part) = content.next().await {
        bytes.extend_from_slice(&part?);
    }
    Ok(format!(
        "data:{};base64,{}",
        uploaded.mime_type,
        STANDARD.encode(bytes)
    ))
}
