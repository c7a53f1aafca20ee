//! What fits: the app's words and the question always, then what was found, then what was said before.

use model::{LlmInfo, Message, Role};

use super::{Pieces, Prompt, TooLong, layout};

/// Least room for an answer, in tokens, before a prompt counts as too long.
const LEAST_ANSWER: usize = 64;

/// Chooses passages and rounds: the best passages that fit, the last rounds that fit beside them. When there are
/// rounds, passages leave a quarter of the room to them.
pub(super) fn fit(
    pieces: &Pieces,
    info: &LlmInfo,
    count: &dyn Fn(&[Message]) -> usize,
) -> Result<Prompt, TooLong> {
    let window = info.context_window;
    let mut parameters = pieces.config.model.completion_params.clone();
    let tokens = count(&layout::messages(pieces, &[], &[]));
    if tokens + LEAST_ANSWER > window {
        return Err(TooLong { tokens, window });
    }
    let wanted = parameters.max_tokens.map_or_else(
        || info.max_output_tokens.min(window / 4),
        |max| max as usize,
    );
    // An app may ask for more than can be: then the answer gets what the prompt leaves.
    let room = window
        .saturating_sub(wanted.clamp(LEAST_ANSWER, (window / 2).max(LEAST_ANSWER)))
        .saturating_sub(tokens);

    let for_passages = if pieces.rounds.is_empty() {
        room
    } else {
        room - room / 4
    };
    // The words around the context count once, with the first passage.
    let with = |passages: &[String]| {
        count(&layout::messages(pieces, passages, &[])).saturating_sub(tokens)
    };
    let mut passages = pieces.passages.to_vec();
    let costs: Vec<usize> = passages
        .iter()
        .map(|passage| count(&[Message::text(Role::System, passage)]))
        .collect();
    let mut used = 0;
    let fitting = costs.iter().take_while(|cost| {
        used += **cost;
        used <= for_passages
    });
    let mut kept = fitting.count().max(1).min(passages.len());
    passages.truncate(kept);
    while kept > 1 && with(&passages) > for_passages {
        kept -= 1;
        passages.truncate(kept);
    }
    // The best passage alone may still be too long: its beginning is better than nothing.
    while let Some(passage) = passages.first_mut().filter(|_| kept == 1) {
        let cost = count(&layout::messages(
            pieces,
            std::slice::from_ref(passage),
            &[],
        ))
        .saturating_sub(tokens);
        if cost <= for_passages {
            break;
        }
        let chars = passage.chars().count() * 9 / 10;
        let shorter: String = passage.chars().take(chars).collect();
        if for_passages < LEAST_ANSWER || shorter.is_empty() {
            passages.clear();
            kept = 0;
        } else {
            *passage = shorter;
        }
    }

    let mut left = room.saturating_sub(if kept == 0 { 0 } else { with(&passages) });
    let mut rounds = pieces.rounds;
    let fitting = rounds.iter().rev().take_while(|round| {
        let cost = count(&layout::round(round));
        let fits = cost <= left;
        left = left.saturating_sub(cost);
        fits
    });
    let fitting = fitting.count();
    rounds = rounds.get(rounds.len() - fitting..).unwrap_or_default();
    // Tokens of parts need not add up to those of the whole.
    let mut messages = layout::messages(pieces, &passages, rounds);
    let mut total = count(&messages);
    while total > tokens + room && !rounds.is_empty() {
        rounds = rounds.get(1..).unwrap_or_default();
        messages = layout::messages(pieces, &passages, rounds);
        total = count(&messages);
    }

    if let Some(max) = parameters.max_tokens {
        let rest = u32::try_from(window.saturating_sub(total)).unwrap_or(u32::MAX);
        parameters.max_tokens = Some(max.min(rest));
    }
    for stop in layout::stops(pieces) {
        if !parameters.stop.contains(&stop) {
            parameters.stop.push(stop);
        }
    }
    Ok(Prompt {
        messages,
        parameters,
        passages: kept,
        rounds: rounds.len(),
        tokens: total,
    })
}
