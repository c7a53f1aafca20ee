//! An expired record is absent everywhere.

use std::time::Duration;

use ports::{Commit, ErrorKind, Range};

use super::keys;
use crate::{
    Harness,
    check::{Checked, eventually, fails, fresh, same},
};

pub(super) async fn expired_is_absent(Harness { platform, .. }: Harness) -> Checked {
    let (kv, partition) = (&platform.kv, fresh(&platform, "kv"));
    let now = platform.clock.now();
    let commit = Commit::new().put_until("gone", "1", now).put("here", "1");
    kv.commit(&partition, commit).await?;
    same("get", kv.get(&partition, "gone").await?, None)?;
    let records = kv.list(&partition, Range::prefix("", 10)).await?;
    same("list", keys(&records), vec!["here"])?;
    let stale = Commit::new().put("gone", "2").if_version("gone", 1);
    fails(
        "if_version",
        kv.commit(&partition, stale).await,
        ErrorKind::Conflict,
    )?;
    let create = Commit::new().put("gone", "2").if_absent("gone");
    same("if_absent", kv.commit(&partition, create).await?, 2)?;
    let version = kv.get(&partition, "gone").await?.map(|it| it.version);
    same("created", version, Some(2))
}

pub(super) async fn expires_later(Harness { platform, .. }: Harness) -> Checked {
    let (kv, partition) = (&platform.kv, fresh(&platform, "kv"));
    let soon = platform.clock.now() + Duration::from_secs(2);
    kv.commit(&partition, Commit::new().put_until("k", "1", soon))
        .await?;
    let held = Commit::new().if_version("k", 1);
    same("still there", kv.commit(&partition, held.clone()).await?, 1)?;
    same("still read", kv.get(&partition, "k").await?.is_some(), true)?;
    eventually!(
        platform,
        "expiry",
        Duration::from_secs(20),
        kv.get(&partition, "k").await?.is_none().then_some(())
    );
    let early = soon.since(platform.clock.now());
    same("early", early, Duration::ZERO)?;
    fails(
        "held",
        kv.commit(&partition, held).await,
        ErrorKind::Conflict,
    )?;
    let free = Commit::new().if_absent("k");
    same("free", kv.commit(&partition, free).await?, 1)
}

pub(super) async fn expired_does_not_fill_a_page(Harness { platform, .. }: Harness) -> Checked {
    let (kv, partition) = (&platform.kv, fresh(&platform, "kv"));
    let now = platform.clock.now();
    let commit = (0..20).fold(Commit::new(), |commit, i| {
        let key = format!("{i:02}");
        match i % 5 {
            4 => commit.put(key, "live"),
            _ => commit.put_until(key, "dead", now),
        }
    });
    kv.commit(&partition, commit).await?;
    let forward = kv.list(&partition, Range::prefix("", 3)).await?;
    same("forward", keys(&forward), vec!["04", "09", "14"])?;
    let reverse = kv.list(&partition, Range::prefix("", 3).reversed()).await?;
    same("reverse", keys(&reverse), vec!["19", "14", "09"])
}

pub(super) async fn put_takes_expiry_away(Harness { platform, .. }: Harness) -> Checked {
    let (kv, partition) = (&platform.kv, fresh(&platform, "kv"));
    let soon = platform.clock.now() + Duration::from_millis(500);
    let commit = Commit::new()
        .put_until("k", "1", soon)
        .put_until("l", "1", soon);
    kv.commit(&partition, commit).await?;
    let later = soon + Duration::from_secs(3600);
    let commit = Commit::new().put("k", "2").put_until("l", "2", later);
    kv.commit(&partition, commit).await?;
    platform.clock.sleep(Duration::from_millis(1000)).await;
    let records = kv.list(&partition, Range::prefix("", 9)).await?;
    same("kept", keys(&records), vec!["k", "l"])
}
