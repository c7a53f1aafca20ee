//! The model of an app, and what its datasets hold on a question.

use std::sync::Arc;

use model::Llm;

use super::{Request, gather::Found};
use crate::{
    Context, Result,
    apps::{App, ModelChoice, ModelConfig},
    provider::Providers,
};

/// The model that an app names, or the workspace's default in its place.
pub async fn resolve(providers: &Providers, choice: &ModelChoice) -> Result<Arc<dyn Llm>> {
    let resolved = providers.llm(&choice.provider, &choice.name).await?;
    if let Some(warning) = resolved.warning {
        tracing::warn!(warning);
    }
    Ok(resolved.model)
}

/// What the app's datasets hold on the question.
pub(super) async fn retrieve(
    _ctx: &Context,
    _app: &App,
    _config: &ModelConfig,
    _request: &Request,
) -> Result<Vec<Found>> {
    Ok(Vec::new())
}
