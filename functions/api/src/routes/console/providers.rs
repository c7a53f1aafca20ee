//! Model providers: any service that speaks a dialect we know, and the models of the process as provider `local`.
//!
//! A provider's id may hold slashes (`langgenius/openai/openai`), so one route takes all that follows and
//! [`Target::parse`] splits it.

use app::{
    Context, Kind,
    account::Identity,
    provider::{self, Entry, Offer, Provider, Providers, kind_name, parse_kind},
};
use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{Method, StatusCode};
use model::{ModelKind, Models};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Caller,
    models::{label, model_row},
};
use crate::{Error, Query, extract::parse, routes::success};

pub(super) fn router() -> Router<Context> {
    let one = get(one).post(one).put(one).delete(one);
    Router::new()
        .route("/console/api/workspaces/current/model-providers", get(list))
        .route(
            "/console/api/workspaces/current/model-providers/{*target}",
            one,
        )
}

const KINDS: [ModelKind; 3] = [ModelKind::Llm, ModelKind::TextEmbedding, ModelKind::Rerank];

#[derive(Deserialize)]
struct ListQuery {
    model_type: Option<String>,
}

async fn list(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<Value>, Error> {
    let wanted = query.model_type.as_deref().and_then(parse_kind);
    let providers = Providers::load(&ctx, &who.tenant_id).await?;
    let kinds_of_local = KINDS.into_iter().filter(|kind| {
        let mut all = providers.all(*kind).into_iter();
        all.any(|chosen| chosen.provider == Models::LOCAL)
    });
    let local = (
        Models::LOCAL.to_owned(),
        kinds_of_local.collect::<Vec<_>>(),
        None,
    );
    let remote = providers.remote().iter().map(|provider| {
        let kinds = KINDS
            .into_iter()
            .filter(|kind| provider.models.iter().any(|offer| offer.kind == *kind));
        (provider.name.clone(), kinds.collect(), Some(provider))
    });
    let rows = std::iter::once(local)
        .chain(remote)
        .filter(|(_, kinds, _)| {
            !kinds.is_empty() && wanted.is_none_or(|wanted| kinds.contains(&wanted))
        })
        .map(|(name, kinds, provider)| row(&who, &name, &kinds, provider));
    Ok(axum::Json(json!({ "data": rows.collect::<Vec<_>>() })))
}

/// What stands behind a provider's id.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Credentials,
    Validate,
    Models,
    PreferredType,
}

#[derive(Debug, PartialEq, Eq)]
struct Target<'a> {
    provider: &'a str,
    part: Part,
}

impl<'a> Target<'a> {
    fn parse(path: &'a str) -> Option<Self> {
        let parts = [
            ("/credentials/validate", Part::Validate),
            ("/credentials", Part::Credentials),
            ("/models", Part::Models),
            ("/preferred-provider-type", Part::PreferredType),
        ];
        parts.into_iter().find_map(|(end, part)| {
            let provider = path.strip_suffix(end)?;
            Some(Self { provider, part })
        })
    }
}

async fn one(
    State(ctx): State<Context>,
    Caller(who): Caller,
    method: Method,
    Path(path): Path<String>,
    body: axum::body::Bytes,
) -> Result<Response, Error> {
    let unknown = || app::Error::not_found(format!("Nothing is at {path}."));
    let target = Target::parse(&path).ok_or_else(unknown)?;
    let (tenant, name) = (&who.tenant_id, target.provider);
    match (target.part, method) {
        (Part::Credentials, Method::GET) => {
            let provider = provider::get(&ctx, tenant, name).await?;
            let credentials =
                json!({ "base_url": provider.base_url, "api_key": hidden(&provider) });
            Ok(axum::Json(json!({ "credentials": credentials })).into_response())
        }
        (Part::Credentials, Method::POST | Method::PUT) => {
            let body: Body = parse(&body)?;
            let validate = body.validate;
            let entry = body.entry(&ctx, tenant, name).await?;
            if validate {
                provider::validate_entry(&ctx, tenant, &entry).await?;
            }
            provider::save(&ctx, tenant, entry).await?;
            Ok((StatusCode::CREATED, success()).into_response())
        }
        (Part::Credentials, Method::DELETE) => {
            provider::delete(&ctx, tenant, name).await?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        (Part::Validate, Method::POST) => {
            let given = parse::<Body>(&body)
                .ok()
                .filter(|body| body.credentials.is_some());
            match given {
                Some(body) => {
                    let entry = body.entry(&ctx, tenant, name).await?;
                    provider::validate_entry(&ctx, tenant, &entry).await?;
                }
                None => provider::validate(&ctx, tenant, name).await?,
            }
            Ok(success().into_response())
        }
        (Part::Models, Method::GET) => {
            let providers = Providers::load(&ctx, tenant).await?;
            let name = provider::normalize(name);
            let rows = KINDS.into_iter().flat_map(|kind| {
                let chosen = providers
                    .all(kind)
                    .into_iter()
                    .filter(|chosen| chosen.provider == name);
                chosen
                    .map(move |chosen| model_row(&chosen.model, kind))
                    .collect::<Vec<_>>()
            });
            Ok(axum::Json(json!({ "data": rows.collect::<Vec<_>>() })).into_response())
        }
        // There is but one way to use a provider here: with one's own key.
        (Part::PreferredType, Method::POST) => Ok(success().into_response()),
        _ => Err(unknown().into()),
    }
}

#[derive(Deserialize)]
struct Body {
    #[serde(default = "openai")]
    dialect: String,
    credentials: Option<Credentials>,
    /// Missing: as they were.
    models: Option<Vec<Value>>,
    /// Ask the service before anything is kept.
    #[serde(default)]
    validate: bool,
}

fn openai() -> String {
    "openai".to_owned()
}

/// With the names that Dify's plugins use beside ours.
#[derive(Deserialize)]
struct Credentials {
    #[serde(alias = "endpoint_url", alias = "openai_api_base")]
    base_url: Option<String>,
    #[serde(alias = "openai_api_key")]
    api_key: Option<String>,
}

impl Body {
    async fn entry(self, ctx: &Context, tenant_id: &str, name: &str) -> Result<Entry, Error> {
        let old = match provider::get(ctx, tenant_id, name).await {
            Ok(provider) => Some(provider),
            Err(error) if error.kind() == Kind::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        let credentials = self.credentials;
        let (base_url, api_key) =
            credentials.map_or((None, None), |given| (given.base_url, given.api_key));
        let base_url = base_url.or_else(|| old.as_ref().map(|old| old.base_url.clone()));
        let missing = || app::Error::invalid("base_url", "credentials.base_url is required");
        let models = match self.models {
            Some(models) => models.into_iter().map(offer).collect::<Result<_, _>>()?,
            None => old
                .as_ref()
                .map(|old| old.models.clone())
                .unwrap_or_default(),
        };
        let unchanged = old.as_ref().map(hidden);
        Ok(Entry {
            name: name.to_owned(),
            dialect: self.dialect,
            base_url: base_url.ok_or_else(missing)?,
            // What we show instead of a key means: as it was.
            api_key: api_key.filter(|key| key.is_empty() || Some(key.as_str()) != unchanged),
            models,
        })
    }
}

/// A model by its name alone, or with what is known of it.
fn offer(value: Value) -> Result<Offer, Error> {
    match value {
        Value::String(model) => Ok(Offer::new(ModelKind::Llm, model)),
        mut value => {
            if let Some(fields) = value.as_object_mut()
                && !fields.contains_key("model_type")
            {
                fields.insert("model_type".to_owned(), kind_name(ModelKind::Llm).into());
            }
            let invalid =
                |error: serde_json::Error| app::Error::invalid("models", error.to_string());
            Ok(serde_json::from_value(value).map_err(invalid)?)
        }
    }
}

/// What is shown instead of a key.
fn hidden(provider: &Provider) -> &'static str {
    match provider.key.is_empty() {
        true => "",
        false => "[__HIDDEN__]",
    }
}

fn row(who: &Identity, name: &str, kinds: &[ModelKind], provider: Option<&Provider>) -> Value {
    let kinds: Vec<_> = kinds.iter().map(|kind| kind_name(*kind)).collect();
    json!({
        "tenant_id": who.tenant_id,
        "provider": name,
        "label": label(name),
        "description": null,
        "icon_small": null,
        "icon_large": null,
        "background": null,
        "help": null,
        "supported_model_types": kinds,
        "configurate_methods": ["customizable-model"],
        "provider_credential_schema": null,
        "model_credential_schema": null,
        "preferred_provider_type": "custom",
        "custom_configuration": { "status": "active" },
        "system_configuration": { "enabled": false, "current_quota_type": null, "quota_configurations": [] },
        "dialect": provider.map(|provider| &provider.dialect),
        "base_url": provider.map(|provider| &provider.base_url),
        "models": provider.map(|provider| &provider.models),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets() {
        let check = |path, expect: Option<(&str, Part)>| {
            let found = Target::parse(path).map(|target| (target.provider, target.part));
            assert_eq!(found, expect, "{path}");
        };
        check("openai/credentials", Some(("openai", Part::Credentials)));
        check(
            "langgenius/openai/openai/credentials/validate",
            Some(("langgenius/openai/openai", Part::Validate)),
        );
        check("a/b/models", Some(("a/b", Part::Models)));
        check("openai", None);
        check("openai/other", None);
    }
}
