//! Retrieval that a person can judge: twenty questions about five documents, questions about none of them, and a fact at
//! the very end of a long passage.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::{
    Deployment,
    http::{Client, list, text},
    pdf, setup,
};

/// A passage below it says nothing about the question.
pub const THRESHOLD: f64 = 0.25;

const QUESTIONS: [(&str, &str); 20] = [
    ("How do I descale the coffee maker?", "espresso-machine.pdf"),
    (
        "How many grams of coffee go into a double shot?",
        "espresso-machine.pdf",
    ),
    (
        "What does it mean when the red lamp blinks four times?",
        "espresso-machine.pdf",
    ),
    (
        "For how long is the pump under warranty?",
        "espresso-machine.pdf",
    ),
    ("How much may a hotel in London cost?", "travel-policy.md"),
    ("Am I reimbursed for wine with dinner?", "travel-policy.md"),
    ("By when must I hand in my expenses?", "travel-policy.md"),
    (
        "What do I get per kilometre for driving my own car?",
        "travel-policy.md",
    ),
    (
        "How high is the pass on the second stage?",
        "hut-trail.html",
    ),
    ("Where can I pitch a tent on the hike?", "hut-trail.html"),
    ("Can I pay by card at the mountain hut?", "hut-trail.html"),
    ("When does the last boat leave the lake?", "hut-trail.html"),
    (
        "Which port does the database listen on now?",
        "release-notes.md",
    ),
    ("How do I make an incremental backup?", "release-notes.md"),
    ("How can a running query be cancelled?", "release-notes.md"),
    (
        "How long does the migration of the index take?",
        "release-notes.md",
    ),
    ("How much salt goes into the dough?", "sourdough.txt"),
    ("At what temperature is the bread baked?", "sourdough.txt"),
    ("How do I feed the starter?", "sourdough.txt"),
    ("How should the loaf be stored?", "sourdough.txt"),
];

/// Nothing in the documents is about these.
const UNRELATED: [&str; 5] = [
    "Who composed the opera Don Giovanni?",
    "What is the boiling point of liquid nitrogen?",
    "How does the offside rule work in football?",
    "Which enzyme copies DNA in bacteria?",
    "When was the treaty of Westphalia signed?",
];

/// The five documents, as they are uploaded.
pub fn documents() -> [(&'static str, Vec<u8>); 5] {
    [
        (
            "espresso-machine.pdf",
            pdf::document(include_str!("../fixtures/espresso-machine.txt")),
        ),
        (
            "travel-policy.md",
            include_bytes!("../fixtures/travel-policy.md").to_vec(),
        ),
        (
            "hut-trail.html",
            include_bytes!("../fixtures/hut-trail.html").to_vec(),
        ),
        (
            "release-notes.md",
            include_bytes!("../fixtures/release-notes.md").to_vec(),
        ),
        (
            "sourdough.txt",
            include_bytes!("../fixtures/sourdough.txt").to_vec(),
        ),
    ]
}

/// Asks all of them; prints the table and answers how often the right document came first.
pub async fn twenty(deployment: &Deployment) -> Result<usize> {
    let knowledge = Client::new(deployment, &setup::dataset_key(deployment).await?);
    let dataset = setup::dataset(&knowledge, "Twenty questions").await?;
    setup::documents(&knowledge, &dataset, &documents()).await?;
    let mut right = 0;
    println!("{:<56} {:<22} score", "question", "first source");
    for (question, expected) in QUESTIONS {
        let hits = retrieve(&knowledge, &dataset, question, Some(THRESHOLD)).await?;
        let (name, score) = hits
            .first()
            .map_or(("-", 0.0), |hit| (hit.document.as_str(), hit.score));
        let mark = if name == expected { "" } else { "  <- wrong" };
        right += usize::from(name == expected);
        println!("{question:<56} {name:<22} {score:.3}{mark}");
    }
    println!("{right} of {} right", QUESTIONS.len());
    for question in UNRELATED {
        let best = retrieve(&knowledge, &dataset, question, None).await?;
        let best = best.first().map_or(0.0, |hit| hit.score);
        println!("{question:<56} {:<22} {best:.3}", "(unrelated)");
        let hits = retrieve(&knowledge, &dataset, question, Some(THRESHOLD)).await?;
        ensure!(
            hits.is_empty(),
            "{question} finds {:?}",
            hits.first().map(|hit| &hit.document)
        );
    }
    knowledge
        .delete(&format!("/v1/datasets/{dataset}"), None)
        .await?;
    Ok(right)
}

/// A fact in the last 50 tokens of a passage of 500 is found, among documents that are nearer to the rest of it.
pub async fn last_words(deployment: &Deployment) -> Result<()> {
    const FACT: &str = "The observatory's telescope dome is locked at night. Its access code is 7391, which the caretaker \
                        changes every spring; the spare key to the dome hangs in the observatory's office.";
    let knowledge = Client::new(deployment, &setup::dataset_key(deployment).await?);
    let dataset = setup::dataset(&knowledge, "Last words").await?;
    // A bit more than four characters a token: the passage stays below 500 tokens, the fact begins after 450.
    let recipe = include_str!("../fixtures/sourdough.txt");
    let filler: Vec<&str> = recipe.split_whitespace().cycle().take(350).collect();
    let filler = filler.join(" ");
    let long = format!("{filler} {FACT}");
    let mut files = documents().to_vec();
    files.push(("long.txt", long.into_bytes()));
    let ids = setup::documents(&knowledge, &dataset, &files).await?;
    let segments = format!(
        "/v1/datasets/{dataset}/documents/{}/segments",
        ids.last().cloned().unwrap_or_default()
    );
    let segments = list(&knowledge.get(&segments).await?, "/data");
    ensure!(
        segments.len() == 1,
        "the long document has {} segments",
        segments.len()
    );
    let tokens = segments
        .first()
        .and_then(|segment| segment.get("tokens"))
        .and_then(Value::as_u64);
    ensure!(
        tokens.is_some_and(|tokens| (400..=500).contains(&tokens)),
        "{tokens:?} tokens"
    );

    let question = "What is the access code of the telescope dome?";
    let hits = retrieve(&knowledge, &dataset, question, None).await?;
    for hit in &hits {
        println!("{:<22} {:.3}", hit.document, hit.score);
    }
    let first = hits
        .first()
        .map(|hit| (hit.document.as_str(), hit.content.contains(FACT)));
    ensure!(first == Some(("long.txt", true)), "found {first:?}");
    knowledge
        .delete(&format!("/v1/datasets/{dataset}"), None)
        .await?;
    Ok(())
}

struct Hit {
    document: String,
    content: String,
    score: f64,
}

async fn retrieve(
    knowledge: &Client,
    dataset: &str,
    query: &str,
    threshold: Option<f64>,
) -> Result<Vec<Hit>> {
    let body = json!({
        "query": query,
        "retrieval_model": {
            "search_method": "semantic_search", "reranking_enable": false, "top_k": 4,
            "score_threshold_enabled": threshold.is_some(), "score_threshold": threshold,
        },
    });
    let found = knowledge
        .post(&format!("/v1/datasets/{dataset}/retrieve"), &body)
        .await?;
    let hits: Vec<Hit> = list(&found, "/records")
        .iter()
        .map(|record| Hit {
            document: text(record, "/segment/document/name"),
            content: text(record, "/segment/content"),
            score: record
                .get("score")
                .and_then(Value::as_f64)
                .unwrap_or_default(),
        })
        .collect();
    ensure!(
        hits.is_sorted_by(|a, b| a.score >= b.score),
        "not in order: {found}"
    );
    let low = threshold.is_some_and(|threshold| hits.iter().any(|hit| hit.score < threshold));
    ensure!(!low, "below the threshold: {found}");
    Ok(hits)
}
