//! Making, changing, listing and removing apps.
//!
//! An app lies in its own partition; a summary of it lies in the workspace's, for the list. The app is written first:
//! a crash between the two leaves an app that no list shows, never an entry without an app.

use model::ModelKind;
use ports::{Range, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{App, Mode, Site, get};
use crate::{
    Context, Error, Kind, Result, account::Identity, keys, provider::Providers, site, store,
};

pub(super) const MISSING: &str = "App not found";
/// Records of one read.
const BATCH: usize = 500;

/// What a list shows of an app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// UUID.
    pub id: String,
    /// For people.
    pub name: String,
    /// For people.
    pub description: String,
    /// What kind of app.
    pub mode: Mode,
    /// `emoji`, `image` or `link`.
    pub icon_type: Option<String>,
    /// An emoji, a file id or a URL.
    pub icon: Option<String>,
    /// A CSS colour.
    pub icon_background: Option<String>,
    /// The icon stands beside answers.
    pub use_icon_as_answer_icon: bool,
    /// Display name of the account that made it.
    pub author_name: String,
    /// The account that made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Which apps to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only of this mode.
    pub mode: Option<Mode>,
    /// Only with this in their name, in any case.
    pub name: String,
    /// Only of this account.
    pub created_by: Option<String>,
    /// Only these.
    pub ids: Option<Vec<String>>,
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page {
    /// The newest first.
    pub apps: Vec<Summary>,
    /// On all pages.
    pub total: usize,
}

/// An app to be made.
#[derive(Clone, Debug)]
pub struct New {
    /// For people.
    pub name: String,
    /// For people, at most 400 characters.
    pub description: String,
    /// What kind of app.
    pub mode: Mode,
    /// `emoji`, `image` or `link`.
    pub icon_type: Option<String>,
    /// An emoji, a file id or a URL.
    pub icon: Option<String>,
    /// A CSS colour.
    pub icon_background: Option<String>,
}

/// Makes an app with the configuration that an empty editor would save.
pub async fn create(ctx: &Context, who: &Identity, new: New) -> Result<App> {
    let name = new.name.trim().to_owned();
    check_text(&name, &new.description)?;
    let basic = matches!(new.mode, Mode::Chat | Mode::AgentChat | Mode::Completion);
    let model_config = match basic {
        true => Some(first_config(ctx, &who.tenant_id, new.mode).await?),
        false => None,
    };
    let now = ctx.now();
    let app = App {
        id: ctx.uuid(),
        tenant_id: who.tenant_id.clone(),
        name,
        description: new.description,
        mode: new.mode,
        icon_type: new.icon_type.or_else(|| Some("emoji".to_owned())),
        icon: new.icon,
        icon_background: new.icon_background.or_else(|| Some("#FFFFFF".to_owned())),
        use_icon_as_answer_icon: false,
        enable_site: true,
        enable_api: true,
        max_active_requests: 0,
        model_config,
        workflow: None,
        agent: None,
        agent_packages: None,
        app_extra: Default::default(),
        file_extra: Default::default(),
        dependencies: Vec::new(),
        site: Site {
            code: ctx.token(16),
            ..Site::default()
        },
        author_name: who.name.clone(),
        created_by: who.account_id.clone(),
        annotation_reply: None,
        created_at: now,
        updated_at: now,
    };
    insert(ctx, app).await
}

/// Keeps a new app.
pub(super) async fn insert(ctx: &Context, app: App) -> Result<App> {
    let scope = ctx.tenant(&app.tenant_id);
    store::save(&scope, &keys::app(&app.id), "app", &app).await?;
    store::save(&scope, keys::TENANT, &index(&app.id), &summary(&app)).await?;
    site::open(ctx, &app).await?;
    Ok(app)
}

/// Makes another app like this one. Its page has a code of its own; keys, logs and annotations stay with the first.
pub async fn copy(ctx: &Context, who: &Identity, id: &str, changed: Copied) -> Result<App> {
    let found = get(&ctx.tenant(&who.tenant_id), id).await?;
    let found = found.ok_or_else(|| Error::not_found(MISSING))?.value;
    let now = ctx.now();
    let app = App {
        id: ctx.uuid(),
        name: changed
            .name
            .map_or(found.name, |name| name.trim().to_owned()),
        description: changed.description.unwrap_or(found.description),
        icon_type: changed.icon_type.or(found.icon_type),
        icon: changed.icon.or(found.icon),
        icon_background: changed.icon_background.or(found.icon_background),
        site: Site {
            code: ctx.token(16),
            ..found.site
        },
        author_name: who.name.clone(),
        created_by: who.account_id.clone(),
        annotation_reply: None,
        created_at: now,
        updated_at: now,
        ..found
    };
    check_text(&app.name, &app.description)?;
    insert(ctx, app).await
}

/// What a copy has that is not as in the first; what is `None` is as it was.
#[derive(Clone, Debug, Default)]
pub struct Copied {
    /// For people.
    pub name: Option<String>,
    /// For people, at most 400 characters.
    pub description: Option<String>,
    /// `emoji`, `image` or `link`.
    pub icon_type: Option<String>,
    /// An emoji, a file id or a URL.
    pub icon: Option<String>,
    /// A CSS colour.
    pub icon_background: Option<String>,
}

/// Changes an app; `change` may run several times.
pub async fn change(
    ctx: &Context,
    tenant_id: &str,
    id: &str,
    mut change: impl FnMut(&mut App) -> Result<()>,
) -> Result<App> {
    let scope = ctx.tenant(tenant_id);
    let now = ctx.now();
    let (app, ()) = store::update::<App, ()>(&scope, &keys::app(id), "app", MISSING, |app| {
        change(app)?;
        check_text(&app.name, &app.description)?;
        app.updated_at = now;
        Ok(())
    })
    .await?;
    store::save(&scope, keys::TENANT, &index(id), &summary(&app)).await?;
    Ok(app)
}

/// Saves the configuration of a chat, agent-chat or completion app, which publishes it.
pub async fn save_config(ctx: &Context, tenant_id: &str, id: &str, config: Value) -> Result<App> {
    let named = |key: &str| {
        let text = config
            .pointer(&format!("/model/{key}"))
            .and_then(Value::as_str);
        text.is_some_and(|text| !text.is_empty())
    };
    if !config.is_object() || !named("provider") || !named("name") {
        return Err(Error::invalid(
            "model",
            "model.provider and model.name are required",
        ));
    }
    super::check_config(&config)?;
    change(ctx, tenant_id, id, |app| {
        if !matches!(app.mode, Mode::Chat | Mode::AgentChat | Mode::Completion) {
            let message = format!("Apps of mode {} have no model config.", app.mode.as_str());
            return Err(Error::new(Kind::AppUnavailable, message));
        }
        app.model_config = Some(config.clone());
        Ok(())
    })
    .await
}

/// The ids and names of all apps of a workspace.
pub async fn names(scope: &Scope) -> Result<Vec<(String, String)>> {
    let (mut names, mut after) = (Vec::new(), None);
    loop {
        let range = Range::prefix("app/", BATCH).after(after.take());
        let records = scope.list(keys::TENANT, range).await?;
        for record in &records {
            let app: Summary = store::decode(record)?;
            names.push((app.id, app.name));
        }
        if records.len() < BATCH {
            return Ok(names);
        }
        after = records.last().map(|record| record.key.clone());
    }
}

/// One page of a workspace's apps, counted from 1.
pub async fn list(
    ctx: &Context,
    tenant_id: &str,
    filter: &Filter,
    page: usize,
    limit: usize,
) -> Result<Page> {
    let scope = ctx.tenant(tenant_id);
    let mut apps: Vec<Summary> = Vec::new();
    let mut after = None;
    loop {
        let range = Range::prefix("app/", BATCH).after(after);
        let records = scope.list(keys::TENANT, range).await?;
        for record in &records {
            apps.push(store::decode(record)?);
        }
        after = records.last().map(|record| record.key.clone());
        if records.len() < BATCH {
            break;
        }
    }
    let name = filter.name.to_lowercase();
    apps.retain(|app| {
        filter.mode.is_none_or(|mode| app.mode == mode)
            && filter
                .created_by
                .as_ref()
                .is_none_or(|account| app.created_by == *account)
            && filter.ids.as_ref().is_none_or(|ids| ids.contains(&app.id))
            && app.name.to_lowercase().contains(&name)
    });
    apps.sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
    let total = apps.len();
    let apps = apps
        .into_iter()
        .skip(page.saturating_sub(1) * limit)
        .take(limit);
    Ok(Page {
        apps: apps.collect(),
        total,
    })
}

/// The key of an app in its workspace's list.
pub(super) fn index(id: &str) -> String {
    format!("app/{id}")
}

fn summary(app: &App) -> Summary {
    Summary {
        id: app.id.clone(),
        name: app.name.clone(),
        description: app.description.clone(),
        mode: app.mode,
        icon_type: app.icon_type.clone(),
        icon: app.icon.clone(),
        icon_background: app.icon_background.clone(),
        use_icon_as_answer_icon: app.use_icon_as_answer_icon,
        author_name: app.author_name.clone(),
        created_by: app.created_by.clone(),
        created_at: app.created_at,
        updated_at: app.updated_at,
    }
}

fn check_text(name: &str, description: &str) -> Result<()> {
    if name.is_empty() {
        return Err(Error::invalid("name", "The name is required."));
    }
    if description.chars().count() > 400 {
        return Err(Error::invalid(
            "description",
            "Description cannot exceed 400 characters.",
        ));
    }
    Ok(())
}

async fn first_config(ctx: &Context, tenant_id: &str, mode: Mode) -> Result<Value> {
    let providers = Providers::load(ctx, tenant_id).await?;
    let model = providers.default_model(ModelKind::Llm);
    let (provider, name) =
        model.map_or_else(Default::default, |chosen| (chosen.provider, chosen.model));
    let mut config = json!({
        "model": { "provider": provider, "name": name, "mode": "chat", "completion_params": {} },
        "prompt_type": "simple",
        "pre_prompt": "",
        "user_input_form": [],
        "opening_statement": "",
        "suggested_questions": [],
        "suggested_questions_after_answer": { "enabled": false },
        "retriever_resource": { "enabled": true },
        "dataset_configs": { "retrieval_model": "multiple", "datasets": { "datasets": [] } },
    });
    if let (Mode::Completion, Some(config)) = (mode, config.as_object_mut()) {
        let query = json!([{ "paragraph": { "label": "Query", "variable": "query", "required": true, "default": "" } }]);
        config.insert("user_input_form".to_owned(), query);
        config.insert("pre_prompt".to_owned(), json!("{{query}}"));
    }
    Ok(config)
}
