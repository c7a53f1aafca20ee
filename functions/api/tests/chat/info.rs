//! What an app says about itself.

use futures::executor::block_on;
use http::StatusCode;
use serde_json::json;

use super::support::*;

#[test]
fn info_meta_and_site() {
    block_on(async {
        let bench = Bench::new(config(), []).await;
        let expect = json!({"name": "Helper", "description": "Helps", "tags": [], "mode": "chat", "author_name": "Ada"});
        assert_eq!(bench.get("/v1/info").await, (StatusCode::OK, expect));
        assert_eq!(bench.get("/v1/meta").await.1, json!({"tool_icons": {}}));
        let (_, site) = bench.get("/v1/site").await;
        assert_eq!(
            (&site["title"], &site["icon"], &site["icon_url"]),
            (&json!("Helper"), &json!("🤖"), &json!(null))
        );
        assert_eq!(
            (&site["default_language"], &site["show_workflow_steps"]),
            (&json!("en-US"), &json!(true))
        );
    });
}

#[test]
fn parameters() {
    block_on(async {
        let image = json!({
            "enabled": false, "number_limits": 3, "detail": "high", "transfer_methods": ["remote_url", "local_file"]
        });
        let limits = json!({
            "image_file_size_limit": 10, "video_file_size_limit": 100, "audio_file_size_limit": 50,
            "file_size_limit": 15, "workflow_file_upload_limit": 10
        });
        let off = json!({"enabled": false});
        let expect = json!({
            "opening_statement": null, "suggested_questions": [], "suggested_questions_after_answer": off,
            "speech_to_text": off, "text_to_speech": off, "retriever_resource": {"enabled": true},
            "annotation_reply": off, "more_like_this": off, "user_input_form": [], "sensitive_word_avoidance": off,
            "file_upload": {"image": image}, "system_parameters": limits
        });
        assert_eq!(
            Bench::new(config(), []).await.get("/v1/parameters").await.1,
            expect
        );

        let mut full = config();
        let field = json!({"select": {"variable": "x", "label": "X", "required": true, "options": ["a"], "odd": 1}});
        full["user_input_form"] = json!([field]);
        full["opening_statement"] = "Hello".into();
        full["suggested_questions"] = json!(["Why?"]);
        full["text_to_speech"] =
            json!({"enabled": true, "voice": "v", "language": "en", "autoPlay": "enabled"});
        full["retriever_resource"] = json!({"enabled": false});
        let (_, parameters) = Bench::new(full.clone(), [])
            .await
            .get("/v1/parameters")
            .await;
        for key in [
            "opening_statement",
            "suggested_questions",
            "text_to_speech",
            "retriever_resource",
            "user_input_form",
        ] {
            assert_eq!(parameters[key], full[key], "{key}");
        }

        let mut flow = app(app::apps::Mode::AdvancedChat, config());
        let (status, error) = Bench::with_app(flow.clone(), [])
            .await
            .get("/v1/parameters")
            .await;
        assert_eq!(
            (status, &error["code"]),
            (StatusCode::BAD_REQUEST, &json!("app_unavailable"))
        );
        let variable = json!({"type": "text-input", "variable": "city", "max_length": 48});
        let start = json!({"data": {"type": "start", "variables": [variable]}});
        flow.workflow =
            Some(json!({"graph": {"nodes": [start]}, "features": {"opening_statement": "Hi"}}));
        let (_, parameters) = Bench::with_app(flow, []).await.get("/v1/parameters").await;
        assert_eq!(
            parameters["user_input_form"],
            json!([{"text-input": variable}])
        );
        assert_eq!(parameters["opening_statement"], "Hi");
    });
}

#[test]
fn end_users() {
    block_on(async {
        let bench = Bench::new(config(), []).await;
        let id = app::end_user::EndUser::new(APP, "ada", ports::Timestamp(0)).id;
        let path = format!("/v1/end-users/{id}");
        let (status, error) = bench.get(&path).await;
        assert_eq!(
            (status, &error["code"]),
            (StatusCode::NOT_FOUND, &json!("end_user_not_found"))
        );
        bench.ask("Hello?", None).await;
        let (status, user) = bench.get(&path).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(
            (&user["id"], &user["session_id"], &user["app_id"]),
            (&json!(id), &json!("ada"), &json!(APP))
        );
        assert_eq!(
            (&user["type"], &user["is_anonymous"]),
            (&json!("service-api"), &json!(false))
        );
        assert!(user["created_at"].as_str().unwrap().ends_with('Z'));
        assert_eq!(
            bench.get("/v1/end-users/abc").await.0,
            StatusCode::NOT_FOUND
        );
    });
}
