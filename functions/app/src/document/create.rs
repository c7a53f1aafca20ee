//! Documents coming in, and new content for those that are there.

use bytes::Bytes;
use ports::Commit;
use rag::{Kind as FileKind, split::ProcessRule};

use super::{
    Document, Source, Status, Times,
    promise::promise,
    record::{batch_key, form_of, order_key, source_blob},
    steps::Step,
};
use crate::{
    Context, Error, Kind, Result,
    dataset::{Dataset, Draft, RetrievalModel, transact},
    store,
};

/// What a document is made of.
#[derive(Clone, Debug)]
pub struct Content {
    /// As the file was named; its extension says how it is read.
    pub filename: String,
    /// The file.
    pub bytes: Bytes,
}

/// A document that comes in.
#[derive(Clone, Debug)]
pub struct NewDocument {
    /// For people.
    pub name: String,
    /// Its file.
    pub content: Content,
    /// Needed if the dataset has none yet.
    pub indexing_technique: Option<String>,
    /// `text_model` or `hierarchical_model`; follows from the rule where it is not said.
    pub doc_form: Option<String>,
    /// Such as `English`.
    pub doc_language: Option<String>,
    /// Else the one that the dataset used last, else automatic.
    pub process_rule: Option<ProcessRule>,
    /// Of the dataset, if it comes with its first document.
    pub retrieval_model: Option<RetrievalModel>,
    /// Of the dataset, if it comes with its first document.
    pub embedding_provider: Option<String>,
    /// Of the dataset, if it comes with its first document.
    pub embedding_model: Option<String>,
    /// `api` or `web`.
    pub created_from: &'static str,
}

/// New content for a document; what is none stays.
#[derive(Clone, Debug, Default)]
pub struct Replacement {
    /// For people.
    pub name: Option<String>,
    /// Its file.
    pub content: Option<Content>,
    /// How it is split from now on.
    pub process_rule: Option<ProcessRule>,
    /// Such as `English`.
    pub doc_language: Option<String>,
}

impl Content {
    /// A text without a file.
    pub fn of_text(name: &str, text: String) -> Self {
        Self {
            filename: format!("{name}.txt"),
            bytes: text.into(),
        }
    }

    fn check(&self, ctx: &Context) -> Result<()> {
        if FileKind::of_name(&self.filename).is_none() {
            let message = format!(
                "File type not allowed. Supported types: {}.",
                FileKind::known()
            );
            return Err(Error::new(Kind::UnsupportedFileType, message));
        }
        let limit = ctx.platform.runtime.document_bytes;
        if self.bytes.len() > limit {
            let message = format!(
                "File size exceeded. The largest document accepted here has {limit} bytes."
            );
            return Err(Error::new(Kind::FileTooLarge, message));
        }
        Ok(())
    }

    fn source(&self, ctx: &Context) -> Source {
        let extension = self
            .filename
            .rsplit_once('.')
            .map(|(_, extension)| extension)
            .unwrap_or_default()
            .to_ascii_lowercase();
        Source {
            id: ctx.uuid(),
            name: self.filename.clone(),
            size: self.bytes.len() as u64,
            extension,
            mime_type: FileKind::media_type(&self.filename).to_owned(),
        }
    }
}

/// Takes a document in and starts its indexing.
pub async fn create(
    ctx: &Context,
    dataset: &Dataset,
    by: &str,
    new: NewDocument,
) -> Result<Document> {
    insert(ctx, dataset, by, ctx.uuid(), new).await
}

/// The same under an id of the caller's; the document that has it already is given back as it is.
#[cfg(feature = "workflows")]
pub(crate) async fn create_as(
    ctx: &Context,
    dataset: &Dataset,
    by: &str,
    id: String,
    new: NewDocument,
) -> Result<Document> {
    match super::get(ctx, &dataset.tenant_id, &dataset.id, &id).await {
        Err(error) if error.kind() == Kind::NotFound => insert(ctx, dataset, by, id, new).await,
        found => found,
    }
}

async fn insert(
    ctx: &Context,
    dataset: &Dataset,
    by: &str,
    id: String,
    new: NewDocument,
) -> Result<Document> {
    let name = new.name.trim();
    if name.is_empty() {
        return Err(Error::invalid("name", "Document name is required."));
    }
    new.content.check(ctx)?;
    if new.content.bytes.is_empty() {
        return Err(Error::invalid(
            "file",
            format!("`{}` is empty.", new.content.filename),
        ));
    }
    let technique = new
        .indexing_technique
        .clone()
        .or_else(|| dataset.indexing_technique.clone());
    let technique = technique
        .ok_or_else(|| Error::invalid("indexing_technique", "indexing_technique is required."))?;
    Dataset::check_technique(&technique)?;
    new.retrieval_model
        .as_ref()
        .map_or(Ok(()), RetrievalModel::check)?;
    let rule = new
        .process_rule
        .clone()
        .or_else(|| dataset.process_rule.clone());
    let rule = rule.unwrap_or_else(ProcessRule::automatic);
    rule.check()?;
    check_form(new.doc_form.as_deref(), &rule)?;
    if dataset.documents > 0 {
        same_form(dataset, &rule)?;
    }
    let (provider, model) = match &dataset.embedding_model {
        Some(_) => (
            dataset.embedding_provider.clone(),
            dataset.embedding_model.clone(),
        ),
        None => {
            let (provider, model) = (new.embedding_provider.clone(), new.embedding_model.clone());
            crate::dataset::embedding(ctx, &dataset.tenant_id, provider, model, true).await?
        }
    };
    let now = ctx.now();
    let document = Document {
        id,
        dataset_id: dataset.id.clone(),
        generation: 1,
        batch: format!("{}{}", now.as_secs(), ctx.token(8)),
        position: 0,
        name: name.to_owned(),
        source: new.content.source(ctx),
        doc_form: form_of(&rule).to_owned(),
        rule,
        doc_language: new.doc_language.unwrap_or_else(|| "English".to_owned()),
        created_from: new.created_from.to_owned(),
        created_by: by.to_owned(),
        created_at: now,
        updated_at: now,
        status: Status::Waiting,
        error: None,
        enabled: true,
        disabled_at: None,
        disabled_by: None,
        archived: false,
        segments: 0,
        indexed: 0,
        removed: 0,
        word_count: 0,
        tokens: 0,
        hit_count: 0,
        times: Times::default(),
    };
    let scope = ctx.tenant(&dataset.tenant_id);
    scope
        .put_blob(&source_blob(&document), new.content.bytes)
        .await?;
    let first = Step::first(&dataset.tenant_id, &document);
    let listed = transact(&scope, &dataset.id, &[], |draft| {
        let mut document = document.clone();
        let into = &mut draft.dataset;
        document.position = into.next_position;
        into.next_position += 1;
        into.indexing_technique
            .get_or_insert_with(|| technique.clone());
        if into.embedding_model.is_none() {
            (into.embedding_provider, into.embedding_model) = (provider.clone(), model.clone());
            if let Some(retrieval) = &new.retrieval_model {
                into.retrieval_model = retrieval.clone();
            }
        }
        into.doc_form = Some(document.doc_form.clone());
        into.process_rule = Some(document.rule.clone());
        into.updated_at = now;
        list(draft, &document)?;
        draft
            .documents
            .insert(document.id.clone(), document.clone());
        Ok(document)
    });
    let written = async {
        promise(ctx, &first).await?;
        listed.await
    };
    let document = match written.await {
        Ok(document) => document,
        Err(error) => {
            scope.delete_blob(&source_blob(&document)).await?;
            return Err(error);
        }
    };
    start(ctx, &dataset.tenant_id, &document).await;
    Ok(document)
}

/// Replaces a document's content, name or rule, and indexes it again.
pub async fn replace(
    ctx: &Context,
    dataset: &Dataset,
    id: &str,
    new: Replacement,
) -> Result<Document> {
    if let Some(content) = &new.content {
        content.check(ctx)?;
        if content.bytes.is_empty() {
            return Err(Error::invalid(
                "file",
                format!("`{}` is empty.", content.filename),
            ));
        }
    }
    new.process_rule
        .as_ref()
        .map_or(Ok(()), ProcessRule::check)?;
    if let Some(rule) = &new.process_rule
        && dataset.documents > 1
    {
        same_form(dataset, rule)?;
    }
    let scope = ctx.tenant(&dataset.tenant_id);
    let old = super::get(ctx, &dataset.tenant_id, &dataset.id, id).await?;
    check_replaceable(&old)?;
    let next = old.generation.wrapping_add(1);
    let source = new.content.as_ref().map(|content| content.source(ctx));
    let bytes = match &new.content {
        Some(content) => content.bytes.clone(),
        None => {
            let bytes = scope.get_blob(&source_blob(&old)).await?;
            bytes.ok_or_else(|| Error::not_found("The file of the document is gone."))?
        }
    };
    let fresh = Document {
        generation: next,
        ..old.clone()
    };
    scope.put_blob(&source_blob(&fresh), bytes).await?;
    let clean = Step::Clean {
        tenant_id: dataset.tenant_id.clone(),
        dataset_id: dataset.id.clone(),
        document_id: id.to_owned(),
        generation: old.generation,
    };
    promise(ctx, &Step::first(&dataset.tenant_id, &fresh)).await?;
    promise(ctx, &clean).await?;
    let now = ctx.now();
    let batch = format!("{}{}", now.as_secs(), ctx.token(8));
    let ids = [id.to_owned()];
    let document = transact(&scope, &dataset.id, &ids, |draft| {
        let missing = || Error::not_found("Document not found.");
        let document = draft.documents.get_mut(id).ok_or_else(missing)?;
        check_replaceable(document)?;
        if document.generation != old.generation {
            return Err(Error::new(
                Kind::Conflict,
                "the document was changed at the same moment; try again",
            ));
        }
        if let Some(rule) = &new.process_rule {
            draft.dataset.doc_form = Some(form_of(rule).to_owned());
        }
        if let Some(group) = document.group() {
            draft.index.kill(group, document.indexed);
        }
        let before = (document.batch.clone(), document.position);
        *document = Document {
            generation: next,
            batch: batch.clone(),
            name: new.name.clone().unwrap_or_else(|| document.name.clone()),
            source: source.clone().unwrap_or_else(|| document.source.clone()),
            rule: new
                .process_rule
                .clone()
                .unwrap_or_else(|| document.rule.clone()),
            doc_form: form_of(new.process_rule.as_ref().unwrap_or(&document.rule)).to_owned(),
            doc_language: new
                .doc_language
                .clone()
                .unwrap_or_else(|| document.doc_language.clone()),
            status: Status::Waiting,
            error: None,
            segments: 0,
            indexed: 0,
            removed: 0,
            word_count: 0,
            tokens: 0,
            times: Times::default(),
            updated_at: now,
            ..document.clone()
        };
        let document = document.clone();
        draft.extra = Commit::new().delete(batch_key(&before.0, id));
        list(draft, &document)?;
        Ok(document)
    })
    .await?;
    start(ctx, &dataset.tenant_id, &document).await;
    super::steps::send(ctx, clean).await?;
    Ok(document)
}

fn check_form(form: Option<&str>, rule: &ProcessRule) -> Result<()> {
    match form {
        None => Ok(()),
        Some(form) if form == form_of(rule) => Ok(()),
        Some("hierarchical_model") => {
            let message = "hierarchical_model needs a process_rule of mode hierarchical.";
            Err(Error::invalid("doc_form", message))
        }
        Some("text_model") => {
            let message = "A process_rule of mode hierarchical needs hierarchical_model.";
            Err(Error::invalid("doc_form", message))
        }
        Some("qa_model") => {
            let message = "Only the document forms text_model and hierarchical_model are supported by this server.";
            Err(Error::invalid("doc_form", message))
        }
        Some(_) => Err(Error::invalid("doc_form", "Invalid doc_form.")),
    }
}

/// Documents of a dataset are of one form.
fn same_form(dataset: &Dataset, rule: &ProcessRule) -> Result<()> {
    let known = dataset.doc_form.as_deref();
    match known.is_none_or(|known| known == form_of(rule)) {
        true => Ok(()),
        false => {
            let message = "doc_form is different from the dataset doc_form.";
            Err(Error::invalid("doc_form", message))
        }
    }
}

/// A document that failed can be replaced too: how else would it be mended.
fn check_replaceable(document: &Document) -> Result<()> {
    match document.display_status() {
        "available" | "error" => Ok(()),
        _ => Err(Error::new(Kind::InvalidParam, "Document is not available")),
    }
}

/// Writes a document's entries in the lists.
fn list(draft: &mut Draft, document: &Document) -> Result<()> {
    let extra = std::mem::take(&mut draft.extra);
    let entry = super::list::Listed {
        id: document.id.clone(),
        name: document.name.clone(),
    };
    draft.extra = extra
        .put(order_key(document.position), store::encode(&entry)?)
        .put(
            batch_key(&document.batch, &document.id),
            Bytes::from_static(b"{}"),
        );
    Ok(())
}

/// Sends the first step. It was promised: a queue that fails now makes the work late, and is no reason to refuse what
/// is written already.
async fn start(ctx: &Context, tenant_id: &str, document: &Document) {
    if let Err(error) = super::steps::send(ctx, Step::first(tenant_id, document)).await {
        tracing::warn!(%error, document = document.id, "indexing begins later");
    }
}
