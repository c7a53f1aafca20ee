//! Built-in tools, one file each.

pub mod calculator;
pub mod current_time;
pub mod json_process;
pub mod mcp;
pub mod open_api;
pub mod web_page;

use std::sync::Arc;

use ports::Platform;

use crate::Tool;

/// The built-in tool that an app file names by its provider and its own name.
pub fn built_in(platform: &Platform, provider: &str, name: &str) -> Option<Arc<dyn Tool>> {
    // `langgenius/maths/maths` is `maths`.
    let provider = provider.rsplit('/').next().unwrap_or(provider);
    Some(match (provider, name) {
        ("time", "current_time") => {
            Arc::new(current_time::CurrentTime::new(platform.clock.clone()))
        }
        ("maths", "eval_expression") => Arc::new(calculator::Calculator),
        ("json_process", "parse") => Arc::new(json_process::Parse),
        ("webscraper", "webscraper") => Arc::new(web_page::WebPage::new(
            platform.fetch.clone(),
            platform.clock.clone(),
        )),
        _ => return None,
    })
}

/// Provider, name and label of each built-in tool.
pub const ALL: [(&str, &str, &str); 4] = [
    ("time", "current_time", "Current Time"),
    ("maths", "eval_expression", "Evaluate Math Expression"),
    ("json_process", "parse", "JSON Parse"),
    ("webscraper", "webscraper", "Web Scraper"),
];
