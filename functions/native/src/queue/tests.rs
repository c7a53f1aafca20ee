//! The queue over the fakes: time is virtual, and a crash is a queue that is dropped.

use std::sync::Mutex;

use ports::{Alarm, Error, ErrorKind, Timer, fake};

use super::*;

struct Notes {
    clock: Arc<dyn Clock>,
    seen: Mutex<Vec<String>>,
}

#[async_trait]
impl Consumer for Notes {
    async fn consume(&self, job: &Job) -> Result<()> {
        let second = self.clock.now().as_secs() - 1_767_225_600;
        self.note(format!("{}#{} at {second}", job.id, job.attempt));
        match job.topic.as_str() {
            "down" => Err(Error::new(ErrorKind::Unavailable, "down")),
            "long" => {
                self.clock.sleep(LEASE * 5).await;
                self.note(format!("{} ended", job.id));
                Ok(())
            }
            "hang" => std::future::pending().await,
            "panic" => panic!("as the topic says"),
            _ => Ok(()),
        }
    }

    async fn give_up(&self, job: &Job, reason: &str) {
        self.note(format!("{} given up: {reason}", job.id));
    }
}

impl Notes {
    fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        let seen = Mutex::default();
        Arc::new(Self { clock, seen })
    }

    fn note(&self, note: String) {
        self.seen.lock().unwrap().push(note);
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

/// Runs the queue until `count` notes are there, then stops it.
async fn run(queue: &DurableQueue, notes: &Arc<Notes>, count: usize) {
    let stop = CancellationToken::new();
    let until = async {
        while notes.seen().len() < count {
            tokio::task::yield_now().await;
        }
        stop.cancel();
    };
    futures::future::join(queue.run(notes.clone(), stop.clone()), until).await;
}

#[tokio::test]
async fn a_failing_job_backs_off_and_is_given_up() {
    let (platform, _) = fake::platform();
    let queue = DurableQueue::new(platform.kv.clone(), platform.clock.clone());
    let notes = Notes::new(platform.clock.clone());
    queue.send(vec![Job::new("a", "down", "")]).await.unwrap();
    run(&queue, &notes, 7).await;
    let want = [
        "a#0 at 0",
        "a#1 at 1",
        "a#2 at 3",
        "a#3 at 7",
        "a#4 at 15",
        "a#5 at 31",
        "a given up: down",
    ];
    assert_eq!(notes.seen(), want);
}

#[tokio::test]
async fn a_panic_is_given_up() {
    let (platform, _) = fake::platform();
    let queue = DurableQueue::new(platform.kv.clone(), platform.clock.clone());
    let notes = Notes::new(platform.clock.clone());
    queue.send(vec![Job::new("a", "panic", "")]).await.unwrap();
    run(&queue, &notes, 2).await;
    assert_eq!(
        notes.seen(),
        ["a#0 at 0", "a given up: the handler of this job panicked"]
    );
}

#[tokio::test]
async fn a_long_job_keeps_its_lease() {
    let (platform, _) = fake::platform();
    let queue = DurableQueue::new(platform.kv.clone(), platform.clock.clone());
    let notes = Notes::new(platform.clock.clone());
    queue.send(vec![Job::new("a", "long", "")]).await.unwrap();
    run(&queue, &notes, 2).await;
    assert_eq!(notes.seen(), ["a#0 at 0", "a ended"]);
}

#[tokio::test]
async fn a_job_in_hand_survives_the_process() {
    let (platform, handles) = fake::platform();
    let queue = DurableQueue::new(platform.kv.clone(), platform.clock.clone());
    let notes = Notes::new(platform.clock.clone());
    queue
        .send(vec![
            Job::new("a", "hang", ""),
            Job::new("b", "ok", ""),
            Job::new("d", "watch", "").delayed(Duration::from_secs(20)),
            Job::new("e", "ok", "").delayed(Duration::from_secs(25)),
        ])
        .await
        .unwrap();
    let name = "alarm".to_owned();
    let at = platform.clock.now() + Duration::from_secs(30);
    let job = Job::new("c", "ok", "");
    DurableTimer::new(queue.clone())
        .set(Alarm { name, at, job })
        .await
        .unwrap();
    handles.clock.manual();
    {
        // Dropped in mid-flight: what a crash leaves is what is in the store.
        let run = queue.run(notes.clone(), CancellationToken::new());
        let mut run = std::pin::pin!(run);
        // Both have begun, and the one that can end has ended.
        for _ in 0..1000 {
            let _: std::task::Poll<()> = futures::poll!(run.as_mut());
            tokio::task::yield_now().await;
        }
        assert_eq!(notes.seen().len(), 2);
    }
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let after = DurableQueue::new(platform.kv.clone(), platform.clock.clone());
    handles.clock.advance(Duration::from_secs(1));
    after.recover(&["watch"]).await.unwrap();
    let stop = CancellationToken::new();
    let until = async {
        while notes.seen().len() < 4 {
            tokio::task::yield_now().await;
        }
        handles.clock.advance(Duration::from_secs(29));
        while notes.seen().len() < 6 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = after.run(notes.clone(), stop) => {}
        () = until => {}
    }
    let mut seen = notes.seen();
    for part in [0..2, 2..4, 4..6] {
        seen[part].sort();
    }
    let (before, after, late) = (
        ["a#0 at 0", "b#0 at 0"],
        // What looks after others does not wait for its time.
        ["a#1 at 1", "d#0 at 1"],
        ["c#0 at 30", "e#0 at 30"],
    );
    assert_eq!(seen, [before, after, late].concat());
}

/// Innocent jobs are in hand when a process is killed; one that kills every process must not live for ever.
#[tokio::test]
async fn interruptions_are_forgiven_for_long_but_not_for_ever() {
    let (platform, handles) = fake::platform();
    handles.clock.manual();
    let notes = Notes::new(platform.clock.clone());
    let queue = || DurableQueue::new(platform.kv.clone(), platform.clock.clone());
    queue().send(vec![Job::new("a", "hang", "")]).await.unwrap();
    let mut lives = 0;
    while !notes.seen().iter().any(|note| note.contains("given up")) {
        lives += 1;
        assert!(lives < 100, "{:?}", notes.seen());
        let (queue, seen) = (queue(), notes.seen().len());
        queue.recover(&[]).await.unwrap();
        // As long as any pause.
        handles.clock.advance(Duration::from_secs(256));
        let run = queue.run(notes.clone(), CancellationToken::new());
        let mut run = std::pin::pin!(run);
        while notes.seen().len() == seen {
            let _: std::task::Poll<()> = futures::poll!(run.as_mut());
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(lives, 13, "{:?}", notes.seen());
}
