//! Variables: application variables that an operator sets, and component variables as templates over them.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

use crate::manifest::{Component, Manifest};

/// The values of all application variables. `given` is what the operator set, by the name in the manifest.
pub fn application(
    manifest: &Manifest,
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>> {
    for name in given.keys() {
        if !manifest.variables.contains_key(name) {
            bail!("the manifest declares no variable `{name}`");
        }
    }
    let value = |(name, variable): (&String, &crate::manifest::Variable)| {
        let value = given.get(name).or(variable.default.as_ref());
        let value = value.with_context(|| {
            let upper = name.to_uppercase();
            format!("the variable `{name}` is required: set SPIN_VARIABLE_{upper}")
        })?;
        Ok((name.clone(), value.clone()))
    };
    manifest.variables.iter().map(value).collect()
}

/// What the operator set in the environment: `SPIN_VARIABLE_NAME`, for variables that the manifest declares.
pub fn from_environment(manifest: &Manifest) -> BTreeMap<String, String> {
    let value = |name: &String| {
        let key = format!("SPIN_VARIABLE_{}", name.to_uppercase());
        Some((name.clone(), std::env::var(key).ok()?))
    };
    manifest.variables.keys().filter_map(value).collect()
}

/// The variables that one component may read.
pub fn component(
    component: &Component,
    application: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>> {
    let value =
        |(name, template): (&String, &String)| Ok((name.clone(), render(template, application)?));
    component.variables.iter().map(value).collect()
}

/// Puts variables into a template.
pub fn render(template: &str, values: &BTreeMap<String, String>) -> Result<String> {
    let mut rendered = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after
            .split_once("}}")
            .with_context(|| format!("unmatched {{{{ in `{template}`"))?;
        let name = name.trim();
        let value = values
            .get(name)
            .with_context(|| format!("`{template}` uses the undeclared variable `{name}`"))?;
        rendered.push_str(before);
        rendered.push_str(value);
        rest = after;
    }
    rendered.push_str(rest);
    Ok(rendered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates() {
        let values = BTreeMap::from([("a".to_owned(), "1".to_owned())]);
        let check = |template: &str, expect: Option<&str>| {
            assert_eq!(
                render(template, &values).ok().as_deref(),
                expect,
                "{template}"
            );
        };
        check("plain", Some("plain"));
        check("x{{ a }}y{{a}}", Some("x1y1"));
        check("{{ b }}", None);
        check("{{ a", None);
    }
}
