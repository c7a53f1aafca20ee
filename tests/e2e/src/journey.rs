//! The one end-to-end script: create a dataset, upload a PDF and a Markdown file, wait, ask, read the citations, continue
//! the conversation, delete everything. Every runtime must give exactly these answers.

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    Deployment,
    http::{Client, list, text},
    pdf,
    peer::{GOOD, Peer},
    setup,
};

const MANUAL: &str = include_str!("../fixtures/espresso-machine.txt");
const POLICY: &str = include_str!("../fixtures/travel-policy.md");

/// A question, what the scripted model must answer from the passages, and the document that must be cited first.
const TURNS: [(&str, &str, &str); 3] = [
    (
        "How long does the warranty cover the boiler and the pump?",
        "[turn 1] The warranty covers the boiler and the pump for thirty months from the date of purchase.",
        "manual.pdf",
    ),
    (
        "How much do employees who use their own car receive for each kilometre?",
        "[turn 2] Employees who use their own car receive 0.38 euros per kilometre.",
        "policy.md",
    ),
    (
        "And what does the red lamp that blinks twice mean for the water tank?",
        "[turn 3] A red lamp that blinks twice means that the water tank is empty or not seated.",
        "manual.pdf",
    ),
];

/// Runs it against a deployment; the peer must be reachable from there.
pub async fn run(deployment: &Deployment, peer: &Peer) -> Result<()> {
    setup::provider(deployment, peer)
        .await
        .context("the provider")?;
    let knowledge = Client::new(deployment, &setup::dataset_key(deployment).await?);
    let dataset = setup::dataset(&knowledge, "Journey")
        .await
        .context("the dataset")?;
    let files = [
        ("manual.pdf", pdf::document(MANUAL)),
        ("policy.md", POLICY.as_bytes().to_vec()),
    ];
    let documents = setup::documents(&knowledge, &dataset, &files)
        .await
        .context("the documents")?;

    let (app, key) = setup::assistant(deployment, "Journey", GOOD, Some(&dataset))
        .await
        .context("the app")?;
    let chat = Client::new(deployment, &key);
    describes_itself(&chat)
        .await
        .context("what the app says of itself")?;
    let conversation = converse(&chat, &dataset, &documents)
        .await
        .context("the conversation")?;
    remembers(&chat, &conversation)
        .await
        .context("what is remembered")?;
    forgets(&chat, &conversation)
        .await
        .context("deleting the conversation")?;
    dismantle(deployment, &knowledge, &app, &dataset, &documents)
        .await
        .context("deleting the rest")
}

async fn describes_itself(chat: &Client) -> Result<()> {
    let info = chat.get("/v1/info").await?;
    ensure!(
        text(&info, "/name") == "Journey" && text(&info, "/mode") == "chat",
        "{info}"
    );
    let parameters = chat.get("/v1/parameters").await?;
    ensure!(
        text(&parameters, "/opening_statement") == "What would you like to know?",
        "{parameters}"
    );
    ensure!(
        text(&parameters, "/user_input_form/0/text-input/variable") == "role",
        "{parameters}"
    );
    chat.get("/v1/meta").await?;
    let site = chat.get("/v1/site").await?;
    ensure!(text(&site, "/title") == "Journey", "{site}");
    Ok(())
}

async fn converse(chat: &Client, dataset: &str, documents: &[String]) -> Result<String> {
    let mut conversation = String::new();
    for (turn, (question, answer, source)) in TURNS.iter().enumerate() {
        let ask = |mode: &str, conversation: &str| {
            json!({
                "inputs": { "role": "a librarian" }, "query": question, "response_mode": mode,
                "conversation_id": conversation, "user": "reader",
            })
        };
        // The second turn is asked in blocking mode: the same answer must come in one piece.
        let end = if turn == 1 {
            let whole = chat
                .post("/v1/chat-messages", &ask("blocking", &conversation))
                .await?;
            ensure!(text(&whole, "/answer") == *answer, "answered {whole}");
            ensure!(
                text(&whole, "/event") == "message" && text(&whole, "/mode") == "chat",
                "{whole}"
            );
            ensure!(
                text(&whole, "/id") == text(&whole, "/message_id"),
                "{whole}"
            );
            whole
        } else {
            let streamed = chat
                .stream("/v1/chat-messages", &ask("streaming", &conversation))
                .await?;
            ensure!(
                streamed.answer == *answer,
                "answered {:?} {:?}",
                streamed.answer,
                streamed.events.last()
            );
            envelope(&streamed.events)?;
            streamed.events.last().cloned().unwrap_or_default()
        };
        let sources = setup::sources(&end);
        ensure!(
            sources.first().map(String::as_str) == Some(*source),
            "turn {turn} cites {sources:?}"
        );
        let first = end
            .pointer("/metadata/retriever_resources/0")
            .cloned()
            .unwrap_or_default();
        cited(&first, dataset, documents)?;
        let used = end
            .pointer("/metadata/usage/completion_tokens")
            .and_then(Value::as_u64);
        ensure!(
            used == Some(answer.split_whitespace().count() as u64),
            "usage of {end}"
        );
        let id = text(&end, "/conversation_id");
        ensure!(
            conversation.is_empty() || conversation == id,
            "another conversation: {id}"
        );
        conversation = id;
    }
    Ok(conversation)
}

/// Every event names its conversation, message and task; the last one ends the message.
fn envelope(events: &[Value]) -> Result<()> {
    let last = events.last().context("no events")?;
    ensure!(
        text(last, "/event") == "message_end",
        "the stream ends with {last}"
    );
    for event in events {
        for field in ["conversation_id", "message_id", "task_id"] {
            let value = event.get(field);
            ensure!(
                value.is_some() && value == last.get(field),
                "{field} of {event}"
            );
        }
        ensure!(
            event.get("created_at").is_some_and(Value::is_u64),
            "created_at of {event}"
        );
    }
    Ok(())
}

fn cited(source: &Value, dataset: &str, documents: &[String]) -> Result<()> {
    ensure!(
        text(source, "/dataset_id") == dataset && text(source, "/dataset_name") == "Journey",
        "{source}"
    );
    ensure!(
        documents.contains(&text(source, "/document_id")),
        "{source}"
    );
    ensure!(source.get("position") == Some(&json!(1)), "{source}");
    let score = source
        .get("score")
        .and_then(Value::as_f64)
        .unwrap_or_default();
    ensure!(score > 0.3 && score <= 1.0, "{source}");
    ensure!(
        !text(source, "/content").is_empty() && !text(source, "/segment_id").is_empty(),
        "{source}"
    );
    Ok(())
}

async fn remembers(chat: &Client, conversation: &str) -> Result<()> {
    let conversations = chat.get("/v1/conversations?user=reader").await?;
    let ids: Vec<_> = list(&conversations, "/data")
        .iter()
        .map(|entry| text(entry, "/id"))
        .collect();
    ensure!(ids == [conversation], "{conversations}");
    let others = chat.get("/v1/conversations?user=somebody-else").await?;
    ensure!(list(&others, "/data").is_empty(), "{others}");

    let path = format!("/v1/messages?user=reader&conversation_id={conversation}");
    let messages = list(&chat.get(&path).await?, "/data");
    let said: Vec<_> = messages
        .iter()
        .map(|message| (text(message, "/query"), text(message, "/answer")))
        .collect();
    let expected: Vec<_> = TURNS
        .iter()
        .map(|(query, answer, _)| ((*query).to_owned(), (*answer).to_owned()))
        .collect();
    ensure!(said == expected, "remembered {said:?}");
    let first = messages.first().cloned().unwrap_or_default();
    ensure!(
        text(&first, "/retriever_resources/0/document_name") == "manual.pdf",
        "{first}"
    );

    let feedback = format!("/v1/messages/{}/feedbacks", text(&first, "/id"));
    chat.post(&feedback, &json!({ "rating": "like", "user": "reader" }))
        .await?;
    let rated = chat.get(&path).await?;
    ensure!(text(&rated, "/data/0/feedback/rating") == "like", "{rated}");

    let name = format!("/v1/conversations/{conversation}/name");
    let named = chat
        .post(
            &name,
            &json!({ "name": "Coffee and cars", "user": "reader" }),
        )
        .await?;
    ensure!(text(&named, "/name") == "Coffee and cars", "{named}");
    Ok(())
}

async fn forgets(chat: &Client, conversation: &str) -> Result<()> {
    let user = json!({ "user": "reader" });
    chat.delete(&format!("/v1/conversations/{conversation}"), Some(&user))
        .await?;
    let path = format!("/v1/messages?user=reader&conversation_id={conversation}");
    let message = chat
        .refused(Method::GET, &path, None, 404, "not_found")
        .await?;
    ensure!(message == "Conversation Not Exists.", "{message}");
    let conversations = chat.get("/v1/conversations?user=reader").await?;
    ensure!(list(&conversations, "/data").is_empty(), "{conversations}");
    Ok(())
}

async fn dismantle(
    deployment: &Deployment,
    knowledge: &Client,
    app: &str,
    dataset: &str,
    documents: &[String],
) -> Result<()> {
    let path = format!("/v1/datasets/{dataset}");
    knowledge
        .refused(Method::DELETE, &path, None, 409, "dataset_in_use")
        .await?;
    let manual = documents.first().context("no documents")?;
    knowledge
        .delete(&format!("{path}/documents/{manual}"), None)
        .await?;
    let query = json!({ "query": "How long does the warranty cover the boiler?" });
    let found = knowledge.post(&format!("{path}/retrieve"), &query).await?;
    let names: Vec<_> = list(&found, "/records")
        .iter()
        .map(|hit| text(hit, "/segment/document/name"))
        .collect();
    ensure!(
        !names.iter().any(|name| name == "manual.pdf"),
        "a deleted document is still found: {names:?}"
    );

    Client::owner(deployment)
        .delete(&format!("/console/api/apps/{app}"), None)
        .await?;
    knowledge.delete(&path, None).await?;
    let message = knowledge
        .refused(Method::GET, &path, None, 404, "not_found")
        .await?;
    ensure!(message == "Dataset not found.", "{message}");
    Ok(())
}
