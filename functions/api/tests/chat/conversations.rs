//! Lists, names and ends of conversations.

use futures::executor::block_on;
use http::StatusCode;
use serde_json::{Value, json};

use super::support::*;

fn names(page: &Value) -> Vec<&str> {
    page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["name"].as_str().unwrap())
        .collect()
}

async fn three() -> (Bench, Vec<String>) {
    let mut config = config();
    config["opening_statement"] = "Welcome.".into();
    let bench = Bench::new(config, []).await;
    let mut ids = Vec::new();
    for name in ["one", "two", "three"] {
        bench
            .handles
            .clock
            .advance(std::time::Duration::from_secs(1));
        let answer = bench.ask(name, None).await;
        ids.push(answer["conversation_id"].as_str().unwrap().to_owned());
    }
    bench
        .handles
        .clock
        .advance(std::time::Duration::from_secs(1));
    bench.ask("again", Some(&ids[0])).await;
    (bench, ids)
}

#[test]
fn lists_in_four_orders() {
    block_on(async {
        let (bench, ids) = three().await;
        for (sort_by, expect) in [
            ("", ["one", "three", "two"]),
            ("&sort_by=-updated_at", ["one", "three", "two"]),
            ("&sort_by=updated_at", ["two", "three", "one"]),
            ("&sort_by=created_at", ["one", "two", "three"]),
            ("&sort_by=-created_at", ["three", "two", "one"]),
        ] {
            let (_, page) = bench
                .get(&format!("/v1/conversations?user=ada{sort_by}"))
                .await;
            assert_eq!(names(&page), expect, "{sort_by}");
            assert_eq!(
                (&page["limit"], &page["has_more"]),
                (&json!(20), &json!(false))
            );
            let (_, first) = bench
                .get(&format!("/v1/conversations?user=ada&limit=2{sort_by}"))
                .await;
            assert_eq!(
                (names(&first), &first["has_more"]),
                (expect[..2].to_vec(), &json!(true)),
                "{sort_by}"
            );
            let last = first["data"][1]["id"].as_str().unwrap();
            let (_, rest) = bench
                .get(&format!(
                    "/v1/conversations?user=ada&limit=2&last_id={last}{sort_by}"
                ))
                .await;
            assert_eq!(
                (names(&rest), &rest["has_more"]),
                (expect[2..].to_vec(), &json!(false)),
                "{sort_by}"
            );
        }
        let (_, page) = bench.get("/v1/conversations?user=ada&limit=1").await;
        let item = filtered(page["data"][0].clone());
        let expect = json!({"id": "<id>", "name": "one", "inputs": {}, "status": "normal", "introduction": "Welcome.",
            "created_at": "<time>", "updated_at": "<time>"});
        assert_eq!(item, expect);
        assert_eq!(page["data"][0]["id"], ids[0].as_str());
        let (_, others) = bench.get("/v1/conversations?user=bob").await;
        assert_eq!(others, json!({"limit": 20, "has_more": false, "data": []}));
        for (query, status, message) in [
            ("limit=0", 400, "limit must be a whole number from 1 to 100"),
            (
                "limit=101",
                400,
                "limit must be a whole number from 1 to 100",
            ),
            ("last_id=abc", 400, "abc is not a valid uuid."),
            (
                &format!("last_id={APP}"),
                404,
                "Last Conversation Not Exists.",
            ),
            (
                "sort_by=name",
                400,
                "sort_by must be one of 'created_at', '-created_at', 'updated_at', '-updated_at'",
            ),
        ] {
            let (got, error) = bench
                .get(&format!("/v1/conversations?user=ada&{query}"))
                .await;
            assert_eq!(
                (got.as_u16(), &error["message"]),
                (status, &json!(message)),
                "{query}"
            );
        }
    });
}

#[test]
fn names_of_their_own() {
    block_on(async {
        let (bench, ids) = three().await;
        // Nothing else happened in the same second.
        bench
            .handles
            .clock
            .advance(std::time::Duration::from_secs(1));
        let path = format!("/v1/conversations/{}/name", ids[1]);
        let (status, item) = bench
            .post(&path, json!({"user": "ada", "name": " Plans "}))
            .await;
        assert_eq!((status, &item["name"]), (StatusCode::OK, &json!("Plans")));
        let (_, page) = bench.get("/v1/conversations?user=ada").await;
        assert_eq!(names(&page), ["Plans", "one", "three"]);
        let (_, item) = bench
            .post(&path, json!({"user": "ada", "auto_generate": true}))
            .await;
        // The model has no words of its own here: it repeats the question.
        assert_eq!(item["name"], "echo: two");
        let (status, error) = bench.post(&path, json!({"user": "ada", "name": " "})).await;
        assert_eq!(
            (status, &error["code"]),
            (StatusCode::BAD_REQUEST, &json!("invalid_param"))
        );
        let (status, error) = bench
            .post(&path, json!({"user": "bob", "name": "Mine"}))
            .await;
        assert_eq!(
            (status, &error["message"]),
            (StatusCode::NOT_FOUND, &json!("Conversation Not Exists."))
        );
        bench
            .handles
            .clock
            .advance(std::time::Duration::from_secs(1));
        let mut body = question("A question", None);
        body["auto_generate_name"] = false.into();
        bench.post("/v1/chat-messages", body).await;
        let (_, page) = bench.get("/v1/conversations?user=ada&limit=1").await;
        assert_eq!(names(&page), ["New conversation"]);
    });
}

#[test]
fn deleting_leaves_nothing() {
    block_on(async {
        let (bench, ids) = three().await;
        let path = format!("/v1/conversations/{}", ids[0]);
        let (status, error) = bench.delete(&path, json!({"user": "bob"})).await;
        assert_eq!(
            (status, &error["message"]),
            (StatusCode::NOT_FOUND, &json!("Conversation Not Exists."))
        );
        let gone = (StatusCode::NO_CONTENT, Value::Null);
        assert_eq!(bench.delete(&path, json!({"user": "ada"})).await, gone);
        let (_, page) = bench.get("/v1/conversations?user=ada").await;
        assert_eq!(names(&page), ["three", "two"]);
        bench.settle().await;
        let (status, _) = bench
            .get(&format!("/v1/messages?user=ada&conversation_id={}", ids[0]))
            .await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        let (status, _) = bench
            .post("/v1/chat-messages", question("still there?", Some(&ids[0])))
            .await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        let (status, _) = bench.delete(&path, json!({"user": "ada"})).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        let scope = bench.ctx.tenant(TENANT);
        let left = scope
            .list(
                &app::keys::conversation(&ids[0]),
                ports::Range::prefix("", 99),
            )
            .await
            .unwrap();
        let keys: Vec<_> = left.iter().map(|record| record.key.as_str()).collect();
        assert_eq!(keys, ["conversation"]);
        assert_eq!(
            bench
                .delete("/v1/conversations/abc", json!({"user": "ada"}))
                .await
                .0,
            StatusCode::NOT_FOUND
        );
    });
}

#[test]
fn the_list_is_made_up_for_by_the_queue() {
    block_on(async {
        let (bench, ids) = three().await;
        let user = app::end_user::EndUser::new(APP, "ada", ports::Timestamp(0));
        let scope = bench.ctx.tenant(TENANT);
        scope.clear(&user.partition()).await.unwrap();
        bench.settle().await;
        let (_, page) = bench.get("/v1/conversations?user=ada").await;
        assert_eq!(page["data"].as_array().unwrap().len(), ids.len());
        let (status, _) = bench.get(&format!("/v1/end-users/{}", user.id)).await;
        assert_eq!(status, StatusCode::OK);
    });
}

#[test]
fn chat_apps_have_no_variables() {
    block_on(async {
        let (bench, ids) = three().await;
        let path = format!("/v1/conversations/{}/variables", ids[0]);
        let (_, page) = bench.get(&format!("{path}?user=ada&limit=7")).await;
        assert_eq!(page, json!({"limit": 7, "has_more": false, "data": []}));
        let (status, error) = bench.get(&format!("{path}?user=bob")).await;
        assert_eq!(
            (status, &error["message"]),
            (StatusCode::NOT_FOUND, &json!("Conversation Not Exists."))
        );
    });
}

#[test]
fn variables_are_listed_and_set() {
    block_on(async {
        let (bench, ids) = three().await;
        let scope = bench.ctx.tenant(TENANT);
        let id = |n: u32| format!("0f8fad5b-d9cb-469f-a165-00000000000{n}");
        for (n, (name, value_type, value)) in [
            ("city", "string", json!("Kiel")),
            ("count", "integer", json!(3)),
            ("tags", "array[string]", json!(["a", "b"])),
        ]
        .into_iter()
        .enumerate()
        {
            let at = 1_767_225_600_000 + n as u64;
            let variable = json!({
                "id": id(n as u32), "name": name, "value_type": value_type, "value": value, "description": "",
                "created_at": at, "updated_at": at,
            });
            let variable = serde_json::from_value(variable).unwrap();
            app::conversation::put_variable(&scope, &ids[0], &variable)
                .await
                .unwrap();
        }
        let path = format!("/v1/conversations/{}/variables", ids[0]);
        let (_, page) = bench.get(&format!("{path}?user=ada&limit=2")).await;
        assert_eq!(
            (&page["limit"], &page["has_more"]),
            (&json!(2), &json!(true))
        );
        let expect = json!({
            "id": id(0), "name": "city", "value_type": "string", "value": "Kiel", "description": "",
            "created_at": 1_767_225_600, "updated_at": 1_767_225_600,
        });
        assert_eq!(page["data"][0], expect);
        let (_, page) = bench
            .get(&format!("{path}?user=ada&last_id={}", id(1)))
            .await;
        assert_eq!(
            (
                page["data"].as_array().unwrap().len(),
                &page["data"][0]["value"]
            ),
            (1, &json!("[\"a\",\"b\"]"))
        );
        let (_, page) = bench
            .get(&format!("{path}?user=ada&variable_name=count"))
            .await;
        assert_eq!(
            (&page["data"][0]["value_type"], &page["data"][0]["value"]),
            (&json!("number"), &json!("3"))
        );
        let put = async |variable: u32, body: serde_json::Value| {
            let path = format!("{path}/{}", id(variable));
            let request = bench.request(http::Method::PUT, &path, Some(body));
            let response = bench.send(request).await;
            let status = response.status().as_u16();
            let body: serde_json::Value =
                serde_json::from_str(&bench.text(response).await).unwrap();
            (status, body)
        };
        let (status, set) = put(0, json!({"value": "Bonn", "user": "ada"})).await;
        assert_eq!((status, &set["value"]), (200, &json!("Bonn")));
        for (variable, body, status, code, message) in [
            (
                0,
                json!({"value": 7, "user": "ada"}),
                400,
                "bad_request",
                "Type mismatch: variable 'city' expects string",
            ),
            (
                0,
                json!({"user": "ada"}),
                400,
                "invalid_param",
                "value is required",
            ),
            (
                9,
                json!({"value": "x", "user": "ada"}),
                404,
                "not_found",
                "Conversation Variable Not Exists.",
            ),
            (
                0,
                json!({"value": "x", "user": "bob"}),
                404,
                "not_found",
                "Conversation Not Exists.",
            ),
        ] {
            let (got, refused) = put(variable, body).await;
            assert_eq!(
                (got, &refused["code"], &refused["message"]),
                (status, &json!(code), &json!(message))
            );
        }
    });
}
