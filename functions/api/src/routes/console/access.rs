//! Which role a console route asks for: one table, the first line that fits counts, and what no line names is for
//! admins. Every route goes through it, because [`Caller`](super::Caller) asks it.

use app::{Kind, account::Role};
use http::Method;

use crate::Error;

/// Methods (`*`: any), a path under `/console/api/` (`*`: one part of it, `**`: any number), and the least role.
const RULES: &[(&str, &str, Role)] = &[
    ("*", "account/**", Role::Normal),
    ("*", "logout-everywhere", Role::Normal),
    ("GET", "workspaces", Role::Normal),
    ("*", "workspaces/current", Role::Normal),
    ("GET", "workspaces/current/members", Role::Normal),
    // What is asked for with a provider's key, and may be changed, is shown to who may change it.
    (
        "GET",
        "workspaces/current/model-providers/**/credentials",
        Role::Admin,
    ),
    ("GET", "workspaces/current/model-providers/**", Role::Normal),
    ("GET", "workspaces/current/models/**", Role::Normal),
    ("GET", "workspaces/current/default-model", Role::Normal),
    ("GET", "workspaces/current/tools/**", Role::Normal),
    // Keys of clients and every conversation are in a bundle.
    ("*", "workspaces/current/backup", Role::Owner),
    ("*", "workspaces/current/restore", Role::Owner),
    ("*", "workspaces/**", Role::Admin),
    ("*", "api-based-extension/**", Role::Admin),
    ("GET", "apps", Role::Normal),
    ("GET", "apps/*", Role::Normal),
    ("*", "apps/**", Role::Editor),
    ("GET", "tags", Role::Normal),
    ("*", "tags/**", Role::Editor),
    ("*", "tag-bindings/**", Role::Editor),
    ("*", "datasets/api-keys/**", Role::Admin),
    ("GET", "datasets/**", Role::Normal),
    ("POST", "datasets/*/hit-testing", Role::Normal),
    ("POST", "datasets/*/retrieve", Role::Normal),
    ("*", "datasets/**", Role::Editor),
    ("GET", "files/**", Role::Normal),
    ("*", "files/**", Role::Editor),
];

/// The least role for a request.
pub(super) fn least(method: &Method, path: &str) -> Role {
    let path = path.strip_prefix("/console/api/").unwrap_or(path);
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    // HEAD answers what GET would.
    let method = if method == Method::HEAD {
        "GET"
    } else {
        method.as_str()
    };
    let fits = |(methods, pattern, _): &&(&str, &str, Role)| {
        let pattern: Vec<&str> = pattern.split('/').collect();
        (*methods == "*" || *methods == method) && matches(&pattern, &parts)
    };
    let rule = RULES.iter().find(fits);
    rule.map_or(Role::Admin, |(_, _, role)| *role)
}

/// Fails for a role that is less.
pub(super) fn check(method: &Method, path: &str, role: Role) -> Result<(), Error> {
    let least = least(method, path);
    if role >= least {
        return Ok(());
    }
    let message = format!(
        "This needs the role {} in the workspace; yours is {}.",
        least.as_str(),
        role.as_str()
    );
    Err(app::Error::new(Kind::Forbidden, message).into())
}

fn matches(pattern: &[&str], parts: &[&str]) -> bool {
    match (pattern.split_first(), parts.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) => {
            (0..=parts.len()).any(|skip| matches(rest, parts.get(skip..).unwrap_or_default()))
        }
        (Some((part, pattern)), Some((given, parts))) => {
            (*part == "*" || part == given) && matches(pattern, parts)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_fits_counts() {
        let check = |method: &str, path: &str, expect: Role| {
            let path = format!("/console/api/{path}");
            let method: Method = method.parse().unwrap();
            assert_eq!(least(&method, &path), expect, "{method} {path}");
        };
        check("GET", "apps", Role::Normal);
        check("HEAD", "apps", Role::Normal);
        check("POST", "apps", Role::Editor);
        check("GET", "apps/x", Role::Normal);
        check("GET", "apps/x/export", Role::Editor);
        check("GET", "datasets/api-keys", Role::Admin);
        check("GET", "datasets/x/documents", Role::Normal);
        check("POST", "datasets/x/hit-testing", Role::Normal);
        check("POST", "datasets", Role::Editor);
        let provider = "workspaces/current/model-providers/a/b/c";
        check("GET", &format!("{provider}/models"), Role::Normal);
        check("GET", &format!("{provider}/credentials"), Role::Admin);
        check("POST", &format!("{provider}/credentials"), Role::Admin);
        check("GET", "workspaces/current/members", Role::Normal);
        check("DELETE", "workspaces/current/members/x", Role::Admin);
        check("GET", "something/nobody/named", Role::Admin);
    }
}
