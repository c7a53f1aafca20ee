//! The console API: what the owner of a workspace does with a browser, or the command line on its behalf.
//!
//! Start at [`Caller`], which every route but the first few asks for.

mod access;
mod account;
mod annotations;
pub(crate) mod apps;
mod backup;
mod caller;
mod configs;
mod csv;
mod debug;
mod extensions;
mod imports;
mod keys;
mod logs;
mod members;
mod models;
mod providers;
mod requests;
mod retention;
mod session;
#[cfg(feature = "shelf")]
mod shelf;
mod sites;
mod statistics;
mod tags;

use app::Context;
use axum::Router;

pub(crate) use caller::Caller;

pub(super) fn router() -> Router<Context> {
    let router = Router::new();
    #[cfg(feature = "shelf")]
    let router = router.merge(shelf::router());
    router
        .merge(account::router())
        .merge(annotations::router())
        .merge(apps::router())
        .merge(backup::router())
        .merge(configs::router())
        .merge(debug::router())
        .merge(extensions::router())
        .merge(imports::router())
        .merge(keys::router())
        .merge(logs::router())
        .merge(members::router())
        .merge(retention::router())
        .merge(models::router())
        .merge(providers::router())
        .merge(requests::router())
        .merge(session::router())
        .merge(sites::router())
        .merge(statistics::router())
        .merge(tags::router())
}
