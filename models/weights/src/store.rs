//! The folder that holds the files of local models: `ROOT/MODEL/FILE`, and `ROOT/MODEL/FILE.sha256` where the hash
//! was learned at the pull.

use std::{
    env, fmt,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use catalog::{LocalModel, Role};
use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// A weights folder.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
}

/// How much of a model is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Everything; `verified` says whether the hashes were looked at.
    Present {
        /// Hashes match; otherwise only sizes do.
        verified: bool,
    },
    /// Something is missing.
    Missing,
    /// A file has other bytes than it should.
    Altered,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Present { verified: true } => "verified",
            Self::Present { verified: false } => "present",
            Self::Missing => "missing",
            Self::Altered => "altered",
        })
    }
}

/// A line of `edgewise models list`.
#[derive(Clone, Debug)]
pub struct Row {
    /// What the catalogue says.
    pub model: &'static LocalModel,
    /// Whether it is here.
    pub state: State,
    /// Where it is, or would be.
    pub folder: PathBuf,
    /// Bytes on disk.
    pub bytes: u64,
}

impl Store {
    /// The folder in `EDGEWISE_MODELS`, else `edgewise/models` in the user's cache folder.
    pub fn from_env() -> Self {
        let set = |name: &str| {
            env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let home = || set("HOME").or_else(|| set("USERPROFILE"));
        let cache = || {
            set("XDG_CACHE_HOME")
                .or_else(|| set("LOCALAPPDATA"))
                .or_else(|| home().map(|home| home.join(".cache")))
        };
        let root = set("EDGEWISE_MODELS")
            .or_else(|| cache().map(|cache| cache.join("edgewise").join("models")))
            .unwrap_or_else(|| PathBuf::from("edgewise-models"));
        Self { root }
    }

    /// This folder. It is created when something is pulled.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of a model.
    pub fn folder(&self, model: &LocalModel) -> PathBuf {
        self.root.join(model.name)
    }

    /// Where a model's file is, or would be.
    pub fn path(&self, model: &LocalModel, role: Role) -> Option<PathBuf> {
        model
            .file(role)
            .map(|file| self.folder(model).join(file.name))
    }

    /// Every model of the catalogue. Looks at sizes, not at hashes.
    pub fn list(&self) -> Vec<Row> {
        catalog::LOCAL
            .iter()
            .map(|model| self.row(model, false))
            .collect()
    }

    /// One model, with its hashes compared: the state is never an unverified one.
    pub fn verify(&self, name: &str) -> Result<Row> {
        let model = catalog::local(name).ok_or_else(|| Error::Unknown(name.to_owned()))?;
        Ok(self.row(model, true))
    }

    /// Whether everything is here, by size.
    pub fn has(&self, model: &'static LocalModel) -> bool {
        matches!(self.row(model, false).state, State::Present { .. })
    }

    /// The bytes of a file whose hash was compared on the way.
    pub fn read(&self, model: &LocalModel, role: Role) -> Result<Vec<u8>> {
        let file = model
            .file(role)
            .ok_or_else(|| Error::Source(format!("`{}` has no such file", model.name)))?;
        let path = self.folder(model).join(file.name);
        let bytes = fs::read(&path).map_err(|source| missing(model, &path, source))?;
        let found = hex(&Sha256::digest(&bytes));
        self.compare(model, file, &path, found)?;
        Ok(bytes)
    }

    fn compare(
        &self,
        model: &LocalModel,
        file: &catalog::File,
        path: &Path,
        found: String,
    ) -> Result<()> {
        match self.expected(model, file) {
            Some(expected) if expected != found => Err(Error::Altered {
                model: model.name.to_owned(),
                path: path.to_owned(),
                expected,
                found,
            }),
            _ => Ok(()),
        }
    }

    /// The pinned hash, else the one that was kept at the pull.
    pub(crate) fn expected(&self, model: &LocalModel, file: &catalog::File) -> Option<String> {
        let kept = || fs::read_to_string(sidecar(&self.folder(model).join(file.name))).ok();
        file.sha256
            .map(str::to_owned)
            .or_else(|| kept().map(|text| text.trim().to_owned()))
    }

    /// Whether this file is here with the right bytes.
    pub(crate) fn holds(&self, model: &LocalModel, file: &catalog::File) -> bool {
        let path = self.folder(model).join(file.name);
        let found = File::open(&path).and_then(|mut file| copy(&mut file, &mut io::sink(), |_| {}));
        found.is_ok_and(|found| self.expected(model, file) == Some(found))
    }

    fn row(&self, model: &'static LocalModel, hashes: bool) -> Row {
        let folder = self.folder(model);
        let mut state = State::Present { verified: hashes };
        let mut bytes = 0;
        for file in model.files {
            let path = folder.join(file.name);
            let Ok(metadata) = fs::metadata(&path) else {
                state = State::Missing;
                continue;
            };
            bytes += metadata.len();
            let whole = match hashes {
                true => self.holds(model, file),
                false => file.size == 0 || file.size == metadata.len(),
            };
            if !whole && state != State::Missing {
                state = State::Altered;
            }
        }
        Row {
            model,
            state,
            folder,
            bytes,
        }
    }
}

fn missing(model: &LocalModel, path: &Path, source: io::Error) -> Error {
    match source.kind() {
        io::ErrorKind::NotFound => Error::Missing {
            model: model.name.to_owned(),
            path: path.to_owned(),
        },
        _ => Error::io(path)(source),
    }
}

pub(crate) fn sidecar(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".sha256");
    name.into()
}

/// Copies to the end, reports bytes so far, and gives the sha256 of all in hex.
pub(crate) fn copy(
    from: &mut impl Read,
    to: &mut impl Write,
    mut at: impl FnMut(u64),
) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    let mut total = 0;
    loop {
        let n = match from.read(&mut buffer) {
            Ok(0) => return Ok(hex(&hash.finalize())),
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let part = buffer.get(..n).unwrap_or_default();
        hash.update(part);
        to.write_all(part)?;
        total += n as u64;
        at(total);
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
