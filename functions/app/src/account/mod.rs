//! Accounts of the console: the first owner, logging in, sessions.
//!
//! An installation has one owner with one workspace. Who presents the operator's secret `EDGEWISE_ADMIN_TOKEN` acts
//! as the owner, who is made on the spot where there is none.
//!
//! Start at [`setup`], then [`login`] and [`resolve`].

mod login;
mod owner;
mod password;
mod record;
mod session;
#[cfg(test)]
mod tests;

pub use login::login;
pub use owner::{ADMIN_TOKEN, Entry, SETUP_TOKEN, Status, admin, owner, setup, status};
pub use record::{Account, Identity, Workspace, profile, workspace};
pub use session::{ACCESS_TIME, Known, REFRESH_TIME, Tokens, logout, refresh, resolve};
