mod told;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::{StreamExt, executor::block_on, stream};
use model::{
    ChatRequest, Delta, DeltaStream, Dialect, Embedder, EmbedderInfo, Embeddings, Endpoint, Error,
    ErrorKind, Finish, Llm, LlmInfo, Message, ModelKind, Models, Moderation, Moderator,
    ModeratorInfo, Ranking, Reranker, RerankerInfo, Role, Usage,
};
use ports::fake::{self, Handles};
use serde_json::json;

use super::*;
use crate::{
    Context,
    log::day::day,
    provider::{self, Entry, Offer, Providers},
};

const TENANT: &str = "t";

/// A service that answers what its models are called: see `deltas`.
struct Service;

struct Named<T>(T);

impl Dialect for Service {
    fn llm(&self, _: &Endpoint, info: LlmInfo) -> Arc<dyn Llm> {
        Arc::new(Named(info))
    }

    fn embedder(&self, _: &Endpoint, info: EmbedderInfo) -> Option<Arc<dyn Embedder>> {
        Some(Arc::new(Named(info)))
    }

    fn reranker(&self, _: &Endpoint, info: RerankerInfo) -> Option<Arc<dyn Reranker>> {
        Some(Arc::new(Named(info)))
    }

    fn moderator(&self, _: &Endpoint, info: ModeratorInfo) -> Option<Arc<dyn Moderator>> {
        Some(Arc::new(Named(info)))
    }
}

fn said(prompt_tokens: u64, completion_tokens: u64) -> Usage {
    Usage {
        prompt_tokens,
        completion_tokens,
        estimated: false,
    }
}

fn away() -> Error {
    Error::new(ErrorKind::Unavailable, "the service is away")
}

fn deltas(model: &str) -> Vec<model::Result<Delta>> {
    let text = || Ok(Delta::Text("123456789".to_owned()));
    let end = || Ok(Delta::Finish(Finish::Stop));
    match model {
        "says" => vec![text(), Ok(Delta::Usage(said(1000, 200))), end()],
        "zeros" => vec![text(), Ok(Delta::Usage(said(0, 0))), end()],
        "breaks" => vec![text(), Err(away())],
        _ => vec![text(), end()],
    }
}

#[async_trait]
impl Llm for Named<LlmInfo> {
    fn info(&self) -> &LlmInfo {
        &self.0
    }

    async fn stream(&self, _: ChatRequest) -> model::Result<DeltaStream> {
        match self.0.model.as_str() {
            "refuses" => Err(away()),
            name => Ok(stream::iter(deltas(name)).boxed()),
        }
    }
}

#[async_trait]
impl Embedder for Named<EmbedderInfo> {
    fn info(&self) -> &EmbedderInfo {
        &self.0
    }

    async fn embed(&self, texts: &[String], _: model::Purpose) -> model::Result<Embeddings> {
        Ok(Embeddings {
            vectors: vec![vec![1.0]; texts.len()],
            usage: said(7, 0),
        })
    }
}

#[async_trait]
impl Reranker for Named<RerankerInfo> {
    fn info(&self) -> &RerankerInfo {
        &self.0
    }

    async fn rerank(&self, _: &str, documents: &[String]) -> model::Result<Vec<f32>> {
        Ok(vec![0.5; documents.len()])
    }

    async fn rank(&self, query: &str, documents: &[String]) -> model::Result<Ranking> {
        Ok(Ranking {
            scores: self.rerank(query, documents).await?,
            usage: (self.0.model == "says").then_some(said(31, 0)),
        })
    }
}

#[async_trait]
impl Moderator for Named<ModeratorInfo> {
    fn info(&self) -> &ModeratorInfo {
        &self.0
    }

    async fn moderate(&self, _: &str) -> model::Result<Moderation> {
        Ok(Moderation::default())
    }
}

async fn context() -> (Context, Handles) {
    let (platform, handles) = fake::platform();
    let models = Models {
        dialects: BTreeMap::from([("openai", Arc::new(Service) as Arc<dyn Dialect>)]),
        ..Models::default()
    };
    let master = "a master key of the tests, long enough";
    handles.secrets.set(provider::MASTER_KEY, master);
    let ctx = Context::new(platform, models);
    let llms = ["says", "zeros", "silent", "breaks", "refuses"];
    let mut offers: Vec<Offer> = llms.map(|name| Offer::new(ModelKind::Llm, name)).into();
    let priced = json!({"model": "says", "model_type": "llm",
        "pricing": {"input": "0.5", "output": "2", "unit": "0.001", "currency": "EUR"}});
    offers[0] = serde_json::from_value(priced).unwrap();
    offers.push(Offer::new(ModelKind::TextEmbedding, "vectors"));
    offers.extend(["says", "silent"].map(|name| Offer::new(ModelKind::Rerank, name)));
    let entry = Entry {
        name: "far".to_owned(),
        dialect: "openai".to_owned(),
        base_url: "https://far.example/v1".to_owned(),
        api_key: None,
        models: offers,
    };
    provider::save(&ctx, TENANT, entry).await.unwrap();
    (ctx, handles)
}

async fn ask(providers: &Providers, model: &str, most: usize) {
    let llm = providers.llm("far", model).await.unwrap().model;
    let request = ChatRequest {
        messages: vec![Message::text(Role::User, "123456")],
        ..ChatRequest::default()
    };
    let Ok(deltas) = llm.stream(request).await else {
        return;
    };
    deltas.take(most).collect::<Vec<_>>().await;
}

async fn rows(ctx: &Context, handles: &Handles, filter: &Filter) -> Vec<Row> {
    handles.spawn.settle().await;
    list(ctx, TENANT, filter, None, 100).await.unwrap().rows
}

fn tab(ctx: &Context, purpose: Purpose) -> Tab {
    Tab::new(ctx, TENANT, purpose, Of::default())
}

#[test]
fn tokens_are_those_of_the_provider_and_else_counted_and_marked() {
    // Model, deltas that are read, then: tokens read and written, whether they were counted, how it ended, the price.
    let check = |model: &str, most, tokens: (u64, u64), estimated, ended: &str, price: &str| {
        block_on(async {
            let (ctx, handles) = context().await;
            let tab = tab(&ctx, Purpose::Gateway);
            let providers = Providers::on(&tab).await.unwrap();
            ask(&providers, model, most).await;
            let rows = rows(&ctx, &handles, &Filter::default()).await;
            let [row] = rows.as_slice() else {
                panic!("{model}: {rows:?}");
            };
            assert_eq!(
                (row.prompt_tokens, row.completion_tokens),
                tokens,
                "{model}"
            );
            assert_eq!(
                (row.estimated, row.outcome.word()),
                (estimated, ended),
                "{model}"
            );
            assert_eq!((row.kind, row.purpose), (Kind::Chat, Purpose::Gateway));
            assert_eq!(row.usage().total_price, price, "{model}");
            assert_eq!(row.first_ms.is_some(), row.completion_tokens > 0, "{model}");
        });
    };
    check("says", 9, (1000, 200), false, "ok", "0.9000000");
    // What we count: 6 and 9 bytes, three to a token, and five for the frame.
    check("silent", 9, (7, 8), true, "ok", "0.0");
    check("zeros", 9, (7, 8), true, "ok", "0.0");
    check("breaks", 9, (7, 8), true, "error", "0.0");
    // A reader that goes before the provider could say.
    check("says", 1, (7, 8), true, "stopped", "0.0195000");
    // One that goes after it did.
    check("says", 2, (1000, 200), false, "stopped", "0.9000000");
    check("refuses", 9, (0, 0), false, "error", "0.0");
}

#[test]
fn every_kind_of_model_leaves_a_row() {
    block_on(async {
        let (ctx, handles) = context().await;
        let tab = tab(&ctx, Purpose::Query);
        let providers = Providers::on(&tab).await.unwrap();
        let texts = ["12345678".to_owned(), "1234".to_owned()];
        let embedder = providers.embedder("far", "vectors").await.unwrap();
        embedder.embed(&texts, model::Purpose::Query).await.unwrap();
        for name in ["says", "silent"] {
            let reranker = providers.reranker("far", name).await.unwrap();
            reranker.rerank("1234", &texts).await.unwrap();
        }
        let moderator = providers.moderator("far", "judge").await.unwrap();
        moderator.moderate("12345678").await.unwrap();
        let mut found: Vec<_> = rows(&ctx, &handles, &Filter::default())
            .await
            .into_iter()
            .map(|row| {
                (
                    row.kind,
                    row.purpose,
                    row.model,
                    row.prompt_tokens,
                    row.estimated,
                )
            })
            .collect();
        found.sort();
        let expect = [
            (Kind::Embedding, Purpose::Query, "vectors", 7, false),
            (Kind::Rerank, Purpose::Query, "says", 31, false),
            (Kind::Rerank, Purpose::Query, "silent", 5, true),
            (Kind::Moderation, Purpose::Moderation, "judge", 2, true),
        ];
        let expect = expect.map(|(a, b, c, d, e)| (a, b, c.to_owned(), d, e));
        assert_eq!(found, expect);
    });
}

#[test]
fn rows_of_a_tab_wait_until_it_is_settled_or_forgotten() {
    block_on(async {
        let (ctx, handles) = context().await;
        let tab = tab(&ctx, Purpose::Answer).waiting();
        let providers = Providers::on(&tab).await.unwrap();
        ask(&providers, "says", 9).await;
        tab.name("c", "m");
        assert_eq!(rows(&ctx, &handles, &Filter::default()).await, []);
        let settled = tab.settle();
        let of = settled.iter().map(|row| row.of.message_id.as_deref());
        assert_eq!(of.collect::<Vec<_>>(), [Some("m")]);
        // What comes after the last word finds its own way.
        ask(&providers, "silent", 9).await;
        assert_eq!(rows(&ctx, &handles, &Filter::default()).await.len(), 1);

        let tab = self::tab(&ctx, Purpose::Answer).waiting();
        let providers = Providers::on(&tab).await.unwrap();
        ask(&providers, "refuses", 9).await;
        drop((tab, providers));
        let filter = Filter {
            status: Some("error".to_owned()),
            ..Filter::default()
        };
        let found = rows(&ctx, &handles, &filter).await;
        let expect = Outcome::Error {
            kind: "unavailable".to_owned(),
            message: "the service is away".to_owned(),
        };
        assert_eq!(found.first().map(|row| &row.outcome), Some(&expect));
    });
}

#[test]
fn a_task_that_was_dropped_is_followed_by_another() {
    block_on(async {
        let (ctx, handles) = context().await;
        let tab = tab(&ctx, Purpose::Answer);
        let providers = Providers::on(&tab).await.unwrap();
        ask(&providers, "says", 9).await;
        handles.spawn.lose();
        ask(&providers, "silent", 9).await;
        // The first row was still waiting: it is written by the second's task.
        assert_eq!(rows(&ctx, &handles, &Filter::default()).await.len(), 2);
    });
}

#[test]
fn pages_go_back_day_by_day_and_old_days_are_dropped() {
    block_on(async {
        let (ctx, handles) = context().await;
        let tab = tab(&ctx, Purpose::Node);
        let providers = Providers::on(&tab).await.unwrap();
        let mut times = Vec::new();
        for step in 0..7 {
            times.insert(0, ctx.now());
            ask(&providers, if step % 2 == 0 { "says" } else { "silent" }, 9).await;
            handles.spawn.settle().await;
            handles.clock.advance(Duration::from_secs(40_000));
        }
        let all = Filter::default();
        for limit in [1, 2, 3, 7, 100] {
            let (mut seen, mut cursor) = (Vec::new(), None);
            loop {
                let page = list(&ctx, TENANT, &all, cursor.as_deref(), limit)
                    .await
                    .unwrap();
                assert!(page.rows.len() <= limit);
                seen.extend(page.rows.iter().map(|row| row.at));
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!(seen, times, "{limit}");
        }
        let filter = Filter {
            from: Some(times[5]),
            to: Some(times[1]),
            model: Some("says".to_owned()),
            ..Filter::default()
        };
        let found = rows(&ctx, &handles, &filter).await;
        let at: Vec<_> = found.iter().map(|row| row.at).collect();
        assert_eq!(at, [times[2], times[4]]);
        let (totals, whole) = totals(&ctx, TENANT, &Filter::default()).await.unwrap();
        let sums = totals.iter().map(|it| {
            let tokens = (it.prompt_tokens, it.completion_tokens);
            (
                it.model.as_str(),
                it.requests,
                it.estimated,
                tokens,
                it.price.as_str(),
            )
        });
        let expect = [
            ("says", 4, 0, (4000, 800), "3.6000000"),
            ("silent", 3, 3, (21, 24), "0.0000000"),
        ];
        assert_eq!((sums.collect::<Vec<_>>(), whole), (expect.to_vec(), true));
        let wrong = list(&ctx, TENANT, &Filter::default(), Some("x"), 1).await;
        assert_eq!(wrong.unwrap_err().param(), Some("cursor"));

        let scope = ctx.tenant(TENANT);
        while let Some(old) = old_day(&scope, &day(times[2])).await.unwrap() {
            drop_day(&scope, &old).await.unwrap();
        }
        let left = rows(&ctx, &handles, &Filter::default()).await;
        assert!(left.iter().all(|row| day(row.at) >= day(times[2])));
        assert!((3..7).contains(&left.len()));
    });
}
