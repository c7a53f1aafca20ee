//! Several at once.

use futures::future::{join, join_all, try_join_all};
use ports::{Commit, ErrorKind, Kv, Query, Range};

use crate::{
    Harness,
    check::{Checked, Failure, ensure, fresh, same},
};

pub(super) async fn read_is_a_snapshot(Harness { platform, .. }: Harness) -> Checked {
    let (kv, partition) = (&platform.kv, fresh(&platform, "kv"));
    let write = async {
        for i in 0..20 {
            let value = i.to_string();
            let commit = Commit::new().put("a", value.clone()).put("z", value);
            kv.commit(&partition, commit).await?;
        }
        Checked::Ok(())
    };
    let read = async {
        for _ in 0..40 {
            let queries = vec![
                Query::Get("a".into()),
                Query::List(Range::prefix("", 10)),
                Query::Get("z".into()),
            ];
            let view = kv.read(&partition, queries).await?;
            let revision = view.revision;
            for record in view.into_records() {
                let version = record.version;
                ensure!(
                    version == revision,
                    "revision {revision} shows version {version}"
                );
            }
        }
        Checked::Ok(())
    };
    let (written, seen) = join(write, read).await;
    written.and(seen)
}

/// Adds one with compare-and-set until it succeeds; returns how often it had to try again.
async fn increment(kv: &dyn Kv, partition: &str) -> Result<usize, Failure> {
    for conflicts in 0..10_000 {
        let record = kv.get(partition, "count").await?;
        let count: u64 = match &record {
            Some(record) => std::str::from_utf8(&record.value)
                .ok()
                .and_then(|text| text.parse().ok())
                .ok_or_else(|| Failure("the count is no number".to_owned()))?,
            None => 0,
        };
        let commit = Commit::new().put("count", (count + 1).to_string());
        let commit = match record {
            Some(record) => commit.if_version("count", record.version),
            None => commit.if_absent("count"),
        };
        match kv.commit(partition, commit).await {
            Ok(_) => return Ok(conflicts),
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Failure("never got through".to_owned()))
}

pub(super) async fn increments_lose_nothing(Harness { platform, .. }: Harness) -> Checked {
    let (kv, partition) = (&*platform.kv, fresh(&platform, "kv"));
    let workers = (0..8).map(|_| async {
        for _ in 0..10 {
            increment(kv, &partition).await?;
        }
        Checked::Ok(())
    });
    try_join_all(workers).await?;
    let record = kv.get(&partition, "count").await?;
    let got = record.map(|it| (String::from_utf8_lossy(&it.value).into_owned(), it.version));
    same("count and revision", got, Some(("80".to_owned(), 80)))
}

pub(super) async fn one_of_many_creates(Harness { platform, .. }: Harness) -> Checked {
    let (kv, partition) = (&platform.kv, fresh(&platform, "kv"));
    let creators = (0..12).map(|i| {
        let commit = Commit::new().put("k", i.to_string()).if_absent("k");
        kv.commit(&partition, commit)
    });
    let mut created = 0;
    for result in join_all(creators).await {
        match result {
            Ok(_) => created += 1,
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            Err(error) => return Err(error.into()),
        }
    }
    same("created", created, 1)?;
    same(
        "revision",
        kv.read(&partition, Vec::new()).await?.revision,
        1,
    )
}

pub(super) async fn partitions_in_parallel(Harness { platform, .. }: Harness) -> Checked {
    let (kv, base) = (&platform.kv, fresh(&platform, "kv"));
    let partitions: Vec<_> = (0..20).map(|i| format!("{base}/{i}")).collect();
    let all = partitions.iter().map(|partition| async move {
        for i in 1..=3u64 {
            let revision = kv
                .commit(partition, Commit::new().put("k", i.to_string()))
                .await?;
            same(partition, revision, i)?;
        }
        Checked::Ok(())
    });
    try_join_all(all).await?;
    Ok(())
}
