//! `Code` by modules of their own: `code.mjs` loads a language when it is first needed and gives each run a fresh instance.

use async_trait::async_trait;
use ports::{Code, CodeCall, Error, ErrorKind, Result};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::js::{SendFuture, text};

#[wasm_bindgen(raw_module = "./code.mjs")]
extern "C" {
    #[wasm_bindgen(catch, js_name = run)]
    async fn run_code(
        language: &str,
        source: &str,
        arguments: &str,
    ) -> std::result::Result<JsValue, JsValue>;
}

/// Python and JavaScript, each in a module of its own.
pub(crate) struct Modules;

#[async_trait]
impl Code for Modules {
    async fn run(&self, call: CodeCall) -> Result<String> {
        let returned = SendFuture::new(async {
            let CodeCall {
                language,
                source,
                arguments,
            } = &call;
            run_code(language, source, arguments).await
        });
        match returned.await {
            Ok(returned) => Ok(returned.as_string().unwrap_or_default()),
            // A text is about the code; anything else is a fault of ours or of the runtime.
            Err(error) if error.is_string() => Err(Error::new(ErrorKind::Invalid, text(&error))),
            Err(error) => Err(Error::new(ErrorKind::Unavailable, text(&error))),
        }
    }
}
