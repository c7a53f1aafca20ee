//! Commits, conditions, revisions.

use bytes::Bytes;
use ports::{Commit, ErrorKind, Query, Range, Record, View};

use super::keys;
use crate::{
    Harness,
    check::{Checked, fails, fresh, same},
};

pub(super) async fn empty_partition(Harness { platform, .. }: Harness) -> Checked {
    let (kv, partition) = (&platform.kv, fresh(&platform, "kv"));
    let queries = vec![Query::Get("a".into()), Query::List(Range::prefix("", 10))];
    let want = View {
        revision: 0,
        answers: vec![vec![], vec![]],
    };
    same("read", kv.read(&partition, queries).await?, want)?;
    same("get", kv.get(&partition, "a").await?, None)
}

pub(super) async fn revision_counts_commits(Harness { platform, .. }: Harness) -> Checked {
    let (kv, partition) = (&platform.kv, fresh(&platform, "kv"));
    let first = Commit::new().put("a", "1").put("b", "1");
    same("first", kv.commit(&partition, first).await?, 1)?;
    let second = Commit::new().put("b", "2");
    same("second", kv.commit(&partition, second).await?, 2)?;
    let view = kv
        .read(&partition, vec![Query::List(Range::prefix("", 10))])
        .await?;
    same("revision", view.revision, 2)?;
    let record = |key: &str, value: &'static str, version| Record {
        key: key.to_owned(),
        value: Bytes::from(value),
        version,
    };
    let want = vec![record("a", "1", 1), record("b", "2", 2)];
    same("records", view.into_records().collect(), want)
}

pub(super) async fn commit_is_atomic(Harness { platform, .. }: Harness) -> Checked {
    let (kv, partition) = (&platform.kv, fresh(&platform, "kv"));
    kv.commit(&partition, Commit::new().put("a", "1").put("b", "1"))
        .await?;
    let commit = Commit::new()
        .put("a", "2")
        .delete("b")
        .put("c", "2")
        .if_version("a", 1)
        .if_absent("b");
    fails(
        "one condition of two",
        kv.commit(&partition, commit).await,
        ErrorKind::Conflict,
    )?;
    let view = kv
        .read(&partition, vec![Query::List(Range::prefix("", 10))])
        .await?;
    same("revision", view.revision, 1)?;
    let records: Vec<_> = view.into_records().collect();
    same("keys", keys(&records), vec!["a", "b"])?;
    let unchanged = records.iter().all(|record| record.value == "1");
    same("unchanged", unchanged, true)
}

pub(super) async fn compare_and_set(Harness { platform, .. }: Harness) -> Checked {
    let (kv, partition) = (&platform.kv, fresh(&platform, "kv"));
    let try_put = async |condition: Option<u64>, value: &'static str| {
        let commit = Commit::new().put("k", value);
        let commit = match condition {
            Some(version) => commit.if_version("k", version),
            None => commit.if_absent("k"),
        };
        kv.commit(&partition, commit).await
    };
    let conflict = ErrorKind::Conflict;
    fails(
        "version of an absent record",
        try_put(Some(0), "x").await,
        conflict,
    )?;
    fails(
        "version of an absent record",
        try_put(Some(1), "x").await,
        conflict,
    )?;
    same("create", try_put(None, "one").await?, 1)?;
    fails("create again", try_put(None, "x").await, conflict)?;
    fails("future version", try_put(Some(2), "x").await, conflict)?;
    same("replace", try_put(Some(1), "two").await?, 2)?;
    fails("stale version", try_put(Some(1), "x").await, conflict)?;
    let record = kv.get(&partition, "k").await?;
    same("value", record.map(|it| it.value), Some(Bytes::from("two")))
}

pub(super) async fn condition_on_another_key(Harness { platform, .. }: Harness) -> Checked {
    let (kv, partition) = (&platform.kv, fresh(&platform, "kv"));
    kv.commit(&partition, Commit::new().put("guard", "1"))
        .await?;
    let guarded =
        |value: &'static str, version| Commit::new().put("a", value).if_version("guard", version);
    same("holds", kv.commit(&partition, guarded("1", 1)).await?, 2)?;
    kv.commit(&partition, Commit::new().put("guard", "2"))
        .await?;
    let stale = kv.commit(&partition, guarded("2", 1)).await;
    fails("stale", stale, ErrorKind::Conflict)?;
    let both = Commit::new()
        .put("a", "3")
        .if_version("a", 2)
        .if_version("guard", 3)
        .if_absent("z");
    same("several", kv.commit(&partition, both).await?, 4)
}

pub(super) async fn commit_without_writes(Harness { platform, .. }: Harness) -> Checked {
    let (kv, partition) = (&platform.kv, fresh(&platform, "kv"));
    same(
        "nothing yet",
        kv.commit(&partition, Commit::new()).await?,
        0,
    )?;
    let absent = Commit::new().if_absent("a");
    same("absent", kv.commit(&partition, absent.clone()).await?, 0)?;
    kv.commit(&partition, Commit::new().put("a", "1")).await?;
    let check = Commit::new().if_version("a", 1);
    same("holds", kv.commit(&partition, check).await?, 1)?;
    fails(
        "does not",
        kv.commit(&partition, absent).await,
        ErrorKind::Conflict,
    )?;
    let view = kv.read(&partition, Vec::new()).await?;
    same("revision", view.revision, 1)
}

pub(super) async fn writes_apply_in_order(Harness { platform, .. }: Harness) -> Checked {
    let (kv, partition) = (&platform.kv, fresh(&platform, "kv"));
    let commit = Commit::new()
        .put("a", "1")
        .delete("a")
        .put("a", "2")
        .put("b", "1")
        .delete("b");
    kv.commit(&partition, commit).await?;
    let records = kv.list(&partition, Range::prefix("", 10)).await?;
    same("keys", keys(&records), vec!["a"])?;
    same(
        "value",
        records.into_iter().map(|it| it.value).collect(),
        vec![Bytes::from("2")],
    )
}

pub(super) async fn delete(Harness { platform, .. }: Harness) -> Checked {
    let (kv, partition) = (&platform.kv, fresh(&platform, "kv"));
    kv.commit(&partition, Commit::new().put("a", "1").put("ab", "1"))
        .await?;
    let commit = Commit::new().delete("a").delete("never there");
    same("delete", kv.commit(&partition, commit).await?, 2)?;
    same("deleted", kv.get(&partition, "a").await?, None)?;
    same(
        "its neighbour",
        kv.get(&partition, "ab").await?.is_some(),
        true,
    )?;
    let again = Commit::new().put("a", "2").if_absent("a");
    same("again", kv.commit(&partition, again).await?, 3)?;
    let stale = Commit::new().delete("a").if_version("a", 1);
    fails(
        "stale",
        kv.commit(&partition, stale).await,
        ErrorKind::Conflict,
    )
}

pub(super) async fn any_bytes(Harness { platform, .. }: Harness) -> Checked {
    let (kv, partition) = (&platform.kv, fresh(&platform, "kv"));
    let all: Bytes = (0..=255).collect();
    let commit = Commit::new()
        .put("all", all.clone())
        .put("empty", Bytes::new());
    kv.commit(&partition, commit).await?;
    let all_read = kv.get(&partition, "all").await?.map(|it| it.value);
    same("all bytes", all_read, Some(all))?;
    let empty = kv.get(&partition, "empty").await?.map(|it| it.value);
    same("empty", empty, Some(Bytes::new()))
}

pub(super) async fn partitions_are_apart(Harness { platform, .. }: Harness) -> Checked {
    let (kv, base) = (&platform.kv, fresh(&platform, "kv"));
    let partitions = [
        "", "/", "/a", "/a/b", "/A", "/ab", "/a b", "/日本", "/é", "/%41", "/a:b",
    ]
    .map(|partition| format!("{base}{partition}"));
    for partition in &partitions {
        let commit = Commit::new().put("k", partition.clone()).put("b/k", "2");
        same(partition, kv.commit(partition, commit).await?, 1)?;
    }
    for partition in &partitions {
        let records = kv.list(partition, Range::prefix("", 10)).await?;
        same(partition, keys(&records), vec!["b/k", "k"])?;
        let value = kv.get(partition, "k").await?.map(|it| it.value);
        same(partition, value, Some(Bytes::from(partition.clone())))?;
    }
    kv.clear(&partitions[2]).await?;
    for partition in partitions.iter().filter(|it| **it != partitions[2]) {
        let records = kv.list(partition, Range::prefix("", 10)).await?;
        same(partition, records.len(), 2)?;
    }
    Ok(())
}

pub(super) async fn clear_never_reuses_versions(Harness { platform, .. }: Harness) -> Checked {
    let (kv, partition) = (&platform.kv, fresh(&platform, "kv"));
    kv.commit(&partition, Commit::new().put("a", "1").put("b", "1"))
        .await?;
    kv.clear(&partition).await?;
    let view = kv
        .read(&partition, vec![Query::List(Range::prefix("", 10))])
        .await?;
    same("revision", view.revision, 2)?;
    same("records", view.into_records().count(), 0)?;
    same(
        "again",
        kv.commit(&partition, Commit::new().put("a", "2")).await?,
        3,
    )?;
    let stale = Commit::new().put("a", "x").if_version("a", 1);
    fails(
        "stale",
        kv.commit(&partition, stale).await,
        ErrorKind::Conflict,
    )
}

pub(super) async fn one_read_many_queries(Harness { platform, .. }: Harness) -> Checked {
    let (kv, partition) = (&platform.kv, fresh(&platform, "kv"));
    super::fill(&**kv, &partition, &["a/1", "a/2", "a/3", "b"]).await?;
    let queries = vec![
        Query::Get("b".into()),
        Query::List(Range::prefix("a/", 2).reversed()),
        Query::Get("none".into()),
        Query::List(Range::prefix("none", 9)),
        Query::Get("a/1".into()),
    ];
    let view = kv.read(&partition, queries).await?;
    let answers: Vec<_> = view.answers.iter().map(|answer| keys(answer)).collect();
    let want = vec![vec!["b"], vec!["a/3", "a/2"], vec![], vec![], vec!["a/1"]];
    same("answers", answers, want)
}
