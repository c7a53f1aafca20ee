//! Whether annotations answer, and the index of their questions.
//!
//! The record `reply` holds both. While it is there, whoever writes an annotation brings the index up to date in the
//! same commit; a job adds those that were there before, and then tells the app, which is when they begin to answer.

use model::Purpose;
use ports::{Commit, Revision, Scope};
use rag::index::{Index, Manifest, Resident, RowId};
use serde::{Deserialize, Serialize};

use super::{
    Annotation, BATCH,
    work::{self, Job, JobKind},
};
use crate::{
    Context, Error, Kind, Result,
    apps::{self, App},
    keys,
    provider::{self, Providers, normalize},
    requests::{Purpose::Indexing, Tab},
    store,
};

/// The key of the record.
pub(super) const KEY: &str = "reply";

/// How annotations answer, as an app knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// UUID.
    pub id: String,
    /// Least score, 0 to 1.
    pub score_threshold: f32,
    /// Of the embedding model.
    pub provider: String,
    /// The embedding model.
    pub model: String,
}

/// How annotations shall answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    /// Least score, 0 to 1.
    pub score_threshold: f32,
    /// Of the embedding model; bare or as a plugin.
    pub provider: String,
    /// The embedding model.
    pub model: String,
}

/// The record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Reply {
    pub(super) setting: Setting,
    /// Names this index: an annotation says which one holds it.
    pub(super) generation: String,
    /// The job that made it or makes it.
    pub(super) job: String,
    pub(super) index: Manifest,
}

/// Has annotations answer, once their questions are in an index.
pub async fn enable(ctx: &Context, app: &App, wish: &Wish) -> Result<Job> {
    if !(0.0..=1.0).contains(&wish.score_threshold) {
        let message = "score_threshold must be from 0 to 1";
        return Err(Error::invalid("score_threshold", message));
    }
    let providers = Providers::load(ctx, &app.tenant_id).await?;
    providers.embedder(&wish.provider, &wish.model).await?;
    let scope = ctx.tenant(&app.tenant_id);
    let partition = keys::annotation(&app.id);
    let provider = normalize(&wish.provider).to_owned();
    loop {
        let old = store::load::<Reply>(&scope, &partition, KEY).await?;
        let job = Job::new(ctx, JobKind::Enable);
        let setting = |id: &str| Setting {
            id: id.to_owned(),
            score_threshold: wish.score_threshold,
            provider: provider.clone(),
            model: wish.model.clone(),
        };
        let (new, version) = match old {
            Some(old) => {
                let mut new = old.value;
                let same = new.setting.provider == provider && new.setting.model == wish.model;
                new.setting = setting(&new.setting.id);
                new.job.clone_from(&job.id);
                if !same {
                    // The vectors of another model mean something else. The old ones go when the new ones are there.
                    let stale = new.index.segments.drain(..).map(|entry| entry.name);
                    work::discard_later(ctx, &app.tenant_id, &app.id, stale.collect()).await?;
                    (new.generation, new.index) = (ctx.uuid(), Manifest::default());
                }
                (new, Some(old.version))
            }
            None => {
                let new = Reply {
                    setting: setting(&ctx.uuid()),
                    generation: ctx.uuid(),
                    job: job.id.clone(),
                    index: Manifest::default(),
                };
                (new, None)
            }
        };
        let commit = job.put(ctx, Commit::new().put(KEY, store::encode(&new)?))?;
        let commit = match version {
            Some(version) => commit.if_version(KEY, version),
            None => commit.if_absent(KEY),
        };
        if super::change::write(&scope, &partition, commit).await? {
            work::go_on(ctx, &app.tenant_id, &app.id, &job).await?;
            return Ok(job);
        }
    }
}

/// Has annotations answer no more; they stay.
pub async fn disable(ctx: &Context, app: &App) -> Result<Job> {
    let job = Job::new(ctx, JobKind::Disable);
    let scope = ctx.tenant(&app.tenant_id);
    let commit = job.put(ctx, Commit::new())?;
    scope.commit(&keys::annotation(&app.id), commit).await?;
    work::go_on(ctx, &app.tenant_id, &app.id, &job).await?;
    Ok(job)
}

/// Changes the least score of an app whose annotations answer.
pub async fn set_threshold(ctx: &Context, app: &App, threshold: f32) -> Result<Setting> {
    let off = || Error::not_found("Annotation reply is not enabled.");
    let setting = app.annotation_reply.as_ref().ok_or_else(off)?;
    let wish = Wish {
        score_threshold: threshold,
        provider: setting.provider.clone(),
        model: setting.model.clone(),
    };
    enable(ctx, app, &wish).await?;
    let setting = Setting {
        score_threshold: threshold,
        ..setting.clone()
    };
    tell(ctx, &app.tenant_id, &app.id, Some(setting.clone())).await?;
    Ok(setting)
}

/// Tells the app how its annotations answer.
pub(super) async fn tell(
    ctx: &Context,
    tenant_id: &str,
    app_id: &str,
    setting: Option<Setting>,
) -> Result<()> {
    let told = apps::change(ctx, tenant_id, app_id, |app| {
        app.annotation_reply.clone_from(&setting);
        Ok(())
    });
    told.await.map(drop)
}

/// An app's index of questions.
pub(super) fn index<'a>(ctx: &Context, scope: &'a Scope, app_id: &str) -> Index<'a> {
    let memory = ctx.platform.runtime.index_bytes;
    Index::new(scope, keys::annotation(app_id), Resident::shared(), memory)
}

/// The index as it was read, to be changed in the commit that changes annotations.
pub(super) struct Indexer {
    ctx: Context,
    tenant_id: String,
    app_id: String,
    /// `None` while annotations do not answer: then nothing is to be done.
    reply: Option<(Reply, Revision)>,
    changed: bool,
}

impl Indexer {
    pub(super) async fn open(ctx: &Context, tenant_id: &str, app_id: &str) -> Result<Self> {
        let scope = ctx.tenant(tenant_id);
        let stored = store::load::<Reply>(&scope, &keys::annotation(app_id), KEY).await?;
        Ok(Self {
            ctx: ctx.clone(),
            tenant_id: tenant_id.to_owned(),
            app_id: app_id.to_owned(),
            reply: stored.map(|stored| (stored.value, stored.version)),
            changed: false,
        })
    }

    /// The record, if annotations answer or shall.
    pub(super) fn reply(&self) -> Option<&Reply> {
        self.reply.as_ref().map(|(reply, _)| reply)
    }

    /// Embeds the questions of those that are not in the index, and marks them as being in it.
    pub(super) async fn add(&mut self, annotations: &mut [Annotation]) -> Result<()> {
        let Some((reply, _)) = &mut self.reply else {
            return Ok(());
        };
        let outside = |annotation: &&mut Annotation| {
            annotation.indexed.as_deref() != Some(reply.generation.as_str())
        };
        let mut outside: Vec<&mut Annotation> = annotations.iter_mut().filter(outside).collect();
        if outside.is_empty() {
            return Ok(());
        }
        let setting = &reply.setting;
        let tab = Tab::of_app(&self.ctx, &self.tenant_id, Indexing, &self.app_id);
        let embedder = provider::embedder(&tab, &setting.provider, &setting.model).await?;
        let questions: Vec<String> = outside
            .iter()
            .map(|annotation| annotation.question.clone())
            .collect();
        let mut rows = Vec::with_capacity(questions.len());
        let batch = embedder.info().batch.max(1);
        let mut vectors = Vec::with_capacity(questions.len());
        for questions in questions.chunks(batch) {
            // A question is compared with a question: both are embedded as such.
            vectors.extend(embedder.embed(questions, Purpose::Query).await?.vectors);
        }
        if vectors.len() != outside.len() {
            let message = "the embedding model gave no vector for every question";
            return Err(Error::new(Kind::CompletionRequestError, message));
        }
        let dimension = vectors.first().map_or(0, Vec::len);
        for (annotation, vector) in outside.iter_mut().zip(vectors) {
            let Some(group) = annotation.group() else {
                continue;
            };
            rows.push((RowId { group, position: 0 }, vector));
            annotation.indexed = Some(reply.generation.clone());
        }
        let scope = self.ctx.tenant(&self.tenant_id);
        let entry = index(&self.ctx, &scope, &self.app_id).write(&rows).await?;
        reply.index.add(entry, dimension)?;
        self.changed = true;
        Ok(())
    }

    /// Takes an annotation out of the index.
    pub(super) fn remove(&mut self, annotation: &Annotation) {
        if let Some((reply, _)) = &mut self.reply
            && annotation.indexed.as_deref() == Some(reply.generation.as_str())
            && let Some(group) = annotation.group()
        {
            reply.index.kill(group, 1);
            self.changed = true;
        }
    }

    /// What is to be written of the index. Holds only if nobody has switched answers on or off meanwhile.
    pub(super) fn commit(&self) -> Result<Commit> {
        Ok(match &self.reply {
            Some((reply, version)) if self.changed => Commit::new()
                .put(KEY, store::encode(reply)?)
                .if_version(KEY, *version),
            Some((_, version)) => Commit::new().if_version(KEY, *version),
            None => Commit::new().if_absent(KEY),
        })
    }

    /// Has small segments merged, now and then.
    pub(super) async fn tidy(&self) -> Result<()> {
        match self.reply() {
            Some(reply) if self.changed && reply.index.sequence % BATCH as u64 == 0 => {
                work::compact_later(&self.ctx, &self.tenant_id, &self.app_id).await
            }
            _ => Ok(()),
        }
    }
}
