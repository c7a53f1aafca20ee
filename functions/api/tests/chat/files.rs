//! Uploads, previews, and pictures in questions.

use axum::body::Body;
use futures::{StreamExt, executor::block_on, stream};
use http::{Method, StatusCode};
use model::{Models, Part, fake::ScriptedLlm};
use serde_json::{Value, json};
use std::{convert::Infallible, sync::Arc};

use super::support::*;

const BOUNDARY: &str = "----boundary";

fn part(head: &str, content: &str) -> String {
    format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n")
}

fn file(name: &str, mime_type: &str, content: &str) -> String {
    part(
        &format!("name=\"file\"; filename=\"{name}\"\r\nContent-Type: {mime_type}"),
        content,
    )
}

async fn send(bench: &Bench, body: Body) -> (StatusCode, Value) {
    let mut request = bench.request(Method::POST, "/v1/files/upload", None);
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    request
        .headers_mut()
        .insert("content-type", kind.parse().unwrap());
    *request.body_mut() = body;
    let response = bench.send(request).await;
    let status = response.status();
    (
        status,
        serde_json::from_str(&bench.text(response).await).unwrap(),
    )
}

async fn upload(bench: &Bench, parts: &[String]) -> (StatusCode, Value) {
    send(
        bench,
        Body::from(format!("{}--{BOUNDARY}--\r\n", parts.concat())),
    )
    .await
}

#[test]
fn an_upload() {
    block_on(async {
        let bench = Bench::new(config(), []).await;
        let user = part("name=\"user\"", "ada");
        let (status, mut body) =
            upload(&bench, &[file("Ünï.TXT", "text/plain", "hello"), user]).await;
        assert_eq!(status, StatusCode::CREATED);
        assert_eq!(body["preview_url"], body["source_url"]);
        for link in ["preview_url", "source_url"] {
            assert!(body[link].take().is_string(), "{link}");
        }
        let created_by = app::end_user::EndUser::new(APP, "ada", ports::Timestamp(0)).id;
        let expect = json!({
            "id": "<id>", "reference": null, "name": "Ünï.TXT", "size": 5, "extension": "txt",
            "mime_type": "text/plain", "created_by": created_by, "created_at": "<time>", "preview_url": null,
            "source_url": null, "original_url": null, "user_id": null, "tenant_id": TENANT, "conversation_id": null,
            "file_key": null
        });
        assert_eq!(filtered(body), expect);
        let (status, body) = upload(&bench, &[file("empty.txt", "text/plain", "")]).await;
        assert_eq!((status, &body["size"]), (StatusCode::CREATED, &json!(0)));
    });
}

#[test]
fn bad_uploads() {
    block_on(async {
        let bench = Bench::new(config(), []).await;
        let text = || file("a.txt", "text/plain", "hello");
        let no_type = part("name=\"file\"; filename=\"a.txt\"", "x");
        for (parts, status, code) in [
            (vec![part("name=\"user\"", "ada")], 400, "no_file_uploaded"),
            (vec![text(), text()], 400, "too_many_files"),
            (
                vec![part("name=\"file\"", "x")],
                400,
                "filename_not_exists_error",
            ),
            (
                vec![file("a/b.txt", "text/plain", "x")],
                400,
                "invalid_param",
            ),
            (vec![no_type], 415, "unsupported_file_type"),
            (
                vec![file("a.png", "image/png", &"x".repeat((10 << 20) + 1))],
                413,
                "file_too_large",
            ),
        ] {
            let (got, error) = upload(&bench, &parts).await;
            assert_eq!(
                (got.as_u16(), &error["code"]),
                (status, &json!(code)),
                "{error}"
            );
        }
        let (status, error) = bench.post("/v1/files/upload", json!({})).await;
        assert_eq!(
            (status, &error["code"]),
            (StatusCode::BAD_REQUEST, &json!("no_file_uploaded"))
        );
        let blobs = ports::Blob::list(&*bench.handles.blob, "", None, 9)
            .await
            .unwrap();
        assert_eq!(blobs, [], "what was refused leaves nothing");
    });
}

/// 100 MB arrive in pieces; the refusal comes after all of them, and nothing of them is kept.
#[test]
fn a_hundred_megabytes() {
    block_on(async {
        let bench = Bench::new(config(), []).await;
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n"
        );
        let head = stream::iter([format!("{head}Content-Type: application/pdf\r\n\r\n")]);
        let pieces = stream::repeat("x".repeat(1 << 20)).take(100);
        let tail = stream::iter([format!("\r\n--{BOUNDARY}--\r\n")]);
        let body = Body::from_stream(head.chain(pieces).chain(tail).map(Ok::<_, Infallible>));
        let (status, error) = send(&bench, body).await;
        assert_eq!(
            (status, &error["code"]),
            (StatusCode::PAYLOAD_TOO_LARGE, &json!("file_too_large"))
        );
        let blobs = ports::Blob::list(&*bench.handles.blob, "", None, 9)
            .await
            .unwrap();
        assert_eq!(blobs, []);
    });
}

#[test]
fn a_picture_in_a_question() {
    block_on(async {
        let (platform, handles) = ports::fake::platform();
        let llm = Arc::new(ScriptedLlm::new("scripted", []).with_vision());
        let models = Models {
            llms: vec![llm.clone()],
            ..Models::default()
        };
        let mut config = config();
        let image = json!({"enabled": true, "number_limits": 2, "detail": "low", "transfer_methods": ["local_file", "remote_url"]});
        config["file_upload"] = json!({"image": image});
        let app = app(app::apps::Mode::Chat, config);
        let bench = Bench::over(platform, handles, models, llm, app).await;
        let (_, uploaded) = upload(
            &bench,
            &[
                part("name=\"user\"", "ada"),
                file("a.png", "image/png", "PNG"),
            ],
        )
        .await;
        let id = uploaded["id"].as_str().unwrap();
        let preview = format!("/v1/files/{id}/preview?user=ada");
        let (status, error) = bench.get(&preview).await;
        assert_eq!(
            (status, &error["code"]),
            (StatusCode::NOT_FOUND, &json!("file_not_found"))
        );

        let local = json!({"type": "image", "transfer_method": "local_file", "upload_file_id": id});
        let remote = json!({"type": "image", "transfer_method": "remote_url", "url": "https://x.test/b.jpg?c=1"});
        let mut body = question("What is it?", None);
        body["files"] = json!([local, remote]);
        let (status, answer) = bench.post("/v1/chat-messages", body.clone()).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let detail = model::Detail::Low;
        let picture = |url: &str| Part::Image {
            url: url.to_owned(),
            detail,
        };
        let asked = bench.llm.requests()[0]
            .messages
            .last()
            .unwrap()
            .content
            .clone();
        let words = Part::Text {
            text: "What is it?".to_owned(),
        };
        assert_eq!(
            asked,
            [
                words,
                picture("data:image/png;base64,UE5H"),
                picture("https://x.test/b.jpg?c=1")
            ]
        );

        let conversation = answer["conversation_id"].as_str().unwrap();
        let (_, page) = bench
            .get(&format!(
                "/v1/messages?user=ada&conversation_id={conversation}"
            ))
            .await;
        let files = &page["data"][0]["message_files"];
        assert_eq!(
            (&files[0]["upload_file_id"], &files[0]["filename"]),
            (&json!(id), &json!("a.png"))
        );
        assert_eq!(
            (&files[1]["url"], &files[1]["belongs_to"]),
            (&json!("https://x.test/b.jpg?c=1"), &json!("user"))
        );

        let response = bench.send(bench.request(Method::GET, &preview, None)).await;
        assert_eq!(
            (response.status(), &response.headers()["content-type"]),
            (StatusCode::OK, &"image/png".parse().unwrap())
        );
        assert_eq!(response.headers()["cache-control"], "public, max-age=3600");
        assert_eq!(bench.text(response).await, "PNG");
        let response = bench
            .send(bench.request(Method::GET, &format!("{preview}&as_attachment=true"), None))
            .await;
        assert_eq!(
            response.headers()["content-disposition"],
            "attachment; filename*=UTF-8''a.png"
        );
        assert_eq!(
            response.headers()["content-type"],
            "application/octet-stream"
        );

        for (change, message) in [
            (json!({"user": "bob"}), "Invalid upload file"),
            (
                json!({"files": [{"type": "image", "transfer_method": "remote_url"}]}),
                "missing file url",
            ),
            (
                json!({"files": [{"type": "audio", "transfer_method": "remote_url", "url": "https://x"}]}),
                "Invalid file type: audio",
            ),
            (
                json!({"files": [{"type": "image", "transfer_method": "remote_url", "url": "http://169.254.169.254/a.png"}]}),
                "Invalid file url: the address 169.254.169.254 is not allowed: it is not public",
            ),
            (
                json!({"files": [remote, remote, remote]}),
                "Number of files exceeds the maximum limit 2",
            ),
            (json!({"files": ["x"]}), "a file must be an object"),
        ] {
            let mut body = body.clone();
            for (key, value) in change.as_object().unwrap() {
                body[key] = value.clone();
            }
            let (status, error) = bench.post("/v1/chat-messages", body).await;
            assert_eq!(
                (status, &error["message"]),
                (StatusCode::BAD_REQUEST, &json!(message))
            );
        }
    });
}

#[test]
fn an_address_that_needs_no_key() {
    block_on(async {
        let bench = Bench::new(config(), []).await;
        bench
            .handles
            .secrets
            .set("EDGEWISE_MASTER_KEY", "correct horse battery");
        let (_, body) = upload(&bench, &[file("a.txt", "text/plain", "hello")]).await;
        let link = body["preview_url"].as_str().unwrap().to_owned();
        assert!(link.starts_with("/files/"), "{link}");
        let fetch = async |path: &str| {
            let request = http::Request::get(path).body(Body::empty()).unwrap();
            let response = bench.send(request).await;
            let status = response.status();
            let kind = response.headers()["content-type"].clone();
            (
                status,
                kind.to_str().unwrap().to_owned(),
                bench.text(response).await,
            )
        };
        let (status, kind, content) = fetch(&link).await;
        assert_eq!(
            (status, kind.as_str(), content.as_str()),
            (StatusCode::OK, "text/plain", "hello")
        );
        let (_, kind, _) = fetch(&format!("{link}&as_attachment=true")).await;
        assert_eq!(kind, "application/octet-stream");
        let other = link.replace("sign=", "sign=0");
        let (status, _, body) = fetch(&other).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{body}");
        bench
            .handles
            .clock
            .advance(std::time::Duration::from_secs(400));
        assert_eq!(fetch(&link).await.0, StatusCode::FORBIDDEN);
    });
}
