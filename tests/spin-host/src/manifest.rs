//! `spin.toml`, version 2: the parts a deployment of Edgewise uses. A key that this host does not know is an error,
//! so that nothing in the file is believed to be tested while it is ignored.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Must be 2.
    pub spin_manifest_version: u32,
    /// Names the application.
    pub application: Application,
    /// Application variables: what an operator sets.
    #[serde(default)]
    pub variables: BTreeMap<String, Variable>,
    /// What starts a component.
    pub trigger: Triggers,
    /// The components by name.
    pub component: BTreeMap<String, Component>,
}

/// `[application]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// Its name.
    pub name: String,
    /// Its version.
    #[serde(default)]
    pub version: Option<String>,
    /// For people.
    #[serde(default)]
    pub description: Option<String>,
    /// Who made it.
    #[serde(default)]
    pub authors: Vec<String>,
}

/// One application variable.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Used when the operator sets none.
    #[serde(default)]
    pub default: Option<String>,
    /// The application does not start without a value.
    #[serde(default)]
    pub required: bool,
    /// Never shown.
    #[serde(default)]
    pub secret: bool,
}

/// `[[trigger.*]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Triggers {
    /// Routes.
    #[serde(default)]
    pub http: Vec<HttpTrigger>,
}

/// `[[trigger.http]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpTrigger {
    /// An exact path, or a prefix that ends in `/...`.
    pub route: String,
    /// Who answers.
    pub component: String,
}

/// `[component.*]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// The wasm file, relative to the manifest.
    pub source: PathBuf,
    /// For people.
    #[serde(default)]
    pub description: Option<String>,
    /// `scheme://host:port` patterns; see [`crate::outbound`].
    #[serde(default)]
    pub allowed_outbound_hosts: Vec<String>,
    /// Labels of the stores that may be opened.
    #[serde(default)]
    pub key_value_stores: Vec<String>,
    /// Labels of the databases that may be opened.
    #[serde(default)]
    pub sqlite_databases: Vec<String>,
    /// Files that the component sees, read-only.
    #[serde(default)]
    pub files: Vec<File>,
    /// Environment variables of the component.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Component variables: templates over application variables.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// How it is built; not used here.
    #[serde(default)]
    pub build: Option<Build>,
}

/// `[component.*.build]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    /// The command that `spin build` runs.
    pub command: String,
    /// Where.
    #[serde(default)]
    pub workdir: Option<PathBuf>,
    /// What `spin watch` looks at.
    #[serde(default)]
    pub watch: Vec<String>,
}

/// One entry of `files`.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum File {
    /// A file relative to the manifest, seen under the same path.
    Path(PathBuf),
    /// A file or folder, seen under another path.
    Placed {
        /// Relative to the manifest.
        source: PathBuf,
        /// Absolute, as the component sees it.
        destination: PathBuf,
    },
}

impl Manifest {
    /// Reads and checks a file.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("in {}", path.display()))
    }

    /// Checks the text of a file.
    pub fn parse(text: &str) -> Result<Self> {
        let manifest: Self = toml::from_str(text)?;
        ensure!(
            manifest.spin_manifest_version == 2,
            "only spin_manifest_version 2 is known"
        );
        ensure!(
            !manifest.trigger.http.is_empty(),
            "no [[trigger.http]]: nothing would be served"
        );
        for trigger in &manifest.trigger.http {
            ensure!(
                manifest.component.contains_key(&trigger.component),
                "route `{}` names the component `{}`, which is not there",
                trigger.route,
                trigger.component
            );
            ensure!(
                trigger.route.starts_with('/'),
                "route `{}` does not start with `/`",
                trigger.route
            );
        }
        for (name, variable) in &manifest.variables {
            if variable.required == variable.default.is_some() {
                bail!("variable `{name}` must be either required or have a default");
            }
        }
        Ok(manifest)
    }

    /// The trigger of a path: an exact route before prefixes, and the longest prefix first.
    pub fn route(&self, path: &str) -> Option<&HttpTrigger> {
        let fits = |route: &str| match route.strip_suffix("/...") {
            Some(prefix) => path
                .strip_prefix(prefix)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
            None => route == path,
        };
        let rank = |route: &str| (!route.ends_with("/..."), route.len());
        self.trigger
            .http
            .iter()
            .filter(|trigger| fits(&trigger.route))
            .max_by_key(|trigger| rank(&trigger.route))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = r#"
spin_manifest_version = 2
application = { name = "a" }
[[trigger.http]]
route = "/..."
component = "all"
[[trigger.http]]
route = "/one"
component = "one"
[[trigger.http]]
route = "/deep/..."
component = "deep"
[component.all]
source = "a.wasm"
[component.one]
source = "a.wasm"
[component.deep]
source = "a.wasm"
"#;

    #[test]
    fn routes() {
        let manifest = Manifest::parse(BASE).unwrap();
        let check = |path: &str, expect: &str| {
            assert_eq!(manifest.route(path).unwrap().component, expect, "{path}");
        };
        check("/", "all");
        check("/one", "one");
        check("/one/more", "all");
        check("/deep", "deep");
        check("/deep/er", "deep");
        check("/deeper", "all");
    }

    #[test]
    fn refuses_what_it_would_ignore() {
        let check = |more: &str, expect: &str| {
            let error = Manifest::parse(&format!("{BASE}{more}")).unwrap_err();
            assert!(format!("{error:#}").contains(expect), "{error:#}");
        };
        check("ai_models = [\"x\"]\n", "unknown field `ai_models`");
        check("[variables]\nv = {}\n", "must be either required");
        check(
            "[[trigger.http]]\nroute = \"/x\"\ncomponent = \"absent\"\n",
            "which is not there",
        );
        check("[[trigger.redis]]\nchannel = \"x\"\n", "unknown field");
    }
}
