use std::time::Duration;

use futures::executor::block_on;
use model::Models;
use ports::fake;

use super::*;
use crate::{Context, Kind};

fn context() -> (Context, fake::Handles) {
    let (platform, handles) = fake::platform();
    (Context::new(platform, Models::default()), handles)
}

fn entry(email: &str) -> Entry {
    Entry {
        email: email.to_owned(),
        name: "Ada".to_owned(),
        password: "secret-1".to_owned(),
        language: None,
        token: None,
        trusted: false,
    }
}

#[test]
fn the_first_owner_is_the_only_one() {
    let (ctx, _) = context();
    assert_eq!(block_on(status(&ctx)).unwrap(), Status::NotStarted);
    let owner = block_on(setup(&ctx, entry("Ada@Example.org "))).unwrap();
    assert_eq!(owner.email.as_deref(), Some("ada@example.org"));
    assert_eq!(block_on(status(&ctx)).unwrap(), Status::Finished(ctx.now()));
    let again = block_on(setup(&ctx, entry("eve@example.org"))).unwrap_err();
    assert_eq!(again.kind(), Kind::Forbidden);
    assert_eq!(
        block_on(workspace(&ctx, &owner)).unwrap().name,
        "Ada's Workspace"
    );
    for (email, password, param) in [
        ("nobody", "secret-1", "email"),
        ("a@b", "short1", "password"),
    ] {
        let (ctx, _) = context();
        let entry = Entry {
            password: password.to_owned(),
            ..entry(email)
        };
        assert_eq!(
            block_on(setup(&ctx, entry)).unwrap_err().param(),
            Some(param)
        );
    }
}

#[test]
fn two_who_set_up_at_once_are_one_owner() {
    let (ctx, _) = context();
    let both = block_on(futures::future::join(
        setup(&ctx, entry("a@example.org")),
        setup(&ctx, entry("b@example.org")),
    ));
    let winner = [both.0, both.1]
        .into_iter()
        .filter_map(Result::ok)
        .collect::<Vec<_>>();
    assert_eq!(winner.len(), 1);
    let logins = ["a@example.org", "b@example.org"]
        .map(|email| block_on(login(&ctx, email, "secret-1")).is_ok());
    assert_eq!(logins.iter().filter(|ok| **ok).count(), 1);
}

#[test]
fn an_edge_deployment_asks_for_its_setup_token() {
    let (mut platform, handles) = fake::platform();
    platform.runtime.setup_token = true;
    let ctx = Context::new(platform, Models::default());
    let with = |token: Option<&str>, trusted| {
        let token = token.map(str::to_owned);
        block_on(setup(
            &ctx,
            Entry {
                token,
                trusted,
                ..entry("a@example.org")
            },
        ))
        .map_err(|error| error.kind())
    };
    // Not even an empty token opens what has none.
    assert_eq!(with(Some(""), false), Err(Kind::Forbidden));
    handles.secrets.set(SETUP_TOKEN, "open sesame");
    assert_eq!(with(None, false), Err(Kind::Forbidden));
    assert_eq!(with(Some("open"), false), Err(Kind::Forbidden));
    assert!(with(Some("open sesame"), false).is_ok());
}

#[test]
fn the_admin_token_is_the_owner_and_makes_one() {
    let (ctx, handles) = context();
    assert_eq!(block_on(admin(&ctx, "")).unwrap(), None);
    handles.secrets.set(ADMIN_TOKEN, "adm");
    assert_eq!(block_on(admin(&ctx, "other")).unwrap(), None);
    let made = block_on(admin(&ctx, "adm")).unwrap().unwrap();
    assert_eq!(
        block_on(admin(&ctx, "adm")).unwrap().unwrap().tenant_id,
        made.tenant_id
    );
    // Setting up afterwards gives this owner a password.
    assert_eq!(block_on(status(&ctx)).unwrap(), Status::NotStarted);
    let set_up = block_on(setup(&ctx, entry("a@example.org"))).unwrap();
    assert_eq!(
        (&set_up.account_id, &set_up.tenant_id),
        (&made.account_id, &made.tenant_id)
    );
    assert!(block_on(login(&ctx, "a@example.org", "secret-1")).is_ok());
}

#[test]
fn sessions_begin_renew_and_end() {
    let (ctx, handles) = context();
    block_on(async {
        setup(&ctx, entry("a@example.org")).await.unwrap();
        // "secret-1" in base64, as the web front end sends it.
        let tokens = login(&ctx, " A@example.org", "c2VjcmV0LTE=").await.unwrap();
        let known = resolve(&ctx, &tokens.access).await.unwrap().unwrap();
        assert_eq!(known.identity.name, "Ada");
        assert!(known.is_csrf(&tokens.csrf) && !known.is_csrf(""));
        assert!(resolve(&ctx, &tokens.refresh).await.unwrap().is_none());
        let renewed = refresh(&ctx, &tokens.refresh).await.unwrap();
        assert_eq!(
            refresh(&ctx, &tokens.refresh).await.unwrap_err().kind(),
            Kind::Unauthorized
        );
        handles.clock.advance(ACCESS_TIME);
        assert!(resolve(&ctx, &renewed.access).await.unwrap().is_none());
        let last = refresh(&ctx, &renewed.refresh).await.unwrap();
        logout(&ctx, &last.access).await.unwrap();
        assert!(resolve(&ctx, &last.access).await.unwrap().is_none());
        assert!(refresh(&ctx, &last.refresh).await.is_err());
        for garbage in ["", ".", "a.b", "../x"] {
            assert!(resolve(&ctx, garbage).await.unwrap().is_none());
        }
    });
}

#[test]
fn five_wrong_passwords_close_the_account_for_a_day() {
    let (ctx, handles) = context();
    block_on(async {
        setup(&ctx, entry("a@example.org")).await.unwrap();
        let kind = async |password: &str| {
            login(&ctx, "a@example.org", password)
                .await
                .map(drop)
                .map_err(|e| e.kind())
        };
        for _ in 0..5 {
            assert_eq!(kind("wrong").await, Err(Kind::AuthenticationFailed));
        }
        assert_eq!(kind("secret-1").await, Err(Kind::TooManyAttempts));
        handles.clock.advance(Duration::from_secs(24 * 3600));
        assert_eq!(kind("secret-1").await, Ok(()));
        assert_eq!(
            login(&ctx, "b@example.org", "x").await.unwrap_err().kind(),
            Kind::AuthenticationFailed
        );
    });
}
