//! From the names in an app to a model that answers.

use std::sync::Arc;

use model::{
    Dialect, Embedder, Endpoint, Llm, ModelKind, Models, Moderator, ModeratorInfo, Price, Reranker,
    Speaker, SpeechInfo, Transcriber,
};
use ports::{Query, Range};

use super::{
    Chosen, MAX_PROVIDERS, Offer, Provider, Vault,
    record::{kind_name, normalize},
};
use crate::{
    Context, Error, Kind, Result, keys,
    requests::{self, Of, Tab},
    store,
};

/// A workspace's providers and defaults as they are now, read in one round trip. What its models are asked goes down on a
/// [`Tab`].
#[derive(Clone)]
pub struct Providers {
    ctx: Context,
    tenant_id: String,
    providers: Vec<Provider>,
    defaults: Vec<(String, Chosen)>,
    tab: Tab,
}

/// A model that answers.
pub struct Resolved<T: ?Sized> {
    /// It.
    pub model: Arc<T>,
    /// Set when another model answers than was asked for; for people.
    pub warning: Option<String>,
}

/// What every service with OpenAI's API knows these models as.
const TRANSCRIBER: &str = "whisper-1";
const SPEAKER: &str = "tts-1";

fn speech(remote: &Provider, model: &str) -> SpeechInfo {
    SpeechInfo {
        provider: remote.name.clone(),
        model: model.to_owned(),
    }
}

enum Place<'a> {
    Local,
    Remote(&'a Provider, &'a Offer),
}

/// The chat model of these names, else the workspace's default. Both names empty: the default.
pub async fn llm(
    ctx: &Context,
    tenant_id: &str,
    provider: &str,
    model: &str,
) -> Result<Resolved<dyn Llm>> {
    Providers::load(ctx, tenant_id)
        .await?
        .llm(provider, model)
        .await
}

/// The embedding model of these names. Both names empty: the workspace's default.
pub async fn embedder(tab: &Tab, provider: &str, model: &str) -> Result<Arc<dyn Embedder>> {
    let providers = Providers::on(tab).await?;
    providers.embedder(provider, model).await
}

impl Providers {
    /// Reads them: one round trip.
    pub async fn load(ctx: &Context, tenant_id: &str) -> Result<Self> {
        let queries = vec![
            Query::List(Range::prefix("provider/", MAX_PROVIDERS)),
            Query::List(Range::prefix("default-model/", 8)),
        ];
        let view = ctx.tenant(tenant_id).read(keys::TENANT, queries).await?;
        let mut answers = view.answers.into_iter();
        let providers = answers.next().unwrap_or_default();
        let defaults = answers.next().unwrap_or_default();
        Ok(Self {
            tab: Tab::new(ctx, tenant_id, requests::Purpose::Other, Of::default()),
            ctx: ctx.clone(),
            tenant_id: tenant_id.to_owned(),
            providers: providers.iter().map(store::decode).collect::<Result<_>>()?,
            defaults: defaults
                .iter()
                .map(|record| Ok((record.key.clone(), store::decode(record)?)))
                .collect::<Result<_>>()?,
        })
    }

    /// Those of a piece of work: one round trip.
    pub async fn on(tab: &Tab) -> Result<Self> {
        let tab = tab.clone();
        let loaded = Self::load(tab.ctx(), tab.tenant_id()).await?;
        Ok(Self { tab, ..loaded })
    }

    /// The same for another purpose.
    pub fn to(&self, purpose: requests::Purpose) -> Self {
        let tab = self.tab.to(purpose);
        Self {
            tab,
            ..self.clone()
        }
    }

    /// The remote ones, by name.
    pub fn remote(&self) -> &[Provider] {
        &self.providers
    }

    /// The chat model of these names, else the workspace's default with a warning.
    pub async fn llm(&self, provider: &str, model: &str) -> Result<Resolved<dyn Llm>> {
        if let Some(model) = self.exact_llm(provider, model).await? {
            let warning = None;
            return Ok(Resolved { model, warning });
        }
        let missing = || {
            let named = match (provider, model) {
                ("", "") => "No model is named".to_owned(),
                _ => format!(
                    "The model {}/{model} is not configured",
                    normalize(provider)
                ),
            };
            let message = format!("{named}, and the workspace has no default model.");
            Error::new(Kind::ProviderNotInitialize, message)
        };
        let chosen = self.default_model(ModelKind::Llm).ok_or_else(missing)?;
        let found = self.exact_llm(&chosen.provider, &chosen.model).await?;
        Ok(Resolved {
            model: found.ok_or_else(missing)?,
            warning: (!provider.is_empty() || !model.is_empty()).then(|| {
                format!(
                    "The model {}/{model} is not configured; {}/{} answers instead.",
                    normalize(provider),
                    chosen.provider,
                    chosen.model
                )
            }),
        })
    }

    /// The chat model of exactly these names.
    pub async fn exact_llm(&self, provider: &str, model: &str) -> Result<Option<Arc<dyn Llm>>> {
        let found = match self.place(ModelKind::Llm, provider, model) {
            None => None,
            Some(Place::Local) => self.models().local_llm(model),
            Some(Place::Remote(remote, offer)) => {
                let (dialect, endpoint) = self.reach(remote).await?;
                Some(dialect.llm(&endpoint, offer.llm(self.models(), &remote.name)))
            }
        };
        Ok(found.map(|llm| self.tab.llm(llm)))
    }

    /// The embedding model of these names; both empty: the default. Another model never steps in, because its
    /// vectors mean something else.
    pub async fn embedder(&self, provider: &str, model: &str) -> Result<Arc<dyn Embedder>> {
        let kind = ModelKind::TextEmbedding;
        let Chosen { provider, model } = self.named_or_default(kind, provider, model)?;
        let found = match self.place(kind, &provider, &model) {
            None => None,
            Some(Place::Local) => self.models().local_embedder(&model),
            Some(Place::Remote(remote, offer)) => {
                let (dialect, endpoint) = self.reach(remote).await?;
                dialect.embedder(&endpoint, offer.embedder(self.models(), &remote.name))
            }
        };
        let found = found.ok_or_else(|| not_configured(kind, &provider, &model))?;
        Ok(self.tab.embedder(found, self.price(&provider, &model)))
    }

    /// The reranking model of these names; both empty: the default.
    pub async fn reranker(&self, provider: &str, model: &str) -> Result<Arc<dyn Reranker>> {
        let kind = ModelKind::Rerank;
        let Chosen { provider, model } = self.named_or_default(kind, provider, model)?;
        let found = match self.place(kind, &provider, &model) {
            None => None,
            Some(Place::Local) => {
                let mut local = self.models().rerankers.iter();
                local.find(|local| local.info().model == model).cloned()
            }
            Some(Place::Remote(remote, offer)) => {
                let (dialect, endpoint) = self.reach(remote).await?;
                dialect.reranker(&endpoint, offer.reranker(&remote.name))
            }
        };
        let found = found.ok_or_else(|| not_configured(kind, &provider, &model))?;
        Ok(self.tab.reranker(found, self.price(&provider, &model)))
    }

    /// The moderation model of these names. A provider need not list it: all that has to be configured is the provider.
    pub async fn moderator(&self, provider: &str, model: &str) -> Result<Arc<dyn Moderator>> {
        let provider = normalize(provider);
        let missing = || {
            let message = format!("The moderation model {provider}/{model} is not configured.");
            Error::new(Kind::ProviderNotInitialize, message)
        };
        let mut known = self.providers.iter();
        let remote = known
            .find(|known| known.name == provider)
            .ok_or_else(missing)?;
        let (dialect, endpoint) = self.reach(remote).await?;
        let info = ModeratorInfo {
            provider: remote.name.clone(),
            model: model.to_owned(),
        };
        let found = dialect.moderator(&endpoint, info).ok_or_else(missing)?;
        Ok(requests::seen(
            self.watched(requests::Kind::Moderation, remote, model),
            found,
        ))
    }

    /// The model of these names that writes down what it hears; both empty: what the first provider has that can.
    pub async fn transcriber(
        &self,
        provider: &str,
        model: &str,
    ) -> Result<Option<Arc<dyn Transcriber>>> {
        let model = if model.is_empty() { TRANSCRIBER } else { model };
        for remote in self.speaking(provider) {
            let (dialect, endpoint) = self.reach(remote).await?;
            let info = speech(remote, model);
            if let Some(found) = dialect.transcriber(&endpoint, info) {
                let watched = self.watched(requests::Kind::Stt, remote, model);
                return Ok(Some(requests::seen(watched, found)));
            }
        }
        Ok(None)
    }

    /// The model of these names that reads aloud; both empty: what the first provider has that can.
    pub async fn speaker(&self, provider: &str, model: &str) -> Result<Option<Arc<dyn Speaker>>> {
        let model = if model.is_empty() { SPEAKER } else { model };
        for remote in self.speaking(provider) {
            let (dialect, endpoint) = self.reach(remote).await?;
            let info = speech(remote, model);
            if let Some(found) = dialect.speaker(&endpoint, info) {
                let watched = self.watched(requests::Kind::Tts, remote, model);
                return Ok(Some(requests::seen(watched, found)));
            }
        }
        Ok(None)
    }

    fn watched(&self, kind: requests::Kind, remote: &Provider, model: &str) -> requests::Watched {
        let (provider, price) = (remote.name.clone(), self.price(&remote.name, model));
        self.tab.watched(kind, provider, model.to_owned(), price)
    }

    /// What a remote model costs: as its provider was entered, else as the catalogue has it.
    fn price(&self, provider: &str, model: &str) -> Option<Price> {
        let mut remote = self.providers.iter();
        let remote = remote.find(|known| known.name == provider)?;
        let mut offers = remote.models.iter();
        let entered = offers.find(|offer| offer.model == model && offer.pricing.is_some());
        entered
            .and_then(|offer| offer.pricing.clone())
            .or_else(|| self.models().known(provider, model)?.price.clone())
    }

    fn speaking(&self, provider: &str) -> impl Iterator<Item = &Provider> {
        let provider = normalize(provider).to_owned();
        let remote = self.providers.iter();
        remote.filter(move |remote| provider.is_empty() || remote.name == provider)
    }

    /// Whether a model of these names is there.
    pub fn has(&self, kind: ModelKind, provider: &str, model: &str) -> bool {
        self.place(kind, provider, model).is_some()
    }

    /// Every model of a kind: those of the process first.
    pub fn all(&self, kind: ModelKind) -> Vec<Chosen> {
        let local = self.local(kind).into_iter().map(|model| Chosen {
            provider: Models::LOCAL.to_owned(),
            model,
        });
        let remote = self.providers.iter().flat_map(|provider| {
            let offers = provider
                .models
                .iter()
                .filter(move |offer| offer.kind == kind);
            offers.map(|offer| Chosen {
                provider: provider.name.clone(),
                model: offer.model.clone(),
            })
        });
        local.chain(remote).collect()
    }

    /// What the workspace chose, as long as it is there; else the first model of this kind.
    pub fn default_model(&self, kind: ModelKind) -> Option<Chosen> {
        let key = default_key(kind);
        let chosen = self.defaults.iter().find(|(name, _)| *name == key);
        let chosen = chosen.map(|(_, chosen)| chosen.clone());
        chosen
            .filter(|chosen| self.has(kind, &chosen.provider, &chosen.model))
            .or_else(|| self.all(kind).into_iter().next())
    }

    fn named_or_default(&self, kind: ModelKind, provider: &str, model: &str) -> Result<Chosen> {
        if provider.is_empty() && model.is_empty() {
            return self.default_model(kind).ok_or_else(|| {
                let message = format!("The workspace has no {} model.", kind_name(kind));
                Error::new(Kind::ProviderNotInitialize, message)
            });
        }
        Ok(Chosen {
            provider: normalize(provider).to_owned(),
            model: model.to_owned(),
        })
    }

    fn place(&self, kind: ModelKind, provider: &str, model: &str) -> Option<Place<'_>> {
        let provider = normalize(provider);
        if provider == Models::LOCAL {
            let found = self.local(kind).iter().any(|name| name == model);
            return found.then_some(Place::Local);
        }
        let remote = self.providers.iter().find(|known| known.name == provider)?;
        let mut offers = remote.models.iter();
        let offer = offers.find(|offer| offer.kind == kind && offer.model == model)?;
        Some(Place::Remote(remote, offer))
    }

    fn local(&self, kind: ModelKind) -> Vec<String> {
        let models = self.models();
        match kind {
            ModelKind::Llm => models.llms.iter().map(|m| m.info().model.clone()).collect(),
            ModelKind::TextEmbedding => {
                let embedders = models.embedders.iter();
                embedders.map(|m| m.info().model.clone()).collect()
            }
            ModelKind::Rerank => {
                let rerankers = models.rerankers.iter();
                rerankers.map(|m| m.info().model.clone()).collect()
            }
        }
    }

    fn models(&self) -> &Models {
        &self.ctx.models
    }

    pub(super) async fn reach(&self, provider: &Provider) -> Result<(Arc<dyn Dialect>, Endpoint)> {
        let dialect = self
            .models()
            .dialects
            .get(provider.dialect.as_str())
            .cloned();
        let dialect = dialect.ok_or_else(|| {
            let message = format!(
                "Nothing here speaks the dialect `{}` of {}.",
                provider.dialect, provider.name
            );
            Error::new(Kind::ProviderNotInitialize, message)
        })?;
        let api_key = match provider.key.as_str() {
            "" => String::new(),
            sealed => {
                let vault = Vault::open(&self.ctx).await?;
                vault.read(&place(&self.tenant_id, &provider.name), sealed)?
            }
        };
        let base_url = provider.base_url.clone();
        Ok((dialect, Endpoint { base_url, api_key }))
    }
}

/// What a key is sealed for: nobody can carry it to another workspace or provider.
pub(super) fn place(tenant_id: &str, provider: &str) -> String {
    format!("{tenant_id}/provider/{provider}")
}

pub(super) fn default_key(kind: ModelKind) -> String {
    format!("default-model/{}", kind_name(kind))
}

fn not_configured(kind: ModelKind, provider: &str, model: &str) -> Error {
    let message = format!(
        "The {} model {provider}/{model} is not configured.",
        kind_name(kind)
    );
    Error::new(Kind::ProviderNotInitialize, message)
}
