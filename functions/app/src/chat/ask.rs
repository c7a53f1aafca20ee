//! A short question of our own to a model: where to search, not what to answer.

use futures::StreamExt;
use model::{ChatRequest, Delta, Llm, Message, Parameters, Role, Tool};

use super::Usage;
use crate::{Context, Result};

/// What came back.
pub(super) struct Said {
    /// The name of the first function that is called.
    pub(super) call: String,
    pub(super) text: String,
    pub(super) usage: Usage,
}

/// Most tokens of an answer.
const MAX_TOKENS: u32 = 400;

/// Asks with these instructions, without chance.
pub(super) async fn ask(
    ctx: &Context,
    llm: &dyn Llm,
    instructions: String,
    query: &str,
    tools: Vec<Tool>,
) -> Result<Said> {
    let begun = ctx.now();
    let messages = vec![
        Message::text(Role::System, instructions),
        Message::text(Role::User, query),
    ];
    let prompt_tokens = llm.count_tokens(&messages) as u64;
    let request = ChatRequest {
        messages,
        tools,
        parameters: Parameters {
            temperature: Some(0.0),
            max_tokens: Some(MAX_TOKENS),
            ..Parameters::default()
        },
        ..ChatRequest::default()
    };
    let mut deltas = llm.stream(request).await?;
    let (mut call, mut text, mut tokens) = (String::new(), String::new(), None);
    while let Some(delta) = deltas.next().await {
        match delta? {
            Delta::Text(more) => text.push_str(&more),
            Delta::ToolCall(piece) if piece.index == 0 => {
                call.push_str(piece.name.as_deref().unwrap_or_default());
            }
            Delta::Usage(usage) => tokens = Some(usage),
            _ => {}
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
    let took = ctx.now().since(begun);
    let usage = Usage::new(tokens, llm.info().price.as_ref(), None, took);
    Ok(Said { call, text, usage })
}
