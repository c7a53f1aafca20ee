//! `edgewise serve`: the process around the service, from the first byte on disk to the last byte of a stream.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use axum::{Router, extract::DefaultBodyLimit, serve::ListenerExt};
use clap::Args;
use tokio::{net::TcpListener, sync::watch};

use crate::{
    console, models, platform,
    server_file::{SERVER_FILE, ServerFile},
    shelf,
};

/// The largest request body: a video of the Service API with its form around it.
const BODY_BYTES: usize = 101 << 20;

/// How long open streams and queue jobs may go on after a signal.
const GRACE: Duration = Duration::from_secs(25);

/// Where to serve from and to.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// The address to listen on; port 0 takes a free one
    #[arg(long, env = "EDGEWISE_ADDR", default_value = "127.0.0.1:8787")]
    pub addr: SocketAddr,
    /// The data folder: made if it is absent
    #[arg(
        long,
        env = "EDGEWISE_DATA",
        value_name = "DIR",
        default_value = "edgewise-data"
    )]
    pub data: PathBuf,
    /// Log one JSON object a line
    #[arg(long, env = "EDGEWISE_LOG_JSON")]
    pub log_json: bool,
}

/// Serves until SIGINT or SIGTERM, then finishes what is open.
pub async fn run(options: Options) -> Result<()> {
    let native = platform::open(&options.data)?;
    let models = models::table(&native.platform, weights::Store::from_env());
    let listener = TcpListener::bind(options.addr)
        .await
        .with_context(|| format!("cannot listen on {}", options.addr))?;
    let addr = listener.local_addr()?;

    let router = api::service(native.platform.clone(), models.clone())
        .layer(DefaultBodyLimit::max(BODY_BYTES));
    let shelf = shelf::Downloads::new(weights::Store::from_env());
    let router = console::with_console(api::with_shelf(router, Arc::new(shelf)));
    let worker = native.start(api::consumer(native.platform.clone(), models));
    let file = ServerFile {
        url: format!("http://{addr}"),
        token: native.admin_token.clone(),
    };
    file.write(&options.data)?;
    tracing::info!(url = file.url, data = %options.data.display(), "serving");

    serve(listener, router).await?;
    // Work that a response started, then the jobs under way; what is left is on disk and goes on at the next start.
    let finish = async {
        native.tasks.finished().await;
        worker.stop().await;
    };
    if tokio::time::timeout(GRACE, finish).await.is_err() {
        tracing::warn!("some work was cut; it goes on at the next start");
    }
    let _ = std::fs::remove_file(options.data.join(SERVER_FILE));
    tracing::info!("stopped");
    Ok(())
}

/// Answers until a signal, then lets open responses end within [`GRACE`].
async fn serve(listener: TcpListener, router: Router) -> Result<()> {
    let (stop, mut stopped) = watch::channel(false);
    let signal = async move {
        terminated().await;
        tracing::info!("stopping: no new connections");
        let _ = stop.send(true);
    };
    // An event of a stream leaves when it is written: waiting for more would hold each back for up to 40 ms.
    let listener = listener.tap_io(|connection| {
        let _ = connection.set_nodelay(true);
    });
    let server = axum::serve(listener, router).with_graceful_shutdown(signal);
    let late = async move {
        let _ = stopped.wait_for(|stopped| *stopped).await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = server => served.context("the server failed"),
        () = late => {
            tracing::warn!("open streams were cut");
            Ok(())
        }
    }
}

/// Waits for SIGINT or SIGTERM.
async fn terminated() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = interrupt.await;
}
