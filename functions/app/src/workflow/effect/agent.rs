//! An agent works on its own: it calls tools of the workspace until it can answer.

use std::collections::BTreeMap;

use agent::{Agent, Event, Strategy, Toolbox};
use futures::StreamExt;
use model::{ChatRequest, Delta, Message, Role};
use serde_json::{Map, Value, json};
use workflow::{AgentRequest, Failure, Task, ToolReply};

use super::{Hands, absent, failed, llm::usage_of};
use crate::{
    Error,
    apps::{self, ModelConfig},
    chat,
    provider::Providers,
    tool,
};

const FAILED: &str = "AgentNodeError";

/// Rounds of a node that does not say how many.
const ROUNDS: u64 = 10;

/// Bytes of one result that a model gets to see, at least and at most; see `chat::agents`.
const RESULT: (usize, usize) = (1 << 10, 16 << 10);

pub(super) async fn work(
    hands: &Hands,
    task: &Task,
    request: &AgentRequest,
) -> Result<ToolReply, Failure> {
    if request.job.is_some() {
        return Err(absent(
            FAILED,
            "agents of packages (`agent_binding`) do not run here".to_owned(),
        ));
    }
    let strategy = tool::strategy_of(&request.strategy).ok_or_else(|| {
        let message = format!(
            "the agent strategy `{}` of `{}` is not installed here",
            request.strategy, request.provider
        );
        absent(FAILED, message)
    })?;
    answer(hands, task, request, strategy)
        .await
        .map_err(|error| failed(FAILED, &error))
}

async fn answer(
    hands: &Hands,
    task: &Task,
    request: &AgentRequest,
    strategy: Strategy,
) -> Result<ToolReply, Error> {
    let begun = hands.ctx.now();
    let given = match serde_json::to_value(&request.parameters) {
        Ok(Value::Object(given)) => given,
        _ => Map::new(),
    };
    let providers = Providers::load(&hands.ctx, &hands.tenant_id).await?;
    let config = model_of(given.get("model"))?;
    let llm = chat::resolve(&providers, &config.model).await?;
    let mut toolbox = Toolbox::default();
    let tools = given.get("tools").and_then(Value::as_array);
    for mut named in tools.into_iter().flatten().filter_map(tool::listed) {
        named.depth = hands.depth;
        let found = tool::find(&hands.ctx, &hands.tenant_id, &named).await?;
        toolbox.add(tool::given(found, &named.values, false));
    }
    let mut parameters = config.model.completion_params;
    let request = ChatRequest {
        messages: messages(request, &given),
        response_format: apps::response_format(&mut parameters),
        parameters,
        user: Some(hands.user.id.clone()),
        ..ChatRequest::default()
    };
    let rounds = given.get("maximum_iterations").and_then(whole);
    let window = llm.info().context_window;
    let strategy = match llm.info().tools {
        true => strategy,
        false => Strategy::React,
    };
    let mut events = agent::run(Agent {
        llm: llm.clone(),
        request,
        tools: toolbox,
        strategy,
        max_rounds: rounds.unwrap_or(ROUNDS).clamp(1, 99) as u32,
        result_bytes: (window / 2).clamp(RESULT.0, RESULT.1),
        prompt: None,
    });
    let (mut text, mut tokens, mut first) = (String::new(), model::Usage::default(), None);
    let mut steps = BTreeMap::new();
    while let Some(event) = events.next().await {
        match event? {
            Event::Delta(Delta::Text(piece)) => {
                first.get_or_insert_with(|| hands.ctx.now());
                text.push_str(&piece);
                if task.streams {
                    // Nobody takes it any more when the run has ended; then this future is dropped too.
                    let _ = hands.deltas.unbounded_send((task.id, piece.into()));
                }
            }
            Event::Delta(Delta::Usage(usage)) => tokens = usage,
            Event::Delta(_) => {}
            Event::Thought(thought) => {
                steps.insert(thought.position, thought);
            }
        }
    }
    let first = first.map(|first| first.since(begun));
    let took = hands.ctx.now().since(begun);
    let usage = chat::Usage::new(tokens, llm.info().price.as_ref(), first, took);
    let steps = steps.into_values().map(|step| {
        let data = serde_json::to_value(&step).unwrap_or_default();
        workflow::Value::from(&json!({
            "label": format!("ROUND {}", step.position),
            "status": "success",
            "error": null,
            "data": data,
        }))
    });
    Ok(ToolReply {
        text: text.into(),
        json: steps.collect(),
        usage: Some(usage_of(&usage)?),
        ..ToolReply::default()
    })
}

/// The model that the node names.
fn model_of(model: Option<&Value>) -> Result<ModelConfig, Error> {
    let Some(Value::Object(model)) = model else {
        return Err(Error::invalid(
            "agent_parameters.model",
            "agent_parameters.model must name a model",
        ));
    };
    let of = |key: &str| model.get(key).cloned().unwrap_or_default();
    let name = match of("model") {
        Value::Null => of("name"),
        name => name,
    };
    let named = json!({ "model": {
        "provider": of("provider"), "name": name, "mode": of("mode"), "completion_params": of("completion_params"),
    }});
    ModelConfig::parse(&named)
        .map_err(|error| Error::invalid("agent_parameters.model", error.to_string()))
}

/// What is told and asked.
fn messages(request: &AgentRequest, given: &Map<String, Value>) -> Vec<Message> {
    let text = |key: &str| match given.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    let mut system = text("instruction");
    let context = text("context");
    if !context.trim().is_empty() {
        system.push_str(&format!("\n\n<context>\n{context}\n</context>"));
    }
    let mut messages = Vec::new();
    if !system.trim().is_empty() {
        messages.push(Message::text(Role::System, system.trim()));
    }
    messages.extend(request.memory.iter().map(|said| {
        let role = match said.role {
            workflow::Role::System => Role::System,
            workflow::Role::User => Role::User,
            workflow::Role::Assistant => Role::Assistant,
        };
        Message::text(role, &*said.text)
    }));
    messages.push(Message::text(Role::User, text("query")));
    messages
}

/// A count, also one that is written as text.
fn whole(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        value => value.as_u64(),
    }
}
