//! The page of an app, from the console's switch to a visitor's conversations.

use futures::executor::block_on;
use http::Method;
use model::fake::Reply;
use serde_json::{Value, json};

use super::support::{Answer, Bench};

/// An app with a page, and its code.
pub async fn page(bench: &Bench, mode: &str) -> (String, String) {
    let app = bench
        .post("/apps", json!({ "name": "House", "mode": mode }))
        .await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&app["id"]), text(&app["site"]["code"]))
}

/// Somebody on a page.
pub struct Visitor<'a> {
    bench: &'a Bench,
    code: String,
    passport: String,
}

impl<'a> Visitor<'a> {
    pub async fn new(bench: &'a Bench, code: &str) -> Self {
        let headers = [("x-app-code", code)];
        let answer = bench
            .send(Method::GET, "/api/passport", &headers, None)
            .await;
        Self {
            bench,
            code: code.to_owned(),
            passport: answer.json()["access_token"].as_str().unwrap().to_owned(),
        }
    }

    pub async fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        let headers = [
            ("x-app-code", self.code.as_str()),
            ("x-app-passport", self.passport.as_str()),
        ];
        let body = (!body.is_null()).then_some(&body);
        let path = format!("/api{path}");
        let method: Method = method.parse().unwrap();
        self.bench.send(method, &path, &headers, body).await
    }

    pub async fn ask(&self, query: &str, conversation: Option<&str>) -> Value {
        let body = json!({
            "query": query, "inputs": {}, "conversation_id": conversation, "response_mode": "blocking",
        });
        let answer = self.call("POST", "/chat-messages", body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }
}

fn said(text: &str) -> Reply {
    Reply::Text(text.to_owned())
}

#[test]
fn a_visitor_has_conversations_of_its_own() {
    let bench = Bench::new([said("one"), said("two"), said("three")]);
    block_on(async {
        let (_, code) = page(&bench, "chat").await;
        let (eve, bob) = (
            Visitor::new(&bench, &code).await,
            Visitor::new(&bench, &code).await,
        );
        let site = eve.call("GET", "/site", Value::Null).await.json();
        assert_eq!(
            (&site["site"]["title"], &site["mode"]),
            (&json!("House"), &json!("chat"))
        );
        assert_eq!(
            eve.call("GET", "/parameters", Value::Null).await.status,
            200
        );
        let first = eve.ask("Hello?", None).await;
        let id = first["conversation_id"].as_str().unwrap();
        assert_eq!(first["answer"], "one");
        let second = eve.ask("Again?", None).await;
        let other = second["conversation_id"].as_str().unwrap();
        bench.settle().await;

        let list = async |who: &Visitor, query: &str| {
            let path = format!("/conversations{query}");
            let rows = who.call("GET", &path, Value::Null).await.json()["data"].clone();
            let rows = rows.as_array().unwrap().clone();
            rows.iter()
                .map(|row| (row["id"].clone(), row["pinned"].clone()))
                .collect::<Vec<_>>()
        };
        assert_eq!(list(&eve, "").await.len(), 2);
        assert_eq!(list(&bob, "").await, []);
        let pin = format!("/conversations/{id}/pin");
        assert_eq!(bob.call("PATCH", &pin, Value::Null).await.status, 404);
        assert_eq!(eve.call("PATCH", &pin, Value::Null).await.status, 200);
        assert_eq!(list(&eve, "?pinned=true").await, [(json!(id), json!(true))]);
        assert_eq!(
            list(&eve, "?pinned=false").await,
            [(json!(other), json!(false))]
        );
        let unpin = format!("/conversations/{id}/unpin");
        assert_eq!(eve.call("PATCH", &unpin, Value::Null).await.status, 200);
        assert_eq!(list(&eve, "?pinned=true").await, []);

        let rename = format!("/conversations/{id}/name");
        let renamed = eve.call("POST", &rename, json!({ "name": "Mine" })).await;
        assert_eq!(renamed.json()["name"], "Mine");
        let messages = format!("/messages?conversation_id={id}");
        let page = eve.call("GET", &messages, Value::Null).await.json();
        assert_eq!(page["data"][0]["answer"], "one");
        assert_eq!(bob.call("GET", &messages, Value::Null).await.status, 404);
        let rate = format!(
            "/messages/{}/feedbacks",
            page["data"][0]["id"].as_str().unwrap()
        );
        let like = json!({ "rating": "like" });
        assert_eq!(bob.call("POST", &rate, like.clone()).await.status, 404);
        assert_eq!(eve.call("POST", &rate, like).await.status, 200);
        let stream = json!({ "query": "More", "inputs": {}, "response_mode": "streaming", "conversation_id": id });
        let streamed = eve.call("POST", "/chat-messages", stream).await;
        assert!(
            streamed.text.contains("\"answer\":\"three\"") && streamed.text.contains("message_end")
        );
        let remove = format!("/conversations/{id}");
        assert_eq!(bob.call("DELETE", &remove, Value::Null).await.status, 404);
        assert_eq!(eve.call("DELETE", &remove, Value::Null).await.status, 204);
        assert_eq!(list(&eve, "").await.len(), 1);
    });
}

#[test]
fn texts_are_saved() {
    let bench = Bench::new([said("a text")]);
    block_on(async {
        let (_, code) = page(&bench, "completion").await;
        let eve = Visitor::new(&bench, &code).await;
        let body = json!({ "inputs": { "query": "Write" }, "response_mode": "blocking" });
        assert_eq!(
            eve.call("POST", "/chat-messages", body.clone())
                .await
                .json()["code"],
            "not_chat_app"
        );
        let made = eve.call("POST", "/completion-messages", body).await.json();
        assert_eq!(made["answer"], "a text");
        bench.settle().await;
        let keep = json!({ "message_id": made["message_id"] });
        for _ in 0..2 {
            assert_eq!(
                eve.call("POST", "/saved-messages", keep.clone())
                    .await
                    .status,
                200
            );
        }
        let saved = eve.call("GET", "/saved-messages", Value::Null).await.json();
        assert_eq!(saved["data"].as_array().unwrap().len(), 1);
        assert_eq!(saved["data"][0]["answer"], "a text");
        let path = format!("/saved-messages/{}", made["message_id"].as_str().unwrap());
        assert_eq!(eve.call("DELETE", &path, Value::Null).await.status, 204);
        assert_eq!(eve.call("DELETE", &path, Value::Null).await.status, 404);
    });
}

#[test]
fn a_page_opens_for_nobody_without_its_passport() {
    let bench = Bench::new([]);
    block_on(async {
        let (id, code) = page(&bench, "chat").await;
        let (_, other) = page(&bench, "chat").await;
        let eve = Visitor::new(&bench, &code).await;
        let status = async |headers: &[(&str, &str)]| {
            let answer = bench.send(Method::GET, "/api/site", headers, None).await;
            answer.status.as_u16()
        };
        let bearer = format!("Bearer {}", eve.passport);
        assert_eq!(status(&[("authorization", &bearer)]).await, 200);
        assert_eq!(status(&[("x-app-code", &code)]).await, 401);
        let elsewhere = [
            ("x-app-code", other.as_str()),
            ("x-app-passport", &eve.passport),
        ];
        assert_eq!(status(&elsewhere).await, 401);
        let passport = async |code: &str| {
            let headers = [("x-app-code", code)];
            bench
                .send(Method::GET, "/api/passport", &headers, None)
                .await
                .status
                .as_u16()
        };
        assert_eq!(passport("nonsense").await, 404);
        let path = format!("/apps/{id}/site-enable");
        bench.post(&path, json!({ "enable_site": false })).await;
        assert_eq!(passport(&code).await, 403);
        assert_eq!(eve.call("GET", "/site", Value::Null).await.status, 403);
        bench.post(&path, json!({ "enable_site": true })).await;
        assert_eq!(eve.call("GET", "/site", Value::Null).await.status, 200);
        let reset = format!("/apps/{id}/site/access-token-reset");
        let site = bench.post(&reset, json!({})).await;
        assert_eq!(eve.call("GET", "/site", Value::Null).await.status, 401);
        assert_eq!(passport(site["code"].as_str().unwrap()).await, 200);
        let wrong = json!({ "privacy_policy": "javascript:alert(1)" });
        let refused = bench
            .admin("POST", &format!("/apps/{id}/site"), wrong)
            .await;
        assert_eq!(refused.json()["params"], "privacy_policy");
    });
}
