//! Embedding beside onnxruntime, and inside the hosts of the edge, in one run: CPU time of one thread, chunks a second of
//! the whole machine, cosine to the reference, memory.
//!
//! Ours is measured by `models/local/examples/speed.rs`, theirs by `embed.py`, the hosts by [`super::host`], over the same
//! inputs; each number is the best of many runs, since other work on a machine can only make it worse.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use clap::Args;
use serde_json::Value;

use super::host::Host;
use crate::{
    setup,
    shell::{cargo, command, note, output, root, run, step},
    spin::{self, Component},
    workers::{self, Bundle},
};

/// How much is measured.
#[derive(Args)]
pub struct Options {
    /// Leave out the wasm modules and their hosts
    #[arg(long)]
    native: bool,
}

/// What is measured, and how it is told.
const MEASURES: [(&str, &str); 7] = [
    ("query_10_ms", "10-token query, CPU ms"),
    ("chunk_128_ms", "128-token chunk, CPU ms"),
    ("chunk_256_ms", "256-token chunk, CPU ms"),
    ("request_ms", "request of one query, CPU ms"),
    ("chunks_s", "chunks of 128 a second, all cores"),
    ("least_cosine", "least cosine to the reference"),
    ("memory_mb", "memory of the model, MB"),
];

/// What each is held against: a number, or the column of onnxruntime's 8 bits.
const AIMS: [(&str, &str, Option<f64>); 9] = [
    (OURS, "query_10_ms", None),
    (OURS, "chunk_128_ms", None),
    (OURS, "least_cosine", Some(0.998)),
    (WORKERD, "query_10_ms", Some(4.0)),
    (WORKERD, "chunk_128_ms", Some(45.0)),
    (WORKERD, "least_cosine", Some(0.997)),
    (SPIN, "query_10_ms", Some(5.0)),
    (SPIN, "chunk_128_ms", Some(55.0)),
    (SPIN, "least_cosine", Some(0.997)),
];

const OURS: &str = "ours 8-bit";
const INT8: &str = "onnxruntime int8";
const WORKERD: &str = "in workerd";
const SPIN: &str = "in Spin";

/// Measures and prints a table, and below it each aim beside what was found.
pub fn bench(options: &Options) -> Result<()> {
    step("onnxruntime, in build/bench");
    let python = python()?;
    step("our models, as they are shipped");
    run(&mut cargo(&[
        "build",
        "--release",
        "--package",
        "local",
        "--features",
        "chat,threads",
        "--example",
        "speed",
    ]))?;
    let speed = setup::target_folder()?.join("release/examples/speed");
    let ours = |what: &str| -> Result<Value> {
        // One thread: most of the table is about work, not about cores.
        let mut command = command(&speed, &[what]);
        let report = output(command.env("RAYON_NUM_THREADS", "1"))?;
        serde_json::from_str(&report).context("the report of our side")
    };
    if !options.native {
        let edgewise = setup::edgewise()?;
        workers::build(Bundle::Shipped, &edgewise)?;
        spin::build(Component::Baked, &edgewise)?;
    }
    step("measuring");
    // By turns, so that a quiet or a busy minute is everyone's.
    let (mut eight, exact) = (ours("q8")?, ours("f32")?);
    let theirs = theirs(&python, &speed)?;
    let batch: Value = serde_json::from_str(&output(&mut command(&speed, &["batch"]))?)?;
    merge(&mut eight, batch);
    let theirs = |form: &str| theirs.get(form).cloned().unwrap_or_default();
    let mut columns = vec![
        (OURS, eight),
        ("ours f32", exact),
        (INT8, theirs("int8")),
        ("onnxruntime f32", theirs("f32")),
    ];
    if !options.native {
        columns.push((WORKERD, Host::Workerd.measure()?));
        columns.push((SPIN, Host::Spin.measure()?));
    }
    table(&columns);
    aims(&columns);
    Ok(())
}

/// The texts that have a reference vector, and the vectors.
pub(super) fn golden() -> Result<Vec<(String, Vec<f64>)>> {
    let rows = fs::read(root().join("models/local/tests/golden/embeddings.json"))?;
    let rows: Vec<Value> = serde_json::from_slice(&rows)?;
    let pairs = rows.into_iter().filter_map(|row| {
        let text = row.get("text")?.as_str().filter(|text| !text.is_empty())?;
        let vector = serde_json::from_value(row.get("vector")?.clone()).ok()?;
        Some((text.to_owned(), vector))
    });
    Ok(pairs.collect())
}

fn merge(report: &mut Value, more: Value) {
    if let (Value::Object(report), Value::Object(more)) = (report, more) {
        report.extend(more);
    }
}

/// The interpreter of a virtual environment that has what the script needs.
fn python() -> Result<PathBuf> {
    let folder = root().join("build/bench/venv");
    let python = folder.join("bin/python");
    if !python.exists() {
        let folder = folder.display().to_string();
        run(&mut command("python3", &["-m", "venv", &folder]))?;
    }
    let install = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ];
    let packages = ["numpy", "onnx", "onnxruntime", "tokenizers"];
    run(command(&python, &install).args(packages))?;
    Ok(python)
}

fn theirs(python: &Path, speed: &Path) -> Result<Value> {
    let graphs = root().join("build/bench/graphs");
    fs::create_dir_all(&graphs)?;
    let folder = output(&mut command(speed, &["folder"]))?;
    let script = "xtask/src/bench/embed.py";
    let golden = "models/local/tests/golden/embeddings.json";
    let mut command = command(python, &[script, folder.trim(), golden]);
    let report = output(command.arg(graphs))?;
    serde_json::from_str(&report).context("the report of the script")
}

fn number(report: &Value, key: &str) -> Option<f64> {
    report.get(key).and_then(Value::as_f64)
}

fn digits(key: &str) -> usize {
    if key == "least_cosine" { 5 } else { 2 }
}

fn table(columns: &[(&str, Value)]) {
    let names = columns.iter().map(|(name, _)| format!("{name:>17}"));
    note(&format!("{:34}{}", "", names.collect::<String>()));
    for (key, what) in MEASURES {
        let digits = digits(key);
        let cells = columns.iter().map(|(_, report)| match number(report, key) {
            Some(found) => format!("{found:>17.digits$}"),
            None => format!("{:>17}", "-"),
        });
        note(&format!("{what:34}{}", cells.collect::<String>()));
    }
}

/// One line for each aim: what was found, what it should be, how the two compare.
fn aims(columns: &[(&str, Value)]) {
    let of = |column: &str, key: &str| {
        let (_, report) = columns.iter().find(|(name, _)| *name == column)?;
        number(report, key)
    };
    step("aims");
    for (column, key, aim) in AIMS {
        let Some((found, aim)) = of(column, key).zip(aim.or_else(|| of(INT8, key))) else {
            continue;
        };
        let what = MEASURES.iter().find(|(name, _)| *name == key);
        let what = what.map_or(key, |(_, what)| *what);
        let (sign, met) = match key {
            "least_cosine" => (">=", found >= aim),
            _ => ("<=", found <= aim),
        };
        let (verdict, digits) = (if met { "met" } else { "MISSED" }, digits(key));
        let ratio = found / aim;
        note(&format!(
            "{column:12} {what:34} {found:>9.digits$} {sign} {aim:<9.digits$} {ratio:>6.3} of it: {verdict}"
        ));
    }
}
