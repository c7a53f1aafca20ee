//! The OpenAPI document against the native binary.
#![allow(clippy::unwrap_used, clippy::panic)]

use e2e::{
    native::Native,
    peer::Peer,
    schemathesis::{self, CONSOLE, Effort, SERVICE, Surface, WEB},
};

/// `cargo xtask schemathesis` says how long; a test run makes the same few requests each time.
fn seconds() -> Option<u64> {
    let seconds = std::env::var("EDGEWISE_SCHEMATHESIS_SECONDS").ok()?;
    Some(seconds.parse().unwrap())
}

async fn holds(surface: Surface) {
    let (server, peer) = (Native::start().await.unwrap(), Peer::start().await.unwrap());
    let effort = seconds().map_or(Effort::Examples(5), Effort::Seconds);
    schemathesis::run(&server.deployment, &peer, surface, effort)
        .await
        .unwrap();
}

#[tokio::test]
async fn the_document_of_the_service_api_holds() {
    holds(SERVICE).await;
}

#[tokio::test]
async fn the_document_of_web_apps_and_models_holds() {
    holds(WEB).await;
}

/// It has more operations than the others together, so only the long form makes requests of all of them.
#[tokio::test]
async fn the_document_of_the_console_holds() {
    if seconds().is_some() {
        holds(CONSOLE).await;
    }
}
