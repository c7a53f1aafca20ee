//! What may happen to a store: a killed process, a full device, damaged bytes, a second process.

// Helpers of tests may fail as tests do.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use edgewise::{
    clock::SystemClock,
    kv::{RedbKv, Space},
};
use futures::future::join_all;
use ports::{Commit, ErrorKind, Kv, Query};

fn open(path: &Path) -> ports::Result<RedbKv> {
    RedbKv::open(path, Arc::new(SystemClock))
}

/// Set for the process that is to be killed.
const VICTIM: &str = "EDGEWISE_TEST_VICTIM";

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_kill() {
    if let Some(path) = std::env::var_os(VICTIM) {
        return write_for_ever(Path::new(&path)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.redb");
    let mut acknowledged = BTreeSet::new();
    for round in 0..3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "what_was_acknowledged_survives_a_kill",
                "--nocapture",
            ])
            .env(VICTIM, &path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = |line: String| {
            line.strip_prefix("done ")?
                .strip_suffix('.')?
                .parse::<u64>()
                .ok()
        };
        let first: Vec<_> = lines
            .by_ref()
            .map_while(Result::ok)
            .filter_map(said)
            .take(60)
            .collect();
        assert_eq!(first.len(), 60, "round {round}");
        acknowledged.extend(first);
        child.kill().unwrap();
        child.wait().unwrap();
        // What it still said before it died counts, too; a line that was cut has no full stop.
        acknowledged.extend(lines.map_while(Result::ok).filter_map(said));

        let kv = open(&path).unwrap();
        for number in &acknowledged {
            let queries = ["a", "b"].map(|side| Query::Get(format!("{side}/{number}")));
            let view = kv.read("p", queries.to_vec()).await.unwrap();
            let records: Vec<_> = view.into_records().collect();
            assert_eq!(records.len(), 2, "commit {number} was lost");
            assert_eq!(records[0].version, records[1].version);
        }
    }
}

/// Commits pairs from several tasks and says which are done.
async fn write_for_ever(path: &Path) {
    let kv = open(path).unwrap();
    let start = kv.read("p", Vec::new()).await.unwrap().revision * 1000;
    let writers = (0..8u64).map(|writer| {
        let kv = &kv;
        async move {
            for i in 0.. {
                let number = start + i * 8 + writer;
                let value = vec![writer as u8; 3000];
                let commit = Commit::new()
                    .put(format!("a/{number}"), value.clone())
                    .put(format!("b/{number}"), value);
                kv.commit("p", commit).await.unwrap();
                let mut out = std::io::stdout().lock();
                writeln!(out, "done {number}.").unwrap();
                out.flush().unwrap();
            }
        }
    });
    join_all(writers).await;
}

#[tokio::test]
async fn a_full_device_is_told_and_reads_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let full = Arc::new(AtomicBool::new(false));
    let seen = full.clone();
    let space = Space::from_fn(move || {
        Some(if seen.load(Ordering::Relaxed) {
            0
        } else {
            1 << 40
        })
    });
    let kv = RedbKv::open_with(
        &folder.path().join("state.redb"),
        Arc::new(SystemClock),
        space,
    )
    .unwrap();
    kv.commit("p", Commit::new().put("k", "before"))
        .await
        .unwrap();
    full.store(true, Ordering::Relaxed);
    let refused = kv
        .commit("p", Commit::new().put("k", "lost"))
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Full, "{refused}");
    assert_eq!(kv.get("p", "k").await.unwrap().unwrap().value, "before");
    full.store(false, Ordering::Relaxed);
    kv.commit("p", Commit::new().put("k", "after"))
        .await
        .unwrap();
    assert_eq!(kv.get("p", "k").await.unwrap().unwrap().value, "after");
}

/// A small file system of its own, where this process may make one.
struct SmallDevice(tempfile::TempDir);

impl SmallDevice {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=24m", "edgewise-test"])
            .arg(folder.path());
        let mounted = mount
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        mounted.then_some(Self(folder))
    }
}

impl Drop for SmallDevice {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

/// Fills the device through the store until it says so.
async fn fill(kv: &RedbKv) -> u64 {
    for i in 0..1000u64 {
        match kv
            .commit("p", Commit::new().put(format!("{i:04}"), vec![7; 200_000]))
            .await
        {
            Ok(_) => {}
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Full, "{error}");
                return i;
            }
        }
    }
    panic!("24 MB hold 200 MB");
}

#[tokio::test]
async fn a_really_full_device() {
    let Some(device) = SmallDevice::mount() else {
        eprintln!("not allowed to mount a small device: only the simulated one is tested");
        return;
    };
    let path = device.0.path().join("state.redb");
    let kv = open(&path).unwrap();
    let kept = fill(&kv).await;
    assert!(kept >= 10, "only {kept} values of 200 kB fit on 24 MB");
    // Reads go on, deletions are taken, and everything else is there at the next start.
    assert!(kv.get("p", "0000").await.unwrap().is_some());
    kv.commit("p", Commit::new().delete("0001")).await.unwrap();
    drop(kv);
    let kv = open(&path).unwrap();
    assert!(
        kv.get("p", &format!("{:04}", kept - 1))
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn a_device_that_fills_up_behind_our_back() {
    let Some(device) = SmallDevice::mount() else {
        eprintln!("not allowed to mount a small device: only the simulated one is tested");
        return;
    };
    let path = device.0.path().join("state.redb");
    // Nothing is noticed beforehand: the write itself fails.
    let kv = RedbKv::open_with(&path, Arc::new(SystemClock), Space::from_fn(|| None)).unwrap();
    kv.commit("p", Commit::new().put("first", "1"))
        .await
        .unwrap();
    let ballast = device.0.path().join("ballast");
    fs::write(&ballast, vec![1; 12 << 20]).unwrap();
    let kept = fill(&kv).await;
    assert_eq!(kv.get("p", "first").await.unwrap().unwrap().value, "1");
    fs::remove_file(&ballast).unwrap();
    kv.commit("p", Commit::new().put("last", "1"))
        .await
        .unwrap();
    for i in 0..kept {
        assert!(
            kv.get("p", &format!("{i:04}")).await.unwrap().is_some(),
            "{i} of {kept}"
        );
    }
}

#[tokio::test]
async fn a_damaged_store_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.redb");
    {
        let kv = open(&path).unwrap();
        for i in 0..40 {
            let commit = (0..10).fold(Commit::new(), |commit, j| {
                commit.put(format!("{i:02}{j}"), vec![i; 700])
            });
            kv.commit("p", commit).await.unwrap();
        }
    }
    let whole = fs::read(&path).unwrap();
    let damaged = folder.path().join("damaged.redb");
    let mut refused = 0;
    let mut check = async |what: String, bytes: &[u8]| {
        fs::write(&damaged, bytes).unwrap();
        match open(&damaged) {
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Corrupt, "{what}: {error}");
                assert!(
                    error.to_string().contains("damaged.redb"),
                    "{what}: {error}"
                );
                refused += 1;
            }
            // The damage lies where nothing is kept.
            Ok(kv) => {
                let records = kv.list("p", ports::Range::prefix("", 1000)).await.unwrap();
                assert_eq!(records.len(), 400, "{what}");
                assert!(
                    records
                        .iter()
                        .all(|it| it.value.iter().all(|byte| *byte == it.value[0])),
                    "{what}"
                );
            }
        }
    };
    check("text".to_owned(), b"this is no store at all, but a text").await;
    check("cut".to_owned(), &whole[..whole.len() / 2]).await;
    check("cut short".to_owned(), &whole[..1000]).await;
    check("zeros".to_owned(), &vec![0; whole.len()]).await;
    for part in 0..24 {
        let at = part * whole.len() / 24;
        let mut bytes = whole.clone();
        bytes[at..at + 64].iter_mut().for_each(|byte| *byte ^= 0x5a);
        check(format!("64 bytes at {at}"), &bytes).await;
    }
    assert!(refused >= 8, "only {refused} were noticed");
    assert!(open(&path).is_ok(), "the whole one is whole");
}

#[tokio::test]
async fn one_process_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.redb");
    let first = open(&path).unwrap();
    let error = open(&path).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("another process"), "{error}");
    drop(first);
    open(&path).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_commits_share_a_sync() {
    let folder = tempfile::tempdir().unwrap();
    let kv = open(&folder.path().join("state.redb")).unwrap();
    let commits = (0..500).map(|i| kv.commit("p", Commit::new().put(format!("{i}"), "x")));
    for revision in join_all(commits).await {
        revision.unwrap();
    }
    assert_eq!(kv.read("p", Vec::new()).await.unwrap().revision, 500);
    // Far below one transaction for each.
    assert!(
        kv.transactions() < 100,
        "{} transactions",
        kv.transactions()
    );
}

#[tokio::test]
async fn the_sweep_removes_what_has_expired() {
    let folder = tempfile::tempdir().unwrap();
    let kv = open(&folder.path().join("state.redb")).unwrap();
    let past = ports::Timestamp(1);
    let commit = (0..5).fold(Commit::new(), |commit, i| {
        commit.put_until(format!("{i}"), "x", past)
    });
    kv.commit("p", commit.put("stays", "x")).await.unwrap();
    // Written again without an expiry: the old one must not take it.
    kv.commit("p", Commit::new().put("0", "y")).await.unwrap();
    assert_eq!(kv.sweep().await.unwrap(), 4);
    assert_eq!(kv.sweep().await.unwrap(), 0);
    let view = kv
        .read("p", vec![Query::List(ports::Range::prefix("", 9))])
        .await
        .unwrap();
    assert_eq!(view.revision, 2);
    assert_eq!(view.into_records().count(), 2);
}
