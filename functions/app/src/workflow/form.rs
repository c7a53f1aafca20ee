//! Forms for people: what a `human-input` node asks, until somebody presses a button or the time is over.
//!
//! A form lies in the partition `forms/{run}` under the key of its task, which is the same whoever drives the run. An
//! address leads to it: the system's `form/{token}`. Filling it in writes the answer beside the question, once, and wakes
//! the run.
//!
//! Start at [`Asked::put`], then [`fill`].

use std::time::Duration;

use ports::{Commit, ErrorKind, Job, Range, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use workflow::{FormReply, HumanForm, Task};

use super::{begin::file_value, record::Record, resume};
use crate::{
    Context, Error, Kind, Result, end_user,
    end_user::EndUser,
    file, keys,
    mail::{self, Mail},
    message::MessageFile,
    store::{self, Stored},
};

/// Characters of an address's last part.
const TOKEN: usize = 22;

/// One waiting request; runtimes end longer ones.
const WATCH: Duration = Duration::from_secs(25);

/// Longest text of a field, in characters.
const LONGEST: usize = 100_000;

/// Forms that one run can wait for.
const MOST: usize = 1000;

/// Under which key an address lies in its partition.
const ADDRESS: &str = "form";

/// A form of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Form {
    /// What events call it.
    pub id: String,
    /// Where it asks.
    pub node_id: String,
    /// As people call that node.
    #[serde(default)]
    pub node_title: String,
    /// Of the page's address; none where it reaches people by e-mail alone.
    pub token: Option<String>,
    /// Of the address in e-mails.
    pub mail_token: Option<String>,
    /// Markdown; `{{#$output.name#}}` marks the place of a field.
    pub content: String,
    /// The fields.
    pub inputs: Vec<Value>,
    /// The buttons.
    pub actions: Vec<Value>,
    /// Values of fields whose default is a variable.
    pub defaults: Value,
    /// Until when.
    pub expires_at: Timestamp,
    /// What somebody answered.
    pub answer: Option<Answer>,
}

/// A form, filled in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The button's id.
    pub action: String,
    /// By the fields' names.
    pub inputs: Map<String, Value>,
    /// When.
    pub at: Timestamp,
}

/// Where an address leads.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Address {
    tenant_id: String,
    app_id: String,
    run_id: String,
    key: String,
}

/// A form that somebody has the address of.
#[derive(Debug)]
pub struct Found {
    /// Whose it is.
    pub tenant_id: String,
    /// The app whose run asks.
    pub app_id: String,
    /// The form.
    pub form: Form,
    /// Whether the address came by e-mail.
    pub is_mail: bool,
    run_id: String,
    key: String,
    version: ports::Revision,
}

/// A form that was not kept so far.
pub(super) struct Asked {
    key: String,
    form: Form,
    delivery: Value,
}

impl Asked {
    /// From what the engine asks; `id` is what its event calls the form.
    pub(super) fn new(ctx: &Context, task: &Task, form: &HumanForm, id: &str) -> Self {
        let value = |value: &workflow::Value| serde_json::to_value(value).unwrap_or(Value::Null);
        let list = |it: &workflow::Value| match value(it) {
            Value::Array(items) => items,
            _ => Vec::new(),
        };
        let delivery = value(&form.delivery);
        let has_page = methods(&delivery).next().is_none() || by(&delivery, "webapp").is_some();
        let has_mail = by(&delivery, "email").is_some();
        let at = u64::try_from(form.expires_at).unwrap_or_default();
        Self {
            key: task.idempotency_key.to_string(),
            form: Form {
                id: id.to_owned(),
                node_id: task.node_id.to_string(),
                node_title: form.title.to_string(),
                token: has_page.then(|| ctx.token(TOKEN)),
                mail_token: has_mail.then(|| ctx.token(TOKEN)),
                content: form.content.to_string(),
                inputs: list(&form.inputs),
                actions: list(&form.actions),
                defaults: serde_json::to_value(&*form.defaults).unwrap_or_default(),
                expires_at: Timestamp(at),
                answer: None,
            },
            delivery,
        }
    }

    /// The page's address, for the events.
    pub(super) fn token(&self) -> Option<&str> {
        self.form.token.as_deref()
    }

    /// Keeps it, reachable by its addresses, and sends the e-mails. Before the run says that it asks.
    pub(super) async fn put(self, ctx: &Context, tenant_id: &str, record: &Record) -> Result<()> {
        let scope = ctx.tenant(tenant_id);
        let commit = Commit::new().put(&self.key, store::encode(&self.form)?);
        scope.commit(&keys::forms(&record.id), commit).await?;
        let address = Address {
            tenant_id: tenant_id.to_owned(),
            app_id: record.app_id.clone(),
            run_id: record.id.clone(),
            key: self.key.clone(),
        };
        for token in self.form.tokens() {
            let commit = Commit::new().put_until(
                ADDRESS,
                store::encode(&address)?,
                self.form.expires_at + KEPT,
            );
            ctx.system().commit(&keys::form(token), commit).await?;
        }
        match (&self.form.mail_token, by(&self.delivery, "email")) {
            (Some(token), Some(method)) => self.send(ctx, tenant_id, token, method).await,
            _ => Ok(()),
        }
    }

    async fn send(
        &self,
        ctx: &Context,
        tenant_id: &str,
        token: &str,
        method: &Value,
    ) -> Result<()> {
        let text = |key: &str| {
            let text = method.pointer(&format!("/config/{key}"));
            text.and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let recipients = method.pointer("/config/recipients");
        let to = people(ctx, tenant_id, recipients.unwrap_or(&Value::Null)).await?;
        let url = format!("{}/form/{token}", mail::address(ctx).await?);
        let mail = Mail {
            id: format!("{}/{}", self.key, self.form.id),
            to,
            subject: text("subject"),
            body: text("body").replace("{{#url#}}", &url),
            url,
        };
        mail::send(ctx, &mail).await
    }
}

/// How long an address says that its form is over, after it is.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

fn methods(delivery: &Value) -> impl Iterator<Item = &Value> {
    let methods = delivery.as_array().into_iter().flatten();
    methods.filter(|method| method.get("enabled").and_then(Value::as_bool) != Some(false))
}

fn by<'d>(delivery: &'d Value, kind: &str) -> Option<&'d Value> {
    methods(delivery).find(|method| method.get("type").and_then(Value::as_str) == Some(kind))
}

/// E-mail addresses of recipients: members of the workspace, and others.
async fn people(ctx: &Context, tenant_id: &str, recipients: &Value) -> Result<Vec<String>> {
    let flag = |key: &str| recipients.get(key).and_then(Value::as_bool);
    let everybody = flag("include_bound_group").or(flag("whole_workspace"));
    let items = recipients.get("items").and_then(Value::as_array);
    let items: Vec<&Value> = items.into_iter().flatten().collect();
    let text = |item: &Value, key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned);
    let mut to: Vec<String> = items
        .iter()
        .filter_map(|item| text(item, "email"))
        .collect();
    let named: Vec<String> = items
        .iter()
        .filter_map(|item| text(item, "reference_id"))
        .collect();
    if everybody == Some(true) || !named.is_empty() {
        let members = crate::account::members_of(ctx, tenant_id).await?;
        let wanted = members
            .into_iter()
            .filter(|member| everybody == Some(true) || named.contains(&member.account_id));
        to.extend(wanted.map(|member| member.email));
    }
    to.sort();
    to.dedup();
    Ok(to)
}

/// Waits until somebody has filled a form in.
pub(super) async fn answered(ctx: &Context, scope: &Scope, run_id: &str, task: &Task) -> FormReply {
    let partition = keys::forms(run_id);
    let mut revision = 0;
    loop {
        match answer(scope, run_id, task).await {
            Ok(Some(reply)) => return reply,
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, run = run_id, "a form cannot be read"),
        }
        match scope.watch(&partition, revision, WATCH).await {
            Ok(now) => revision = revision.max(now),
            Err(error) => {
                tracing::warn!(%error, run = run_id, "forms cannot be watched");
                ctx.platform.clock.sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// What a task's form was answered, if it was.
pub(super) async fn answer(scope: &Scope, run_id: &str, task: &Task) -> Result<Option<FormReply>> {
    let stored: Option<Stored<Form>> =
        store::load(scope, &keys::forms(run_id), &task.idempotency_key).await?;
    let answer = stored.and_then(|stored| stored.value.answer);
    Ok(answer.map(|answer| FormReply {
        action: answer.action.as_str().into(),
        inputs: answer
            .inputs
            .iter()
            .map(|(name, value)| (name.as_str().into(), workflow::Value::from(value)))
            .collect(),
    }))
}

/// All forms of a run.
pub(super) async fn all(scope: &Scope, run_id: &str) -> Result<Vec<Form>> {
    let range = Range::prefix("", MOST);
    let records = scope.list(&keys::forms(run_id), range).await?;
    records.iter().map(store::decode).collect()
}

/// Forms of a run as the messages of its conversation show them.
pub(super) async fn contents(scope: &Scope, record: &Record) -> Result<Vec<Value>> {
    let mut forms = all(scope, &record.id).await?;
    forms.sort_by(|a, b| (a.expires_at, &a.id).cmp(&(b.expires_at, &b.id)));
    let shown = forms.iter().map(|form| {
        json!({
            "type": "human_input",
            "workflow_run_id": record.id,
            "submitted": form.answer.is_some(),
            "form_definition": form.definition(),
            "form_submission_data": form.answer.as_ref().map(|answer| form.submission(answer)),
        })
    });
    Ok(shown.collect())
}

impl Form {
    /// What `human_input_required` says of it.
    fn definition(&self) -> Value {
        json!({
            "form_id": self.id,
            "node_id": self.node_id,
            "node_title": self.node_title,
            "form_content": self.content,
            "inputs": self.inputs,
            "actions": self.actions,
            "display_in_ui": self.token.is_some(),
            "form_token": self.token,
            "resolved_default_values": self.defaults,
            "expiration_time": self.expires_at.as_secs(),
        })
    }

    /// What `human_input_form_filled` says of it.
    fn submission(&self, answer: &Answer) -> Value {
        let mut rendered = self.content.clone();
        for (name, value) in &answer.inputs {
            let text = workflow::Value::from(value).text();
            rendered = rendered.replace(&format!("{{{{#$output.{name}#}}}}"), &text);
        }
        let pressed = self
            .actions
            .iter()
            .find(|action| action.get("id").and_then(Value::as_str) == Some(&answer.action));
        json!({
            "node_id": self.node_id,
            "node_title": self.node_title,
            "rendered_content": rendered,
            "action_id": answer.action,
            "action_text": pressed.and_then(|action| action.get("title")),
            "submitted_data": answer.inputs,
        })
    }

    /// The last parts of its addresses.
    pub(crate) fn tokens(&self) -> impl Iterator<Item = &String> {
        [&self.token, &self.mail_token].into_iter().flatten()
    }
}

/// Who may upload files for a form: whoever began its run, since a page has no user of its own.
pub async fn form_user(ctx: &Context, found: &Found) -> Result<EndUser> {
    let scope = ctx.tenant(&found.tenant_id);
    let record = super::record::get(&scope, &found.app_id, &found.run_id).await?;
    Ok(record.user)
}

/// The form at an address: `NotFound`, or over, when it can be filled in no more.
pub async fn find(ctx: &Context, token: &str) -> Result<Found> {
    let missing = || Error::not_found("Form not found.");
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(missing());
    }
    let address: Option<Stored<Address>> =
        store::load(&ctx.system(), &keys::form(token), ADDRESS).await?;
    let address = address.ok_or_else(missing)?.value;
    let scope = ctx.tenant(&address.tenant_id);
    let stored: Option<Stored<Form>> =
        store::load(&scope, &keys::forms(&address.run_id), &address.key).await?;
    let stored = stored.ok_or_else(missing)?;
    let form = stored.value;
    let is_mail = form.mail_token.as_deref() == Some(token);
    // Another took the run over before the first asking was committed.
    if !is_mail && form.token.as_deref() != Some(token) {
        return Err(missing());
    }
    if form.answer.is_some() {
        let message = "This form has already been answered.";
        return Err(Error::new(Kind::HumanInputFormSubmitted, message));
    }
    if form.expires_at <= ctx.now() {
        let message = "This form has expired: it was not answered in time.";
        return Err(Error::new(Kind::HumanInputFormExpired, message));
    }
    Ok(Found {
        tenant_id: address.tenant_id,
        app_id: address.app_id,
        form,
        is_mail,
        run_id: address.run_id,
        key: address.key,
        version: stored.version,
    })
}

/// Fills a form in, once, and lets its run go on. `user` is who uploaded the files among the inputs; without one it is who
/// began the run.
pub async fn fill(
    ctx: &Context,
    found: Found,
    user: Option<EndUser>,
    action: &str,
    inputs: &Map<String, Value>,
) -> Result<()> {
    let scope = ctx.tenant(&found.tenant_id);
    let record = super::record::get(&scope, &found.app_id, &found.run_id).await?;
    if let Some(user) = &user {
        end_user::ensure(&scope, user).await?;
    }
    let user = user.unwrap_or(record.user);
    let is = |item: &&Value| item.get("id").and_then(Value::as_str) == Some(action);
    if !found.form.actions.iter().any(|item| is(&item)) {
        let message = format!("`{action}` is none of the form's actions");
        return Err(Error::invalid("action", message));
    }
    let mut values = Map::new();
    for field in &found.form.inputs {
        let name = field.get("output_variable_name").and_then(Value::as_str);
        let name = name.unwrap_or_default();
        let value = read(ctx, &scope, &user, field, name, inputs.get(name)).await?;
        values.insert(name.to_owned(), value);
    }
    let form = Form {
        answer: Some(Answer {
            action: action.to_owned(),
            inputs: values,
            at: ctx.now(),
        }),
        ..found.form
    };
    let commit = Commit::new()
        .put(&found.key, store::encode(&form)?)
        .if_version(&found.key, found.version);
    match scope.commit(&keys::forms(&found.run_id), commit).await {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::Conflict => {
            let message = "This form has already been answered.";
            return Err(Error::new(Kind::HumanInputFormSubmitted, message));
        }
        Err(error) => return Err(error.into()),
    }
    let job: Job = resume::wake(&found.tenant_id, &found.run_id, &form.id)?;
    ctx.platform.queue.send(vec![job]).await?;
    Ok(())
}

/// The value of one field, checked.
async fn read(
    ctx: &Context,
    scope: &Scope,
    user: &EndUser,
    field: &Value,
    name: &str,
    given: Option<&Value>,
) -> Result<Value> {
    let wrong = |message: String| Error::invalid(format!("inputs.{name}"), message);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let given = given
        .filter(|value| !value.is_null())
        .ok_or_else(|| wrong(format!("{name} is required")))?;
    match field
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or("paragraph")
    {
        "select" => {
            let chosen = text(given).ok_or_else(|| wrong(format!("{name} must be a text")))?;
            let options = field
                .pointer("/option_source/value")
                .and_then(Value::as_array);
            let is_known = |options: &Vec<Value>| options.iter().any(|option| option == given);
            if options.is_some_and(|options| !options.is_empty() && !is_known(options)) {
                return Err(wrong(format!("`{chosen}` is none of {name}'s options")));
            }
            Ok(given.clone())
        }
        "file" => {
            let files = files(ctx, scope, user, field, name, std::slice::from_ref(given)).await?;
            Ok(files.first().map(file_value).unwrap_or_default())
        }
        "file-list" => {
            let list = given
                .as_array()
                .ok_or_else(|| wrong(format!("{name} must be a list of files")))?;
            let most = field
                .get("number_limits")
                .and_then(Value::as_u64)
                .unwrap_or(0);
            if most > 0 && list.len() as u64 > most {
                return Err(wrong(format!("{name} takes {most} files at most")));
            }
            let files = files(ctx, scope, user, field, name, list).await?;
            Ok(Value::Array(files.iter().map(file_value).collect()))
        }
        _ => {
            let given = text(given).ok_or_else(|| wrong(format!("{name} must be a text")))?;
            if given.chars().count() > LONGEST {
                return Err(wrong(format!("{name} has {LONGEST} characters at most")));
            }
            Ok(json!(given))
        }
    }
}

/// Files of a field, held to what it takes.
async fn files(
    ctx: &Context,
    scope: &Scope,
    user: &EndUser,
    field: &Value,
    name: &str,
    given: &[Value],
) -> Result<Vec<MessageFile>> {
    let files = file::read(ctx, scope, user, given).await;
    let mut accepts = field.as_object().cloned().unwrap_or_default();
    accepts.insert("enabled".to_owned(), json!(true));
    // How many there may be is said by the field's type, and by the field itself.
    accepts.insert("number_limits".to_owned(), json!(given.len()));
    let accepts = file::Attachments::parse(&accepts);
    let named = |error: Error| Error::invalid(format!("inputs.{name}"), error.message());
    file::accept(accepts.as_ref(), files).map_err(|error| match error.kind() {
        Kind::InvalidParam => named(error),
        _ => error,
    })
}
