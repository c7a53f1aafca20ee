//! `moderations`.

use async_trait::async_trait;
use model::{Endpoint, Error, ErrorKind, Moderation, Moderator, ModeratorInfo, Result};
use serde_json::{Value, json};

use super::who;
use crate::client::{Call, Client};

/// Bytes of an answer: categories and scores of each piece.
const ANSWER_BYTES: usize = 4 << 20;

/// Characters of one piece: the services judge short texts better than long ones.
const PIECE_CHARS: usize = 2_000;

/// A remote moderation model.
pub(super) struct Moderate {
    client: Client,
    endpoint: Endpoint,
    info: ModeratorInfo,
    who: String,
}

impl Moderate {
    pub(super) fn new(client: Client, endpoint: Endpoint, info: ModeratorInfo) -> Self {
        Self {
            who: who(&info.provider, &info.model),
            client,
            endpoint,
            info,
        }
    }
}

#[async_trait]
impl Moderator for Moderate {
    fn info(&self) -> &ModeratorInfo {
        &self.info
    }

    async fn moderate(&self, text: &str) -> Result<Moderation> {
        let input = pieces(text);
        if input.is_empty() {
            return Ok(Moderation::default());
        }
        let body = json!({ "model": self.info.model, "input": input });
        let call = Call {
            endpoint: &self.endpoint,
            path: "/moderations",
            who: &self.who,
            body: (&body).into(),
            deadline: self.client.deadline(),
        };
        let answer = self.client.json(&call, ANSWER_BYTES).await?;
        verdict(&answer, input.len()).ok_or_else(|| {
            let message = format!("{}: the answer has no verdict on each text", self.who);
            Error::new(ErrorKind::Protocol, message)
        })
    }
}

fn pieces(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let pieces = chars
        .chunks(PIECE_CHARS)
        .map(|piece| piece.iter().collect());
    pieces
        .filter(|piece: &String| !piece.trim().is_empty())
        .collect()
}

/// One objection is enough. `None` for an answer that does not speak of every piece: what nobody looked at has not
/// passed.
fn verdict(answer: &Value, pieces: usize) -> Option<Moderation> {
    let results = answer.get("results")?.as_array()?;
    let mut moderation = Moderation::default();
    for result in results {
        moderation.flagged |= result.get("flagged")?.as_bool()?;
        let categories = result.get("categories").and_then(Value::as_object);
        let flagged = categories.into_iter().flatten();
        let flagged = flagged.filter(|(_, flagged)| **flagged == Value::Bool(true));
        moderation
            .categories
            .extend(flagged.map(|(category, _)| category.clone()));
    }
    moderation.categories.sort();
    moderation.categories.dedup();
    (results.len() == pieces).then_some(moderation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts() {
        let check = |answer: Value, pieces: usize, expect: Option<(bool, &[&str])>| {
            let found = verdict(&answer, pieces);
            let expect = expect.map(|(flagged, categories)| Moderation {
                flagged,
                categories: categories.iter().map(|name| (*name).to_owned()).collect(),
            });
            assert_eq!(found, expect, "{answer}");
        };
        let calm = json!({ "flagged": false, "categories": { "violence": false } });
        let wild = json!({ "flagged": true, "categories": { "violence": true, "hate": true, "self-harm": false } });
        check(json!({ "results": [calm] }), 1, Some((false, &[])));
        check(
            json!({ "results": [calm, wild, wild] }),
            3,
            Some((true, &["hate", "violence"])),
        );
        check(json!({ "results": [calm] }), 2, None);
        check(json!({ "results": [{}] }), 1, None);
        check(json!({}), 1, None);
    }

    #[test]
    fn long_texts_go_in_pieces() {
        let long = "é".repeat(PIECE_CHARS + 1);
        let lengths: Vec<usize> = pieces(&long).iter().map(|p| p.chars().count()).collect();
        assert_eq!(lengths, [PIECE_CHARS, 1]);
        assert!(pieces(" \n").is_empty());
    }
}
