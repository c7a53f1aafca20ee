//! Waiting for people: a run that has nothing else to do is given out of hand.

use futures::future::AbortHandle;
use ports::Commit;
use serde_json::{Value, json};
use workflow::{Effect, Task};

use super::{Driver, put};
use crate::{
    Result,
    workflow::{chatflow, form, record::list_run, resume, stop},
};

impl Driver {
    /// Gives a form its address, and shows that a person is asked. One that was asked before has both.
    pub(super) fn ask(&mut self, task: &Task) {
        let (Effect::Human(human), Some((mut data, seq))) = (&*task.effect, self.asking.take())
        else {
            return;
        };
        let id = data.get("form_id").and_then(Value::as_str);
        let id = id.unwrap_or_default().to_owned();
        let asked = form::Asked::new(&self.hands.ctx, task, human, &id);
        let token = asked.token().map(str::to_owned);
        put(&mut data, "form_token", json!(token));
        put(&mut data, "display_in_ui", json!(token.is_some()));
        self.tokens.insert(id, token);
        self.forms.push(asked);
        self.send("human_input_required", data, seq);
    }

    /// Whether somebody wants the run to end.
    pub(super) async fn is_unwanted(&mut self) -> Result<bool> {
        stop::is_wished(&self.hands.scope, &self.record).await
    }

    /// Nothing is left but forms: the run is paused until one is filled in or its time is over. The job that looks after
    /// it sleeps until then.
    pub(super) async fn pause(&mut self) -> Result<()> {
        let scope = self.hands.scope.clone();
        self.handles.values().for_each(AbortHandle::abort);
        self.log.entries.extend(self.run.take_journal());
        self.record.status = "paused".to_owned();
        let record = self.record.clone();
        if let Some(turn) = &record.chat {
            let (ctx, answer) = (&self.hands.ctx, &self.answer);
            chatflow::pause(ctx, &scope, &record, turn, answer).await?;
        }
        stop::note_paused(&scope, &record).await?;
        list_run(&scope, &record).await?;
        self.log.lets_go = true;
        self.log.commit(Commit::new(), Some(&record)).await?;
        self.release();
        // Somebody may have been faster than this commit.
        let mut is_awaited = self.is_unwanted().await?;
        for task in &self.people {
            is_awaited |= form::answer(&scope, &record.id, task).await?.is_some();
        }
        if is_awaited {
            let job = resume::wake(&self.hands.tenant_id, &record.id, "late")?;
            self.hands.ctx.platform.queue.send(vec![job]).await?;
        }
        Ok(())
    }

    /// Puts the addresses of forms into the reasons of a pause.
    pub(super) fn name_forms(&self, data: &mut Value) {
        let reasons = data.get_mut("reasons").and_then(Value::as_array_mut);
        for reason in reasons.into_iter().flatten() {
            let id = reason.get("form_id").and_then(Value::as_str);
            let token = id.and_then(|id| self.tokens.get(id)).cloned().flatten();
            put(reason, "form_token", json!(token));
        }
    }
}
