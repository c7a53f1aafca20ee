//! Making, changing and removing datasets.

use futures::future::join_all;
use model::ModelKind;
use ports::{Commit, ErrorKind, Scope};

use super::{Dataset, RetrievalModel, transact};
use crate::{
    Context, Error, Kind, Result,
    apps::{self, App},
    keys,
    provider::Providers,
    store,
};

/// What a new dataset is told.
#[derive(Clone, Debug, Default)]
pub struct NewDataset {
    /// 1 to 40 characters.
    pub name: String,
    /// Up to 400 characters.
    pub description: String,
    /// `only_me` if not said.
    pub permission: Option<String>,
    /// `high_quality`, or decided by the first document.
    pub indexing_technique: Option<String>,
    /// Else the workspace's default, when the first document comes.
    pub embedding_provider: Option<String>,
    /// Else the workspace's default, when the first document comes.
    pub embedding_model: Option<String>,
    /// Else Dify's default.
    pub retrieval_model: Option<RetrievalModel>,
}

/// What changes; what is none stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// 1 to 40 characters.
    pub name: Option<String>,
    /// Up to 400 characters.
    pub description: Option<String>,
    /// `only_me`, `all_team_members` or `partial_members`.
    pub permission: Option<String>,
    /// Ids of accounts.
    pub partial_members: Option<Vec<String>>,
    /// `high_quality`.
    pub indexing_technique: Option<String>,
    /// Only as long as nothing is indexed.
    pub embedding_provider: Option<String>,
    /// Only as long as nothing is indexed.
    pub embedding_model: Option<String>,
    /// All of it.
    pub retrieval_model: Option<RetrievalModel>,
    /// Whether the Service API may use it.
    pub enable_api: Option<bool>,
}

/// Makes a dataset. `by` is the account that does.
pub async fn create(ctx: &Context, tenant_id: &str, by: &str, new: NewDataset) -> Result<Dataset> {
    let name = new.name.trim().to_owned();
    Dataset::check_name(&name)?;
    Dataset::check_description(&new.description)?;
    let permission = new.permission.unwrap_or_else(|| "only_me".to_owned());
    Dataset::check_permission(&permission)?;
    new.indexing_technique
        .as_deref()
        .map_or(Ok(()), Dataset::check_technique)?;
    let retrieval_model = new.retrieval_model.unwrap_or_default();
    retrieval_model.check()?;
    let scope = ctx.tenant(tenant_id);
    let (embedding_provider, embedding_model) = embedding(
        ctx,
        tenant_id,
        new.embedding_provider,
        new.embedding_model,
        new.indexing_technique.is_some(),
    )
    .await?;
    let (id, now) = (ctx.uuid(), ctx.now());
    let dataset = Dataset {
        id: id.clone(),
        tenant_id: tenant_id.to_owned(),
        name: name.clone(),
        description: new.description,
        permission,
        partial_members: Vec::new(),
        indexing_technique: new.indexing_technique,
        embedding_provider,
        embedding_model,
        retrieval_model,
        process_rule: None,
        doc_form: None,
        enable_api: true,
        documents: 0,
        available: 0,
        words: 0,
        next_position: 1,
        created_by: by.to_owned(),
        created_at: now,
        updated_by: by.to_owned(),
        updated_at: now,
    };
    // The dataset first: a crash between the two leaves one that no list shows, never an entry without a dataset.
    store::save(&scope, &keys::dataset(&id), Dataset::KEY, &dataset).await?;
    let listed = Commit::new()
        .put(name_key(&name), id.clone().into_bytes())
        .if_absent(name_key(&name))
        .put(
            list_key(&id),
            store::encode(&super::list::Listed::of(&dataset))?,
        );
    if let Err(error) = scope.commit(keys::TENANT, listed).await {
        scope.clear(&keys::dataset(&id)).await?;
        return Err(match error.kind() {
            ErrorKind::Conflict => duplicate(&name),
            _ => error.into(),
        });
    }
    Ok(dataset)
}

/// The dataset with this id.
pub async fn get(ctx: &Context, tenant_id: &str, id: &str) -> Result<Dataset> {
    let found =
        store::load::<Dataset>(&ctx.tenant(tenant_id), &keys::dataset(id), Dataset::KEY).await?;
    found
        .map(|stored| stored.value)
        .ok_or_else(|| Error::not_found(Dataset::MISSING))
}

/// Changes a dataset.
pub async fn update(
    ctx: &Context,
    tenant_id: &str,
    by: &str,
    id: &str,
    change: Change,
) -> Result<Dataset> {
    let scope = ctx.tenant(tenant_id);
    let old = get(ctx, tenant_id, id).await?;
    if let Some(name) = &change.name {
        Dataset::check_name(name.trim())?;
    }
    change
        .description
        .as_deref()
        .map_or(Ok(()), Dataset::check_description)?;
    change
        .permission
        .as_deref()
        .map_or(Ok(()), Dataset::check_permission)?;
    change
        .indexing_technique
        .as_deref()
        .map_or(Ok(()), Dataset::check_technique)?;
    change
        .retrieval_model
        .as_ref()
        .map_or(Ok(()), RetrievalModel::check)?;
    let named = change.embedding_model.is_some() || change.embedding_provider.is_some();
    let provider = change
        .embedding_provider
        .clone()
        .or_else(|| old.embedding_provider.clone());
    let model = change
        .embedding_model
        .clone()
        .or_else(|| old.embedding_model.clone());
    let (provider, model) = match named {
        true => embedding(ctx, tenant_id, provider, model, true).await?,
        false => (None, None),
    };
    if let Some(name) = change.name.as_deref().map(str::trim)
        && name != old.name
    {
        rename(&scope, &old, name).await?;
    }
    let now = ctx.now();
    transact(&scope, id, &[], |draft| {
        let dataset = &mut draft.dataset;
        if named {
            let changes = dataset.embedding_model.is_some()
                && (dataset.embedding_model != model || dataset.embedding_provider != provider);
            if changes && !draft.index.segments.is_empty() {
                let message =
                    "The embedding model cannot be changed while documents are indexed with it.";
                return Err(Error::invalid("embedding_model", message));
            }
            (dataset.embedding_provider, dataset.embedding_model) =
                (provider.clone(), model.clone());
        }
        let change = change.clone();
        dataset.name = change
            .name
            .map_or(dataset.name.clone(), |name| name.trim().to_owned());
        dataset.description = change.description.unwrap_or(dataset.description.clone());
        dataset.permission = change.permission.unwrap_or(dataset.permission.clone());
        dataset.partial_members = change
            .partial_members
            .unwrap_or(dataset.partial_members.clone());
        dataset.indexing_technique = change
            .indexing_technique
            .or(dataset.indexing_technique.clone());
        dataset.retrieval_model = change
            .retrieval_model
            .unwrap_or(dataset.retrieval_model.clone());
        dataset.enable_api = change.enable_api.unwrap_or(dataset.enable_api);
        dataset.updated_by = by.to_owned();
        dataset.updated_at = now;
        Ok(dataset.clone())
    })
    .await
}

async fn rename(scope: &Scope, dataset: &Dataset, name: &str) -> Result<()> {
    let listed = super::list::Listed {
        name: name.to_owned(),
        ..super::list::Listed::of(dataset)
    };
    let commit = Commit::new()
        .put(name_key(name), dataset.id.clone().into_bytes())
        .if_absent(name_key(name))
        .delete(name_key(&dataset.name))
        .put(list_key(&dataset.id), store::encode(&listed)?);
    scope
        .commit(keys::TENANT, commit)
        .await
        .map(|_| ())
        .map_err(|error| match error.kind() {
            ErrorKind::Conflict => duplicate(name),
            _ => error.into(),
        })
}

/// The ids of the apps that search a dataset.
pub async fn users(ctx: &Context, dataset: &Dataset) -> Result<Vec<String>> {
    let ids = [dataset.id.clone()];
    let users = apps_of(ctx, &dataset.tenant_id, &ids).await?;
    Ok(users.into_iter().flatten().map(|app| app.id).collect())
}

/// The apps that search each of these datasets.
pub async fn apps_of(ctx: &Context, tenant_id: &str, ids: &[String]) -> Result<Vec<Vec<App>>> {
    let scope = ctx.tenant(tenant_id);
    let mut users: Vec<Vec<App>> = ids.iter().map(|_| Vec::new()).collect();
    for page in 1.. {
        let found = apps::list(ctx, tenant_id, &apps::Filter::default(), page, 100).await?;
        let apps = join_all(
            found
                .apps
                .iter()
                .map(|summary| apps::get(&scope, &summary.id)),
        )
        .await;
        for app in apps {
            let Some(app) = app?.map(|app| app.value) else {
                continue;
            };
            for (id, users) in ids.iter().zip(&mut users) {
                if searches(&app, id) {
                    users.push(app.clone());
                }
            }
        }
        if found.apps.is_empty() || page * 100 >= found.total {
            break;
        }
    }
    Ok(users)
}

fn searches(app: &App, dataset: &str) -> bool {
    let configured = app.config().is_ok_and(|config| {
        config
            .dataset_configs
            .dataset_ids()
            .iter()
            .any(|id| id == dataset)
    });
    // A workflow names it somewhere in its graph; ids are long enough not to be met by chance.
    configured
        || app
            .workflow
            .as_ref()
            .is_some_and(|workflow| workflow.to_string().contains(dataset))
}

/// Removes a dataset that no app searches: at once for everybody who asks, its content by and by.
pub async fn delete(ctx: &Context, dataset: &Dataset) -> Result<()> {
    if !users(ctx, dataset).await?.is_empty() {
        let message = "The dataset is being used by some apps. Please remove the dataset from the apps before deleting it.";
        return Err(Error::new(Kind::DatasetInUse, message));
    }
    let (tenant_id, id) = (dataset.tenant_id.as_str(), dataset.id.as_str());
    let scope = ctx.tenant(tenant_id);
    let forget = crate::document::Step::Forget {
        tenant_id: tenant_id.to_owned(),
        dataset_id: id.to_owned(),
    };
    crate::document::promise(ctx, &forget).await?;
    let commit = Commit::new()
        .delete(list_key(id))
        .delete(name_key(&dataset.name));
    scope.commit(keys::TENANT, commit).await?;
    scope
        .commit(&keys::dataset(id), Commit::new().delete(Dataset::KEY))
        .await?;
    crate::document::send(ctx, forget).await
}

/// Removes what a deleted dataset left: the queue's part of [`delete`].
pub async fn forget(scope: &Scope, id: &str) -> Result<()> {
    let prefix = format!("{}/", keys::dataset(id));
    loop {
        let blobs = scope.list_blobs(&prefix, None, 100).await?;
        if blobs.is_empty() {
            break;
        }
        for blob in blobs {
            scope.delete_blob(&blob.name).await?;
        }
    }
    Ok(scope.clear(&keys::dataset(id)).await?)
}

/// The names of the embedding model: those given if there is such a model, else the workspace's default if one is
/// needed.
pub(crate) async fn embedding(
    ctx: &Context,
    tenant_id: &str,
    provider: Option<String>,
    model: Option<String>,
    needed: bool,
) -> Result<(Option<String>, Option<String>)> {
    let text = |text: Option<String>| text.filter(|text| !text.is_empty());
    let (provider, model) = (text(provider), text(model));
    if provider.is_none() && model.is_none() && !needed {
        return Ok((None, None));
    }
    let providers = Providers::load(ctx, tenant_id).await?;
    let kind = ModelKind::TextEmbedding;
    let found = match (&provider, &model) {
        (None, None) => providers.default_model(kind),
        (Some(provider), Some(model)) => {
            let known = providers.has(kind, provider, model);
            known.then(|| crate::provider::Chosen {
                provider: crate::provider::normalize(provider).to_owned(),
                model: model.clone(),
            })
        }
        (None, Some(model)) => providers
            .all(kind)
            .into_iter()
            .find(|known| known.model == *model),
        (Some(_), None) => None,
    };
    match (found, model) {
        (Some(chosen), _) => Ok((Some(chosen.provider), Some(chosen.model))),
        (None, None) if provider.is_none() => Err(Error::new(
            Kind::ProviderNotInitialize,
            "No Embedding Model available. Please configure a valid provider in the Settings -> Model Provider.",
        )),
        (None, model) => {
            let message = format!(
                "The embedding model {}/{} is not available.",
                provider.unwrap_or_default(),
                model.unwrap_or_default()
            );
            Err(Error::invalid("embedding_model", message))
        }
    }
}

fn duplicate(name: &str) -> Error {
    Error::new(
        Kind::DatasetNameDuplicate,
        format!("Dataset with name {name} already exists."),
    )
}

pub(super) fn list_key(id: &str) -> String {
    format!("dataset/{id}")
}

fn name_key(name: &str) -> String {
    format!("dataset-name/{name}")
}
