//! `edgewise models`: the weights on this machine. Needs no server.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use catalog::Role;
use clap::Subcommand;
use serde_json::{Value, json};
use weights::{Bar, Row, State, Store};

use super::say;

/// What can be done with weights.
#[derive(Subcommand)]
pub enum Command {
    /// List the models that can run in the process, and which are here
    List,
    /// Download models; what is here and whole is left alone
    Pull {
        /// As listed
        #[arg(required = true, value_name = "MODEL")]
        names: Vec<String>,
    },
    /// Write the 8-bit form of an embedder, which Workers and Spin ship; downloads the embedder where it is missing
    Quantize {
        /// As listed
        #[arg(value_name = "MODEL")]
        name: String,
        /// Where to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Compare the files of models with their check sums; all that are here when none is named
    Verify {
        /// As listed
        #[arg(value_name = "MODEL")]
        names: Vec<String>,
    },
}

pub async fn run(command: Command, json: bool) -> Result<()> {
    // Files and downloads block.
    tokio::task::spawn_blocking(move || match command {
        Command::List => print(&Store::from_env().list(), json),
        Command::Pull { names } => pull(&names, json),
        Command::Quantize { name, out } => quantize(&name, &out, json),
        Command::Verify { names } => verify(names, json),
    })
    .await?
}

fn pull(names: &[String], json: bool) -> Result<()> {
    let store = Store::from_env();
    let rows = names
        .iter()
        .map(|name| weights::pull(&store, name, &mut Bar::default()));
    let rows: Vec<Row> = rows.collect::<Result<_, _>>()?;
    print(&rows, json)
}

fn quantize(name: &str, out: &Path, json: bool) -> Result<()> {
    let store = Store::from_env();
    let row = weights::pull(&store, name, &mut Bar::default())?;
    let Some(options) = edgewise::models::embedder_options(row.model) else {
        bail!("{name} is no embedder: only embedders have an 8-bit form for the edge");
    };
    let read = |role| store.read(row.model, role);
    let (config, tokenizer) = (read(Role::Config)?, read(Role::Tokenizer)?);
    let file = local::quantize(options, &config, &tokenizer, &read(Role::Weights)?)?;
    if let Some(folder) = out.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(out, &file).with_context(|| format!("cannot write {}", out.display()))?;
    if json {
        return say::json(&json!({ "file": out, "bytes": file.len() }));
    }
    println!("{}: {} bytes", out.display(), file.len());
    Ok(())
}

fn verify(mut names: Vec<String>, json: bool) -> Result<()> {
    let store = Store::from_env();
    if names.is_empty() {
        let here = store
            .list()
            .into_iter()
            .filter(|row| row.state != State::Missing);
        names = here.map(|row| row.model.name.to_owned()).collect();
    }
    let rows: Vec<Row> = names
        .iter()
        .map(|name| store.verify(name))
        .collect::<Result<_, _>>()?;
    print(&rows, json)?;
    let bad = rows
        .iter()
        .filter(|row| row.state != State::Present { verified: true });
    let bad: Vec<String> = bad
        .map(|row| format!("{} ({})", row.model.name, row.state))
        .collect();
    match bad.is_empty() {
        true => Ok(()),
        false => bail!(
            "not in order: {}; `edgewise models pull` gets them again",
            bad.join(", ")
        ),
    }
}

fn print(rows: &[Row], json: bool) -> Result<()> {
    if json {
        return say::json(&Value::Array(rows.iter().map(entry).collect()));
    }
    let cells: Vec<_> = rows
        .iter()
        .map(|row| {
            let size = match row.bytes.max(row.model.size()) {
                0 => String::new(),
                bytes => format!("{} MB", bytes.div_ceil(1_000_000)),
            };
            let state = row.state.to_string();
            vec![
                row.model.name.to_owned(),
                state,
                size,
                row.model.licence.to_owned(),
                row.model.about.to_owned(),
            ]
        })
        .collect();
    say::table(&["MODEL", "STATE", "SIZE", "LICENCE", "ABOUT"], &cells)
}

fn entry(row: &Row) -> Value {
    json!({
        "name": row.model.name,
        "type": row.model.kind,
        "state": row.state.to_string(),
        "bytes": row.bytes,
        "size": row.model.size(),
        "dimension": row.model.dimension,
        "context": row.model.context,
        "licence": row.model.licence,
        "folder": row.folder,
    })
}
