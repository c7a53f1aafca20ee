//! Llama: token ids in, the logits of the next token out. Weights in 8 bits, activations and cache in f32.
//!
//! Only the weights are rounded, so that the logits are those of the file (`tests/llama.rs` compares them with a
//! reference). What other engines differ in, and what decides whether they agree:
//! - GGUF files of this architecture hold the rows of Q and K in an order for which RoPE turns *neighbouring* numbers
//!   (2i, 2i + 1), not the two halves of a head;
//! - the head's weights are the embedding table's where the file has no `output.weight`;
//! - epsilon and the base of RoPE come from the file (1e-5 and 100,000 in SmolLM2).

mod blocks;
mod load;

use model::Result;

use crate::{
    error::broken,
    math::{
        Cores, Head, Heads, Matrix, Room, View, ViewMut, attend, attend_one, rms_norm, silu_product,
    },
};

pub(crate) use load::Gguf;

/// Tokens of a prompt that are read in one go. The attention of a longer piece would cost memory, and its caller could
/// not be asked in between whether it is still there.
pub(crate) const PIECE: usize = 256;

/// The shape, from the file's metadata.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) width: usize,
    pub(crate) wide: usize,
    pub(crate) layers: usize,
    pub(crate) heads: usize,
    /// Heads of keys and values; each serves `heads / key_heads` heads of queries.
    pub(crate) key_heads: usize,
    pub(crate) context: usize,
    pub(crate) rope_base: f32,
    pub(crate) epsilon: f32,
}

/// The weights.
pub(crate) struct Llama {
    config: Config,
    words: Matrix,
    layers: Vec<Layer>,
    norm: Vec<f32>,
    /// `None`: the embedding table.
    head: Option<Matrix>,
    /// Cosine and sine for each pair of each position.
    rope: Vec<(f32, f32)>,
}

struct Layer {
    attention_norm: Vec<f32>,
    /// Queries, keys and values in one.
    qkv: Matrix,
    output: Matrix,
    wide_norm: Vec<f32>,
    /// Gate and value in one.
    widen: Matrix,
    narrow: Matrix,
}

/// What the model has read so far: keys and values of every token.
#[derive(Default)]
pub(crate) struct Session {
    ids: Vec<u32>,
    layers: Vec<Cache>,
    scratch: Scratch,
}

#[derive(Clone, Default)]
struct Cache {
    keys: Vec<f32>,
    values: Vec<f32>,
}

#[derive(Default)]
struct Scratch {
    x: Vec<f32>,
    normed: Vec<f32>,
    qkv: Vec<f32>,
    context: Vec<f32>,
    delta: Vec<f32>,
    gates: Vec<f32>,
    wide: Vec<f32>,
    scores: Vec<f32>,
    room: Room,
    logits: Vec<f32>,
}

impl Session {
    /// The tokens that were read.
    pub(crate) fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// Forgets all but the first `keep` tokens. Their keys and values go at the next read.
    pub(crate) fn truncate(&mut self, keep: usize) {
        self.ids.truncate(keep);
    }
}

impl Config {
    fn head_width(&self) -> usize {
        self.width / self.heads
    }

    fn key_width(&self) -> usize {
        self.key_heads * self.head_width()
    }
}

impl Llama {
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// Reads at most [`PIECE`] more tokens and gives the logits of the token after them.
    pub(crate) fn read<'s>(&self, session: &'s mut Session, ids: &[u32]) -> Result<&'s [f32]> {
        let Config { width, wide, .. } = self.config;
        let (past, n) = (session.ids.len(), ids.len());
        if n == 0 || n > PIECE || past + n > self.config.context {
            return Err(broken("more tokens than the model has positions for"));
        }
        session.layers.resize(self.layers.len(), Cache::default());
        let Session {
            ids: read,
            layers,
            scratch: s,
        } = session;
        s.x.resize(n * width, 0.0);
        for (row, id) in s.x.chunks_exact_mut(width).zip(ids) {
            self.words
                .row(*id as usize, row)
                .ok_or_else(|| broken("a token without a vector"))?;
        }
        let qkv_width = width + 2 * self.config.key_width();
        s.normed.resize(n * width, 0.0);
        s.qkv.resize(n * qkv_width, 0.0);
        s.context.resize(n * width, 0.0);
        s.delta.resize(n * width, 0.0);
        s.gates.resize(n * 2 * wide, 0.0);
        s.wide.resize(n * wide, 0.0);
        let epsilon = self.config.epsilon;
        for (layer, cache) in self.layers.iter().zip(layers) {
            rms_norm(&s.x, &layer.attention_norm, epsilon, &mut s.normed);
            let all = Cores::All;
            layer.qkv.apply(&s.normed, n, &mut s.qkv, &mut s.room, all);
            self.attention(s, cache, past, n);
            layer
                .output
                .apply(&s.context, n, &mut s.delta, &mut s.room, all);
            add(&mut s.x, &s.delta);
            rms_norm(&s.x, &layer.wide_norm, epsilon, &mut s.normed);
            layer
                .widen
                .apply(&s.normed, n, &mut s.gates, &mut s.room, all);
            silu_product(&s.gates, wide, &mut s.wide);
            layer
                .narrow
                .apply(&s.wide, n, &mut s.delta, &mut s.room, all);
            add(&mut s.x, &s.delta);
        }
        let last = s.x.get((n - 1) * width..).unwrap_or_default();
        s.normed.resize(width, 0.0);
        rms_norm(last, &self.norm, epsilon, &mut s.normed);
        let head = self.head.as_ref().unwrap_or(&self.words);
        s.logits.resize(head.rows(), 0.0);
        head.apply(&s.normed, 1, &mut s.logits, &mut s.room, Cores::All);
        read.extend_from_slice(ids);
        Ok(&s.logits)
    }

    /// From `s.qkv` to `s.context`. Puts the keys and values of the new tokens into the cache.
    fn attention(&self, s: &mut Scratch, cache: &mut Cache, past: usize, n: usize) {
        let Config {
            width,
            heads,
            key_heads,
            ..
        } = self.config;
        let (head, key_width) = (self.config.head_width(), self.config.key_width());
        let row_width = width + 2 * key_width;
        // Tokens that were forgotten, or left by a read that failed midway.
        cache.keys.truncate(past * key_width);
        cache.values.truncate(past * key_width);
        for (i, row) in s.qkv.chunks_exact_mut(row_width).enumerate() {
            let (turned, values) = row.split_at_mut(width + key_width);
            let pairs = head / 2;
            let angles = self.rope.chunks_exact(pairs.max(1)).nth(past + i);
            for part in turned.chunks_exact_mut(head) {
                let (part, _) = part.as_chunks_mut::<2>();
                for ([a, b], (cos, sin)) in part.iter_mut().zip(angles.unwrap_or_default()) {
                    (*a, *b) = (*a * cos - *b * sin, *a * sin + *b * cos);
                }
            }
            cache.keys.extend(turned.iter().skip(width));
            cache.values.extend_from_slice(values);
        }
        let count = past + n;
        if n == 1 {
            let queries = s.qkv.get(..width).unwrap_or_default();
            let shape = Heads {
                width: head,
                shared: heads / key_heads,
                key_width,
            };
            let Cache { keys, values } = cache;
            attend_one(&mut s.context, queries, keys, values, shape, &mut s.scores);
            return;
        }
        for i in 0..heads {
            let start = i / (heads / key_heads) * head;
            let context = s.context.get_mut(i * head..).unwrap_or_default();
            let queries = s.qkv.get(i * head..).unwrap_or_default();
            let keys = cache.keys.get(start..).unwrap_or_default();
            let values = cache.values.get(start..).unwrap_or_default();
            attend(
                ViewMut::new(context, n, head, width),
                Head {
                    queries: View::new(queries, n, head, row_width),
                    keys: View::new(keys, count, head, key_width),
                    values: View::new(values, count, head, key_width),
                },
                |row| past + row + 1,
                &mut s.scores,
                Cores::All,
            );
        }
    }
}

fn add(x: &mut [f32], delta: &[f32]) {
    x.iter_mut().zip(delta).for_each(|(x, d)| *x += d);
}

/// Cosine and sine of position times frequency, for every pair of a head.
fn rope(context: usize, head: usize, base: f32) -> Vec<(f32, f32)> {
    let frequencies: Vec<f64> = (0..head / 2)
        .map(|pair| f64::from(base).powf(-(2.0 * pair as f64) / head as f64))
        .collect();
    (0..context)
        .flat_map(|position| {
            frequencies.iter().map(move |frequency| {
                let (sin, cos) = (position as f64 * frequency).sin_cos();
                (cos as f32, sin as f32)
            })
        })
        .collect()
}
