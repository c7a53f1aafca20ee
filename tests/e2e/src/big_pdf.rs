//! A PDF of a hundred pages: uploaded, extracted, split, embedded, completed, with progress that a client sees grow.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::{
    Deployment,
    http::{Client, list, text},
    pdf, setup,
};

/// Pages of the document.
pub const PAGES: usize = 100;

/// Lines of one page.
const LINES: usize = 50;

/// The page that is asked about.
const ASKED: usize = 77;

/// The longest wait, on a busy machine in a debug build.
const PATIENCE: Duration = Duration::from_secs(240);

/// What was seen.
#[derive(Clone, Debug)]
pub struct Report {
    /// From the first byte of the upload until `indexing-status` said `completed`.
    pub took: Duration,
    /// Passages of the document.
    pub passages: u64,
    /// Different states on the way, each a status and how many passages were done.
    pub steps: Vec<(String, u64)>,
}

/// Runs it and removes what it made.
pub async fn run(deployment: &Deployment) -> Result<Report> {
    let knowledge = Client::new(deployment, &setup::dataset_key(deployment).await?);
    let dataset = setup::dataset(&knowledge, "A hundred pages").await?;
    let file = pdf::document(&manual());
    let began = Instant::now();
    let answer = knowledge.upload(&dataset, "manual.pdf", &file).await?;
    ensure!(answer.status == 200, "{} {}", answer.status, answer.body);
    let batch = text(&answer.body, "/batch");
    let (steps, passages) = watch(&knowledge, &dataset, &batch).await?;
    let took = began.elapsed();

    let growing = steps
        .iter()
        .filter(|(_, done)| (1..passages).contains(done));
    ensure!(
        growing.count() >= 3,
        "no progress between start and end: {steps:?}"
    );
    let found = knowledge
        .post(
            &format!("/v1/datasets/{dataset}/retrieve"),
            &json!({ "query": "Where do visitors go in an emergency?" }),
        )
        .await?;
    let found = list(&found, "/records");
    let right = found
        .iter()
        .any(|it| text(it, "/segment/content").contains("blue hut"));
    ensure!(right, "page {ASKED} is not found: {found:?}");
    knowledge
        .delete(&format!("/v1/datasets/{dataset}"), None)
        .await?;
    Ok(Report {
        took,
        passages,
        steps,
    })
}

/// The states until the end, and how many passages there are. What is done must never become less.
async fn watch(
    knowledge: &Client,
    dataset: &str,
    batch: &str,
) -> Result<(Vec<(String, u64)>, u64)> {
    let path = format!("/v1/datasets/{dataset}/documents/{batch}/indexing-status");
    let (mut steps, began) = (Vec::<(String, u64)>::new(), Instant::now());
    loop {
        let answer = knowledge.get(&path).await?;
        let state = answer.pointer("/data/0").context("no state")?;
        let number = |key| state.get(key).and_then(Value::as_u64).unwrap_or_default();
        let now = (
            text(state, "/indexing_status"),
            number("completed_segments"),
        );
        let last = steps.last();
        ensure!(
            last.is_none_or(|(_, done)| *done <= now.1),
            "{now:?} after {steps:?}"
        );
        ensure!(now.0 != "error", "{state}");
        if last != Some(&now) {
            steps.push(now.clone());
        }
        if now.0 == "completed" {
            let total = number("total_segments");
            ensure!(total == now.1, "completed without all passages: {state}");
            return Ok((steps, total));
        }
        ensure!(began.elapsed() < PATIENCE, "not completed: {state}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What only that page says.
const FACTS: [&str; 4] = [
    "In an emergency, visitors leave through the kitchen and meet at the blue hut in the garden.",
    "Visitors who hear the alarm in an emergency walk to the blue hut and wait there to be counted.",
    "The blue hut, where visitors go in an emergency, holds blankets, water and a telephone.",
    "Nobody goes back from the blue hut before the emergency is over and the bell has rung twice.",
];

/// A manual whose pages are full and differ, as those of real manuals do.
fn manual() -> String {
    const PARTS: [&str; 10] = [
        "pump", "filter", "gasket", "boiler", "sensor", "bearing", "belt", "nozzle", "fuse",
        "coupling",
    ];
    const WORK: [&str; 7] = [
        "Before the {} is opened, close the main tap and wait until the gauge shows no pressure.",
        "The {} is cleaned with warm water and a soft brush; solvents damage its coating.",
        "Check the {} for cracks each spring, and write the result into the log of the plant.",
        "A {} that rattles has lost one of its four screws, which lie in the drawer below it.",
        "Spare parts of the {} are ordered by the number on its plate, not by its name.",
        "Two people lift the {} out, since it weighs more than it seems and has sharp edges.",
        "When the {} is back in its place, open the tap slowly and listen for a quarter of an hour.",
    ];
    let part = |at: usize| PARTS.get(at % PARTS.len()).copied().unwrap_or_default();
    let work = |at: usize| WORK.get(at % WORK.len()).copied().unwrap_or_default();
    let mut lines = Vec::with_capacity(PAGES * LINES);
    for page in 1..=PAGES {
        lines.push(format!("Chapter {page}. The {} of line {page}", part(page)));
        for line in 2..=LINES {
            let name = format!("{} {}", part(page * 3 + line), page * LINES + line);
            let fact = FACTS.get(line % FACTS.len()).copied().unwrap_or_default();
            lines.push(match page {
                ASKED => fact.to_owned(),
                _ => work(page + line * 2).replace("{}", &name),
            });
        }
    }
    lines.join("\n")
}
