//! What one component instance may touch: made from the manifest, handed to every host function.

use std::{collections::BTreeMap, sync::Arc};

use wasmtime::component::{HasData, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{
    Error as HttpError, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks,
    WasiHttpView, default_send_request,
};

use crate::{key_value::KeyValue, outbound::AllowedHost, sqlite::Databases};

/// What the manifest grants to one component; shared by its instances.
pub struct Grants {
    /// Where it may connect to.
    pub hosts: Arc<[AllowedHost]>,
    /// Stores that it may open.
    pub stores: Vec<String>,
    /// Databases that it may open.
    pub databases: Vec<String>,
    /// Values that it may read.
    pub variables: BTreeMap<String, String>,
    /// All stores of the application.
    pub key_value: KeyValue,
    /// All databases of the application.
    pub sqlite: Databases,
}

/// The data of one instance.
pub struct State {
    /// What it may touch.
    pub grants: Arc<Grants>,
    /// The handles that it holds.
    pub table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    hooks: Outgoing,
}

impl State {
    /// The data of a new instance.
    pub fn new(grants: Arc<Grants>, wasi: WasiCtx) -> Self {
        let hooks = Outgoing(grants.hosts.clone());
        Self {
            grants,
            table: ResourceTable::new(),
            wasi,
            http: WasiHttpCtx::new(),
            hooks,
        }
    }
}

/// Marks the Spin interfaces for the linker.
pub struct Spin;

impl HasData for Spin {
    type Data<'a> = &'a mut State;
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            ctx: &mut self.http,
            table: &mut self.table,
            hooks: &mut self.hooks,
        }
    }
}

/// Lets requests out, to allowed hosts only.
struct Outgoing(Arc<[AllowedHost]>);

type Transmitted = Box<dyn Future<Output = Result<(), HttpError>> + Send>;
type Sent = Result<(http::Response<WasiBody>, Transmitted), HttpError>;

impl WasiHttpHooks for Outgoing {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _consumed: Transmitted,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let allowed = self.0.iter().any(|host| host.allows(request.uri()));
        Box::new(async move {
            use http_body_util::BodyExt;

            if !allowed {
                eprintln!("allowed_outbound_hosts does not allow {}", request.uri());
                return Err(HttpError::HttpRequestDenied);
            }
            let (response, transmitted) = default_send_request(request, options).await?;
            let transmitted: Transmitted = Box::new(transmitted);
            Ok((response.map(BodyExt::boxed_unsync), transmitted))
        })
    }
}
