//! The draft that an editor saves, and the versions that are published from it.
//!
//! The draft is a field of the app, so that an import, a copy and an export find it. In the app's partition
//! `version/{time}/{id}` is what was published, `version-id/{id}` says where by its id, and `published` which is in force.

use ports::{Commit, Scope};
use serde_json::{Map, Value, json};
use workflow::Plan;

use super::flow::{PUBLISHED, Published, VERSIONS, Version, broken, by_id, versions};
use crate::{
    Context, Error, Kind, Result,
    account::Identity,
    apps::{self, App, Mode},
    keys, store, trigger,
};

/// What stands for a secret where a draft is shown. Sent back, it keeps what is stored.
pub(super) const MASK: &str = "********************";

/// What an editor saves. What is `None` stays as it was.
#[derive(Clone, Debug, Default)]
pub struct Save {
    /// `nodes`, `edges`, `viewport`.
    pub graph: Option<Value>,
    /// Opening statement, uploads and the rest.
    pub features: Option<Value>,
    /// Of the hash that the editor last saw; `None` for the first draft, or to save whatever there is.
    pub hash: Option<String>,
    /// With the mask in place of secrets that stay.
    pub environment_variables: Option<Value>,
    /// Of chatflows.
    pub conversation_variables: Option<Value>,
}

/// A published version's words.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// At most 20 characters.
    pub name: Option<String>,
    /// At most 100 characters.
    pub comment: Option<String>,
}

/// Tells a draft from any other.
pub fn hash(draft: &Value) -> String {
    keys::hash(&draft.to_string())
}

/// A draft as it may be shown: without its secrets.
pub fn masked(draft: &Value) -> Value {
    let mut draft = draft.clone();
    for variable in secrets(&mut draft) {
        variable.insert("value".to_owned(), json!(MASK));
    }
    draft
}

/// The draft; `DraftWorkflowNotExist` before the first was saved.
pub fn of(app: &App) -> Result<&Value> {
    check_mode(app)?;
    app.workflow.as_ref().ok_or_else(|| {
        let message = "Draft workflow need to be initialized.";
        Error::new(Kind::DraftWorkflowNotExist, message)
    })
}

/// Saves the draft.
pub async fn save(ctx: &Context, who: &Identity, app_id: &str, save: Save) -> Result<App> {
    if let Some(graph) = &save.graph
        && !graph.is_object()
    {
        return Err(Error::invalid("graph", "graph must be an object"));
    }
    apps::change(ctx, &who.tenant_id, app_id, |app| {
        check_mode(app)?;
        let old = app.workflow.clone();
        // Two pages never overwrite each other: who has not seen what is there must look first.
        if let Some(old) = &old
            && save.hash.as_ref().is_some_and(|given| *given != hash(old))
        {
            let message = "Workflow graph might have been modified, please refresh and resubmit.";
            return Err(Error::new(Kind::DraftWorkflowNotSync, message));
        }
        let mut draft = match old.clone() {
            Some(Value::Object(draft)) => draft,
            _ => Map::new(),
        };
        for (key, value) in [
            ("graph", &save.graph),
            ("features", &save.features),
            ("environment_variables", &save.environment_variables),
            ("conversation_variables", &save.conversation_variables),
        ] {
            if let Some(value) = value {
                draft.insert(key.to_owned(), value.clone());
            }
        }
        let mut draft = Value::Object(draft);
        unmask(&mut draft, old.as_ref());
        apps::dsl::check_variables(&draft)
            .map_err(|error| Error::new(Kind::InvalidParam, error))?;
        app.workflow = Some(draft);
        Ok(())
    })
    .await
}

/// Publishes the draft: from now on it answers. A graph that cannot run is refused, naming the node and the field.
pub async fn publish(ctx: &Context, who: &Identity, app_id: &str, marks: Marks) -> Result<Version> {
    let scope = ctx.tenant(&who.tenant_id);
    let app = apps::get(&scope, app_id).await?;
    let app = app.ok_or_else(|| Error::not_found("App not found"))?.value;
    let workflow = of(&app)?.clone();
    check_marks(&marks)?;
    let plan = Plan::compile(&workflow).map_err(broken)?;
    if plan.roots().next().is_none() {
        let message = "The workflow cannot run: it has no start node.";
        return Err(Error::new(Kind::BadRequest, message));
    }
    trigger::check(&workflow)?;
    let version = Version {
        id: ctx.uuid(),
        created_at: ctx.now(),
        workflow,
        marked_name: marks.name.unwrap_or_default(),
        marked_comment: marks.comment.unwrap_or_default(),
        created_by: who.account_id.clone(),
        author_name: who.name.clone(),
    };
    let key = key(&version);
    let published = Published {
        id: version.id.clone(),
        key: key.clone(),
    };
    let commit = Commit::new()
        .put(&key, store::encode(&version)?)
        .put(by_id(&version.id), store::encode(&key)?)
        .put(PUBLISHED, store::encode(&published)?);
    scope.commit(&keys::app(app_id), commit).await?;
    trigger::arrange(ctx, &who.tenant_id, app_id).await?;
    Ok(version)
}

/// The version in force, if any.
pub async fn published(scope: &Scope, app_id: &str) -> Result<Option<Version>> {
    let partition = keys::app(app_id);
    let Some(found) = store::load::<Published>(scope, &partition, PUBLISHED).await? else {
        return Ok(None);
    };
    let version = store::load::<Version>(scope, &partition, &found.value.key).await?;
    Ok(version.map(|version| version.value))
}

/// Published versions, the newest first, from the page with this number (from 1), and whether there are more.
pub async fn list(
    scope: &Scope,
    app_id: &str,
    page: usize,
    limit: usize,
) -> Result<(Vec<Version>, bool)> {
    let all = versions(scope, app_id).await?;
    let skip = page.saturating_sub(1).saturating_mul(limit);
    let more = all.len() > skip.saturating_add(limit);
    Ok((all.into_iter().skip(skip).take(limit).collect(), more))
}

/// One of them.
pub async fn version(scope: &Scope, app_id: &str, id: &str) -> Result<Version> {
    let missing = || Error::not_found(format!("Workflow not found with id: {id}"));
    let partition = keys::app(app_id);
    let key = store::load::<String>(scope, &partition, &by_id(id)).await?;
    let key = key.ok_or_else(missing)?.value;
    let version = store::load::<Version>(scope, &partition, &key).await?;
    Ok(version.ok_or_else(missing)?.value)
}

/// The graph that a word names: `draft`, `published`, or the id of a version; with what it is called.
pub async fn graph_of(scope: &Scope, app: &App, word: &str) -> Result<(Value, Value)> {
    let found = match word {
        "draft" => {
            let about = json!({ "id": app.id, "version": "draft", "marked_name": "" });
            return Ok((of(app)?.clone(), about));
        }
        "published" => published(scope, &app.id)
            .await?
            .ok_or_else(|| Error::invalid("workflow_id", "Workflow not published"))?,
        id => version(scope, &app.id, id).await?,
    };
    let shown = super::shown_version(found.created_at);
    let about = json!({ "id": found.id, "version": shown, "marked_name": found.marked_name });
    Ok((found.workflow, about))
}

/// Changes a version's words.
pub async fn mark(scope: &Scope, app_id: &str, id: &str, marks: Marks) -> Result<Version> {
    check_marks(&marks)?;
    let found = version(scope, app_id, id).await?;
    let set = |version: &mut Version| {
        if let Some(name) = &marks.name {
            version.marked_name.clone_from(name);
        }
        if let Some(comment) = &marks.comment {
            version.marked_comment.clone_from(comment);
        }
        Ok(())
    };
    let (version, ()) = store::update(
        scope,
        &keys::app(app_id),
        &key(&found),
        "Workflow not found",
        set,
    )
    .await?;
    Ok(version)
}

/// Removes a version that is not in force.
pub async fn delete(scope: &Scope, app_id: &str, id: &str) -> Result<()> {
    let found = version(scope, app_id, id).await?;
    if published(scope, app_id)
        .await?
        .is_some_and(|it| it.id == id)
    {
        let message = "Cannot delete workflow that is currently in use by app.";
        return Err(Error::new(Kind::BadRequest, message));
    }
    let commit = Commit::new().delete(key(&found)).delete(by_id(id));
    scope.commit(&keys::app(app_id), commit).await?;
    Ok(())
}

/// Makes a version the draft again.
pub async fn restore(ctx: &Context, who: &Identity, app_id: &str, id: &str) -> Result<App> {
    let found = version(&ctx.tenant(&who.tenant_id), app_id, id).await?;
    apps::change(ctx, &who.tenant_id, app_id, |app| {
        check_mode(app)?;
        app.workflow = Some(found.workflow.clone());
        Ok(())
    })
    .await
}

pub(super) fn check_mode(app: &App) -> Result<()> {
    match app.mode {
        Mode::Workflow | Mode::AdvancedChat => Ok(()),
        other => {
            let message = format!("Apps of mode {} have no workflow.", other.as_str());
            Err(Error::new(Kind::NotWorkflowApp, message))
        }
    }
}

fn check_marks(marks: &Marks) -> Result<()> {
    for (name, text, most) in [
        ("marked_name", &marks.name, 20),
        ("marked_comment", &marks.comment, 100),
    ] {
        if text
            .as_ref()
            .is_some_and(|text| text.chars().count() > most)
        {
            let message = format!("{name} cannot exceed {most} characters");
            return Err(Error::invalid(name, message));
        }
    }
    Ok(())
}

fn key(version: &Version) -> String {
    keys::time_key(VERSIONS, version.created_at, &version.id)
}

fn secrets(draft: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    let list = draft
        .get_mut("environment_variables")
        .and_then(Value::as_array_mut);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
        .filter(|variable| variable.get("value_type") == Some(&json!("secret")))
}

/// Puts back the secrets that came as the mask.
fn unmask(draft: &mut Value, old: Option<&Value>) {
    let mut old = old.cloned().unwrap_or_default();
    let kept: Vec<Map<String, Value>> =
        secrets(&mut old).map(|variable| variable.clone()).collect();
    for variable in secrets(draft) {
        if variable.get("value") != Some(&json!(MASK)) {
            continue;
        }
        let same = |key: &str, other: &Map<String, Value>| {
            variable
                .get(key)
                .is_some_and(|value| other.get(key) == Some(value))
        };
        let found = kept.iter().find(|other| same("id", other));
        let found = found.or_else(|| kept.iter().find(|other| same("name", other)));
        let value = found.and_then(|other| other.get("value")).cloned();
        variable.insert("value".to_owned(), value.unwrap_or_else(|| json!("")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(values: &[(&str, &str, &str)]) -> Value {
        let list = values
            .iter()
            .map(|(name, kind, value)| json!({ "name": name, "value_type": kind, "value": value }));
        json!({ "environment_variables": list.collect::<Vec<_>>() })
    }

    #[test]
    fn a_masked_secret_keeps_its_value() {
        let stored = variables(&[("key", "secret", "s3cret"), ("url", "string", "u")]);
        let shown = masked(&stored);
        assert_eq!(
            shown,
            variables(&[("key", "secret", MASK), ("url", "string", "u")])
        );
        let check = |sent: Value, expect: Value| {
            let mut draft = sent;
            unmask(&mut draft, Some(&stored));
            assert_eq!(draft, expect);
        };
        check(shown, stored.clone());
        check(
            variables(&[("key", "secret", "new")]),
            variables(&[("key", "secret", "new")]),
        );
        check(
            variables(&[("other", "secret", MASK)]),
            variables(&[("other", "secret", "")]),
        );
    }
}
