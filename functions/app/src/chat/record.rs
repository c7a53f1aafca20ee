//! The records of a generation: made while the model answers, completed when it has.

use futures::join;
use model::Models;
use ports::{Commit, ErrorKind, Revision, Scope};

use super::{Head, gather::Plan};
use crate::{
    Context, Error, Kind, Result,
    annotation::{self, Hit, Noted},
    apps::Mode,
    conversation::{self, Conversation},
    end_user::EndUser,
    keys, log,
    message::{self, Message, Resource, Status, Trace},
    requests::Tab,
    store::{self, Stored},
    telemetry,
};

/// What is written of a generation.
#[derive(Clone)]
pub(super) struct Records {
    scope: Scope,
    tenant_id: String,
    user: EndUser,
    /// The conversation as it was read, or as it shall be.
    conversation: Stored<Conversation>,
    is_new: bool,
    /// Whether a model shall make a title of the first question.
    titled: bool,
    /// The prepared answer that it says, to be counted.
    noted: Option<Noted>,
    /// The message as far as it is known.
    pub(super) message: Message,
    /// What the model saw; known from the start, written with the answer.
    trace: Trace,
    /// The version of the message's record.
    pub(super) version: Option<Revision>,
}

impl Records {
    pub(super) fn new(ctx: &Context, plan: &Plan, head: &Head) -> Self {
        let now = head.created_at;
        let info = plan.llm.info();
        let name = match plan.auto_generate_name {
            true => conversation::title(&plan.query),
            false => conversation::UNTITLED.to_owned(),
        };
        let fresh = || Conversation {
            id: head.conversation_id.clone(),
            app_id: plan.app.id.clone(),
            mode: plan.app.mode,
            end_user_id: plan.user.id.clone(),
            session_id: plan.user.session_id.clone(),
            name,
            inputs: plan.inputs.clone(),
            introduction: plan.introduction.clone(),
            status: conversation::Status::Normal,
            created_at: now,
            updated_at: now,
        };
        let message = Message {
            id: head.message_id.clone(),
            parent_message_id: plan.parent_message_id.clone(),
            conversation_id: head.conversation_id.clone(),
            end_user_id: plan.user.id.clone(),
            inputs: plan.inputs.clone(),
            query: plan.query.clone(),
            answer: String::new(),
            status: Status::Running,
            error: None,
            files: plan.files.clone(),
            feedback: None,
            usage: None,
            model: format!("{}/{}", info.provider, info.model),
            agent_thoughts: Vec::new(),
            extra_contents: Vec::new(),
            task_id: head.task_id.clone(),
            created_at: now,
            updated_at: now,
        };
        let noted = plan.annotation.as_ref().map(|found| Noted {
            annotation_id: found.annotation.id.clone(),
            hit: Hit {
                message_id: head.message_id.clone(),
                question: plan.query.clone(),
                matched: found.annotation.question.clone(),
                response: found.annotation.answer.clone(),
                score: found.score,
                source: "api".to_owned(),
                created_at: now,
            },
        });
        Self {
            noted,
            // A model in the process has better things to do; see `conversation::title`.
            titled: plan.auto_generate_name
                && plan.app.mode != Mode::Completion
                && info.provider != Models::LOCAL,
            scope: ctx.tenant(&plan.app.tenant_id),
            tenant_id: plan.app.tenant_id.clone(),
            user: plan.user.clone(),
            is_new: plan.conversation.is_none(),
            conversation: plan.conversation.clone().unwrap_or_else(|| Stored {
                value: fresh(),
                version: 0,
            }),
            message,
            trace: plan.trace.clone(),
            version: None,
        }
    }

    /// Writes the message and what it cites. Feedback that came meanwhile stays.
    pub(super) async fn save(&mut self, resources: &[Resource]) -> Result<()> {
        for _ in 0..16 {
            let (message, version) = (&self.message, self.version);
            let trace = (message.status != Status::Running).then_some(&self.trace);
            match message::save(&self.scope, message, resources, trace, version).await {
                Ok(version) => {
                    self.version = Some(version);
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::Conflict => {
                    let partition = keys::conversation(&self.message.conversation_id);
                    let stored = store::load::<Message>(
                        &self.scope,
                        &partition,
                        &message::key(&self.message.id),
                    )
                    .await?;
                    // It was deleted with its conversation: then nothing is to be kept.
                    let Some(stored) = stored else {
                        return Err(conversation::missing());
                    };
                    self.message.feedback = stored.value.feedback;
                    self.version = Some(stored.version);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::new(Kind::Conflict, "the message changes too often"))
    }

    /// Puts an answer that has come to its end into the log of its app, and tells of it.
    pub(super) async fn note(&self, ctx: &Context, tab: &Tab) {
        let app_id = &self.conversation.value.app_id;
        telemetry::answered(ctx, app_id, &self.message, &self.trace);
        let mut requests = tab.settle();
        let (conversation, message) = (&self.conversation.value, &self.message);
        match log::note(&self.scope, conversation, message, &requests).await {
            Ok(written) => drop(requests.drain(..written)),
            Err(error) => {
                let message = &message.id;
                tracing::warn!(%error, message, "an answer is missing in the log of its app");
            }
        }
        tab.write(requests);
    }

    /// Stores as much as there is; a failure only means that less survives a sudden end.
    pub(super) async fn checkpoint(&mut self, answer: &str, now: ports::Timestamp) {
        answer.clone_into(&mut self.message.answer);
        self.message.updated_at = now;
        if let Err(error) = self.save(&[]).await {
            tracing::warn!(%error, message = self.message.id, "a part of an answer could not be stored");
        }
    }
}

/// Creates the message, and the conversation if it is new, and brings the end user's list up to date.
pub(super) async fn create(ctx: Context, scope: Scope, records: Records) -> Result<Revision> {
    let id = records.conversation.value.id.clone();
    let tenant_id = &records.tenant_id;
    let queued = async {
        match records.is_new {
            true => conversation::request_first_sync(&ctx, tenant_id, &id, records.titled).await,
            false => Ok(()),
        }
    };
    let noted = async {
        let Some(noted) = records.noted.clone() else {
            return Ok(());
        };
        annotation::note(&ctx, tenant_id, &records.conversation.value.app_id, noted).await
    };
    let (version, queued, noted) = join!(commit(&scope, &records), queued, noted);
    let written = version?;
    let version = written.version;
    if let Err(error) = noted {
        tracing::warn!(%error, conversation = id, "an answer by an annotation is not counted");
    }
    if let Err(error) = queued {
        tracing::warn!(%error, conversation = id, "no job will repeat the listing of a conversation");
    }
    let listed = conversation::sync_written(&scope, written, records.is_new, &records.message);
    if let Err(error) = listed.await {
        tracing::warn!(%error, conversation = id, "the list follows later, by the queue");
        if !records.is_new {
            conversation::request_sync(&ctx, tenant_id, &id).await?;
        }
    }
    Ok(version)
}

/// The conversation as it is then; its version is the message's too.
async fn commit(scope: &Scope, records: &Records) -> Result<Stored<Conversation>> {
    let partition = keys::conversation(&records.conversation.value.id);
    let message = store::encode(&records.message)?;
    let with_message = || Commit::new().put(message::key(&records.message.id), message.clone());
    if records.is_new {
        let record = store::encode(&records.conversation.value)?;
        let commit = with_message()
            .put(conversation::KEY, record)
            .if_absent(conversation::KEY);
        return Ok(Stored {
            version: scope.commit(&partition, commit).await?,
            value: records.conversation.value.clone(),
        });
    }
    let mut current = records.conversation.clone();
    for _ in 0..64 {
        conversation::open(&current.value)?;
        current.value.updated_at = current.value.updated_at.max(records.message.created_at);
        let record = store::encode(&current.value)?;
        let commit = with_message()
            .put(conversation::KEY, record)
            .if_version(conversation::KEY, current.version);
        match scope.commit(&partition, commit).await {
            Ok(version) => return Ok(Stored { version, ..current }),
            // Another question in the same conversation, or a new name for it.
            Err(error) if error.kind() == ErrorKind::Conflict => {
                current = conversation::get(scope, &records.user, &current.value.id).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::new(
        Kind::Conflict,
        "too many questions in one conversation at once",
    ))
}
