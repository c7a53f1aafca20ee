//! BERT: token ids in, one vector for each token out.
//!
//! No batch dimension and no padding: a text is a matrix of as many rows as it has tokens, and several texts run on
//! several cores. A padded batch would pay for its longest member.

mod load;

pub(crate) use load::Tensors;

use std::collections::BTreeMap;

use model::Result;
use serde::{Deserialize, Serialize};

use crate::{
    error::broken,
    math::{Cores, Head, Matrix, Room, View, ViewMut, add_bias, attend, gelu, layer_norm},
};

/// The shape of a BERT, as in its `config.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Config {
    pub(crate) hidden_size: usize,
    pub(crate) intermediate_size: usize,
    pub(crate) num_attention_heads: usize,
    pub(crate) num_hidden_layers: usize,
    pub(crate) max_position_embeddings: usize,
    pub(crate) vocab_size: usize,
    pub(crate) layer_norm_eps: f32,
    #[serde(default = "absolute")]
    pub(crate) position_embedding_type: String,
    pub(crate) hidden_act: String,
}

fn absolute() -> String {
    "absolute".to_owned()
}

/// The weights.
pub(crate) struct Bert {
    config: Config,
    words: Matrix,
    /// Positions, with the vector of token type 0 added.
    positions: Vec<f32>,
    /// What token type 1 adds to that; empty where no input has a second part.
    second: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
}

struct Norm {
    gain: Vec<f32>,
    shift: Vec<f32>,
}

struct Linear {
    weight: Matrix,
    bias: Vec<f32>,
}

struct Layer {
    /// Queries, keys and values in one: three times the hidden size.
    qkv: Linear,
    output: Linear,
    output_norm: Norm,
    widen: Linear,
    narrow: Linear,
    narrow_norm: Norm,
}

/// The largest inputs of each matrix, without their signs, by name and input.
#[derive(Default)]
pub(crate) struct Peaks(BTreeMap<String, Vec<f32>>);

/// Buffers that one forward pass after another uses.
#[derive(Default)]
pub(crate) struct Scratch {
    x: Vec<f32>,
    qkv: Vec<f32>,
    context: Vec<f32>,
    delta: Vec<f32>,
    wide: Vec<f32>,
    scores: Vec<f32>,
    room: Room,
    /// What a calibration writes down.
    pub(crate) peaks: Option<Peaks>,
}

impl Config {
    /// Refuses what this code would compute wrongly.
    pub(crate) fn check(&self) -> Result<()> {
        let heads = self.num_attention_heads;
        if self.hidden_act != "gelu" || self.position_embedding_type != "absolute" {
            return Err(broken("config.json: not a plain BERT"));
        }
        let limits = heads > 0 && self.hidden_size.is_multiple_of(heads) && self.hidden_size > 0;
        if !limits || self.intermediate_size == 0 || self.vocab_size == 0 {
            return Err(broken("config.json: impossible sizes"));
        }
        Ok(())
    }
}

impl Peaks {
    fn note(&mut self, layer: usize, part: &str, x: &[f32], n: usize) {
        let columns = (x.len() / n.max(1)).max(1);
        let peaks = self.0.entry(format!("{layer}.{part}.weight")).or_default();
        peaks.resize(columns, 0.0);
        for row in x.chunks_exact(columns) {
            let pairs = peaks.iter_mut().zip(row);
            pairs.for_each(|(peak, x)| *peak = peak.max(x.abs()));
        }
    }

    /// Those of a matrix, by the name that [`Tensors::matrix`] gets.
    pub(crate) fn of(&self, name: &str) -> Option<&[f32]> {
        self.0.get(name).map(Vec::as_slice)
    }
}

impl Bert {
    /// Numbers in a token's vector.
    pub(crate) fn width(&self) -> usize {
        self.config.hidden_size
    }

    /// Most tokens of one input.
    pub(crate) fn max_tokens(&self) -> usize {
        self.config.max_position_embeddings
    }

    /// The vectors of `ids`, which are framed already, row after row.
    pub(crate) fn forward<'s>(
        &self,
        ids: &[u32],
        scratch: &'s mut Scratch,
        cores: Cores,
    ) -> Result<&'s [f32]> {
        self.forward_pair(ids, ids.len(), scratch, cores)
    }

    /// The same of two parts; the second one starts at `first`.
    pub(crate) fn forward_pair<'s>(
        &self,
        ids: &[u32],
        first: usize,
        scratch: &'s mut Scratch,
        cores: Cores,
    ) -> Result<&'s [f32]> {
        let (n, width) = (ids.len(), self.width());
        let Scratch {
            x,
            qkv,
            context,
            delta,
            wide,
            scores,
            room,
            peaks,
        } = scratch;
        x.resize(n * width, 0.0);
        let rows = x.chunks_exact_mut(width).zip(ids);
        let mut positions = self.positions.chunks_exact(width);
        for (row, id) in rows {
            let position = positions
                .next()
                .ok_or_else(|| broken("more tokens than positions"))?;
            self.words
                .row(*id as usize, row)
                .ok_or_else(|| broken("a token without a vector"))?;
            row.iter_mut().zip(position).for_each(|(x, p)| *x += p);
        }
        for row in x.chunks_exact_mut(width).skip(first) {
            row.iter_mut().zip(&self.second).for_each(|(x, t)| *x += t);
        }
        self.norm.apply(x, None, self.config.layer_norm_eps);
        for (i, layer) in self.layers.iter().enumerate() {
            let mut note = |part, x: &[f32]| {
                if let Some(peaks) = peaks.as_mut() {
                    peaks.note(i, part, x, n);
                }
            };
            qkv.resize(n * 3 * width, 0.0);
            context.resize(n * width, 0.0);
            delta.resize(n * width, 0.0);
            wide.resize(n * self.config.intermediate_size, 0.0);
            note("qkv", x);
            layer.qkv.weight.apply(x, n, qkv, room, cores);
            add_bias(qkv, &layer.qkv.bias);
            self.attention(qkv, n, context, scores, cores);
            note("output", context);
            layer.output.weight.apply(context, n, delta, room, cores);
            let change = Some((delta.as_slice(), layer.output.bias.as_slice()));
            layer
                .output_norm
                .apply(x, change, self.config.layer_norm_eps);
            note("widen", x);
            layer.widen.weight.apply(x, n, wide, room, cores);
            gelu(wide, &layer.widen.bias);
            note("narrow", wide);
            layer.narrow.weight.apply(wide, n, delta, room, cores);
            let change = Some((delta.as_slice(), layer.narrow.bias.as_slice()));
            layer
                .narrow_norm
                .apply(x, change, self.config.layer_norm_eps);
        }
        Ok(x)
    }

    fn attention(
        &self,
        qkv: &[f32],
        n: usize,
        context: &mut [f32],
        scores: &mut Vec<f32>,
        cores: Cores,
    ) {
        let width = self.width();
        let head = width / self.config.num_attention_heads;
        let view = |start: usize| {
            let from = qkv.get(start..).unwrap_or_default();
            View::new(from, n, head, 3 * width)
        };
        for start in (0..width).step_by(head) {
            attend(
                ViewMut::new(context.get_mut(start..).unwrap_or_default(), n, head, width),
                Head {
                    queries: view(start),
                    keys: view(width + start),
                    values: view(2 * width + start),
                },
                |_| n,
                scores,
                cores,
            );
        }
    }
}

impl Norm {
    fn apply(&self, x: &mut [f32], change: Option<(&[f32], &[f32])>, epsilon: f32) {
        layer_norm(x, change, &self.gain, &self.shift, epsilon);
    }
}
