//! E-mails, by way of somebody who can send them: the product speaks no SMTP, so that it runs where there are no sockets.
//!
//! With `EDGEWISE_EMAIL_HOOK` set, each e-mail is a POST of `{"id", "to", "subject", "body", "url"}` to that address, by the
//! queue, until it is taken (any status below 300). The same e-mail has the same `id`. Without it nothing is sent, which
//! the log says.

use std::time::Duration;

use http::{Request, header};
use ports::{Body, Job, timeout};
use serde::{Deserialize, Serialize};

use crate::{Context, Error, Kind, Result, store};

/// The topic of the jobs.
pub const TOPIC: &str = "mail";

/// Where e-mails go.
const HOOK: &str = "EDGEWISE_EMAIL_HOOK";

/// Where people reach the product: what links in e-mails begin with.
const URL: &str = "EDGEWISE_URL";

/// For the whole exchange.
const LIMIT: Duration = Duration::from_secs(30);

/// An e-mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// The same for the same e-mail.
    pub id: String,
    /// Addresses.
    pub to: Vec<String>,
    /// One line.
    pub subject: String,
    /// Text.
    pub body: String,
    /// The link in it.
    pub url: String,
}

/// Where people reach the product, without a slash at its end; empty when nobody said it.
pub async fn address(ctx: &Context) -> Result<String> {
    let url = ctx.platform.secrets.get(URL).await?;
    Ok(url.unwrap_or_default().trim_end_matches('/').to_owned())
}

/// Hands an e-mail to the queue.
pub async fn send(ctx: &Context, mail: &Mail) -> Result<()> {
    if mail.to.is_empty() {
        return Ok(());
    }
    if ctx.platform.secrets.get(HOOK).await?.is_none() {
        tracing::warn!(
            subject = mail.subject,
            "no e-mail is sent: {HOOK} is not set"
        );
        return Ok(());
    }
    let id = format!("{TOPIC}/{}", mail.id);
    let job = Job::new(id, TOPIC, store::encode(mail)?);
    ctx.platform.queue.send(vec![job]).await?;
    Ok(())
}

/// Handles a job of [`TOPIC`]: gives the e-mail to the hook.
pub async fn consume(ctx: &Context, job: &Job) -> Result<()> {
    let Some(hook) = ctx.platform.secrets.get(HOOK).await? else {
        return Ok(());
    };
    let failed = |why: &dyn std::fmt::Display| {
        Error::new(Kind::Unavailable, format!("the e-mail hook failed: {why}"))
    };
    let request = Request::post(&hook)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(bytes::Bytes::from(job.body.to_vec())))
        .map_err(|error| failed(&error))?;
    let exchange = ctx.platform.fetch.send(request);
    let response = timeout(ctx.platform.clock.as_ref(), LIMIT, exchange)
        .await
        .and_then(|exchange| exchange)
        .map_err(|error| failed(&error))?;
    match response.status().as_u16() {
        ..300 => Ok(()),
        status => Err(failed(&format!("status {status}"))),
    }
}
