//! Tensors in the names and the layout of a BERT on the hub.

use ::safetensors::{Dtype, SafeTensors};
use half::{bf16, f16};
use model::Result;

use crate::{bert::Tensors, error::broken, math::Matrix};

/// A safetensors file that is looked into.
pub(crate) struct File<'a> {
    tensors: SafeTensors<'a>,
    prefix: &'static str,
}

impl<'a> File<'a> {
    /// Reads the header.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self> {
        let tensors = SafeTensors::deserialize(bytes)
            .map_err(|error| broken("model.safetensors").with_source(error))?;
        // Models with a head of their own keep the encoder under a name.
        let bare = tensors.tensor("embeddings.word_embeddings.weight").is_ok();
        let prefix = if bare { "" } else { "bert." };
        Ok(Self { tensors, prefix })
    }

    fn numbers(&self, name: &str) -> Result<Vec<f32>> {
        self.named(&format!("{}{name}", self.prefix))
    }

    /// The numbers of a tensor by its whole name.
    fn named(&self, name: &str) -> Result<Vec<f32>> {
        let tensor = self
            .tensors
            .tensor(name)
            .map_err(|error| broken(name).with_source(error))?;
        let bytes = tensor.data();
        match tensor.dtype() {
            Dtype::F32 => Ok(bytes
                .as_chunks()
                .0
                .iter()
                .map(|b| f32::from_le_bytes(*b))
                .collect()),
            Dtype::F16 => Ok(bytes
                .as_chunks()
                .0
                .iter()
                .map(|b| f16::from_le_bytes(*b).to_f32())
                .collect()),
            Dtype::BF16 => Ok(bytes
                .as_chunks()
                .0
                .iter()
                .map(|b| bf16::from_le_bytes(*b).to_f32())
                .collect()),
            other => Err(broken(&format!("{name} has numbers of type {other:?}"))),
        }
    }

    /// The hub's names for one of ours. Several are put one under the other.
    fn read(&self, name: &str, len: usize) -> Result<Vec<f32>> {
        let (layer, part) = match name.split_once('.') {
            Some((i, part)) if i.bytes().all(|b| b.is_ascii_digit()) => {
                (format!("encoder.layer.{i}."), part)
            }
            _ => (String::new(), name),
        };
        let (part, kind) = part.rsplit_once('.').unwrap_or((part, ""));
        let kind = match kind {
            "gain" | "weight" => "weight",
            _ => "bias",
        };
        let at = |path: &str| self.numbers(&format!("{layer}{path}.{kind}"));
        let mut numbers = match part {
            "words" => self.numbers("embeddings.word_embeddings.weight")?,
            "positions" => {
                let mut positions = self.numbers("embeddings.position_embeddings.weight")?;
                let types = self.numbers("embeddings.token_type_embeddings.weight")?;
                let width = types.len() / 2;
                let first = types.get(..width).unwrap_or_default();
                for row in positions.chunks_exact_mut(width.max(1)) {
                    row.iter_mut().zip(first).for_each(|(x, t)| *x += t);
                }
                positions
            }
            // What the second token type has more than the first.
            "second" => {
                let types = self.numbers("embeddings.token_type_embeddings.weight")?;
                let (first, second) = types.split_at(types.len() / 2);
                second.iter().zip(first).map(|(b, a)| b - a).collect()
            }
            "norm" => at("embeddings.LayerNorm")?,
            "pooler" => at("pooler.dense")?,
            // A head stands beside the encoder.
            "classifier" => self.named(&format!("classifier.{kind}"))?,
            "qkv" => {
                let mut all = at("attention.self.query")?;
                all.extend(at("attention.self.key")?);
                all.extend(at("attention.self.value")?);
                all
            }
            "output" => at("attention.output.dense")?,
            "output_norm" => at("attention.output.LayerNorm")?,
            "widen" => at("intermediate.dense")?,
            "narrow" => at("output.dense")?,
            "narrow_norm" => at("output.LayerNorm")?,
            _ => return Err(broken(name)),
        };
        if numbers.len() != len {
            return Err(broken(&format!("{name} has {} numbers", numbers.len())));
        }
        numbers.shrink_to_fit();
        Ok(numbers)
    }
}

impl Tensors for File<'_> {
    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Matrix> {
        let data = self.read(name, rows * columns)?;
        Ok(Matrix::F32 { data, columns })
    }

    fn vector(&mut self, name: &str, len: usize) -> Result<Vec<f32>> {
        self.read(name, len)
    }
}
