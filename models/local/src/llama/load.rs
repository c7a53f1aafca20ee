//! A Llama from a GGUF file: every matrix is requantised to 8 bits, whatever it was, since candle has no fast kernels
//! for the 4-bit types with a minimum. Types whose 32 numbers share a scale lose nothing by it: their quants, scales
//! and minima are taken over as they are. Rounding them to Q8_0 instead moved SmolLM2's logits by up to 0.6.

use std::io::Cursor;

use candle_core::{
    Device,
    quantized::{
        GgmlDType,
        gguf_file::{Content, Value},
    },
};
use model::Result;

use super::{Config, Layer, Llama, blocks, rope};
use crate::{
    error::broken,
    math::{BLOCK, Matrix, Q8},
};

/// A GGUF file that is looked into.
pub(crate) struct Gguf<'a> {
    content: Content,
    bytes: &'a [u8],
}

impl<'a> Gguf<'a> {
    /// Reads the header.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self> {
        let content = Content::read(&mut Cursor::new(bytes))
            .map_err(|error| broken("GGUF header").with_source(error))?;
        Ok(Self { content, bytes })
    }

    pub(crate) fn number(&self, key: &str) -> Option<usize> {
        match self.content.metadata.get(key)? {
            Value::U32(n) => Some(*n as usize),
            Value::U64(n) => Some(*n as usize),
            Value::I32(n) => usize::try_from(*n).ok(),
            _ => None,
        }
    }

    pub(crate) fn float(&self, key: &str) -> Option<f32> {
        self.content.metadata.get(key)?.to_f32().ok()
    }

    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        let text = self.content.metadata.get(key)?.to_string().ok()?;
        Some(text.as_str())
    }

    pub(crate) fn texts(&self, key: &str) -> Option<Vec<&str>> {
        let values = self.content.metadata.get(key)?.to_vec().ok()?;
        values
            .iter()
            .map(|value| value.to_string().ok().map(String::as_str))
            .collect()
    }

    pub(crate) fn numbers(&self, key: &str) -> Option<Vec<i64>> {
        let values = self.content.metadata.get(key)?.to_vec().ok()?;
        values
            .iter()
            .map(|value| match value {
                Value::I32(n) => Some(i64::from(*n)),
                Value::U32(n) => Some(i64::from(*n)),
                _ => None,
            })
            .collect()
    }

    fn need(&self, key: &str) -> Result<usize> {
        let number = self.number(key).filter(|n| *n > 0);
        number.ok_or_else(|| broken(&format!("GGUF without {key}")))
    }

    fn config(&self) -> Result<Config> {
        if self.text("general.architecture") != Some("llama") {
            return Err(broken("GGUF of another architecture than llama"));
        }
        let heads = self.need("llama.attention.head_count")?;
        let config = Config {
            width: self.need("llama.embedding_length")?,
            wide: self.need("llama.feed_forward_length")?,
            layers: self.need("llama.block_count")?,
            heads,
            key_heads: self
                .number("llama.attention.head_count_kv")
                .unwrap_or(heads),
            context: self.need("llama.context_length")?,
            rope_base: self.float("llama.rope.freq_base").unwrap_or(10_000.0),
            epsilon: self
                .float("llama.attention.layer_norm_rms_epsilon")
                .unwrap_or(1e-5),
        };
        let head = config.width / heads;
        let turned = self.number("llama.rope.dimension_count").unwrap_or(head);
        let scaled = self.text("llama.rope.scaling.type").unwrap_or("none") != "none"
            || self.content.tensor_infos.contains_key("rope_freqs.weight");
        let fits = config.width.is_multiple_of(heads)
            && config.key_heads > 0
            && heads.is_multiple_of(config.key_heads)
            && head.is_multiple_of(2)
            && turned == head
            && config.width.is_multiple_of(BLOCK)
            && config.wide.is_multiple_of(BLOCK);
        if !fits || scaled || self.content.tensor_infos.contains_key("blk.0.attn_q.bias") {
            return Err(broken("GGUF of a llama with parts that are not supported"));
        }
        Ok(config)
    }

    fn floats(&self, name: &str, len: usize) -> Result<Vec<f32>> {
        let tensor = self
            .content
            .tensor(&mut Cursor::new(self.bytes), name, &Device::Cpu)
            .and_then(|tensor| tensor.dequantize(&Device::Cpu))
            .and_then(|tensor| tensor.flatten_all()?.to_vec1::<f32>())
            .map_err(|error| broken(name).with_source(error))?;
        if tensor.len() != len {
            return Err(broken(&format!("{name} has {} numbers", tensor.len())));
        }
        Ok(tensor)
    }

    /// Several matrices of the same inputs, one under the other.
    fn matrix(&self, parts: &[(String, usize)], columns: usize) -> Result<Matrix> {
        let mut all = Q8 {
            columns,
            ..Q8::default()
        };
        let mut quants = Vec::new();
        for (name, rows) in parts {
            let part = self.quants(name, rows * columns, columns)?;
            // Offsets for all or for none.
            let missing = |q8: &Q8| vec![0.0; q8.scales.len() - q8.offsets.len()];
            if !part.offsets.is_empty() || !all.offsets.is_empty() {
                all.offsets.extend(missing(&all));
                all.offsets.extend_from_slice(&part.offsets);
                all.offsets.extend(missing(&part));
            }
            all.scales.extend_from_slice(&part.scales);
            quants.extend_from_slice(&part.quants);
        }
        all.quants = quants.into();
        Ok(Matrix::Q8(all))
    }

    fn quants(&self, name: &str, len: usize, columns: usize) -> Result<Q8> {
        let tensor = self
            .content
            .tensor(&mut Cursor::new(self.bytes), name, &Device::Cpu)
            .map_err(|error| broken(name).with_source(error))?;
        let data = tensor
            .data()
            .map_err(|error| broken(name).with_source(error))?;
        let q8 = match tensor.dtype() {
            GgmlDType::Q4_0 => blocks::q4_0(&data, columns),
            GgmlDType::Q4_1 => blocks::q4_1(&data, columns),
            GgmlDType::Q8_0 => blocks::q8_0(&data, columns),
            _ => Q8::quantize(&self.floats(name, len)?, columns),
        };
        if q8.quants.len() != len {
            return Err(broken(&format!("{name} has {} numbers", q8.quants.len())));
        }
        Ok(q8)
    }

    fn layer(&self, i: usize, config: &Config) -> Result<Layer> {
        let (width, wide, keys) = (config.width, config.wide, config.key_width());
        let name = |part: &str| format!("blk.{i}.{part}.weight");
        let qkv = [
            (name("attn_q"), width),
            (name("attn_k"), keys),
            (name("attn_v"), keys),
        ];
        let widen = [(name("ffn_gate"), wide), (name("ffn_up"), wide)];
        Ok(Layer {
            attention_norm: self.floats(&name("attn_norm"), width)?,
            qkv: self.matrix(&qkv, width)?,
            output: self.matrix(&[(name("attn_output"), width)], width)?,
            wide_norm: self.floats(&name("ffn_norm"), width)?,
            widen: self.matrix(&widen, width)?,
            narrow: self.matrix(&[(name("ffn_down"), width)], wide)?,
        })
    }
}

impl Llama {
    /// Loads every tensor. `vocabulary` is how many tokens there are.
    pub(crate) fn load(gguf: &Gguf<'_>, vocabulary: usize) -> Result<Self> {
        let config = gguf.config()?;
        let width = config.width;
        let table = |name: &str| gguf.matrix(&[(name.to_owned(), vocabulary)], width);
        let own_head = gguf.content.tensor_infos.contains_key("output.weight");
        let layers = 0..config.layers;
        let layer = |i| gguf.layer(i, &config);
        #[cfg(feature = "threads")]
        let layers: Result<Vec<_>> = {
            use rayon::prelude::*;
            layers.into_par_iter().map(layer).collect()
        };
        #[cfg(not(feature = "threads"))]
        let layers: Result<Vec<_>> = layers.map(layer).collect();
        Ok(Self {
            words: table("token_embd.weight")?,
            layers: layers?,
            norm: gguf.floats("output_norm.weight", width)?,
            head: own_head.then(|| table("output.weight")).transpose()?,
            rope: rope(config.context, config.head_width(), config.rope_base),
            config,
        })
    }
}
