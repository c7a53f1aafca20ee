//! Answers that are read again, from another request, after their first reader left.

use std::{sync::atomic::Ordering, time::Duration};

use axum::body::BodyDataStream;
use futures::{StreamExt, executor::block_on};
use http::{Method, StatusCode};
use model::Delta;
use serde_json::{Value, json};

use super::{
    lifecycle::{Slow, slow},
    support::*,
};

/// The frames of one rejoined stream, as (id, event).
struct Again(BodyDataStream);

impl Slow {
    async fn rejoin(&self, id: &Value, seen: Option<&str>) -> Again {
        let path = format!("/v1/messages/{}/events?user=ada", id.as_str().unwrap());
        let mut request = self.bench.request(Method::GET, &path, None);
        if let Some(seen) = seen {
            let seen = seen.parse().unwrap();
            request.headers_mut().insert("last-event-id", seen);
        }
        let response = self.bench.send(request).await;
        assert_eq!(response.status(), StatusCode::OK);
        Again(response.into_body().into_data_stream())
    }

    /// The next event that is no ping.
    async fn read(&self, again: &mut Again) -> Option<(String, Value)> {
        loop {
            let frame = self.bench.drive(again.0.next()).await?.unwrap();
            let frame = std::str::from_utf8(&frame).unwrap();
            if frame == "event: ping\n\n" {
                continue;
            }
            let (id, data) = frame.split_once('\n').expect(frame);
            let id = id.strip_prefix("id: ").expect(frame).to_owned();
            return Some((id, events(data).remove(0)));
        }
    }

    /// Lets a reader that waits register itself with everybody.
    async fn poke(&self, again: &mut Again) {
        for _ in 0..8 {
            assert!(futures::poll!(again.0.next()).is_pending());
            self.bench.poll_spawned().await;
        }
    }

    fn later(&self, seconds: u64) {
        self.bench
            .handles
            .clock
            .advance(Duration::from_secs(seconds));
    }
}

#[test]
fn a_cut_connection_loses_nothing() {
    block_on(async {
        let slow = slow().await;
        slow.say("Once ");
        let mut stream = slow.open().await;
        let first = slow.next(&mut stream).await.unwrap();
        drop(stream);
        slow.bench.poll_spawned().await;
        // From the beginning, found by the conversation.
        let mut again = slow.rejoin(&first["conversation_id"], None).await;
        let (id, event) = slow.read(&mut again).await.unwrap();
        let whole = |key: &str| event[key] == first[key];
        assert!(whole("message_id") && whole("conversation_id") && whole("task_id"));
        assert_eq!(event["event"], "message");
        assert_eq!(event["answer"], "Once ");
        assert!(id.starts_with("5-"), "{id}");
        slow.poke(&mut again).await;
        slow.say("upon ");
        slow.bench.poll_spawned().await;
        slow.bench.handles.clock.advance(Duration::from_millis(250));
        let (_, event) = slow.read(&mut again).await.unwrap();
        assert_eq!(event["answer"], "upon ");
        // That connection is cut too: a third one goes on after the last id, and hears what is said meanwhile.
        drop(again);
        let mut again = slow.rejoin(&first["message_id"], Some(&id)).await;
        let (_, event) = slow.read(&mut again).await.unwrap();
        assert_eq!(event["answer"], "upon ");
        slow.poke(&mut again).await;
        slow.say("a time.");
        slow.bench.poll_spawned().await;
        slow.bench.handles.clock.advance(Duration::from_millis(250));
        let (id, event) = slow.read(&mut again).await.unwrap();
        assert_eq!(event["answer"], "a time.");
        slow.say.close_channel();
        let (last, end) = slow.read(&mut again).await.unwrap();
        assert_eq!((&end["event"], last), (&json!("message_end"), id.clone()));
        assert!(end["metadata"]["usage"]["total_tokens"].as_u64() > Some(0));
        assert!(slow.read(&mut again).await.is_none());
        // An answer that has ended is given the same way; by a count of characters as well.
        for (seen, expect) in [
            (None, Some("Once upon a time.")),
            (Some("5"), Some("upon a time.")),
            (Some(id.as_str()), None),
            (Some("17"), None),
        ] {
            let mut again = slow.rejoin(&first["message_id"], seen).await;
            if let Some(expect) = expect {
                let (_, event) = slow.read(&mut again).await.unwrap();
                assert_eq!(
                    (&event["event"], &event["answer"]),
                    (&json!("message"), &json!(expect))
                );
            }
            let (_, end) = slow.read(&mut again).await.unwrap();
            assert_eq!(end["event"], "message_end", "{seen:?}");
            assert_eq!(end["metadata"]["usage"]["currency"], "USD");
            assert!(slow.read(&mut again).await.is_none());
        }
        // What the reader has is something else, or more than there is.
        for seen in ["4-00000000", "18"] {
            let mut again = slow.rejoin(&first["message_id"], Some(seen)).await;
            let (_, event) = slow.read(&mut again).await.unwrap();
            assert_eq!(
                (&event["event"], &event["answer"]),
                (&json!("message_replace"), &json!("Once upon a time."))
            );
        }
    });
}

#[test]
fn whoever_rejoined_keeps_the_answer_going_and_may_leave_again() {
    block_on(async {
        let slow = slow().await;
        slow.say("Once ");
        let mut stream = slow.open().await;
        let first = slow.next(&mut stream).await.unwrap();
        drop(stream);
        slow.bench.poll_spawned().await;
        let mut again = slow.rejoin(&first["message_id"], None).await;
        slow.read(&mut again).await.unwrap();
        // Two minutes without a word: far more than the window, and the model is still asked.
        for _ in 0..24 {
            slow.later(5);
            while let std::task::Poll::Ready(frame) = futures::poll!(again.0.next()) {
                assert_eq!(frame.unwrap().unwrap(), "event: ping\n\n");
            }
            slow.poke(&mut again).await;
        }
        assert!(!slow.dropped.load(Ordering::SeqCst));
        drop(again);
        for _ in 0..5 {
            slow.later(5);
            slow.bench.poll_spawned().await;
        }
        assert!(!slow.dropped.load(Ordering::SeqCst), "within the window");
        for _ in 0..4 {
            slow.later(5);
            slow.bench.poll_spawned().await;
        }
        assert!(slow.dropped.load(Ordering::SeqCst), "the model goes on");
    });
}

#[test]
fn the_window_is_what_the_operator_says() {
    block_on(async {
        for (said, stopped_after) in [("0", 0), ("3", 3), ("nonsense", 30), ("601", 30)] {
            let slow = slow().await;
            let secrets = &slow.bench.handles.secrets;
            secrets.set("EDGEWISE_CHAT_GRACE", said);
            slow.say("Once ");
            let mut stream = slow.open().await;
            slow.next(&mut stream).await.unwrap();
            drop(stream);
            slow.bench.poll_spawned().await;
            if stopped_after > 0 {
                slow.later(stopped_after - 1);
                slow.bench.poll_spawned().await;
                assert!(!slow.dropped.load(Ordering::SeqCst), "{said}");
                slow.later(1);
                slow.bench.poll_spawned().await;
            }
            assert!(slow.dropped.load(Ordering::SeqCst), "{said}");
        }
    });
}

#[test]
fn an_answer_that_nobody_generates_any_more_is_said_to_be_cut_off() {
    block_on(async {
        let slow = slow().await;
        slow.say("Once ");
        let mut stream = slow.open().await;
        let first = slow.next(&mut stream).await.unwrap();
        drop(stream);
        slow.bench.poll_spawned().await;
        // As after a crash: the task is gone, the record says that it is running.
        slow.bench.handles.spawn.lose();
        let mut again = slow.rejoin(&first["message_id"], None).await;
        let (_, event) = slow.read(&mut again).await.unwrap();
        assert_eq!(event["answer"], "Once ");
        let mut last = None;
        for _ in 0..20 {
            slow.later(5);
            while let std::task::Poll::Ready(Some(frame)) = futures::poll!(again.0.next()) {
                let frame = frame.unwrap();
                if frame != "event: ping\n\n" {
                    last = Some(String::from_utf8(frame.to_vec()).unwrap());
                }
            }
            if last.is_some() {
                break;
            }
        }
        let last = last.expect("an end");
        assert!(
            last.contains(r#""event":"error""#) && last.contains("cut off"),
            "{last}"
        );
    });
}

#[test]
fn an_error_is_heard_by_whoever_rejoins() {
    block_on(async {
        let slow = slow().await;
        slow.say("Once ");
        let mut stream = slow.open().await;
        let first = slow.next(&mut stream).await.unwrap();
        drop(stream);
        let failed = model::Error::new(model::ErrorKind::Unavailable, "the model is gone");
        slow.say.unbounded_send(Err::<Delta, _>(failed)).unwrap();
        slow.bench.poll_spawned().await;
        let mut again = slow.rejoin(&first["message_id"], Some("5")).await;
        let (_, event) = slow.read(&mut again).await.unwrap();
        assert_eq!(event["event"], "error", "{event}");
        assert!(slow.read(&mut again).await.is_none());
    });
}

#[test]
fn strangers_and_wrong_ids_are_refused() {
    block_on(async {
        let slow = slow().await;
        slow.say("Once ");
        let mut stream = slow.open().await;
        let first = slow.next(&mut stream).await.unwrap();
        let id = first["message_id"].as_str().unwrap();
        for (path, seen, status, code) in [
            (format!("{id}/events?user=bob"), None, 404, "not_found"),
            (format!("{TENANT}/events?user=ada"), None, 404, "not_found"),
            ("x/events?user=ada".to_owned(), None, 404, "not_found"),
            (format!("{id}/events"), None, 400, "invalid_param"),
            (
                format!("{id}/events?user=ada"),
                Some("five"),
                400,
                "invalid_param",
            ),
        ] {
            let path = format!("/v1/messages/{path}");
            let mut request = slow.bench.request(Method::GET, &path, None);
            if let Some(seen) = seen {
                let seen = http::HeaderValue::from_static(seen);
                request.headers_mut().insert("last-event-id", seen);
            }
            let response = slow.bench.send(request).await;
            assert_eq!(response.status(), status, "{path}");
            let error: Value = serde_json::from_str(&slow.bench.text(response).await).unwrap();
            assert_eq!(error["code"], code, "{path}");
        }
    });
}
