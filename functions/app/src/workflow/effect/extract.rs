//! Files are read.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures::StreamExt;
use ports::outgoing::{self, GetLimits};
use workflow::{ExtractRequest, Failure, File, Value};

use super::{Hands, failed};
use crate::{Error, Kind, Result, file};

const FAILED: &str = "DocumentExtractorError";
const AGENT: &str = "Edgewise";

pub(super) async fn read(
    hands: &Hands,
    request: &ExtractRequest,
) -> Result<Vec<Arc<str>>, Failure> {
    let mut texts = Vec::with_capacity(request.files.len());
    for file in &request.files {
        let text = text(hands, file)
            .await
            .map_err(|error| failed(FAILED, &error))?;
        texts.push(text.into());
    }
    Ok(texts)
}

async fn text(hands: &Hands, value: &Value) -> Result<String> {
    let Value::File(file) = value else {
        return Err(Error::invalid("variable_selector", "is not a file"));
    };
    let name = file.filename.as_deref().unwrap_or("file");
    let (bytes, _) = content(hands, file).await?;
    let limits = rag::Limits::new(limit(hands));
    Ok(rag::extract(name, &bytes, &limits)?.text)
}

/// A picture as a model takes it.
pub(super) async fn image_url(hands: &Hands, file: &File) -> Result<String> {
    if let Some(url) = &file.remote_url
        && file.transfer_method == "remote_url"
    {
        return Ok(url.clone());
    }
    let (bytes, mime_type) = content(hands, file).await?;
    Ok(format!(
        "data:{mime_type};base64,{}",
        STANDARD.encode(bytes)
    ))
}

/// The bytes of a file and what they are called.
pub(super) async fn content(hands: &Hands, file: &File) -> Result<(Bytes, String)> {
    let limit = limit(hands);
    if let Some(id) = file
        .related_id
        .as_deref()
        .filter(|_| file.transfer_method != "remote_url")
    {
        let gone = || Error::new(Kind::FileNotFound, "The uploaded file is gone.");
        let uploaded = file::get(&hands.scope, id).await?;
        let uploaded = uploaded
            .filter(|it| it.app_id == hands.user.app_id)
            .ok_or_else(gone)?;
        let mut bytes = Vec::new();
        let mut parts = std::pin::pin!(file::content(hands.scope.clone(), &uploaded));
        while let Some(part) = parts.next().await {
            bytes.extend_from_slice(&part?);
            if bytes.len() > limit {
                return Err(too_large(limit));
            }
        }
        return Ok((bytes.into(), uploaded.mime_type));
    }
    let nowhere = || Error::invalid("files", "a file has neither an upload nor an address");
    let url = file
        .remote_url
        .as_deref()
        .or(file.url.as_deref())
        .ok_or_else(nowhere)?;
    let limits = GetLimits {
        bytes: limit,
        redirects: 5,
        time: Duration::from_secs(60),
    };
    let platform = &hands.ctx.platform;
    let got = outgoing::get(
        platform.fetch.as_ref(),
        platform.clock.as_ref(),
        url,
        AGENT,
        limits,
    )
    .await?;
    if !got.status().is_success() {
        let message = format!(
            "the file's address answered with status {}",
            got.status().as_u16()
        );
        return Err(Error::new(Kind::Unavailable, message));
    }
    let mime_type = got.headers().get(::http::header::CONTENT_TYPE);
    let mime_type = mime_type
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let mime_type = mime_type
        .or_else(|| file.mime_type.clone())
        .unwrap_or_default();
    Ok((got.into_body(), mime_type))
}

fn limit(hands: &Hands) -> usize {
    hands.ctx.platform.runtime.document_bytes
}

fn too_large(limit: usize) -> Error {
    Error::new(
        Kind::FileTooLarge,
        format!("the file is over {limit} bytes, the largest that is read here"),
    )
}
