//! A BERT from tensors by name, wherever they come from.

use model::Result;

use super::{Bert, Config, Layer, Linear, Norm};
use crate::math::Matrix;

/// Gives tensors away by name, once each.
pub(crate) trait Tensors {
    /// A matrix of this many columns.
    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Matrix>;

    /// Numbers without a shape.
    fn vector(&mut self, name: &str, len: usize) -> Result<Vec<f32>>;
}

impl Bert {
    /// Takes its tensors out of `from`, by our own names.
    pub(crate) fn load(config: Config, from: &mut impl Tensors) -> Result<Self> {
        config.check()?;
        let (width, wide) = (config.hidden_size, config.intermediate_size);
        let words = from.matrix("words", config.vocab_size, width)?;
        let positions = from.vector("positions", config.max_position_embeddings * width)?;
        let norm = norm(from, "norm", width)?;
        let layers = (0..config.num_hidden_layers)
            .map(|i| {
                Ok(Layer {
                    qkv: linear(from, &format!("{i}.qkv"), 3 * width, width)?,
                    output: linear(from, &format!("{i}.output"), width, width)?,
                    output_norm: self::norm(from, &format!("{i}.output_norm"), width)?,
                    widen: linear(from, &format!("{i}.widen"), wide, width)?,
                    narrow: linear(from, &format!("{i}.narrow"), width, wide)?,
                    narrow_norm: self::norm(from, &format!("{i}.narrow_norm"), width)?,
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            config,
            words,
            positions,
            second: Vec::new(),
            norm,
            layers,
        })
    }

    /// The same for inputs of two parts.
    pub(crate) fn load_pair(config: Config, from: &mut impl Tensors) -> Result<Self> {
        let second = from.vector("second", config.hidden_size)?;
        Ok(Self {
            second,
            ..Self::load(config, from)?
        })
    }
}

fn norm(from: &mut impl Tensors, name: &str, width: usize) -> Result<Norm> {
    Ok(Norm {
        gain: from.vector(&format!("{name}.gain"), width)?,
        shift: from.vector(&format!("{name}.shift"), width)?,
    })
}

fn linear(from: &mut impl Tensors, name: &str, rows: usize, columns: usize) -> Result<Linear> {
    Ok(Linear {
        weight: from.matrix(&format!("{name}.weight"), rows, columns)?,
        bias: from.vector(&format!("{name}.bias"), rows)?,
    })
}
