//! The embedder whose 8-bit weights are part of the component (feature `weights`).

use std::sync::Arc;

use model::Embedder;

/// The embedder, if this component has one.
#[cfg(not(feature = "weights"))]
pub fn baked() -> Option<Arc<dyn Embedder>> {
    None
}

/// The embedder, if this component has one.
#[cfg(feature = "weights")]
pub fn baked() -> Option<Arc<dyn Embedder>> {
    Some(Arc::new(with_weights::Baked::new()))
}

#[cfg(feature = "weights")]
mod with_weights {
    use std::sync::OnceLock;

    use async_trait::async_trait;
    use bytes::Bytes;
    use model::{
        Embedder, EmbedderInfo, Embeddings, Error, ErrorKind, Models, Purpose, Result, Usage,
    };

    use crate::task;

    /// An 8-bit file (`local::quantize`), used where it lies in the memory of the instance.
    static WEIGHTS: &[u8] = include_bytes!(env!("EDGEWISE_SPIN_WEIGHTS"));

    /// Made by the first request of an instance that embeds: the others do not pay for it.
    static EMBEDDER: OnceLock<Result<local::Embedder, String>> = OnceLock::new();

    pub struct Baked {
        info: EmbedderInfo,
    }

    impl Baked {
        pub fn new() -> Self {
            let model = catalog::default_embedder();
            Self {
                info: EmbedderInfo {
                    provider: Models::LOCAL.to_owned(),
                    model: model.name.to_owned(),
                    dimension: model.dimension,
                    max_input_tokens: model.context,
                    // A batch holds the instance for about a quarter of a second a text.
                    batch: 8,
                },
            }
        }
    }

    fn embedder() -> Result<&'static local::Embedder> {
        let made = EMBEDDER.get_or_init(|| {
            local::Embedder::from_q8(Bytes::from_static(WEIGHTS)).map_err(|error| error.to_string())
        });
        made.as_ref().map_err(|message| {
            let message = format!("the weights in this component cannot be used: {message}");
            Error::new(ErrorKind::Internal, message)
        })
    }

    #[async_trait]
    impl Embedder for Baked {
        fn info(&self) -> &EmbedderInfo {
            &self.info
        }

        async fn embed(&self, texts: &[String], purpose: Purpose) -> Result<Embeddings> {
            let embedder = embedder()?;
            let mut all = Embeddings {
                vectors: Vec::with_capacity(texts.len()),
                usage: Usage::default(),
            };
            for text in texts {
                // Other requests of this instance get their turn between two texts.
                task::yield_now().await;
                let one = embedder.embed_sync(std::slice::from_ref(text), purpose)?;
                all.vectors.extend(one.vectors);
                all.usage.prompt_tokens += one.usage.prompt_tokens;
            }
            Ok(all)
        }

        fn count_tokens(&self, text: &str) -> usize {
            embedder().map_or(text.len().div_ceil(4), |it| it.count_tokens(text))
        }
    }
}
