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
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use edgewise::{
    clock::SystemClock,
    kv::{RedbKv, Space},
};
use futures::future::join_all;
use ports::{
    Clock, Commit, ErrorKind, Kv, Query, Range, Timestamp,
    fake::{FakeClock, FakeKv},
};

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
    // Killed before anything went into redb, while it does, and after the log's files have taken turns.
    for (round, commits) in [60, 1000, 2500].into_iter().enumerate() {
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
            .take(commits)
            .collect();
        assert_eq!(first.len(), commits, "round {round}");
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

/// Some of everything, in an order that is the same at every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: u64) -> u64 {
        // xorshift64
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % count
    }

    fn key(&mut self) -> String {
        format!("{}/{}", ["a", "b"][self.below(2) as usize], self.below(12))
    }

    fn commit(&mut self, now: Timestamp) -> Commit {
        let mut commit = Commit::new();
        for _ in 0..=self.below(3) {
            let key = self.key();
            commit = match self.below(4) {
                0 => commit.delete(key),
                1 => commit.put_until(key, "short", now + Duration::from_secs(self.below(30))),
                _ => commit.put(key, self.below(1000).to_string()),
            };
        }
        match self.below(5) {
            0 => commit.if_absent(self.key()),
            1 => commit.if_version(self.key(), 1 + self.below(20)),
            _ => commit,
        }
    }

    fn queries(&mut self) -> Vec<Query> {
        let mut range = Range::prefix(["", "a", "b/1"][self.below(3) as usize], 0);
        range.limit = 1 + self.below(8) as usize;
        range.reverse = self.below(2) == 0;
        range.after = (self.below(2) == 0).then(|| self.key());
        vec![Query::Get(self.key()), Query::List(range)]
    }
}

#[tokio::test]
async fn whatever_lies_in_the_log_or_in_redb_reads_as_from_one_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.redb");
    let clock = Arc::new(FakeClock::new());
    let model = FakeKv::new(clock.clone());
    let mut kv = RedbKv::open(&path, clock.clone()).unwrap();
    let mut dice = Dice(0x5eed);
    let (mut refused, mut seen) = (0, 0);
    for step in 0..4000 {
        // Now and then one that begins.
        let young = format!("p{}", step / 50);
        let partition = ["p", "q", &young][dice.below(3) as usize];
        match dice.below(100) {
            0 => {
                drop(kv);
                kv = RedbKv::open(&path, clock.clone()).unwrap();
            }
            1..6 => kv.settle().await.unwrap(),
            6 => drop(kv.sweep().await.unwrap()),
            7 => {
                kv.clear(partition).await.unwrap();
                model.clear(partition).await.unwrap();
            }
            8..12 => clock.advance(Duration::from_secs(7)),
            12..60 => {
                let commit = dice.commit(clock.now());
                let want = model.commit(partition, commit.clone()).await;
                let got = kv.commit(partition, commit).await;
                refused += u32::from(got.is_err());
                assert_eq!(got.ok(), want.ok(), "step {step}");
            }
            _ => {
                let queries = dice.queries();
                let want = model.read(partition, queries.clone()).await.unwrap();
                let got = kv.read(partition, queries.clone()).await.unwrap();
                seen += got.answers.iter().flatten().count();
                assert_eq!(got, want, "step {step}: {queries:?}");
            }
        }
    }
    assert!(refused > 100, "{refused} conditions did not hold");
    assert!(seen > 2000, "{seen} records were read");
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
    // Far below one for each.
    assert!(kv.syncs() < 100, "{} syncs", kv.syncs());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_read_again_is_never_older_than_what_was_acknowledged() {
    const ROUNDS: u64 = 1500;
    let folder = tempfile::tempdir().unwrap();
    let kv = Arc::new(open(&folder.path().join("state.redb")).unwrap());
    let acknowledged = Arc::new(AtomicU64::new(0));
    let read = |kv: Arc<RedbKv>, acknowledged: Arc<AtomicU64>| async move {
        let mut seen = 0;
        loop {
            let at_least = acknowledged.load(Ordering::SeqCst);
            let view = kv.read("p", vec![Query::Get("a".into())]).await.unwrap();
            let value = view.answers[0].first().map_or(0, |record| {
                String::from_utf8_lossy(&record.value)
                    .parse::<u64>()
                    .unwrap()
            });
            assert_eq!(view.revision, value);
            assert!(value >= at_least.max(seen), "{value} after {at_least}");
            seen = value;
            if seen == ROUNDS {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    let readers = [0, 1].map(|_| tokio::spawn(read(kv.clone(), acknowledged.clone())));
    for round in 1..=ROUNDS {
        let commit = Commit::new().put("a", round.to_string());
        assert_eq!(kv.commit("p", commit).await.unwrap(), round);
        acknowledged.store(round, Ordering::SeqCst);
        if round % 3 == 0 {
            // From now on it is read from redb, or from what is kept of it.
            kv.settle().await.unwrap();
        }
    }
    for reader in readers {
        reader.await.unwrap();
    }
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
