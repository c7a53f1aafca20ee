//! A language model is asked.

use std::sync::Arc;

use futures::StreamExt;
use model::{ChatRequest, Delta, Detail, Finish, Llm, Message, Part, ResponseFormat, Role};
use serde_json::{Value, json};
use workflow::{Failure, LlmReply, LlmRequest, Task, Usage};

use super::{Hands, extract, failed};
use crate::{
    Error, Kind,
    apps::{self, ModelConfig},
    chat,
    provider::Providers,
    requests::Purpose,
};

const FAILED: &str = "InvokeError";

/// Tokens that are left for an answer whose length nobody limits.
const ROOM: usize = 512;

pub(super) async fn ask(
    hands: &Hands,
    task: &Task,
    request: &LlmRequest,
) -> Result<LlmReply, Failure> {
    answer(hands, task, request)
        .await
        .map_err(|error| failed(FAILED, &error))
}

async fn answer(hands: &Hands, task: &Task, request: &LlmRequest) -> Result<LlmReply, Error> {
    let begun = hands.ctx.now();
    let providers = Providers::on(&hands.tab(Purpose::Node)).await?;
    let choice = &request.model;
    let named = json!({ "model": {
        "provider": choice.provider, "name": choice.name, "mode": choice.mode,
        "completion_params": choice.parameters,
    }});
    let config =
        ModelConfig::parse(&named).map_err(|error| Error::invalid("model", error.to_string()))?;
    let llm = chat::resolve(&providers, &config.model).await?;
    let mut parameters = config.model.completion_params;
    let mut response_format = apps::response_format(&mut parameters);
    if let Some(schema) = &request.schema {
        response_format = ResponseFormat::JsonSchema {
            name: "output".to_owned(),
            schema: serde_json::to_value(schema).unwrap_or_default(),
        };
    }
    let detail = match request.detail.as_deref() {
        Some("low") => Detail::Low,
        Some("high") => Detail::High,
        _ => Detail::Auto,
    };
    let mut messages = Vec::with_capacity(request.messages.len());
    for message in &request.messages {
        messages.push(spoken(hands, llm.as_ref(), message, detail).await?);
    }
    let room = parameters.max_tokens.map_or(ROOM, |most| most as usize);
    shorten(llm.as_ref(), &mut messages, request.memory, room);
    let prompt_tokens = llm.count_tokens(&messages) as u64;
    let request = ChatRequest {
        messages,
        parameters,
        response_format,
        user: Some(hands.user.id.clone()),
        ..ChatRequest::default()
    };
    let mut stream = llm.stream(request).await?;
    let (mut text, mut reasoning) = (String::new(), String::new());
    let (mut tokens, mut finish, mut first) = (None, None, None);
    while let Some(delta) = stream.next().await {
        match delta? {
            Delta::Text(piece) => {
                first.get_or_insert_with(|| hands.ctx.now());
                text.push_str(&piece);
                if task.streams {
                    // Nobody takes it any more when the run has ended; then this future is dropped too.
                    let _ = hands.deltas.unbounded_send((task.id, piece.into()));
                }
            }
            Delta::Reasoning(piece) => reasoning.push_str(&piece),
            Delta::Usage(usage) => tokens = Some(usage),
            Delta::Finish(reason) => finish = Some(reason),
            Delta::ToolCall(_) => {}
        }
    }
    let tokens = tokens
        .filter(|usage| usage.total_tokens() > 0)
        .unwrap_or_else(|| {
            let written = [Message::text(Role::Assistant, &text)];
            model::Usage {
                prompt_tokens,
                completion_tokens: llm.count_tokens(&written) as u64,
                estimated: true,
            }
        });
    let first = first.map(|first| first.since(begun));
    let usage = chat::Usage::new(
        tokens,
        llm.info().price.as_ref(),
        first,
        hands.ctx.now().since(begun),
    );
    Ok(LlmReply {
        text: text.into(),
        reasoning: reasoning.into(),
        usage: usage_of(&usage)?,
        finish_reason: finish.map(|reason| Arc::from(word(&reason))),
        files: Vec::new(),
    })
}

/// Drops memory, oldest first, until the prompt leaves room for an answer.
fn shorten(llm: &dyn Llm, messages: &mut Vec<Message>, memory: (usize, usize), room: usize) {
    let window = llm.info().context_window;
    let budget = window.saturating_sub(room.min(window / 2));
    let (from, mut until) = memory;
    while from < until && from < messages.len() && llm.count_tokens(messages) > budget {
        messages.remove(from);
        until -= 1;
    }
}

async fn spoken(
    hands: &Hands,
    llm: &dyn Llm,
    message: &workflow::Message,
    detail: Detail,
) -> Result<Message, Error> {
    let role = match message.role {
        workflow::Role::System => Role::System,
        workflow::Role::User => Role::User,
        workflow::Role::Assistant => Role::Assistant,
    };
    let mut spoken = Message::text(role, &*message.text);
    if llm.info().vision {
        for file in message.files.iter() {
            if let workflow::Value::File(file) = file
                && file.kind == "image"
            {
                let url = extract::image_url(hands, file).await?;
                spoken.content.push(Part::Image { url, detail });
            }
        }
    }
    Ok(spoken)
}

pub(super) fn usage_of(usage: &chat::Usage) -> Result<Usage, Error> {
    let shape = |error: serde_json::Error| Error::new(Kind::Internal, error.to_string());
    let value: Value = serde_json::to_value(usage).map_err(shape)?;
    serde_json::from_value(value).map_err(shape)
}

fn word(finish: &Finish) -> &str {
    match finish {
        Finish::Stop => "stop",
        Finish::Length => "length",
        Finish::ToolCalls => "tool_calls",
        Finish::ContentFilter => "content_filter",
        Finish::Other(word) => word,
    }
}
