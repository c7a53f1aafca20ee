//! Documents coming in, listed, switched, replaced and removed.

use app::{
    Context, Kind,
    document::{self, Action, Content, Document, Filter, NewDocument, ProcessRule, Replacement},
};
use axum::{
    Json,
    extract::{FromRequest, Multipart, Path, Request, State},
};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{
    Door, Through, Who,
    crud::retrieval_model,
    envelope,
    form::{Form, no_file},
    paging, wire,
};
use crate::{
    Error,
    params::{Fields, Params, invalid, path_uuid},
    routes::success,
};

fn accepted(document: &Document) -> Json<Value> {
    Json(json!({ "document": wire::document(document), "batch": document.batch }))
}

/// The rule that a body describes.
pub(super) fn process_rule(fields: &Fields) -> Result<Option<ProcessRule>, Error> {
    fields.object("process_rule")
}

fn new_document(
    who: &Who,
    name: String,
    content: Content,
    fields: &Fields,
) -> Result<NewDocument, Error> {
    Ok(NewDocument {
        name,
        content,
        indexing_technique: fields.text("indexing_technique")?,
        doc_form: fields.text("doc_form")?,
        doc_language: fields.text("doc_language")?,
        process_rule: process_rule(fields)?,
        retrieval_model: retrieval_model(fields)?,
        embedding_provider: fields.text("embedding_model_provider")?,
        embedding_model: fields.text("embedding_model")?,
        created_from: who.created_from(),
    })
}

fn replacement(
    content: Option<Content>,
    name: Option<String>,
    fields: &Fields,
) -> Result<Replacement, Error> {
    Ok(Replacement {
        name,
        content,
        process_rule: process_rule(fields)?,
        doc_language: fields.text("doc_language")?,
    })
}

pub(super) async fn create_by_text<D: Door>(
    State(ctx): State<Context>,
    Through(who, _): Through<D>,
    Path(dataset): Path<String>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    let dataset = who.dataset(&ctx, &dataset).await?;
    let name = fields
        .text("name")?
        .ok_or_else(|| invalid("name", "name is required"))?;
    let text = fields
        .text("text")?
        .ok_or_else(|| invalid("text", "text is required"))?;
    if text.trim().is_empty() {
        return Err(invalid("text", "text is empty"));
    }
    let content = Content::of_text(&name, text);
    let made = match fields.text("original_document_id")? {
        Some(original) => {
            let new = replacement(Some(content), Some(name), &fields)?;
            document::replace(&ctx, &dataset, &path_uuid(&original)?, new).await?
        }
        None => {
            document::create(
                &ctx,
                &dataset,
                &who.by(&ctx).await?,
                new_document(&who, name, content, &fields)?,
            )
            .await?
        }
    };
    Ok(accepted(&made))
}

pub(super) async fn update_by_text<D: Door>(
    State(ctx): State<Context>,
    Through(who, _): Through<D>,
    Path((dataset, document)): Path<(String, String)>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    let dataset = who.dataset(&ctx, &dataset).await?;
    let id = path_uuid(&document)?;
    let (name, text) = (fields.text("name")?, fields.text("text")?);
    let content = match (&name, text) {
        (None, None) => None,
        (None, Some(_)) => return Err(invalid("name", "name is required when text is provided.")),
        (Some(name), _) if name.trim().is_empty() => {
            return Err(invalid("name", "name is empty"));
        }
        (Some(_), Some(text)) if text.trim().is_empty() => {
            return Err(invalid("text", "text is empty"));
        }
        (Some(name), Some(text)) => Some(Content::of_text(name, text)),
        (Some(_), None) => None,
    };
    let new = replacement(content, name, &fields)?;
    Ok(accepted(
        &document::replace(&ctx, &dataset, &id, new).await?,
    ))
}

pub(super) async fn create_by_file<D: Door>(
    State(ctx): State<Context>,
    Through(who, _): Through<D>,
    Path(dataset): Path<String>,
    request: Request,
) -> Result<Json<Value>, Error> {
    let dataset = who.dataset(&ctx, &dataset).await?;
    let form = Form::read(&ctx, request).await?;
    let content = form.file.ok_or_else(no_file)?;
    let fields = form.data.unwrap_or_else(|| Fields(Map::new()));
    let name = content.filename.clone();
    let made = match fields.text("original_document_id")? {
        Some(original) => {
            let new = replacement(Some(content), Some(name), &fields)?;
            document::replace(&ctx, &dataset, &path_uuid(&original)?, new).await?
        }
        None => {
            document::create(
                &ctx,
                &dataset,
                &who.by(&ctx).await?,
                new_document(&who, name, content, &fields)?,
            )
            .await?
        }
    };
    Ok(accepted(&made))
}

pub(super) async fn update_by_file<D: Door>(
    State(ctx): State<Context>,
    Through(who, _): Through<D>,
    Path((dataset, document)): Path<(String, String)>,
    request: Request,
) -> Result<Json<Value>, Error> {
    let dataset = who.dataset(&ctx, &dataset).await?;
    let id = path_uuid(&document)?;
    let form = Form::read(&ctx, request).await?;
    let fields = form.data.unwrap_or_else(|| Fields(Map::new()));
    let named = form.file.as_ref().map(|file| file.filename.clone());
    let name = fields.text("name")?.or(named);
    let new = replacement(form.file, name, &fields)?;
    Ok(accepted(
        &document::replace(&ctx, &dataset, &id, new).await?,
    ))
}

/// What documents can be listed by.
const STATUSES: [&str; 7] = [
    "queuing",
    "indexing",
    "paused",
    "error",
    "available",
    "disabled",
    "archived",
];

pub(super) async fn list<D: Door>(
    State(ctx): State<Context>,
    Through(who, _): Through<D>,
    Path(dataset): Path<String>,
    params: Params,
) -> Result<Json<Value>, Error> {
    let dataset = who.dataset(&ctx, &dataset).await?;
    let (page, limit, asked) = paging(&params)?;
    let filter = Filter {
        keyword: params.text("keyword").map(str::to_owned),
        status: params.word("status", &STATUSES)?.into_iter().collect(),
    };
    let found = document::list(&ctx, &dataset, &filter, page, limit).await?;
    let data = found.data.iter().map(wire::document).collect();
    Ok(Json(envelope(&found, asked, data)))
}

pub(super) async fn get<D: Door>(
    State(ctx): State<Context>,
    Through(who, _): Through<D>,
    Path((dataset, document)): Path<(String, String)>,
    params: Params,
) -> Result<Json<Value>, Error> {
    let dataset = who.dataset(&ctx, &dataset).await?;
    let metadata = params.text("metadata").unwrap_or("all");
    let document = document::get(&ctx, &who.tenant_id, &dataset.id, &path_uuid(&document)?).await?;
    let mut value = match metadata {
        "only" => wire::document_metadata(&document),
        "all" | "without" => wire::document_detail(&document),
        other => {
            let message = format!("Invalid metadata value: {other}");
            return Err(app::Error::new(Kind::InvalidMetadata, message).into());
        }
    };
    if metadata == "without"
        && let Some(fields) = value.as_object_mut()
    {
        fields.remove("doc_type");
        fields.remove("doc_metadata");
    }
    Ok(Json(value))
}

pub(super) async fn delete<D: Door>(
    State(ctx): State<Context>,
    Through(who, _): Through<D>,
    Path((dataset, document)): Path<(String, String)>,
) -> Result<StatusCode, Error> {
    let dataset = who.dataset(&ctx, &dataset).await?;
    document::delete(&ctx, &dataset, &path_uuid(&document)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How far the documents of a batch are.
pub(super) async fn indexing_status<D: Door>(
    State(ctx): State<Context>,
    Through(who, _): Through<D>,
    Path((dataset, batch)): Path<(String, String)>,
) -> Result<Json<Value>, Error> {
    let dataset = who.dataset(&ctx, &dataset).await?;
    let documents = document::indexing_status(&ctx, &dataset, &batch).await?;
    let data: Vec<Value> = documents.iter().map(wire::progress).collect();
    Ok(Json(json!({ "data": data })))
}

pub(super) async fn set_status<D: Door>(
    State(ctx): State<Context>,
    Through(who, _): Through<D>,
    Path((dataset, action)): Path<(String, String)>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    let dataset = who.dataset(&ctx, &dataset).await?;
    let unknown = || app::Error::new(Kind::InvalidAction, format!("Invalid action: {action}"));
    let action = Action::parse(&action).ok_or_else(unknown)?;
    let ids = fields.texts("document_ids")?;
    let ids = ids.ok_or_else(|| invalid("document_ids", "document_ids is required"))?;
    let ids: Vec<String> = ids
        .iter()
        .map(|id| path_uuid(id))
        .collect::<Result<_, _>>()?;
    document::set_status(&ctx, &dataset, &who.by(&ctx).await?, action, &ids).await?;
    Ok(success())
}

pub(super) async fn rename(
    State(ctx): State<Context>,
    Through(who, _): Through<super::ConsoleDoor>,
    Path((dataset, document)): Path<(String, String)>,
    fields: Fields,
) -> Result<Json<Value>, Error> {
    let dataset = who.dataset(&ctx, &dataset).await?;
    let name = fields.required("name")?;
    let renamed = document::rename(&ctx, &dataset, &path_uuid(&document)?, &name).await?;
    Ok(Json(wire::document(&renamed)))
}

impl Form {
    async fn read(ctx: &Context, request: Request) -> Result<Self, Error> {
        let form = Multipart::from_request(request, ctx)
            .await
            .map_err(|_| no_file())?;
        Self::take(form, ctx.platform.runtime.document_bytes).await
    }
}
