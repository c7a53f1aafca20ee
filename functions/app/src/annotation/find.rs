//! The annotation that answers a question, if one does.

use model::Purpose;
use ports::Range;
use rag::index::Manifest;

use super::{
    Annotation, of_row,
    reply::{self, Reply, Setting},
};
use crate::{
    Error, Kind, Result,
    apps::App,
    keys, provider,
    requests::{self, Tab},
    store,
};

/// An annotation that answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// It.
    pub annotation: Annotation,
    /// Cosine of the two questions.
    pub score: f32,
}

/// The annotation whose question is nearest to `query`, if it is as near as the app wants it. What fails here is
/// logged and answered as if there were none: a model can still answer.
pub async fn find(tab: &Tab, app: &App, query: &str) -> Option<Found> {
    let setting = app.annotation_reply.as_ref()?;
    if query.trim().is_empty() {
        return None;
    }
    match search(tab, app, setting, query).await {
        Ok(found) => found,
        Err(error) => {
            tracing::warn!(%error, app = app.id, "annotations could not be searched");
            None
        }
    }
}

async fn search(tab: &Tab, app: &App, setting: &Setting, query: &str) -> Result<Option<Found>> {
    let ctx = tab.ctx();
    let scope = ctx.tenant(&app.tenant_id);
    let partition = keys::annotation(&app.id);
    let read = || store::load::<Reply>(&scope, &partition, reply::KEY);
    let Some(stored) = read().await? else {
        return Ok(None);
    };
    let fits = |reply: &Reply| {
        let of = &reply.setting;
        of.provider == setting.provider && of.model == setting.model
    };
    let empty = |index: &Manifest| index.segments.is_empty();
    if !fits(&stored.value) || empty(&stored.value.index) {
        return Ok(None);
    }
    let tab = tab.to(requests::Purpose::Query);
    let embedder = provider::embedder(&tab, &setting.provider, &setting.model).await?;
    let embedded = embedder.embed(&[query.to_owned()], Purpose::Query).await?;
    let missing = "the embedding model gave no vector for the question";
    let vector = embedded.vectors.into_iter().next();
    let vector = vector.ok_or_else(|| Error::new(Kind::CompletionRequestError, missing))?;
    let index = reply::index(ctx, &scope, &app.id);
    let nearest = match index.search(&stored.value.index, &vector, 1).await {
        Ok(nearest) => nearest,
        // A segment may have been merged away since: the record knows the new one.
        Err(error) => match read().await? {
            Some(again) if again.version != stored.version && fits(&again.value) => {
                index.search(&again.value.index, &vector, 1).await?
            }
            _ => return Err(error.into()),
        },
    };
    let Some(nearest) = nearest
        .into_iter()
        .find(|nearest| nearest.score >= setting.score_threshold)
    else {
        return Ok(None);
    };
    let Some((prefix, revision)) = of_row(nearest.id) else {
        return Ok(None);
    };
    let records = scope.list(&partition, Range::prefix(prefix, 1)).await?;
    let Some(annotation) = records
        .first()
        .map(store::decode::<Annotation>)
        .transpose()?
    else {
        return Ok(None);
    };
    Ok((annotation.revision == revision).then_some(Found {
        annotation,
        score: nearest.score,
    }))
}
