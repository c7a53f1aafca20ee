//! Fields of bodies and queries, with the messages that callers of the public API know.

use std::collections::HashMap;

use app::{Context, Kind, end_user, end_user::EndUser, id};
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
};
use http::{HeaderMap, request::Parts};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{Error, extract::parse};

/// The object of a JSON body.
pub(crate) struct Fields(pub(crate) Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| {
                let kind = match rejection.status() {
                    http::StatusCode::PAYLOAD_TOO_LARGE => Kind::FileTooLarge,
                    _ => Kind::BadRequest,
                };
                app::Error::new(kind, rejection.body_text())
            })?;
        match parse::<Value>(&bytes)? {
            Value::Object(fields) => Ok(Self(fields)),
            _ => Err(app::Error::new(Kind::InvalidParam, "the body must be a JSON object").into()),
        }
    }
}

impl Fields {
    /// An object of a type that is read whole; null counts as missing.
    pub(crate) fn object<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        let mut value = match self.0.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(value @ Value::Object(_)) => value.clone(),
            Some(_) => return Err(invalid(name, format!("{name} must be an object"))),
        };
        whole(&mut value);
        let read = serde_json::from_value(value);
        read.map(Some)
            .map_err(|error| invalid(name, error.to_string()))
    }

    /// A text; a number counts as one, null as missing.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Error> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.replace('\0', ""))),
            Some(_) => Err(invalid(name, format!("{name} must be a string"))),
        }
    }

    /// A switch.
    pub(crate) fn flag(&self, name: &str, default: bool) -> Result<bool, Error> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(default),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(invalid(name, format!("{name} must be a boolean"))),
        }
    }

    /// A number.
    pub(crate) fn float(&self, name: &str) -> Result<f32, Error> {
        match self.0.get(name) {
            None | Some(Value::Null) => Err(invalid(name, format!("{name} is required"))),
            Some(value) => match value.as_f64() {
                Some(number) => Ok(number as f32),
                None => Err(invalid(name, format!("{name} must be a number"))),
            },
        }
    }

    /// A text that must be there.
    pub(crate) fn required(&self, name: &str) -> Result<String, Error> {
        let missing = || invalid(name, format!("{name} is required"));
        let text = self.text(name)?.filter(|text| !text.trim().is_empty());
        text.ok_or_else(missing)
    }

    /// Texts; `None` where there is no list.
    pub(crate) fn texts(&self, name: &str) -> Result<Option<Vec<String>>, Error> {
        let wrong = || invalid(name, format!("{name} must be a list of strings"));
        let items = match self.0.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(wrong()),
        };
        let texts = items
            .iter()
            .map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong));
        texts.collect::<Result<_, _>>().map(Some)
    }

    /// File mappings, each of a kind that there is: what an app does not take is refused, or ignored, later.
    pub(crate) fn files(&self) -> Result<Vec<Value>, Error> {
        match self.0.get("files") {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(files)) => {
                files.iter().try_for_each(app::file::check_mapping)?;
                Ok(files.clone())
            }
            Some(_) => Err(invalid("files", "files must be an array")),
        }
    }

    /// The end user, who must be named.
    pub(crate) fn user(&self) -> Result<String, Error> {
        self.named_user().ok_or_else(missing_user)
    }

    /// The end user, or the one that stands for nobody.
    pub(crate) fn user_or_anonymous(&self) -> String {
        self.named_user()
            .unwrap_or_else(|| end_user::ANONYMOUS.to_owned())
    }

    fn named_user(&self) -> Option<String> {
        match self.0.get("user") {
            Some(Value::String(user)) if !user.is_empty() => Some(end_user::plain(user).to_owned()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        }
    }
}

/// The parameters of a URL. Empty ones count as missing.
pub(crate) struct Params(HashMap<String, String>);

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let query = axum::extract::Query::try_from_uri(&parts.uri)
            .map_err(|rejection| app::Error::new(Kind::InvalidParam, rejection.body_text()))?;
        Ok(Self(query.0))
    }
}

impl Params {
    /// A text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|text| !text.is_empty())
    }

    /// The end user, or the one that stands for nobody.
    pub(crate) fn user_or_anonymous(&self) -> &str {
        let user = self.text("user").map(end_user::plain);
        user.unwrap_or(end_user::ANONYMOUS)
    }

    /// The end user, who must be named.
    pub(crate) fn user(&self) -> Result<&str, Error> {
        let user = self.text("user").map(end_user::plain);
        user.ok_or_else(missing_user)
    }

    /// A whole number in a range.
    pub(crate) fn number(
        &self,
        name: &str,
        default: usize,
        from: usize,
        to: usize,
    ) -> Result<usize, Error> {
        let Some(text) = self.text(name) else {
            return Ok(default);
        };
        let number = text
            .parse()
            .ok()
            .filter(|number| (from..=to).contains(number));
        number.ok_or_else(|| {
            invalid(
                name,
                format!("{name} must be a whole number from {from} to {to}"),
            )
        })
    }

    /// A UUID, in its canonical form.
    pub(crate) fn uuid(&self, name: &str) -> Result<Option<String>, Error> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let uuid =
            id::uuid(text).ok_or_else(|| invalid(name, format!("{text} is not a valid uuid.")))?;
        Ok(Some(uuid))
    }

    /// One of these words.
    pub(crate) fn word(&self, name: &str, words: &[&str]) -> Result<Option<String>, Error> {
        match self.text(name) {
            Some(word) if !words.contains(&word) => {
                let message = format!("{name} must be one of {}", words.join(", "));
                Err(invalid(name, message))
            }
            word => Ok(word.map(str::to_owned)),
        }
    }

    /// A switch.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Error> {
        Ok(self.choice(name)?.unwrap_or_default())
    }

    /// A switch that says nothing where it is missing.
    pub(crate) fn choice(&self, name: &str) -> Result<Option<bool>, Error> {
        match self.text(name) {
            None => Ok(None),
            Some("true" | "True" | "1") => Ok(Some(true)),
            Some("false" | "False" | "0") => Ok(Some(false)),
            Some(_) => Err(invalid(name, format!("{name} must be true or false"))),
        }
    }
}

/// In JSON `2.0` is a whole number; `serde` takes it for none.
fn whole(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(whole),
        Value::Array(items) => items.iter_mut().for_each(whole),
        Value::Number(number) if number.is_f64() => {
            let exact = number
                .as_f64()
                .filter(|it| it.fract() == 0.0 && it.abs() < 1e15);
            if let Some(exact) = exact {
                *number = (exact as i64).into();
            }
        }
        _ => {}
    }
}

/// The address that the caller used to get here, without a slash at its end; empty if it does not say.
pub(crate) fn base_url(headers: &HeaderMap) -> String {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let proxy = text("x-forwarded-proto").unwrap_or("http");
    text("host").map_or_else(String::new, |host| format!("{proxy}://{host}"))
}

/// A UUID in a path: anything else is a path that leads nowhere.
pub(crate) fn path_uuid(text: &str) -> Result<String, Error> {
    let nowhere = || app::Error::not_found("The requested URL was not found on the server.");
    Ok(id::uuid(text).ok_or_else(nowhere)?)
}

/// The end user of an app that a request names.
pub(crate) fn end_user(ctx: &Context, app_id: &str, user: &str) -> EndUser {
    EndUser::new(app_id, end_user::plain(user), ctx.now())
}

pub(crate) fn missing_user() -> Error {
    app::Error::new(Kind::InvalidParam, "Arg user must be provided.").into()
}

pub(crate) fn invalid(param: &str, message: impl Into<String>) -> Error {
    app::Error::invalid(param, message).into()
}
