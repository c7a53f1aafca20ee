//! The chat template inside a GGUF file.

use minijinja::{Environment, context};
use model::{Error, ErrorKind, Message, Result, Role};
use serde::Serialize;

use super::bpe::Bpe;
use crate::{error::broken, llama::Gguf};

const NAME: &str = "chat";

/// Stands for the content of a message while the template is rendered. Private-use characters: no template has them.
const OPEN: char = '\u{F5ED}';
const CLOSE: char = '\u{F5EE}';

/// A parsed template.
pub(crate) struct Template {
    environment: Environment<'static>,
}

#[derive(Serialize)]
struct Turn {
    role: &'static str,
    content: String,
}

impl Template {
    /// From the metadata.
    pub(crate) fn from_gguf(gguf: &Gguf<'_>) -> Result<Self> {
        let text = gguf
            .text("tokenizer.chat_template")
            .ok_or_else(|| broken("GGUF without a chat template"))?;
        Self::new(text)
    }

    fn new(text: &str) -> Result<Self> {
        let mut environment = Environment::new();
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        environment
            .add_template_owned(NAME, text.to_owned())
            .map_err(|error| broken("chat template").with_source(error))?;
        Ok(Self { environment })
    }

    /// The ids of a conversation, ready for the answer. Special tokens come from the template only: somebody who
    /// writes `<|im_end|>` in a message has written ten letters.
    pub(crate) fn render(&self, messages: &[Message], tokenizer: &Bpe) -> Result<Vec<u32>> {
        let mut ids = Vec::new();
        let mut plain = String::new();
        let flush = |plain: &mut String, ids: &mut Vec<u32>| -> Result<()> {
            if !plain.is_empty() {
                ids.extend(tokenizer.encode(plain)?);
                plain.clear();
            }
            Ok(())
        };
        let rendered = self.text(messages)?;
        for (i, part) in rendered.split([OPEN, CLOSE]).enumerate() {
            // Every second part is the number of a message.
            if i % 2 == 1 {
                let message = part.parse().ok().and_then(|i: usize| messages.get(i));
                plain.push_str(&message.map(Message::as_text).unwrap_or_default());
                continue;
            }
            let mut rest = part;
            loop {
                let (before, special) = tokenizer.next_special(rest);
                plain.push_str(before);
                let Some((id, after)) = special else {
                    break;
                };
                flush(&mut plain, &mut ids)?;
                ids.push(id);
                rest = after;
            }
        }
        flush(&mut plain, &mut ids)?;
        if ids.is_empty() {
            return Err(Error::new(
                ErrorKind::BadRequest,
                "the conversation is empty",
            ));
        }
        Ok(ids)
    }

    /// The rendered template, with a mark for the content of each message.
    fn text(&self, messages: &[Message]) -> Result<String> {
        let turns: Vec<Turn> = messages
            .iter()
            .enumerate()
            .map(|(i, message)| Turn {
                role: match message.role {
                    Role::System => "system",
                    Role::User => "user",
                    Role::Assistant => "assistant",
                    Role::Tool => "tool",
                },
                content: format!("{OPEN}{i}{CLOSE}"),
            })
            .collect();
        self.environment
            .get_template(NAME)
            .and_then(|template| {
                template.render(context! { messages => turns, add_generation_prompt => true })
            })
            .map_err(|error| {
                Error::new(
                    ErrorKind::BadRequest,
                    "the model's chat template refuses this conversation",
                )
                .with_source(error)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_are_marked_and_roles_are_not() {
        let template = Template::new(
            "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}\n{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}",
        )
        .unwrap();
        let messages = [
            Message::text(Role::System, "a"),
            Message::text(Role::User, "b"),
        ];
        assert_eq!(
            template.text(&messages).unwrap(),
            format!("<system>{OPEN}0{CLOSE}\n<user>{OPEN}1{CLOSE}\n<assistant>")
        );
    }
}
