//! `edgewise openapi`: the document of the APIs, and the files by which other runtimes serve it.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use clap::Args;

/// What to write, and where to.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// The document of the runtimes on the edge, which download no models
    #[arg(long)]
    edge: bool,
    /// Write the document and its page as static files of a site in this folder
    #[arg(long, value_name = "DIR")]
    site: Option<PathBuf>,
}

/// Writes it.
pub fn run(options: &Options) -> Result<()> {
    let document = api::openapi::document(!options.edge);
    let Some(site) = &options.site else {
        let text = serde_json::to_string_pretty(&document)?;
        // Whoever reads only the beginning closes the pipe.
        let _ = writeln!(std::io::stdout(), "{text}");
        return Ok(());
    };
    let write = |path: &Path, content: &str| {
        fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
    };
    let docs = site.join("docs");
    fs::create_dir_all(&docs)?;
    write(&site.join("openapi.json"), &document.to_string())?;
    for (name, _, content) in api::openapi::PAGE {
        write(&docs.join(name), content)?;
    }
    Ok(())
}
