//! What the cases saw, as a table.

use std::{collections::BTreeSet, fmt::Write};

use anyhow::{Result, ensure};

use super::{
    cases::SILENCE,
    expected::{CODES, ELSEWHERE, EVENTS, OPERATIONS, operation},
};
use crate::http::{Sight, text};

const HEAD: &str = "\
# Conformance

Made by the tests: `cargo xtask test` runs every case on native, in workerd and in a Spin host, and fails when what they saw is
not this table. `EDGEWISE_BLESS=1 cargo test -p e2e conformance` writes it anew. The cases are in
`tests/e2e/src/conformance/cases`. Workflows have a table of their own, `functions/api/tests/workflows/CONFORMANCE.md`.
";

type Proof = (&'static str, Vec<Sight>);

/// The whole page; fails for what nothing proved.
pub(super) fn render(proofs: &[Proof]) -> Result<String> {
    let mut page = HEAD.to_owned();
    page += "\n## Operations\n\n| operation | answers | proven by |\n| --- | --- | --- |\n";
    for wanted in OPERATIONS {
        let mut answers = BTreeSet::new();
        let cases = cases(proofs, |_, sight| {
            let fits = operation(sight) == Some(wanted);
            if fits {
                answers.insert(answer(sight));
            }
            fits
        });
        let succeeds = answers.iter().any(|answer| answer.starts_with('2'));
        let elsewhere = ELSEWHERE
            .iter()
            .find(|(method, path, _)| (*method, *path) == wanted);
        let (method, path) = wanted;
        ensure!(
            succeeds || elsewhere.is_some(),
            "no case brought {method} {path} to success"
        );
        let answers: Vec<_> = answers.into_iter().collect();
        let note = elsewhere.map_or(String::new(), |(_, _, note)| format!("; {note}"));
        let (answers, path) = (answers.join(", "), path.replace("{}", "{id}"));
        writeln!(page, "| `{method} {path}` | {answers}{note} | {cases} |")?;
    }
    page += "\n## Error codes\n\n| code | status | proven by |\n| --- | --- | --- |\n";
    for (code, status, note) in CODES {
        let cases = cases(proofs, |_, sight| {
            let streamed = |event| text(event, "/code") == code;
            text(&sight.body, "/code") == code && sight.status >= 400
                || sight.events.iter().any(streamed)
        });
        ensure!(
            cases.is_empty() != note.is_empty(),
            "`{code}` is proven by [{cases}] and excused by [{note}]"
        );
        writeln!(page, "| `{code}` | {status} | {cases}{note} |")?;
    }
    page += "\n## Events\n\nAll name `event`, `task_id` (but `error`), `message_id`, `created_at`, and in a chat `conversation_id`.\n\n\
             | event | more fields | proven by |\n| --- | --- | --- |\n";
    for (event, fields) in EVENTS {
        let cases = cases(proofs, |name, sight| match event {
            // A slow machine is pinged elsewhere too.
            "ping" => sight.pings > 0 && name == SILENCE,
            _ => sight
                .events
                .iter()
                .any(|seen| text(seen, "/event") == event),
        });
        ensure!(!cases.is_empty(), "no case saw the event `{event}`");
        let fields: Vec<_> = fields.iter().map(|field| format!("`{field}`")).collect();
        writeln!(page, "| `{event}` | {} | {cases} |", fields.join(", "))?;
    }
    Ok(page)
}

fn answer(sight: &Sight) -> String {
    match text(&sight.body, "/code") {
        code if sight.status >= 400 => format!("{} `{code}`", sight.status),
        _ => sight.status.to_string(),
    }
}

/// Names of the cases that saw something.
fn cases(proofs: &[Proof], mut fits: impl FnMut(&str, &Sight) -> bool) -> String {
    let names: Vec<_> = proofs
        .iter()
        .filter(|(name, sights)| sights.iter().filter(|sight| fits(name, sight)).count() > 0)
        .map(|(name, _)| *name)
        .collect();
    names.join("; ")
}
