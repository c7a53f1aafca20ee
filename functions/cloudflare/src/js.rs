//! Where JavaScript ends: its errors become ours, its handles and futures become `Send`.
//!
//! One isolate is one thread, so `SendFuture` and `SendWrapper` are sound. They appear in this crate only.

use ports::{Error, ErrorKind};
use wasm_bindgen::{JsCast, JsValue};

pub(crate) use worker::send::{SendFuture, SendWrapper};

/// What was thrown, as the message of an error of this kind.
pub(crate) fn thrown(kind: ErrorKind, doing: &str, value: &JsValue) -> Error {
    Error::new(kind, format!("{doing}: {}", text(value)))
}

/// What the `worker` crate reports, as the message of an error of this kind.
pub(crate) fn failed(kind: ErrorKind, doing: &str, error: &worker::Error) -> Error {
    Error::new(kind, format!("{doing}: {error}"))
}

/// What a person reads of a thrown value.
pub(crate) fn text(value: &JsValue) -> String {
    match value.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => value.as_string().unwrap_or_else(|| format!("{value:?}")),
    }
}

/// A property of an object; `undefined` if there is none.
pub(crate) fn property(object: &JsValue, name: &str) -> JsValue {
    js_sys::Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// Sets a property of a plain object, which cannot fail.
pub(crate) fn set(object: &js_sys::Object, name: &str, value: &JsValue) {
    let done = js_sys::Reflect::set(object, &JsValue::from_str(name), value);
    debug_assert!(done.is_ok(), "plain objects take every property");
}
