//! `Blob` as files of a folder.
//!
//! A part of a name becomes a folder `part~` or, the last one, a file `part`, so that `a` and `a/b` can both exist. All
//! but lower-case letters, digits and a few signs is escaped: names that differ differ on every file system, also
//! on those that ignore case.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, Write},
    ops::Range,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use ports::{Blob, BlobInfo, Error, ErrorKind, Result, check_blob_name};

use crate::kv::blocking;

/// Blobs below one folder.
#[derive(Clone)]
pub struct FolderBlob {
    root: Arc<Path>,
    next: Arc<AtomicU64>,
}

/// Where files are written before they get their names. No name is escaped to this.
const FRESH: &str = ".new";

impl FolderBlob {
    /// Uses the folder; makes it if need be, and removes what a crash left unfinished.
    pub fn open(root: &Path) -> Result<Self> {
        let fresh = root.join(FRESH);
        let made = match fs::remove_dir_all(&fresh) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => fs::create_dir_all(&fresh),
        };
        made.map_err(|error| failed("the blob folder", error))?;
        Ok(Self {
            root: root.into(),
            next: Arc::default(),
        })
    }

    fn path(&self, name: &str) -> Result<PathBuf> {
        check_blob_name(name)?;
        let mut path = self.root.to_path_buf();
        let (folders, file) = name.rsplit_once('/').unwrap_or(("", name));
        for folder in folders.split('/').filter(|part| !part.is_empty()) {
            path.push(escape(folder) + "~");
        }
        path.push(escape(file));
        Ok(path)
    }

    fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let fresh = self.root.join(FRESH).join(number.to_string());
        let written = File::create(&fresh).and_then(|mut file| {
            file.write_all(content)?;
            file.sync_all()
        });
        if let Err(error) = written.and_then(|()| self.name(&fresh, path)) {
            // A full device must not stay full of what nobody will read. The first error is the one to tell.
            let _: io::Result<()> = fs::remove_file(&fresh);
            return Err(error);
        }
        Ok(())
    }

    /// Gives a finished file its name, durably.
    fn name(&self, fresh: &Path, path: &Path) -> io::Result<()> {
        let folder = path.parent().unwrap_or(&self.root);
        loop {
            self.make(folder)?;
            match fs::rename(fresh, path) {
                // A deletion beside us took the empty folder away.
                Err(error) if error.kind() == io::ErrorKind::NotFound && fresh.exists() => {}
                Err(error) => return Err(error),
                Ok(()) => return sync_folder(folder),
            }
        }
    }

    fn make(&self, folder: &Path) -> io::Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        fs::create_dir_all(folder)?;
        let below_root = |folder: &&Path| folder.starts_with(&self.root);
        folder
            .ancestors()
            .skip(1)
            .take_while(below_root)
            .try_for_each(sync_folder)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if is_absent(&error) => return Ok(()),
            other => other?,
        }
        let folders = path.ancestors().skip(1);
        for folder in folders.take_while(|folder| **folder != *self.root) {
            if fs::remove_dir(folder).is_err() {
                break; // Not empty.
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Blob for FolderBlob {
    async fn put(&self, name: &str, content: Bytes) -> Result<()> {
        let (path, this, name) = (self.path(name)?, self.clone(), name.to_owned());
        let work = move || {
            this.write(&path, &content)
                .map_err(|error| failed(&name, error))
        };
        blocking(work).await
    }

    async fn get(&self, name: &str) -> Result<Option<Bytes>> {
        let (path, name) = (self.path(name)?, name.to_owned());
        blocking(move || present(&name, fs::read(path).map(Bytes::from))).await
    }

    async fn get_range(&self, name: &str, range: Range<u64>) -> Result<Option<Bytes>> {
        let (path, name) = (self.path(name)?, name.to_owned());
        let read = move || {
            let mut file = File::open(path)?;
            file.seek(io::SeekFrom::Start(range.start))?;
            let mut content = Vec::new();
            file.take(range.end.saturating_sub(range.start))
                .read_to_end(&mut content)?;
            Ok(Bytes::from(content))
        };
        blocking(move || present(&name, read())).await
    }

    async fn size(&self, name: &str) -> Result<Option<u64>> {
        let (path, name) = (self.path(name)?, name.to_owned());
        blocking(move || present(&name, fs::metadata(path).map(|it| it.len()))).await
    }

    async fn delete(&self, name: &str) -> Result<()> {
        let (path, this, name) = (self.path(name)?, self.clone(), name.to_owned());
        blocking(move || this.remove(&path).map_err(|error| failed(&name, error))).await
    }

    async fn list(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<BlobInfo>> {
        let mut walk = Walk {
            prefix: prefix.to_owned(),
            after: after.map(str::to_owned),
            limit,
            page: Vec::new(),
        };
        let root = self.root.clone();
        let work = move || match walk.folder(&root, "") {
            Ok(()) => Ok(walk.page),
            Err(error) => Err(failed(&walk.prefix, error)),
        };
        blocking(work).await
    }
}

/// Visits names in their order, without the folders that cannot hold any of the page.
struct Walk {
    prefix: String,
    after: Option<String>,
    limit: usize,
    page: Vec<BlobInfo>,
}

impl Walk {
    fn folder(&mut self, path: &Path, base: &str) -> io::Result<()> {
        let entries = match fs::read_dir(path) {
            // Removed meanwhile.
            Err(error) if is_absent(&error) => return Ok(()),
            entries => entries?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            let file_name = entry.file_name();
            // Whatever we did not write is not ours.
            let Some(part) = file_name.to_str().filter(|name| *name != FRESH) else {
                continue;
            };
            let name = match part.strip_suffix('~') {
                Some(folder) => unescape(folder).map(|part| format!("{base}{part}/")),
                None => unescape(part).map(|part| format!("{base}{part}")),
            };
            names.extend(name.map(|name| (name, entry.path())));
        }
        // A folder sorts by its name and the slash, as the names below it do.
        names.sort_unstable();
        for (name, path) in names {
            if self.page.len() >= self.limit {
                break;
            }
            if name.ends_with('/') {
                let inside = name.starts_with(&self.prefix) || self.prefix.starts_with(&name);
                let passed = |after: &String| *after >= name && !after.starts_with(&name);
                if inside && !self.after.as_ref().is_some_and(passed) {
                    self.folder(&path, &name)?;
                }
            } else if name.starts_with(&self.prefix)
                && self.after.as_ref().is_none_or(|after| name > *after)
            {
                match fs::metadata(&path) {
                    Err(error) if is_absent(&error) => {}
                    metadata => {
                        let size = metadata?.len();
                        self.page.push(BlobInfo { name, size });
                    }
                }
            }
        }
        Ok(())
    }
}

fn escape(part: &str) -> String {
    let mut escaped = String::with_capacity(part.len());
    for (i, byte) in part.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => escaped.push(char::from(byte)),
            // Not at the start: hidden files and `..`.
            b'.' if i > 0 => escaped.push('.'),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

fn unescape(escaped: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (code, tail) = rest.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok()?);
        rest = tail;
    }
    String::from_utf8(bytes).ok()
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn present<T>(name: &str, result: io::Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(failed(name, error)),
    }
}

fn failed(name: &str, error: io::Error) -> Error {
    let (kind, message) = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            (ErrorKind::Full, format!("no room left for `{name}`"))
        }
        _ => (
            ErrorKind::Unavailable,
            format!("`{name}` cannot be read or written"),
        ),
    };
    Error::new(kind, message).with_source(error)
}

/// A new name is on the device only when its folder is.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_files_and_back() {
        let check = |part: &str, want: &str| {
            assert_eq!(escape(part), want);
            assert_eq!(unescape(want).as_deref(), Some(part));
        };
        check("segment-01.bin", "segment-01.bin");
        check("A b", "%41%20b");
        check(".hidden", "%2Ehidden");
        check("a~", "a%7E");
        check("é%", "%C3%A9%25");
        assert!(escape(&"é".repeat(40)).len() < 255);
        assert_eq!(unescape("%4"), None);
        assert_eq!(unescape("%zz"), None);
    }
}
