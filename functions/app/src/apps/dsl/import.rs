//! From a file to an app.

use std::time::Duration;

use ports::Commit;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    check, datasets,
    file::File,
    source::{self, FILE_BYTES},
    version::{CURRENT, Status},
};
use crate::{
    Context, Result,
    account::Identity,
    apps::{App, Mode, Site, get, manage},
    store,
};

/// How long an import waits for its confirmation.
const PENDING: Duration = Duration::from_secs(600);

/// What to import.
#[derive(Clone, Debug)]
pub struct Request {
    /// Where the file is.
    pub source: Source,
    /// What wins over the file.
    pub overrides: Overrides,
    /// An app of mode workflow or advanced-chat, whose draft is replaced.
    pub app_id: Option<String>,
}

/// Where a file is.
#[derive(Clone, Debug)]
pub enum Source {
    /// Here.
    Content(String),
    /// At a public address.
    Url(String),
}

/// What wins over the file's section `app`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Overrides {
    /// For people.
    pub name: Option<String>,
    /// For people.
    pub description: Option<String>,
    /// `emoji`, `image` or `link`.
    pub icon_type: Option<String>,
    /// An emoji, a file id or a URL.
    pub icon: Option<String>,
    /// A CSS colour.
    pub icon_background: Option<String>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Of the import; confirms a pending one.
    pub id: String,
    /// What came of it.
    pub status: Status,
    /// The app.
    pub app_id: Option<String>,
    /// Its mode.
    pub app_mode: Option<Mode>,
    /// The file's version; empty if it could not be read.
    pub imported_version: String,
    /// Why it failed; else empty.
    pub error: String,
    /// What this installation cannot do with it.
    pub warnings: Vec<String>,
}

/// An import that waits; kept in the tenant partition `import/{id}` under `pending`.
#[derive(Serialize, Deserialize)]
struct Pending {
    yaml: String,
    overrides: Overrides,
    app_id: Option<String>,
}

/// Imports a file. What is wrong with the file is in the report; an error is a fault of the installation.
pub async fn import(ctx: &Context, who: &Identity, request: Request) -> Result<Report> {
    let id = ctx.uuid();
    let text = match request.source {
        Source::Content(text) if text.len() > FILE_BYTES => {
            Err("File size exceeds the limit of 10MB".to_owned())
        }
        Source::Content(text) => Ok(text),
        Source::Url(url) => source::fetch(ctx, &url).await,
    };
    let file = text.and_then(|text| File::parse(&text).map(|file| (text, file)));
    let (yaml, file) = match file {
        Ok(read) => read,
        Err(error) => return Ok(failed(id, String::new(), error)),
    };
    if file.status == Status::Pending {
        let report = Report {
            status: Status::Pending,
            app_id: request.app_id.clone(),
            app_mode: Some(file.mode),
            ..failed(id.clone(), file.version, String::new())
        };
        let pending = Pending {
            yaml,
            overrides: request.overrides,
            app_id: request.app_id,
        };
        let commit =
            Commit::new().put_until("pending", store::encode(&pending)?, ctx.now() + PENDING);
        ctx.tenant(&who.tenant_id)
            .commit(&format!("import/{id}"), commit)
            .await?;
        return Ok(report);
    }
    build(ctx, who, id, file, request.overrides, request.app_id).await
}

/// Imports what waited for it.
pub async fn confirm(ctx: &Context, who: &Identity, import_id: &str) -> Result<Report> {
    let scope = ctx.tenant(&who.tenant_id);
    let partition = format!("import/{import_id}");
    let Some(pending) = store::load::<Pending>(&scope, &partition, "pending").await? else {
        let error = "Import information expired or does not exist".to_owned();
        return Ok(failed(import_id.to_owned(), String::new(), error));
    };
    let Pending {
        yaml,
        overrides,
        app_id,
    } = pending.value;
    let file = match File::parse(&yaml) {
        Ok(file) => file,
        Err(error) => return Ok(failed(import_id.to_owned(), String::new(), error)),
    };
    let file = File {
        status: Status::Completed,
        ..file
    };
    let report = build(ctx, who, import_id.to_owned(), file, overrides, app_id).await?;
    scope
        .commit(&partition, Commit::new().delete("pending"))
        .await?;
    Ok(report)
}

async fn build(
    ctx: &Context,
    who: &Identity,
    id: String,
    mut file: File,
    overrides: Overrides,
    app_id: Option<String>,
) -> Result<Report> {
    let mut warnings = Vec::new();
    if file.is_pipeline {
        let message = "The knowledge pipeline became a workflow: its variables are inputs of a run, and its files the \
                       run's `files`.";
        warnings.push(message.to_owned());
    }
    if let Some(workflow) = &mut file.workflow {
        if let Err(error) = check::variables(workflow) {
            return Ok(failed(id, file.version, error));
        }
        let dropped = reveal_datasets(&who.tenant_id, workflow);
        if dropped > 0 {
            warnings.push(format!(
                "{dropped} datasets of another workspace were left out."
            ));
        }
    }
    let (status, version, mode) = (file.status, file.version.clone(), file.mode);
    let app = match app_id {
        Some(app_id) => match overwrite(ctx, who, &app_id, file, overrides).await? {
            Ok(app) => app,
            Err(error) => return Ok(failed(id, version, error)),
        },
        None => manage::insert(ctx, fresh(ctx, who, file, overrides)).await?,
    };
    let config = app.model_config.as_ref();
    let workflow = app.workflow.as_ref();
    warnings.extend(check::warnings(ctx, &who.tenant_id, mode, config, workflow).await?);
    Ok(Report {
        status,
        app_id: Some(app.id),
        app_mode: Some(mode),
        warnings,
        ..failed(id, version, String::new())
    })
}

fn fresh(ctx: &Context, who: &Identity, file: File, overrides: Overrides) -> App {
    let now = ctx.now();
    let known = [
        "name",
        "description",
        "mode",
        "icon_type",
        "icon",
        "icon_background",
        "use_icon_as_answer_icon",
    ];
    let extra: Map<String, Value> = file
        .app
        .iter()
        .filter(|(key, _)| !known.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let icon_type = overrides.icon_type.or_else(|| file.text("icon_type"));
    let icon_type = icon_type.filter(|kind| ["emoji", "image", "link"].contains(&kind.as_str()));
    let answer_icon = file
        .app
        .get("use_icon_as_answer_icon")
        .and_then(Value::as_bool);
    App {
        id: ctx.uuid(),
        tenant_id: who.tenant_id.clone(),
        name: overrides
            .name
            .or_else(|| file.text("name"))
            .unwrap_or_else(|| "Untitled".to_owned()),
        description: overrides
            .description
            .or_else(|| file.text("description"))
            .unwrap_or_default(),
        mode: file.mode,
        icon_type: icon_type.or_else(|| Some("emoji".to_owned())),
        icon: overrides.icon.or_else(|| file.text("icon")),
        icon_background: overrides
            .icon_background
            .or_else(|| file.text("icon_background"))
            .or_else(|| Some("#FFFFFF".to_owned())),
        use_icon_as_answer_icon: answer_icon.unwrap_or_default(),
        enable_site: true,
        enable_api: true,
        max_active_requests: 0,
        model_config: file.model_config,
        workflow: file.workflow,
        agent: file.agent,
        agent_packages: file.agent_packages,
        dependencies: file.dependencies,
        app_extra: extra,
        file_extra: file.extra,
        site: Site {
            code: ctx.token(16),
            ..Site::default()
        },
        author_name: who.name.clone(),
        created_by: who.account_id.clone(),
        annotation_reply: None,
        created_at: now,
        updated_at: now,
    }
}

/// Replaces the draft of an app; the inner error is a fault of the request.
async fn overwrite(
    ctx: &Context,
    who: &Identity,
    app_id: &str,
    file: File,
    overrides: Overrides,
) -> Result<Result<App, String>> {
    let Some(old) = get(&ctx.tenant(&who.tenant_id), app_id).await? else {
        return Ok(Err("App not found".to_owned()));
    };
    let graphs = [Mode::Workflow, Mode::AdvancedChat];
    if !graphs.contains(&old.value.mode) || !graphs.contains(&file.mode) {
        return Ok(Err(
            "Only workflow or advanced chat apps can be overwritten".to_owned(),
        ));
    }
    let new = fresh(ctx, who, file, overrides);
    let app = manage::change(ctx, &who.tenant_id, app_id, |app| {
        app.name.clone_from(&new.name);
        app.description.clone_from(&new.description);
        app.icon_type.clone_from(&new.icon_type);
        app.icon.clone_from(&new.icon);
        app.icon_background.clone_from(&new.icon_background);
        app.use_icon_as_answer_icon = new.use_icon_as_answer_icon;
        app.workflow.clone_from(&new.workflow);
        app.dependencies.clone_from(&new.dependencies);
        app.app_extra.clone_from(&new.app_extra);
        app.file_extra.clone_from(&new.file_extra);
        Ok(())
    })
    .await;
    match app {
        Ok(app) => Ok(Ok(app)),
        Err(error) if error.kind() == crate::Kind::NotFound => Ok(Err(error.message().to_owned())),
        Err(error) => Err(error),
    }
}

/// Reads the ids of datasets in place; returns how many are of another workspace and were left out.
fn reveal_datasets(tenant_id: &str, workflow: &mut Value) -> usize {
    let mut dropped = 0;
    let nodes = workflow
        .pointer_mut("/graph/nodes")
        .and_then(Value::as_array_mut);
    for node in nodes.into_iter().flatten() {
        let Some(data) = node
            .get_mut("data")
            .filter(|data| data.get("type") == Some(&"knowledge-retrieval".into()))
        else {
            continue;
        };
        if let Some(Value::Array(ids)) = data.get_mut("dataset_ids") {
            let before = ids.len();
            *ids = ids
                .iter()
                .filter_map(|id| datasets::reveal(tenant_id, id.as_str()?))
                .map(Value::from)
                .collect();
            dropped += before - ids.len();
        }
    }
    dropped
}

fn failed(id: String, imported_version: String, error: String) -> Report {
    Report {
        id,
        status: Status::Failed,
        app_id: None,
        app_mode: None,
        imported_version,
        error,
        warnings: Vec::new(),
    }
}

impl Report {
    /// The version that files are measured against.
    pub fn current_version(&self) -> &'static str {
        CURRENT
    }
}
