//! What an account changes about itself, and an admin about the workspace.

use super::{
    Account, Identity, Tokens, Workspace, member, password,
    record::check_person,
    session::{self, end_all},
};
use crate::{Context, Error, Kind, Result, keys, store};

/// What is to be changed; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// For people: 1 to 100 characters.
    pub name: Option<String>,
    /// Such as `en-US`.
    pub language: Option<String>,
    /// `light`, `dark` or `system`.
    pub theme: Option<String>,
    /// Such as `Europe/Berlin`.
    pub timezone: Option<String>,
}

const MISSING: &str = "Set up an account first: the admin token has none.";

/// Changes the account of whoever calls.
pub async fn change(ctx: &Context, who: &Identity, settings: &Settings) -> Result<Account> {
    let email = email(who)?;
    check(settings)?;
    let apply = |account: &mut Account| {
        if let Some(name) = &settings.name {
            let name = name.trim();
            check_person(&account.email, name)?;
            name.clone_into(&mut account.name);
        }
        if let Some(language) = &settings.language {
            account.language.clone_from(language);
        }
        account.theme = settings.theme.clone().or(account.theme.take());
        account.timezone = settings.timezone.clone().or(account.timezone.take());
        Ok(())
    };
    let (account, ()) = store::update(
        &ctx.system(),
        &keys::account(email),
        "account",
        MISSING,
        apply,
    )
    .await?;
    if settings.name.is_some() {
        member::rename(ctx, who, &account.name).await?;
    }
    Ok(account)
}

/// Sets another password. Every session ends; the caller gets a new one.
pub async fn change_password(
    ctx: &Context,
    who: &Identity,
    old: &str,
    new: &str,
) -> Result<Tokens> {
    let email = email(who)?;
    let hash =
        password::hash(ctx.platform.entropy.as_ref(), new).map_err(|error| match error.kind() {
            Kind::InvalidParam => Error::invalid("new_password", error.message()),
            _ => error,
        })?;
    let apply = |account: &mut Account| {
        if !password::verify(old, Some(&account.password)) {
            let message = "The current password is wrong.";
            return Err(Error::new(Kind::AuthenticationFailed, message));
        }
        account.password.clone_from(&hash);
        Ok(())
    };
    store::update(
        &ctx.system(),
        &keys::account(email),
        "account",
        MISSING,
        apply,
    )
    .await?;
    end_all(ctx, &who.account_id).await?;
    session::start(ctx, who.clone()).await
}

/// Gives the workspace another name.
pub async fn rename_workspace(ctx: &Context, who: &Identity, name: &str) -> Result<Workspace> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 {
        return Err(Error::invalid(
            "name",
            "The name needs 1 to 100 characters.",
        ));
    }
    let scope = ctx.tenant(&who.tenant_id);
    let apply = |workspace: &mut Workspace| {
        name.clone_into(&mut workspace.name);
        Ok(())
    };
    let missing = "Workspace not found.";
    let (workspace, ()) = store::update(&scope, keys::TENANT, "workspace", missing, apply).await?;
    Ok(workspace)
}

fn email(who: &Identity) -> Result<&str> {
    let missing = || Error::new(Kind::BadRequest, MISSING);
    who.email.as_deref().ok_or_else(missing)
}

fn check(settings: &Settings) -> Result<()> {
    let themes = ["light", "dark", "system"];
    if let Some(theme) = &settings.theme
        && !themes.contains(&theme.as_str())
    {
        let message = "interface_theme must be light, dark or system";
        return Err(Error::invalid("interface_theme", message));
    }
    for (param, value) in [
        ("interface_language", &settings.language),
        ("timezone", &settings.timezone),
    ] {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_/+".contains(c);
        if let Some(value) = value
            && (value.is_empty() || value.len() > 64 || !value.chars().all(plain))
        {
            let message = format!("{param} has 1 to 64 letters, digits, '-', '_', '/' and '+'");
            return Err(Error::invalid(param, message));
        }
    }
    Ok(())
}
