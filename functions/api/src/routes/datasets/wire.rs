//! Datasets, documents and segments as the public API shows them.

use app::{
    dataset::{Dataset, Hit, RetrievalModel},
    document::{Document, Mode, ProcessRule, Segment, Times},
};
use ports::Timestamp;
use serde_json::{Value, json};

fn secs(at: Timestamp) -> u64 {
    at.as_secs()
}

fn maybe(at: Option<Timestamp>) -> Option<u64> {
    at.map(secs)
}

/// A dataset; `embedding_available`: whether its embedding model is there; `apps`: how many use it.
pub(super) fn dataset(dataset: &Dataset, embedding_available: bool, apps: usize) -> Value {
    json!({
        "id": dataset.id,
        "name": dataset.name,
        "description": dataset.description,
        "provider": "vendor",
        "permission": dataset.permission,
        "data_source_type": dataset.doc_form.as_ref().map(|_| "upload_file"),
        "indexing_technique": dataset.indexing_technique,
        "app_count": apps,
        "document_count": dataset.documents,
        "word_count": dataset.words,
        "created_by": dataset.created_by,
        "author_name": null,
        "created_at": secs(dataset.created_at),
        "updated_by": dataset.updated_by,
        "updated_at": secs(dataset.updated_at),
        "embedding_model": dataset.embedding_model,
        "embedding_model_provider": dataset.embedding_provider,
        "embedding_available": embedding_available,
        "retrieval_model_dict": retrieval_model(&dataset.retrieval_model),
        "summary_index_setting": {
            "enable": null, "model_name": null, "model_provider_name": null, "summary_prompt": null,
        },
        "tags": [],
        "doc_form": dataset.doc_form,
        "external_knowledge_info": {
            "external_knowledge_id": null, "external_knowledge_api_id": null,
            "external_knowledge_api_name": null, "external_knowledge_api_endpoint": null,
        },
        "external_retrieval_model": null,
        "doc_metadata": [],
        "built_in_field_enabled": false,
        "pipeline_id": null,
        "runtime_mode": "general",
        "chunk_structure": dataset.doc_form,
        "icon_info": { "icon_type": null, "icon": null, "icon_background": null, "icon_url": null },
        "is_published": false,
        "total_documents": dataset.documents,
        "total_available_documents": dataset.available,
        "enable_api": dataset.enable_api,
        "is_multimodal": false,
    })
}

fn retrieval_model(model: &RetrievalModel) -> Value {
    let reranking = model.reranking_model.clone().unwrap_or_default();
    json!({
        "search_method": model.search_method,
        "reranking_enable": model.reranking_enable,
        "reranking_mode": model.reranking_mode,
        "reranking_model": {
            "reranking_provider_name": reranking.reranking_provider_name,
            "reranking_model_name": reranking.reranking_model_name,
        },
        "weights": model.weights,
        "top_k": model.top_k,
        "score_threshold_enabled": model.score_threshold_enabled,
        "score_threshold": model.score_threshold,
    })
}

fn upload_file(document: &Document) -> Value {
    json!({
        "id": document.source.id,
        "name": document.source.name,
        "size": document.source.size,
        "extension": document.source.extension,
        "mime_type": document.source.mime_type,
        "created_by": document.created_by,
        "created_at": secs(document.created_at),
    })
}

/// A rule's id follows from what it says.
fn rule_id(document: &Document) -> String {
    let rule = serde_json::to_string(&document.rule).unwrap_or_default();
    app::id::derived(&format!("{}/{rule}", document.dataset_id))
}

/// A document as lists show it.
pub(super) fn document(document: &Document) -> Value {
    json!({
        "id": document.id,
        "position": document.position,
        "data_source_type": "upload_file",
        "data_source_info": { "upload_file_id": document.source.id },
        "data_source_detail_dict": { "upload_file": upload_file(document) },
        "dataset_process_rule_id": rule_id(document),
        "name": document.name,
        "created_from": document.created_from,
        "created_by": document.created_by,
        "created_at": secs(document.created_at),
        "tokens": document.tokens,
        "indexing_status": document.status.as_str(),
        "error": document.error,
        "enabled": document.enabled,
        "disabled_at": maybe(document.disabled_at),
        "disabled_by": document.disabled_by,
        "archived": document.archived,
        "display_status": document.display_status(),
        "word_count": document.word_count,
        "hit_count": document.hit_count,
        "doc_form": document.doc_form,
        "doc_metadata": [],
        "summary_index_status": null,
        "need_summary": false,
    })
}

/// A document by itself.
pub(super) fn document_detail(document: &Document) -> Value {
    let Times {
        processing_started,
        completed,
        ..
    } = document.times;
    let latency = completed
        .zip(processing_started)
        .map(|(end, start)| end.since(start).as_secs_f64());
    let segments = u64::from(document.segments);
    json!({
        "id": document.id,
        "position": document.position,
        "data_source_type": "upload_file",
        "data_source_info": { "upload_file_id": document.source.id, "upload_file": upload_file(document) },
        "dataset_process_rule_id": rule_id(document),
        "dataset_process_rule": rule(&document.rule),
        "document_process_rule": {
            "id": rule_id(document),
            "dataset_id": document.dataset_id,
            "mode": mode(&document.rule),
            "rules": rules(&document.rule),
        },
        "name": document.name,
        "created_from": document.created_from,
        "created_by": document.created_by,
        "created_at": secs(document.created_at),
        "tokens": document.tokens,
        "indexing_status": document.status.as_str(),
        "completed_at": maybe(completed),
        "updated_at": secs(document.updated_at),
        "indexing_latency": latency,
        "error": document.error,
        "enabled": document.enabled,
        "disabled_at": maybe(document.disabled_at),
        "disabled_by": document.disabled_by,
        "archived": document.archived,
        "doc_type": "others",
        "doc_metadata": [],
        "segment_count": segments,
        "average_segment_length": document.word_count.checked_div(segments).unwrap_or(0),
        "hit_count": document.hit_count,
        "display_status": document.display_status(),
        "doc_form": document.doc_form,
        "doc_language": document.doc_language,
        "summary_index_status": null,
        "need_summary": false,
    })
}

/// What `metadata=only` shows.
pub(super) fn document_metadata(document: &Document) -> Value {
    json!({ "id": document.id, "doc_type": "others", "doc_metadata": [] })
}

fn mode(rule: &ProcessRule) -> &'static str {
    match rule.mode {
        Mode::Automatic => "automatic",
        Mode::Custom => "custom",
        Mode::Hierarchical => "hierarchical",
    }
}

/// A process rule.
fn rule(rule: &ProcessRule) -> Value {
    json!({ "mode": mode(rule), "rules": rules(rule) })
}

/// What a rule says; of the automatic one what it stands for.
pub(super) fn rules(rule: &ProcessRule) -> Value {
    match (&rule.rules, rule.mode) {
        (Some(rules), Mode::Custom | Mode::Hierarchical) => {
            serde_json::to_value(rules).unwrap_or_default()
        }
        _ => json!({
            "pre_processing_rules": [
                { "id": "remove_extra_spaces", "enabled": true },
                { "id": "remove_urls_emails", "enabled": false },
            ],
            "segmentation": { "delimiter": "\n", "max_tokens": 500, "chunk_overlap": 50 },
        }),
    }
}

/// How far a document is.
pub(super) fn progress(document: &Document) -> Value {
    let times = document.times;
    json!({
        "id": document.id,
        "indexing_status": document.status.as_str(),
        "processing_started_at": maybe(times.processing_started),
        "parsing_completed_at": maybe(times.parsing_completed),
        "cleaning_completed_at": maybe(times.cleaning_completed),
        "splitting_completed_at": maybe(times.splitting_completed),
        "completed_at": maybe(times.completed),
        "paused_at": null,
        "error": document.error,
        "stopped_at": maybe(times.stopped),
        "completed_segments": document.indexed,
        "total_segments": document.segments,
    })
}

/// A segment as lists show it.
pub(super) fn segment(document: &Document, segment: &Segment) -> Value {
    let mut value = found_segment(document, segment);
    if let Some(fields) = value.as_object_mut() {
        let updated = segment.updated_at.unwrap_or(segment.created_at);
        fields.insert("updated_at".to_owned(), secs(updated).into());
        fields.insert("updated_by".to_owned(), Value::Null);
        let children = segment.children.iter().enumerate().map(|(place, content)| {
            json!({
                "id": segment.child_id(place),
                "segment_id": segment.id,
                "content": content,
                "position": place + 1,
                "word_count": content.chars().count(),
                "type": "automatic",
                "created_at": secs(segment.created_at),
                "updated_at": secs(updated),
            })
        });
        fields.insert("child_chunks".to_owned(), children.collect());
        fields.insert("attachments".to_owned(), json!([]));
        fields.insert("summary".to_owned(), Value::Null);
    }
    value
}

fn found_segment(document: &Document, segment: &Segment) -> Value {
    let status = segment.status(document);
    let done = (status == "completed")
        .then(|| maybe(document.times.completed))
        .flatten();
    json!({
        "id": segment.id,
        "position": segment.position,
        "document_id": segment.document_id,
        "content": segment.content,
        "sign_content": segment.content,
        "answer": null,
        "word_count": segment.word_count,
        "tokens": segment.tokens,
        "keywords": [],
        "index_node_id": segment.id,
        "index_node_hash": segment.hash,
        "hit_count": segment.hit_count,
        "enabled": segment.enabled,
        "disabled_at": null,
        "disabled_by": null,
        "status": status,
        "created_by": segment.created_by,
        "created_at": secs(segment.created_at),
        "indexing_at": secs(segment.created_at),
        "completed_at": done,
        "error": null,
        "stopped_at": null,
    })
}

/// The children that led to a parent.
fn child_hits(hit: &Hit) -> Value {
    let children = hit.children.iter().map(|(place, score)| {
        json!({
            "id": hit.segment.child_id(*place),
            "content": hit.segment.children.get(*place),
            "position": place + 1,
            "score": score,
        })
    });
    children.collect()
}

/// A record of a retrieval.
pub(super) fn hit(hit: &Hit) -> Value {
    let mut segment = found_segment(&hit.document, &hit.segment);
    if let Some(fields) = segment.as_object_mut() {
        let document = json!({
            "id": hit.document.id,
            "data_source_type": "upload_file",
            "name": hit.document.name,
            "doc_type": null,
            "doc_metadata": null,
        });
        fields.insert("document".to_owned(), document);
    }
    json!({
        "segment": segment,
        "child_chunks": child_hits(hit),
        "score": hit.score,
        "tsne_position": null,
        "files": [],
        "summary": null,
    })
}
