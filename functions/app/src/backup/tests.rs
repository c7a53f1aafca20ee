use futures::{StreamExt, executor::block_on, stream};
use ports::{Commit, fake::platform};
use serde_json::json;

use super::*;
use crate::{Context, Kind, keys};

const SOURCE: &str = "11111111-1111-4111-8111-111111111111";
const TARGET: &str = "99999999-9999-4999-8999-999999999999";

async fn context() -> Context {
    let (platform, _) = platform();
    Context::new(platform, model::Models::default())
}

/// A workspace with a provider, an app's key, and blobs of every kind.
async fn filled() -> Context {
    let ctx = context().await;
    let scope = ctx.tenant(SOURCE);
    let put = async |partition: &str, key: &str, value: Vec<u8>| {
        scope
            .commit(partition, Commit::new().put(key, value))
            .await
            .unwrap();
    };
    let provider = json!({ "name": "acme", "key": "sealed", "tenant": SOURCE });
    put(keys::TENANT, "provider/acme", provider.to_string().into()).await;
    put(keys::TENANT, "member/x", b"{}".to_vec()).await;
    put(keys::TENANT, "odd", vec![0, 159, 1]).await;
    let key = json!({ "id": "k", "hash": "abc", "hint": "app-…", "created_at": 1 });
    put(keys::TENANT, "key/app/a/k", key.to_string().into()).await;
    let grant = json!({ "tenant_id": SOURCE, "access": { "kind": "dataset" } });
    let commit = Commit::new().put("grant", grant.to_string().into_bytes());
    ctx.system()
        .commit(&keys::api_key("abc"), commit)
        .await
        .unwrap();
    // A run that waits for an answer to a form.
    put(keys::TENANT, "app/a", b"{}".to_vec()).await;
    put(&keys::runs("a"), "r/1/run1", b"{}".to_vec()).await;
    let form = json!({ "id": "f", "node_id": "ask", "token": "tok", "mail_token": null, "content": "?", "inputs": [],
        "actions": [], "defaults": {}, "expires_at": 1, "answer": null });
    put(&keys::forms("run1"), "k", form.to_string().into()).await;
    let address = json!({ "tenant_id": SOURCE, "app_id": "a", "run_id": "run1", "key": "k" });
    let commit = Commit::new().put("form", address.to_string().into_bytes());
    ctx.system()
        .commit(&keys::form("tok"), commit)
        .await
        .unwrap();
    put(&keys::file("f1"), "file", b"{\"id\":\"f1\"}".to_vec()).await;
    scope
        .put_blob("file/f1/0", vec![7; 3_000_000].into())
        .await
        .unwrap();
    scope
        .put_blob("dataset/d/index/x", vec![1, 2, 3].into())
        .await
        .unwrap();
    ctx
}

async fn collect(ctx: &Context, tenant: &str) -> Vec<u8> {
    let lines = bundle(ctx.clone(), tenant.to_owned());
    lines.map(|line| line.unwrap().to_vec()).concat().await
}

async fn restored(ctx: &Context, bytes: Vec<u8>, pieces: usize) -> crate::Result<Progress> {
    let chunks: Vec<_> = bytes
        .chunks(pieces)
        .map(|chunk| Ok(chunk.to_vec().into()))
        .collect();
    receive(ctx, TARGET, stream::iter(chunks)).await
}

/// Delivers the parts in turn, as the queue would.
async fn run(ctx: &Context, first: &Progress) {
    for number in 0..first.parts {
        let body = json!({ "tenant_id": TARGET, "restore_id": first.id, "number": number });
        let job = ports::Job::new("x", TOPIC, body.to_string().into_bytes());
        consume(ctx, &job).await.unwrap();
        // The queue delivers at least once.
        consume(ctx, &job).await.unwrap();
    }
}

#[test]
fn a_workspace_comes_back_in_another_place() {
    block_on(async {
        let bytes = collect(&filled().await, SOURCE).await;
        let again = collect(&filled().await, SOURCE).await;
        assert_eq!(bytes, again, "equal states give equal bundles");

        let ctx = context().await;
        let first = restored(&ctx, bytes, 70_001).await.unwrap();
        assert!(first.parts > 1);
        run(&ctx, &first).await;
        let progress = progress(&ctx, TARGET).await.unwrap().unwrap();
        assert_eq!(progress.status, Status::Completed);

        let scope = ctx.tenant(TARGET);
        let read = async |partition: &str, key: &str| {
            let record = scope.get(partition, key).await.unwrap();
            record.map(|record| record.value.to_vec())
        };
        let provider = json!({ "name": "acme", "key": "", "tenant": TARGET });
        let stored = read(keys::TENANT, "provider/acme").await.unwrap();
        assert_eq!(stored, provider.to_string().into_bytes());
        assert_eq!(read(keys::TENANT, "odd").await, Some(vec![0, 159, 1]));
        assert_eq!(read(keys::TENANT, "member/x").await, None);
        assert!(read(&keys::file("f1"), "file").await.is_some());
        let blob = scope.get_blob("file/f1/0").await.unwrap().unwrap();
        assert!(blob.len() == 3_000_000 && blob.iter().all(|byte| *byte == 7));
        let grant = ctx.system().get(&keys::api_key("abc"), "grant").await;
        let grant = grant.unwrap().unwrap().value.to_vec();
        assert!(String::from_utf8(grant).unwrap().contains(TARGET));
        if cfg!(feature = "workflows") {
            assert!(read(&keys::forms("run1"), "k").await.is_some());
            let address = ctx.system().get(&keys::form("tok"), "form").await;
            let address = address.unwrap().unwrap().value.to_vec();
            assert!(String::from_utf8(address).unwrap().contains(TARGET));
        }
        let left = scope.list_blobs("restore/", None, 9).await.unwrap();
        assert_eq!(left, [], "nothing stays of the bundle itself");
    });
}

#[test]
fn bad_bundles_change_nothing() {
    block_on(async {
        let whole = collect(&filled().await, SOURCE).await;
        let text = String::from_utf8(whole.clone()).unwrap();
        let cut = text.len() / 2;
        let without_end: String = text.split_inclusive('\n').take(3).collect();
        for (bundle, expect) in [
            (String::new(), "ends early"),
            ("hello\n".to_owned(), "Line 1"),
            (
                "{\"end\":{\"lines\":0,\"sha256\":\"\"}}\n".to_owned(),
                "does not begin",
            ),
            (text[..cut].to_owned(), "ends early"),
            (without_end, "ends early"),
            (text.replace("acme", "evil"), "altered"),
            (format!("{text}{{}}\n"), "goes on"),
            (text.replace("\"format\":1", "\"format\":2"), "format 2"),
            (
                text.replace("key/abc", "account/abc"),
                "no part of a workspace",
            ),
        ] {
            let ctx = context().await;
            let error = restored(&ctx, bundle.into_bytes(), 1 << 16).await;
            let error = error.unwrap_err();
            assert_eq!(error.kind(), Kind::BadRequest);
            assert!(error.message().contains(expect), "{}", error.message());
            let scope = ctx.tenant(TARGET);
            assert_eq!(scope.list_blobs("", None, 9).await.unwrap(), []);
            assert_eq!(progress(&ctx, TARGET).await.unwrap(), None);
        }
        let ctx = context().await;
        let commit = Commit::new().put("app/a", "{}");
        ctx.tenant(TARGET)
            .commit(keys::TENANT, commit)
            .await
            .unwrap();
        let error = restored(&ctx, whole, 1 << 16).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Conflict);
    });
}
