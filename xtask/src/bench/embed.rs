//! Embedding beside onnxruntime, in one run: CPU time of one thread, cosine to the reference, memory.
//!
//! Ours is measured by `models/local/examples/speed.rs`, theirs by `embed.py`, over the same inputs; each number is the
//! least of many runs, since other work on a machine can only add to it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{
    setup,
    shell::{cargo, command, note, output, root, run, step},
};

/// What is measured, how it is told, and whether less is better.
const MEASURES: [(&str, &str); 5] = [
    ("query_10_ms", "10-token query, CPU ms"),
    ("chunk_128_ms", "128-token chunk, CPU ms"),
    ("chunk_256_ms", "256-token chunk, CPU ms"),
    ("least_cosine", "least cosine to the reference"),
    ("memory_mb", "memory of the model, MB"),
];

/// Measures and prints a table.
pub fn bench() -> Result<()> {
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
        // One thread: the table is about work, not about cores.
        let mut command = command(&speed, &[what]);
        let report = output(command.env("RAYON_NUM_THREADS", "1"))?;
        serde_json::from_str(&report).context("the report of our side")
    };
    step("measuring");
    // By turns, so that a quiet or a busy minute is everyone's.
    let (eight, exact) = (ours("q8")?, ours("f32")?);
    let theirs = theirs(&python, &speed)?;
    let theirs = |form: &str| theirs.get(form).cloned().unwrap_or_default();
    let columns = [
        ("ours 8-bit", eight),
        ("ours f32", exact),
        ("onnxruntime int8", theirs("int8")),
        ("onnxruntime f32", theirs("f32")),
    ];
    print(&columns);
    Ok(())
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

fn print(columns: &[(&str, Value); 4]) {
    let number = |report: &Value, key: &str| report.get(key).and_then(Value::as_f64);
    let names: Vec<String> = columns
        .iter()
        .map(|(name, _)| format!("{name:>17}"))
        .collect();
    note(&format!("{:32}{}  ours / int8", "", names.concat()));
    for (key, what) in MEASURES {
        let found = columns.each_ref().map(|(_, report)| number(report, key));
        let digits = if key == "least_cosine" { 5 } else { 2 };
        let cells = found.map(|found| match found {
            Some(found) => format!("{found:>17.digits$}"),
            None => format!("{:>17}", "-"),
        });
        let [ours, _, int8, _] = found;
        let ratio = ours.zip(int8).map(|(ours, int8)| ours / int8);
        let ratio = ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.2}"));
        note(&format!("{what:32}{}  {ratio:>11}", cells.concat()));
    }
}
