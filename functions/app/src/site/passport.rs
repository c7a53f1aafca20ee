//! Passports: who a visitor is, for a month, without a login.
//!
//! `{code}.{expiry}.{session}.{signature}`: the session in base64, the rest signed with the page's own key by
//! HMAC-SHA256. Nothing is stored.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ports::Timestamp;

use super::{app, entry, missing};
use crate::{
    Context, Error, Kind, Result,
    apps::App,
    end_user::{EndUser, Source},
    file::{hmac, same},
};

/// How long a passport holds.
pub const PASSPORT_TIME: Duration = Duration::from_secs(30 * 24 * 3600);

/// Longest name that a page's host may give a visitor, in bytes.
const MAX_NAME: usize = 255;

/// Somebody on an app's page.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The app, whose page is switched on.
    pub app: App,
    /// Who it is.
    pub user: EndUser,
}

/// A new passport for the page with this code. The identity is that of the `old` passport if it is one of this page,
/// else the name that the page's host gives, else a new one.
pub async fn passport(
    ctx: &Context,
    code: &str,
    name: Option<&str>,
    old: Option<&str>,
) -> Result<String> {
    let entry = entry(ctx, code).await?.ok_or_else(missing)?;
    app(ctx, code, &entry).await?;
    let old = old.and_then(|token| Passport::read(token, &entry.secret, ctx.now()));
    let session = match (old.filter(|old| old.code == code), name) {
        (_, Some(name)) if name.len() > MAX_NAME => {
            let message = format!("user_id has at most {MAX_NAME} bytes");
            return Err(Error::invalid("user_id", message));
        }
        // Names and what is made up here never meet.
        (_, Some(name)) => format!("u-{name}"),
        (Some(old), None) => old.session,
        (None, None) => format!("r-{}", ctx.token(24)),
    };
    let passport = Passport {
        code: code.to_owned(),
        until: ctx.now() + PASSPORT_TIME,
        session,
    };
    Ok(passport.write(&entry.secret))
}

/// Who shows this passport; `code` is the page that the caller says it is on.
pub async fn visit(ctx: &Context, code: Option<&str>, token: &str) -> Result<Visitor> {
    let refused = || Error::new(Kind::Unauthorized, "Invalid or expired passport.");
    let named = token.split('.').next().unwrap_or_default();
    if code.is_some_and(|code| code != named) {
        return Err(refused());
    }
    let entry = entry(ctx, named).await?.ok_or_else(refused)?;
    let passport = Passport::read(token, &entry.secret, ctx.now()).ok_or_else(refused)?;
    let app = app(ctx, named, &entry).await?;
    let session = Source::Browser.session(&passport.session);
    let user = EndUser::new(&app.id, &session, ctx.now());
    Ok(Visitor { app, user })
}

struct Passport {
    code: String,
    until: Timestamp,
    session: String,
}

impl Passport {
    fn write(&self, secret: &str) -> String {
        let session = BASE64_URL_SAFE_NO_PAD.encode(&self.session);
        let text = format!("{}.{}.{session}", self.code, self.until.as_secs());
        format!("{text}.{}", sign(&text, secret))
    }

    /// What a passport says, if it was made with this secret and still holds.
    fn read(token: &str, secret: &str, now: Timestamp) -> Option<Self> {
        let (text, signature) = token.rsplit_once('.')?;
        if !same(sign(text, secret).as_bytes(), signature.as_bytes()) {
            return None;
        }
        let mut parts = text.split('.');
        let (code, until, session) = (parts.next()?, parts.next()?, parts.next()?);
        let until = Timestamp(until.parse::<u64>().ok()?.checked_mul(1_000)?);
        let session = BASE64_URL_SAFE_NO_PAD.decode(session).ok()?;
        (now < until).then(|| Self {
            code: code.to_owned(),
            until,
            session: String::from_utf8_lossy(&session).into_owned(),
        })
    }
}

fn sign(text: &str, secret: &str) -> String {
    let text = format!("passport|{text}");
    hex::encode(hmac(secret.as_bytes(), text.as_bytes()))
}
