//! Removing an app, and behind the request all that its end users left: conversations in small steps of the queue,
//! each of which may be repeated.

use ports::{Commit, Job, Range};
use serde::{Deserialize, Serialize};

use super::{
    get,
    manage::{MISSING, index},
};
use crate::{
    Context, Error, Kind, Result, conversation, end_user,
    end_user::EndUser,
    key::{self, Access},
    keys, log, site, store, tag,
};

/// The topic of the jobs.
pub const TOPIC: &str = "app";

/// End users of one step.
const BATCH: usize = 16;

#[derive(Serialize, Deserialize)]
struct Removed {
    tenant_id: String,
    app_id: String,
}

/// Removes an app and its keys at once; what its end users left follows.
pub async fn delete(ctx: &Context, tenant_id: &str, id: &str) -> Result<()> {
    if get(&ctx.tenant(tenant_id), id).await?.is_none() {
        return Err(Error::not_found(MISSING));
    }
    // The job first: whatever is interrupted from here on, it completes.
    send(ctx, tenant_id, id).await?;
    forget(ctx, tenant_id, id).await
}

async fn send(ctx: &Context, tenant_id: &str, app_id: &str) -> Result<()> {
    let removed = Removed {
        tenant_id: tenant_id.to_owned(),
        app_id: app_id.to_owned(),
    };
    let job = Job::new(ctx.uuid(), TOPIC, store::encode(&removed)?);
    Ok(ctx.platform.queue.send(vec![job]).await?)
}

/// Everything but what end users left.
async fn forget(ctx: &Context, tenant_id: &str, id: &str) -> Result<()> {
    let scope = ctx.tenant(tenant_id);
    let access = Access::App {
        app_id: id.to_owned(),
    };
    for key in key::list(&scope, &access).await? {
        key::delete(ctx, tenant_id, &access, &key.id).await?;
    }
    if let Some(app) = get(&scope, id).await? {
        site::close(ctx, &app.value.site.code).await?;
    }
    #[cfg(feature = "workflows")]
    crate::trigger::forget(ctx, tenant_id, id).await?;
    log::forget(&scope, id).await?;
    tag::forget(&scope, tag::Kind::App, id).await?;
    scope.clear(&keys::app(id)).await?;
    scope.clear(&keys::annotation(id)).await?;
    let commit = Commit::new().delete(index(id));
    scope.commit(keys::TENANT, commit).await?;
    Ok(())
}

/// Handles a job of [`TOPIC`].
pub async fn consume(ctx: &Context, job: &Job) -> Result<()> {
    let Removed { tenant_id, app_id } = serde_json::from_slice(&job.body).map_err(|error| {
        let message = format!("not a job of `{TOPIC}`: {error}");
        Error::new(Kind::InvalidParam, message)
    })?;
    forget(ctx, &tenant_id, &app_id).await?;
    let scope = ctx.tenant(&tenant_id);
    for shard in end_user::shards(&app_id) {
        let range = Range::prefix(end_user::LIST, BATCH);
        let records = scope.list(&shard, range).await?;
        for record in &records {
            let user: EndUser = store::decode(record)?;
            conversation::remove_all(ctx, &scope, &user).await?;
            scope.clear(&user.partition()).await?;
            let commit = Commit::new().delete(&record.key);
            scope.commit(&shard, commit).await?;
        }
        if !records.is_empty() {
            return send(ctx, &tenant_id, &app_id).await;
        }
    }
    #[cfg(feature = "workflows")]
    if crate::workflow::remove(ctx, &tenant_id, &app_id).await? {
        return send(ctx, &tenant_id, &app_id).await;
    }
    scope.clear(&keys::feedback(&app_id)).await?;
    Ok(scope.clear(&keys::active(&app_id)).await?)
}
