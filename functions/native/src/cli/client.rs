//! The HTTP client of the console API, and where the server and its admin token are found.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use bytes::Bytes;
use edgewise::server_file::ServerFile;
use futures::{Stream, StreamExt};
use reqwest::{Method, RequestBuilder, Response, multipart};
use serde_json::Value;

use super::Target;

/// A connection to one server.
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Client {
    /// The server that the options name. Its admin token acts as the owner, whom the server makes where there is none.
    pub fn locate(target: &Target) -> Result<Self> {
        let server = match &target.server {
            Some(url) => ServerFile {
                url: url.clone(),
                token: std::env::var("EDGEWISE_TOKEN")
                    .context("--server needs its admin token in EDGEWISE_TOKEN")?,
            },
            None => ServerFile::read(&target.data)?,
        };
        Ok(Self {
            http: reqwest::Client::builder().build()?,
            base: server.url.trim_end_matches('/').to_owned(),
            token: server.token,
        })
    }

    /// The same server, with another key.
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            http: self.http.clone(),
            base: self.base.clone(),
            token: token.to_owned(),
        }
    }

    /// Where the server is.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Result<Value> {
        self.json(self.request(Method::GET, path)).await
    }

    /// Reads with a query, whose values are escaped.
    pub async fn query(&self, path: &str, query: &[(&str, &str)]) -> Result<Value> {
        self.json(self.request(Method::GET, path).query(query))
            .await
    }

    /// Does.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.json(self.request(Method::POST, path).json(body)).await
    }

    /// Deletes.
    pub async fn delete(&self, path: &str) -> Result<()> {
        self.json(self.request(Method::DELETE, path))
            .await
            .map(drop)
    }

    /// Sends a file, with `data` as a JSON string beside it.
    pub async fn upload(&self, path: &str, file: &Path, data: &Value) -> Result<Value> {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let bytes = tokio::fs::read(file)
            .await
            .with_context(|| format!("cannot read {}", file.display()))?;
        let part = multipart::Part::bytes(bytes)
            .file_name(name.into_owned())
            .mime_str(media_type(file))?;
        let form = multipart::Form::new()
            .text("data", data.to_string())
            .part("file", part);
        self.json(self.request(Method::POST, path).multipart(form))
            .await
    }

    /// The JSON events of a streamed answer.
    pub async fn events(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<impl Stream<Item = Result<Value>> + Unpin> {
        let answer = self
            .send(self.request(Method::POST, path).json(body))
            .await?;
        let mut buffer = Vec::new();
        let events = answer.bytes_stream().map(move |chunk| {
            buffer.extend_from_slice(&chunk?);
            events(&mut buffer)
        });
        Ok(Box::pin(events.flat_map(|events| {
            futures::stream::iter(match events {
                Ok(events) => events.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            })
        })))
    }

    /// A body as it comes.
    pub async fn download(
        &self,
        path: &str,
    ) -> Result<impl Stream<Item = reqwest::Result<Bytes>> + Unpin + use<>> {
        let answer = self.send(self.request(Method::GET, path)).await?;
        Ok(Box::pin(answer.bytes_stream()))
    }

    /// Sends a body piece by piece.
    pub async fn upload_stream(
        &self,
        path: &str,
        pieces: impl Stream<Item = std::io::Result<Vec<u8>>> + Send + 'static,
    ) -> Result<Value> {
        let body = reqwest::Body::wrap_stream(pieces);
        self.json(self.request(Method::POST, path).body(body)).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.base);
        self.http.request(method, url).bearer_auth(&self.token)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response> {
        let answer = request
            .send()
            .await
            .with_context(|| format!("{} does not answer", self.base))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let text = answer.text().await.unwrap_or_default();
        let body: Value = serde_json::from_str(&text).unwrap_or_default();
        // An import that fails says so in `error`.
        let message = body
            .get("message")
            .or(body.get("error"))
            .and_then(Value::as_str);
        match message {
            Some(message) => bail!("{message} ({status})"),
            None => Err(anyhow!("{} answered {status}: {text}", self.base)),
        }
    }

    async fn json(&self, request: RequestBuilder) -> Result<Value> {
        let bytes = self.send(request).await?.bytes().await?;
        if bytes.is_empty() {
            // 204 and the like.
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes)
            .with_context(|| format!("{} did not answer in JSON", self.base))
    }
}

/// Takes the complete events out of the buffer. Lines without data, such as pings, say nothing.
fn events(buffer: &mut Vec<u8>) -> Result<Vec<Value>> {
    let mut events = Vec::new();
    while let Some(end) = buffer.windows(2).position(|pair| pair == b"\n\n") {
        let event: Vec<u8> = buffer.drain(..end + 2).collect();
        for line in String::from_utf8_lossy(&event).lines() {
            if let Some(data) = line.strip_prefix("data:") {
                events.push(serde_json::from_str(data.trim())?);
            }
        }
    }
    Ok(events)
}

/// By the file's name. The server looks at the content and trusts neither.
fn media_type(file: &Path) -> &'static str {
    let extension = file.extension().unwrap_or_default().to_string_lossy();
    match extension.to_lowercase().as_str() {
        "md" | "markdown" | "mdx" => "text/markdown",
        "htm" | "html" => "text/html",
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_are_read_across_chunks() {
        let mut buffer = Vec::new();
        let mut read = Vec::new();
        for chunk in [
            "data: {\"a\"",
            ":1}\n\nevent: ping\n\nda",
            "ta: {\"a\":2}\n",
            "\n",
        ] {
            buffer.extend_from_slice(chunk.as_bytes());
            read.extend(events(&mut buffer).unwrap());
        }
        assert_eq!(read, [json!({"a": 1}), json!({"a": 2})]);
        assert!(buffer.is_empty());
    }
}
