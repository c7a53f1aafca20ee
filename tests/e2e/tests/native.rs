//! The scripts against the native binary.

use std::time::Duration;

use e2e::{
    backup, bad_input, clients, conformance, console, full_disk, journey,
    native::{self, Native},
    peer::Peer,
    questions,
    torture::{self, Plan},
    workflows,
};

#[tokio::test]
async fn journey_on_native() {
    let (server, peer) = (Native::start().await.unwrap(), Peer::start().await.unwrap());
    journey::run(&server.deployment, &peer).await.unwrap();
    // Everything was deleted: the same script runs again on the same store.
    journey::run(&server.deployment, &peer).await.unwrap();
}

#[tokio::test]
async fn twenty_questions_about_five_documents() {
    let server = Native::start().await.unwrap();
    let right = questions::twenty(&server.deployment).await.unwrap();
    assert!(right >= 16, "{right} of 20");
}

#[tokio::test]
async fn a_fact_at_the_end_of_a_long_passage_is_found() {
    let server = Native::start().await.unwrap();
    questions::last_words(&server.deployment).await.unwrap();
}

#[tokio::test]
async fn bad_input_gets_the_documented_error() {
    let (server, peer) = (Native::start().await.unwrap(), Peer::start().await.unwrap());
    bad_input::run(&server.deployment, &peer).await.unwrap();
}

#[tokio::test]
async fn conformance_on_native() {
    let (server, peer) = (Native::start().await.unwrap(), Peer::start().await.unwrap());
    conformance::run(&server.deployment, &peer).await.unwrap();
}

#[tokio::test]
async fn the_console_is_served() {
    let server = Native::start().await.unwrap();
    console::run(&server.deployment).await.unwrap();
}

#[tokio::test]
async fn workflows_and_triggers_on_native() {
    let peer = Peer::start().await.unwrap();
    let hosts = ("EDGEWISE_HTTP_PRIVATE_HOSTS", workflows::host(&peer));
    let server = Native::start_keeping(vec![hosts]).await.unwrap();
    workflows::run(&server.deployment, &peer).await.unwrap();
}

#[tokio::test]
async fn a_workspace_moves() {
    let (server, peer) = (Native::start().await.unwrap(), Peer::start().await.unwrap());
    let taken = backup::take(&server.deployment, &peer).await.unwrap();
    let other = Native::start().await.unwrap();
    backup::restore(&other.deployment, &peer, &taken)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_full_disk_loses_nothing() {
    full_disk::run().await.unwrap();
}

/// The short form of `cargo xtask torture`.
#[tokio::test]
async fn kills_lose_and_double_nothing() {
    let plan = Plan {
        kills: 8,
        clients: 4,
        seed: 7,
        longest_life: 400,
        slow_disk: Duration::ZERO,
    };
    let report = torture::run(plan, &Peer::start().await.unwrap())
        .await
        .unwrap();
    println!("{report:?}");
    assert!(report.turns > 0 && report.uploads > 0, "{report:?}");
}

#[tokio::test]
async fn official_clients_run_unmodified() {
    let (server, peer) = (Native::start().await.unwrap(), Peer::start().await.unwrap());
    clients::run(&server.deployment, &peer).await.unwrap();
}

/// Before a model is loaded. The best of three starts: a busy machine says nothing about ours.
#[tokio::test]
async fn starts_fast_and_small() {
    let mut best = Duration::MAX;
    for _ in 0..3 {
        let server = Native::start().await.unwrap();
        best = best.min(server.healthy_after);
        let resident = server.resident().unwrap();
        println!(
            "healthy after {:?}, {} MB resident",
            server.healthy_after,
            resident >> 20
        );
        assert!(
            resident <= 50 << 20,
            "{} MB of memory when idle",
            resident >> 20
        );
    }
    assert!(best <= Duration::from_millis(200), "healthy after {best:?}");
}

/// Weights that are damaged are not used: the server says which file, and what to do.
#[tokio::test]
async fn altered_weights_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (model, file) in [
        ("all-minilm-l6-v2", "model.safetensors"),
        ("all-minilm-l6-v2", "tokenizer.json"),
    ] {
        let folder = folder.path().join(model);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(file), b"not the weights").unwrap();
    }
    let models = folder.path().display().to_string();
    let server = Native::start_with(&[("EDGEWISE_MODELS", &models)])
        .await
        .unwrap();
    let dataset = server.cli(&["dataset", "create", "Damaged"]).await.unwrap();
    let note = folder.path().join("note.md");
    std::fs::write(&note, "A note.").unwrap();
    let add = [
        "dataset",
        "add",
        dataset["id"].as_str().unwrap(),
        note.to_str().unwrap(),
        "--wait",
    ];
    let error = server.cli(&add).await.unwrap_err().to_string();
    assert!(
        error.contains("edgewise models pull all-minilm-l6-v2"),
        "{error}"
    );
}

/// A store that is no store: the server says so and does not start on it.
#[tokio::test]
async fn a_corrupt_store_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("state.redb");
    let garbage = b"no database ".repeat(1000);
    std::fs::write(&store, &garbage).unwrap();
    let addr = native::free_address().unwrap();
    let output = tokio::process::Command::new(native::binary().unwrap())
        .args(["serve", "--addr", &addr, "--data"])
        .arg(folder.path())
        .output()
        .await
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "it starts: {told}");
    assert!(
        told.contains("state.redb"),
        "it does not say what is wrong: {told}"
    );
    assert_eq!(
        std::fs::read(&store).unwrap(),
        garbage,
        "it changed what it could not read"
    );
}
