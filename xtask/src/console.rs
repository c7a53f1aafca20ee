//! `cargo xtask console`: the console and the web apps, built from `console/` into `console/built/site`, from where the
//! native binary takes them.

use std::{
    fs,
    hash::{DefaultHasher, Hasher},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::{
    node,
    serve::wait_until_healthy,
    setup,
    shell::{Background, command, end_together, note, root, run, step},
};

/// What a build reads, beside the packages that the lock file names.
const SOURCES: [&str; 9] = [
    "index.html",
    "package-lock.json",
    "package.json",
    "public",
    "scripts",
    "src",
    "tsconfig.json",
    "vite.config.ts",
    "vite.embed.ts",
];

/// How often a mirror may fail to deliver.
const TRIES: usize = 3;

/// The folder of the console.
pub fn folder() -> PathBuf {
    root().join("console")
}

/// Builds it, unless what is built comes from the same sources.
pub fn build() -> Result<()> {
    step("the console and the web apps (React), in console/built/site");
    let sources = fingerprint()?;
    let stamp = folder().join("built/.sources");
    let built = folder().join("built/site/index.html").is_file();
    if built && fs::read_to_string(&stamp).is_ok_and(|of| of == sources) {
        note("there already");
        return Ok(());
    }
    install()?;
    run(node::npm(&["run", "build"]).current_dir(folder()))?;
    Ok(fs::write(stamp, sources)?)
}

/// The site as runtimes on the edge serve it, in an empty folder `to`: with the API's document and its page, as the native
/// binary knows them.
pub fn site(edgewise: &Path, to: &Path) -> Result<()> {
    build()?;
    copy(&folder().join("built/site"), to)?;
    run(command(edgewise, &["openapi", "--edge", "--site"]).arg(to))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            fs::copy(&path, target)?;
        }
    }
    Ok(())
}

/// The npm packages that the console's lock file names.
pub fn install() -> Result<()> {
    // For a Node that is new enough.
    node::install()?;
    let wanted = fs::read_to_string(folder().join("package-lock.json"))?;
    let stamp = folder().join("node_modules/.edgewise-installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let mut tries = 1;
    loop {
        // As `node::install` does, and for its reasons.
        let arguments = ["install", "--no-save", "--no-audit", "--no-fund"];
        match run(node::npm(&arguments).current_dir(folder())) {
            Ok(()) => break,
            Err(error) if tries == TRIES => return Err(error),
            Err(error) => note(&format!("{error:#}; once more")),
        }
        tries += 1;
    }
    Ok(fs::write(stamp, wanted)?)
}

/// Of names and contents, not of dates: a checkout changes dates.
fn fingerprint() -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for source in SOURCES {
        read(&folder().join(source), &mut hasher)?;
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn read(path: &Path, hasher: &mut DefaultHasher) -> Result<()> {
    hasher.write(path.to_string_lossy().as_bytes());
    if path.is_dir() {
        let entries = fs::read_dir(path)?.collect::<Result<Vec<_>, _>>()?;
        let mut paths: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
        paths.sort();
        return paths.iter().try_for_each(|path| read(path, hasher));
    }
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    hasher.write(&bytes);
    Ok(())
}

/// `cargo xtask screenshots`: pictures of every page in `folder`, light and dark, wide and on a phone.
pub fn screenshots(folder: &Path) -> Result<()> {
    beside_a_server(|base| {
        step(&format!("pictures, in {}", folder.display()));
        let mut script = command("node", &["e2e/screenshots.mjs", base]);
        script.arg(root().join(folder));
        run(script.current_dir(self::folder()))
    })
}

/// `cargo xtask lighthouse`: how fast and how accessible the web apps and the studio are; fails below the aims.
pub fn lighthouse() -> Result<()> {
    let program = node::lighthouse()?;
    beside_a_server(|base| {
        step("Lighthouse over a web app, the studio and the editor");
        let mut script = node::script("e2e/lighthouse.mjs");
        script.arg(base).arg(&program);
        run(script.current_dir(folder()))
    })
}

/// Does it with the base URL of an empty server that has the console in it, and a browser on the machine.
fn beside_a_server(act: impl FnOnce(&str) -> Result<()>) -> Result<()> {
    build()?;
    setup::debian("chromium", &["chromium"])?;
    let edgewise = setup::edgewise()?;
    end_together()?;
    setup::weights(&edgewise)?;
    step("a server of its own");
    let data = std::env::temp_dir().join(format!("edgewise-console-{}", std::process::id()));
    let addr = SocketAddr::from(([127, 0, 0, 1], free_port()?));
    let mut serve = command(&edgewise, &["serve", "--addr"]);
    serve.arg(addr.to_string()).arg("--data").arg(&data);
    let mut server = Background::start(&mut serve)?;
    wait_until_healthy(addr, &mut server)?;
    let done = act(&format!("http://{addr}"));
    drop(server);
    fs::remove_dir_all(&data)?;
    done
}

/// A port that nobody listens on.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    Ok(listener.local_addr()?.port())
}
