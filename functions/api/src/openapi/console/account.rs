//! `session.rs`, `account.rs`, and the acceptance of an invitation in `members.rs`.

use app::Kind;
use schemars::JsonSchema;
use serde_json::json;

use crate::openapi::{
    operation::{Op, Who},
    types::{Done, Iso, Object, Seconds, Success, Text, Uuid, one_of, scalar},
    v1::chat::Nil,
};

const TAG: &str = "Account";

pub(super) fn operations() -> Vec<Op> {
    let setting = |path: &str, id, summary| {
        Op::new("post", format!("/console/api/account/{path}"), id)
            .says(TAG, summary)
            .about("Takes any of the four settings; the path says which one a page means.")
            .body::<Settings>()
            .json::<Account>(200)
            .fails(&[Kind::NotFound])
    };
    vec![
        Op::new("get", "/console/api/setup", "setupStatus")
            .says(TAG, "Whether the installation has an owner")
            .by(Who::Anybody)
            .json::<SetupStatus>(200),
        Op::new("post", "/console/api/setup", "setup")
            .says(TAG, "Make the owner")
            .about("Once. On an edge deployment it asks for the setup token, here or in the header `X-Setup-Token`.")
            .by(Who::Anybody)
            .headers::<SetupToken>()
            .body::<Setup>()
            .example(json!({"email": "ada@example.com", "name": "Ada", "password": "lovelace1815"}))
            .json::<Done>(201)
            .fails(&[Kind::Forbidden, Kind::Unauthorized, Kind::TooManyAttempts]),
        Op::new("get", "/console/api/system-features", "features")
            .says(TAG, "What a page may ask before anybody has signed in")
            .by(Who::Anybody)
            .json::<Features>(200),
        Op::new("post", "/console/api/login", "login")
            .says(TAG, "Sign in")
            .about("The tokens come as cookies. Whoever fails too often waits.")
            .by(Who::Anybody)
            .body::<Login>()
            .example(json!({"email": "ada@example.com", "password": "lovelace1815"}))
            .json::<Done>(200)
            .fails(&[Kind::AuthenticationFailed, Kind::TooManyAttempts, Kind::NotFound]),
        Op::new("post", "/console/api/logout", "logout")
            .says(TAG, "Sign out")
            .by(Who::Anybody)
            .json::<Done>(200)
            .fails(&[Kind::Unauthorized]),
        Op::new("post", "/console/api/logout-everywhere", "logoutEverywhere")
            .says(TAG, "Sign out on every device")
            .json::<Done>(200),
        Op::new("post", "/console/api/refresh-token", "refresh")
            .says(TAG, "Go on with a session")
            .about("By the cookie `refresh_token`.")
            .by(Who::Anybody)
            .json::<Done>(200)
            .fails(&[Kind::Unauthorized]),
        Op::new("get", "/console/api/account/profile", "profile")
            .says(TAG, "The own account")
            .json::<Account>(200),
        setting("name", "setName", "Change the name"),
        setting("interface-language", "setLanguage", "Change the language"),
        setting("interface-theme", "setTheme", "Change the theme"),
        setting("timezone", "setTimezone", "Change the time zone"),
        Op::new("post", "/console/api/account/password", "setPassword")
            .says(TAG, "Change the password")
            .about("Every other session ends.")
            .body::<Password>()
            .json::<Done>(200)
            .fails(&[Kind::NotFound, Kind::AuthenticationFailed, Kind::TooManyAttempts]),
        Op::new("get", "/console/api/activate/check", "checkInvitation")
            .says(TAG, "Whether an invitation holds")
            .by(Who::Anybody)
            .query::<Link>()
            .json::<Invitation>(200),
        Op::new("post", "/console/api/activate", "activate")
            .says(TAG, "Accept an invitation")
            .by(Who::Anybody)
            .body::<Activate>()
            .json::<Done>(200)
            .fails(&[Kind::NotFound, Kind::AuthenticationFailed, Kind::TooManyAttempts]),
    ]
}

one_of! {
    Step: "not_started", "finished";
    Theme: "light", "dark", "system";
    MemberRole: "owner", "admin", "editor", "normal";
}

scalar! {
    Email = { "type": "string" };
    PersonName = { "type": "string", "maxLength": 100, "pattern": "\\S" };
    Language = { "type": "string", "pattern": "^[A-Za-z0-9_/+-]{1,64}$" };
    NewPassword = { "type": "string", "minLength": 8, "description": "With a letter and a digit" };
}

/// Whether there is an owner.
#[derive(JsonSchema)]
struct SetupStatus {
    step: Step,
    setup_at: Option<Iso>,
}

/// The secret of an edge deployment.
#[derive(JsonSchema)]
struct SetupToken {
    #[schemars(rename = "X-Setup-Token")]
    token: Option<Text>,
}

/// The owner to be.
#[derive(JsonSchema)]
struct Setup {
    email: Email,
    name: String,
    /// At least eight characters, with a letter and a digit.
    password: String,
    language: Option<String>,
    setup_token: Option<String>,
}

/// Whoever signs in.
#[derive(JsonSchema)]
struct Login {
    email: String,
    password: String,
}

/// Mostly what other installations of Dify's kind have and this one has not.
#[derive(JsonSchema)]
struct Features {
    sso_enforced_for_signin: bool,
    sso_enforced_for_signin_protocol: String,
    enable_marketplace: bool,
    max_plugin_package_size: u64,
    enable_email_code_login: bool,
    enable_email_password_login: bool,
    enable_social_oauth_login: bool,
    enable_collaboration_mode: bool,
    is_allow_register: bool,
    is_allow_create_workspace: bool,
    is_email_setup: bool,
    license: Object,
    branding: Object,
    webapp_auth: Object,
    plugin_installation_permission: Object,
    enable_change_email: bool,
}

/// Settings of the own account; what is absent stays.
#[derive(JsonSchema)]
struct Settings {
    name: Option<PersonName>,
    interface_language: Option<Language>,
    interface_theme: Option<Theme>,
    timezone: Option<Language>,
}

/// A new password.
#[derive(JsonSchema)]
struct Password {
    /// The present one.
    #[serde(default)]
    password: String,
    new_password: NewPassword,
    repeat_new_password: String,
}

/// An account.
#[derive(JsonSchema)]
struct Account {
    id: Uuid,
    name: String,
    avatar: Nil,
    avatar_url: Nil,
    email: String,
    is_password_set: bool,
    interface_language: String,
    interface_theme: String,
    timezone: String,
    last_login_at: Option<Seconds>,
    last_login_ip: Nil,
    created_at: Option<Seconds>,
    role: MemberRole,
}

/// What the link of an invitation says.
#[derive(JsonSchema)]
struct Link {
    workspace_id: Text,
    email: Text,
    token: Text,
}

/// An invitation.
#[derive(JsonSchema)]
struct Invitation {
    is_valid: bool,
    data: Option<Invited>,
}

/// Who is invited, and where to.
#[derive(JsonSchema)]
struct Invited {
    workspace_id: String,
    workspace_name: String,
    email: String,
    role: MemberRole,
}

/// A member to be.
#[derive(JsonSchema)]
struct Activate {
    workspace_id: String,
    email: String,
    token: String,
    name: String,
    /// At least eight characters, with a letter and a digit.
    password: String,
    interface_language: Option<String>,
    timezone: Option<String>,
}

/// That, and what it was about.
#[derive(JsonSchema)]
pub(super) struct Renamed {
    result: Success,
    tenant: super::workspace::Workspace,
}

pub(super) type Role = MemberRole;
