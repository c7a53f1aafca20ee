//! The table of node types, `NODES.md`: their fields, as the sources read them, their outputs, and for each the case that
//! proves it. Fails when a type, a field or an output has no case, and when the file is not this table;
//! `EDGEWISE_BLESS=1` writes it anew.
//!
//! A case is a test whose text, with that of the helpers it calls, writes a node of the type and names the field or the
//! output; of several, the one in which the two stand nearest to each other. Who adds a field without a test hears of it
//! here.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of a test may panic as tests do"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::{Path, PathBuf},
};

/// A type, the sources that read its fields (in `src/nodes`), and the outputs that selectors can name.
const NODES: &[(&str, &[&str], &[&str])] = &[
    ("start", &["start"], &["x"]),
    ("end", &["end"], &[]),
    ("answer", &["answer"], &["answer", "files"]),
    (
        "if-else",
        &["if_else", "condition"],
        &["result", "selected_case_id"],
    ),
    ("template-transform", &["template_transform"], &["output"]),
    ("variable-aggregator", &["aggregator"], &["output"]),
    ("variable-assigner", &["aggregator"], &["output"]),
    ("assigner", &["assigner"], &[]),
    (
        "list-operator",
        &["list_operator"],
        &["result", "first_record", "last_record"],
    ),
    ("iteration", &["iteration"], &["output", "item", "index"]),
    ("iteration-start", &["pass"], &[]),
    ("loop", &["loop_node"], &["loop_round"]),
    ("loop-start", &["pass"], &[]),
    ("loop-end", &["pass"], &[]),
    ("trigger-webhook", &[], &["_webhook_raw"]),
    ("trigger-schedule", &[], &[]),
    ("trigger-plugin", &[], &[]),
    ("datasource", &["datasource"], &[]),
    (
        "llm",
        &["llm"],
        &[
            "text",
            "reasoning_content",
            "usage",
            "finish_reason",
            "structured_output",
        ],
    ),
    (
        "question-classifier",
        &["question_classifier"],
        &["class_name", "class_id", "class_label", "usage"],
    ),
    (
        "parameter-extractor",
        &["parameter_extractor"],
        &["__is_success", "__reason", "__usage"],
    ),
    ("knowledge-retrieval", &["knowledge_retrieval"], &["result"]),
    ("knowledge-index", &["knowledge_index"], &[]),
    (
        "http-request",
        &["http_request"],
        &["status_code", "body", "headers", "files"],
    ),
    ("tool", &["tool"], &["text", "files", "json"]),
    ("agent", &["agent"], &["text", "usage", "files", "json"]),
    ("code", &["code"], &[]),
    ("document-extractor", &["document_extractor"], &["text"]),
    (
        "human-input",
        &["human_input"],
        &["__action_id", "__action_value", "__rendered_content"],
    ),
];

/// Methods that read a field by its name.
const READERS: &[&str] = &[
    "text", "text_or", "part", "items", "flag", "count", "raw", "required", "words", "type_of",
    "selector", "template",
];

/// Fields that any node may have; they are read elsewhere and have cases of their own.
const COMMON: &[&str] = &["error_strategy", "default_value", "retry_config"];

/// Where cases are, from this crate.
const CASES: &[&str] = &["tests/suite", "../api/tests/workflows", "src/nodes"];

/// A function of a source.
struct Function {
    name: String,
    is_test: bool,
    text: String,
}

/// A test with all that it calls in its file and in the helpers of its folder.
struct Case {
    name: String,
    text: String,
}

fn crate_path(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn functions(source: &str) -> Vec<Function> {
    let (mut found, mut attributes) = (Vec::new(), String::new());
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        let code = line.trim_start();
        let bare = code.trim_start_matches("pub ").trim_start_matches("async ");
        let Some(name) = bare.strip_prefix("fn ") else {
            match code.starts_with("#[") {
                true => attributes.push_str(code),
                false => attributes.clear(),
            }
            continue;
        };
        let end = format!("{}}}", line.strip_suffix(code).unwrap_or_default());
        let name: String = name
            .chars()
            .take_while(|char| char.is_alphanumeric() || *char == '_')
            .collect();
        let mut text = line.to_owned();
        for line in lines.by_ref() {
            text.push('\n');
            text.push_str(line);
            if line == end {
                break;
            }
        }
        let is_test = attributes.contains("#[test]");
        found.push(Function {
            name,
            is_test,
            text,
        });
        attributes.clear();
    }
    found
}

fn sources(folder: &str) -> Vec<(String, String)> {
    let folder = crate_path(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("a folder of cases")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    files.sort();
    let named = files.iter().map(|path| {
        let name = path.file_name().and_then(|name| name.to_str());
        (name.unwrap_or_default().to_owned(), read(path))
    });
    named.collect()
}

fn cases() -> Vec<Case> {
    let mut all = Vec::new();
    for folder in CASES {
        let files = sources(folder);
        let is_shared = |name: &str| ["host.rs", "world.rs", "nodes.rs"].contains(&name);
        let shared: Vec<Function> = files
            .iter()
            .filter(|(name, _)| is_shared(name))
            .flat_map(|(_, source)| functions(source))
            .collect();
        for (file, source) in &files {
            let own = functions(source);
            for test in own.iter().filter(|function| function.is_test) {
                let folder = folder.trim_start_matches("../");
                all.push(Case {
                    name: format!("{folder}/{file}: {}", test.name.replace('_', " ")),
                    text: with_helpers(test, own.iter().chain(&shared)),
                });
            }
        }
    }
    all
}

fn with_helpers<'a>(
    test: &Function,
    helpers: impl Iterator<Item = &'a Function> + Clone,
) -> String {
    let mut text = test.text.clone();
    let mut taken = BTreeSet::new();
    loop {
        let count = taken.len();
        for helper in helpers.clone().filter(|helper| !helper.is_test) {
            let is_called = calls(&text, &helper.name);
            if is_called && taken.insert(helper.name.clone()) {
                text.push_str(&helper.text);
            }
        }
        if taken.len() == count {
            return text;
        }
    }
}

fn calls(text: &str, name: &str) -> bool {
    text.match_indices(&format!("{name}(")).any(|(place, _)| {
        let before = text
            .get(..place)
            .and_then(|before| before.chars().next_back());
        !before.is_some_and(|char| char.is_alphanumeric() || "_.".contains(char))
    })
}

/// Names of fields that a source reads.
fn fields(source: &str) -> BTreeSet<String> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let mut found = BTreeSet::new();
    for reader in READERS {
        for (place, call) in code.match_indices(&format!(".{reader}(")) {
            let rest = code.get(place + call.len()..).unwrap_or_default();
            let arguments = rest.split(')').next().unwrap_or_default();
            // The name is the last argument that is a literal; `"a"` alone, or behind the fields.
            let mut parts = arguments.split('"');
            let (before, name) = (parts.next().unwrap_or_default(), parts.next());
            let is_plain = |char: char| char.is_alphanumeric() || "&_., \n".contains(char);
            if let Some(name) = name.filter(|_| before.chars().all(is_plain)) {
                found.insert(name.to_owned());
            }
        }
    }
    found
}

#[test]
fn every_type_field_and_output_has_a_case() {
    let known: BTreeSet<&str> = NODES.iter().map(|(kind, ..)| *kind).collect();
    let types: BTreeSet<&str> = workflow::types().collect();
    let unknown: Vec<_> = types.difference(&known).collect();
    assert!(unknown.is_empty(), "not in the table: {unknown:?}");
    let all = cases();
    let mut missing = Vec::new();
    let mut table = String::from(HEAD);
    let common: Vec<String> = COMMON
        .iter()
        .map(
            |field| match all.iter().find(|case| case.text.contains(&quoted(field))) {
                Some(case) => format!("| any | `{field}` | | {} |\n", case.name),
                None => panic!("the field `{field}` of any node has no case"),
            },
        )
        .collect();
    table.push_str(&common.concat());
    for (kind, files, outputs) in NODES.iter().filter(|(kind, ..)| types.contains(kind)) {
        let of: Vec<&Case> = all
            .iter()
            .filter(|case| case.text.contains(&quoted(kind)))
            .collect();
        let Some(first) = of.first() else {
            missing.push((*kind).to_owned());
            continue;
        };
        let mut names = BTreeSet::new();
        for file in files.iter() {
            names.extend(fields(&read(&crate_path(&format!("src/nodes/{file}.rs")))));
        }
        let mut rows: BTreeMap<&str, [Vec<String>; 2]> = BTreeMap::new();
        let words = names.iter().map(|name| (0, name.as_str()));
        for (column, word) in words.chain(outputs.iter().map(|word| (1, *word))) {
            let wanted = match column {
                0 => quoted(word),
                _ => word.to_owned(),
            };
            let near = of
                .iter()
                .filter_map(|case| Some((distance(&case.text, &quoted(kind), &wanted)?, case)));
            match near
                .min_by_key(|(distance, _)| *distance)
                .map(|(_, case)| case)
            {
                Some(case) => {
                    let row = rows.entry(&case.name).or_default();
                    row.get_mut(column)
                        .expect("two columns")
                        .push(format!("`{word}`"));
                }
                None => missing.push(format!("{kind}.{word}")),
            }
        }
        if rows.is_empty() {
            rows.insert(&first.name, Default::default());
        }
        for (case, [fields, outputs]) in rows {
            writeln!(
                table,
                "| `{kind}` | {} | {} | {case} |",
                fields.join(", "),
                outputs.join(", ")
            )
            .expect("text");
        }
    }
    assert!(missing.is_empty(), "without a case: {missing:?}");
    let file = crate_path("NODES.md");
    if std::env::var_os("EDGEWISE_BLESS").is_some() {
        std::fs::write(&file, &table).expect("NODES.md is written");
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == table,
        "NODES.md is not the table of today; EDGEWISE_BLESS=1 cargo test -p workflow --test table writes it"
    );
}

/// Letters between a type and a name in a text, where they are nearest: other nodes have fields of the same name.
fn distance(text: &str, kind: &str, word: &str) -> Option<usize> {
    let kinds: Vec<usize> = text.match_indices(kind).map(|(place, _)| place).collect();
    let words = text.match_indices(word).map(|(place, _)| place);
    words
        .flat_map(|word| kinds.iter().map(move |kind| kind.abs_diff(word)))
        .min()
}

fn quoted(word: &str) -> String {
    format!("\"{word}\"")
}

const HEAD: &str = "\
# Nodes

Made by a test: `EDGEWISE_BLESS=1 cargo test -p workflow --test table` writes it anew, and without that the test fails when this is
not what the sources and the cases say, or when a field or an output has no case. Fields of parts stand by their own names.

| type | fields | outputs | case |
| --- | --- | --- | --- |
";
