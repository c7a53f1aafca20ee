//! The first owner.

use ports::{Commit, ErrorKind, Timestamp};

use super::{
    Identity, Member, Role, Workspace, member, password,
    record::{Account, Owner, check_person},
};
use crate::{
    Context, Error, Kind, Result, keys,
    store::{self, Stored},
};

/// The secret that lets its bearer act as the owner on the console API.
pub const ADMIN_TOKEN: &str = "EDGEWISE_ADMIN_TOKEN";
/// The secret that setting up asks for where anybody can reach the address.
pub const SETUP_TOKEN: &str = "EDGEWISE_SETUP_TOKEN";

/// Display name of an owner who never set an account up.
const NAME: &str = "Owner";

/// Whether the installation has an owner who can log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It has none.
    NotStarted,
    /// Since then.
    Finished(Timestamp),
}

/// Who wants to be the first owner.
#[derive(Clone, Debug)]
pub struct Entry {
    /// To log in with.
    pub email: String,
    /// For people.
    pub name: String,
    /// At least 8 characters, letters and digits among them.
    pub password: String,
    /// Such as `en-US`.
    pub language: Option<String>,
    /// The setup token, where one is needed.
    pub token: Option<String>,
    /// The caller showed the admin token: no setup token is needed.
    pub trusted: bool,
}

/// Whether there is an owner.
pub async fn status(ctx: &Context) -> Result<Status> {
    let owner = load(ctx).await?.and_then(|owner| owner.value.setup_at);
    Ok(owner.map_or(Status::NotStarted, Status::Finished))
}

/// Makes the first owner; `Forbidden` if there is one, or the setup token is wrong.
pub async fn setup(ctx: &Context, entry: Entry) -> Result<Identity> {
    check_token(ctx, &entry).await?;
    let email = entry.email.trim().to_lowercase();
    let name = entry.name.trim();
    check_person(&email, name)?;
    let old = load(ctx).await?;
    if old.as_ref().is_some_and(|old| old.value.setup_at.is_some()) {
        let message = "Edgewise is set up already. Please log in.";
        return Err(Error::new(Kind::Forbidden, message));
    }
    let now = ctx.now();
    let mut owner = match &old {
        Some(old) => old.value.clone(),
        None => fresh(ctx),
    };
    owner.email = Some(email.clone());
    owner.setup_at = Some(now);
    let account = Account {
        id: owner.account_id.clone(),
        email: email.clone(),
        name: name.to_owned(),
        password: password::hash(ctx.platform.entropy.as_ref(), &entry.password)?,
        language: entry.language.unwrap_or_else(|| "en-US".to_owned()),
        theme: None,
        timezone: None,
        tenant_id: None,
        created_at: now,
        last_login_at: None,
    };
    // The account first: it opens nothing until the installation names it as its owner.
    store::save(&ctx.system(), &keys::account(&email), "account", &account).await?;
    claim(ctx, &owner, old.as_ref()).await?;
    open_workspace(ctx, &owner, &format!("{name}'s Workspace")).await?;
    let member = Member {
        account_id: owner.account_id.clone(),
        email,
        name: name.to_owned(),
        role: Role::Owner,
        created_at: now,
    };
    member::enroll(ctx, &owner.tenant_id, &member).await?;
    Ok(Identity::of(&owner, name))
}

/// Who owns the installation; `None` before anybody does.
pub async fn owner(ctx: &Context) -> Result<Option<Identity>> {
    let owner = load(ctx).await?;
    Ok(owner.map(|owner| Identity::of(&owner.value, NAME)))
}

/// The owner, if this is the admin token; made if there is none.
pub async fn admin(ctx: &Context, token: &str) -> Result<Option<Identity>> {
    if !is_secret(ctx, ADMIN_TOKEN, token).await? {
        return Ok(None);
    }
    if let Some(owner) = load(ctx).await? {
        return Ok(Some(Identity::of(&owner.value, NAME)));
    }
    let owner = fresh(ctx);
    match claim(ctx, &owner, None).await {
        Ok(()) => {
            open_workspace(ctx, &owner, &format!("{NAME}'s Workspace")).await?;
            Ok(Some(Identity::of(&owner, NAME)))
        }
        // Somebody else was faster.
        Err(error) if error.kind() == Kind::Forbidden => {
            let owner = load(ctx).await?;
            Ok(owner.map(|owner| Identity::of(&owner.value, NAME)))
        }
        Err(error) => Err(error),
    }
}

pub(super) async fn load(ctx: &Context) -> Result<Option<Stored<Owner>>> {
    store::load(&ctx.system(), keys::INSTALL, "owner").await
}

fn fresh(ctx: &Context) -> Owner {
    Owner {
        account_id: ctx.uuid(),
        tenant_id: ctx.uuid(),
        email: None,
        setup_at: None,
        created_at: ctx.now(),
    }
}

async fn claim(ctx: &Context, owner: &Owner, old: Option<&Stored<Owner>>) -> Result<()> {
    let commit = Commit::new().put("owner", store::encode(owner)?);
    let commit = match old {
        Some(old) => commit.if_version("owner", old.version),
        None => commit.if_absent("owner"),
    };
    match ctx.system().commit(keys::INSTALL, commit).await {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::Conflict => {
            let message = "Somebody else set Edgewise up at the same moment. Please log in.";
            Err(Error::new(Kind::Forbidden, message))
        }
        Err(error) => Err(error.into()),
    }
}

async fn open_workspace(ctx: &Context, owner: &Owner, name: &str) -> Result<()> {
    let workspace = Workspace {
        id: owner.tenant_id.clone(),
        name: name.to_owned(),
        created_at: ctx.now(),
    };
    let scope = ctx.tenant(&owner.tenant_id);
    store::save(&scope, keys::TENANT, "workspace", &workspace).await?;
    Ok(())
}

async fn check_token(ctx: &Context, entry: &Entry) -> Result<()> {
    if !ctx.platform.runtime.setup_token || entry.trusted {
        return Ok(());
    }
    let given = entry.token.as_deref().unwrap_or_default();
    if is_secret(ctx, SETUP_TOKEN, given).await? {
        return Ok(());
    }
    let message =
        format!("Setting up needs the setup token: the secret {SETUP_TOKEN} of this deployment.");
    Err(Error::new(Kind::Forbidden, message))
}

/// Compares hashes, so that the time it takes says nothing about the secret. Nothing equals a secret that is not set.
async fn is_secret(ctx: &Context, name: &str, given: &str) -> Result<bool> {
    let secret = ctx.platform.secrets.get(name).await?.unwrap_or_default();
    let secret = secret.trim();
    Ok(!secret.is_empty() && keys::hash(secret) == keys::hash(given.trim()))
}
