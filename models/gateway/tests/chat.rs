//! Chats against cassettes.

// A helper of a test fails its test by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::{sync::atomic::Ordering, time::Duration};

use futures::{StreamExt, executor::block_on};
use support::{Player, hi, info, short};

/// Plays a tape; what came out, and the seconds that passed.
fn play(tape: &str) -> (String, u64) {
    let player = Player::load(tape);
    let llm = player.openai.llm(&player.endpoint(), info());
    let said = block_on(async {
        match llm.stream(hi()).await {
            Ok(deltas) => short(&deltas.collect::<Vec<_>>().await),
            Err(error) => short(&[Err(error)]),
        }
    });
    player.check();
    let bodies = player.dropped.load(Ordering::SeqCst);
    let elapsed = player.elapsed().as_secs();
    drop((llm, player));
    assert!(bodies <= 3);
    (said, elapsed)
}

fn check(tape: &str, expect: &str) {
    assert_eq!(play(tape).0, expect, "{tape}");
}

#[test]
fn answers() {
    check("chat_stream", "Hello there<3+2>.Stop");
    check("chat_crlf_comments_no_done", "Hello there<~5+3>.Stop");
    check("chat_never_closed", "Hello<~5+2>.Stop");
    check("chat_not_streamed", "Hello<3+1>.Stop");
    check(
        "chat_reasoning_and_tools",
        "(hm){look{\"at\":}{1}}<3+9>.ToolCalls",
    );
    check("chat_refuses_stream_options", "Hello<3+1>.Stop");
}

#[test]
fn failures_that_pass() {
    check("chat_429_then_500_then_ok", "Hello<3+1>.Stop");
    check("chat_cut_before_the_first_delta", "Hello<3+1>.Stop");
}

#[test]
fn failures_for_good() {
    check(
        "chat_500_three_times",
        "[Unavailable: test/m: the service answered 500: boom]",
    );
    check(
        "chat_should_not_retry",
        "[Unavailable: test/m: the service answered 502: tried thrice]",
    );
    check(
        "chat_html",
        "[Unavailable: test/m: the service answered a web page; is the base URL right?]",
    );
    check(
        "chat_401",
        "[Authentication: test/m: the key was refused: bad key ***]",
    );
    check(
        "chat_quota",
        "[Quota: test/m: the account has no credit left: pay]",
    );
    // Something was passed on: no further attempt.
    check(
        "chat_cut_in_the_middle",
        "Hello[Unavailable: test/m: could not be reached]",
    );
    check(
        "chat_ends_without_an_end",
        "Hello[Unavailable: test/m: the answer broke off]",
    );
    check(
        "chat_error_in_the_stream",
        "Hello[RateLimit: test/m: too many requests: slow down]",
    );
}

#[test]
fn services_that_hang() {
    let (said, seconds) = play("chat_silent");
    assert_eq!(said, "[Timeout: test/m: no answer in time]");
    assert!(
        (180..184).contains(&seconds),
        "three times 60 s and two pauses: {seconds}"
    );
    let (said, seconds) = play("chat_hangs_in_the_middle");
    assert_eq!(said, "Hello[Timeout: test/m: silent for 60 s]");
    assert_eq!(seconds, 60);
}

#[test]
fn a_pause_that_the_service_asks_for_is_kept() {
    let (said, seconds) = play("chat_retry_after");
    assert_eq!(said, "Hello<3+1>.Stop");
    assert_eq!(seconds, 7);
    // One that nobody would wait for is reported instead.
    let player = Player::load("chat_retry_after_long");
    let llm = player.openai.llm(&player.endpoint(), info());
    let error = block_on(llm.stream(hi())).err().unwrap();
    assert_eq!(error.kind(), model::ErrorKind::RateLimit);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
    assert_eq!(player.elapsed(), Duration::ZERO);
    player.check();
}

#[test]
fn dropping_the_stream_aborts_the_exchange() {
    let player = Player::load("chat_hangs_in_the_middle");
    let llm = player.openai.llm(&player.endpoint(), info());
    let mut deltas = block_on(llm.stream(hi())).unwrap();
    assert_eq!(short(&[block_on(deltas.next()).unwrap()]), "Hello");
    assert_eq!(player.dropped.load(Ordering::SeqCst), 0);
    drop(deltas);
    assert_eq!(player.dropped.load(Ordering::SeqCst), 1);
}
