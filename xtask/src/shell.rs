//! Running other programs, and saying so: whoever waits for minutes should see on what.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

/// The folder that holds the workspace's `Cargo.toml`.
pub fn root() -> PathBuf {
    // Set by `cargo run`; the fallback serves a binary that is started by hand.
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    xtask.parent().map_or(xtask.clone(), PathBuf::from)
}

/// Announces a step.
pub fn step(what: &str) {
    println!("\n==> {what}");
}

/// Adds a line to the step.
pub fn note(what: &str) {
    println!("    {what}");
}

/// A command in the workspace's folder.
pub fn command(program: impl Into<PathBuf>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program.into());
    command.args(arguments).current_dir(root());
    command
}

/// The cargo that runs us.
pub fn cargo(arguments: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    let mut command = command(cargo, arguments);
    // What `cargo run` tells this package must not leak into the build scripts of others.
    for (name, _) in std::env::vars() {
        if name.starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR" {
            command.env_remove(name);
        }
    }
    command
}

/// Runs to the end; its output goes to the terminal.
pub fn run(command: &mut Command) -> Result<()> {
    println!("    $ {}", line(command));
    let status = command
        .status()
        .with_context(|| format!("cannot run `{}`", line(command)))?;
    check(command, status)
}

/// Runs to the end and answers its standard output; its errors go to the terminal.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run `{}`", line(command)))?;
    check(command, output.status)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether it can be run and succeeds; prints nothing.
pub fn succeeds(command: &mut Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// How long a program that was asked to end may take before it is killed.
const GRACE: Duration = Duration::from_secs(5);

/// Programs that run beside us.
static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// From here on, an interrupt or a request to end also ends the programs beside us.
pub fn end_together() -> Result<()> {
    ctrlc::set_handler(|| {
        for id in running().iter() {
            ask_to_end(*id);
        }
        std::process::exit(130);
    })
    .context("cannot listen for interrupts")
}

fn running() -> MutexGuard<'static, BTreeSet<u32>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn ask_to_end(id: u32) -> bool {
    succeeds(&mut command("kill", &["-TERM", &id.to_string()]))
}

/// A program that runs beside us and ends with us. It stays in our process group, so that an interrupt at the terminal
/// reaches it too.
pub struct Background(Child);

impl Background {
    /// Starts it.
    pub fn start(command: &mut Command) -> Result<Self> {
        println!("    $ {} &", line(command));
        let child = command
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot run `{}`", line(command)))?;
        running().insert(child.id());
        Ok(Self(child))
    }

    /// Its number among the processes.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// An error if it is over.
    pub fn check(&mut self) -> Result<()> {
        match self.0.try_wait()? {
            Some(status) => bail!("the server stopped: {status}"),
            None => Ok(()),
        }
    }

    /// Until it ends by itself.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        Ok(self.0.wait()?)
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let id = self.0.id();
        running().remove(&id);
        if !matches!(self.0.try_wait(), Ok(None)) {
            return;
        }
        // Asked first: wrangler then ends the workerd that it started, and native finishes what it is writing.
        let (asked, since) = (ask_to_end(id), Instant::now());
        while asked && since.elapsed() < GRACE {
            if !matches!(self.0.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        // It may be gone by now: then there is nothing to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn check(command: &Command, status: ExitStatus) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    bail!("`{}` failed: {status}", line(command))
}

fn line(command: &Command) -> String {
    let program = PathBuf::from(command.get_program());
    let name = program
        .file_name()
        .unwrap_or(command.get_program())
        .to_string_lossy();
    command
        .get_args()
        .fold(name.into_owned(), |line, argument| {
            format!("{line} {}", without_secret(&argument.to_string_lossy()))
        })
}

/// `EDGEWISE_NAME:value` and `edgewise_name=value` are how secrets are passed on: what a terminal keeps shows the name.
fn without_secret(argument: &str) -> String {
    let secret = argument.to_lowercase().starts_with("edgewise_");
    match argument.split_once([':', '=']) {
        Some((name, _)) if secret => format!("{name}=..."),
        _ => argument.to_owned(),
    }
}
