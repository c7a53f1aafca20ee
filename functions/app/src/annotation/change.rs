//! Writing, changing and removing annotations. What an index holds of them changes in the same commit.

use ports::{Commit, ErrorKind, Range, Scope};

use super::{ANNOTATIONS, Annotation, BATCH, check, hit, key, list::load, reply::Indexer};
use crate::{Context, Error, Kind, Result, account::Identity, apps::App, keys, store};

/// Attempts before somebody else's changes are too many.
const ATTEMPTS: usize = 64;

/// An annotation to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct New {
    /// UUID; the same id is written once only.
    pub id: String,
    /// What is asked.
    pub question: String,
    /// What is answered.
    pub answer: String,
}

/// Writes an annotation; `by` is the account that does so.
pub async fn create(
    ctx: &Context,
    app: &App,
    by: Option<&Identity>,
    question: &str,
    answer: &str,
) -> Result<Annotation> {
    let (question, answer) = check(question, answer)?;
    let new = New {
        id: ctx.uuid(),
        question,
        answer,
    };
    let author = by.map(|by| (by.account_id.clone(), by.name.clone()));
    let made = insert(ctx, &app.tenant_id, &app.id, author, vec![new]).await?;
    made.into_iter()
        .next()
        .ok_or_else(|| Error::new(Kind::Conflict, "the annotation is there already"))
}

/// Writes some, at most [`BATCH`]; those whose id is known are left as they are.
pub(super) async fn insert(
    ctx: &Context,
    tenant_id: &str,
    app_id: &str,
    author: Option<(String, String)>,
    new: Vec<New>,
) -> Result<Vec<Annotation>> {
    let scope = ctx.tenant(tenant_id);
    let partition = keys::annotation(app_id);
    let now = ctx.now();
    let (account_id, account_name) = author.unzip();
    let all: Vec<Annotation> = new
        .into_iter()
        .map(|new| Annotation {
            id: new.id,
            question: new.question,
            answer: new.answer,
            hit_count: 0,
            account_id: account_id.clone(),
            account_name: account_name.clone().unwrap_or_default(),
            created_at: now,
            updated_at: now,
            revision: 0,
            indexed: None,
        })
        .collect();
    for _ in 0..ATTEMPTS {
        let mut made = Vec::new();
        for annotation in &all {
            if scope.get(&partition, &key(&annotation.id)).await?.is_none() {
                made.push(annotation.clone());
            }
        }
        if made.is_empty() {
            return Ok(made);
        }
        let mut indexer = Indexer::open(ctx, tenant_id, app_id).await?;
        indexer.add(&mut made).await?;
        let mut commit = indexer.commit()?;
        for annotation in &made {
            let key = key(&annotation.id);
            commit = commit.put(&key, store::encode(annotation)?).if_absent(&key);
        }
        if write(&scope, &partition, commit).await? {
            indexer.tidy().await?;
            return Ok(made);
        }
    }
    Err(crowded())
}

/// Gives an annotation another question and answer.
pub async fn update(
    ctx: &Context,
    app: &App,
    id: &str,
    question: &str,
    answer: &str,
) -> Result<Annotation> {
    let (question, answer) = check(question, answer)?;
    let scope = ctx.tenant(&app.tenant_id);
    let partition = keys::annotation(&app.id);
    for _ in 0..ATTEMPTS {
        let stored = load(&scope, &app.id, id).await?;
        let mut changed = vec![stored.value];
        let mut commit = Commit::new();
        let mut indexer = Indexer::open(ctx, &app.tenant_id, &app.id).await?;
        for annotation in &mut changed {
            annotation.answer.clone_from(&answer);
            annotation.updated_at = ctx.now();
            if annotation.question != question {
                indexer.remove(annotation);
                annotation.question.clone_from(&question);
                annotation.revision = annotation.revision.wrapping_add(1);
                annotation.indexed = None;
            }
        }
        if changed.iter().any(|changed| changed.indexed.is_none()) {
            indexer.add(&mut changed).await?;
            commit = indexer.commit()?;
        }
        let Some(annotation) = changed.pop() else {
            break;
        };
        commit = commit
            .put(key(id), store::encode(&annotation)?)
            .if_version(key(id), stored.version);
        if write(&scope, &partition, commit).await? {
            indexer.tidy().await?;
            return Ok(annotation);
        }
    }
    Err(crowded())
}

/// Removes an annotation and the history of its answers.
pub async fn delete(ctx: &Context, app: &App, id: &str) -> Result<()> {
    let scope = ctx.tenant(&app.tenant_id);
    let partition = keys::annotation(&app.id);
    for _ in 0..ATTEMPTS {
        let stored = load(&scope, &app.id, id).await?;
        let mut indexer = Indexer::open(ctx, &app.tenant_id, &app.id).await?;
        indexer.remove(&stored.value);
        let commit = indexer.commit()?;
        let commit = commit.delete(key(id)).if_version(key(id), stored.version);
        if write(&scope, &partition, commit).await? {
            hit::clear(&scope, &app.id, id).await?;
            return indexer.tidy().await;
        }
    }
    Err(crowded())
}

/// Removes all annotations of an app, and their histories. Whether annotations answer stays as it is.
pub async fn remove_all(ctx: &Context, app: &App) -> Result<()> {
    let scope = ctx.tenant(&app.tenant_id);
    let partition = keys::annotation(&app.id);
    loop {
        let records = scope
            .list(&partition, Range::prefix(ANNOTATIONS, BATCH))
            .await?;
        if records.is_empty() {
            break;
        }
        let mut indexer = Indexer::open(ctx, &app.tenant_id, &app.id).await?;
        for record in &records {
            indexer.remove(&store::decode(record)?);
        }
        let commit = records
            .into_iter()
            .fold(indexer.commit()?, |commit, record| {
                commit.delete(record.key)
            });
        if write(&scope, &partition, commit).await? {
            indexer.tidy().await?;
        }
    }
    hit::clear_all(&scope, &app.id).await
}

/// Whether the commit came to pass; `false` if somebody else was faster.
pub(super) async fn write(scope: &Scope, partition: &str, commit: Commit) -> Result<bool> {
    match scope.commit(partition, commit).await {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::Conflict => Ok(false),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn crowded() -> Error {
    Error::new(
        Kind::Conflict,
        "the annotations change too often; try again",
    )
}
