//! The scripts against the native binary.

use e2e::{bad_input, clients, journey, native::Native, peer::Peer, questions};

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
async fn official_clients_run_unmodified() {
    let (server, peer) = (Native::start().await.unwrap(), Peer::start().await.unwrap());
    clients::run(&server.deployment, &peer).await.unwrap();
}
