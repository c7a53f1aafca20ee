//! A chatflow's turn: the conversation that it is read from, and the message that it becomes.

use std::sync::Arc;

use ports::{Commit, ErrorKind, Query, Range, Scope};
use serde_json::{Map, Value, json};
use workflow::{Message as Spoken, Outcome, Plan, Role};

use super::{
    form,
    record::{Record, Turn},
};
use crate::{
    Context, Error, Kind, Result,
    chat::Usage,
    conversation::{self, Conversation, Variable},
    end_user::EndUser,
    id, keys,
    message::{self, Message, MessageFile, Resource, Status},
    store::{self, Stored},
};

/// Rounds of a history that are read.
const HISTORY: usize = 100;
/// Variables of a conversation that are read.
const VARIABLES: usize = 500;

/// A conversation as a turn finds it.
#[derive(Default)]
pub(super) struct Found {
    pub(super) conversation: Option<Stored<Conversation>>,
    pub(super) history: Vec<Message>,
    pub(super) variables: Vec<Variable>,
}

/// What the run said.
pub(super) struct Told {
    pub(super) answer: String,
    pub(super) usage: Usage,
    pub(super) resources: Vec<Resource>,
    /// Whether people were asked.
    pub(super) asked: bool,
}

/// Reads a conversation of this user.
pub(super) async fn read(scope: &Scope, user: &EndUser, id: Option<&str>) -> Result<Found> {
    let Some(id) = id else {
        return Ok(Found::default());
    };
    let queries = vec![
        Query::Get(conversation::KEY.to_owned()),
        message::last_query(HISTORY),
        Query::List(Range::prefix(conversation::VARIABLES, VARIABLES)),
    ];
    let view = scope.read(&keys::conversation(id), queries).await?;
    let record = view.answers.first().and_then(|found| found.first());
    let stored = conversation::owned(record.map(message::stored).transpose()?, user)?;
    conversation::open(&stored.value)?;
    let variables = view.answers.get(2).map(Vec::as_slice).unwrap_or_default();
    Ok(Found {
        conversation: Some(stored),
        history: message::history(&view, 1)?,
        variables: variables.iter().map(store::decode).collect::<Result<_>>()?,
    })
}

impl Found {
    /// Earlier turns for the engine.
    pub(super) fn spoken(&self) -> Arc<Vec<Spoken>> {
        let mut spoken = Vec::with_capacity(self.history.len() * 2);
        for message in self
            .history
            .iter()
            .filter(|message| !message.answer.is_empty())
        {
            for (role, text) in [
                (Role::User, &message.query),
                (Role::Assistant, &message.answer),
            ] {
                spoken.push(Spoken {
                    role,
                    text: text.as_str().into(),
                    files: Vec::new(),
                });
            }
        }
        Arc::new(spoken)
    }

    /// The conversation's variables of the types that the graph declares now.
    pub(super) fn values(&self, plan: &Plan) -> workflow::Map {
        let mut values = workflow::Map::default();
        for declared in plan.conversation_variables() {
            let known = self
                .variables
                .iter()
                .find(|known| *known.name == *declared.name);
            let value = known.map(|known| workflow::Value::from(&known.value));
            if let Some(value) = value.filter(|value| declared.kind.admits(value)) {
                values.insert(declared.name.clone(), value);
            }
        }
        values
    }
}

/// A question, to be kept before its run begins.
pub(super) struct Question {
    pub(super) query: String,
    pub(super) inputs: Map<String, Value>,
    pub(super) files: Vec<MessageFile>,
    pub(super) introduction: String,
    pub(super) auto_generate_name: bool,
}

/// Creates the message, and the conversation if it is new.
pub(super) async fn create(
    ctx: &Context,
    scope: &Scope,
    tenant_id: &str,
    record: &Record,
    turn: &Turn,
    found: Found,
    question: Question,
) -> Result<()> {
    let now = record.created_at;
    let id = &turn.conversation_id;
    let message = Message {
        id: turn.message_id.clone(),
        parent_message_id: found.history.last().map(|message| message.id.clone()),
        conversation_id: id.clone(),
        end_user_id: record.user.id.clone(),
        inputs: question.inputs.clone(),
        query: question.query.clone(),
        answer: String::new(),
        status: Status::Running,
        error: None,
        files: question.files,
        feedback: None,
        usage: None,
        model: String::new(),
        agent_thoughts: Vec::new(),
        extra_contents: Vec::new(),
        task_id: String::new(),
        created_at: now,
        updated_at: now,
    };
    let partition = keys::conversation(id);
    let is_new = found.conversation.is_none();
    match found.conversation {
        None => {
            let conversation = Conversation {
                id: id.clone(),
                app_id: record.app_id.clone(),
                mode: record.mode,
                end_user_id: record.user.id.clone(),
                session_id: record.user.session_id.clone(),
                name: match question.auto_generate_name {
                    true => conversation::title(&question.query),
                    false => conversation::UNTITLED.to_owned(),
                },
                inputs: question.inputs,
                introduction: question.introduction,
                status: conversation::Status::Normal,
                created_at: now,
                updated_at: now,
            };
            let commit = Commit::new()
                .put(message::key(&message.id), store::encode(&message)?)
                .put(conversation::KEY, store::encode(&conversation)?)
                .if_absent(conversation::KEY);
            scope.commit(&partition, commit).await?;
        }
        Some(_) => {
            let commit = Commit::new().put(message::key(&message.id), store::encode(&message)?);
            scope.commit(&partition, commit).await?;
            let touch = |conversation: &mut Conversation| {
                conversation::open(conversation)?;
                conversation.updated_at = conversation.updated_at.max(now);
                Ok(())
            };
            let missing = conversation::missing();
            store::update(
                scope,
                &partition,
                conversation::KEY,
                missing.message(),
                touch,
            )
            .await?;
        }
    }
    if is_new {
        let titled = question.auto_generate_name;
        conversation::request_first_sync(ctx, tenant_id, id, titled).await?;
    }
    if let Err(error) = conversation::sync(ctx, scope, id).await {
        tracing::warn!(%error, conversation = id, "the list follows later, by the queue");
        if !is_new {
            conversation::request_sync(ctx, tenant_id, id).await?;
        }
    }
    Ok(())
}

/// Says of the message that its run waits for people.
pub(super) async fn pause(
    ctx: &Context,
    scope: &Scope,
    record: &Record,
    turn: &Turn,
    answer: &str,
) -> Result<()> {
    let forms = form::contents(scope, record).await?;
    let partition = keys::conversation(&turn.conversation_id);
    let key = message::key(&turn.message_id);
    let change = |message: &mut Message| {
        message.status = Status::Paused;
        message.extra_contents.clone_from(&forms);
        answer.clone_into(&mut message.answer);
        message.updated_at = ctx.now();
        Ok(())
    };
    match store::update(scope, &partition, &key, "the message is gone", change).await {
        Ok(_) => Ok(()),
        // It was deleted with its conversation.
        Err(error) if error.kind() == Kind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Completes the message and keeps the conversation's variables; the fields of `message_end`.
pub(super) async fn finish(
    ctx: &Context,
    scope: &Scope,
    record: &Record,
    turn: &Turn,
    plan: &Plan,
    outcome: &Outcome,
    told: Told,
) -> Result<Value> {
    variables(ctx, scope, turn, plan, outcome).await?;
    let said = outcome.outputs.get("answer").map(workflow::Value::text);
    let answer = said.filter(|said| !said.is_empty()).unwrap_or(told.answer);
    let forms = match told.asked {
        true => form::contents(scope, record).await?,
        false => Vec::new(),
    };
    let partition = keys::conversation(&turn.conversation_id);
    let key = message::key(&turn.message_id);
    for _ in 0..16 {
        // It was deleted with its conversation: then nothing is to be kept.
        let Some(stored) = store::load::<Message>(scope, &partition, &key).await? else {
            break;
        };
        let message = Message {
            answer: answer.clone(),
            status: match record.status.as_str() {
                "failed" => Status::Error,
                "stopped" => Status::Stopped,
                _ => Status::Normal,
            },
            error: record.error.clone(),
            usage: Some(told.usage.clone()),
            extra_contents: forms.clone(),
            updated_at: ctx.now(),
            ..stored.value
        };
        match message::save(scope, &message, &told.resources, None, Some(stored.version)).await {
            Ok(_) => break,
            // Feedback came meanwhile.
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(json!({
        "id": turn.message_id,
        "metadata": { "annotation_reply": null, "retriever_resources": told.resources, "usage": told.usage },
        "files": outcome.outputs.get("files").filter(|files| files.as_array().is_some())
            .map_or_else(|| json!([]), |files| json!(files)),
    }))
}

/// Keeps what the run assigned; declared variables exist from the first turn on.
async fn variables(
    ctx: &Context,
    scope: &Scope,
    turn: &Turn,
    plan: &Plan,
    outcome: &Outcome,
) -> Result<()> {
    let declared = plan.conversation_variables();
    if declared.is_empty() {
        return Ok(());
    }
    let partition = keys::conversation(&turn.conversation_id);
    let range = Range::prefix(conversation::VARIABLES, VARIABLES);
    let records = scope.list(&partition, range).await?;
    let known: Vec<Variable> = records.iter().map(store::decode).collect::<Result<_>>()?;
    let now = ctx.now();
    let mut commit = Commit::new();
    for declared in declared {
        let value = outcome
            .conversation
            .get(&declared.name)
            .cloned()
            .unwrap_or_default();
        let value = serde_json::to_value(value)
            .map_err(|error| Error::new(Kind::Internal, error.to_string()))?;
        let variable = match known.iter().find(|known| *known.name == *declared.name) {
            Some(known) if known.value == value => continue,
            Some(known) => Variable {
                value,
                updated_at: now,
                ..known.clone()
            },
            None => Variable {
                id: id::derived(&format!(
                    "variable/{}/{}",
                    turn.conversation_id, declared.name
                )),
                name: declared.name.to_string(),
                value_type: declared.kind.name().to_owned(),
                value,
                description: String::new(),
                created_at: now,
                updated_at: now,
            },
        };
        let key = format!("{}{}", conversation::VARIABLES, variable.id);
        commit = commit.put(key, store::encode(&variable)?);
    }
    if !commit.writes.is_empty() {
        scope.commit(&partition, commit).await?;
    }
    Ok(())
}
