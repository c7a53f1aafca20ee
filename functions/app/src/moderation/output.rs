//! An answer under moderation: what may be shown of it, and when.

use std::sync::Arc;

use super::judge::{Judge, Moderator};
use crate::{Result, chat::screen::Screened};

/// Characters of an answer between two judgements by somebody else.
const BUFFER: usize = 300;

/// The moderation of one answer.
pub(crate) struct Output {
    moderator: Arc<Moderator>,
    /// What the model wrote.
    text: String,
    /// Bytes of it that were judged, and characters that were not.
    judged: usize,
    waiting: usize,
    /// What is shown is not what was written.
    rewritten: bool,
}

impl Output {
    /// `None` for an app that moderates no answers.
    pub(crate) fn new(moderator: Arc<Moderator>) -> Option<Self> {
        moderator.output.as_ref()?;
        Some(Self {
            moderator,
            text: String::new(),
            judged: 0,
            waiting: 0,
            rewritten: false,
        })
    }

    /// Whether another text, as a whole, may be shown.
    #[cfg(feature = "agents")]
    pub(crate) async fn allows(&self, text: &str) -> Result<bool> {
        Ok(self.moderator.answer(text).await?.is_none())
    }

    /// Takes more text in. Words are looked for at once, and only what may become one is held back; for anybody else
    /// the text is gathered, and judged as a whole each time.
    pub(crate) async fn take(&mut self, more: &str, last: bool) -> Result<Screened> {
        self.text.push_str(more);
        let pending = self.text.get(self.judged..).unwrap_or_default();
        let until = match &self.moderator.judge {
            _ if pending.is_empty() => return Ok(Screened::Show(String::new())),
            Judge::Keywords(words) => {
                // A word that began in what was shown would have been held back.
                if words.hit(pending) {
                    let preset = self.moderator.output.clone().unwrap_or_default().preset;
                    return Ok(Screened::End(preset));
                }
                let safe = if last {
                    pending.len()
                } else {
                    words.safe(pending)
                };
                self.judged + safe
            }
            _ => {
                self.waiting += more.chars().count();
                if self.waiting < BUFFER && !last {
                    return Ok(Screened::Show(String::new()));
                }
                self.waiting = 0;
                match self.moderator.answer(&self.text).await? {
                    Some((preset, false)) => return Ok(Screened::End(preset)),
                    Some((text, true)) => {
                        self.judged = self.text.len();
                        self.rewritten = true;
                        return Ok(Screened::Replace(text));
                    }
                    None => self.text.len(),
                }
            }
        };
        if std::mem::take(&mut self.rewritten) {
            self.judged = until;
            return Ok(Screened::Replace(self.text.clone()));
        }
        let shown = self.text.get(self.judged..until).unwrap_or_default();
        let shown = shown.to_owned();
        self.judged = until;
        Ok(Screened::Show(shown))
    }
}
