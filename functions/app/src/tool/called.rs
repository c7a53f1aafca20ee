//! A workflow that is called as a tool: a run of its own, which ends with whoever called it.

use agent::Tool;
use async_trait::async_trait;
use futures::{FutureExt, StreamExt, stream::BoxStream};
use serde_json::{Map, Value, json};

use super::flow::{DEPTH, FROM};
use crate::{
    Context, Result,
    apps::App,
    end_user::EndUser,
    workflow::{self, Child, Event, Record, Request, Which},
};

pub(super) struct Called {
    pub(super) ctx: Context,
    pub(super) app: App,
    pub(super) spec: model::Tool,
    pub(super) label: String,
    /// Runs above that of this tool.
    pub(super) depth: u32,
    /// The run that calls, and which of its calls this is.
    pub(super) above: Option<(String, String)>,
}

/// A run that an answer waits for. Dropped before its end, it stops the run: nobody wants the result any more. A run that
/// waits says so by itself: that it is dropped may only mean that its driver is gone, and another one goes on with it.
struct Awaited {
    ctx: Context,
    record: Record,
    tenant_id: String,
    is_over: bool,
}

impl Drop for Awaited {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let (ctx, tenant_id) = (self.ctx.clone(), self.tenant_id.clone());
        let (app_id, task_id) = (self.record.app_id.clone(), self.record.task_id.clone());
        let stop = async move {
            if let Err(error) = workflow::stop(&ctx, &tenant_id, &app_id, &task_id).await {
                tracing::warn!(%error, task_id, "a run that nobody waits for cannot be stopped");
            }
        };
        self.ctx.platform.spawn.spawn(stop.boxed());
    }
}

#[async_trait]
impl Tool for Called {
    fn spec(&self) -> model::Tool {
        self.spec.clone()
    }

    fn label(&self) -> String {
        self.label.clone()
    }

    async fn call(&self, arguments: &Map<String, Value>) -> std::result::Result<String, String> {
        if self.depth > DEPTH {
            return Err(format!(
                "workflows lie within each other as tools more than {DEPTH} deep"
            ));
        }
        let outcome = self.outcome(arguments).await;
        let data = outcome.map_err(|error| error.message().to_owned())?;
        let text = |key: &str| data.get(key).and_then(Value::as_str);
        match text("status") {
            Some("succeeded" | "partial-succeeded") => {
                Ok(data.get("outputs").cloned().unwrap_or_default().to_string())
            }
            _ => Err(text("error")
                .unwrap_or("the workflow did not end")
                .to_owned()),
        }
    }
}

impl Called {
    /// What the last event of the run says.
    async fn outcome(&self, arguments: &Map<String, Value>) -> Result<Value> {
        let (record, mut events) = self.begin(arguments).await?;
        let mut awaited = Awaited {
            ctx: self.ctx.clone(),
            record,
            tenant_id: self.app.tenant_id.clone(),
            is_over: self.above.is_some(),
        };
        let (mut seen, mut was_over) = (0, false);
        loop {
            while let Some(event) = events.next().await {
                seen = seen.max(event.id);
                match event.name.as_str() {
                    "workflow_finished" => {
                        awaited.is_over = true;
                        return Ok(event.data);
                    }
                    "error" => break,
                    _ => {}
                }
            }
            // Its driver is gone: it waits for people, another driver takes it over, or nobody could.
            let scope = self.ctx.tenant(&self.app.tenant_id);
            let now = workflow::get(&scope, &self.app.id, &awaited.record.id).await?;
            if was_over {
                awaited.is_over = true;
                return Ok(
                    json!({ "status": now.status, "outputs": now.outputs, "error": now.error }),
                );
            }
            was_over = now.is_finished();
            events = workflow::events(&self.ctx, &scope, now, seen, true).boxed();
        }
    }

    /// The run of this call: the one that it began before a crash, or a new one.
    async fn begin(
        &self,
        arguments: &Map<String, Value>,
    ) -> Result<(Record, BoxStream<'static, Event>)> {
        let scope = self.ctx.tenant(&self.app.tenant_id);
        if let Some((above, key)) = &self.above
            && let Some(child) = workflow::child(&scope, above, key).await?
            && let Ok(record) = workflow::get(&scope, &child.app_id, &child.run_id).await
        {
            let events = workflow::events(&self.ctx, &scope, record.clone(), 0, true);
            return Ok((record, events.boxed()));
        }
        let request = Request {
            inputs: self.inputs(arguments),
            files: Vec::new(),
            user: EndUser::new(&self.app.id, "tool", self.ctx.now()),
            version: Which::Published,
        };
        let from = format!("{FROM}{}", self.depth);
        let running = workflow::run_from(&self.ctx, &self.app, request, Some(from)).await?;
        let record = running.record;
        if let Some((above, key)) = &self.above {
            let child = Child {
                app_id: record.app_id.clone(),
                run_id: record.id.clone(),
                task_id: record.task_id.clone(),
            };
            workflow::note_child(&self.ctx, &scope, above, key, &child).await?;
        }
        Ok((record, running.events.boxed()))
    }
}

impl Called {
    /// Arguments as inputs: a node may write numbers as texts, and a model texts as numbers.
    fn inputs(&self, arguments: &Map<String, Value>) -> Map<String, Value> {
        let fits = |(name, value): (&String, &Value)| {
            let pointer = format!("/properties/{name}/type");
            let kind = self.spec.parameters.pointer(&pointer)?.as_str()?;
            let value = match (kind, value) {
                ("string", Value::String(_)) | (_, Value::Null) => value.clone(),
                ("string", other) => Value::String(other.to_string()),
                (_, Value::String(text)) => {
                    serde_json::from_str(text).unwrap_or_else(|_| value.clone())
                }
                _ => value.clone(),
            };
            Some((name.clone(), value))
        };
        arguments.iter().filter_map(fits).collect()
    }
}
