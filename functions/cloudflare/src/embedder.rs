//! The local embedder: 8-bit weights that are read from the static files at first use and kept while the isolate lives.
//!
//! A stream belongs to the request that opened it, and what one request began another must not await. So the bytes read
//! so far are the isolate's, exactly one request feeds them, and the others look again until the model is there. When
//! the one that feeds is gone, which nobody is told, its file stops growing, and the next one starts over.

use std::{cell::RefCell, rc::Rc, time::Duration};

use async_trait::async_trait;
use js_sys::{Promise, Uint8Array};
use model::{Embedder, EmbedderInfo, Embeddings, Error, ErrorKind, Models, Purpose, Result, Usage};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, Request, Response};
use worker::{Date, Delay, Env};

use crate::js::{SendFuture, SendWrapper, property, text};

/// Under which path the static files have the weights.
const PATH: &str = "https://assets/weights/all-minilm-l6-v2.q8";
/// Bytes of one read. By themselves streams come in pieces of 4 KB.
const PIECE: u32 = 256 << 10;
/// How often a waiting request looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(25);
/// A file that did not grow for this long has lost its reader, in milliseconds.
const LOST_AFTER: u64 = 5_000;
/// A batch holds the isolate for about a quarter of a second a text.
const BATCH: usize = 8;

thread_local! {
    static ISOLATE: RefCell<State> = const { RefCell::new(State::Cold) };
}

/// What the isolate has.
enum State {
    Cold,
    Loading(Loading),
    Warm(Rc<local::Embedder>),
}

/// A file on its way.
struct Loading {
    loader: local::Loader,
    /// Of the request that reads it.
    reader: u64,
    /// When it last grew, in milliseconds.
    grew_at: u64,
}

/// What a request does next.
enum Turn {
    Use(Rc<local::Embedder>),
    Read(u64),
    Wait,
}

/// Decides, and takes the reader's place if it is free.
fn turn(state: &mut State, now: u64) -> Turn {
    let reader = match state {
        State::Warm(embedder) => return Turn::Use(embedder.clone()),
        State::Loading(loading) if now < loading.grew_at + LOST_AFTER => return Turn::Wait,
        State::Loading(lost) => lost.reader + 1,
        State::Cold => 0,
    };
    *state = State::Loading(Loading {
        loader: local::Loader::new(),
        reader,
        grew_at: now,
    });
    Turn::Read(reader)
}

/// Adds a piece; `false` if another request took the reader's place.
fn feed(state: &mut State, reader: u64, piece: &[u8], now: u64) -> Result<bool> {
    match state {
        State::Loading(loading) if loading.reader == reader => {
            loading.loader.feed(piece)?;
            loading.grew_at = now;
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// Ends a file, well or not: a failed one leaves the place to the next request.
fn end(state: &mut State, reader: u64, read: Result<()>) -> Result<()> {
    if !matches!(state, State::Loading(loading) if loading.reader == reader) {
        return read;
    }
    let State::Loading(loading) = std::mem::replace(state, State::Cold) else {
        return read;
    };
    read?;
    *state = State::Warm(Rc::new(loading.loader.finish()?));
    Ok(())
}

fn isolate<T>(f: impl FnOnce(&mut State) -> T) -> T {
    ISOLATE.with_borrow_mut(f)
}

fn now() -> u64 {
    Date::now().as_millis()
}

/// Frees the place of a request that ends in the middle, where it is told.
struct Place(u64);

impl Drop for Place {
    fn drop(&mut self) {
        isolate(|state| {
            if matches!(state, State::Loading(loading) if loading.reader == self.0) {
                *state = State::Cold;
            }
        });
    }
}

/// The embedder of this Worker, loaded or not.
pub(crate) struct LazyEmbedder {
    info: EmbedderInfo,
    env: SendWrapper<Env>,
}

impl LazyEmbedder {
    pub(crate) fn new(env: &Env) -> Self {
        let model = catalog::default_embedder();
        Self {
            info: EmbedderInfo {
                provider: Models::LOCAL.to_owned(),
                model: model.name.to_owned(),
                dimension: model.dimension,
                max_input_tokens: model.context,
                batch: BATCH,
            },
            env: SendWrapper::new(env.clone()),
        }
    }

    async fn loaded(&self) -> Result<Rc<local::Embedder>> {
        loop {
            match isolate(|state| turn(state, now())) {
                Turn::Use(embedder) => return Ok(embedder),
                Turn::Wait => Delay::from(LOOK_AGAIN).await,
                Turn::Read(reader) => {
                    let place = Place(reader);
                    let read = self.read(reader).await;
                    isolate(|state| end(state, reader, read))?;
                    drop(place);
                }
            }
        }
    }

    async fn read(&self, reader: u64) -> Result<()> {
        let failed = |error: JsValue| {
            let message = format!("the weights could not be read: {}", text(&error));
            Error::new(ErrorKind::Unavailable, message)
        };
        let body = self.open().await?;
        let stream = body.byob(&mode()).map_err(failed)?;
        let mut buffer = Uint8Array::new_with_length(PIECE);
        loop {
            let read = JsFuture::from(stream.read_at_least(PIECE, &buffer))
                .await
                .map_err(failed)?;
            let Ok(piece) = property(&read, "value").dyn_into::<Uint8Array>() else {
                return Ok(());
            };
            let goes_on = isolate(|state| feed(state, reader, &piece.to_vec(), now()))?;
            // The last piece comes with its end or before it.
            if !goes_on || property(&read, "done").is_truthy() {
                return Ok(());
            }
            buffer = Uint8Array::new(&piece.buffer());
        }
    }

    async fn open(&self) -> Result<ByteSource> {
        let absent = |why: &str| {
            let message = format!(
                "the weights are not among the static files ({why}); `cargo xtask deploy workers` puts them there"
            );
            Error::new(ErrorKind::NotFound, message)
        };
        let assets: Assets = property(&self.env, "ASSETS").unchecked_into();
        let request = Request::new_with_str(PATH).map_err(|error| absent(&text(&error)))?;
        let response = assets
            .fetch(&request)
            .map_err(|error| absent(&text(&error)))?;
        let response = JsFuture::from(response)
            .await
            .map_err(|error| absent(&text(&error)))?;
        let response: Response = response.unchecked_into();
        let body = response.body().filter(|_| response.ok());
        let body: Option<ReadableStream> = body;
        body.map(JsCast::unchecked_into)
            .ok_or_else(|| absent(&format!("status {}", response.status())))
    }
}

#[wasm_bindgen]
extern "C" {
    /// The binding of the static files.
    type Assets;

    #[wasm_bindgen(method, catch)]
    fn fetch(this: &Assets, request: &Request) -> std::result::Result<Promise, JsValue>;

    /// A stream that fills buffers of the reader.
    type ByteSource;

    #[wasm_bindgen(method, catch, js_name = getReader)]
    fn byob(this: &ByteSource, mode: &JsValue) -> std::result::Result<ByteReader, JsValue>;

    type ByteReader;

    /// workerd's own: comes back when there are that many bytes, or no more.
    #[wasm_bindgen(method, js_name = readAtLeast)]
    fn read_at_least(this: &ByteReader, bytes: u32, into: &Uint8Array) -> Promise;
}

fn mode() -> JsValue {
    let mode = js_sys::Object::new();
    crate::js::set(&mode, "mode", &JsValue::from_str("byob"));
    mode.into()
}

#[async_trait]
impl Embedder for LazyEmbedder {
    fn info(&self) -> &EmbedderInfo {
        &self.info
    }

    async fn embed(&self, texts: &[String], purpose: Purpose) -> Result<Embeddings> {
        let embedder = SendWrapper::new(SendFuture::new(self.loaded()).await?);
        let mut all = Embeddings {
            vectors: Vec::with_capacity(texts.len()),
            usage: Usage::default(),
        };
        for text in texts {
            // The isolate's other requests get their turn between two texts.
            SendFuture::new(Delay::from(Duration::ZERO)).await;
            let one = embedder.embed_sync(std::slice::from_ref(text), purpose)?;
            all.vectors.extend(one.vectors);
            all.usage.prompt_tokens += one.usage.prompt_tokens;
        }
        Ok(all)
    }

    fn count_tokens(&self, text: &str) -> usize {
        isolate(|state| match state {
            State::Warm(embedder) => embedder.count_tokens(text),
            _ => text.len().div_ceil(4),
        })
    }
}
