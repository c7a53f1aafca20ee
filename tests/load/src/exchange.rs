//! One HTTP/1.1 exchange over a kept connection, with as little work as can be: the client shares a core with the model.

use std::io::{Error, Result};

use memchr::memmem;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::Instant,
};

/// What came back.
#[derive(Default)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The whole body.
    pub body: Vec<u8>,
    /// When the first piece of an answer's text was there.
    pub first_text: Option<Instant>,
    /// Whether the server closes the connection after it.
    pub closes: bool,
}

struct Head {
    length: Option<usize>,
    chunked: bool,
}

/// Sends a whole request and reads the whole answer. `first` marks the first event that carries text.
///
/// Fails when the connection ends too early or what comes is not HTTP/1.1.
pub async fn exchange(stream: &mut TcpStream, request: &[u8], first: &[u8]) -> Result<Answer> {
    stream.write_all(request).await?;
    let mut raw = Vec::with_capacity(16 * 1024);
    let mut answer = Answer::default();
    let head = loop {
        if stream.read_buf(&mut raw).await? == 0 {
            return Err(Error::other("closed before the head"));
        }
        if let Some(head) = take_head(&mut raw, &mut answer)? {
            break head;
        }
    };
    loop {
        let seen = answer.body.len();
        let done = if head.chunked {
            take_chunks(&mut raw, &mut answer.body)?
        } else {
            answer.body.append(&mut raw);
            head.length
                .is_some_and(|length| answer.body.len() >= length)
        };
        if answer.first_text.is_none() {
            let from = seen.saturating_sub(first.len());
            let fresh = answer.body.get(from..).unwrap_or_default();
            if memmem::find(fresh, first).is_some() {
                answer.first_text = Some(Instant::now());
            }
        }
        if done {
            return Ok(answer);
        }
        if stream.read_buf(&mut raw).await? == 0 {
            if head.chunked || head.length.is_some() {
                return Err(Error::other("closed inside the body"));
            }
            answer.closes = true;
            return Ok(answer);
        }
    }
}

fn take_head(raw: &mut Vec<u8>, answer: &mut Answer) -> Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    let end = match response.parse(raw).map_err(Error::other)? {
        httparse::Status::Complete(end) => end,
        httparse::Status::Partial => return Ok(None),
    };
    answer.status = response.code.unwrap_or(0);
    let find = |name: &str| {
        let header = response
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name));
        header.map(|header| String::from_utf8_lossy(header.value).to_ascii_lowercase())
    };
    answer.closes = find("connection").is_some_and(|value| value == "close");
    let head = Head {
        length: find("content-length").and_then(|value| value.parse().ok()),
        chunked: find("transfer-encoding").is_some_and(|value| value.contains("chunked")),
    };
    raw.drain(..end);
    Ok(Some(head))
}

/// Takes whole chunks out of `raw`; true once the closing chunk was seen.
fn take_chunks(raw: &mut Vec<u8>, body: &mut Vec<u8>) -> Result<bool> {
    let mut at = 0;
    let done = loop {
        let rest = raw.get(at..).unwrap_or_default();
        let parsed = httparse::parse_chunk_size(rest).map_err(|_| Error::other("bad chunk"))?;
        let httparse::Status::Complete((skip, size)) = parsed else {
            break false;
        };
        let size = usize::try_from(size).map_err(Error::other)?;
        let (from, until) = (at + skip, at + skip + size);
        if raw.len() < until + 2 {
            break false;
        }
        if size == 0 {
            break true;
        }
        body.extend_from_slice(raw.get(from..until).unwrap_or_default());
        at = until + 2;
    };
    raw.drain(..at);
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_come_in_pieces() {
        let (mut raw, mut body) = (Vec::new(), Vec::new());
        let mut done = false;
        for piece in ["5\r\nhel", "lo\r\n4", "\r\n you\r\n", "0\r\n", "\r\n"] {
            assert!(!done);
            raw.extend_from_slice(piece.as_bytes());
            done = take_chunks(&mut raw, &mut body).unwrap();
        }
        assert!(done);
        assert_eq!(body, b"hello you");
    }
}
