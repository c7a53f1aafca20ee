//! `Secrets`: the environment first, then files of the data folder that only their owner can read.

use std::{
    collections::HashMap,
    fs, io,
    path::PathBuf,
    sync::{PoisonError, RwLock},
};

use async_trait::async_trait;
use ports::{Error, ErrorKind, Result, Secrets};

/// Reads `NAME` from the environment, else from `DIR/secrets/NAME`. Each is looked for once: another value, and one that was
/// not there, needs a new start.
pub struct FileSecrets {
    folder: PathBuf,
    found: RwLock<HashMap<String, Option<String>>>,
}

impl FileSecrets {
    /// Secrets of the data folder `data`.
    pub fn new(data: &std::path::Path) -> Self {
        Self {
            folder: data.join("secrets"),
            found: RwLock::default(),
        }
    }

    /// The secret; makes and keeps one with `make` if there is none.
    pub fn get_or_create(&self, name: &str, make: impl FnOnce() -> String) -> Result<String> {
        if let Some(secret) = self.read(name)? {
            return Ok(secret);
        }
        let secret = make();
        let full = |error: io::Error| {
            let message = format!("cannot keep the secret {name} in {}", self.folder.display());
            Error::new(ErrorKind::Unavailable, message).with_source(error)
        };
        private_folder(&self.folder).map_err(full)?;
        // A new name first: after a crash there is a whole secret or none.
        let (path, fresh) = (
            self.folder.join(name),
            self.folder.join(format!("{name}.new")),
        );
        write_private(&fresh, &secret).map_err(full)?;
        fs::rename(&fresh, &path).map_err(full)?;
        self.keep(name, Some(secret.clone()));
        Ok(secret)
    }

    fn keep(&self, name: &str, secret: Option<String>) {
        let mut found = self.found.write().unwrap_or_else(PoisonError::into_inner);
        found.insert(name.to_owned(), secret);
    }

    fn read(&self, name: &str) -> Result<Option<String>> {
        let known = self.found.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(secret) = known.get(name) {
            return Ok(secret.clone());
        }
        drop(known);
        let secret = self.look_up(name)?;
        self.keep(name, secret.clone());
        Ok(secret)
    }

    fn look_up(&self, name: &str) -> Result<Option<String>> {
        if let Ok(value) = std::env::var(name)
            && !value.is_empty()
        {
            return Ok(Some(value));
        }
        match fs::read_to_string(self.folder.join(name)) {
            Ok(value) => Ok(Some(value.trim_end().to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::new(
                ErrorKind::Unavailable,
                format!("cannot read the secret {name}"),
            )
            .with_source(error)),
        }
    }
}

#[async_trait]
impl Secrets for FileSecrets {
    async fn get(&self, name: &str) -> Result<Option<String>> {
        let letters = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || !name.chars().all(letters) {
            return Err(Error::new(
                ErrorKind::Invalid,
                "a secret's name has upper-case letters, digits and `_`",
            ));
        }
        self.read(name)
    }
}

fn private_folder(folder: &std::path::Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Writes a file that only its owner can read, and waits until it is on the device.
pub fn write_private(path: &std::path::Path, content: &str) -> io::Result<()> {
    use std::io::Write;
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_secret_is_kept_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = FileSecrets::new(folder.path());
        let made = secrets
            .get_or_create("EDGEWISE_TEST_SECRET", || "first".to_owned())
            .unwrap();
        let again = secrets
            .get_or_create("EDGEWISE_TEST_SECRET", || "second".to_owned())
            .unwrap();
        assert_eq!((made.as_str(), again.as_str()), ("first", "first"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(folder.path().join("secrets/EDGEWISE_TEST_SECRET"))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o077, 0);
        }
    }
}
