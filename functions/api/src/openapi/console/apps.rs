//! `apps.rs`, `sites.rs` and `imports.rs`.

use app::Kind;
use schemars::JsonSchema;
use serde_json::json;

use super::workspace::Tag;
use crate::openapi::{
    operation::Op,
    types::{
        Any, EmptyList, Flag, Limit, Object, Page, PageNumber, Seconds, Text, Uuid, one_of, scalar,
    },
    v1::{chat::Nil, info::Mode},
};

const TAG: &str = "Apps";

pub(super) fn operations() -> Vec<Op> {
    let at = crate::routes::of_app;
    vec![
        Op::new("get", "/console/api/apps", "apps")
            .says(TAG, "List apps")
            .query::<AppsQuery>()
            .json::<Page<AppRow>>(200),
        Op::new("post", "/console/api/apps", "createApp")
            .says(TAG, "Create an app")
            .body::<NewApp>()
            .example(json!({"name": "Helper", "mode": "chat", "icon_type": "emoji", "icon": "🤖"}))
            .json::<App>(201)
            .fails(&[Kind::ProviderNotInitialize]),
        Op::new("get", at(""), "app").says(TAG, "An app").json::<App>(200),
        Op::new("put", at(""), "updateApp")
            .says(TAG, "Change an app")
            .body::<AppChange>()
            .json::<App>(200),
        Op::new("delete", at(""), "deleteApp")
            .says(TAG, "Delete an app with everything that is of it")
            .nothing(),
        Op::new("post", at("/name"), "renameApp")
            .says(TAG, "Name an app")
            .body::<AppName>()
            .json::<App>(200),
        Op::new("post", at("/site-enable"), "enableSite")
            .says(TAG, "Switch the app's page")
            .body::<EnableSite>()
            .json::<App>(200),
        Op::new("post", at("/api-enable"), "enableApi")
            .says(TAG, "Switch the app's API")
            .body::<EnableApi>()
            .json::<App>(200),
        Op::new("post", at("/copy"), "copyApp")
            .says(TAG, "Copy an app")
            .body::<AppCopy>()
            .example(json!({"name": "Helper, again"}))
            .json::<App>(201),
        Op::new("post", at("/icon"), "setIcon")
            .says(TAG, "Change an app's icon")
            .body::<Icon>()
            .json::<App>(200),
        Op::new("post", at("/description"), "describeApp")
            .says(TAG, "Describe an app")
            .body::<AppDescription>()
            .json::<App>(200),
        Op::new("post", at("/site"), "setSite")
            .says(TAG, "Change how the app's page looks")
            .about("What is absent stays.")
            .body::<SiteChange>()
            .example(json!({"title": "Ask us", "default_language": "en-US"}))
            .json::<AppSite>(200),
        Op::new("post", at("/site/access-token-reset"), "resetSiteCode")
            .says(TAG, "Give the app's page a new code")
            .about("The old address and every passport end.")
            .json::<AppSite>(200),
        Op::new("post", "/console/api/apps/imports", "importApp")
            .says(TAG, "Make an app from a file")
            .about("A file of a newer version waits for a confirmation (202). What could not be taken is told in `warnings`.")
            .body::<Import>()
            .example(json!({"mode": "yaml-content", "yaml_content": "app:\n  mode: chat\n  name: Helper\nkind: app\nversion: 0.6.0\n"}))
            .json::<ImportReport>(200)
            .json::<ImportReport>(202)
            .json::<ImportReport>(400),
        Op::new("post", "/console/api/apps/imports/{id}/confirm", "confirmImport")
            .says(TAG, "Go on with an import that waits")
            .json::<ImportReport>(200)
            .json::<ImportReport>(202)
            .json::<ImportReport>(400),
        Op::new("get", "/console/api/apps/imports/{id}/check-dependencies", "importDependencies")
            .says(TAG, "What an app needs that is not here")
            .json::<Dependencies>(200),
        Op::new("get", at("/export"), "exportApp")
            .says(TAG, "An app as a file")
            .query::<ExportQuery>()
            .json::<AppFile>(200),
    ]
}

one_of! {
    IconType: "emoji", "image", "link";
    ImportMode: "yaml-content", "yaml-url";
    ImportStatus: "completed", "completed-with-warnings", "pending", "failed";
}

scalar! {
    Named = { "type": "string", "minLength": 1, "pattern": "\\S" };
    About = { "type": "string", "maxLength": 400 };
    Ceiling = { "type": "integer", "minimum": 0, "maximum": 4_294_967_295_u32 };
}

/// Which apps.
#[derive(JsonSchema)]
struct AppsQuery {
    page: Option<PageNumber>,
    limit: Option<Limit>,
    /// A mode; anything else means every one.
    mode: Option<Text>,
    /// In their names.
    name: Option<Text>,
    is_created_by_me: Option<Flag>,
    /// Separated by commas; an app has all of them.
    tag_ids: Option<Text>,
}

/// An app among others.
#[derive(JsonSchema)]
struct AppRow {
    id: Uuid,
    name: String,
    description: String,
    mode: Mode,
    icon_type: Option<String>,
    icon: Option<String>,
    icon_background: Option<String>,
    icon_url: Nil,
    use_icon_as_answer_icon: bool,
    author_name: Option<String>,
    created_by: Option<String>,
    created_at: Seconds,
    updated_at: Seconds,
    tags: Vec<Tag>,
}

/// An app.
#[derive(JsonSchema)]
struct App {
    id: Uuid,
    name: String,
    description: String,
    mode: Mode,
    icon_type: Option<String>,
    icon: Option<String>,
    icon_background: Option<String>,
    icon_url: Nil,
    use_icon_as_answer_icon: bool,
    enable_site: bool,
    enable_api: bool,
    /// Answers at the same time; 0: any number.
    max_active_requests: u32,
    /// What the app does; null for workflows.
    model_config: Option<Object>,
    site: AppSite,
    api_base_url: String,
    author_name: Option<String>,
    created_by: Option<String>,
    created_at: Seconds,
    updated_at: Seconds,
    deleted_tools: EmptyList,
    tags: Vec<Tag>,
}

/// An app to be.
#[derive(JsonSchema)]
struct NewApp {
    name: Named,
    mode: Mode,
    description: Option<About>,
    icon_type: Option<String>,
    icon: Option<String>,
    icon_background: Option<String>,
}

/// What an app shall be like.
#[derive(JsonSchema)]
struct AppChange {
    name: Named,
    description: Option<About>,
    icon_type: Option<String>,
    icon: Option<String>,
    icon_background: Option<String>,
    use_icon_as_answer_icon: Option<bool>,
    max_active_requests: Option<Ceiling>,
}

/// A new name.
#[derive(JsonSchema)]
struct AppName {
    name: Named,
}

/// A switch.
#[derive(JsonSchema)]
struct EnableSite {
    enable_site: bool,
}

/// A switch.
#[derive(JsonSchema)]
struct EnableApi {
    enable_api: bool,
}

/// How the copy differs.
#[derive(JsonSchema)]
struct AppCopy {
    name: Option<Named>,
    description: Option<About>,
    icon_type: Option<String>,
    icon: Option<String>,
    icon_background: Option<String>,
}

/// An icon.
#[derive(JsonSchema)]
struct Icon {
    icon_type: Option<String>,
    icon: Option<String>,
    icon_background: Option<String>,
}

/// What an app is for.
#[derive(JsonSchema)]
struct AppDescription {
    description: About,
}

/// The page of an app.
#[derive(JsonSchema)]
struct AppSite {
    access_token: String,
    /// Where it is: `/chat/{code}`.
    code: String,
    title: String,
    description: Option<String>,
    default_language: String,
    chat_color_theme: Option<String>,
    chat_color_theme_inverted: Option<bool>,
    copyright: Option<String>,
    privacy_policy: Option<String>,
    custom_disclaimer: Option<String>,
    input_placeholder: Option<String>,
    show_workflow_steps: Option<bool>,
    icon_type: Option<String>,
    icon: Option<String>,
    icon_background: Option<String>,
    use_icon_as_answer_icon: bool,
    app_base_url: String,
}

/// What of a page shall change.
#[derive(JsonSchema)]
struct SiteChange {
    title: Option<String>,
    description: Option<String>,
    chat_color_theme: Option<String>,
    chat_color_theme_inverted: Option<bool>,
    copyright: Option<String>,
    privacy_policy: Option<String>,
    custom_disclaimer: Option<String>,
    input_placeholder: Option<String>,
    default_language: Option<String>,
    show_workflow_steps: Option<bool>,
    icon_type: Option<String>,
    icon: Option<String>,
    icon_background: Option<String>,
    use_icon_as_answer_icon: Option<bool>,
}

/// A file, and what is to be different.
#[derive(JsonSchema)]
struct Import {
    mode: ImportMode,
    /// With `yaml-content`.
    yaml_content: Option<String>,
    /// With `yaml-url`.
    yaml_url: Option<String>,
    /// Replaces this app.
    app_id: Option<String>,
    name: Option<String>,
    description: Option<String>,
    icon_type: Option<String>,
    icon: Option<String>,
    icon_background: Option<String>,
}

/// What came of an import.
#[derive(JsonSchema)]
struct ImportReport {
    id: Uuid,
    status: ImportStatus,
    app_id: Option<Uuid>,
    app_mode: Option<Mode>,
    current_dsl_version: String,
    imported_dsl_version: String,
    error: String,
    warnings: Vec<Any>,
}

/// What is missing.
#[derive(JsonSchema)]
struct Dependencies {
    leaked_dependencies: Vec<Any>,
}

/// What goes into the file.
#[derive(JsonSchema)]
struct ExportQuery {
    include_secret: Option<Flag>,
}

/// A file, as YAML.
#[derive(JsonSchema)]
struct AppFile {
    data: String,
}
