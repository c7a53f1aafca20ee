//! The sample knowledge base and app: the project's own documentation, and an assistant that answers from it. Everything is
//! done with the command line that users have. What is there already stays, so a second start takes no time.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::shell::{command, note, output, root, step};

/// The name of the sample dataset.
const DATASET: &str = "Edgewise documentation";
/// The sample app; its name and the place of the dataset's id stand in the file.
const APP: &str = include_str!("guide.yml");
const APP_NAME: &str = "Edgewise guide";
const QUESTION: &str = "Where does Edgewise keep its state on Cloudflare Workers?";

/// The folders whose README is a sample document.
const DOCUMENTED: [&str; 4] = ["", "functions", "models", "tests"];

/// The command line, pointed at one server.
pub struct Cli {
    edgewise: PathBuf,
    target: Vec<(&'static str, String)>,
    token: Option<String>,
}

impl Cli {
    /// For the server that keeps its address and admin token in this folder.
    pub fn beside(edgewise: PathBuf, data: &Path) -> Self {
        let target = vec![("--data", data.display().to_string())];
        Self {
            edgewise,
            target,
            token: None,
        }
    }

    /// For the server at this URL.
    pub fn at(edgewise: PathBuf, url: &str, token: &str) -> Self {
        let target = vec![("--server", url.to_owned())];
        Self {
            edgewise,
            target,
            token: Some(token.to_owned()),
        }
    }

    /// What the command answers with `--json`.
    pub fn json(&self, arguments: &[&str]) -> Result<Value> {
        let printed = output(self.command(arguments).arg("--json"))?;
        serde_json::from_str(&printed)
            .with_context(|| format!("`edgewise {}` printed no JSON", arguments.join(" ")))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(&self.edgewise, arguments);
        for (name, value) in &self.target {
            command.arg(name).arg(value);
        }
        if let Some(token) = &self.token {
            command.env("EDGEWISE_TOKEN", token);
        }
        command
    }
}

/// Makes sure that the sample is there; answers a key of its app. The key is kept in `data`, since the server only keeps
/// its hash.
pub fn load(cli: &Cli, data: &Path) -> Result<String> {
    let dataset = dataset(cli, data)?;
    app(cli, &dataset, data)
}

/// Prints how to use it.
pub fn tell(addr: SocketAddr, key: &str) {
    let body = json!({
        "inputs": {}, "query": QUESTION, "response_mode": "streaming", "user": "you",
    });
    println!(
        "\n\
        Edgewise serves at  http://{addr}\n\
        a key of the app \"{APP_NAME}\":  {key}\n\n\
        curl -N http://{addr}/v1/chat-messages \\\n  \
          -H 'Authorization: Bearer {key}' \\\n  \
          -H 'Content-Type: application/json' \\\n  \
          -d '{body}'\n\n\
        Ctrl-C ends it."
    );
}

fn dataset(cli: &Cli, data: &Path) -> Result<String> {
    step(&format!(
        "the sample knowledge base \"{DATASET}\": the project's own documentation"
    ));
    let known = cli.json(&["dataset", "list"])?;
    let id = match named(&known, DATASET) {
        Some(id) => id,
        None => id_of(&cli.json(&["dataset", "create", DATASET])?)?,
    };
    let indexed = cli.json(&["dataset", "documents", &id])?;
    let missing: Vec<String> = documents(data)?
        .into_iter()
        .filter(|file| {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            named(&indexed, &name).is_none()
        })
        .map(|file| file.display().to_string())
        .collect();
    if missing.is_empty() {
        note("there already");
        return Ok(id);
    }
    let mut add = vec!["dataset", "add", &id, "--wait"];
    add.extend(missing.iter().map(String::as_str));
    let added = cli.json(&add)?;
    for document in added.as_array().into_iter().flatten() {
        let text = |field: &str| document.get(field).and_then(Value::as_str).unwrap_or("?");
        note(&format!("{}: {}", text("name"), text("indexing_status")));
        if text("indexing_status") != "completed" {
            bail!("{} could not be indexed: {}", text("name"), text("error"));
        }
    }
    Ok(id)
}

/// Copies, so that each has a name of its own: citations show it.
fn documents(data: &Path) -> Result<Vec<PathBuf>> {
    let copies = data.join("sample");
    std::fs::create_dir_all(&copies)?;
    let mut files = Vec::new();
    for folder in DOCUMENTED {
        let from = root().join(folder).join("README.md");
        if !from.is_file() {
            continue;
        }
        let name = if folder.is_empty() {
            "edgewise.md".to_owned()
        } else {
            format!("{folder}.md")
        };
        let to = copies.join(name);
        std::fs::copy(from, &to)?;
        files.push(to);
    }
    Ok(files)
}

fn app(cli: &Cli, dataset: &str, data: &Path) -> Result<String> {
    step(&format!("the sample app \"{APP_NAME}\" and a key for it"));
    let kept = data.join("sample-key.json");
    let known = cli.json(&["app", "list"])?;
    if let Ok(text) = std::fs::read_to_string(&kept) {
        let key: Value = serde_json::from_str(&text).unwrap_or_default();
        let app = key.get("app").and_then(Value::as_str).unwrap_or_default();
        let token = key.get("token").and_then(Value::as_str);
        if let (true, Some(token)) = (named(&known, APP_NAME).as_deref() == Some(app), token) {
            note("there already");
            return Ok(token.to_owned());
        }
    }
    let id = match named(&known, APP_NAME) {
        Some(id) => id,
        None => {
            let file = data.join("sample").join("guide.yml");
            std::fs::write(&file, APP.replace("SAMPLE_DATASET", dataset))?;
            let imported = cli.json(&["app", "import", &file.display().to_string()])?;
            for warning in imported
                .get("warnings")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                note(&format!("warning: {warning}"));
            }
            id_of(&imported)?
        }
    };
    let key = cli.json(&["key", "create", "--app", &id])?;
    let token = key.get("token").and_then(Value::as_str);
    let token = token.context("`edgewise key create` printed no token")?;
    std::fs::write(kept, json!({ "app": id, "token": token }).to_string())?;
    Ok(token.to_owned())
}

fn named(list: &Value, name: &str) -> Option<String> {
    let entries = list.as_array()?;
    let entry = entries
        .iter()
        .find(|entry| entry.get("name").and_then(Value::as_str) == Some(name))?;
    id_of(entry).ok()
}

fn id_of(entry: &Value) -> Result<String> {
    let id = entry.get("id").and_then(Value::as_str);
    Ok(id.with_context(|| format!("no id in {entry}"))?.to_owned())
}
