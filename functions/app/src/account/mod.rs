//! Accounts of the console: the first owner, members, logging in, sessions.
//!
//! An installation has one owner with one workspace, who invites others into it. Who presents the operator's secret
//! `EDGEWISE_ADMIN_TOKEN` acts as the owner, who is made on the spot where there is none.
//!
//! Start at [`setup`], then [`login`] and [`resolve`]; what a member may do is its [`Role`].

mod login;
mod member;
mod owner;
mod password;
mod profile;
mod record;
mod role;
mod session;
#[cfg(test)]
mod tests;

pub use login::login;
#[cfg(feature = "workflows")]
pub(crate) use member::of_tenant as members_of;
pub use member::{
    Acceptance, INVITATION_TIME, Invitation, Invited, MAX_MEMBERS, Member, accept, invitation,
    invite, members, remove as remove_member, role, set_role,
};
pub use owner::{ADMIN_TOKEN, Entry, SETUP_TOKEN, Status, admin, owner, setup, status};
pub use profile::{Settings, change, change_password, rename_workspace};
pub use record::{Account, Identity, Workspace, profile, workspace, workspace_name};
pub use role::Role;
pub use session::{ACCESS_TIME, Known, REFRESH_TIME, Tokens, end_all, logout, refresh, resolve};
