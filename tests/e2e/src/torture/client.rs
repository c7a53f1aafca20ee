//! One of the clients that work while the server is killed again and again.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{sync::watch, time::timeout};

use super::{
    Epoch,
    ledger::{Known, Ledger},
    random::Random,
};
use crate::http::{Client, text};

/// How long a server may take to come back before a failed request counts as the server's fault.
const PATIENCE: Duration = Duration::from_secs(60);

/// What clients work on.
#[derive(Clone)]
pub struct Keys {
    pub datasets: String,
    pub dataset: String,
    pub app: String,
}

/// A client with a user and a conversation of its own.
pub struct Worker {
    user: String,
    keys: Keys,
    random: Random,
    ledger: Arc<Mutex<Ledger>>,
    conversation: String,
    count: usize,
    /// Places of the documents that are there for sure.
    documents: Vec<usize>,
}

impl Worker {
    pub fn new(number: usize, keys: Keys, random: Random, ledger: Arc<Mutex<Ledger>>) -> Self {
        Self {
            user: format!("user-{number}"),
            keys,
            random,
            ledger,
            conversation: String::new(),
            count: 0,
            documents: Vec::new(),
        }
    }

    /// Works until it is told to stop.
    pub async fn run(
        mut self,
        mut epochs: watch::Receiver<Epoch>,
        stopped: watch::Receiver<bool>,
    ) -> Result<()> {
        while !*stopped.borrow() {
            let (epoch, deployment) = epochs.borrow_and_update().clone();
            let app = Client::new(&deployment, &self.keys.app);
            let datasets = Client::new(&deployment, &self.keys.datasets);
            let outcome = match self.random.below(10) {
                0..6 => self.ask(&app).await,
                6..9 => self.upload(&datasets).await,
                _ => self.delete(&datasets).await,
            };
            let Err(error) = outcome else { continue };
            // A request may only fail because the server was killed: then another one starts.
            ensure!(error.is::<reqwest::Error>(), "{error:?}");
            timeout(PATIENCE, epochs.wait_for(|(now, _)| *now > epoch))
                .await
                .map_err(|_| error.context("a request failed, and the server was not killed"))??;
        }
        Ok(())
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn name(&mut self, what: &str) -> String {
        self.count += 1;
        format!("{what} {} of {}", self.count, self.user)
    }

    async fn ask(&mut self, app: &Client) -> Result<()> {
        if self.random.below(6) == 0 {
            self.conversation.clear();
        }
        let query = self.name("Question");
        let place = self.ledger().ask(&self.user, &query);
        let streaming = self.random.below(2) == 0;
        let body = json!({
            "inputs": {}, "query": query, "user": self.user, "conversation_id": self.conversation,
            "response_mode": if streaming { "streaming" } else { "blocking" },
        });
        let (answer, end) = if streaming {
            let streamed = app.stream("/v1/chat-messages", &body).await?;
            let end = streamed.events.last().cloned().unwrap_or_default();
            ensure!(
                text(&end, "/event") == "message_end",
                "the stream ends with {end}"
            );
            (streamed.answer, end)
        } else {
            let whole = success(
                app.send(Method::POST, "/v1/chat-messages", Some(&body))
                    .await?,
            )?;
            (text(&whole, "/answer"), whole)
        };
        self.conversation = text(&end, "/conversation_id");
        let conversation = self.conversation.clone();
        let mut ledger = self.ledger();
        let turn = ledger.turns.get_mut(place).context("no such turn")?;
        turn.known = Known::Done;
        turn.answer = answer;
        turn.message = text(&end, "/message_id");
        turn.conversation = conversation;
        Ok(())
    }

    async fn upload(&mut self, datasets: &Client) -> Result<()> {
        let name = self.name("Note");
        let content = format!(
            "{name} says that the number of the day is {}.",
            self.random.next()
        );
        let place = self.ledger().upload(&name, &content);
        let body = json!({
            "name": name, "text": content, "indexing_technique": "high_quality",
            "process_rule": { "mode": "automatic" },
        });
        let path = format!("/v1/datasets/{}/document/create-by-text", self.keys.dataset);
        let created = success(datasets.send(Method::POST, &path, Some(&body)).await?)?;
        self.documents.push(place);
        let mut ledger = self.ledger();
        let document = ledger
            .documents
            .get_mut(place)
            .context("no such document")?;
        document.created = Known::Done;
        document.id = text(&created, "/document/id");
        Ok(())
    }

    async fn delete(&mut self, datasets: &Client) -> Result<()> {
        let choice = self.random.below(self.documents.len() as u64) as usize;
        if choice >= self.documents.len() {
            return Ok(());
        }
        let place = self.documents.swap_remove(choice);
        let id = {
            let mut ledger = self.ledger();
            let document = ledger
                .documents
                .get_mut(place)
                .context("no such document")?;
            document.deleted = Some(Known::Sent);
            document.id.clone()
        };
        let path = format!("/v1/datasets/{}/documents/{id}", self.keys.dataset);
        let answer = datasets.send(Method::DELETE, &path, None).await?;
        // The documented refusal: it stays, for another time.
        let busy = text(&answer.body, "/code") == "document_indexing";
        let deleted = if busy {
            self.documents.push(place);
            None
        } else {
            success(answer)?;
            Some(Known::Done)
        };
        let mut ledger = self.ledger();
        let document = ledger
            .documents
            .get_mut(place)
            .context("no such document")?;
        document.deleted = deleted;
        Ok(())
    }
}

fn success(answer: crate::http::Answer) -> Result<Value> {
    if !(200..300).contains(&answer.status) {
        bail!("answered {}: {}", answer.status, answer.body);
    }
    Ok(answer.body)
}
