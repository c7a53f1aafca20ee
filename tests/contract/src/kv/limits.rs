//! What an adapter declares, it takes; what is over, it refuses.

use bytes::Bytes;
use ports::{Commit, ErrorKind, Range};

use crate::{
    Harness,
    check::{Checked, ensure, fails, fresh, same},
};

pub(super) async fn limits_are_kept(Harness { platform, .. }: Harness) -> Checked {
    let (kv, partition) = (&platform.kv, fresh(&platform, "kv"));
    let limits = kv.limits();
    ensure!(
        limits.value_bytes >= 1 << 20,
        "values of {} bytes",
        limits.value_bytes
    );
    ensure!(
        limits.commit_writes >= 100,
        "commits of {} writes",
        limits.commit_writes
    );
    ensure!(
        limits.key_bytes >= 512,
        "keys of {} bytes",
        limits.key_bytes
    );
    let key = "k".repeat(limits.key_bytes);
    // Four megabytes prove the point for a store that declares more.
    let size = limits.value_bytes.min(4 << 20);
    let value: Bytes = (0..size).map(|i| (i % 253) as u8).collect();
    kv.commit(&partition, Commit::new().put(key.clone(), value.clone()))
        .await?;
    let read = kv.get(&partition, &key).await?.map(|it| it.value);
    same("largest value", read == Some(value), true)?;
    let writes = limits.commit_writes.min(1000);
    let commit = (0..writes).fold(Commit::new(), |commit, i| {
        commit.put(format!("w/{i:04}"), "x")
    });
    kv.commit(&partition, commit).await?;
    let records = kv.list(&partition, Range::prefix("w/", writes)).await?;
    same("most writes", records.len(), writes)
}

pub(super) async fn over_the_limits(Harness { platform, .. }: Harness) -> Checked {
    let (kv, partition) = (&platform.kv, fresh(&platform, "kv"));
    let limits = kv.limits();
    let value = vec![0; limits.value_bytes + 1];
    let commit = Commit::new().put("small", "1").put("k", value);
    fails(
        "value",
        kv.commit(&partition, commit).await,
        ErrorKind::TooLarge,
    )?;
    let commit =
        (0..=limits.commit_writes).fold(Commit::new(), |commit, i| commit.put(format!("{i}"), "x"));
    fails(
        "writes",
        kv.commit(&partition, commit).await,
        ErrorKind::TooLarge,
    )?;
    let commit = Commit::new().put("k".repeat(limits.key_bytes + 1), "x");
    fails(
        "key",
        kv.commit(&partition, commit).await,
        ErrorKind::Invalid,
    )?;
    let commit = Commit::new().put("", "x");
    fails(
        "empty key",
        kv.commit(&partition, commit).await,
        ErrorKind::Invalid,
    )?;
    let view = kv.read(&partition, Vec::new()).await?;
    same("revision", view.revision, 0)
}
