//! The log: what was committed and is not in redb yet, in two files that take turns.
//!
//! One append and one sync make a group of commits durable, where redb writes every page on the way to each record anew.
//! A **frame** holds such a group: magic, length of the body, number, store, checksum of all this and the body, then the
//! body; all numbers little-endian. Frames are numbered without gaps over the store's life, and redb knows the number of
//! the last that it has taken, so a file is used again from its start without being cleared: what is left in it of
//! an earlier turn is numbered below.
//!
//! The body: `revision` (tag 1, name, number), `put` (tag 2, key, value as in redb), `remove` (tag 3, key); names, keys and
//! values behind their length in four bytes.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use memchr::memmem;

use super::overlay::Generation;

const MAGIC: &[u8; 4] = b"EwL1";
const HEADER: usize = 28;

/// A file that a great commit has made longer than this is cut when its turn comes again.
const KEPT_BYTES: u64 = 16 << 20;

/// The two files.
pub(super) struct Log {
    paths: [PathBuf; 2],
    files: [File; 2],
    /// The store that the frames belong to.
    store: u64,
    /// Which file is written.
    turn: usize,
    /// Where its next frame begins.
    offset: u64,
    /// The number of the last frame that was written, whether or not that went well.
    last_frame: u64,
}

/// What the log holds that redb has not.
pub(super) struct Pending {
    pub generation: Generation,
    pub frames: u64,
}

/// Why a log is not read.
pub(super) enum Damage {
    Io(PathBuf, io::Error),
    /// Frames are missing or broken that others come after.
    Gap(PathBuf),
}

impl Log {
    /// Opens or makes the files beside `store_path`, and reads what comes after the frame `settled`.
    pub fn open(store_path: &Path, store: u64, settled: u64) -> Result<(Self, Pending), Damage> {
        let paths = ["0.log", "1.log"].map(|name| store_path.with_extension(name));
        let [first, second] = &paths;
        let open = |path: &PathBuf| open(path).map_err(|error| Damage::Io(path.clone(), error));
        let mut files = [open(first)?, open(second)?];
        sync_folder(store_path).map_err(|error| Damage::Io(store_path.to_owned(), error))?;

        let mut chains = Vec::new();
        for (file, path) in files.iter_mut().zip(&paths) {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)
                .map_err(|error| Damage::Io(path.clone(), error))?;
            let chain = Chain::read(bytes.into(), store);
            chain
                .check(store, settled)
                .map_err(|()| Damage::Gap(path.clone()))?;
            chains.push((chain, path));
        }
        chains.sort_by_key(|(chain, _)| chain.frames.first().map(|(number, _)| *number));
        let mut generation = Generation {
            last_frame: settled,
            ..Generation::default()
        };
        let mut frames = 0;
        for (chain, path) in chains {
            for (number, body) in chain.frames {
                if number <= generation.last_frame {
                    continue;
                }
                if number != generation.last_frame + 1 {
                    return Err(Damage::Gap(path.clone()));
                }
                decode(&body, &mut generation).ok_or_else(|| Damage::Gap(path.clone()))?;
                generation.last_frame = number;
                frames += 1;
            }
        }
        let log = Self {
            paths,
            files,
            store,
            turn: 0,
            offset: 0,
            last_frame: generation.last_frame,
        };
        Ok((log, Pending { generation, frames }))
    }

    /// Makes a group of changes durable, and marks it with its frame's number. After a failure nobody knows whether the
    /// frame is there: nothing may be appended before [`Self::take_back`], or before redb has that number.
    pub fn append(&mut self, changes: &mut Generation) -> Result<(), (PathBuf, io::Error)> {
        self.last_frame += 1;
        changes.last_frame = self.last_frame;
        let frame = encode(changes, self.last_frame, self.store);
        let (Some(file), Some(path)) = (self.files.get_mut(self.turn), self.paths.get(self.turn))
        else {
            return Ok(());
        };
        let written = file
            .seek(SeekFrom::Start(self.offset))
            .and_then(|_| file.write_all(&frame))
            .and_then(|()| file.sync_data());
        written.map_err(|error| (path.clone(), error))?;
        self.offset += frame.len() as u64;
        Ok(())
    }

    /// Cuts off what a failed [`Self::append`] left, which a full device has room for, too. Whatever fails here can be
    /// tried again.
    pub fn take_back(&mut self) -> io::Result<()> {
        if let Some(file) = self.files.get(self.turn) {
            file.set_len(self.offset)?;
            file.sync_all()?;
        }
        self.last_frame -= 1;
        Ok(())
    }

    /// The number of the last frame, written or attempted.
    pub fn last_frame(&self) -> u64 {
        self.last_frame
    }

    /// Goes on at the start of the other file, whose frames are all in redb.
    pub fn turn(&mut self) {
        self.turn = 1 - self.turn;
        self.offset = 0;
        if let Some(file) = self.files.get(self.turn)
            && file.metadata().is_ok_and(|it| it.len() > KEPT_BYTES)
        {
            // It only takes room otherwise.
            let _: io::Result<()> = file.set_len(0);
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options.open(path)
}

/// A new file's name is durable once its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if cfg!(unix) && !folder.as_os_str().is_empty() => {
            File::open(folder)?.sync_all()
        }
        _ => Ok(()),
    }
}

/// The frames at the start of a file that follow each other.
struct Chain {
    frames: Vec<(u64, Bytes)>,
    /// Everything after them.
    rest: Bytes,
}

impl Chain {
    fn read(mut bytes: Bytes, store: u64) -> Self {
        let mut frames: Vec<(u64, Bytes)> = Vec::new();
        while let Some((number, body)) = frame(&bytes, store) {
            if frames.last().is_some_and(|(last, _)| number != last + 1) {
                break;
            }
            bytes = bytes.slice(HEADER + body.len()..);
            frames.push((number, body));
        }
        Self {
            frames,
            rest: bytes,
        }
    }

    /// Fails if there is a whole frame behind a broken one. The last may be torn, by a crash while it was written: nobody
    /// was told of it.
    fn check(&self, store: u64, settled: u64) -> Result<(), ()> {
        let last = self.frames.last().map_or(settled, |(number, _)| *number);
        let is_later = |at: usize| {
            let rest = self.rest.slice(at..);
            frame(&rest, store).is_some_and(|(number, _)| number > last.max(settled))
        };
        match memmem::find_iter(&self.rest, MAGIC).any(is_later) {
            true => Err(()),
            false => Ok(()),
        }
    }
}

/// The frame at the start, if it is whole and of this store.
fn frame(bytes: &Bytes, store: u64) -> Option<(u64, Bytes)> {
    let header = bytes.get(..HEADER)?;
    let (magic, rest) = header.split_first_chunk::<4>()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (number, rest) = rest.split_first_chunk()?;
    let (owner, rest) = rest.split_first_chunk()?;
    let (checksum, _) = rest.split_first_chunk()?;
    let end = HEADER.checked_add(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    let body = bytes.get(HEADER..end)?;
    let is_whole = magic == MAGIC
        && u64::from_le_bytes(*owner) == store
        && checked(bytes.get(..HEADER - 4)?, body) == u32::from_le_bytes(*checksum);
    is_whole.then(|| (u64::from_le_bytes(*number), bytes.slice(HEADER..end)))
}

fn checked(header: &[u8], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(header);
    hasher.update(body);
    hasher.finalize()
}

const REVISION: u8 = 1;
const PUT: u8 = 2;
const REMOVE: u8 = 3;

fn encode(changes: &Generation, number: u64, store: u64) -> Vec<u8> {
    let size = HEADER + changes.bytes as usize + 16 * (changes.records.len() + 8);
    let mut frame = Vec::with_capacity(size);
    frame.resize(HEADER, 0);
    let text = |frame: &mut Vec<u8>, bytes: &[u8]| {
        frame.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        frame.extend_from_slice(bytes);
    };
    for (partition, revision) in &changes.revisions {
        frame.push(REVISION);
        text(&mut frame, partition.as_bytes());
        frame.extend_from_slice(&revision.to_le_bytes());
    }
    for (full, entry) in &changes.records {
        frame.push(if entry.is_some() { PUT } else { REMOVE });
        text(&mut frame, full);
        if let Some(encoded) = entry {
            text(&mut frame, encoded);
        }
    }
    if let Some((header, body)) = frame.split_at_mut_checked(HEADER) {
        let fields = [
            &MAGIC[..],
            &(body.len() as u32).to_le_bytes(),
            &number.to_le_bytes(),
            &store.to_le_bytes(),
        ];
        let mut fields = fields.concat();
        fields.extend_from_slice(&checked(&fields, body).to_le_bytes());
        header.copy_from_slice(&fields);
    }
    frame
}

fn decode(body: &Bytes, into: &mut Generation) -> Option<()> {
    let mut at = 0;
    let mut take = |count: usize| {
        let from = at;
        at += count;
        (at <= body.len()).then(|| body.slice(from..at))
    };
    while let Some(tag) = take(1) {
        let mut text = || {
            let length = take(4)?;
            take(u32::from_le_bytes(*length.first_chunk()?) as usize)
        };
        let name = text()?;
        match *tag.first()? {
            REVISION => {
                let revision = u64::from_le_bytes(*take(8)?.first_chunk()?);
                let partition = String::from_utf8(name.into()).ok()?;
                into.revisions.insert(partition, revision);
            }
            PUT => {
                let encoded = text()?;
                into.set(name, Some(encoded));
            }
            REMOVE => into.set(name, None),
            _ => return None,
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    // Helpers of tests may fail as tests do.
    #![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

    use std::fs;

    use super::*;

    const STORE: u64 = 7;

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn open(&self, store: u64, settled: u64) -> Result<(Log, Pending), Damage> {
            Log::open(&self.0.path().join("state.redb"), store, settled)
        }

        fn file(&self, turn: usize) -> PathBuf {
            self.0.path().join(format!("state.{turn}.log"))
        }

        /// Appends a frame for each of the numbers.
        fn append(&self, log: &mut Log, numbers: std::ops::Range<u64>) {
            for number in numbers {
                let mut changes = Generation::default();
                changes.revisions.insert("p".to_owned(), number);
                let value = Bytes::from(vec![number as u8; 100]);
                changes.set(number.to_be_bytes().to_vec().into(), Some(value));
                changes.set("last".into(), Some(number.to_string().into()));
                assert!(log.append(&mut changes).is_ok());
                assert_eq!(changes.last_frame, number);
            }
        }

        /// The records of a log that is read anew, or nothing for a damaged one.
        fn found(&self, settled: u64) -> Option<usize> {
            match self.open(STORE, settled) {
                Ok((_, pending)) => {
                    let records = pending.generation.records.len();
                    let frames = pending.frames as usize;
                    assert_eq!(records, if frames == 0 { 0 } else { frames + 1 });
                    Some(frames)
                }
                Err(Damage::Gap(path)) => {
                    assert!(path.exists());
                    None
                }
                Err(Damage::Io(path, error)) => panic!("{}: {error}", path.display()),
            }
        }
    }

    #[test]
    fn frames_are_found_again_in_both_files() {
        let folder = Folder::new();
        let (mut log, pending) = folder.open(STORE, 0).ok().unwrap();
        assert!(pending.generation.is_empty());
        folder.append(&mut log, 1..6);
        assert_eq!(folder.found(0), Some(5));
        assert_eq!(folder.found(3), Some(2), "what redb has is left out");
        log.turn();
        folder.append(&mut log, 6..9);
        assert_eq!(folder.found(0), Some(8));
        // The first file again, over frames of its earlier turn.
        log.turn();
        folder.append(&mut log, 9..11);
        assert_eq!(folder.found(5), Some(5));
        assert_eq!(folder.found(10), Some(0));

        let (_, pending) = folder.open(STORE, 5).ok().unwrap();
        assert_eq!(pending.generation.revisions["p"], 10);
        let last = pending.generation.records[&b"last"[..]].clone();
        assert_eq!(last.unwrap(), "10");
    }

    #[test]
    fn what_failed_is_taken_back() {
        let folder = Folder::new();
        let (mut log, _) = folder.open(STORE, 0).ok().unwrap();
        folder.append(&mut log, 1..4);
        let offset = log.offset;
        folder.append(&mut log, 4..5);
        // As if the sync had failed: the frame is there, and was not counted.
        log.offset = offset;
        assert!(log.take_back().is_ok());
        assert_eq!(folder.found(0), Some(3));
        folder.append(&mut log, 4..6);
        assert_eq!(folder.found(0), Some(5));
    }

    #[test]
    fn of_another_store_nothing_is_read() {
        let folder = Folder::new();
        let (mut log, _) = folder.open(STORE, 0).ok().unwrap();
        folder.append(&mut log, 1..6);
        let (_, pending) = folder.open(STORE + 1, 0).ok().unwrap();
        assert_eq!(pending.frames, 0);
    }

    #[test]
    fn a_torn_end_is_left_out_and_everything_else_is_damage() {
        let folder = Folder::new();
        let (mut log, _) = folder.open(STORE, 0).ok().unwrap();
        folder.append(&mut log, 1..6);
        let whole = fs::read(folder.file(0)).unwrap();
        let frame = whole.len() / 5;
        let check = |what: &str, bytes: &[u8], settled: u64, want: Option<usize>| {
            fs::write(folder.file(0), bytes).unwrap();
            assert_eq!(folder.found(settled), want, "{what}");
        };
        for cut in [1, 40, frame - 1] {
            check("torn", &whole[..whole.len() - cut], 0, Some(4));
        }
        for at in [0, 5, 9, 20, 26, 60, frame - 1] {
            for nth in 0..5 {
                let mut bytes = whole.clone();
                bytes[nth * frame + at] ^= 0x40;
                let want = (nth == 4).then_some(4);
                check(&format!("byte {at} of frame {nth}"), &bytes, 0, want);
            }
        }
        check("a frame too few", &whole[frame..], 0, None);
        check("an older copy of the store", &whole[2 * frame..], 1, None);
        check("no more", &[], 5, Some(0));
        check("as it was", &whole, 0, Some(5));
    }
}
