//! Thoughts that a model writes between `<think>` and `</think>`, taken apart from its answer, also while it is written.

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// Takes pieces of text and gives back what is answer and what is thought. Holds back what may be half a mark.
#[derive(Debug, Default)]
pub(crate) struct Splitter {
    held: String,
    is_inside: bool,
    has_thought: bool,
}

impl Splitter {
    /// The answer and the thought in the next piece.
    pub(crate) fn push(&mut self, piece: &str) -> (String, String) {
        self.held.push_str(piece);
        let (mut answer, mut thought) = (String::new(), String::new());
        loop {
            let mark = if self.is_inside { CLOSE } else { OPEN };
            let into = if self.is_inside {
                &mut thought
            } else {
                &mut answer
            };
            let Some((before, after)) = self.held.split_once(mark) else {
                break;
            };
            into.push_str(before);
            self.held = after.to_owned();
            self.is_inside = !self.is_inside;
            self.has_thought = true;
        }
        let mark = if self.is_inside { CLOSE } else { OPEN };
        let kept = (1..mark.len()).rev().find(|length| {
            mark.get(..*length)
                .is_some_and(|part| self.held.ends_with(part))
        });
        let ready = self.held.len() - kept.unwrap_or(0);
        let rest = self.held.split_off(ready);
        let into = if self.is_inside {
            &mut thought
        } else {
            &mut answer
        };
        into.push_str(&self.held);
        self.held = rest;
        (answer, thought)
    }

    /// What was held back, when no more comes.
    pub(crate) fn finish(&mut self) -> (String, String) {
        let rest = std::mem::take(&mut self.held);
        if self.is_inside {
            (String::new(), rest)
        } else {
            (rest, String::new())
        }
    }

    /// Whether there was a thought.
    pub(crate) fn has_thought(&self) -> bool {
        self.has_thought
    }
}

/// The answer without its thoughts, and the thoughts.
pub(crate) fn split(text: &str) -> (String, String) {
    let mut splitter = Splitter::default();
    let (mut answer, mut thought) = splitter.push(text);
    let (more, last) = splitter.finish();
    answer.push_str(&more);
    thought.push_str(&last);
    (answer.trim_start().to_owned(), thought.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thoughts_are_taken_out_wherever_the_text_is_cut() {
        let check = |text: &str, answer: &str, thought: &str| {
            assert_eq!(
                split(text),
                (answer.to_owned(), thought.to_owned()),
                "{text}"
            );
            for size in 1..text.len() {
                let mut splitter = Splitter::default();
                let (mut found, mut thoughts) = (String::new(), String::new());
                let letters: Vec<char> = text.chars().collect();
                for piece in letters.chunks(size) {
                    let (a, t) = splitter.push(&piece.iter().collect::<String>());
                    found.push_str(&a);
                    thoughts.push_str(&t);
                }
                let (a, t) = splitter.finish();
                assert_eq!(
                    (found + &a).trim_start(),
                    answer,
                    "{text} in pieces of {size}"
                );
                assert_eq!(
                    (thoughts + &t).trim(),
                    thought,
                    "{text} in pieces of {size}"
                );
            }
        };
        check("plain", "plain", "");
        check("<think>a < b</think>yes", "yes", "a < b");
        check("é<think>ü</think>ö<think>2</think>!", "éö!", "ü2");
        check("1 <thin ice", "1 <thin ice", "");
        check("<think>never closed", "", "never closed");
    }
}
