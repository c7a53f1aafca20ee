//! What is kept of accounts and workspaces.

use ports::Timestamp;
use serde::{Deserialize, Serialize};

use super::Role;
use crate::{Context, Error, Result, keys, store};

/// A person who may use the console. Kept in the system partition `account/{email}` under `account`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// UUID.
    pub id: String,
    /// Lower case.
    pub email: String,
    /// For people.
    pub name: String,
    /// Argon2id, in PHC form.
    pub password: String,
    /// Such as `en-US`.
    pub language: String,
    /// `light`, `dark` or `system`.
    #[serde(default)]
    pub theme: Option<String>,
    /// Such as `Europe/Berlin`.
    #[serde(default)]
    pub timezone: Option<String>,
    /// The workspace it logs in to; `None` for the first owner, whose workspace the installation names.
    #[serde(default)]
    pub tenant_id: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When somebody last logged in with it.
    #[serde(default)]
    pub last_login_at: Option<Timestamp>,
}

/// A workspace. Kept in the tenant partition `tenant` under `workspace`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workspace {
    /// UUID.
    pub id: String,
    /// For people.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// The installation's owner. Kept in the system partition `install` under `owner`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Owner {
    pub(super) account_id: String,
    pub(super) tenant_id: String,
    /// None until somebody sets it up: the owner then exists only for the admin token.
    pub(super) email: Option<String>,
    pub(super) setup_at: Option<Timestamp>,
    pub(super) created_at: Timestamp,
}

/// Who acts, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The account.
    pub account_id: String,
    /// The workspace.
    pub tenant_id: String,
    /// None for an owner who exists only for the admin token.
    pub email: Option<String>,
    /// For people.
    pub name: String,
    /// What it may do. Of a session it is read anew with each request.
    #[serde(default)]
    pub role: Role,
}

impl Identity {
    pub(super) fn of(owner: &Owner, name: &str) -> Self {
        Self {
            account_id: owner.account_id.clone(),
            tenant_id: owner.tenant_id.clone(),
            email: owner.email.clone(),
            name: name.to_owned(),
            role: Role::Owner,
        }
    }

    pub(super) fn of_account(account: &Account, tenant_id: &str, role: Role) -> Self {
        Self {
            account_id: account.id.clone(),
            tenant_id: tenant_id.to_owned(),
            email: Some(account.email.clone()),
            name: account.name.clone(),
            role,
        }
    }
}

/// Fails for what is no address or no name.
pub(super) fn check_person(email: &str, name: &str) -> Result<()> {
    let (user, host) = email.split_once('@').unwrap_or_default();
    let whole = !user.is_empty() && !host.is_empty() && !email.contains(char::is_whitespace);
    if !whole || email.len() > 254 {
        return Err(Error::invalid("email", "This is not an e-mail address."));
    }
    if name.is_empty() || name.chars().count() > 100 {
        return Err(Error::invalid(
            "name",
            "The name needs 1 to 100 characters.",
        ));
    }
    Ok(())
}

/// The account behind an identity; `None` for an owner without one.
pub async fn profile(ctx: &Context, identity: &Identity) -> Result<Option<Account>> {
    let Some(email) = &identity.email else {
        return Ok(None);
    };
    let found = store::load(&ctx.system(), &keys::account(email), "account").await?;
    Ok(found.map(|stored| stored.value))
}

/// The workspace of an identity.
pub async fn workspace(ctx: &Context, identity: &Identity) -> Result<Workspace> {
    let scope = ctx.tenant(&identity.tenant_id);
    let found = store::load(&scope, keys::TENANT, "workspace").await?;
    let found = found.ok_or_else(|| Error::not_found("Workspace not found."))?;
    Ok(found.value)
}

/// What a workspace is called; empty for one that is not there.
pub async fn workspace_name(ctx: &Context, tenant_id: &str) -> Result<String> {
    let found = store::load::<Workspace>(&ctx.tenant(tenant_id), keys::TENANT, "workspace").await?;
    Ok(found.map(|stored| stored.value.name).unwrap_or_default())
}
