//! The rows of `ROLES.md`, and what stands for the parameters of their routes.

use std::{fmt, path::PathBuf};

use app::account::Role;

/// What the table says of a route.
#[derive(Clone)]
pub struct Row {
    pub method: String,
    /// Below `/console/api`, with its parameters in braces.
    pub route: String,
    /// `None`: whoever calls.
    pub least: Option<Role>,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.route)
    }
}

impl Row {
    fn read(line: &str) -> Option<Self> {
        let mut cells = line.split('|').skip(1).map(str::trim);
        let method = cells.next()?.to_owned();
        let route = cells.next()?.trim_matches('`').to_owned();
        let role = cells.next()?;
        let least = Role::parse(role);
        assert!(least.is_some() || role == "nobody", "{line}");
        Some(Self {
            method,
            route,
            least,
        })
    }

    /// A path whose parameters are what `id` gives for their kinds.
    pub fn path<'a>(&'a self, id: impl Fn(&'a str) -> &'a str) -> String {
        let mut before = "";
        let mut parts = Vec::new();
        for part in self.route.split('/') {
            let given = match self.kind(before, part) {
                Some(Stand::Word(word)) => word,
                Some(Stand::Id(kind)) => id(kind),
                None => part,
            };
            parts.push(given);
            before = part;
        }
        parts.join("/") + self.query()
    }

    fn query(&self) -> &'static str {
        match (self.method.as_str(), self.route.as_str()) {
            ("GET", "/tags") => "?type=app",
            ("GET", "/workspaces/current/default-model") => "?model_type=llm",
            ("GET", "/workspaces/current/tool-provider/api/get") => "?provider=theirs",
            _ => "",
        }
    }

    fn kind<'a>(&'a self, before: &str, part: &'a str) -> Option<Stand<'a>> {
        let name = part.strip_prefix('{')?.strip_suffix('}')?;
        let flows = ["/workflow", "/advanced-chat", "/trigger"];
        let of_flows = flows.iter().any(|word| self.route.contains(word));
        Some(match (before, name) {
            (_, "action") if self.route.contains("annotation-reply") => Stand::Word("disable"),
            (_, "action") => Stand::Word("enable"),
            ("statistics", _) => Stand::Word("daily-messages"),
            ("model-providers", _) => Stand::Word("openai"),
            ("model-types", _) => Stand::Word("llm"),
            ("local", _) => Stand::Word("all-minilm-l6-v2"),
            ("apps" | "imports", _) => Stand::Id(if of_flows { "flow" } else { "app" }),
            ("datasets", _) => Stand::Id("set"),
            ("tags", _) => Stand::Id("tag"),
            ("members", _) => Stand::Id("member"),
            ("api-based-extension", _) => Stand::Id("extension"),
            ("model-keys", _) => Stand::Id("model_key"),
            ("api-keys", _) if self.route.starts_with("/apps") => Stand::Id("app_key"),
            ("api-keys", _) => Stand::Id("set_key"),
            ("chat-conversations" | "completion-conversations", _) => Stand::Id("conversation"),
            ("messages" | "chat-messages" | "completion-messages", _) => Stand::Id("message"),
            ("annotations", _) => Stand::Id("annotation"),
            ("documents", _) => Stand::Id("document"),
            ("segments", _) => Stand::Id("segment"),
            ("workflow-runs", _) => Stand::Id("run"),
            ("workflows" | "diff", _) => Stand::Id("version"),
            ("mcp", _) => Stand::Id("mcp"),
            // Nodes, variables, tasks and jobs have no ids of their own: those of a run do as well.
            _ => Stand::Id("run"),
        })
    }

    /// Whether its path or its body says whose something is.
    pub fn names_something(&self) -> bool {
        let by_body = [
            "/tag-bindings/",
            "/tool-provider/",
            "/feedbacks",
            "/documents/status/",
        ];
        self.route.contains("{id}")
            || self.route.contains("_id}")
            || self.route.contains("{key}")
            || by_body.iter().any(|it| self.route.contains(it))
    }

    /// Whether it names something within an app or a dataset, which may be an own one.
    pub fn is_within_something(&self) -> bool {
        let braces = self.route.split('/').filter(|it| it.starts_with('{'));
        let words = ["{action}", "{chart}"];
        let ids = braces.filter(|it| !words.contains(it)).count();
        let by_body =
            self.route.ends_with("/feedbacks") || self.route.contains("/documents/status/");
        let within = self.route.starts_with("/apps/{") || self.route.starts_with("/datasets/{");
        within && (ids > 1 || by_body)
    }

    pub fn ends_the_session(&self) -> bool {
        ["/logout", "/logout-everywhere", "/account/password"].contains(&self.route.as_str())
    }

    /// The line with what was told.
    pub fn line(&self, all: &str, inner: &str) -> String {
        let least = self.least.map_or("nobody", Role::as_str);
        let Self { method, route, .. } = self;
        format!("| {method} | `{route}` | {least} | {all} | {inner} |")
    }
}

/// What stands for a parameter.
enum Stand<'a> {
    /// One of the words that it may be.
    Word(&'a str),
    /// The id of something of this kind.
    Id(&'static str),
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/console/roles/ROLES.md")
}

fn kept() -> String {
    std::fs::read_to_string(file()).unwrap()
}

/// Those of the file, in its order.
pub fn rows() -> Vec<Row> {
    let methods = ["| GET ", "| POST ", "| PUT ", "| PATCH ", "| DELETE "];
    let is_row = |line: &&str| methods.iter().any(|it| line.starts_with(it));
    let page = kept();
    let lines = page.lines().filter(is_row);
    let rows: Vec<Row> = lines.map(|line| Row::read(line).expect(line)).collect();
    assert!(rows.len() > 200, "{}", rows.len());
    rows
}

/// Compares the lines with the file's, or writes them anew.
pub fn compare(lines: &str) {
    let page = kept();
    let ending = rows().into_iter().filter(Row::ends_the_session);
    let ending: String = ending.map(|row| row.line("-", "-") + "\n").collect();
    let (head, _) = page.split_once("| --- |").expect("a table");
    let fresh = format!("{head}| --- | --- | --- | --- | --- |\n{lines}{ending}");
    if std::env::var_os("EDGEWISE_BLESS").is_some() {
        std::fs::write(file(), fresh).unwrap();
        return;
    }
    assert_eq!(
        fresh, page,
        "ROLES.md says something else; EDGEWISE_BLESS=1 writes it anew"
    );
}
