//! What stands between a model and whoever reads it: each screen sees all that is written, and decides how much of it
//! may be shown.

use std::collections::VecDeque;

use futures::{Stream, StreamExt, stream};
use model::Delta;

#[cfg(feature = "agents")]
use crate::message::Thought;
use crate::{Result, guard, moderation};

/// What is made on the way to an answer.
#[derive(Debug)]
pub(super) enum Made {
    /// By a model.
    Delta(Delta),
    /// By an agent.
    #[cfg(feature = "agents")]
    Thought(Thought),
}

/// Something that a reader gets, or that the answer's records need.
#[derive(Debug)]
pub(super) enum Piece {
    /// More of the answer.
    Text(String),
    /// The whole answer is this now.
    Replace(Replacement),
    /// What it cost.
    Usage(model::Usage),
    /// What an agent does.
    #[cfg(feature = "agents")]
    Thought(Thought),
}

/// What stands in place of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Replacement {
    /// The whole answer.
    pub(crate) text: String,
    /// What the model wrote so far, for its price.
    pub(crate) written: String,
}

/// What a screen makes of more text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Screened {
    /// This may be shown now; the rest is held back.
    Show(String),
    /// The answer is this now, and goes on.
    Replace(String),
    /// The answer is this, and ends.
    End(String),
}

/// The screens of one answer.
#[derive(Default)]
pub(super) struct Screens {
    /// The guard of the prompt, if the app has one.
    pub(super) guard: Option<guard::Watch>,
    /// Moderation, if the app wants it of answers.
    pub(super) moderation: Option<moderation::Output>,
}

impl Screens {
    fn is_empty(&self) -> bool {
        self.guard.is_none() && self.moderation.is_none()
    }

    /// Takes out of a thought what must not be shown: it is judged as a whole, beside the answer.
    #[cfg(feature = "agents")]
    async fn think(&self, thought: &mut Thought) -> Result<()> {
        for text in [
            &mut thought.thought,
            &mut thought.tool_input,
            &mut thought.observation,
        ] {
            let repeats = self.guard.as_ref().is_some_and(|it| it.repeats(text));
            let allowed = match &self.moderation {
                Some(moderation) if !repeats && !text.is_empty() => moderation.allows(text).await?,
                _ => !repeats,
            };
            if !allowed {
                text.clear();
            }
        }
        Ok(())
    }

    /// Takes more text; `last` says that nothing follows.
    async fn take(&mut self, text: String, last: bool) -> Result<Screened> {
        let text = match &mut self.guard {
            Some(guard) => match guard.take(&text, last) {
                Screened::Show(text) => text,
                ends => return Ok(ends),
            },
            None => text,
        };
        match &mut self.moderation {
            Some(moderation) => moderation.take(&text, last).await,
            None => Ok(Screened::Show(text)),
        }
    }
}

/// Reasoning is part of the answer, marked as many models mark it themselves.
#[derive(Default)]
struct Marks {
    reasoning: bool,
}

impl Marks {
    fn text(&mut self, delta: Delta) -> String {
        match delta {
            Delta::Text(text) if self.reasoning => {
                self.reasoning = false;
                format!("\n</think>\n{text}")
            }
            Delta::Reasoning(text) if !self.reasoning => {
                self.reasoning = true;
                format!("<think>\n{text}")
            }
            Delta::Text(text) | Delta::Reasoning(text) => text,
            Delta::Usage(_) | Delta::ToolCall(_) | Delta::Finish(_) => String::new(),
        }
    }
}

struct State<S> {
    deltas: Option<S>,
    marks: Marks,
    screens: Screens,
    written: String,
    ready: VecDeque<Result<Piece>>,
}

/// The model's deltas as they may be shown. What a failing screen held back is never shown.
pub(super) fn screened<S>(deltas: S, screens: Screens) -> impl Stream<Item = Result<Piece>> + Send
where
    S: Stream<Item = Result<Made>> + Unpin + Send,
{
    let state = State {
        deltas: Some(deltas),
        marks: Marks::default(),
        screens,
        written: String::new(),
        ready: VecDeque::new(),
    };
    stream::unfold(state, |mut state| async move {
        let piece = state.next().await?;
        Some((piece, state))
    })
}

impl<S: Stream<Item = Result<Made>> + Unpin + Send> State<S> {
    async fn next(&mut self) -> Option<Result<Piece>> {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                return Some(piece);
            }
            match self.deltas.as_mut()?.next().await {
                #[cfg(feature = "agents")]
                Some(Ok(Made::Thought(mut thought))) => {
                    let outcome = self.screens.think(&mut thought).await;
                    return Some(outcome.map(|()| Piece::Thought(thought)));
                }
                Some(Ok(Made::Delta(Delta::Usage(usage)))) => {
                    return Some(Ok(Piece::Usage(usage)));
                }
                Some(Ok(Made::Delta(delta))) => {
                    let text = self.marks.text(delta);
                    if !text.is_empty() {
                        self.take(text, false).await;
                    }
                }
                // What was held back of an answer that broke off is looked at, and shown before the failure.
                Some(Err(error)) => {
                    self.take(String::new(), true).await;
                    self.deltas = None;
                    self.ready.push_back(Err(error));
                }
                None => {
                    self.take(String::new(), true).await;
                    self.deltas = None;
                }
            }
        }
    }

    async fn take(&mut self, text: String, last: bool) {
        if !self.screens.is_empty() {
            self.written.push_str(&text);
        }
        let replace = |text, written: &String| {
            let written = written.clone();
            Ok(Piece::Replace(Replacement { text, written }))
        };
        match self.screens.take(text, last).await {
            Ok(Screened::Show(text)) if text.is_empty() => {}
            Ok(Screened::Show(text)) => self.ready.push_back(Ok(Piece::Text(text))),
            Ok(Screened::Replace(text)) => {
                self.ready.push_back(replace(text, &self.written));
            }
            Ok(Screened::End(text)) => {
                // Dropping the stream stops the model.
                self.deltas = None;
                self.ready.push_back(replace(text, &self.written));
            }
            Err(error) => {
                self.deltas = None;
                self.ready.push_back(Err(error));
            }
        }
    }
}
