//! Texts to vectors: tokens, windows, a forward pass for each window, and one vector of length 1.

use std::ops::Range;

use async_trait::async_trait;
use model::{EmbedderInfo, Embeddings, Error, ErrorKind, Purpose, Result, Usage};
use serde::{Deserialize, Serialize};

use crate::{
    bert::{Bert, Config, Scratch},
    error::broken,
    math::{Cores, normalize},
    safetensors::File,
    wordpiece::WordPiece,
};

/// Tokens that two neighbouring windows share, so that no sentence is seen in halves only.
const OVERLAP: usize = 32;

/// How a BERT becomes an embedder; none of it is in its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmbedderOptions {
    /// The name of the model, such as `all-minilm-l6-v2`.
    pub model: String,
    /// Longest input that the model was trained for, in tokens, the two that frame it included.
    pub max_input_tokens: usize,
    /// How token vectors become one.
    pub pooling: Pooling,
    /// Goes before a query.
    pub query_prefix: String,
    /// Goes before a text that shall be found.
    pub document_prefix: String,
}

/// How token vectors become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// Their mean.
    Mean,
    /// That of the first token.
    Cls,
}

impl EmbedderOptions {
    /// Those of `all-minilm-l6-v2`.
    pub fn all_minilm_l6_v2() -> Self {
        Self {
            model: "all-minilm-l6-v2".to_owned(),
            max_input_tokens: 256,
            pooling: Pooling::Mean,
            query_prefix: String::new(),
            document_prefix: String::new(),
        }
    }
}

/// An embedding model in memory.
pub struct Embedder {
    info: EmbedderInfo,
    options: EmbedderOptions,
    vocabulary: WordPiece,
    bert: Bert,
}

impl Embedder {
    /// From the bytes of `config.json`, `tokenizer.json` and `model.safetensors`. None of them is kept.
    pub fn from_safetensors(
        options: EmbedderOptions,
        config: &[u8],
        tokenizer: &[u8],
        weights: &[u8],
    ) -> Result<Self> {
        let config: Config = serde_json::from_slice(config)
            .map_err(|error| broken("config.json").with_source(error))?;
        let vocabulary = WordPiece::from_json(tokenizer)?;
        let bert = Bert::load(config, &mut File::open(weights)?)?;
        Self::new(options, vocabulary, bert)
    }

    pub(crate) fn new(options: EmbedderOptions, vocabulary: WordPiece, bert: Bert) -> Result<Self> {
        let longest = bert.max_tokens().min(options.max_input_tokens);
        let prefixes = [&options.query_prefix, &options.document_prefix];
        let prefix = prefixes.map(|prefix| vocabulary.encode(prefix).len());
        // Room for the frame, a prefix, and windows that move forward.
        if longest < 2 + prefix.into_iter().max().unwrap_or(0) + 2 * OVERLAP {
            return Err(broken("config.json: the input is too short to be of use"));
        }
        let info = EmbedderInfo {
            provider: model::Models::LOCAL.to_owned(),
            model: options.model.clone(),
            dimension: bert.width(),
            max_input_tokens: longest,
            batch: 32,
        };
        Ok(Self {
            info,
            options,
            vocabulary,
            bert,
        })
    }

    /// What it is.
    pub fn info(&self) -> &EmbedderInfo {
        &self.info
    }

    /// Tokens of a text, without the two that frame an input.
    pub fn count_tokens(&self, text: &str) -> usize {
        self.vocabulary.encode(text).len()
    }

    /// The tokens themselves.
    pub fn token_ids(&self, text: &str) -> Vec<u32> {
        self.vocabulary.encode(text)
    }

    /// What [`model::Embedder::embed`] does, on this thread and, if built with threads, on all cores.
    pub fn embed_sync(&self, texts: &[String], purpose: Purpose) -> Result<Embeddings> {
        let mut all = Embeddings {
            vectors: Vec::with_capacity(texts.len()),
            usage: Usage::default(),
        };
        for (vector, tokens) in self.embed_each(texts, purpose)? {
            all.vectors.push(vector);
            all.usage.prompt_tokens += tokens;
        }
        Ok(all)
    }

    /// The same, with the tokens of each text.
    pub(crate) fn embed_each(
        &self,
        texts: &[String],
        purpose: Purpose,
    ) -> Result<Vec<(Vec<f32>, u64)>> {
        let prefix = self.vocabulary.encode(match purpose {
            Purpose::Query => &self.options.query_prefix,
            Purpose::Document => &self.options.document_prefix,
        });
        let mut inputs = Vec::new();
        let mut counts = Vec::with_capacity(texts.len());
        for text in texts {
            let ids = self.vocabulary.encode(text);
            let windows = windows(ids.len(), self.info.max_input_tokens - 2 - prefix.len());
            counts.push((windows.len(), ids.len() as u64));
            inputs.extend(windows.into_iter().map(|window| {
                let body = ids.get(window).unwrap_or_default();
                let mut input = Vec::with_capacity(body.len() + prefix.len() + 2);
                input.push(self.vocabulary.cls);
                input.extend_from_slice(&prefix);
                input.extend_from_slice(body);
                input.push(self.vocabulary.sep);
                input
            }));
        }
        let mut vectors = self.forward(&inputs)?.into_iter().zip(&inputs);
        let vectors = counts.into_iter().map(|(count, tokens)| {
            let mut sum = vec![0.0; self.info.dimension];
            for (vector, input) in vectors.by_ref().take(count) {
                let weight = input.len() as f32;
                sum.iter_mut()
                    .zip(vector)
                    .for_each(|(sum, x)| *sum += weight * x);
            }
            normalize(&mut sum);
            (sum, tokens)
        });
        Ok(vectors.collect())
    }

    /// One unit vector for each input: a single one on all cores, several side by side.
    fn forward(&self, inputs: &[Vec<u32>]) -> Result<Vec<Vec<f32>>> {
        #[cfg(feature = "threads")]
        if inputs.len() > 1 {
            use rayon::prelude::*;
            return inputs
                .par_iter()
                .with_max_len(1)
                .map_init(Scratch::default, |scratch, input| {
                    self.forward_one(input, scratch, Cores::One)
                })
                .collect();
        }
        let mut scratch = Scratch::default();
        let vectors = inputs
            .iter()
            .map(|input| self.forward_one(input, &mut scratch, Cores::All));
        vectors.collect()
    }

    fn forward_one(&self, input: &[u32], scratch: &mut Scratch, cores: Cores) -> Result<Vec<f32>> {
        let width = self.info.dimension;
        let rows = self.bert.forward(input, scratch, cores)?;
        let mut vector = vec![0.0; width];
        let counted = match self.options.pooling {
            Pooling::Mean => input.len(),
            Pooling::Cls => 1,
        };
        for row in rows.chunks_exact(width).take(counted) {
            vector.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        }
        normalize(&mut vector);
        if vector.iter().any(|x| !x.is_finite()) {
            return Err(Error::new(
                ErrorKind::Internal,
                format!("`{}` computed something that is no number", self.info.model),
            ));
        }
        Ok(vector)
    }
}

#[async_trait]
impl model::Embedder for Embedder {
    fn info(&self) -> &EmbedderInfo {
        &self.info
    }

    async fn embed(&self, texts: &[String], purpose: Purpose) -> Result<Embeddings> {
        self.embed_sync(texts, purpose)
    }

    fn count_tokens(&self, text: &str) -> usize {
        Embedder::count_tokens(self, text)
    }
}

/// As few windows of at most `longest` tokens as cover `count` with [`OVERLAP`], all about equally long: a short last
/// one would weigh little and mean little.
pub(crate) fn windows(count: usize, longest: usize) -> Vec<Range<usize>> {
    if count <= longest {
        return std::iter::once(0..count).collect();
    }
    let step = longest.saturating_sub(OVERLAP).max(1);
    let number = (count - OVERLAP).div_ceil(step);
    let length = (count + (number - 1) * OVERLAP).div_ceil(number);
    (0..number)
        .map(|i| {
            let start = i * (count - length) / (number - 1);
            start..start + length
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_cover_everything_and_overlap() {
        for longest in [64, 100, 254] {
            for count in 0..2000 {
                let windows = windows(count, longest);
                assert_eq!(windows.first().map(|window| window.start), Some(0));
                assert_eq!(windows.last().map(|window| window.end), Some(count));
                for pair in windows.windows(2) {
                    let shared = pair[0].end - pair[1].start;
                    assert!(shared >= OVERLAP - 1, "{count} {longest}: {windows:?}");
                }
                assert!(windows.iter().all(|window| window.len() <= longest));
            }
        }
    }
}
