//! The one thread that commits. What waits when it is free goes into one frame of the log: group commit.

use std::{
    mem,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use ports::{Commit, Error, ErrorKind, Result, Revision, Timestamp};
use tokio::sync::{mpsc, oneshot};

use super::{
    log::Log,
    overlay::Overlay,
    settle::{Settler, join, spawn},
    space::Space,
    staging::{Staged, stage},
    store::{Store, from_io},
    watchers::Watchers,
};

/// Something to write.
pub(super) enum Operation {
    Commit {
        partition: String,
        commit: Commit,
    },
    Clear {
        partition: String,
    },
    Sweep,
    /// Brings everything into redb.
    Settle,
}

pub(super) struct Request {
    pub operation: Operation,
    pub now: Timestamp,
    reply: oneshot::Sender<Result<Revision>>,
}

enum Message {
    Request(Request),
    /// What waits in the log has waited long enough.
    Settle,
}

/// Most operations of one frame, and most bytes of values in it.
const BATCH: usize = 256;
const BATCH_BYTES: u64 = 16 << 20;

/// While frames hold so many operations, the next one waits a little for more: a sync costs as much as dozens of
/// operations, and whoever commits in such a crowd waits for its turn anyway.
const CROWD: usize = 4;
const GATHERING: Duration = Duration::from_millis(1);

/// Most operations that wait; more hold up their callers.
const WAITING: usize = 1024;

/// So many bytes of changes go into redb together, and so many wait at most for the ones before them.
const SETTLED_BYTES: u64 = 4 << 20;
const GROWING_BYTES: u64 = 16 << 20;

/// The way to the thread. It ends, with all that was sent done, when this is dropped.
pub(super) struct Writer {
    sender: Option<mpsc::Sender<Message>>,
    thread: Option<thread::JoinHandle<()>>,
    frames: Arc<AtomicU64>,
}

impl Writer {
    pub fn start(
        store: Arc<Store>,
        log: Log,
        overlay: Arc<RwLock<Overlay>>,
        watchers: Arc<Watchers>,
        space: Space,
    ) -> Result<Self> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let weak = sender.downgrade();
        let settler = Settler::start(store.clone(), overlay.clone(), move || {
            if let Some(sender) = weak.upgrade() {
                // Full: then there is enough to do, and it comes to that by itself.
                let _: Result<(), _> = sender.try_send(Message::Settle);
            }
        })?;
        let frames = Arc::new(AtomicU64::new(0));
        let state = State {
            store,
            log,
            overlay,
            watchers,
            space,
            settler,
            frames: frames.clone(),
            is_broken: false,
        };
        Ok(Self {
            sender: Some(sender),
            thread: Some(spawn("kv-writer", move || state.run(receiver))?),
            frames,
        })
    }

    pub async fn send(&self, operation: Operation, now: Timestamp) -> Result<Revision> {
        let stopped = || Error::new(ErrorKind::Internal, "the store's writer has stopped");
        let (reply, answer) = oneshot::channel();
        let request = Message::Request(Request {
            operation,
            now,
            reply,
        });
        let sender = self.sender.as_ref().ok_or_else(stopped)?;
        sender.send(request).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }

    /// Frames since the start: fewer than commits, because commits that wait together share one.
    pub fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.sender = None;
        join(self.thread.take());
    }
}

struct State {
    store: Arc<Store>,
    log: Log,
    overlay: Arc<RwLock<Overlay>>,
    watchers: Arc<Watchers>,
    space: Space,
    settler: Settler,
    frames: Arc<AtomicU64>,
    /// A frame failed, and nobody knows what of it is on the device.
    is_broken: bool,
}

impl State {
    fn run(mut self, mut receiver: mpsc::Receiver<Message>) {
        let mut is_crowded = false;
        while let Some(first) = receiver.blocking_recv() {
            if is_crowded {
                thread::sleep(GATHERING);
            }
            let (mut bytes, mut commits) = (0, Vec::new());
            let mut next = Some(first);
            while let Some(message) = next {
                match message {
                    Message::Settle => self.begin_settling(),
                    Message::Request(request) => match request.operation {
                        Operation::Sweep => self.sweep(request),
                        Operation::Settle => {
                            let settled = self.settle_all();
                            answer(request, settled.map(|()| 0));
                        }
                        _ => {
                            bytes += request.operation.bytes();
                            commits.push(request);
                        }
                    },
                }
                let is_full = commits.len() >= BATCH || bytes >= BATCH_BYTES;
                next = (!is_full).then(|| receiver.try_recv().ok()).flatten();
            }
            is_crowded = commits.len() >= CROWD;
            if !commits.is_empty() {
                self.commit(commits, bytes);
            }
        }
        // The next start finds everything in redb, and has nothing to repeat.
        if let Err(error) = self.settle_all() {
            tracing::error!(%error, "what was committed stays in the log until the next start");
        }
    }

    fn commit(&mut self, batch: Vec<Request>, bytes: u64) {
        if let Err(error) = self.prepare() {
            return fail(batch, &error);
        }
        let (fitting, refused) = self.fitting(batch, bytes);
        if !refused.is_empty() {
            let message = format!("no room left for the store {}", self.store.path().display());
            fail(refused, &Error::new(ErrorKind::Full, message));
        }
        if fitting.is_empty() {
            return;
        }
        match self.write(&fitting) {
            Ok(outcomes) => {
                for (request, outcome) in fitting.into_iter().zip(outcomes) {
                    if let (Some(partition), Ok(revision)) =
                        (request.operation.partition(), &outcome)
                    {
                        self.watchers.tell(partition, *revision);
                    }
                    answer(request, outcome);
                }
            }
            Err(error) => {
                tracing::error!(%error, "a group of commits failed");
                fail(fitting, &error);
            }
        }
        if self.growing_bytes() >= SETTLED_BYTES {
            self.begin_settling();
        }
    }

    /// Decides, makes durable, shows: in this order.
    fn write(&mut self, batch: &[Request]) -> Result<Vec<Result<Revision>>> {
        let Staged {
            mut changes,
            outcomes,
        } = stage(batch, &self.store, &self.overlay)?;
        if !changes.is_empty() {
            if let Err((path, error)) = self.log.append(&mut changes) {
                self.is_broken = true;
                return Err(from_io(&path, error));
            }
            self.frames.fetch_add(1, Ordering::Relaxed);
            self.change(|overlay| overlay.growing.merge(changes));
        }
        Ok(outcomes)
    }

    /// Sees to it that the log can be written, and that not too much waits in it.
    fn prepare(&mut self) -> Result<()> {
        if self.is_broken && self.log.take_back().is_ok() {
            self.is_broken = false;
        }
        if self.is_broken {
            // Everything that was acknowledged goes into redb, and the number of the broken frame with it: whatever is
            // found of it later is not read.
            self.settler.settle()?;
            let last = self.log.last_frame();
            self.change(|overlay| overlay.growing.last_frame = last);
            self.turn(true);
            self.settler.settle()?;
            self.is_broken = false;
        }
        if self.growing_bytes() >= GROWING_BYTES {
            self.settler.settle()?;
            self.begin_settling();
        }
        Ok(())
    }

    /// Those that the device has room for, and the others.
    fn fitting(&mut self, batch: Vec<Request>, bytes: u64) -> (Vec<Request>, Vec<Request>) {
        if self.space.fits(bytes, self.waiting_bytes()) {
            return (batch, Vec::new());
        }
        // What waits was counted three times over. It needs less, and then it waits no more.
        if let Err(error) = self.settle_all() {
            tracing::error!(%error, "what was committed stays in the log for now");
        }
        let waiting = self.waiting_bytes();
        if self.space.fits(bytes, waiting) {
            return (batch, Vec::new());
        }
        // Alone, a small one may still fit; and deletions make room.
        batch
            .into_iter()
            .partition(|request| self.space.fits(request.operation.bytes(), waiting))
    }

    fn sweep(&mut self, request: Request) {
        // What has expired in the log is swept as well.
        self.begin_settling();
        if let Err(error) = self.settler.sweep(request.now, request.reply) {
            tracing::error!(%error, "nothing is swept");
        }
    }

    fn begin_settling(&mut self) {
        self.turn(false);
        if let Err(error) = self.settler.hurry() {
            tracing::error!(%error, "what was committed stays in the log");
        }
    }

    /// Brings everything into redb.
    fn settle_all(&mut self) -> Result<()> {
        self.settler.settle()?;
        self.turn(false);
        self.settler.settle()
    }

    /// What grew shall settle, and the log goes on in its other file, unless something settles already. `even_empty`: to
    /// keep the number of its last frame.
    fn turn(&mut self, even_empty: bool) {
        let mut is_turned = false;
        self.change(|overlay| {
            is_turned = overlay.settling.is_none() && (even_empty || !overlay.growing.is_empty());
            if is_turned {
                overlay.settling = Some(Arc::new(mem::take(&mut overlay.growing)));
            }
        });
        if is_turned {
            self.log.turn();
        }
    }

    fn change(&self, change: impl FnOnce(&mut Overlay)) {
        change(&mut self.overlay.write().unwrap_or_else(PoisonError::into_inner));
    }

    fn growing_bytes(&self) -> u64 {
        let overlay = self.overlay.read().unwrap_or_else(PoisonError::into_inner);
        overlay.growing.bytes
    }

    fn waiting_bytes(&self) -> u64 {
        let overlay = self.overlay.read().unwrap_or_else(PoisonError::into_inner);
        overlay.bytes()
    }
}

fn fail(batch: Vec<Request>, error: &Error) {
    for request in batch {
        answer(request, Err(Error::new(error.kind(), error.to_string())));
    }
}

fn answer(request: Request, outcome: Result<Revision>) {
    // Whoever asked may have gone.
    let _: Result<(), _> = request.reply.send(outcome);
}

impl Operation {
    /// The values it adds.
    fn bytes(&self) -> u64 {
        let Self::Commit { commit, .. } = self else {
            return 0;
        };
        let sizes = commit.writes.iter().map(|write| match write {
            // The key stands in the index of expiry as well; a page is shared with neighbours.
            ports::Write::Put { key, value, .. } => key.len() + value.len() + 256,
            ports::Write::Delete { .. } => 0,
        });
        sizes.sum::<usize>() as u64
    }

    fn partition(&self) -> Option<&str> {
        match self {
            Self::Commit { partition, .. } | Self::Clear { partition } => Some(partition),
            Self::Sweep | Self::Settle => None,
        }
    }
}
