//! `files`: copies what the manifest names into a folder that the component sees, and nothing else.

use std::{
    fs,
    path::{Component as Part, Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use crate::manifest::{Component, File};

/// Prepares the folder; `None` if the component has no files.
pub fn mount(base: &Path, folder: &Path, component: &Component) -> Result<Option<PathBuf>> {
    if component.files.is_empty() {
        return Ok(None);
    }
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    for file in &component.files {
        let (source, seen) = match file {
            File::Path(path) => (path, path.as_path()),
            File::Placed {
                source,
                destination,
            } => (source, destination.strip_prefix("/").unwrap_or(destination)),
        };
        let inside = |path: &Path| {
            path.components()
                .all(|part| matches!(part, Part::Normal(_)))
        };
        ensure!(
            inside(seen) || seen == Path::new(""),
            "`{}` leaves the folder of the component",
            seen.display()
        );
        ensure!(
            !source.to_string_lossy().contains('*'),
            "patterns in `files` are not known here: {}",
            source.display()
        );
        copy(&base.join(source), &folder.join(seen))
            .with_context(|| format!("cannot mount {}", source.display()))?;
    }
    Ok(Some(folder.to_owned()))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if from.is_dir() {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
    } else {
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::copy(from, to)?;
    }
    Ok(())
}
