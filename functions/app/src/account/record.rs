//! What is kept of accounts and workspaces.

use ports::Timestamp;
use serde::{Deserialize, Serialize};

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
}

impl Identity {
    pub(super) fn of(owner: &Owner, name: &str) -> Self {
        Self {
            account_id: owner.account_id.clone(),
            tenant_id: owner.tenant_id.clone(),
            email: owner.email.clone(),
            name: name.to_owned(),
        }
    }
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
