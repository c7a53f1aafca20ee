//! The web page of an app: its code in the address, its settings, and the passports of its visitors.
//!
//! The system partition `site/{code}` names the app and holds the key that its passports are signed with. Another
//! code is another record: old links and old passports end with it.
//!
//! Start at [`open`], which makes a page reachable, and [`visit`], which a visitor's every request calls.

mod passport;
mod saved;
mod settings;

pub use passport::{PASSPORT_TIME, Visitor, passport, visit};
pub use saved::{MAX_SAVED, save, saved, unsave};
pub use settings::{Change, reset_code, set};

use serde::{Deserialize, Serialize};

use crate::{
    Context, Error, Kind, Result,
    apps::{self, App},
    keys, store,
};

/// What stands behind a code.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    tenant_id: String,
    app_id: String,
    /// Signs passports.
    secret: String,
}

const KEY: &str = "site";

/// Makes an app's page reachable by its code. What is there already stays as it is.
pub async fn open(ctx: &Context, app: &App) -> Result<()> {
    let code = &app.site.code;
    if code.is_empty() || entry(ctx, code).await?.is_some() {
        return Ok(());
    }
    let entry = Entry {
        tenant_id: app.tenant_id.clone(),
        app_id: app.id.clone(),
        secret: ctx.token(43),
    };
    store::save(&ctx.system(), &keys::site(code), KEY, &entry).await?;
    Ok(())
}

/// Takes a code away.
pub(crate) async fn close(ctx: &Context, code: &str) -> Result<()> {
    match code {
        "" => Ok(()),
        code => Ok(ctx.system().clear(&keys::site(code)).await?),
    }
}

async fn entry(ctx: &Context, code: &str) -> Result<Option<Entry>> {
    // A code is letters and digits: anything else must not become part of a partition's name.
    if code.is_empty() || code.len() > 64 || !code.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Ok(None);
    }
    let stored = store::load::<Entry>(&ctx.system(), &keys::site(code), KEY).await?;
    Ok(stored.map(|stored| stored.value))
}

/// The app behind a code, as long as it has this code and its page is switched on.
async fn app(ctx: &Context, code: &str, entry: &Entry) -> Result<App> {
    let stored = apps::get(&ctx.tenant(&entry.tenant_id), &entry.app_id).await?;
    let app = stored.map(|stored| stored.value);
    let app = app
        .filter(|app| app.site.code == code)
        .ok_or_else(missing)?;
    if !app.enable_site {
        return Err(Error::new(
            Kind::Forbidden,
            "The page of this app is switched off.",
        ));
    }
    Ok(app)
}

fn missing() -> Error {
    Error::not_found("There is no app with this code.")
}

#[cfg(test)]
mod tests;
