//! Kills the server at random moments under chats, uploads and deletes, and compares afterwards what clients were told
//! with what is there: nothing that was acknowledged may be lost, nothing may be there twice.
//!
//! [`ledger`] is what the clients know, [`client`] makes the load, [`verify`] compares. [`runs`] does the same to runs of a
//! workflow, whose [`effects`] are counted elsewhere.

mod client;
mod effects;
mod ledger;
mod random;
pub mod runs;
mod verify;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use tokio::{sync::watch, time::sleep};

use crate::{
    Deployment,
    http::Client,
    native::Native,
    peer::{GOOD, Peer},
    setup,
};
use client::{Keys, Worker};
use ledger::Ledger;
use random::Random;

/// How hard.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How often the server is killed.
    pub kills: usize,
    /// Clients at the same time.
    pub clients: usize,
    /// The same seed makes the same choices; what the kills interrupt still differs from run to run.
    pub seed: u64,
    /// The longest life of a server, in milliseconds from healthy to its kill.
    pub longest_life: u64,
    /// How much longer than this machine's the disk needs until data is on it.
    pub slow_disk: Duration,
}

/// What was seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report {
    /// Turns whose answer a client received.
    pub turns: usize,
    /// Uploads that were accepted.
    pub uploads: usize,
    /// Deletions that were confirmed.
    pub deletions: usize,
    /// Requests that a kill interrupted: each may have been done or not.
    pub interrupted: usize,
}

/// The running server as clients see it: its number counts the starts.
type Epoch = (usize, Deployment);

/// Runs it. An error says what was lost or doubled.
pub async fn run(plan: Plan, peer: &Peer) -> Result<Report> {
    let mut server = match plan.slow_disk {
        Duration::ZERO => Native::start().await?,
        sync => slow(sync).await?,
    };
    setup::provider(&server.deployment, peer).await?;
    let datasets = setup::dataset_key(&server.deployment).await?;
    let knowledge = Client::new(&server.deployment, &datasets);
    let dataset = setup::dataset(&knowledge, "Torture").await?;
    let (_, app) = setup::assistant(&server.deployment, "Torture", GOOD, None).await?;
    let keys = Keys {
        datasets,
        dataset,
        app,
    };

    let ledger = Arc::new(Mutex::new(Ledger::default()));
    let (up, epochs) = watch::channel((0, server.deployment.clone()));
    let (stop, stopped) = watch::channel(false);
    let mut random = Random::new(plan.seed);
    let workers: Vec<_> = (0..plan.clients)
        .map(|number| {
            let random = Random::new(random.next());
            let worker = Worker::new(number, keys.clone(), random, Arc::clone(&ledger));
            tokio::spawn(worker.run(epochs.clone(), stopped.clone()))
        })
        .collect();
    for epoch in 1..=plan.kills {
        sleep(Duration::from_millis(random.below(plan.longest_life))).await;
        server = server.restart().await.context("starting after a kill")?;
        // Nobody may be left: then the workers' own errors say why.
        up.send((epoch, server.deployment.clone())).ok();
    }
    // The last server lives on, so that every client finishes what it is doing.
    stop.send(true).ok();
    for worker in workers {
        worker.await??;
    }
    let ledger = ledger
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    verify::all(&server.deployment, &keys, &ledger).await?;
    Ok(ledger.report())
}

/// A server on a slow disk, which is looked at: what is acknowledged must have waited for it.
async fn slow(sync: Duration) -> Result<Native> {
    let server = Native::start_on_slow_disk(sync).await?;
    let began = Instant::now();
    setup::dataset_key(&server.deployment).await?;
    let took = began.elapsed();
    ensure!(took >= sync, "acknowledged after {took:?}, not on the disk");
    Ok(server)
}
