//! The console's files and pages, as a browser gets them.

use anyhow::{Context, Result, ensure};

use crate::Deployment;

/// Pages come with their policy, files with their kind, and the APIs stay where they are.
pub async fn run(deployment: &Deployment) -> Result<()> {
    let http = reqwest::Client::new();
    let get = async |path: &str| http.get(format!("{}{path}", deployment.base)).send().await;
    for (path, framers) in [
        ("/", "frame-ancestors 'self'"),
        ("/apps/1/logs", "frame-ancestors 'self'"),
        ("/signin", "frame-ancestors 'self'"),
        ("/form/abcd", "frame-ancestors 'self'"),
        ("/workflow/abcd", "frame-ancestors 'self'"),
        ("/chatbot/abcd", "frame-ancestors *"),
    ] {
        let page = get(path).await?;
        let header = |name: &str| {
            let value = page.headers().get(name);
            value
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned()
        };
        let policy = header("content-security-policy");
        ensure!(page.status() == 200, "{path}: {}", page.status());
        ensure!(
            policy.starts_with("default-src 'self'; script-src 'self';")
                && policy.ends_with(framers),
            "{path}: {policy}"
        );
        ensure!(header("content-type").starts_with("text/html"), "{path}");
        ensure!(header("x-content-type-options") == "nosniff", "{path}");
    }
    let page = get("/").await?.text().await?;
    let script = page
        .split('"')
        .find(|part| part.starts_with("/assets/") && part.ends_with(".js"))
        .context("a page without a script")?;
    let script = get(script).await?;
    let cached = script.headers().get("cache-control");
    let cached = cached.and_then(|value| value.to_str().ok());
    ensure!(
        script.status() == 200 && cached.is_some_and(|value| value.contains("immutable")),
        "a script: {} {cached:?}",
        script.status()
    );
    ensure!(
        get("/embed.min.js").await?.status() == 200,
        "the embed script"
    );
    documented(deployment).await?;
    for path in [
        "/v1/nothing",
        "/console/api/nothing",
        "/api/nothing",
        "/nothing",
    ] {
        let answer = get(path).await?;
        ensure!(answer.status() == 404, "{path}: {}", answer.status());
    }
    Ok(())
}

/// The API's document, and the page that shows it.
async fn documented(deployment: &Deployment) -> Result<()> {
    let http = reqwest::Client::new();
    let get = async |path: &str| http.get(format!("{}{path}", deployment.base)).send().await;
    let document: serde_json::Value = get("/openapi.json").await?.json().await?;
    for path in ["/v1/chat-messages", "/v1/workflows/run"] {
        let named = document["paths"][path]["post"].is_object();
        ensure!(named, "{path} is not in the document");
    }
    let page = get("/docs").await?;
    ensure!(page.status() == 200, "/docs: {}", page.status());
    ensure!(
        page.text().await?.contains("docs/docs.js"),
        "a page without a script"
    );
    for path in ["/docs/docs.js", "/docs/docs.css"] {
        ensure!(get(path).await?.status() == 200, "{path}");
    }
    Ok(())
}
