//! Switching documents on and off, and removing them.

use super::{
    Document,
    promise::promise,
    record::{batch_key, order_key},
    steps::{Step, send},
};
use crate::{
    Context, Error, Kind, Result,
    dataset::{Dataset, transact},
};

/// What can be done with several documents at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// They are found again.
    Enable,
    /// They are not found for now.
    Disable,
    /// They are kept, but neither found nor changed.
    Archive,
    /// They are as before.
    UnArchive,
}

impl Action {
    /// By its name in the path.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "enable" => Some(Self::Enable),
            "disable" => Some(Self::Disable),
            "archive" => Some(Self::Archive),
            "un_archive" => Some(Self::UnArchive),
            _ => None,
        }
    }
}

/// Does it to all of them or to none. `by` is the account that does.
pub async fn set_status(
    ctx: &Context,
    dataset: &Dataset,
    by: &str,
    action: Action,
    ids: &[String],
) -> Result<()> {
    let now = ctx.now();
    let scope = ctx.tenant(&dataset.tenant_id);
    transact(&scope, &dataset.id, ids, |draft| {
        if ids.iter().any(|id| !draft.documents.contains_key(id)) {
            return Err(Error::not_found("Document not found."));
        }
        for document in draft.documents.values_mut() {
            apply(document, action, by, now)?;
            if let Some(group) = document.group() {
                let hide = !document.enabled || document.archived;
                if hide == draft.index.shows(group) {
                    draft.index.hide(group, hide);
                }
            }
        }
        Ok(())
    })
    .await
}

fn apply(document: &mut Document, action: Action, by: &str, now: ports::Timestamp) -> Result<()> {
    let invalid = |what: &str| {
        Error::new(
            Kind::InvalidAction,
            format!("Document: {} {what}.", document.name),
        )
    };
    match action {
        Action::Enable => {
            (document.enabled, document.disabled_at, document.disabled_by) = (true, None, None);
        }
        Action::Disable => {
            if document.status.is_busy() || document.status == super::Status::Error {
                return Err(invalid("is not completed"));
            }
            if document.enabled {
                document.enabled = false;
                (document.disabled_at, document.disabled_by) = (Some(now), Some(by.to_owned()));
            }
        }
        Action::Archive => {
            if document.status.is_busy() {
                return Err(invalid("is being indexed"));
            }
            document.archived = true;
        }
        Action::UnArchive => document.archived = false,
    }
    document.updated_at = now;
    Ok(())
}

/// Removes a document: at once for everybody who asks, its content by and by.
pub async fn delete(ctx: &Context, dataset: &Dataset, id: &str) -> Result<()> {
    let scope = ctx.tenant(&dataset.tenant_id);
    let ids = [id.to_owned()];
    let generation = super::get(ctx, &dataset.tenant_id, &dataset.id, id)
        .await
        .map_err(|error| match error.kind() {
            Kind::NotFound => Error::not_found("Document Not Exists."),
            _ => error,
        })?
        .generation;
    let clean = |generation| Step::Clean {
        tenant_id: dataset.tenant_id.clone(),
        dataset_id: dataset.id.clone(),
        document_id: id.to_owned(),
        generation,
    };
    promise(ctx, &clean(generation)).await?;
    let generation = transact(&scope, &dataset.id, &ids, |draft| {
        let missing = || Error::not_found("Document Not Exists.");
        let document = draft.documents.remove(id).ok_or_else(missing)?;
        if document.archived {
            let message = "The archived document is not editable.";
            return Err(Error::new(Kind::ArchivedDocumentImmutable, message));
        }
        if document.status.is_busy() {
            return Err(Error::new(
                Kind::DocumentIndexing,
                "Cannot delete document during indexing.",
            ));
        }
        if let Some(group) = document.group() {
            draft.index.kill(group, document.indexed);
        }
        let extra = std::mem::take(&mut draft.extra);
        draft.extra = extra
            .delete(order_key(document.position))
            .delete(batch_key(&document.batch, id));
        Ok(document.generation)
    })
    .await?;
    send(ctx, clean(generation)).await
}
