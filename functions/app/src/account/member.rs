//! The members of a workspace: who they are, and what they may do.
//!
//! In the tenant's partition `member/{account}` is a member and `invite/{email}` somebody who may become one.

use std::time::Duration;

use ports::{Commit, Range, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Account, Identity, Role, Tokens, owner, password,
    record::check_person,
    session::{self, end_all},
};
use crate::{Context, Error, Kind, Result, keys, store};

/// How long an invitation holds.
pub const INVITATION_TIME: Duration = Duration::from_secs(7 * 24 * 3600);

/// Most members and invitations of a workspace.
pub const MAX_MEMBERS: usize = 500;

const MEMBERS: &str = "member/";
const INVITATIONS: &str = "invite/";

/// Somebody who belongs to a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The account.
    pub account_id: String,
    /// To log in with.
    pub email: String,
    /// For people.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Since when.
    pub created_at: Timestamp,
}

/// Somebody who may become a member by a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// By which it can be withdrawn.
    pub id: String,
    /// Whom it is for.
    pub email: String,
    /// What the member will be.
    pub role: Role,
    /// SHA-256 of the token in the link, in hex.
    pub token: String,
    /// Since when.
    pub created_at: Timestamp,
}

/// What became of one invitation.
#[derive(Debug)]
pub enum Invited {
    /// The secret part of the link, shown this once.
    Token(String),
    /// Nothing to do.
    AlreadyMember,
    /// Why not.
    Refused(Error),
}

/// Who accepts an invitation.
#[derive(Clone, Debug)]
pub struct Acceptance {
    /// The workspace.
    pub tenant_id: String,
    /// As invited.
    pub email: String,
    /// The secret part of the link.
    pub token: String,
    /// For people.
    pub name: String,
    /// At least 8 characters, letters and digits among them.
    pub password: String,
    /// Such as `en-US`.
    pub language: Option<String>,
    /// Such as `Europe/Berlin`.
    pub timezone: Option<String>,
}

/// What an account may do in its workspace; `None` for one that does not belong to it (any more).
pub async fn role(ctx: &Context, account_id: &str, tenant_id: &str) -> Result<Option<Role>> {
    let scope = ctx.tenant(tenant_id);
    let member = store::load::<Member>(&scope, keys::TENANT, &key(account_id)).await?;
    if let Some(member) = member {
        return Ok(Some(member.value.role));
    }
    // An owner from before there were members.
    let owner = owner::load(ctx).await?.map(|stored| stored.value);
    let owns =
        owner.is_some_and(|owner| owner.account_id == account_id && owner.tenant_id == tenant_id);
    Ok(owns.then_some(Role::Owner))
}

/// The members, the oldest first, and the invitations that hold.
pub async fn members(ctx: &Context, who: &Identity) -> Result<(Vec<Member>, Vec<Invitation>)> {
    let members = of_tenant(ctx, &who.tenant_id).await?;
    let invitations = ctx
        .tenant(&who.tenant_id)
        .list(keys::TENANT, Range::prefix(INVITATIONS, MAX_MEMBERS))
        .await?;
    let invitations = invitations
        .iter()
        .map(store::decode)
        .collect::<Result<_>>()?;
    Ok((members, invitations))
}

/// The members of a workspace, the oldest first.
pub(crate) async fn of_tenant(ctx: &Context, tenant_id: &str) -> Result<Vec<Member>> {
    let members = ctx
        .tenant(tenant_id)
        .list(keys::TENANT, Range::prefix(MEMBERS, MAX_MEMBERS))
        .await?;
    let mut members: Vec<Member> = members.iter().map(store::decode).collect::<Result<_>>()?;
    let owner = owner::load(ctx).await?.map(|stored| stored.value);
    if let Some(owner) = owner.filter(|owner| owner.tenant_id == tenant_id)
        && !members.iter().any(|it| it.account_id == owner.account_id)
    {
        members.push(Member {
            account_id: owner.account_id,
            email: owner.email.unwrap_or_default(),
            name: "Owner".to_owned(),
            role: Role::Owner,
            created_at: owner.created_at,
        });
    }
    members.sort_by_key(|member| (member.created_at, std::cmp::Reverse(member.role)));
    Ok(members)
}

/// Invites somebody; an earlier invitation of the same address ends.
pub async fn invite(ctx: &Context, who: &Identity, email: &str, role: Role) -> Result<Invited> {
    let email = email.trim().to_lowercase();
    if let Err(error) = check_person(&email, "-") {
        return Ok(Invited::Refused(error));
    }
    may_give(who, role)?;
    let (members, invitations) = members(ctx, who).await?;
    if members.iter().any(|member| member.email == email) {
        return Ok(Invited::AlreadyMember);
    }
    if members.len() + invitations.len() >= MAX_MEMBERS {
        let message = format!("A workspace has at most {MAX_MEMBERS} members.");
        return Ok(Invited::Refused(Error::invalid("emails", message)));
    }
    if let Some(account) = account(ctx, &email).await?
        && self::role(ctx, &account.id, &tenant_of(ctx, &account).await?)
            .await?
            .is_some()
    {
        let message = "This person belongs to another workspace of this installation.";
        return Ok(Invited::Refused(Error::invalid("emails", message)));
    }
    let token = ctx.token(32);
    let invitation = Invitation {
        id: ctx.uuid(),
        role,
        token: keys::hash(&token),
        created_at: ctx.now(),
        email,
    };
    let commit = Commit::new().put_until(
        invitation_key(&invitation.email),
        store::encode(&invitation)?,
        ctx.now() + INVITATION_TIME,
    );
    let scope = ctx.tenant(&who.tenant_id);
    scope.commit(keys::TENANT, commit).await?;
    Ok(Invited::Token(token))
}

/// The invitation behind a link, if it holds.
pub async fn invitation(
    ctx: &Context,
    tenant_id: &str,
    email: &str,
    token: &str,
) -> Result<Option<Invitation>> {
    let email = email.trim().to_lowercase();
    let scope = ctx.tenant(tenant_id);
    let found = store::load::<Invitation>(&scope, keys::TENANT, &invitation_key(&email)).await?;
    let found = found.map(|stored| stored.value);
    Ok(found.filter(|invitation| invitation.token == keys::hash(token.trim())))
}

/// Makes the account and the member, and logs them in. The invitation is spent by that.
pub async fn accept(ctx: &Context, given: Acceptance) -> Result<Tokens> {
    let name = given.name.trim();
    let invited = invitation(ctx, &given.tenant_id, &given.email, &given.token).await?;
    let Some(invited) = invited else {
        let message = "The invitation is invalid or has expired. Ask for a new link.";
        return Err(Error::invalid("token", message));
    };
    check_person(&invited.email, name)?;
    let old = account(ctx, &invited.email).await?;
    let now = ctx.now();
    let account = Account {
        id: old.map_or_else(|| ctx.uuid(), |old| old.id),
        email: invited.email.clone(),
        name: name.to_owned(),
        password: password::hash(ctx.platform.entropy.as_ref(), &given.password)?,
        language: given.language.unwrap_or_else(|| "en-US".to_owned()),
        theme: None,
        timezone: given.timezone,
        tenant_id: Some(given.tenant_id.clone()),
        created_at: now,
        last_login_at: Some(now),
    };
    let member = Member {
        account_id: account.id.clone(),
        email: account.email.clone(),
        name: account.name.clone(),
        role: invited.role,
        created_at: now,
    };
    // The account first: it opens nothing until it is a member.
    store::save(
        &ctx.system(),
        &keys::account(&account.email),
        "account",
        &account,
    )
    .await?;
    let spent = invitation_key(&invited.email);
    let scope = ctx.tenant(&given.tenant_id);
    let stored = scope.get(keys::TENANT, &spent).await?;
    let version = stored.map_or(0, |stored| stored.version);
    let commit = Commit::new()
        .put(key(&member.account_id), store::encode(&member)?)
        .delete(&spent)
        .if_version(spent, version);
    scope.commit(keys::TENANT, commit).await?;
    session::start(
        ctx,
        Identity::of_account(&account, &given.tenant_id, invited.role),
    )
    .await
}

/// Gives a member another role.
pub async fn set_role(ctx: &Context, who: &Identity, account_id: &str, role: Role) -> Result<()> {
    may_give(who, role)?;
    let scope = ctx.tenant(&who.tenant_id);
    let change = |member: &mut Member| {
        may_change(who, member.role)?;
        member.role = role;
        Ok(())
    };
    store::update(&scope, keys::TENANT, &key(account_id), MISSING, change).await?;
    Ok(())
}

/// Takes a member out, whose sessions end, or withdraws an invitation.
pub async fn remove(ctx: &Context, who: &Identity, id: &str) -> Result<()> {
    if id == who.account_id {
        let message = "Nobody can remove themselves.";
        return Err(Error::new(Kind::Forbidden, message));
    }
    let (members, invitations) = members(ctx, who).await?;
    let scope = ctx.tenant(&who.tenant_id);
    if let Some(member) = members.iter().find(|member| member.account_id == id) {
        may_change(who, member.role)?;
        let commit = Commit::new().delete(key(id));
        scope.commit(keys::TENANT, commit).await?;
        return end_all(ctx, id).await;
    }
    let invited = invitations.iter().find(|invited| invited.id == id);
    let invited = invited.ok_or_else(|| Error::not_found(MISSING))?;
    let commit = Commit::new().delete(invitation_key(&invited.email));
    scope.commit(keys::TENANT, commit).await?;
    Ok(())
}

/// Keeps what a member is called in step with the account.
pub(super) async fn rename(ctx: &Context, who: &Identity, name: &str) -> Result<()> {
    let scope = ctx.tenant(&who.tenant_id);
    let change = |member: &mut Member| {
        name.clone_into(&mut member.name);
        Ok(())
    };
    let key = key(&who.account_id);
    match store::update(&scope, keys::TENANT, &key, MISSING, change).await {
        Err(error) if error.kind() != Kind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Writes a member down.
pub(super) async fn enroll(ctx: &Context, tenant_id: &str, member: &Member) -> Result<()> {
    let scope = ctx.tenant(tenant_id);
    store::save(&scope, keys::TENANT, &key(&member.account_id), member).await?;
    Ok(())
}

/// The workspace that an account logs in to.
pub(super) async fn tenant_of(ctx: &Context, account: &Account) -> Result<String> {
    if let Some(id) = &account.tenant_id {
        return Ok(id.clone());
    }
    let owner = owner::load(ctx).await?.map(|stored| stored.value);
    let owner = owner.filter(|owner| owner.account_id == account.id);
    Ok(owner.map(|owner| owner.tenant_id).unwrap_or_default())
}

async fn account(ctx: &Context, email: &str) -> Result<Option<Account>> {
    let found = store::load(&ctx.system(), &keys::account(email), "account").await?;
    Ok(found.map(|stored| stored.value))
}

const MISSING: &str = "Member not found.";

fn key(account_id: &str) -> String {
    format!("{MEMBERS}{account_id}")
}

fn invitation_key(email: &str) -> String {
    format!("{INVITATIONS}{}", keys::hash(email))
}

/// Admins give what is less than they are; the owner gives everything but what it alone is.
fn may_give(who: &Identity, role: Role) -> Result<()> {
    if role == Role::Owner {
        return Err(Error::invalid("role", "A workspace has one owner."));
    }
    if role >= who.role {
        let message = "Only the owner gives or takes the role of an admin.";
        return Err(Error::new(Kind::Forbidden, message));
    }
    Ok(())
}

fn may_change(who: &Identity, old: Role) -> Result<()> {
    if old == Role::Owner {
        let message = "The owner's role cannot be changed.";
        return Err(Error::new(Kind::Forbidden, message));
    }
    may_give(who, old)
}
