//! Members: invited by a link, with a role, refused what it does not allow.

use futures::executor::block_on;
use http::Method;
use serde_json::{Value, json};

use super::support::{Answer, Bench};

/// Somebody's session.
pub struct Session {
    cookie: String,
    csrf: String,
}

impl Session {
    pub fn with(tokens: &app::account::Tokens) -> Self {
        let (access, csrf) = (&tokens.access, tokens.csrf.clone());
        let cookie = format!("access_token={access}; csrf_token={csrf}");
        Self { cookie, csrf }
    }

    pub fn of(answer: &Answer) -> Self {
        let cookies = answer.cookies();
        let csrf = cookies.iter().find_map(|it| it.strip_prefix("csrf_token="));
        Self {
            csrf: csrf.unwrap().to_owned(),
            cookie: cookies.join("; "),
        }
    }

    pub async fn call(&self, bench: &Bench, method: &str, path: &str, body: Value) -> Answer {
        let headers = [
            ("cookie", self.cookie.as_str()),
            ("x-csrf-token", self.csrf.as_str()),
        ];
        let body = (!body.is_null()).then_some(&body);
        let method: Method = method.parse().unwrap();
        let path = format!("/console/api{path}");
        bench.send(method, &path, &headers, body).await
    }
}

/// Sets an installation up, and logs its owner in.
pub async fn owner(bench: &Bench) -> Session {
    let owner = json!({ "email": "ada@example.org", "name": "Ada", "password": "secret-1" });
    let post = async |path: &str| bench.send(Method::POST, path, &[], Some(&owner)).await;
    assert_eq!(post("/console/api/setup").await.status, 201);
    Session::of(&post("/console/api/login").await)
}

/// What an invitation's link says.
async fn link(bench: &Bench, who: &Session, email: &str, role: &str) -> Value {
    let invite = json!({ "emails": [email], "role": role });
    let path = "/workspaces/current/members/invite-email";
    let answer = who.call(bench, "POST", path, invite).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let url = answer.json()["invitation_results"][0]["url"].clone();
    let url = url.as_str().unwrap_or_else(|| panic!("{}", answer.text));
    let query = url.split_once("/activate?").unwrap().1;
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap());
    pairs
        .map(|(key, value)| (key.to_owned(), Value::from(value)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Invites somebody, who accepts.
pub async fn join(bench: &Bench, who: &Session, email: &str, role: &str) -> Session {
    let mut body = link(bench, who, email, role).await;
    body["name"] = "Eve".into();
    body["password"] = "secret-2".into();
    let answer = bench
        .send(Method::POST, "/console/api/activate", &[], Some(&body))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    Session::of(&answer)
}

async fn members(bench: &Bench, who: &Session) -> Vec<Value> {
    let answer = who.call(bench, "GET", "/workspaces/current/members", Value::Null);
    answer.await.json()["accounts"].as_array().unwrap().clone()
}

#[test]
fn a_link_makes_a_member() {
    let bench = Bench::new([]);
    block_on(async {
        let ada = owner(&bench).await;
        let mut body = link(&bench, &ada, "Eve@Example.org", "editor").await;
        let text = |body: &Value, key: &str| body[key].as_str().unwrap().to_owned();
        let check = format!(
            "/console/api/activate/check?workspace_id={}&email={}&token={}",
            text(&body, "workspace_id"),
            text(&body, "email"),
            text(&body, "token")
        );
        let get = async |path: &str| bench.send(Method::GET, path, &[], None).await.json();
        let checked = get(&check).await;
        assert_eq!(checked["is_valid"], json!(true));
        assert_eq!(checked["data"]["workspace_name"], "Ada's Workspace");
        assert_eq!(checked["data"]["role"], "editor");
        assert_eq!(get(&format!("{check}x")).await["is_valid"], json!(false));
        assert_eq!(members(&bench, &ada).await[1]["status"], "pending");

        let post = async |body: &Value| {
            let path = "/console/api/activate";
            bench.send(Method::POST, path, &[], Some(body)).await
        };
        body["name"] = "Eve".into();
        body["password"] = "weak".into();
        let weak = post(&body).await;
        assert_eq!(
            (weak.status.as_u16(), &weak.json()["params"]),
            (400, &json!("password"))
        );
        body["password"] = "secret-2".into();
        let eve = Session::of(&post(&body).await);
        let again = post(&body).await;
        assert_eq!(
            (again.status.as_u16(), &again.json()["params"]),
            (400, &json!("token"))
        );
        let profile = eve
            .call(&bench, "GET", "/account/profile", Value::Null)
            .await
            .json();
        assert_eq!(
            (&profile["email"], &profile["role"]),
            (&json!("eve@example.org"), &json!("editor"))
        );
        let list = members(&bench, &ada).await;
        assert_eq!(list.len(), 2);
        assert_eq!(
            (&list[0]["role"], &list[1]["status"]),
            (&json!("owner"), &json!("active"))
        );
        let invite = json!({ "emails": ["eve@example.org", "nobody"], "role": "normal" });
        let path = "/workspaces/current/members/invite-email";
        let results = ada.call(&bench, "POST", path, invite).await.json();
        assert_eq!(results["invitation_results"][0]["status"], "already_member");
        assert_eq!(results["invitation_results"][1]["status"], "failed");
    });
}

#[test]
fn a_link_ends_after_a_week_or_when_it_is_withdrawn() {
    let bench = Bench::new([]);
    block_on(async {
        let ada = owner(&bench).await;
        let accept = async |mut body: Value| {
            body["name"] = "Eve".into();
            body["password"] = "secret-2".into();
            let path = "/console/api/activate";
            bench
                .send(Method::POST, path, &[], Some(&body))
                .await
                .status
        };
        let withdrawn = link(&bench, &ada, "eve@example.org", "normal").await;
        let id = members(&bench, &ada).await[1]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let path = format!("/workspaces/current/members/{id}");
        assert_eq!(
            ada.call(&bench, "DELETE", &path, Value::Null).await.status,
            200
        );
        assert_eq!(accept(withdrawn).await, 400);
        let late = link(&bench, &ada, "eve@example.org", "normal").await;
        let replaced = link(&bench, &ada, "eve@example.org", "normal").await;
        assert_eq!(accept(late).await, 400);
        bench.handles.clock.advance(app::account::INVITATION_TIME);
        assert_eq!(accept(replaced).await, 400);
    });
}

#[test]
fn roles_change_at_once() {
    let bench = Bench::new([]);
    block_on(async {
        let ada = owner(&bench).await;
        let eve = join(&bench, &ada, "eve@example.org", "normal").await;
        let boss = join(&bench, &ada, "boss@example.org", "admin").await;
        let list = members(&bench, &ada).await;
        let id = |email: &str| {
            let member = list.iter().find(|member| member["email"] == email).unwrap();
            member["id"].as_str().unwrap().to_owned()
        };
        let role = async |who: &Session, email: &str, role: &str| {
            let path = format!("/workspaces/current/members/{}/update-role", id(email));
            let answer = who
                .call(&bench, "PUT", &path, json!({ "role": role }))
                .await;
            answer.status.as_u16()
        };
        let app = json!({ "name": "A", "mode": "chat" });
        assert_eq!(
            eve.call(&bench, "POST", "/apps", app.clone()).await.status,
            403
        );
        assert_eq!(role(&boss, "eve@example.org", "editor").await, 200);
        assert_eq!(
            eve.call(&bench, "POST", "/apps", app.clone()).await.status,
            201
        );
        // Only the owner makes admins and unmakes them, and there is one owner.
        assert_eq!(role(&eve, "eve@example.org", "admin").await, 403);
        assert_eq!(role(&boss, "eve@example.org", "admin").await, 403);
        assert_eq!(role(&boss, "boss@example.org", "normal").await, 403);
        assert_eq!(role(&boss, "ada@example.org", "normal").await, 403);
        assert_eq!(role(&ada, "eve@example.org", "owner").await, 400);
        assert_eq!(role(&ada, "eve@example.org", "admin").await, 200);
        assert_eq!(role(&ada, "eve@example.org", "normal").await, 200);
        let remove = async |who: &Session, email: &str| {
            let path = format!("/workspaces/current/members/{}", id(email));
            who.call(&bench, "DELETE", &path, Value::Null)
                .await
                .status
                .as_u16()
        };
        assert_eq!(remove(&boss, "ada@example.org").await, 403);
        assert_eq!(remove(&boss, "boss@example.org").await, 403);
        assert_eq!(remove(&boss, "eve@example.org").await, 200);
        assert_eq!(
            eve.call(&bench, "GET", "/apps", Value::Null).await.status,
            401
        );
        let login = json!({ "email": "eve@example.org", "password": "secret-2" });
        let path = "/console/api/login";
        assert_eq!(
            bench
                .send(Method::POST, path, &[], Some(&login))
                .await
                .status,
            401
        );
        // Who was removed may come back, by another link.
        join(&bench, &ada, "eve@example.org", "editor").await;
    });
}

#[test]
fn an_account_is_changed_by_itself() {
    let bench = Bench::new([]);
    block_on(async {
        let ada = owner(&bench).await;
        let login = async |password: &str| {
            let body = json!({ "email": "ada@example.org", "password": password });
            bench
                .send(Method::POST, "/console/api/login", &[], Some(&body))
                .await
        };
        let other = Session::of(&login("secret-1").await);
        for (path, key, value) in [
            ("name", "name", "Ada L."),
            ("interface-language", "interface_language", "zh-Hans"),
            ("interface-theme", "interface_theme", "dark"),
            ("timezone", "timezone", "Europe/London"),
        ] {
            let path = format!("/account/{path}");
            let profile = ada
                .call(&bench, "POST", &path, json!({ key: value }))
                .await
                .json();
            assert_eq!(profile[key], value);
        }
        assert_eq!(members(&bench, &ada).await[0]["name"], "Ada L.");
        let theme = json!({ "interface_theme": "loud" });
        let wrong = ada
            .call(&bench, "POST", "/account/interface-theme", theme)
            .await;
        assert_eq!(wrong.json()["params"], "interface_theme");
        let renamed = ada
            .call(&bench, "POST", "/workspaces/info", json!({ "name": "Lab" }))
            .await;
        assert_eq!(renamed.json()["tenant"]["name"], "Lab");

        let password = |old: &str, new: &str, again: &str| json!({ "password": old, "new_password": new, "repeat_new_password": again });
        for (body, status) in [
            (password("wrong", "secret-3", "secret-3"), 401),
            (password("secret-1", "secret-3", "secret-4"), 400),
            (password("secret-1", "weak", "weak"), 400),
        ] {
            let refused = ada.call(&bench, "POST", "/account/password", body).await;
            assert_eq!(refused.status, status);
        }
        let body = password("secret-1", "secret-3", "secret-3");
        let fresh = Session::of(&ada.call(&bench, "POST", "/account/password", body).await);
        let profile = async |who: &Session| {
            who.call(&bench, "GET", "/account/profile", Value::Null)
                .await
                .status
                .as_u16()
        };
        assert_eq!((profile(&other).await, profile(&fresh).await), (401, 200));
        assert_eq!(login("secret-1").await.status, 401);
        let third = Session::of(&login("secret-3").await);
        let out = fresh
            .call(&bench, "POST", "/logout-everywhere", json!({}))
            .await;
        assert_eq!(out.status, 200);
        assert_eq!((profile(&third).await, profile(&fresh).await), (401, 401));
    });
}
