//! The embedder inside the hosts of the edge: what is shipped, asked over HTTP, by the CPU time of the host's process.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value, json};

use super::embed::golden;
use crate::{
    serve,
    setup::random,
    shell::{Background, root, step},
    spin::{self, Component},
    workers::{self, Bundle},
};

/// Texts of a request beside the first one. What they add to its cost is theirs alone; what the request costs is not.
const MORE: usize = 8;

/// Which host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// workerd, as `wrangler dev` starts it.
    Workerd,
    /// The host of `tests/spin-host`.
    Spin,
}

impl Host {
    /// Starts it and measures; the keys are those of the other measures.
    pub fn measure(self) -> Result<Value> {
        let state = root().join(match self {
            Self::Workerd => "build/bench/workerd",
            Self::Spin => "build/bench/spin",
        });
        if state.exists() {
            fs::remove_dir_all(&state)?;
        }
        fs::create_dir_all(&state)?;
        let addr = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let (master, token) = (random()?, random()?);
        let (mut server, name) = match self {
            Self::Workerd => {
                step(&format!("workerd, at http://{addr}"));
                let secrets = [
                    ("EDGEWISE_MASTER_KEY", master.as_str()),
                    ("EDGEWISE_ADMIN_TOKEN", &token),
                ];
                let mut dev = workers::dev(Bundle::Shipped, addr.port(), &state, &secrets);
                (Background::start(&mut dev)?, "workerd")
            }
            Self::Spin => {
                step(&format!("the Spin host, at http://{addr}"));
                let secrets = [
                    ("edgewise_master_key", master.as_str()),
                    ("edgewise_admin_token", &token),
                ];
                let mut dev = spin::dev(Component::Baked, addr, &state, &secrets)?;
                (Background::start(&mut dev)?, "spin-host")
            }
        };
        serve::wait_until_healthy(addr, &mut server)?;
        let client = Client {
            addr,
            token,
            server: server.id(),
            name,
        };
        client.measure()
    }
}

struct Client {
    addr: SocketAddr,
    token: String,
    /// The process that was started, and the name of those whose time counts, itself or below it.
    server: u32,
    name: &'static str,
}

impl Client {
    fn measure(&self) -> Result<Value> {
        let mut report = Map::new();
        let mut least = 1f64;
        for (text, expected) in golden()? {
            let found = self.embed(&[text.as_str()])?;
            let found = found.first().context("no vector")?;
            least = least.min(found.iter().zip(&expected).map(|(a, b)| a * b).sum());
        }
        report.insert("least_cosine".to_owned(), json!(least));
        let words = "the house on the road is near the river and the old town ";
        for (name, tokens, runs) in [("query_10_ms", 10, 40), ("chunk_128_ms", 128, 15)] {
            let words: Vec<&str> = words
                .split_inclusive(' ')
                .cycle()
                .take(tokens - 2)
                .collect();
            let text = words.concat();
            let (mut one, mut many) = (f64::MAX, f64::MAX);
            for _ in 0..runs {
                one = one.min(self.cost(&[text.as_str()])?);
                many = many.min(self.cost(&[text.as_str(); 1 + MORE])?);
            }
            report.insert(name.to_owned(), json!((many - one) / MORE as f64));
            if tokens == 10 {
                report.insert("request_ms".to_owned(), json!(one));
            }
        }
        Ok(Value::Object(report))
    }

    /// Milliseconds of CPU time that a request took.
    fn cost(&self, texts: &[&str]) -> Result<f64> {
        let before = self.spent()?;
        self.embed(texts)?;
        Ok(self.spent()? - before)
    }

    /// Milliseconds that the host ran so far, all threads of it.
    fn spent(&self) -> Result<f64> {
        let mut nanoseconds = 0f64;
        for entry in fs::read_dir("/proc")? {
            let folder = entry?.path();
            // A process that ended meanwhile has nothing to read any more.
            let Ok(name) = fs::read_to_string(folder.join("comm")) else {
                continue;
            };
            if name.trim() != self.name || !self.ours(&folder) {
                continue;
            }
            for task in fs::read_dir(folder.join("task"))? {
                let spent = fs::read_to_string(task?.path().join("schedstat"));
                let spent = spent.unwrap_or_default();
                let spent = spent.split(' ').next().unwrap_or_default();
                nanoseconds += spent.parse::<f64>().unwrap_or_default();
            }
        }
        ensure!(nanoseconds > 0.0, "no process {} to measure", self.name);
        Ok(nanoseconds / 1e6)
    }

    /// Whether a process is the one that was started or descends from it.
    fn ours(&self, folder: &Path) -> bool {
        let parent = |folder: &Path| -> Option<u32> {
            let status = fs::read_to_string(folder.join("status")).ok()?;
            let line = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
            line.trim().parse().ok()
        };
        let mut next: Option<u32> = folder.file_name().and_then(|id| id.to_str()?.parse().ok());
        while let Some(id) = next {
            if id == self.server {
                return true;
            }
            next = parent(&Path::new("/proc").join(id.to_string()));
        }
        false
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f64>>> {
        let body = json!({ "model": "local/all-minilm-l6-v2", "input": texts }).to_string();
        let mut stream = TcpStream::connect(self.addr)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        write!(
            stream,
            "POST /openai/v1/embeddings HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.addr,
            self.token,
            body.len()
        )?;
        let mut raw = Vec::new();
        stream.read_to_end(&mut raw)?;
        let answer = String::from_utf8(raw)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no head")?;
        let chunked = head
            .to_ascii_lowercase()
            .contains("transfer-encoding: chunked");
        let body = match chunked {
            true => joined(body)?,
            false => body.to_owned(),
        };
        if !head.starts_with("HTTP/1.1 200") {
            bail!("{head}\n{body}");
        }
        let answer: Value = serde_json::from_str(&body).context("the vectors")?;
        let data = answer.get("data").and_then(Value::as_array);
        let vectors = data.into_iter().flatten().map(|row| {
            let vector = row.get("embedding").cloned().unwrap_or_default();
            Ok(serde_json::from_value(vector)?)
        });
        vectors.collect()
    }
}

/// The pieces of a chunked body, one after the other.
fn joined(mut body: &str) -> Result<String> {
    let mut whole = String::new();
    loop {
        let (size, rest) = body.split_once("\r\n").context("a chunk without a size")?;
        let size = usize::from_str_radix(size.trim(), 16).context("the size of a chunk")?;
        if size == 0 {
            return Ok(whole);
        }
        whole.push_str(rest.get(..size).context("half a chunk")?);
        body = rest.get(size + 2..).context("a chunk without an end")?;
    }
}
