//! What a rule would make of a text, before anything is kept.

use rag::{
    Limits,
    split::{Chunk, ProcessRule},
};

use crate::{Context, Error, Kind, Result, provider::Providers};

/// Passages of a preview.
const SHOWN: usize = 50;

/// What would be made.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// Passages in all.
    pub segments: usize,
    /// Tokens of all of them.
    pub tokens: u64,
    /// Characters of the text.
    pub characters: usize,
    /// The first passages, with their tokens.
    pub preview: Vec<(Chunk, u64)>,
}

/// Splits a file by a rule; nothing is kept and nothing is embedded. `limit`: passages to show, 50 at most.
pub async fn estimate(
    ctx: &Context,
    tenant_id: &str,
    filename: &str,
    bytes: &[u8],
    rule: &ProcessRule,
    limit: usize,
) -> Result<Estimate> {
    let limits = Limits::new(ctx.platform.runtime.document_bytes);
    let text = rag::extract(filename, bytes, &limits)?.text;
    let providers = Providers::load(ctx, tenant_id).await?;
    let embedder = match providers.embedder("", "").await {
        Ok(embedder) => Some(embedder),
        // A workspace without a model still wants to see its passages.
        Err(error) if error.kind() == Kind::ProviderNotInitialize => None,
        Err(error) => return Err(error),
    };
    let count = |text: &str| match &embedder {
        Some(embedder) => embedder.count_tokens(text),
        None => text.len().div_ceil(4),
    };
    let chunks = rag::split::split(&text, rule, &count).map_err(|error| {
        let error = Error::from(error);
        match error.kind() {
            Kind::InvalidParam => Error::invalid("process_rule", error.message()),
            _ => error,
        }
    })?;
    let counted = chunks.iter().map(|chunk| count(&chunk.content) as u64);
    let counted: Vec<u64> = counted.collect();
    let (segments, tokens) = (chunks.len(), counted.iter().sum());
    let shown = chunks.into_iter().zip(counted).take(limit.min(SHOWN));
    Ok(Estimate {
        segments,
        tokens,
        characters: text.chars().count(),
        preview: shown.collect(),
    })
}
