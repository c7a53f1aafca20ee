use std::{collections::BTreeMap, sync::Arc};

use futures::executor::block_on;
use model::{
    Dialect, Embedder, EmbedderInfo, Endpoint, Llm, LlmInfo, ModelKind, Models, Reranker,
    RerankerInfo,
    fake::{HashEmbedder, ScriptedLlm},
};
use ports::fake;

use super::*;
use crate::{
    Context,
    requests::{Of, Purpose, Tab},
};

/// A dialect whose models carry in their name what they were reached with.
struct Mirror;

impl Dialect for Mirror {
    fn llm(&self, endpoint: &Endpoint, info: LlmInfo) -> Arc<dyn Llm> {
        let name = format!("{}@{}#{}", info.model, endpoint.base_url, endpoint.api_key);
        Arc::new(ScriptedLlm::new(&name, []))
    }

    fn embedder(&self, _: &Endpoint, info: EmbedderInfo) -> Option<Arc<dyn Embedder>> {
        Some(Arc::new(HashEmbedder::new(&info.model)))
    }

    fn reranker(&self, _: &Endpoint, _: RerankerInfo) -> Option<Arc<dyn Reranker>> {
        None
    }
}

fn context(local: &[&str]) -> (Context, fake::Handles) {
    let (platform, handles) = fake::platform();
    let llms = local
        .iter()
        .map(|name| Arc::new(ScriptedLlm::new(name, [])) as Arc<dyn Llm>);
    let models = Models {
        llms: llms.collect(),
        embedders: vec![Arc::new(HashEmbedder::new("mini"))],
        dialects: BTreeMap::from([("openai", Arc::new(Mirror) as Arc<dyn Dialect>)]),
        ..Models::default()
    };
    (Context::new(platform, models), handles)
}

fn entry(name: &str, key: Option<&str>) -> Entry {
    Entry {
        name: name.to_owned(),
        dialect: "openai".to_owned(),
        base_url: "https://h/v1".to_owned(),
        api_key: key.map(str::to_owned),
        models: vec![
            Offer::new(ModelKind::Llm, "gpt-4o"),
            Offer::new(ModelKind::TextEmbedding, "embed-3"),
        ],
    }
}

/// The model that answers, and the warning.
fn answers(ctx: &Context, provider: &str, model: &str) -> Result<(String, String), String> {
    let found = block_on(llm(ctx, "t", provider, model)).map_err(|error| error.to_string())?;
    Ok((
        found.model.info().model.clone(),
        found.warning.unwrap_or_default(),
    ))
}

#[test]
fn names_become_models() {
    let (ctx, handles) = context(&["tiny"]);
    block_on(save(
        &ctx,
        "t",
        entry("langgenius/openai/openai", Some("sk-1")),
    ))
    .unwrap();
    let remote = "gpt-4o@https://h/v1#sk-1".to_owned();
    let check = |provider: &str, model: &str, name: &str, warning: &str| {
        let expect = (name.to_owned(), warning.to_owned());
        assert_eq!(
            answers(&ctx, provider, model).unwrap(),
            expect,
            "{provider}/{model}"
        );
    };
    check("openai", "gpt-4o", &remote, "");
    check("langgenius/openai/openai", "gpt-4o", &remote, "");
    check("local", "tiny", "tiny", "");
    check("", "", "tiny", "");
    let warning = "The model anthropic/claude is not configured; local/tiny answers instead.";
    check("langgenius/anthropic/anthropic", "claude", "tiny", warning);
    block_on(set_default(&ctx, "t", ModelKind::Llm, "openai", "gpt-4o")).unwrap();
    check("", "", &remote, "");
    let warning = "The model local/other is not configured; openai/gpt-4o answers instead.";
    check("local", "other", &remote, warning);
    handles.round_trips.reset();
    check("openai", "gpt-4o", &remote, "");
    assert_eq!(
        handles.round_trips.total(),
        1,
        "{:?}",
        handles.round_trips.names()
    );
    // Another workspace sees nothing of it.
    let elsewhere = block_on(Providers::load(&ctx, "u")).unwrap();
    assert!(elsewhere.remote().is_empty());
    // A default that is gone is no default.
    block_on(delete(&ctx, "t", "openai")).unwrap();
    check("", "", "tiny", "");
}

#[test]
fn without_any_model_the_error_says_so() {
    let (ctx, _) = context(&[]);
    let error = answers(&ctx, "openai", "gpt-4o").unwrap_err();
    let expect =
        "The model openai/gpt-4o is not configured, and the workspace has no default model.";
    assert_eq!(error, expect);
}

#[test]
fn another_embedding_model_never_steps_in() {
    let (ctx, _) = context(&[]);
    let tab = Tab::new(&ctx, "t", Purpose::Other, Of::default());
    let get = |provider: &str, model: &str| {
        let found = block_on(embedder(&tab, provider, model));
        found
            .map(|found| found.info().model.clone())
            .map_err(|error| error.to_string())
    };
    assert_eq!(get("", "").unwrap(), "mini");
    assert_eq!(get("local", "mini").unwrap(), "mini");
    let error = "The text-embedding model openai/embed-3 is not configured.";
    assert_eq!(get("openai", "embed-3").unwrap_err(), error);
}

#[test]
fn keys_are_sealed_and_kept_until_replaced() {
    let (ctx, handles) = context(&[]);
    let saved = block_on(save(&ctx, "t", entry("openai", Some("sk-1")))).unwrap();
    assert!(!saved.key.contains("sk-1"));
    let again = block_on(save(&ctx, "t", entry("openai", None))).unwrap();
    assert_eq!(again.key, saved.key);
    block_on(save(&ctx, "t", entry("openai", Some("")))).unwrap();
    assert_eq!(
        answers(&ctx, "openai", "gpt-4o").unwrap().0,
        "gpt-4o@https://h/v1#"
    );
    handles.secrets.unset(MASTER_KEY);
    let error = block_on(save(&ctx, "t", entry("openai", Some("sk-2")))).unwrap_err();
    assert_eq!(error.kind(), crate::Kind::Unavailable);
    for name in ["", "local", "a b", "ü"] {
        let error = block_on(save(&ctx, "t", entry(name, None))).unwrap_err();
        assert_eq!(error.param(), Some("name"), "{name}");
    }
}
