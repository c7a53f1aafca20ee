//! The HTTP front: finds the component of a request, adds what Spin adds, and hands it over.

use std::{collections::BTreeMap, convert::Infallible, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, task::JoinSet};
use wasmtime_wasi_http::{Error, WasiBody};

use crate::{
    manifest::{HttpTrigger, Manifest},
    worker::Handler,
};

/// Accepts connections until it is dropped; then they end too.
pub async fn serve(listener: TcpListener, manifest: Manifest, handlers: BTreeMap<String, Handler>) {
    let app = Arc::new((manifest, handlers));
    let mut connections = JoinSet::new();
    loop {
        let (stream, client) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    eprintln!("accept: {error}");
                    continue;
                }
            },
            Some(_) = connections.join_next() => continue,
        };
        // Small pieces of a stream must leave at once.
        _ = stream.set_nodelay(true);
        let app = app.clone();
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let app = app.clone();
                async move { Ok::<_, Infallible>(answer(&app, client, request).await) }
            });
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            if let Err(error) = connection.await
                && !error.is_incomplete_message()
                && !error.is_body_write_aborted()
            {
                eprintln!("connection: {error}");
            }
        });
    }
}

async fn answer(
    (manifest, handlers): &(Manifest, BTreeMap<String, Handler>),
    client: SocketAddr,
    mut request: Request<Incoming>,
) -> Response<WasiBody> {
    let Some(trigger) = manifest.route(request.uri().path()) else {
        return plain(StatusCode::NOT_FOUND, "no route");
    };
    let Some(handler) = handlers.get(&trigger.component) else {
        return plain(StatusCode::NOT_FOUND, "no component");
    };
    if let Err(error) = prepare(&mut request, trigger, client) {
        return plain(StatusCode::BAD_REQUEST, &error.to_string());
    }
    let request = request.map(|body| body.map_err(Error::from).boxed_unsync());
    match handler.handle((), request).await {
        Ok(response) => response,
        Err(error) => {
            eprintln!("request: {error:?}");
            plain(StatusCode::INTERNAL_SERVER_ERROR, "")
        }
    }
}

/// An absolute URI and the headers by which a Spin component learns its route.
fn prepare(
    request: &mut Request<Incoming>,
    trigger: &HttpTrigger,
    client: SocketAddr,
) -> anyhow::Result<()> {
    let host = request.headers().get(http::header::HOST);
    let authority = match (host, request.uri().authority()) {
        (Some(host), _) => host.to_str()?.to_owned(),
        (None, Some(authority)) => authority.to_string(),
        (None, None) => anyhow::bail!("no host"),
    };
    let path = request.uri().path().to_owned();
    let full = Uri::builder()
        .scheme("http")
        .authority(authority)
        .path_and_query(request.uri().path_and_query().map_or("/", |p| p.as_str()))
        .build()?;
    let component_route = trigger.route.strip_suffix("/...").unwrap_or(&trigger.route);
    let path_info = path.strip_prefix(component_route).unwrap_or("");
    let headers = [
        ("spin-full-url", full.to_string()),
        ("spin-path-info", path_info.to_owned()),
        ("spin-matched-route", trigger.route.clone()),
        ("spin-component-route", component_route.to_owned()),
        ("spin-raw-component-route", trigger.route.clone()),
        ("spin-base-path", "/".to_owned()),
        ("spin-client-addr", client.to_string()),
    ];
    for (name, value) in headers {
        let value = HeaderValue::from_str(&value)?;
        request
            .headers_mut()
            .insert(HeaderName::from_static(name), value);
    }
    *request.uri_mut() = full;
    Ok(())
}

fn plain(status: StatusCode, text: &str) -> Response<WasiBody> {
    let body = Full::new(Bytes::from(text.to_owned())).map_err(|never| match never {});
    let mut response = Response::new(body.boxed_unsync());
    *response.status_mut() = status;
    response
}
