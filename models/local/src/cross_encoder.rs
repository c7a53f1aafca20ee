//! How well texts answer a query: a BERT reads both together, and a head makes one number of it.
//!
//! A text that is longer than the input is read in overlapping windows, and the best of them counts: what answers the
//! query may stand anywhere in it.

use async_trait::async_trait;
use model::{Error, ErrorKind, Models, RerankerInfo, Result};

use crate::{
    bert::{Bert, Config, Scratch, Tensors},
    embedder::windows,
    error::broken,
    math::Cores,
    safetensors::File,
    wordpiece::WordPiece,
};

/// The tokens that frame and part an input: one at the start, one after each part.
const FRAME: usize = 3;

/// A reranking model in memory.
pub struct CrossEncoder {
    info: RerankerInfo,
    vocabulary: WordPiece,
    bert: Bert,
    head: Head,
    longest: usize,
}

/// From the first token's vector to one number.
struct Head {
    /// Row after row, a square.
    pooler: Vec<f32>,
    pooler_bias: Vec<f32>,
    classifier: Vec<f32>,
    classifier_bias: f32,
}

/// A query and a part of a text.
struct Input {
    ids: Vec<u32>,
    /// Where the text starts.
    text: usize,
    /// Of which text.
    of: usize,
}

impl CrossEncoder {
    /// From the bytes of `config.json`, `tokenizer.json` and `model.safetensors`, none of which is kept.
    /// `longest`: the input that the model was trained for, in tokens.
    pub fn from_safetensors(
        model: &str,
        longest: usize,
        config: &[u8],
        tokenizer: &[u8],
        weights: &[u8],
    ) -> Result<Self> {
        let config: Config = serde_json::from_slice(config)
            .map_err(|error| broken("config.json").with_source(error))?;
        let vocabulary = WordPiece::from_json(tokenizer)?;
        let mut file = File::open(weights)?;
        let width = config.hidden_size;
        let bert = Bert::load_pair(config, &mut file)?;
        let longest = longest.min(bert.max_tokens());
        // Half of the input for the query, and windows of the text that move forward.
        if longest < 128 {
            return Err(broken("config.json: the input is too short to be of use"));
        }
        let head = Head {
            pooler: file.vector("pooler.weight", width * width)?,
            pooler_bias: file.vector("pooler.bias", width)?,
            // More than one label means another task: their number is then not that of the width.
            classifier: file.vector("classifier.weight", width)?,
            classifier_bias: file.vector("classifier.bias", 1)?.iter().sum(),
        };
        Ok(Self {
            info: RerankerInfo {
                provider: Models::LOCAL.to_owned(),
                model: model.to_owned(),
            },
            vocabulary,
            bert,
            head,
            longest,
        })
    }

    /// What it is.
    pub fn info(&self) -> &RerankerInfo {
        &self.info
    }

    /// The logit of each text, unbounded: what the model was trained to order by.
    pub fn logits(&self, query: &str, texts: &[String]) -> Result<Vec<f32>> {
        let inputs = self.inputs(query, texts);
        let mut best = vec![f32::NEG_INFINITY; texts.len()];
        for (input, logit) in inputs.iter().zip(self.forward(&inputs)?) {
            if !logit.is_finite() {
                return Err(Error::new(
                    ErrorKind::Internal,
                    format!("`{}` computed something that is no number", self.info.model),
                ));
            }
            if let Some(best) = best.get_mut(input.of) {
                *best = best.max(logit);
            }
        }
        Ok(best)
    }

    /// What [`model::Reranker::rerank`] does, on this thread and, if built with threads, on all cores.
    pub fn rerank_sync(&self, query: &str, texts: &[String]) -> Result<Vec<f32>> {
        let logits = self.logits(query, texts)?;
        Ok(logits.iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect())
    }

    fn inputs(&self, query: &str, texts: &[String]) -> Vec<Input> {
        let mut query = self.vocabulary.encode(query);
        query.truncate(self.longest / 2);
        let room = self.longest - FRAME - query.len();
        let mut inputs = Vec::with_capacity(texts.len());
        for (of, text) in texts.iter().enumerate() {
            let text = self.vocabulary.encode(text);
            for window in windows(text.len(), room) {
                let part = text.get(window).unwrap_or_default();
                let mut ids = Vec::with_capacity(query.len() + part.len() + FRAME);
                ids.push(self.vocabulary.cls);
                ids.extend_from_slice(&query);
                ids.push(self.vocabulary.sep);
                let text = ids.len();
                ids.extend_from_slice(part);
                ids.push(self.vocabulary.sep);
                inputs.push(Input { ids, text, of });
            }
        }
        inputs
    }

    /// One logit for each input: a single one on all cores, several side by side.
    fn forward(&self, inputs: &[Input]) -> Result<Vec<f32>> {
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
        let logits = inputs
            .iter()
            .map(|input| self.forward_one(input, &mut scratch, Cores::All));
        logits.collect()
    }

    fn forward_one(&self, input: &Input, scratch: &mut Scratch, cores: Cores) -> Result<f32> {
        let rows = self
            .bert
            .forward_pair(&input.ids, input.text, scratch, cores)?;
        let first = rows.get(..self.bert.width()).unwrap_or_default();
        Ok(self.head.apply(first))
    }
}

impl Head {
    fn apply(&self, first: &[f32]) -> f32 {
        let rows = self.pooler.chunks_exact(first.len().max(1));
        let pooled = rows
            .zip(&self.pooler_bias)
            .map(|(row, bias)| (dot(row, first) + bias).tanh());
        let sum: f32 = pooled.zip(&self.classifier).map(|(x, w)| x * w).sum();
        sum + self.classifier_bias
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[async_trait]
impl model::Reranker for CrossEncoder {
    fn info(&self) -> &RerankerInfo {
        &self.info
    }

    async fn rerank(&self, query: &str, documents: &[String]) -> Result<Vec<f32>> {
        self.rerank_sync(query, documents)
    }
}
