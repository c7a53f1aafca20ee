//! Triggers: what starts a published workflow without a caller. A webhook by a request to its address, a schedule by the
//! time.
//!
//! They are nodes of the published graph. Publishing arranges them: each is kept in the app's partition under
//! `trigger/{node}`, an address in the system's `webhook/{token}`, and a schedule has an alarm of the runtime's timer.
//! A run that a trigger wakes has an id that follows from what woke it, so that the same event, told twice, runs once.
//!
//! Start at [`arrange`], then `webhook` and `schedule`; a webhook of the draft is tried by [`listen()`].

mod dead;
mod listen;
mod schedule;
mod webhook;

pub use dead::{Letter, letters, replay};
pub use listen::{Heard, listen, receive as overhear};
pub use schedule::{TOPIC, consume};
pub use webhook::{Body, Incoming, MAX_BODY, Outcome, receive};

use ports::{Commit, Range, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Context, Error, Kind, Result, apps, keys, store, workflow};

/// Most webhooks of one workflow, as in Dify.
const MOST_WEBHOOKS: usize = 5;

/// Characters of an address's last part.
const TOKEN: usize = 24;

const PREFIX: &str = "trigger/";

/// What a trigger is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sort {
    /// Started by a request to its address.
    #[serde(rename = "trigger-webhook")]
    Webhook,
    /// Started by the time.
    #[serde(rename = "trigger-schedule")]
    Schedule,
}

/// A trigger of the version in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trigger {
    /// UUID; follows from the app and the node.
    pub id: String,
    /// The node.
    pub node_id: String,
    /// The node's title.
    pub title: String,
    /// Its type.
    pub sort: Sort,
    /// Whether it starts anything.
    pub enabled: bool,
    /// Of webhooks: the last part of the address.
    #[serde(default)]
    pub token: Option<String>,
    /// Of schedules: when it starts the next run.
    #[serde(default)]
    pub next: Option<Timestamp>,
    /// When it was first published.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Where a webhook's address leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Address {
    tenant_id: String,
    app_id: String,
    node_id: String,
}

/// A trigger node of a graph.
struct Found<'w> {
    id: &'w str,
    data: &'w Value,
    sort: Sort,
}

fn nodes(workflow: &Value) -> impl Iterator<Item = Found<'_>> {
    let nodes = workflow.pointer("/graph/nodes").and_then(Value::as_array);
    nodes.into_iter().flatten().filter_map(|node| {
        let data = node.get("data")?;
        let sort = match data.get("type")?.as_str()? {
            "trigger-webhook" => Sort::Webhook,
            "trigger-schedule" => Sort::Schedule,
            _ => return None,
        };
        let id = node.get("id")?.as_str()?;
        Some(Found { id, data, sort })
    })
}

/// Fails for triggers that cannot work, naming the node and the field.
pub(crate) fn check(workflow: &Value) -> Result<()> {
    let mut webhooks = 0;
    for node in nodes(workflow) {
        match node.sort {
            Sort::Schedule => {
                schedule::Schedule::parse(node.id, node.data)?;
            }
            Sort::Webhook => {
                webhooks += 1;
                webhook::Node::parse(node.id, node.data)?;
            }
        }
    }
    if webhooks > MOST_WEBHOOKS {
        let message = format!("A workflow has at most {MOST_WEBHOOKS} webhooks, not {webhooks}.");
        return Err(Error::new(Kind::BadRequest, message));
    }
    Ok(())
}

/// Makes the triggers of the version in force what its graph says: new ones get an address or an alarm, those that are
/// gone lose theirs. Doing it again changes nothing.
pub(crate) async fn arrange(ctx: &Context, tenant_id: &str, app_id: &str) -> Result<()> {
    let scope = ctx.tenant(tenant_id);
    let version = workflow::published(&scope, app_id).await?;
    let workflow = version.map(|version| version.workflow).unwrap_or_default();
    let kept = list(&scope, app_id).await?;
    for trigger in &kept {
        if !nodes(&workflow).any(|node| node.id == trigger.node_id && node.sort == trigger.sort) {
            remove(ctx, tenant_id, app_id, trigger).await?;
        }
    }
    for node in nodes(&workflow) {
        let old = kept
            .iter()
            .find(|trigger| trigger.node_id == node.id && trigger.sort == node.sort);
        put(ctx, tenant_id, app_id, &node, old).await?;
    }
    Ok(())
}

async fn put(
    ctx: &Context,
    tenant_id: &str,
    app_id: &str,
    node: &Found<'_>,
    old: Option<&Trigger>,
) -> Result<()> {
    let now = ctx.now();
    let title = node.data.get("title").and_then(Value::as_str);
    let mut trigger = Trigger {
        id: crate::id::derived(&format!("{PREFIX}{app_id}/{}", node.id)),
        node_id: node.id.to_owned(),
        title: title.unwrap_or_default().to_owned(),
        sort: node.sort,
        enabled: old.is_none_or(|old| old.enabled),
        token: old.and_then(|old| old.token.clone()),
        next: None,
        created_at: old.map_or(now, |old| old.created_at),
        updated_at: now,
    };
    if node.sort == Sort::Webhook {
        let token = trigger.token.get_or_insert_with(|| ctx.token(TOKEN));
        let address = Address {
            tenant_id: tenant_id.to_owned(),
            app_id: app_id.to_owned(),
            node_id: node.id.to_owned(),
        };
        let commit = Commit::new().put("address", store::encode(&address)?);
        ctx.system().commit(&keys::webhook(token), commit).await?;
    }
    if node.sort == Sort::Schedule && trigger.enabled {
        trigger.next = schedule::Schedule::parse(node.id, node.data)?.after(now);
        schedule::set(ctx, tenant_id, app_id, &trigger).await?;
    }
    keep(&ctx.tenant(tenant_id), app_id, &trigger).await
}

async fn keep(scope: &Scope, app_id: &str, trigger: &Trigger) -> Result<()> {
    let key = format!("{PREFIX}{}", trigger.node_id);
    let commit = Commit::new().put(key, store::encode(trigger)?);
    scope.commit(&keys::app(app_id), commit).await?;
    Ok(())
}

async fn remove(ctx: &Context, tenant_id: &str, app_id: &str, trigger: &Trigger) -> Result<()> {
    if let Some(token) = &trigger.token {
        ctx.system().clear(&keys::webhook(token)).await?;
    }
    if trigger.sort == Sort::Schedule {
        schedule::cancel(ctx, app_id, &trigger.node_id).await?;
    }
    let commit = Commit::new().delete(format!("{PREFIX}{}", trigger.node_id));
    ctx.tenant(tenant_id)
        .commit(&keys::app(app_id), commit)
        .await?;
    Ok(())
}

/// Takes away every address and alarm of an app that is removed.
pub(crate) async fn forget(ctx: &Context, tenant_id: &str, app_id: &str) -> Result<()> {
    for trigger in list(&ctx.tenant(tenant_id), app_id).await? {
        remove(ctx, tenant_id, app_id, &trigger).await?;
    }
    Ok(())
}

/// The triggers of an app.
pub async fn list(scope: &Scope, app_id: &str) -> Result<Vec<Trigger>> {
    let records = scope
        .list(&keys::app(app_id), Range::prefix(PREFIX, 1_000))
        .await?;
    records.iter().map(store::decode).collect()
}

async fn of_node(scope: &Scope, app_id: &str, node_id: &str) -> Result<Option<Trigger>> {
    let key = format!("{PREFIX}{node_id}");
    let found = store::load::<Trigger>(scope, &keys::app(app_id), &key).await?;
    Ok(found.map(|stored| stored.value))
}

/// Switches a trigger on or off, by its id.
pub async fn enable(
    ctx: &Context,
    tenant_id: &str,
    app_id: &str,
    id: &str,
    enabled: bool,
) -> Result<Trigger> {
    let scope = ctx.tenant(tenant_id);
    let found = list(&scope, app_id).await?.into_iter();
    let mut trigger = found
        .into_iter()
        .find(|trigger| trigger.id == id)
        .ok_or_else(|| Error::not_found("Trigger not found."))?;
    trigger.enabled = enabled;
    trigger.updated_at = ctx.now();
    if trigger.sort == Sort::Schedule {
        trigger.next = None;
        match enabled {
            true => {
                let version = workflow::published(&scope, app_id).await?;
                let workflow = version.map(|version| version.workflow).unwrap_or_default();
                if let Some(node) = nodes(&workflow).find(|node| node.id == trigger.node_id) {
                    let schedule = schedule::Schedule::parse(node.id, node.data)?;
                    trigger.next = schedule.after(ctx.now());
                    schedule::set(ctx, tenant_id, app_id, &trigger).await?;
                }
            }
            false => schedule::cancel(ctx, app_id, &trigger.node_id).await?,
        }
    }
    keep(&scope, app_id, &trigger).await?;
    Ok(trigger)
}

/// The app that a trigger belongs to, if it still takes part.
async fn app(scope: &Scope, app_id: &str) -> Result<apps::App> {
    let missing = || Error::not_found("The app no longer exists.");
    Ok(apps::get(scope, app_id).await?.ok_or_else(missing)?.value)
}
