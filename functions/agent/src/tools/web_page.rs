//! Pages of the web, as text.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use http::header::CONTENT_TYPE;
use ports::{
    Clock, Fetch,
    outgoing::{self, GetLimits},
};
use serde_json::{Map, Value, json};

use crate::{Tool, tool::text};

/// What a page may cost.
const LIMITS: GetLimits = GetLimits {
    bytes: 5 << 20,
    redirects: 5,
    time: Duration::from_secs(30),
};

/// Reads a public page.
pub struct WebPage {
    fetch: Arc<dyn Fetch>,
    clock: Arc<dyn Clock>,
}

impl WebPage {
    /// Over this client.
    pub fn new(fetch: Arc<dyn Fetch>, clock: Arc<dyn Clock>) -> Self {
        Self { fetch, clock }
    }
}

#[async_trait]
impl Tool for WebPage {
    fn spec(&self) -> model::Tool {
        model::Tool {
            name: "webscraper".to_owned(),
            description: "Reads a web page and returns its text.".to_owned(),
            parameters: json!({
                "type": "object",
                "properties": {"url": {"type": "string", "description": "The page's address."}},
                "required": ["url"]
            }),
        }
    }

    fn label(&self) -> String {
        "Web Scraper".to_owned()
    }

    async fn call(&self, arguments: &Map<String, Value>) -> Result<String, String> {
        let (fetch, clock) = (self.fetch.as_ref(), self.clock.as_ref());
        let address = text(arguments, "url")?;
        let page = outgoing::get(
            fetch,
            clock,
            address,
            "Mozilla/5.0 (compatible; Edgewise)",
            LIMITS,
        )
        .await;
        let page = page.map_err(|error| error.to_string())?;
        if !page.status().is_success() {
            return Err(format!(
                "the page answered with status {}",
                page.status().as_u16()
            ));
        }
        let kind = page
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        let kind = kind
            .and_then(|kind| kind.split(';').next())
            .unwrap_or("text/html")
            .trim();
        let name = match kind {
            "text/html" | "application/xhtml+xml" => "page.html",
            "application/pdf" => "page.pdf",
            "application/json" | "text/plain" | "text/markdown" | "text/csv" => "page.txt",
            other => return Err(format!("a page of type {other} cannot be read")),
        };
        let limits = rag::Limits::new(LIMITS.bytes);
        let extracted =
            rag::extract(name, page.body(), &limits).map_err(|error| error.to_string())?;
        Ok(match extracted.title {
            Some(title) => format!("# {title}\n\n{}", extracted.text),
            None => extracted.text,
        })
    }
}
