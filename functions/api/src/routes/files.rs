//! `/v1/files`: uploads of end users.

use app::{
    Context, Kind,
    apps::App,
    end_user::{self, EndUser},
    file::{self, Claim, File, Links, Upload},
};
use axum::{
    Json, Router,
    body::Body,
    extract::{FromRequest, Multipart, Path, Request, State, multipart::Field},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use ports::Scope;
use serde_json::{Value, json};

use super::form::{body_limit, content, drain};
use crate::{
    AppKey, Error,
    params::{Params, base_url, end_user as user_of, invalid, path_uuid},
};

pub(super) fn router() -> Router<Context> {
    Router::new()
        // The limit is that of the file's class, and counted as it arrives.
        .route("/v1/files/upload", post(upload).layer(body_limit()))
        .route("/v1/files/{id}/preview", get(preview))
        .route("/files/{id}/file-preview", get(follow))
}

/// Longest text field of the form.
const TEXT: usize = 4 << 10;

async fn upload(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Error> {
    take(&ctx, &app, None, &headers, request).await
}

/// Takes a file in, for the end user who is known or whom the form names.
pub(super) async fn take(
    ctx: &Context,
    app: &App,
    known: Option<EndUser>,
    headers: &HeaderMap,
    request: Request,
) -> Result<Response, Error> {
    let mut form = Multipart::from_request(request, ctx)
        .await
        .map_err(|_| no_file())?;
    let mut form_state = Form::default();
    let outcome = loop {
        let field = match form.next_field().await {
            Ok(Some(field)) => field,
            Ok(None) => break Ok(()),
            Err(error) => break Err(invalid("file", error.body_text())),
        };
        if let Err(error) = form_state.take(ctx, app, field).await {
            break Err(error);
        }
    };
    let Form { upload, user, .. } = form_state;
    if let Err(error) = outcome {
        if let Some(upload) = upload {
            upload.abandon().await;
        }
        drain(form).await;
        return Err(error);
    }
    let upload = upload.ok_or_else(no_file)?;
    let named = || {
        let name = user.as_deref().unwrap_or(end_user::ANONYMOUS);
        user_of(ctx, &app.id, name)
    };
    let user = known.unwrap_or_else(named);
    let file = upload.finish(&user).await?;
    let links = Links::open(ctx).await?;
    let link = links.map(|links| links.make(ctx, &app.tenant_id, &file.id));
    let link = link.map(|link| format!("{}{link}", base_url(headers)));
    Ok((StatusCode::CREATED, Json(item(app, &file, link))).into_response())
}

/// A form as far as it has been read.
#[derive(Default)]
struct Form {
    upload: Option<Upload>,
    user: Option<String>,
}

impl Form {
    async fn take(&mut self, ctx: &Context, app: &App, mut field: Field<'_>) -> Result<(), Error> {
        match field.name() {
            Some("file") => {
                if self.upload.is_some() {
                    return Err(
                        app::Error::new(Kind::TooManyFiles, "Only one file is allowed.").into(),
                    );
                }
                let name = field.file_name().unwrap_or_default().to_owned();
                let mime_type = field.content_type().unwrap_or_default().to_owned();
                let upload = self
                    .upload
                    .insert(Upload::begin(ctx, app, &name, &mime_type)?);
                while let Some(piece) = field
                    .chunk()
                    .await
                    .map_err(|error| invalid("file", error.body_text()))?
                {
                    upload.write(&piece).await?;
                }
            }
            Some("user") => {
                let bytes = content(&mut field, TEXT).await?;
                let too_long = || invalid("user", format!("user has more than {TEXT} bytes"));
                let bytes = bytes.ok_or_else(too_long)?;
                self.user = Some(String::from_utf8_lossy(&bytes).into_owned())
                    .filter(|user| !user.is_empty());
            }
            // Other fields are skipped, unread.
            _ => {}
        }
        Ok(())
    }
}

fn no_file() -> Error {
    app::Error::new(Kind::NoFileUploaded, "Please upload your file.").into()
}

/// `link` needs no key; there is none where the operator has no master key.
fn item(app: &App, file: &File, link: Option<String>) -> Value {
    json!({
        "id": file.id,
        "reference": null,
        "name": file.name,
        "size": file.size,
        "extension": file.extension,
        "mime_type": file.mime_type,
        "created_by": file.end_user_id,
        "created_at": file.created_at.as_secs(),
        "preview_url": link,
        "source_url": link,
        "original_url": null,
        "user_id": null,
        "tenant_id": app.tenant_id,
        "conversation_id": null,
        "file_key": null,
    })
}

async fn preview(
    State(ctx): State<Context>,
    AppKey(app): AppKey,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Error> {
    let scope = ctx.tenant(&app.tenant_id);
    let as_attachment = params.flag("as_attachment")?;
    let file = file::attached(&scope, &app.id, &path_uuid(&id)?).await?;
    Ok(respond(scope, &file, as_attachment))
}

/// A file by an address that was signed here.
async fn follow(
    State(ctx): State<Context>,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Error> {
    let part = |name: &str| params.text(name).unwrap_or_default().to_owned();
    let claim = Claim {
        tenant_id: part("tenant"),
        timestamp: part("timestamp"),
        nonce: part("nonce"),
        sign: part("sign"),
    };
    let forbidden = || app::Error::new(Kind::Forbidden, "The link is invalid or has expired.");
    let links = Links::open(&ctx).await?.ok_or_else(forbidden)?;
    let file = links.follow(&ctx, &path_uuid(&id)?, &claim).await?;
    let scope = ctx.tenant(&claim.tenant_id);
    Ok(respond(scope, &file, params.flag("as_attachment")?))
}

fn respond(scope: Scope, file: &File, as_attachment: bool) -> Response {
    // A page that a browser would run must not come from this address.
    let is_page = matches!(file.extension.as_str(), "html" | "htm" | "xhtml" | "svg")
        || file.mime_type.contains("html");
    let as_attachment = as_attachment || is_page;
    let is_media = ["audio/", "video/"]
        .iter()
        .any(|kind| file.mime_type.starts_with(kind));
    let mut response = Response::new(Body::from_stream(file::content(scope, file)));
    let headers = response.headers_mut();
    let mime_type = if as_attachment {
        "application/octet-stream"
    } else {
        file.mime_type.as_str()
    };
    let fallback = HeaderValue::from_static("application/octet-stream");
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_str(mime_type).unwrap_or(fallback),
    );
    headers.insert(header::CONTENT_LENGTH, file.size.into());
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=3600"),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    // Players ask for it before they show their bar; all of the file is what they get.
    if is_media {
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    }
    if as_attachment {
        let disposition = format!("attachment; filename*=UTF-8''{}", encode(&file.name));
        if let Ok(disposition) = HeaderValue::from_str(&disposition) {
            headers.insert(header::CONTENT_DISPOSITION, disposition);
        }
    }
    response
}

/// Percent-encodes everything but what RFC 5987 lets stand.
fn encode(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    name.bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
