//! Passages changed by hand. The index is never changed: a new text is a new row, which names the passage's next
//! revision, and rows of earlier texts lead to nothing.

use model::Purpose;
use rag::{
    index::{Group, RowId},
    split::Mode,
};
use sha2::{Digest, Sha256};

use super::{
    Document, Segment, Status,
    list::Listed,
    record::{MAX_SEGMENTS, order_key, readable, row_position, segment_id, segment_key},
    segment,
    steps::{embedder, index},
};
use crate::{
    Context, Error, Kind, Result,
    dataset::{Dataset, transact},
    store,
};

/// Longest text of a passage, in bytes.
pub const MAX_CONTENT: usize = 64 << 10;

/// Most passages that are added at once.
pub const MAX_ADDED: usize = 32;

/// What is to be changed of a passage; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// Its text.
    pub content: Option<String>,
    /// Whether it is found.
    pub enabled: Option<bool>,
    /// Whether the children of a parent are cut anew; they stay as they are otherwise.
    pub regenerate_children: bool,
}

/// Changes a passage; a new text is found as soon as this returns.
pub async fn edit_segment(
    ctx: &Context,
    dataset: &Dataset,
    document: &Document,
    id: &str,
    edit: Edit,
) -> Result<Segment> {
    changeable(document)?;
    let mut segment = segment(ctx, &dataset.tenant_id, document, id).await?;
    let group = document.group().ok_or_else(gone)?;
    let place = segment.position.saturating_sub(1);
    let before = (segment.word_count, segment.tokens);
    let mut rows = None;
    match edit.content.map(|content| content.trim().to_owned()) {
        Some(content) if content != segment.content => {
            check(&content)?;
            let full = || Error::invalid("content", "This passage was changed too often.");
            let next = segment.revision + 1;
            if row_position(0, next) >> 20 != u32::from(next) {
                return Err(full());
            }
            segment.revision = next;
            segment.content = content;
            let again = edit.regenerate_children;
            rows = Some(written(ctx, dataset, document, group, place, &mut segment, again).await?);
        }
        _ => {}
    }
    segment.enabled = edit.enabled.unwrap_or(segment.enabled);
    segment.updated_at = Some(ctx.now());
    let after = (segment.word_count, segment.tokens);
    let kept = segment.clone();
    put(
        ctx,
        dataset,
        document,
        rows.into_iter().collect(),
        move |document| {
            document.word_count = moved(document.word_count, before.0, after.0);
            document.tokens = moved(document.tokens, before.1, after.1);
            Ok(vec![(segment_key(group, place), Some(kept.clone()))])
        },
    )
    .await?;
    Ok(segment)
}

/// Adds passages at the end of a document.
pub async fn add_segments(
    ctx: &Context,
    dataset: &Dataset,
    document: &Document,
    by: &str,
    contents: &[String],
) -> Result<Vec<Segment>> {
    changeable(document)?;
    if contents.is_empty() || contents.len() > MAX_ADDED {
        let message = format!("segments needs 1 to {MAX_ADDED} passages");
        return Err(Error::invalid("segments", message));
    }
    let group = document.group().ok_or_else(gone)?;
    let (mut made, mut rows) = (Vec::new(), Vec::new());
    for (content, place) in contents.iter().zip(document.segments..) {
        if place >= MAX_SEGMENTS {
            return Err(Error::invalid("segments", "The document has no more room."));
        }
        let content = content.trim().to_owned();
        check(&content)?;
        let mut segment = Segment {
            id: segment_id(RowId {
                group,
                position: place,
            }),
            document_id: document.id.clone(),
            position: place + 1,
            content,
            word_count: 0,
            tokens: 0,
            hash: String::new(),
            hit_count: 0,
            enabled: true,
            created_by: by.to_owned(),
            created_at: ctx.now(),
            revision: 0,
            updated_at: None,
            children: Vec::new(),
        };
        rows.push(written(ctx, dataset, document, group, place, &mut segment, true).await?);
        made.push(segment);
    }
    let kept = made.clone();
    put(ctx, dataset, document, rows, move |document| {
        let count = u32::try_from(kept.len()).unwrap_or(0);
        document.segments += count;
        document.indexed += count;
        document.word_count += kept.iter().map(|it| it.word_count).sum::<u64>();
        document.tokens += kept.iter().map(|it| it.tokens).sum::<u64>();
        let puts = kept.iter().map(|it| {
            (
                segment_key(group, it.position.saturating_sub(1)),
                Some(it.clone()),
            )
        });
        Ok(puts.collect())
    })
    .await?;
    Ok(made)
}

/// Switches passages on or off; all of them or none.
pub async fn set_segments(
    ctx: &Context,
    dataset: &Dataset,
    document: &Document,
    ids: &[String],
    enabled: bool,
) -> Result<()> {
    changeable(document)?;
    let group = document.group().ok_or_else(gone)?;
    let mut puts = Vec::new();
    for id in ids {
        let mut segment = segment(ctx, &dataset.tenant_id, document, id).await?;
        segment.enabled = enabled;
        segment.updated_at = Some(ctx.now());
        puts.push((
            segment_key(group, segment.position.saturating_sub(1)),
            Some(segment),
        ));
    }
    put(
        ctx,
        dataset,
        document,
        Vec::new(),
        move |_| Ok(puts.clone()),
    )
    .await
}

/// Takes a passage out.
pub async fn delete_segment(
    ctx: &Context,
    dataset: &Dataset,
    document: &Document,
    id: &str,
) -> Result<()> {
    changeable(document)?;
    let segment = segment(ctx, &dataset.tenant_id, document, id).await?;
    let group = document.group().ok_or_else(gone)?;
    put(ctx, dataset, document, Vec::new(), move |document| {
        document.removed += 1;
        document.word_count = moved(document.word_count, segment.word_count, 0);
        document.tokens = moved(document.tokens, segment.tokens, 0);
        let key = segment_key(group, segment.position.saturating_sub(1));
        Ok(vec![(key, None)])
    })
    .await
}

/// Gives a document another name.
pub async fn rename(ctx: &Context, dataset: &Dataset, id: &str, name: &str) -> Result<Document> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 255 {
        return Err(Error::invalid(
            "name",
            "The name needs 1 to 255 characters.",
        ));
    }
    let scope = ctx.tenant(&dataset.tenant_id);
    let now = ctx.now();
    transact(&scope, &dataset.id, &[id.to_owned()], |draft| {
        let missing = || Error::not_found("Document not found.");
        let document = draft.documents.get_mut(id).ok_or_else(missing)?;
        if document.archived {
            let message = "The archived document is not editable.";
            return Err(Error::new(Kind::ArchivedDocumentImmutable, message));
        }
        name.clone_into(&mut document.name);
        document.updated_at = now;
        let listed = Listed {
            id: id.to_owned(),
            name: name.to_owned(),
        };
        let listed = store::encode(&listed)?;
        let (document, extra) = (document.clone(), std::mem::take(&mut draft.extra));
        draft.extra = extra.put(order_key(document.position), listed);
        Ok(document)
    })
    .await
}

type Rows = (rag::index::Entry, usize);

/// Brings what a text is measured by up to date, cuts a parent into its children again if that is wanted, and writes its
/// rows.
async fn written(
    ctx: &Context,
    dataset: &Dataset,
    document: &Document,
    group: Group,
    place: u32,
    segment: &mut Segment,
    again: bool,
) -> Result<Rows> {
    let embedder = embedder(ctx, dataset).await?;
    let most = embedder.info().max_input_tokens;
    let count = |text: &str| embedder.count_tokens(text);
    if again && document.rule.mode == Mode::Hierarchical {
        let children = rag::split::children(&segment.content, &document.rule, &count)?;
        segment.children = readable(children, most, &count);
    }
    let content = segment.content.as_str();
    let windows = segment.found_by(most, &count);
    let vectors = embedder.embed(&windows, Purpose::Document).await?.vectors;
    if vectors.is_empty() || vectors.len() != windows.len() {
        let message = "the embedding model gave another number of vectors than it was given texts";
        return Err(Error::new(Kind::CompletionRequestError, message));
    }
    let position = row_position(place, segment.revision);
    let id = RowId { group, position };
    let rows: Vec<_> = vectors.into_iter().map(|vector| (id, vector)).collect();
    let dimension = rows.first().map_or(0, |(_, vector)| vector.len());
    let scope = ctx.tenant(&dataset.tenant_id);
    let entry = index(ctx, &scope, &dataset.id).write(&rows).await?;
    segment.word_count = content.chars().count() as u64;
    segment.tokens = embedder.count_tokens(content) as u64;
    segment.hash = hex::encode(Sha256::digest(content.as_bytes()));
    Ok((entry, dimension))
}

/// Writes passages with all that goes with them, if the document is still as it was read.
async fn put(
    ctx: &Context,
    dataset: &Dataset,
    document: &Document,
    rows: Vec<Rows>,
    change: impl Fn(&mut Document) -> Result<Vec<(String, Option<Segment>)>>,
) -> Result<()> {
    let scope = ctx.tenant(&dataset.tenant_id);
    let now = ctx.now();
    let ids = std::slice::from_ref(&document.id);
    transact(&scope, &dataset.id, ids, |draft| {
        let found = draft.documents.get_mut(&document.id).ok_or_else(gone)?;
        let same = |it: &Document| (it.generation, it.segments, it.removed, it.updated_at);
        if same(found) != same(document) {
            let message = "Somebody else changed this document meanwhile; try again.";
            return Err(Error::new(Kind::Conflict, message));
        }
        let puts = change(found)?;
        // Two changes in one millisecond must differ too.
        found.updated_at = now.max(found.updated_at + std::time::Duration::from_millis(1));
        for (entry, dimension) in &rows {
            draft.index.add(entry.clone(), *dimension)?;
        }
        let mut extra = std::mem::take(&mut draft.extra);
        for (key, segment) in puts {
            extra = match segment {
                Some(segment) => extra.put(key, store::encode(&segment)?),
                None => extra.delete(key),
            };
        }
        draft.extra = extra;
        Ok(())
    })
    .await
}

fn changeable(document: &Document) -> Result<()> {
    if document.archived {
        let message = "The archived document is not editable.";
        return Err(Error::new(Kind::ArchivedDocumentImmutable, message));
    }
    if document.status != Status::Completed {
        return Err(Error::not_found("Document is not completed."));
    }
    Ok(())
}

fn check(content: &str) -> Result<()> {
    if content.is_empty() {
        return Err(Error::invalid("content", "Content is empty"));
    }
    if content.len() > MAX_CONTENT {
        let message = format!("content has more than {MAX_CONTENT} bytes");
        return Err(Error::invalid("content", message));
    }
    Ok(())
}

fn moved(sum: u64, before: u64, after: u64) -> u64 {
    (sum + after).saturating_sub(before)
}

fn gone() -> Error {
    Error::not_found("Document not found.")
}
