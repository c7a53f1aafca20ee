//! GGUF's types of 32 numbers with one scale, taken over without rounding. Little-endian throughout:
//! `Q4_0` is f16 scale, 16 bytes; `Q4_1` f16 scale, f16 minimum, 16 bytes; `Q8_0` f16 scale, 32 bytes. The low halves
//! of the 16 bytes are the first 16 numbers, the high halves the rest.

use half::f16;

use crate::math::{BLOCK, Q8};

/// Bytes of two scales' worth of nibbles.
const NIBBLES: usize = BLOCK / 2;

pub(super) fn q4_0(data: &[u8], columns: usize) -> Q8 {
    convert::<18>(data, columns, |block| {
        let ([scale, quants @ ..], []) = block.as_chunks::<2>() else {
            return None;
        };
        // Stored 0..=15, meant -8..=7.
        let quants = halves(quants.as_flattened(), 8)?;
        Some((f16::from_le_bytes(*scale), None, quants))
    })
}

pub(super) fn q4_1(data: &[u8], columns: usize) -> Q8 {
    convert::<20>(data, columns, |block| {
        let ([scale, minimum, quants @ ..], []) = block.as_chunks::<2>() else {
            return None;
        };
        let quants = halves(quants.as_flattened(), 0)?;
        let minimum = f16::from_le_bytes(*minimum);
        Some((f16::from_le_bytes(*scale), Some(minimum), quants))
    })
}

pub(super) fn q8_0(data: &[u8], columns: usize) -> Q8 {
    convert::<34>(data, columns, |block| {
        let ([scale, quants @ ..], []) = block.as_chunks::<2>() else {
            return None;
        };
        let quants = quants.as_flattened().first_chunk()?;
        Some((f16::from_le_bytes(*scale), None, *quants))
    })
}

fn convert<const SIZE: usize>(
    data: &[u8],
    columns: usize,
    read: impl Fn(&[u8; SIZE]) -> Option<(f16, Option<f16>, [u8; BLOCK])>,
) -> Q8 {
    let (blocks, _) = data.as_chunks::<SIZE>();
    let mut q8 = Q8 {
        scales: Vec::with_capacity(blocks.len()),
        columns,
        ..Q8::default()
    };
    let mut quants = Vec::with_capacity(blocks.len() * BLOCK);
    for (scale, offset, block) in blocks.iter().filter_map(read) {
        q8.scales.push(scale.to_f32());
        q8.offsets.extend(offset.map(f16::to_f32));
        quants.extend_from_slice(&block);
    }
    q8.quants = quants.into();
    q8
}

/// 32 numbers out of 16 bytes, less `zero`.
fn halves(bytes: &[u8], zero: u8) -> Option<[u8; BLOCK]> {
    let bytes: &[u8; NIBBLES] = bytes.first_chunk()?;
    let mut out = [0; BLOCK];
    let (low, high) = out.split_at_mut(NIBBLES);
    for ((byte, low), high) in bytes.iter().zip(low).zip(high) {
        *low = (byte & 15).wrapping_sub(zero);
        *high = (byte >> 4).wrapping_sub(zero);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use candle_core::{
        Device, Tensor,
        quantized::{GgmlDType, QTensor},
    };

    use super::*;
    use crate::math::Matrix;

    #[test]
    fn values_are_those_of_candle() {
        let data: Vec<f32> = (0..128)
            .map(|i| (i * 37 % 101) as f32 / 50.0 - 0.7)
            .collect();
        let tensor = Tensor::from_slice(&data, (2, 64), &Device::Cpu).unwrap();
        let check = |kind, read: fn(&[u8], usize) -> Q8| {
            let quantized = QTensor::quantize(&tensor, kind).unwrap();
            let expected = quantized.dequantize(&Device::Cpu).unwrap();
            let expected: Vec<Vec<f32>> = expected.to_vec2().unwrap();
            let ours = Matrix::Q8(read(&quantized.data().unwrap(), 64));
            for (i, expected) in expected.iter().enumerate() {
                let mut row = vec![0.0; 64];
                ours.row(i, &mut row).unwrap();
                for (a, b) in row.iter().zip(expected) {
                    assert!((a - b).abs() < 1e-6, "{kind:?}: {a} {b}");
                }
            }
        };
        check(GgmlDType::Q4_0, q4_0);
        check(GgmlDType::Q4_1, q4_1);
        check(GgmlDType::Q8_0, q8_0);
    }
}
