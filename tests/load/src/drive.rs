//! A closed loop of connections against one route: each sends its next request when the last is answered.

use std::{cell::RefCell, rc::Rc, time::Duration};

use anyhow::{Context, Result, ensure};
use hdrhistogram::Histogram;
use memchr::memmem;
use tokio::{
    net::TcpStream,
    task::LocalSet,
    time::{Instant, timeout},
};

use crate::exchange::{Answer, exchange};

/// What is asked, and what counts.
#[derive(Clone, Debug)]
pub struct Case {
    /// `http://127.0.0.1:PORT/path`.
    pub url: String,
    /// The bearer token; empty sends none.
    pub key: String,
    /// The body. `{{n}}` becomes the number of the request, `{{who}}` that of the first request of its conversation,
    /// `{{carry}}` what `carry` found in the answer before.
    pub body: String,
    /// An answer without this text is not counted.
    pub expect: String,
    /// The text before the value of an answer that the next request of the connection takes along.
    pub carry: Option<String>,
    /// After so many requests the connection begins anew with nothing carried.
    pub turns: usize,
    /// The text in a stream that the first piece of the answer comes with.
    pub first: String,
}

/// When it ends.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// After a warm-up, so long.
    Time {
        /// Not measured.
        warm_up: Duration,
        /// Measured.
        measured: Duration,
    },
    /// After so many answers.
    Answers(u64),
}

/// What was measured. Times in milliseconds.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Good answers.
    pub good: u64,
    /// All that was sent, in the warm-up too.
    pub sent: u64,
    /// Good answers per second.
    pub per_second: f64,
    /// Median time of an answer.
    pub p50: f64,
    /// All but one in a hundred were faster.
    pub p99: f64,
    /// Median time to the first piece of an answer, of streams.
    pub first_p50: f64,
    /// All but one in a hundred first pieces came sooner.
    pub first_p99: f64,
    /// Answers that were not good, and the first of them.
    pub bad: u64,
    /// What the first bad answer said.
    pub first_bad: String,
}

struct State {
    sent: u64,
    from: Instant,
    until: Option<Instant>,
    most: u64,
    good: u64,
    bad: u64,
    first_bad: String,
    whole: Histogram<u64>,
    first: Histogram<u64>,
}

impl State {
    fn is_over(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() >= until) || self.sent >= self.most
    }
}

/// Drives `connections` at once on the calling thread.
///
/// Fails when there was no good answer at all.
pub async fn drive(case: &Case, connections: usize, until: Until) -> Result<Measured> {
    let start = Instant::now();
    let (from, end, most) = match until {
        Until::Time { warm_up, measured } => {
            (start + warm_up, Some(start + warm_up + measured), u64::MAX)
        }
        Until::Answers(most) => (start, None, most),
    };
    let histogram = || Histogram::new_with_bounds(1, 600_000_000, 3);
    let state = Rc::new(RefCell::new(State {
        sent: 0,
        from,
        until: end,
        most,
        good: 0,
        bad: 0,
        first_bad: String::new(),
        whole: histogram()?,
        first: histogram()?,
    }));
    let tasks = LocalSet::new();
    for _ in 0..connections {
        tasks.spawn_local(connection(case.clone(), state.clone()));
    }
    tasks.await;
    let state = state.borrow();
    ensure!(
        state.good > 0,
        "{}: no good answer of {}: {}",
        case.url,
        state.bad,
        state.first_bad
    );
    let ms = |histogram: &Histogram<u64>, q: f64| histogram.value_at_quantile(q) as f64 / 1_000.0;
    Ok(Measured {
        good: state.good,
        sent: state.sent,
        per_second: state.good as f64 / from.elapsed().as_secs_f64(),
        p50: ms(&state.whole, 0.5),
        p99: ms(&state.whole, 0.99),
        first_p50: ms(&state.first, 0.5),
        first_p99: ms(&state.first, 0.99),
        bad: state.bad,
        first_bad: state.first_bad.clone(),
    })
}

async fn connection(case: Case, state: Rc<RefCell<State>>) {
    let (mut stream, mut carried, mut turn, mut who) = (None, String::new(), 0, 0);
    loop {
        let number = {
            let mut state = state.borrow_mut();
            if state.is_over() {
                return;
            }
            state.sent += 1;
            state.sent
        };
        if turn == case.turns || carried.is_empty() {
            (carried, turn, who) = (String::new(), 0, number);
        }
        turn += 1;
        let body = case
            .body
            .replace("{{n}}", &number.to_string())
            .replace("{{who}}", &who.to_string())
            .replace("{{carry}}", &carried);
        let start = Instant::now();
        let asked = timeout(Duration::from_secs(60), ask(&case, &mut stream, &body)).await;
        let answer = match asked {
            Ok(answer) => answer,
            Err(_) => Err(anyhow::anyhow!("no answer within a minute")),
        };
        let end = Instant::now();
        let mut state = state.borrow_mut();
        match answer {
            Ok(answer) if is_good(&case, &answer) => {
                if let Some(before) = &case.carry {
                    carried = value_after(&answer.body, before).unwrap_or_default();
                }
                if start >= state.from {
                    state.good += 1;
                    let micros = |until: Instant| (until - start).as_micros() as u64;
                    state.whole.saturating_record(micros(end));
                    if let Some(first) = answer.first_text {
                        state.first.saturating_record(micros(first));
                    }
                }
            }
            answer => {
                stream = None;
                state.bad += 1;
                if state.first_bad.is_empty() {
                    state.first_bad = match answer {
                        Ok(answer) => {
                            let text = String::from_utf8_lossy(&answer.body).into_owned();
                            format!("{} {}", answer.status, text.get(..300).unwrap_or(&text))
                        }
                        Err(error) => error.to_string(),
                    };
                }
            }
        }
    }
}

fn is_good(case: &Case, answer: &Answer) -> bool {
    (200..300).contains(&answer.status)
        && memmem::find(&answer.body, case.expect.as_bytes()).is_some()
}

async fn ask(case: &Case, kept: &mut Option<TcpStream>, body: &str) -> Result<Answer> {
    let rest = case
        .url
        .strip_prefix("http://")
        .context("a URL with http://")?;
    let (addr, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = match kept.take() {
        Some(stream) => stream,
        None => {
            let stream = TcpStream::connect(addr).await?;
            stream.set_nodelay(true)?;
            stream
        }
    };
    let authorization = match case.key.is_empty() {
        true => String::new(),
        false => format!("authorization: Bearer {}\r\n", case.key),
    };
    let request = format!(
        "POST /{path} HTTP/1.1\r\nhost: {addr}\r\ncontent-type: application/json\r\n{authorization}content-length: {}\
         \r\n\r\n{body}",
        body.len()
    );
    let answer = exchange(&mut stream, request.as_bytes(), case.first.as_bytes()).await?;
    if !answer.closes {
        *kept = Some(stream);
    }
    Ok(answer)
}

/// The text from behind `before` to the next quotation mark.
fn value_after(body: &[u8], before: &str) -> Option<String> {
    let from = memmem::find(body, before.as_bytes())? + before.len();
    let rest = body.get(from..)?;
    let until = memchr::memchr(b'"', rest)?;
    Some(String::from_utf8_lossy(rest.get(..until)?).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carries_a_value() {
        let body = br#"{"a":1,"conversation_id":"c-7","x":"y"}"#;
        let carried = value_after(body, r#""conversation_id":""#);
        assert_eq!(carried.as_deref(), Some("c-7"));
        assert_eq!(value_after(b"{}", "\"id\":\""), None);
    }

    #[tokio::test]
    async fn counts_what_is_good() {
        let case = Case {
            url: format!("{}/chat/completions", crate::mock::start().unwrap()),
            key: String::new(),
            body: r#"{"n":{{n}}}"#.to_owned(),
            expect: crate::mock::WORD.to_owned(),
            carry: None,
            turns: usize::MAX,
            first: "content".to_owned(),
        };
        let measured = drive(&case, 3, Until::Answers(30)).await.unwrap();
        assert_eq!((measured.good, measured.bad), (30, 0));
        assert!(measured.p50 <= measured.p99);
        let never = Case {
            expect: "no such word".to_owned(),
            ..case
        };
        assert!(drive(&never, 1, Until::Answers(2)).await.is_err());
    }
}
