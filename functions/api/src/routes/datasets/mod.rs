//! Knowledge: `/v1/datasets` for the bearer of a dataset key, and the same under `/console/api/datasets` for the
//! owner of the workspace.
//!
//! Every handler is written once and mounted behind both doors; see [`Who`].

mod crud;
mod documents;
mod estimate;
mod form;
mod retrieve;
mod segments;
mod wire;

use std::marker::PhantomData;

use app::{Context, Kind, account::Role, dataset::Dataset};
use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRef, FromRequestParts},
    routing::{get, patch, post},
};
use http::request::Parts;

use super::{console::Caller, form::body_limit};
use crate::{DatasetKey, Error};

pub(super) fn router() -> Router<Context> {
    Router::new()
        .merge(behind::<ServiceDoor>())
        .merge(behind::<ConsoleDoor>())
}

fn behind<D: Door>() -> Router<Context> {
    let base = D::BASE;
    let one = format!("{base}/{{dataset_id}}");
    let documents = format!("{one}/documents");
    let document = format!("{documents}/{{document_id}}");
    let at = |path: &str| format!("{one}/{path}");
    // A file's limit is the runtime's, and counted as it arrives.
    let uploads = Router::new()
        .route(
            &at("document/create-by-file"),
            post(documents::create_by_file::<D>),
        )
        .route(
            &at("document/create_by_file"),
            post(documents::create_by_file::<D>),
        )
        .route(
            &format!("{document}/update-by-file"),
            post(documents::update_by_file::<D>),
        )
        .route(
            &format!("{document}/update_by_file"),
            post(documents::update_by_file::<D>),
        )
        .route(&document, patch(documents::update_by_file::<D>))
        .layer(body_limit());
    let texts = Router::new()
        .route(
            &at("document/create-by-text"),
            post(documents::create_by_text::<D>),
        )
        .route(
            &at("document/create_by_text"),
            post(documents::create_by_text::<D>),
        )
        .route(
            &format!("{document}/update-by-text"),
            post(documents::update_by_text::<D>),
        )
        .route(
            &format!("{document}/update_by_text"),
            post(documents::update_by_text::<D>),
        )
        .layer(DefaultBodyLimit::max(TEXT_BODY));
    let router = Router::new()
        .route(base, get(crud::list::<D>).post(crud::create::<D>))
        .route(
            &one,
            get(crud::get::<D>)
                .patch(crud::update::<D>)
                .delete(crud::delete::<D>),
        )
        .route(&at("retrieve"), post(retrieve::retrieve::<D>))
        .route(&at("hit-testing"), post(retrieve::retrieve::<D>))
        .route(&documents, get(documents::list::<D>))
        .route(
            &format!("{document}/indexing-status"),
            get(documents::indexing_status::<D>),
        )
        .route(
            &format!("{documents}/status/{{action}}"),
            patch(documents::set_status::<D>),
        )
        .route(
            &document,
            get(documents::get::<D>).delete(documents::delete::<D>),
        )
        .route(
            &format!("{document}/segments"),
            get(segments::list::<D>).post(segments::create::<D>),
        )
        .route(
            &format!("{document}/segments/{{segment_id}}"),
            get(segments::get::<D>)
                .post(segments::update::<D>)
                .patch(segments::update::<D>)
                .delete(segments::delete::<D>),
        );
    let router = match D::CONSOLE {
        true => router
            .route(&format!("{base}/process-rule"), get(crud::process_rule))
            .route(
                &format!("{base}/indexing-estimate"),
                post(estimate::estimate).layer(body_limit()),
            )
            .route("/console/api/files/upload", get(estimate::limits))
            .route(&at("use-check"), get(crud::use_check))
            .route(&at("related-apps"), get(crud::related_apps))
            .route(&format!("{document}/rename"), post(documents::rename))
            .route(
                &format!("{document}/segment/{{action}}"),
                patch(segments::switch),
            ),
        false => router,
    };
    router.merge(uploads).merge(texts)
}

/// Largest JSON body that carries a text: the escapes of a document of the usual limit.
const TEXT_BODY: usize = 32 << 20;

/// Who acts.
pub(super) struct Who {
    tenant_id: String,
    /// The account; `None`: the workspace's owner, as whom a dataset key acts.
    account_id: Option<String>,
    console: bool,
    /// May see what others keep for themselves: the workspace's owner.
    sees_all: bool,
}

impl Who {
    /// The dataset of a path, if it may be used through this door.
    async fn dataset(&self, ctx: &Context, id: &str) -> Result<Dataset, Error> {
        let id = crate::params::path_uuid(id)?;
        let dataset = app::dataset::get(ctx, &self.tenant_id, &id).await?;
        if !self.sees(&dataset) {
            let message = "You do not have permission to access this dataset.";
            return Err(app::Error::new(Kind::Forbidden, message).into());
        }
        if !self.console && !dataset.enable_api {
            return Err(
                app::Error::new(Kind::Forbidden, "Dataset api access is not enabled.").into(),
            );
        }
        Ok(dataset)
    }

    /// Whether a dataset is for this account.
    fn sees(&self, dataset: &Dataset) -> bool {
        let me = self.account_id.as_deref().unwrap_or_default();
        match dataset.permission.as_str() {
            _ if self.sees_all || dataset.created_by == me => true,
            "only_me" => false,
            "partial_members" => dataset.partial_members.iter().any(|it| it == me),
            _ => true,
        }
    }

    /// The account that acts.
    async fn by(&self, ctx: &Context) -> Result<String, Error> {
        if let Some(id) = &self.account_id {
            return Ok(id.clone());
        }
        let owner = app::account::owner(ctx).await?;
        Ok(owner.map_or_else(|| self.tenant_id.clone(), |owner| owner.account_id))
    }

    fn created_from(&self) -> &'static str {
        if self.console { "web" } else { "api" }
    }
}

/// A way in.
pub(super) trait Door: Send + Sync + 'static {
    const BASE: &'static str;
    const CONSOLE: bool;

    fn open(parts: &mut Parts, ctx: &Context) -> impl Future<Output = Result<Who, Error>> + Send;
}

struct ServiceDoor;

impl Door for ServiceDoor {
    const BASE: &'static str = "/v1/datasets";
    const CONSOLE: bool = false;

    async fn open(parts: &mut Parts, ctx: &Context) -> Result<Who, Error> {
        let key = DatasetKey::from_request_parts(parts, ctx).await?;
        Ok(Who {
            tenant_id: key.tenant_id,
            account_id: None,
            console: false,
            sees_all: true,
        })
    }
}

struct ConsoleDoor;

impl Door for ConsoleDoor {
    const BASE: &'static str = "/console/api/datasets";
    const CONSOLE: bool = true;

    async fn open(parts: &mut Parts, ctx: &Context) -> Result<Who, Error> {
        let Caller(identity) = Caller::from_request_parts(parts, ctx).await?;
        Ok(Who {
            sees_all: identity.role == Role::Owner,
            tenant_id: identity.tenant_id,
            account_id: Some(identity.account_id),
            console: true,
        })
    }
}

/// Who came through a door.
pub(super) struct Through<D>(pub(super) Who, PhantomData<D>);

impl<S: Send + Sync, D: Door> FromRequestParts<S> for Through<D>
where
    Context: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        Ok(Self(
            D::open(parts, &Context::from_ref(state)).await?,
            PhantomData,
        ))
    }
}

/// `page` and `limit` of a list: the limit in effect ends at 100, and is echoed as it was asked for.
fn paging(params: &crate::params::Params) -> Result<(usize, usize, usize), Error> {
    let page = params.number("page", 1, 1, 99_999)?;
    let limit = params.number("limit", 20, 1, 100_000)?;
    Ok((page, limit.min(100), limit))
}

/// The envelope of a page.
fn envelope<T>(
    page: &app::dataset::Page<T>,
    asked: usize,
    data: Vec<serde_json::Value>,
) -> serde_json::Value {
    serde_json::json!({
        "data": data,
        "has_more": page.has_more(),
        "limit": asked,
        "total": page.total,
        "page": page.page,
    })
}
