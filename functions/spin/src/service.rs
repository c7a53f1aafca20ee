//! The service of this component: the product's routes, the tick, and work after each answer.

use std::{
    convert::Infallible,
    sync::{Arc, LazyLock},
};

use axum::{
    Json, Router,
    body::Body,
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    response::{IntoResponse, Response},
    routing::post,
};
use ports::{Consumer, Secrets};
use tower_service::Service as _;

use crate::{
    drain::{self, Drained},
    platform::platform,
    site,
    system::SpinSecrets,
    task::{self, Answer},
};

/// The secret that a tick must show.
const TICK_TOKEN: &str = "EDGEWISE_TICK_TOKEN";

/// Made once for an instance. It holds nothing of a request or a user.
struct Service {
    router: Router,
    consumer: Arc<dyn Consumer>,
}

static SERVICE: LazyLock<Service> = LazyLock::new(|| {
    let platform = platform();
    let (router, consumer) = crate::product::product(&platform);
    let router = router.route("/internal/tick", post(tick));
    #[cfg(feature = "contract")]
    let (router, consumer) = {
        let recorder = contract::Recorder::new(platform.clone());
        let consumer = crate::contract::Consumers {
            recorder,
            product: consumer,
        };
        let router = router.merge(crate::contract::routes(platform));
        (router, Arc::new(consumer) as Arc<dyn Consumer>)
    };
    Service { router, consumer }
});

/// Answers a request. The queue is worked on when the answer has gone.
pub async fn answer(request: http::Request<Body>) -> http::Response<Answer> {
    if let Some(file) = site::answer(&request) {
        return file.map(|body| Answer::new(body, || {}));
    }
    let answered: Result<_, Infallible> = SERVICE.router.clone().call(request).await;
    let response = answered.unwrap_or_else(|never| match never {});
    response.map(|body| {
        Answer::new(body, || {
            task::spawn(async {
                if let Err(error) = drain::drain(&*SERVICE.consumer).await {
                    eprintln!("queue: {error}");
                }
            });
        })
    })
}

/// `POST /internal/tick` with the secret as a bearer token: fires alarms, works on the queue, removes what expired.
/// Something outside calls it every minute.
async fn tick(headers: HeaderMap) -> Response {
    let expected = match SpinSecrets.get(TICK_TOKEN).await {
        Ok(Some(expected)) => expected,
        Ok(None) => return refuse(StatusCode::NOT_FOUND, "no tick token is configured"),
        Err(error) => return refuse(StatusCode::SERVICE_UNAVAILABLE, &error.to_string()),
    };
    let given = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    if !given.is_some_and(|given| same(given, &expected)) {
        return refuse(StatusCode::UNAUTHORIZED, "the tick token is wrong");
    }
    let swept = drain::sweep().await;
    match (drain::drain(&*SERVICE.consumer).await, swept) {
        (Ok(Drained { jobs, more }), Ok(())) => {
            Json(serde_json::json!({ "jobs": jobs, "more": more })).into_response()
        }
        (Err(error), _) | (_, Err(error)) => {
            refuse(StatusCode::SERVICE_UNAVAILABLE, &error.to_string())
        }
    }
}

fn refuse(status: StatusCode, message: &str) -> Response {
    (status, Json(serde_json::json!({ "message": message }))).into_response()
}

/// Compares without telling by its duration how much was right.
fn same(given: &str, expected: &str) -> bool {
    let different = given
        .bytes()
        .zip(expected.bytes())
        .fold(0, |different, (a, b)| different | (a ^ b));
    given.len() == expected.len() && different == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens() {
        let check = |given: &str, expected: &str, same_token: bool| {
            assert_eq!(same(given, expected), same_token, "{given} {expected}");
        };
        check("abc", "abc", true);
        check("abd", "abc", false);
        check("ab", "abc", false);
        check("abcd", "abc", false);
        check("", "abc", false);
    }
}
