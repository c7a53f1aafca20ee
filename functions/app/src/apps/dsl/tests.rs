use std::sync::Arc;

use futures::executor::block_on;
use model::{Models, fake::ScriptedLlm};
use ports::{Body, fake};
use serde_json::{Value, json};

use super::*;
use crate::{
    Context,
    account::Identity,
    apps::{self, App, Mode},
};

const FILES: [(&str, &str); 6] = [
    ("chat", include_str!("fixtures/chat.yml")),
    ("chatflow", include_str!("fixtures/chatflow.yml")),
    ("completion", include_str!("fixtures/completion.yml")),
    ("agent-chat", include_str!("fixtures/agent_chat.yml")),
    ("agent", include_str!("fixtures/agent.yml")),
    ("workflow", include_str!("fixtures/workflow.yml")),
];

fn file(name: &str) -> &'static str {
    FILES.iter().find(|(known, _)| *known == name).unwrap().1
}

fn context() -> (Context, fake::Handles, Identity) {
    let (platform, handles) = fake::platform();
    let models = Models {
        llms: vec![Arc::new(ScriptedLlm::new("tiny", []))],
        ..Models::default()
    };
    let who = Identity {
        account_id: "account".to_owned(),
        tenant_id: "tenant-1".to_owned(),
        email: None,
        name: "Ada".to_owned(),
        role: crate::account::Role::Owner,
    };
    (Context::new(platform, models), handles, who)
}

fn content(yaml: &str) -> Request {
    Request {
        source: Source::Content(yaml.to_owned()),
        overrides: Overrides::default(),
        app_id: None,
    }
}

/// Imports; the report, and the app if one was made.
fn bring(ctx: &Context, who: &Identity, yaml: &str) -> (Report, Option<App>) {
    let report = block_on(import(ctx, who, content(yaml))).unwrap();
    let app = report
        .app_id
        .as_ref()
        .filter(|_| report.status != Status::Pending);
    let app = app.map(|id| {
        block_on(apps::get(&ctx.tenant(&who.tenant_id), id))
            .unwrap()
            .unwrap()
            .value
    });
    (report, app)
}

/// Everything of an app that a file can carry.
fn essence(mut app: App) -> App {
    app.id.clear();
    app.site.code.clear();
    app.created_at = Default::default();
    app.updated_at = Default::default();
    app
}

#[test]
fn export_then_import_is_the_identity() {
    let (ctx, _, who) = context();
    for (name, yaml) in FILES {
        let (report, app) = bring(&ctx, &who, yaml);
        let app = app.unwrap_or_else(|| panic!("{name}: {}", report.error));
        let exported = export(&app, true);
        let (again, copy) = bring(&ctx, &who, &exported);
        assert_eq!(
            again.status,
            Status::Completed,
            "{name}: {}\n{exported}",
            again.error
        );
        let copy = copy.unwrap();
        let (mut app, mut copy) = (essence(app), essence(copy));
        // Addresses of triggers never leave.
        for app in [&mut app, &mut copy] {
            if let Some(Value::Array(nodes)) = app
                .workflow
                .as_mut()
                .and_then(|w| w.pointer_mut("/graph/nodes"))
            {
                nodes.retain(|node| {
                    !node["data"]["type"]
                        .as_str()
                        .unwrap()
                        .starts_with("trigger-")
                });
            }
        }
        assert_eq!(app, copy, "{name}:\n{exported}");
        assert_eq!(export(&app, true), export(&copy, true));
    }
}

#[test]
fn what_is_written_by_hand_survives() {
    let (ctx, _, who) = context();
    let (report, app) = bring(&ctx, &who, file("chat"));
    let app = app.unwrap();
    assert_eq!(report.status, Status::CompletedWithWarnings);
    assert_eq!(
        (report.imported_version.as_str(), report.app_mode),
        ("0.6.0", Some(Mode::Chat))
    );
    assert_eq!(
        report.warnings,
        [
            "The dataset 3f1c8a52-7c7e-4b5e-9a55-0d8f6f1d2b11 is not in this workspace.",
            "The model openai/gpt-4o-mini is not configured; local/tiny answers instead.",
        ]
    );
    assert!(app.use_icon_as_answer_icon && app.enable_site && app.enable_api);
    assert_eq!(app.app_extra.get("max_floors"), Some(&json!(3)));
    assert_eq!(
        app.file_extra.get("weather"),
        Some(&json!({ "today": "sunny" }))
    );
    let config = app.config().unwrap();
    assert_eq!(
        config.suggested_questions,
        ["Where is the cellar?", "yes", "2024-01-01"]
    );
    assert!(
        config
            .pre_prompt
            .ends_with("  - Say which floor.\n# Not a comment.\n{{#context#}}\n")
    );
    assert_eq!(config.user_input_form[1].options, ["no", "de"]);
    assert_eq!(
        config.model.completion_params.extra.get("top_k"),
        Some(&json!(20))
    );
}

#[test]
fn old_files_get_their_defaults() {
    let (ctx, _, who) = context();
    let (report, app) = bring(&ctx, &who, file("completion"));
    let app = app.unwrap();
    assert_eq!(report.imported_version, "0.1.0");
    assert_eq!(app.icon_type.as_deref(), Some("emoji"));
    assert_eq!(app.icon_background.as_deref(), Some("#FFFFFF"));
    assert_eq!(app.config().unwrap().user_input_form[0].variable, "topic");
    assert!(
        report.warnings[0].contains("gpt-3.5-turbo-instruct is not configured"),
        "{:?}",
        report.warnings
    );
}

#[test]
fn broken_files_say_why() {
    let (ctx, _, who) = context();
    let check = |yaml: &str, expect: &str| {
        let (report, app) = bring(&ctx, &who, yaml);
        assert_eq!(report.status, Status::Failed, "{yaml}");
        assert!(app.is_none());
        assert!(report.error.starts_with(expect), "{}", report.error);
    };
    check("a: [", "Invalid YAML format: ");
    check("- 1", "Invalid YAML format: content must be a mapping");
    check("", "Invalid YAML format: content must be a mapping");
    check(
        "version: 0.1\napp: {mode: chat}",
        "Invalid version type, expected str, got <class 'float'>",
    );
    check(
        "version: nonsense\napp: {mode: chat}",
        "Invalid DSL version: nonsense",
    );
    check("version: 0.6.0", "Missing app data in YAML content");
    check("app: {name: x}", "loss app mode");
    check(
        "app: {mode: rag-pipeline}",
        "Invalid app mode: rag-pipeline",
    );
    check("app: {mode: chat}", "Missing model_config for chat app");
    check(
        "app: {mode: workflow}",
        "Missing workflow data for workflow/advanced chat app",
    );
    let variable = "app: {mode: workflow}\nworkflow: {environment_variables: [{name: a, value_type: number, value: '1'}]}";
    check(variable, "invalid number value of variable a");
    check(&"x".repeat(11 << 20), "File size exceeds the limit of 10MB");
    let apps = block_on(apps::list(&ctx, &who.tenant_id, &Default::default(), 1, 20)).unwrap();
    assert_eq!(apps.total, 0);
}

#[test]
fn a_newer_file_waits_ten_minutes_for_its_confirmation() {
    let (ctx, handles, who) = context();
    let newer = file("chat").replace("version: 0.6.0", "version: 0.9.0");
    let (report, app) = bring(&ctx, &who, &newer);
    assert_eq!((report.status, app), (Status::Pending, None));
    let done = block_on(confirm(&ctx, &who, &report.id)).unwrap();
    assert_eq!(done.status, Status::Completed);
    let twice = block_on(confirm(&ctx, &who, &report.id)).unwrap();
    assert_eq!(
        (twice.status, twice.error.as_str()),
        (
            Status::Failed,
            "Import information expired or does not exist"
        )
    );
    let (late, _) = bring(&ctx, &who, &newer);
    handles.clock.advance(std::time::Duration::from_secs(600));
    assert_eq!(
        block_on(confirm(&ctx, &who, &late.id)).unwrap().status,
        Status::Failed
    );
}

#[test]
fn only_drafts_are_overwritten() {
    let (ctx, _, who) = context();
    let flow = bring(&ctx, &who, file("chatflow")).1.unwrap();
    let chat = bring(&ctx, &who, file("chat")).1.unwrap();
    let over = |id: &str, name: &str| {
        let request = Request {
            app_id: Some(id.to_owned()),
            ..content(file(name))
        };
        block_on(import(&ctx, &who, request)).unwrap()
    };
    assert_eq!(over("nobody", "workflow").error, "App not found");
    let refused = "Only workflow or advanced chat apps can be overwritten";
    assert_eq!(over(&chat.id, "workflow").error, refused);
    assert_eq!(over(&flow.id, "chat").error, refused);
    let report = over(&flow.id, "workflow");
    assert_eq!(report.app_id.as_ref(), Some(&flow.id));
    let now = block_on(apps::get(&ctx.tenant(&who.tenant_id), &flow.id))
        .unwrap()
        .unwrap()
        .value;
    assert_eq!(now.name, "空の流れ");
    assert_eq!(now.workflow.unwrap()["graph"]["nodes"], json!([]));
}

#[test]
fn secrets_and_datasets_stay_in_the_workspace() {
    let (ctx, _, who) = context();
    let app = bring(&ctx, &who, file("chatflow")).1.unwrap();
    let exported = export(&app, false);
    for secret in ["s3cret", "c-1", "c-2", "s-1", "https://h/", "3f1c8a52"] {
        assert!(!exported.contains(secret), "{secret}:\n{exported}");
    }
    assert!(export(&app, true).contains("s3cret"));
    let elsewhere = Identity {
        tenant_id: "tenant-2".to_owned(),
        ..who
    };
    let (report, copy) = bring(&ctx, &elsewhere, &exported);
    assert!(
        report
            .warnings
            .contains(&"1 datasets of another workspace were left out.".to_owned())
    );
    let nodes = copy.unwrap().workflow.unwrap()["graph"]["nodes"].clone();
    assert_eq!(nodes[1]["data"]["dataset_ids"], json!([]));
    assert_eq!(nodes[7]["data"]["of"], json!([1, 2.5, null, true]));
}

#[test]
fn a_file_comes_from_an_address() {
    let (ctx, handles, who) = context();
    let yaml = file("chat");
    handles
        .fetch
        .route("https://raw.githubusercontent.com/o/r/main/a.yml", |_| {
            let moved = http::Response::builder()
                .status(302)
                .header("location", "https://files.test/a");
            Ok(moved.body(Body::Empty).unwrap())
        });
    handles.fetch.route("https://files.test/a", move |_| {
        Ok(http::Response::new(Body::Full(yaml.into())))
    });
    handles.fetch.route("https://files.test/inside", |_| {
        let moved = http::Response::builder()
            .status(302)
            .header("location", "http://127.0.0.1/");
        Ok(moved.body(Body::Empty).unwrap())
    });
    let from = |url: &str| {
        let source = Source::Url(url.to_owned());
        block_on(import(
            &ctx,
            &who,
            Request {
                source,
                ..content("")
            },
        ))
        .unwrap()
    };
    assert_eq!(
        from("https://github.com/o/r/blob/main/a.yml").status,
        Status::CompletedWithWarnings
    );
    assert!(
        from("https://files.test/inside")
            .error
            .contains("the address 127.0.0.1 is not allowed")
    );
    assert!(
        from("https://nowhere.test/")
            .error
            .starts_with("Failed to fetch")
    );
}

#[test]
fn plugins_that_nothing_stands_for_are_named() {
    let (ctx, _, who) = context();
    let app = bring(&ctx, &who, file("chat")).1.unwrap();
    let missing = block_on(missing_dependencies(&ctx, &who.tenant_id, &app.id)).unwrap();
    assert_eq!(missing, app.dependencies);
}
