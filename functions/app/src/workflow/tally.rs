//! What a run's answers add up to: usage, and what was found in datasets.

use serde_json::Value;
use workflow::Reply;

use crate::{chat::Usage, message::Resource};

/// Sums of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    usage: Usage,
    prompt_price: f64,
    completion_price: f64,
    resources: Vec<Resource>,
}

impl Tally {
    /// Adds an answer.
    pub(super) fn take(&mut self, reply: &Reply) {
        match reply {
            Reply::Llm(reply) => self.cost(&reply.usage),
            Reply::Round(round) => self.cost(&round.usage),
            Reply::Tool(reply) => reply.usage.iter().for_each(|usage| self.cost(usage)),
            Reply::Retrieved(passages) => self.cite(passages),
            Reply::Searched(searched) => {
                self.cost(&searched.usage);
                self.cite(&searched.passages);
            }
            _ => {}
        }
    }

    /// Adds a call of a model.
    pub(super) fn cost(&mut self, usage: &workflow::Usage) {
        let price = |text: &str| text.parse::<f64>().unwrap_or_default();
        self.usage.prompt_tokens += usage.prompt_tokens;
        self.usage.completion_tokens += usage.completion_tokens;
        self.usage.total_tokens += usage.total_tokens;
        self.usage.latency += usage.latency;
        self.usage.currency = usage.currency.to_string();
        self.usage.prompt_unit_price = usage.prompt_unit_price.to_string();
        self.usage.prompt_price_unit = usage.prompt_price_unit.to_string();
        self.usage.completion_unit_price = usage.completion_unit_price.to_string();
        self.usage.completion_price_unit = usage.completion_price_unit.to_string();
        self.prompt_price += price(&usage.prompt_price);
        self.completion_price += price(&usage.completion_price);
    }

    fn cite(&mut self, passages: &[workflow::Value]) {
        for passage in passages {
            let passage = serde_json::to_value(passage).unwrap_or_default();
            let Some(resource) = resource(&passage) else {
                continue;
            };
            let known = |other: &Resource| {
                other.dataset_id == resource.dataset_id && other.segment_id == resource.segment_id
            };
            if !self.resources.iter().any(known) {
                self.resources.push(resource);
            }
        }
    }

    /// The usage of the whole answer.
    pub(super) fn usage(&self) -> Usage {
        let mut usage = self.usage.clone();
        let none = |text: &mut String| {
            if text.is_empty() {
                "0.0".clone_into(text);
            }
        };
        none(&mut usage.prompt_unit_price);
        none(&mut usage.prompt_price_unit);
        none(&mut usage.completion_unit_price);
        none(&mut usage.completion_price_unit);
        if usage.currency.is_empty() {
            "USD".clone_into(&mut usage.currency);
        }
        usage.prompt_price = format!("{:.7}", self.prompt_price);
        usage.completion_price = format!("{:.7}", self.completion_price);
        usage.total_price = format!("{:.7}", self.prompt_price + self.completion_price);
        usage
    }

    /// What is cited, numbered.
    pub(super) fn resources(&self) -> Vec<Resource> {
        let numbered = self.resources.iter().cloned().zip(1..);
        let numbered = numbered.map(|(resource, position)| Resource {
            position: Some(position),
            ..resource
        });
        numbered.collect()
    }
}

fn resource(passage: &Value) -> Option<Resource> {
    let metadata = passage.get("metadata")?;
    let text = |key: &str| metadata.get(key).and_then(Value::as_str).map(str::to_owned);
    let count = |key: &str| metadata.get(key).and_then(Value::as_u64);
    text("dataset_id")?;
    Some(Resource {
        position: None,
        dataset_id: text("dataset_id"),
        dataset_name: text("dataset_name"),
        document_id: text("document_id"),
        document_name: text("document_name"),
        data_source_type: text("data_source_type"),
        segment_id: text("segment_id"),
        retriever_from: text("retriever_from"),
        score: metadata.get("score").and_then(Value::as_f64),
        hit_count: count("segment_hit_count"),
        word_count: count("segment_word_count"),
        segment_position: count("segment_position").and_then(|place| u32::try_from(place).ok()),
        index_node_hash: text("segment_index_node_hash"),
        content: passage
            .get("content")
            .and_then(Value::as_str)
            .map(str::to_owned),
        page: None,
        doc_metadata: None,
        title: passage
            .get("title")
            .and_then(Value::as_str)
            .map(str::to_owned),
        files: None,
        summary: None,
    })
}
