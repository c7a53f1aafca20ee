//! Uploads and previews.

use anyhow::{Result, ensure};
use reqwest::{Method, multipart};
use serde_json::json;

use crate::{
    conformance::world::World,
    http::{refusal, text},
};

const PATH: &str = "/v1/files/upload";

/// One transparent pixel.
const PIXEL: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0,
    1, 0, 0, 0, 1, 8, 6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 13, b'I', b'D', b'A', b'T',
    0x78, 0x9c, 0x63, 0, 1, 0, 0, 5, 0, 1, 0x0d, 0x0a, 0x2d, 0xb4, 0, 0, 0, 0, b'I', b'E', b'N',
    b'D', 0xae, 0x42, 0x60, 0x82,
];

pub(super) async fn given_and_shown(world: &World) -> Result<()> {
    let vision = json!({
        "file_upload": { "image": {
            "enabled": true, "number_limits": 3, "detail": "high", "transfer_methods": ["remote_url", "local_file"],
        } },
    });
    let app = world.chat(vision).await?;
    let client = &app.client;
    let file = part(PIXEL, Some("pixel.png"), Some("image/png"))?;
    let form = multipart::Form::new()
        .text("user", "ada")
        .part("file", file);
    let uploaded = client.form(PATH, form).await?;
    ensure!(uploaded.status == 201, "{uploaded:?}");
    let id = text(&uploaded.body, "/id");
    ensure!(
        text(&uploaded.body, "/mime_type") == "image/png",
        "{uploaded:?}"
    );
    let preview = format!("/v1/files/{id}/preview");
    // Attached to nothing so far.
    client
        .refused(Method::GET, &preview, None, 404, "file_not_found")
        .await?;
    let files = json!([{ "type": "image", "transfer_method": "local_file", "upload_file_id": id }]);
    app.ask("What is this?", json!({ "files": files })).await?;
    client.get(&preview).await?;
    client.get(&format!("{preview}?as_attachment=true")).await?;
    let other = world.chat(json!({})).await?;
    other
        .client
        .refused(Method::GET, &preview, None, 403, "file_access_denied")
        .await?;
    Ok(())
}

pub(super) async fn refused(world: &World) -> Result<()> {
    let app = world.chat(json!({})).await?;
    let large = vec![b'x'; (10 << 20) + 1];
    let none = multipart::Form::new().text("user", "ada");
    let two = multipart::Form::new()
        .part("file", part(b"a", Some("a.txt"), Some("text/plain"))?)
        .part("file", part(b"b", Some("b.txt"), Some("text/plain"))?);
    let one = |part| multipart::Form::new().part("file", part);
    for (form, status, code) in [
        (none, 400, "no_file_uploaded"),
        (two, 400, "too_many_files"),
        (
            one(part(b"a", None, Some("text/plain"))?),
            400,
            "filename_not_exists_error",
        ),
        (
            one(part(b"a", Some("a/b.txt"), Some("text/plain"))?),
            400,
            "invalid_param",
        ),
        (
            one(part(b"a", Some("a.txt"), None)?),
            415,
            "unsupported_file_type",
        ),
        (
            one(part(&large, Some("a.png"), Some("image/png"))?),
            413,
            "file_too_large",
        ),
    ] {
        let answer = app.client.form(PATH, form).await?;
        refusal(code, &answer, status, code)?;
    }
    Ok(())
}

/// The part `file` of a form.
pub(super) fn part(
    bytes: &[u8],
    name: Option<&str>,
    kind: Option<&str>,
) -> Result<multipart::Part> {
    let mut part = multipart::Part::bytes(bytes.to_vec());
    if let Some(name) = name {
        part = part.file_name(name.to_owned());
    }
    Ok(match kind {
        Some(kind) => part.mime_str(kind)?,
        None => part,
    })
}
