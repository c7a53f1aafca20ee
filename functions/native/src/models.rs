//! The table of models of this process: local ones, read from the weights folder at their first use, and the dialects
//! by which remote ones are reached.

use std::{
    fs,
    io::Read,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use catalog::{Architecture, LocalModel, Role};
use local::{
    ChatModel, CrossEncoder, EmbedderOptions,
    threaded::{ThreadedEmbedder, ThreadedLlm, ThreadedReranker},
};
use model::{EmbedderInfo, Error, ErrorKind, LlmInfo, Models, RerankerInfo, Result};
use ports::Platform;
use weights::Store;

/// Models of the catalogue whose weights are here, and the defaults whether they are here or not: asking one that is
/// missing says how to get it.
pub fn table(platform: &Platform, store: Store) -> Models {
    let store = Arc::new(store);
    let mut models = Models {
        dialects: gateway::dialects(
            platform.fetch.clone(),
            platform.clock.clone(),
            platform.entropy.clone(),
        ),
        known: catalog::known().into(),
        ..Models::default()
    };
    for model in catalog::LOCAL.iter().copied() {
        let default = model == catalog::default_embedder() || model == catalog::default_llm();
        if !default && !store.has(model) {
            continue;
        }
        match model.architecture {
            Architecture::Bert { .. } => {
                let options = embedder_options(model);
                let embedder = options.map(|options| embedder(model, options, store.clone()));
                models
                    .embedders
                    .extend(embedder.map(|it| Arc::new(it) as _));
            }
            Architecture::Llama => models.llms.push(Arc::new(chat(model, store.clone()))),
            Architecture::BertCrossEncoder => {
                models
                    .rerankers
                    .push(Arc::new(reranker(model, store.clone())));
            }
        }
    }
    models
}

/// How a model of the catalogue embeds; nothing when it is no embedder.
pub fn embedder_options(model: &LocalModel) -> Option<EmbedderOptions> {
    let Architecture::Bert {
        pooling,
        query_prefix,
        document_prefix,
    } = model.architecture
    else {
        return None;
    };
    Some(EmbedderOptions {
        model: model.name.to_owned(),
        max_input_tokens: model.context,
        pooling: match pooling {
            catalog::Pooling::Mean => local::Pooling::Mean,
            catalog::Pooling::Cls => local::Pooling::Cls,
        },
        query_prefix: query_prefix.to_owned(),
        document_prefix: document_prefix.to_owned(),
    })
}

fn embedder(
    model: &'static LocalModel,
    options: EmbedderOptions,
    store: Arc<Store>,
) -> ThreadedEmbedder {
    let info = EmbedderInfo {
        provider: Models::LOCAL.to_owned(),
        model: model.name.to_owned(),
        dimension: model.dimension,
        max_input_tokens: model.context,
        batch: 16,
    };
    ThreadedEmbedder::new(info, move || in_eight_bits(model, &options, &store))
}

/// The embedder in 8 bits: a quarter of the memory, several times as fast. The packed file is made at the first use and
/// kept beside the weights; the next start reads that alone.
fn in_eight_bits(
    model: &LocalModel,
    options: &EmbedderOptions,
    store: &Store,
) -> Result<local::Embedder> {
    let packed = store
        .folder(model)
        .join(concat!("packed-", env!("CARGO_PKG_VERSION"), ".q8"));
    let written = |path: &Path| fs::metadata(path).and_then(|it| it.modified()).ok();
    let weights = store.path(model, Role::Weights).and_then(|it| written(&it));
    // Weights that came later than the packed file make it stale. A damaged one does not load.
    if weights.is_some() && weights <= written(&packed) {
        if let Some(embedder) = fs::File::open(&packed).ok().and_then(loaded) {
            return Ok(embedder);
        }
    }
    let config = read(store, model, Role::Config)?;
    let tokenizer = read(store, model, Role::Tokenizer)?;
    let weights = read(store, model, Role::Weights)?;
    let Ok(file) = local::quantize(options.clone(), &config, &tokenizer, &weights) else {
        // A shape that has no 8-bit form, or files that are broken, which this says.
        return local::Embedder::from_safetensors(options.clone(), &config, &tokenizer, &weights);
    };
    drop(weights);
    let aside = packed.with_extension(format!("{}.new", std::process::id()));
    let kept = fs::write(&aside, &file).and_then(|()| fs::rename(&aside, &packed));
    if let Err(error) = kept {
        // A folder that cannot be written costs time at the next start, nothing else.
        let _absent = fs::remove_file(&aside);
        tracing::debug!(model = model.name, %error, "the packed weights were not kept");
    }
    local::Embedder::from_q8(file.into())
}

/// From a packed file, a piece at a time: it is never in memory beside what is made of it.
fn loaded(mut file: fs::File) -> Option<local::Embedder> {
    let mut loader = local::Loader::new();
    let mut piece = vec![0; 256 << 10];
    loop {
        let read = file.read(&mut piece).ok()?;
        if read == 0 {
            return loader.finish().ok();
        }
        loader.feed(piece.get(..read)?).ok()?;
    }
}

fn reranker(model: &'static LocalModel, store: Arc<Store>) -> ThreadedReranker {
    let info = RerankerInfo {
        provider: Models::LOCAL.to_owned(),
        model: model.name.to_owned(),
    };
    ThreadedReranker::new(info, move || {
        let config = read(&store, model, Role::Config)?;
        let tokenizer = read(&store, model, Role::Tokenizer)?;
        let weights = read(&store, model, Role::Weights)?;
        CrossEncoder::from_safetensors(model.name, model.context, &config, &tokenizer, &weights)
    })
}

/// How long a full prompt may take to read: the window of a local model is what this machine reads in that time.
const PATIENCE: Duration = Duration::from_secs(7);

fn chat(model: &'static LocalModel, store: Arc<Store>) -> ThreadedLlm {
    let expected = LlmInfo {
        provider: Models::LOCAL.to_owned(),
        model: model.name.to_owned(),
        context_window: model.context,
        max_output_tokens: 1024,
        exact_tokens: true,
        vision: false,
        tools: false,
        price: None,
    };
    ThreadedLlm::new(expected, move || {
        let mut chat = ChatModel::from_gguf(model.name, &read(&store, model, Role::Weights)?)?;
        let start = Instant::now();
        let speed = chat.fit(PATIENCE, &|| start.elapsed())?;
        let window = chat.info().context_window;
        tracing::info!(
            model = model.name,
            tokens_per_second = speed,
            window,
            "loaded"
        );
        Ok(chat)
    })
}

/// A file of the model, its hash compared; the error says how to get it.
fn read(store: &Store, model: &LocalModel, role: Role) -> Result<Vec<u8>> {
    store.read(model, role).map_err(|error| {
        let message = format!(
            "the weights of {} cannot be used: {error}. `edgewise models pull {}` gets them",
            model.name, model.name
        );
        Error::new(ErrorKind::NotFound, message)
    })
}
