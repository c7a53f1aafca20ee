//! Tags of apps and datasets. In the tenant's partition `tag/{id}` is a tag, and `tagged/{kind}/{target}` says which
//! ones a target has.

use std::collections::BTreeMap;

use ports::{Commit, Range, Scope, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Context, Error, Result, keys, store};

/// Most tags of a workspace.
pub const MAX_TAGS: usize = 200;

/// Most tags of one target.
const MAX_OF_ONE: usize = 20;

/// Records of one read.
const BATCH: usize = 500;

/// What a tag is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Apps.
    App,
    /// Datasets.
    Knowledge,
}

impl Kind {
    /// As it is written on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Knowledge => "knowledge",
        }
    }

    /// The kind of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::App, Self::Knowledge]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}

/// A word by which things are found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// UUID.
    pub id: String,
    /// For people: 1 to 50 characters.
    pub name: String,
    /// What it is for.
    pub kind: Kind,
    /// When it was made.
    pub created_at: Timestamp,
}

/// All tags of a kind by their names, and which ones each target has.
#[derive(Clone, Debug, Default)]
pub struct Tags {
    /// By name.
    pub tags: Vec<Tag>,
    /// The ids of tags, by target.
    of: BTreeMap<String, Vec<String>>,
}

impl Tags {
    /// What there is in a workspace.
    pub async fn load(scope: &Scope, kind: Kind) -> Result<Self> {
        let records = scope
            .list(keys::TENANT, Range::prefix("tag/", MAX_TAGS))
            .await?;
        let tags: Vec<Tag> = records.iter().map(store::decode).collect::<Result<_>>()?;
        let mut tags: Vec<Tag> = tags.into_iter().filter(|tag| tag.kind == kind).collect();
        tags.sort_by(|a, b| a.name.cmp(&b.name));
        let prefix = format!("tagged/{}/", kind.as_str());
        let (mut of, mut after) = (BTreeMap::new(), None);
        loop {
            let range = Range::prefix(&prefix, BATCH).after(after.take());
            let records = scope.list(keys::TENANT, range).await?;
            for record in &records {
                let target = record.key.strip_prefix(&prefix).unwrap_or_default();
                of.insert(target.to_owned(), store::decode(record)?);
            }
            if records.len() < BATCH {
                return Ok(Self { tags, of });
            }
            after = records.last().map(|record| record.key.clone());
        }
    }

    /// The tags of a target.
    pub fn of(&self, target: &str) -> Vec<&Tag> {
        let ids = self.of.get(target).map(Vec::as_slice).unwrap_or_default();
        self.tags
            .iter()
            .filter(|tag| ids.contains(&tag.id))
            .collect()
    }

    /// How many targets have a tag.
    pub fn count(&self, id: &str) -> usize {
        let has = |ids: &&Vec<String>| ids.iter().any(|known| known == id);
        self.of.values().filter(has).count()
    }

    /// The targets that have all of these tags.
    pub fn with(&self, ids: &[String]) -> Vec<String> {
        let has = |(_, known): &(&String, &Vec<String>)| ids.iter().all(|id| known.contains(id));
        self.of
            .iter()
            .filter(has)
            .map(|(target, _)| target.clone())
            .collect()
    }
}

/// Makes a tag; one of this name and kind must not be there.
pub async fn create(ctx: &Context, tenant_id: &str, kind: Kind, name: &str) -> Result<Tag> {
    let scope = ctx.tenant(tenant_id);
    let known = Tags::load(&scope, kind).await?;
    let name = check(name, &known, "")?;
    if known.tags.len() >= MAX_TAGS / 2 {
        let message = format!("A workspace has at most {} tags of a kind.", MAX_TAGS / 2);
        return Err(Error::invalid("name", message));
    }
    let tag = Tag {
        id: ctx.uuid(),
        name,
        kind,
        created_at: ctx.now(),
    };
    store::save(&scope, keys::TENANT, &key(&tag.id), &tag).await?;
    Ok(tag)
}

/// Gives a tag another name.
pub async fn rename(ctx: &Context, tenant_id: &str, id: &str, name: &str) -> Result<Tag> {
    let scope = ctx.tenant(tenant_id);
    let tag = get(&scope, id).await?;
    let known = Tags::load(&scope, tag.kind).await?;
    let name = check(name, &known, id)?;
    let set = |tag: &mut Tag| {
        tag.name.clone_from(&name);
        Ok(())
    };
    let (tag, ()) = store::update(&scope, keys::TENANT, &key(id), MISSING, set).await?;
    Ok(tag)
}

/// Removes a tag; targets keep an id that names nothing, which nobody shows.
pub async fn delete(ctx: &Context, tenant_id: &str, id: &str) -> Result<()> {
    let scope = ctx.tenant(tenant_id);
    get(&scope, id).await?;
    scope
        .commit(keys::TENANT, Commit::new().delete(key(id)))
        .await?;
    Ok(())
}

/// Gives a target tags, or takes them away. The caller knows that there is such a target.
pub async fn bind(scope: &Scope, kind: Kind, target: &str, ids: &[String], on: bool) -> Result<()> {
    let known = Tags::load(scope, kind).await?;
    if let Some(id) = ids
        .iter()
        .find(|id| !known.tags.iter().any(|tag| tag.id == **id))
    {
        return Err(Error::not_found(format!("There is no tag {id}.")));
    }
    // What names no tag any more is dropped by the way.
    let mut of: Vec<String> = known.of(target).iter().map(|tag| tag.id.clone()).collect();
    of.retain(|id| !ids.contains(id));
    if on {
        of.extend(ids.iter().cloned());
    }
    of.sort();
    of.dedup();
    if of.len() > MAX_OF_ONE {
        let message = format!("At most {MAX_OF_ONE} tags can be bound to one target.");
        return Err(Error::invalid("tag_ids", message));
    }
    store::save(scope, keys::TENANT, &bound(kind, target), &of).await?;
    Ok(())
}

/// Forgets what a removed target had.
pub(crate) async fn forget(scope: &Scope, kind: Kind, target: &str) -> Result<()> {
    let commit = Commit::new().delete(bound(kind, target));
    scope.commit(keys::TENANT, commit).await?;
    Ok(())
}

const MISSING: &str = "Tag not found";

async fn get(scope: &Scope, id: &str) -> Result<Tag> {
    let found = store::load::<Tag>(scope, keys::TENANT, &key(id)).await?;
    Ok(found.ok_or_else(|| Error::not_found(MISSING))?.value)
}

fn check(name: &str, known: &Tags, id: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 50 {
        return Err(Error::invalid("name", "The name needs 1 to 50 characters."));
    }
    if known
        .tags
        .iter()
        .any(|tag| tag.name == name && tag.id != id)
    {
        return Err(Error::invalid("name", "Tag name already exists"));
    }
    Ok(name.to_owned())
}

fn key(id: &str) -> String {
    format!("tag/{id}")
}

fn bound(kind: Kind, target: &str) -> String {
    format!("tagged/{}/{target}", kind.as_str())
}
