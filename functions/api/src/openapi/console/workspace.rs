//! `account.rs` where it is about workspaces, `members.rs`, `backup.rs`, `tags.rs` and `extensions.rs`.

use app::Kind;
use schemars::JsonSchema;
use serde_json::json;

use super::account::{Renamed, Role};
use crate::openapi::{
    operation::{Content, Op},
    types::{Done, File, Seconds, Success, Text, Uuid, Words, one_of, scalar},
    v1::chat::Nil,
};

const TAG: &str = "Workspace";

pub(super) fn operations() -> Vec<Op> {
    let at = |path: &str| format!("/console/api/workspaces/{path}");
    let current = |method, id| {
        Op::new(method, at("current"), id)
            .says(TAG, "The workspace")
            .json::<Workspace>(200)
    };
    let extension = "/console/api/api-based-extension/{id}";
    vec![
        Op::new("get", "/console/api/workspaces", "workspaces")
            .says(TAG, "The workspaces of the own account")
            .json::<WorkspaceList>(200),
        current("get", "workspace"),
        current("post", "workspaceByPost"),
        Op::new("post", at("info"), "renameWorkspace")
            .says(TAG, "Name the workspace")
            .body::<WorkspaceName>()
            .json::<Renamed>(200)
            .fails(&[Kind::NotFound]),
        Op::new("get", at("current/members"), "members")
            .says(TAG, "List members and invitations")
            .json::<Members>(200),
        Op::new("post", at("current/members/invite-email"), "invite")
            .says(TAG, "Invite members")
            .about("The answer has a link for each; nothing is mailed.")
            .body::<Invite>()
            .example(json!({"emails": ["grace@example.com"], "role": "editor"}))
            .json::<Invitations>(201),
        Op::new("put", at("current/members/{id}/update-role"), "setRole")
            .says(TAG, "Change a member's role")
            .body::<NewRole>()
            .example(json!({"role": "admin"}))
            .json::<Done>(200),
        Op::new("delete", at("current/members/{id}"), "removeMember")
            .says(TAG, "Remove a member or take an invitation back")
            .json::<Done>(200)
            .fails(&[Kind::InvalidParam]),
        Op::new("get", at("current/log-retention"), "logRetention")
            .says(TAG, "How long logs are kept")
            .json::<Retention>(200),
        Op::new("put", at("current/log-retention"), "setLogRetention")
            .says(TAG, "Say how long logs are kept")
            .about(
                "Once a day, days of the logs and runs of workflows that are older are dropped; charts go back as far. \
                 With `conversations` also what nobody wrote in for so long.",
            )
            .body::<NewRetention>()
            .example(json!({"days": 90, "conversations": false}))
            .json::<Retention>(200),
        Op::new("get", at("current/backup"), "backup")
            .says(TAG, "Everything of the workspace as one file")
            .bytes(&["application/x-ndjson"]),
        Op::new("post", at("current/restore"), "restore")
            .says(TAG, "Take a backup in")
            .about("Into an empty workspace, whole or not at all.")
            .content::<File>(Content::Raw(&["application/x-ndjson"]))
            .json::<RestoreProgress>(202)
            .fails(&[Kind::BadRequest, Kind::FileTooLarge]),
        Op::new("get", at("current/restore"), "restoreProgress")
            .says(TAG, "How far a restore is")
            .json::<RestoreProgress>(200)
            .fails(&[Kind::NotFound]),
        Op::new("get", "/console/api/tags", "tags")
            .says(TAG, "List tags")
            .query::<TagsQuery>()
            .json::<Vec<CountedTag>>(200),
        Op::new("post", "/console/api/tags", "createTag")
            .says(TAG, "Create a tag")
            .body::<NewTag>()
            .example(json!({"name": "Support", "type": "app"}))
            .json::<Tag>(201),
        Op::new("patch", "/console/api/tags/{id}", "renameTag")
            .says(TAG, "Rename a tag")
            .body::<TagName>()
            .json::<Tag>(200),
        Op::new("delete", "/console/api/tags/{id}", "deleteTag")
            .says(TAG, "Delete a tag")
            .nothing(),
        Op::new("post", "/console/api/tag-bindings/create", "bindTags")
            .says(TAG, "Give tags")
            .body::<Bind>()
            .json::<Done>(200)
            .fails(&[Kind::NotFound]),
        Op::new("post", "/console/api/tag-bindings/remove", "unbindTag")
            .says(TAG, "Take a tag")
            .body::<Unbind>()
            .json::<Done>(200)
            .fails(&[Kind::NotFound]),
        Op::new("get", "/console/api/api-based-extension", "extensions")
            .says(TAG, "List API extensions")
            .json::<Vec<Extension>>(200),
        Op::new(
            "post",
            "/console/api/api-based-extension",
            "createExtension",
        )
        .says(TAG, "Create an API extension")
        .about("Its address is asked once before it is kept.")
        .body::<NewExtension>()
        .json::<Extension>(201),
        Op::new("get", extension, "extension")
            .says(TAG, "An API extension")
            .json::<Extension>(200),
        Op::new("post", extension, "updateExtension")
            .says(TAG, "Change an API extension")
            .body::<NewExtension>()
            .json::<Extension>(200),
        Op::new("delete", extension, "deleteExtension")
            .says(TAG, "Delete an API extension")
            .nothing()
            .fails(&[Kind::InvalidParam]),
    ]
}

one_of! {
    Sandbox: "sandbox";
    Normal: "normal";
    MemberStatus: "active", "pending";
    GivenRole: "admin", "editor", "normal";
    InviteStatus: "success", "already_member", "failed";
    RestoreStatus: "running", "completed", "error";
    TagKind: "app", "knowledge";
}

scalar! {
    RetentionDays = { "type": "integer", "minimum": 1, "maximum": 3650 };
    ShortName = { "type": "string", "minLength": 1, "maxLength": 50, "pattern": "\\S" };
    WorkspaceText = { "type": "string", "minLength": 1, "maxLength": 100, "pattern": "\\S" };
    Emails = { "type": "array", "items": { "type": "string" }, "minItems": 1, "maxItems": 50 };
}

/// How long logs are kept.
#[derive(JsonSchema)]
#[schemars(rename = "LogRetention")]
struct Retention {
    /// None: for ever.
    days: Option<RetentionDays>,
    conversations: bool,
}

/// How long logs are to be kept; without `days` for ever.
#[derive(JsonSchema)]
#[schemars(rename = "NewLogRetention")]
struct NewRetention {
    days: Option<RetentionDays>,
    conversations: Option<bool>,
}

/// A workspace.
#[derive(JsonSchema)]
pub(super) struct Workspace {
    id: Uuid,
    name: String,
    plan: Sandbox,
    status: Normal,
    created_at: Seconds,
    role: Role,
    in_trial: bool,
    trial_end_reason: Nil,
    custom_config: Nil,
}

/// Workspaces.
#[derive(JsonSchema)]
struct WorkspaceList {
    workspaces: Vec<ListedWorkspace>,
}

/// A workspace among others.
#[derive(JsonSchema)]
struct ListedWorkspace {
    #[serde(flatten)]
    workspace: Workspace,
    current: bool,
}

/// A new name.
#[derive(JsonSchema)]
struct WorkspaceName {
    name: WorkspaceText,
}

/// Members and invitations.
#[derive(JsonSchema)]
struct Members {
    accounts: Vec<Member>,
}

/// A member, or somebody who is invited.
#[derive(JsonSchema)]
#[schemars(rename = "WorkspaceMember")]
struct Member {
    id: String,
    name: String,
    avatar: Nil,
    avatar_url: Nil,
    email: String,
    last_login_at: Nil,
    last_active_at: Nil,
    created_at: Seconds,
    role: Role,
    status: MemberStatus,
}

/// Whom to invite.
#[derive(JsonSchema)]
struct Invite {
    emails: Emails,
    role: GivenRole,
}

/// What came of it, for each.
#[derive(JsonSchema)]
struct Invitations {
    result: Success,
    tenant_id: Uuid,
    invitation_results: Vec<InvitationResult>,
}

/// What came of one invitation.
#[derive(JsonSchema)]
struct InvitationResult {
    status: InviteStatus,
    email: String,
    /// What to send them.
    #[serde(skip_serializing_if = "absent")]
    url: String,
    /// Why not.
    #[serde(skip_serializing_if = "absent")]
    message: String,
}

/// A role.
#[derive(JsonSchema)]
struct NewRole {
    role: GivenRole,
}

/// How far a restore is.
#[derive(JsonSchema)]
struct RestoreProgress {
    id: String,
    source: String,
    status: RestoreStatus,
    done: u64,
    parts: u64,
    error: Option<String>,
    created_at: Seconds,
}

/// Which tags.
#[derive(JsonSchema)]
struct TagsQuery {
    #[schemars(rename = "type")]
    kind: TagKind,
    keyword: Option<Text>,
}

/// A tag.
#[derive(JsonSchema)]
pub(super) struct Tag {
    id: Uuid,
    name: String,
    #[schemars(rename = "type")]
    kind: TagKind,
}

/// A tag and how many have it, as a text.
#[derive(JsonSchema)]
struct CountedTag {
    #[serde(flatten)]
    tag: Tag,
    binding_count: String,
}

/// A tag to be.
#[derive(JsonSchema)]
struct NewTag {
    name: ShortName,
    #[schemars(rename = "type")]
    kind: TagKind,
}

/// A new name.
#[derive(JsonSchema)]
struct TagName {
    name: ShortName,
}

/// Which tags something gets.
#[derive(JsonSchema)]
struct Bind {
    tag_ids: Vec<Uuid>,
    target_id: Uuid,
    #[schemars(rename = "type")]
    kind: TagKind,
}

/// Which tag something loses.
#[derive(JsonSchema)]
struct Unbind {
    tag_id: Words,
    target_id: Uuid,
    #[schemars(rename = "type")]
    kind: TagKind,
}

/// A service of the workspace's own.
#[derive(JsonSchema)]
struct Extension {
    id: Uuid,
    name: String,
    api_endpoint: String,
    /// Masked.
    api_key: String,
    created_at: Seconds,
}

/// A service to be.
#[derive(JsonSchema)]
struct NewExtension {
    name: String,
    api_endpoint: String,
    /// At least five characters.
    api_key: String,
}
