//! The end-to-end scripts against the Worker as it is deployed, in a real workerd: the same as on native, with the same
//! answers from a scripted language model.

use anyhow::Result;
use e2e::{
    Deployment, backup, clients, conformance, console, journey, native::Native, peer::Peer,
    workflows,
};
use tempfile::TempDir;
use workers::{Bundle, Workerd, turn};

const ADMIN_TOKEN: &str = "an-admin-token-of-the-tests";
const SETUP_TOKEN: &str = "a-setup-token-of-the-tests";

async fn start(state: &TempDir) -> Result<(Workerd, Deployment)> {
    start_allowing(state, "").await
}

/// HTTP nodes may reach these hosts.
async fn start_allowing(state: &TempDir, hosts: &str) -> Result<(Workerd, Deployment)> {
    let variables = [
        ("EDGEWISE_HTTP_PRIVATE_HOSTS", hosts),
        ("EDGEWISE_ADMIN_TOKEN", ADMIN_TOKEN),
        ("EDGEWISE_SETUP_TOKEN", SETUP_TOKEN),
        ("EDGEWISE_MASTER_KEY", "a master key of the tests"),
    ];
    let workerd = Workerd::start_with(Bundle::Shipped, state.path(), &variables).await?;
    let deployment = Deployment {
        base: workerd.url().to_owned(),
        token: ADMIN_TOKEN.to_owned(),
    };
    Ok((workerd, deployment))
}

#[tokio::test(flavor = "multi_thread")]
async fn journey_on_workerd() -> Result<()> {
    let _turn = turn();
    let (state, peer) = (TempDir::new()?, Peer::start().await?);
    let (_workerd, deployment) = start(&state).await?;
    journey::run(&deployment, &peer).await?;
    // Everything was deleted: the same script runs again on the same store.
    journey::run(&deployment, &peer).await
}

#[tokio::test(flavor = "multi_thread")]
async fn official_clients_run_unmodified_on_workerd() -> Result<()> {
    let _turn = turn();
    let (state, peer) = (TempDir::new()?, Peer::start().await?);
    let (_workerd, deployment) = start(&state).await?;
    clients::run(&deployment, &peer).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_moves_from_native_to_workerd() -> Result<()> {
    let _turn = turn();
    let (state, peer) = (TempDir::new()?, Peer::start().await?);
    let native = Native::start().await?;
    let taken = backup::take(&native.deployment, &peer).await?;
    let (_workerd, deployment) = start(&state).await?;
    backup::restore(&deployment, &peer, &taken).await
}

#[tokio::test(flavor = "multi_thread")]
async fn conformance_on_workerd() -> Result<()> {
    let _turn = turn();
    let (state, peer) = (TempDir::new()?, Peer::start().await?);
    let (_workerd, deployment) = start(&state).await?;
    conformance::run(&deployment, &peer).await
}

#[tokio::test(flavor = "multi_thread")]
async fn from_sign_up_to_a_published_assistant_in_the_browser() -> Result<()> {
    let _turn = turn();
    let state = TempDir::new()?;
    let (_workerd, deployment) = start(&state).await?;
    browser::run_over(&deployment, "smoke.mjs", &[SETUP_TOKEN]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn workflows_and_triggers_on_workerd() -> Result<()> {
    let _turn = turn();
    let (state, peer) = (TempDir::new()?, Peer::start().await?);
    let (_workerd, deployment) = start_allowing(&state, &workflows::host(&peer)).await?;
    workflows::run(&deployment, &peer).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_is_served_without_the_worker() -> Result<()> {
    let _turn = turn();
    let state = TempDir::new()?;
    let (_workerd, deployment) = start(&state).await?;
    console::run(&deployment).await
}
