use std::time::Duration;

use futures::executor::block_on;
use model::Models;
use ports::fake;

use super::*;
use crate::{
    account::{Identity, Role},
    apps::{Mode, New},
    end_user::{EndUser, Source},
};

fn context() -> (Context, fake::Handles, Identity) {
    let (platform, handles) = fake::platform();
    let who = Identity {
        account_id: "account".to_owned(),
        tenant_id: "tenant".to_owned(),
        email: None,
        name: "Ada".to_owned(),
        role: Role::Owner,
    };
    (Context::new(platform, Models::default()), handles, who)
}

async fn made(ctx: &Context, who: &Identity) -> App {
    let new = New {
        name: "House".to_owned(),
        description: String::new(),
        mode: Mode::Chat,
        icon_type: None,
        icon: None,
        icon_background: None,
    };
    apps::create(ctx, who, new).await.unwrap()
}

#[test]
fn a_passport_is_good_for_its_page_and_its_time() {
    let (ctx, handles, who) = context();
    block_on(async {
        let (house, barn) = (made(&ctx, &who).await, made(&ctx, &who).await);
        let code = house.site.code.as_str();
        let token = passport(&ctx, code, None, None).await.unwrap();
        let visitor = visit(&ctx, Some(code), &token).await.unwrap();
        assert_eq!(
            (&visitor.app.id, visitor.user.source()),
            (&house.id, Source::Browser)
        );
        let again = passport(&ctx, code, None, Some(&token)).await.unwrap();
        assert_eq!(
            visit(&ctx, None, &again).await.unwrap().user.id,
            visitor.user.id
        );
        let named = passport(&ctx, code, Some("ada"), None).await.unwrap();
        let named = visit(&ctx, None, &named).await.unwrap().user;
        assert_eq!(named.session(), "u-ada");
        // Nobody of the Service API is the same, whatever it is called.
        assert_ne!(named.id, EndUser::new(&house.id, "ada", ctx.now()).id);

        let kind = async |code: Option<&str>, token: &str| {
            visit(&ctx, code, token)
                .await
                .map(drop)
                .map_err(|error| error.kind())
        };
        let other = Some(barn.site.code.as_str());
        assert_eq!(kind(other, &token).await, Err(Kind::Unauthorized));
        let forged = token.replace(code, &barn.site.code);
        for wrong in ["", "a.b.c.d", &token[1..], &forged, &format!("{token}0")] {
            assert_eq!(kind(None, wrong).await, Err(Kind::Unauthorized), "{wrong}");
        }
        handles
            .clock
            .advance(PASSPORT_TIME - Duration::from_secs(1));
        assert_eq!(kind(None, &token).await, Ok(()));
        handles.clock.advance(Duration::from_secs(2));
        assert_eq!(kind(None, &token).await, Err(Kind::Unauthorized));
    });
}

#[test]
fn a_page_that_is_off_or_elsewhere_lets_nobody_in() {
    let (ctx, _, who) = context();
    block_on(async {
        let app = made(&ctx, &who).await;
        let old = app.site.code.clone();
        let token = passport(&ctx, &old, None, None).await.unwrap();
        let switch = async |on: bool| {
            apps::change(&ctx, &who.tenant_id, &app.id, |app| {
                app.enable_site = on;
                Ok(())
            })
            .await
            .unwrap()
        };
        let kinds = async |code: &str| {
            let kind = |error: Error| error.kind();
            (
                visit(&ctx, None, &token).await.map(drop).map_err(kind),
                passport(&ctx, code, None, None)
                    .await
                    .map(drop)
                    .map_err(kind),
            )
        };
        switch(false).await;
        assert_eq!(
            kinds(&old).await,
            (Err(Kind::Forbidden), Err(Kind::Forbidden))
        );
        switch(true).await;
        assert_eq!(kinds(&old).await, (Ok(()), Ok(())));
        let new = reset_code(&ctx, &who.tenant_id, &app.id).await.unwrap();
        assert_eq!((new.site.code.len(), new.site.code == old), (16, false));
        assert_eq!(
            kinds(&old).await,
            (Err(Kind::Unauthorized), Err(Kind::NotFound))
        );
        passport(&ctx, &new.site.code, None, None).await.unwrap();
        apps::delete(&ctx, &who.tenant_id, &app.id).await.unwrap();
        let gone = passport(&ctx, &new.site.code, None, None).await;
        assert_eq!(
            gone.map(drop).map_err(|error| error.kind()),
            Err(Kind::NotFound)
        );
    });
}

#[test]
fn settings_name_what_is_wrong() {
    let (ctx, _, who) = context();
    block_on(async {
        let app = made(&ctx, &who).await;
        let text = |text: &str| Some(text.to_owned());
        let check = async |change: Change, expect: Option<&str>| {
            let outcome = set(&ctx, &who.tenant_id, &app.id, &change).await;
            let param = outcome
                .err()
                .and_then(|error| error.param().map(str::to_owned));
            assert_eq!(param.as_deref(), expect, "{change:?}");
        };
        let title = Change {
            title: text(&"x".repeat(256)),
            ..Change::default()
        };
        check(title, Some("title")).await;
        for link in ["javascript:alert(1)", "data:text/html,x", "//host"] {
            let change = Change {
                privacy_policy: text(link),
                ..Change::default()
            };
            check(change, Some("privacy_policy")).await;
        }
        let colour = Change {
            chat_color_theme: text("red;}x{"),
            ..Change::default()
        };
        check(colour, Some("chat_color_theme")).await;
        let placeholder = Change {
            input_placeholder: text(&"x".repeat(65)),
            ..Change::default()
        };
        check(placeholder, Some("input_placeholder")).await;
        let good = Change {
            title: text("Our house"),
            privacy_policy: text("https://example.org/privacy"),
            chat_color_theme: text("#155EEF"),
            show_workflow_steps: Some(false),
            ..Change::default()
        };
        check(good, None).await;
        let back = Change {
            title: text(" "),
            ..Change::default()
        };
        let app = set(&ctx, &who.tenant_id, &app.id, &back).await.unwrap();
        assert_eq!(
            (app.site.title, app.site.show_workflow_steps),
            (None, Some(false))
        );
    });
}
