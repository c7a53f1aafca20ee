//! Cases for `Cache`. It may forget, but not within a case of a few small values.

use std::time::Duration;

use bytes::Bytes;

use crate::{
    Case, Harness, Needs,
    check::{Checked, case, fresh, same},
};

const MINUTES: Duration = Duration::from_secs(300);

pub(crate) fn cases() -> Vec<Case> {
    let expiry = Needs {
        cache_expiry: true,
        ..Needs::NOTHING
    };
    vec![
        case!("cache/absent", absent),
        case!("cache/put_get_delete", put_get_delete),
        case!("cache/any_bytes", any_bytes),
        case!("cache/keys_are_apart", keys_are_apart),
        case!("cache/a_megabyte", a_megabyte),
        case!("cache/expires", expires, expiry),
    ]
}

async fn absent(Harness { platform, .. }: Harness) -> Checked {
    let key = fresh(&platform, "cache");
    same("get", platform.cache.get(&key).await?, None)?;
    platform.cache.delete(&key).await?;
    Ok(())
}

async fn put_get_delete(Harness { platform, .. }: Harness) -> Checked {
    let (cache, key) = (&platform.cache, fresh(&platform, "cache"));
    let value = Bytes::from_static(b"one");
    cache.put(&key, value.clone(), MINUTES).await?;
    same("put", cache.get(&key).await?, Some(value))?;
    cache.delete(&key).await?;
    same("deleted", cache.get(&key).await?, None)
}

async fn any_bytes(Harness { platform, .. }: Harness) -> Checked {
    let (cache, key) = (&platform.cache, fresh(&platform, "cache"));
    let all: Bytes = (0..=255).collect();
    cache.put(&key, all.clone(), MINUTES).await?;
    same("all bytes", cache.get(&key).await?, Some(all))?;
    let empty = fresh(&platform, "cache");
    cache.put(&empty, Bytes::new(), MINUTES).await?;
    same("empty", cache.get(&empty).await?, Some(Bytes::new()))
}

async fn keys_are_apart(Harness { platform, .. }: Harness) -> Checked {
    let (cache, base) = (&platform.cache, fresh(&platform, "cache"));
    let keys = ["a", "A", "a/b", "é", "日本語", "a b?c=%41#d"].map(|key| format!("{base}/{key}"));
    for key in &keys {
        cache.put(key, Bytes::from(key.clone()), MINUTES).await?;
    }
    for key in &keys {
        same(key, cache.get(key).await?, Some(Bytes::from(key.clone())))?;
    }
    Ok(())
}

async fn a_megabyte(Harness { platform, .. }: Harness) -> Checked {
    let (cache, key) = (&platform.cache, fresh(&platform, "cache"));
    let value: Bytes = (0..1 << 20).map(|i: u32| (i % 251) as u8).collect();
    cache.put(&key, value.clone(), MINUTES).await?;
    let got = cache.get(&key).await?;
    same("length", got.as_ref().map(Bytes::len), Some(value.len()))?;
    same("content", got == Some(value), true)
}

async fn expires(Harness { platform, .. }: Harness) -> Checked {
    let (cache, key) = (&platform.cache, fresh(&platform, "cache"));
    let value = Bytes::from_static(b"soon gone");
    cache.put(&key, value, Duration::from_secs(1)).await?;
    platform.clock.sleep(Duration::from_millis(2100)).await;
    same("expired", cache.get(&key).await?, None)
}
