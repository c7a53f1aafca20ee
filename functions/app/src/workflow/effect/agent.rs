//! An agent of a node: each round of its model and each call of a tool is an effect of its own, whose answer is kept.

use agent::{Agent, Round, Strategy, Toolbox};
use model::{ChatRequest, Delta, Message, Role, ToolCall};
use serde_json::{Map, Value, json};
use workflow::{
    AgentCall, AgentCallRequest, AgentRequest, AgentResult, AgentRound, Failure, PastRound, Task,
};

use super::{Hands, absent, failed, llm::usage_of, tool::plain};
use crate::{
    Error,
    apps::{self, ModelConfig},
    chat,
    provider::Providers,
    requests::Purpose,
    tool::{self, Guard},
};

const FAILED: &str = "AgentNodeError";

/// Rounds of a node that does not say how many.
const ROUNDS: u64 = 10;

/// Bytes of one result that a model gets to see, at least and at most; see `chat::agents`.
const RESULT: (usize, usize) = (1 << 10, 16 << 10);

/// Asks the agent's model once.
pub(super) async fn ask(
    hands: &Hands,
    task: &Task,
    request: &AgentRequest,
) -> Result<AgentRound, Failure> {
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
    round(hands, task, request, strategy)
        .await
        .map_err(|error| failed(FAILED, &error))
}

/// Calls a tool of the agent's. What goes wrong with it is for the model to hear.
pub(super) async fn call(
    hands: &Hands,
    task: &Task,
    request: &AgentCallRequest,
) -> Result<AgentResult, Failure> {
    let given = plain(&request.parameters);
    let tools = toolbox(hands, task, &given).await;
    let tools = tools.map_err(|error| failed(FAILED, &error))?;
    let (call, budget) = (&request.call, request.result_bytes as usize);
    let called = tools.call(&call.name, &call.arguments, budget).await;
    let is_error = called.is_err();
    Ok(AgentResult {
        text: called.unwrap_or_else(|error| error).into(),
        is_error,
    })
}

async fn toolbox(hands: &Hands, task: &Task, given: &Map<String, Value>) -> Result<Toolbox, Error> {
    let mut toolbox = Toolbox::default();
    let tools = given.get("tools").and_then(Value::as_array);
    for mut named in tools.into_iter().flatten().filter_map(tool::listed) {
        named.depth = hands.depth;
        named.above = Some(hands.run_id.clone());
        named.idempotency_key = Some(task.idempotency_key.to_string());
        let found = tool::find(&hands.ctx, &hands.tenant_id, &named).await?;
        toolbox.add(tool::given(found, &named.values, &Guard::default()));
    }
    Ok(toolbox)
}

async fn round(
    hands: &Hands,
    task: &Task,
    request: &AgentRequest,
    strategy: Strategy,
) -> Result<AgentRound, Error> {
    let begun = hands.ctx.now();
    let given = plain(&request.parameters);
    let providers = Providers::on(&hands.tab(Purpose::AgentRound)).await?;
    let config = model_of(given.get("model"))?;
    let llm = chat::resolve(&providers, &config.model).await?;
    let tools = toolbox(hands, task, &given).await?;
    let mut parameters = config.model.completion_params;
    let prompt = ChatRequest {
        messages: messages(request, &given),
        response_format: apps::response_format(&mut parameters),
        parameters,
        user: Some(hands.user.id.clone()),
        ..ChatRequest::default()
    };
    let rounds = given.get("maximum_iterations").and_then(whole);
    let info = llm.info();
    let result_bytes = (info.context_window / 2).clamp(RESULT.0, RESULT.1);
    let agent = Agent {
        llm: llm.clone(),
        request: prompt,
        tools: tools.clone(),
        strategy: match info.tools {
            true => strategy,
            false => Strategy::React,
        },
        max_rounds: rounds.unwrap_or(ROUNDS).clamp(1, 99) as u32,
        result_bytes,
        prompt: None,
    };
    let (mut first, mut all) = (None, model::Usage::default());
    let past = request.past.iter().map(remembered).collect();
    let round = agent::round(agent, past, |delta| match delta {
        Delta::Text(piece) => {
            first.get_or_insert_with(|| hands.ctx.now());
            if task.streams {
                // Nobody takes it any more when the run has ended; then this future is dropped too.
                let _ = hands.deltas.unbounded_send((task.id, piece.into()));
            }
        }
        Delta::Usage(usage) => all = usage,
        _ => {}
    })
    .await?;
    let first = first.map(|first| first.since(begun));
    let took = hands.ctx.now().since(begun);
    let usage = |tokens| {
        let usage = chat::Usage::new(tokens, info.price.as_ref(), first, took);
        usage_of(&usage)
    };
    let before = request.past.last();
    let mut total = usage(all)?;
    total.latency += before.map_or(0.0, |past| past.round.total.latency);
    let calls = round.calls.into_iter().map(|call| AgentCall {
        label: tools.label(&call.name).into(),
        id: call.id.into(),
        name: call.name.into(),
        arguments: call.arguments.into(),
    });
    Ok(AgentRound {
        calls: calls.collect(),
        thought: round.text.into(),
        shown: round.shown.into(),
        model: info.model.as_str().into(),
        usage: usage(round.usage)?,
        total,
        result_bytes: result_bytes as u64,
    })
}

/// A round as the agent's crate knows it.
fn remembered(past: &PastRound) -> Round {
    let call = |call: &AgentCall| ToolCall {
        id: call.id.to_string(),
        name: call.name.to_string(),
        arguments: call.arguments.to_string(),
    };
    let usage = &past.round.usage;
    Round {
        text: past.round.thought.to_string(),
        shown: past.round.shown.to_string(),
        calls: past.round.calls.iter().map(call).collect(),
        results: past.results.iter().map(|it| it.text.to_string()).collect(),
        usage: model::Usage {
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
            estimated: false,
        },
    }
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
