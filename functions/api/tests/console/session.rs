use futures::executor::block_on;
use http::Method;
use serde_json::json;

use super::support::Bench;

#[test]
fn from_set_up_to_logging_out() {
    let bench = Bench::new([]);
    block_on(async {
        let get = async |path: &str, headers: &[(&str, &str)]| {
            bench.send(Method::GET, path, headers, None).await
        };
        let post = async |path: &str, headers: &[(&str, &str)], body| {
            bench.send(Method::POST, path, headers, Some(&body)).await
        };
        assert_eq!(
            get("/console/api/setup", &[]).await.json(),
            json!({ "step": "not_started", "setup_at": null })
        );
        let owner = json!({ "email": "ada@example.org", "name": "Ada", "password": "secret-1" });
        let made = post("/console/api/setup", &[], owner.clone()).await;
        assert_eq!(
            (made.status.as_u16(), made.json()),
            (201, json!({ "result": "success" }))
        );
        assert_eq!(
            get("/console/api/setup", &[]).await.json()["step"],
            "finished"
        );
        assert_eq!(post("/console/api/setup", &[], owner).await.status, 403);

        let wrong = post(
            "/console/api/login",
            &[],
            json!({ "email": "ada@example.org", "password": "x" }),
        )
        .await;
        assert_eq!(
            (wrong.status.as_u16(), wrong.json()["code"].as_str()),
            (401, Some("authentication_failed"))
        );
        let login =
            json!({ "email": "ada@example.org", "password": "c2VjcmV0LTE=", "remember_me": true });
        let logged_in = post("/console/api/login", &[], login).await;
        assert_eq!(logged_in.json(), json!({ "result": "success" }));
        let cookies = logged_in.cookies();
        let csrf = cookies[2].strip_prefix("csrf_token=").unwrap().to_owned();
        assert!(
            cookies[0].starts_with("access_token=") && cookies[1].starts_with("refresh_token=")
        );
        let cookie = cookies.join("; ");

        let with = [("cookie", cookie.as_str()), ("x-csrf-token", csrf.as_str())];
        let profile = get("/console/api/account/profile", &with).await.json();
        assert_eq!(
            (&profile["name"], &profile["email"]),
            (&json!("Ada"), &json!("ada@example.org"))
        );
        let workspace = get("/console/api/workspaces/current", &with).await.json();
        assert_eq!(
            (&workspace["name"], &workspace["role"]),
            (&json!("Ada's Workspace"), &json!("owner"))
        );
        // What changes something needs more than the cookies that a browser sends by itself.
        let app = json!({ "name": "A", "mode": "chat" });
        assert_eq!(
            post("/console/api/apps", &with[..1], app.clone())
                .await
                .status,
            401
        );
        assert_eq!(
            post("/console/api/apps", &with, app.clone()).await.status,
            201
        );
        let token = format!(
            "Bearer {}",
            cookies[0].strip_prefix("access_token=").unwrap()
        );
        assert_eq!(
            post("/console/api/apps", &[("authorization", &token)], app)
                .await
                .status,
            201
        );

        let renewed = post(
            "/console/api/refresh-token",
            &[("cookie", &cookie)],
            json!({}),
        )
        .await;
        assert_eq!((renewed.status.as_u16(), renewed.cookies().len()), (200, 3));
        assert_eq!(
            post(
                "/console/api/refresh-token",
                &[("cookie", &cookie)],
                json!({})
            )
            .await
            .status,
            401
        );
        let cookie = renewed.cookies().join("; ");
        let out = post("/console/api/logout", &[("cookie", &cookie)], json!({})).await;
        assert_eq!(
            out.cookies(),
            ["access_token=", "refresh_token=", "csrf_token="]
        );
        assert_eq!(
            get("/console/api/account/profile", &[("cookie", &cookie)])
                .await
                .status,
            401
        );
        for headers in [
            &[][..],
            &[("authorization", "Bearer nonsense")],
            &[("authorization", "Basic x")],
        ] {
            let refused = get("/console/api/apps", headers).await;
            assert_eq!(
                (refused.status.as_u16(), refused.json()["code"].as_str()),
                (401, Some("unauthorized"))
            );
        }
    });
}

#[test]
fn cookies_are_bound_to_https_where_there_is_https() {
    let bench = Bench::new([]);
    block_on(async {
        let owner = json!({ "email": "ada@example.org", "name": "Ada", "password": "secret-1" });
        bench
            .send(Method::POST, "/console/api/setup", &[], Some(&owner))
            .await;
        let login = bench
            .send(
                Method::POST,
                "/console/api/login",
                &[("x-forwarded-proto", "https")],
                Some(&owner),
            )
            .await;
        for cookie in login.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            assert!(
                cookie.starts_with("__Host-")
                    && cookie.ends_with("; Secure")
                    && cookie.contains("; Path=/;"),
                "{cookie}"
            );
            assert_eq!(
                cookie.contains("HttpOnly"),
                !cookie.contains("csrf"),
                "{cookie}"
            );
        }
        let cookie = login.cookies().join("; ");
        let profile = bench
            .send(
                Method::GET,
                "/console/api/account/profile",
                &[("cookie", &cookie)],
                None,
            )
            .await;
        assert_eq!(profile.status, 200);
    });
}

#[test]
fn pages_may_ask_before_anybody_is_logged_in() {
    let bench = Bench::new([]);
    let features =
        block_on(bench.send(Method::GET, "/console/api/system-features", &[], None)).json();
    assert_eq!(
        (
            &features["enable_email_password_login"],
            &features["is_allow_register"]
        ),
        (&json!(true), &json!(false))
    );
}
