//! Chunks of a knowledge pipeline become a document of a dataset. The document's id is that of the step: a step that is
//! repeated after a crash finds what it made.

use rag::split::{Mode, ProcessRule, Rules, Segmentation};
use serde_json::{Value, json};
use workflow::{Failure, IndexRequest, Map, Task};

use super::{Hands, failed};
use crate::{
    Error, Result, dataset,
    document::{self, Content, NewDocument},
    id,
};

const FAILED: &str = "KnowledgeIndexNodeError";

/// Stands between two chunks: letters that nobody sees and no text has three of in a row.
const BETWEEN: &str = "\u{2063}\u{2063}\u{2063}";

pub(super) async fn write(
    hands: &Hands,
    task: &Task,
    request: &IndexRequest,
) -> std::result::Result<Map, Failure> {
    let written = index(hands, task, request).await;
    let json = written.map_err(|error| failed(FAILED, &error))?;
    match workflow::Value::from(&json) {
        workflow::Value::Object(outputs) => Ok((*outputs).clone()),
        _ => Ok(Map::default()),
    }
}

async fn index(hands: &Hands, task: &Task, request: &IndexRequest) -> Result<Value> {
    let json = |value: &workflow::Value| serde_json::to_value(value).unwrap_or_default();
    let settings = json(&request.settings);
    let text = |key: &str| {
        let text = settings.get(key).and_then(Value::as_str);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let structure = text("chunk_structure").unwrap_or_else(|| "text_model".to_owned());
    let chunks = chunks(&structure, &json(&request.chunks))?;
    let dataset_id = request.dataset_id.trim();
    let dataset = dataset::get(&hands.ctx, &hands.tenant_id, dataset_id).await;
    let dataset = dataset.map_err(|error| match error.kind() {
        crate::Kind::NotFound => {
            let message = format!("field `dataset_id`: there is no dataset `{dataset_id}`");
            Error::invalid("dataset_id", message)
        }
        _ => error,
    })?;
    let new = NewDocument {
        name: request.name.to_string(),
        content: Content::of_text("chunks", chunks.join(BETWEEN)),
        indexing_technique: text("indexing_technique"),
        doc_form: Some(structure),
        doc_language: None,
        process_rule: Some(rule()),
        retrieval_model: None,
        embedding_provider: text("embedding_model_provider"),
        embedding_model: text("embedding_model"),
        created_from: "rag-pipeline",
    };
    let document_id = id::derived(&format!("index/{}", task.idempotency_key));
    let by = &hands.user.id;
    let document = document::create_as(&hands.ctx, &dataset, by, document_id, new).await?;
    Ok(json!({
        "dataset_id": dataset.id,
        "dataset_name": dataset.name,
        "batch": document.batch,
        "document_id": document.id,
        "document_name": document.name,
        "created_at": document.created_at.as_secs(),
        "display_status": document.display_status(),
        "chunks": chunks.len(),
    }))
}

/// Cuts where the chunks were put together, and nowhere else while they are not too long to be embedded.
fn rule() -> ProcessRule {
    ProcessRule {
        mode: Mode::Custom,
        rules: Some(Rules {
            pre_processing_rules: Some(Vec::new()),
            segmentation: Some(Segmentation {
                separator: Some(BETWEEN.to_owned()),
                max_tokens: Some(ProcessRule::MAX_TOKENS),
                chunk_overlap: Some(0),
            }),
            ..Rules::default()
        }),
    }
}

/// The texts of general chunks.
fn chunks(structure: &str, chunks: &Value) -> Result<Vec<String>> {
    let wrong = |message: String| Err(Error::invalid("index_chunk_variable_selector", message));
    if structure != "text_model" {
        let message = format!(
            "field `chunk_structure`: pipelines here write `text_model`, not `{structure}`"
        );
        return Err(Error::invalid("chunk_structure", message));
    }
    let Some(list) = chunks.get("general_chunks").and_then(Value::as_array) else {
        let message =
            "field `index_chunk_variable_selector`: the object has no list `general_chunks`";
        return wrong(message.to_owned());
    };
    let mut texts = Vec::with_capacity(list.len());
    for (place, chunk) in list.iter().enumerate() {
        let text = chunk.as_str().or_else(|| chunk.get("content")?.as_str());
        let Some(text) = text else {
            let message = format!(
                "field `index_chunk_variable_selector`: `general_chunks[{place}]` is no text"
            );
            return wrong(message);
        };
        let text = text.replace(BETWEEN, "");
        if !text.trim().is_empty() {
            texts.push(text);
        }
    }
    match texts.is_empty() {
        true => wrong("field `index_chunk_variable_selector`: there are no chunks".to_owned()),
        false => Ok(texts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_read_and_what_is_none_is_named() {
        let check = |structure: &str, given: Value, expect: std::result::Result<&[&str], &str>| {
            let read = chunks(structure, &given);
            match (read, expect) {
                (Ok(texts), Ok(expect)) => assert_eq!(texts, expect),
                (Err(error), Err(expect)) => {
                    assert!(error.message().contains(expect), "{}", error.message());
                }
                (read, _) => panic!("{given}: {read:?}"),
            }
        };
        let general = |list: Value| json!({ "general_chunks": list });
        check(
            "text_model",
            general(json!(["a", {"content": "b"}, " "])),
            Ok(&["a", "b"]),
        );
        check(
            "text_model",
            general(json!(["a", 1])),
            Err("`general_chunks[1]`"),
        );
        check("text_model", general(json!([])), Err("no chunks"));
        check("text_model", json!({}), Err("no list `general_chunks`"));
        check("qa_model", json!({}), Err("field `chunk_structure`"));
        assert!(rule().check().is_ok());
    }
}
