//! The members of the workspace, and how somebody becomes one.

use app::{
    Context,
    account::{self, Acceptance, Invited, Role},
};
use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{delete, get, post, put},
};
use http::{HeaderMap, StatusCode, Uri};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Caller,
    session::{cookies, is_https},
};
use crate::{Error, Json, Query, params::base_url, routes::success};

pub(super) fn router() -> Router<Context> {
    Router::new()
        .route("/console/api/workspaces/current/members", get(list))
        .route(
            "/console/api/workspaces/current/members/invite-email",
            post(invite),
        )
        .route(
            "/console/api/workspaces/current/members/{id}/update-role",
            put(set_role),
        )
        .route(
            "/console/api/workspaces/current/members/{id}",
            delete(remove),
        )
        .route("/console/api/activate/check", get(check))
        .route("/console/api/activate", post(activate))
}

async fn list(State(ctx): State<Context>, Caller(who): Caller) -> Result<axum::Json<Value>, Error> {
    let (members, invitations) = account::members(&ctx, &who).await?;
    let row = |id: &str, name: &str, email: &str, role: Role, at: u64, status: &str| {
        json!({
            "id": id,
            "name": name,
            "avatar": null,
            "avatar_url": null,
            "email": email,
            "last_login_at": null,
            "last_active_at": null,
            "created_at": at,
            "role": role.as_str(),
            "status": status,
        })
    };
    let members = members.iter().map(|it| {
        let at = it.created_at.as_secs();
        row(&it.account_id, &it.name, &it.email, it.role, at, "active")
    });
    let invited = invitations.iter().map(|it| {
        let at = it.created_at.as_secs();
        row(&it.id, &it.email, &it.email, it.role, at, "pending")
    });
    let accounts: Vec<Value> = members.chain(invited).collect();
    Ok(axum::Json(json!({ "accounts": accounts })))
}

#[derive(Deserialize)]
struct Invite {
    emails: Vec<String>,
    role: String,
}

/// Addresses of one call.
const MAX_EMAILS: usize = 50;

async fn invite(
    State(ctx): State<Context>,
    Caller(who): Caller,
    headers: HeaderMap,
    Json(body): Json<Invite>,
) -> Result<Response, Error> {
    let role = role(&body.role)?;
    if body.emails.is_empty() || body.emails.len() > MAX_EMAILS {
        let message = format!("emails needs 1 to {MAX_EMAILS} addresses");
        return Err(app::Error::invalid("emails", message).into());
    }
    let mut results = Vec::new();
    for email in &body.emails {
        let email = email.trim().to_lowercase();
        results.push(match account::invite(&ctx, &who, &email, role).await? {
            Invited::Token(token) => {
                let url = format!(
                    "{}/activate?workspace_id={}&email={}&token={token}",
                    base_url(&headers),
                    who.tenant_id,
                    escaped(&email)
                );
                json!({ "status": "success", "email": email, "url": url })
            }
            Invited::AlreadyMember => json!({
                "status": "already_member", "email": email, "message": "Already a member of this workspace.",
            }),
            Invited::Refused(error) => {
                json!({ "status": "failed", "email": email, "message": error.message() })
            }
        });
    }
    let body = json!({
        "result": "success", "tenant_id": who.tenant_id, "invitation_results": results,
    });
    Ok((StatusCode::CREATED, axum::Json(body)).into_response())
}

#[derive(Deserialize)]
struct NewRole {
    role: String,
}

async fn set_role(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
    Json(body): Json<NewRole>,
) -> Result<axum::Json<Value>, Error> {
    account::set_role(&ctx, &who, &id, role(&body.role)?).await?;
    Ok(success())
}

async fn remove(
    State(ctx): State<Context>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Value>, Error> {
    account::remove_member(&ctx, &who, &id).await?;
    Ok(success())
}

fn role(name: &str) -> Result<Role, Error> {
    let invalid = || app::Error::invalid("role", "role must be admin, editor or normal");
    Ok(Role::parse(name).ok_or_else(invalid)?)
}

#[derive(Deserialize)]
struct Link {
    workspace_id: String,
    email: String,
    token: String,
}

async fn check(
    State(ctx): State<Context>,
    Query(link): Query<Link>,
) -> Result<axum::Json<Value>, Error> {
    let found = account::invitation(&ctx, &link.workspace_id, &link.email, &link.token).await?;
    let Some(found) = found else {
        return Ok(axum::Json(json!({ "is_valid": false, "data": null })));
    };
    let name = account::workspace_name(&ctx, &link.workspace_id).await?;
    let data = json!({
        "workspace_id": link.workspace_id,
        "workspace_name": name,
        "email": found.email,
        "role": found.role.as_str(),
    });
    Ok(axum::Json(json!({ "is_valid": true, "data": data })))
}

#[derive(Deserialize)]
struct Activate {
    workspace_id: String,
    email: String,
    token: String,
    name: String,
    password: String,
    interface_language: Option<String>,
    timezone: Option<String>,
}

async fn activate(
    State(ctx): State<Context>,
    uri: Uri,
    headers: HeaderMap,
    Json(body): Json<Activate>,
) -> Result<Response, Error> {
    let given = Acceptance {
        tenant_id: body.workspace_id,
        email: body.email,
        token: body.token,
        name: body.name,
        password: body.password,
        language: body.interface_language,
        timezone: body.timezone,
    };
    let tokens = account::accept(&ctx, given).await?;
    Ok((cookies(&tokens, is_https(&uri, &headers)), success()).into_response())
}

/// An address as a value in a query.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'@' => {
                escaped.push(char::from(byte));
            }
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}
