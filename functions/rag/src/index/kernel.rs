//! Numbers: 8-bit codes, their error bounds, and dot products in forms that the compiler turns into SIMD.

/// A vector in 8 bits a number.
#[derive(Debug, PartialEq)]
pub(super) struct Coded {
    /// -127..=127, as two's complement bytes.
    pub codes: Vec<u8>,
    /// One code step.
    pub scale: f32,
    /// Length of the difference to the exact vector.
    pub error: f32,
}

/// A query in up to 16 bits a number.
pub(super) struct Query {
    numbers: Vec<i16>,
    scale: f32,
    error: f32,
}

/// Scales to unit length; a vector without direction stays as it is.
pub(super) fn normalise(vector: &mut [f32]) {
    let length = vector
        .iter()
        .map(|x| f64::from(*x) * f64::from(*x))
        .sum::<f64>()
        .sqrt();
    if length > 0.0 && length.is_finite() {
        for x in vector {
            *x = (f64::from(*x) / length) as f32;
        }
    }
}

pub(super) fn encode(vector: &[f32]) -> Coded {
    let largest = vector.iter().fold(0f32, |largest, x| largest.max(x.abs()));
    let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
    let code = |x: &f32| (x / scale).round().clamp(-127.0, 127.0) as i8;
    let error = vector.iter().map(|x| x - f32::from(code(x)) * scale);
    Coded {
        error: error.map(|x| x * x).sum::<f32>().sqrt(),
        codes: vector.iter().map(|x| code(x) as u8).collect(),
        scale,
    }
}

impl Query {
    pub(super) fn new(vector: &[f32]) -> Self {
        // The largest number that cannot overflow 32 bits in a sum of this many products.
        let room = i32::MAX / 127 / i32::try_from(vector.len().max(1)).unwrap_or(i32::MAX);
        let most = room.clamp(1, i32::from(i16::MAX)) as f32;
        let largest = vector.iter().fold(0f32, |largest, x| largest.max(x.abs()));
        let scale = if largest > 0.0 { largest / most } else { 1.0 };
        let numbers: Vec<i16> = vector
            .iter()
            .map(|x| (x / scale).round().clamp(-most, most) as i16)
            .collect();
        let error = vector
            .iter()
            .zip(&numbers)
            .map(|(x, n)| x - f32::from(*n) * scale);
        Self {
            error: error.map(|x| x * x).sum::<f32>().sqrt(),
            numbers,
            scale,
        }
    }

    /// The dot product with a coded unit vector, and how far the exact one can be from it (Cauchy-Schwarz, and a
    /// margin for rounding).
    pub(super) fn score(&self, codes: &[u8], scale: f32, error: f32) -> (f32, f32) {
        let score = dot_codes(codes, &self.numbers) as f32 * scale * self.scale;
        (score, error + (1.0 + error) * self.error + 1e-5)
    }
}

/// Written in blocks so that it becomes multiply-add over 16-bit lanes.
fn dot_codes(codes: &[u8], numbers: &[i16]) -> i32 {
    const BLOCK: usize = 32;
    let (code_blocks, number_blocks) = (codes.chunks_exact(BLOCK), numbers.chunks_exact(BLOCK));
    let product = |(code, number): (&u8, &i16)| i32::from(*code as i8) * i32::from(*number);
    let rest: i32 = code_blocks
        .remainder()
        .iter()
        .zip(number_blocks.remainder())
        .map(product)
        .sum();
    let blocks = code_blocks.zip(number_blocks);
    blocks
        .map(|(codes, numbers)| codes.iter().zip(numbers).map(product).sum::<i32>())
        .sum::<i32>()
        + rest
}

/// The exact dot product; the order of its sums is fixed, so the same pair always gives the same number.
pub(super) fn dot(a: &[f32], b: impl Iterator<Item = f32>) -> f32 {
    let mut lanes = [0f32; 8];
    for (at, (x, y)) in a.iter().zip(b).enumerate() {
        if let Some(lane) = lanes.get_mut(at % 8) {
            *lane += x * y;
        }
    }
    lanes.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::tests::vectors;

    #[test]
    fn bounds_hold() {
        for dimension in [1, 7, 32, 100, 384, 1536] {
            let rows = vectors(dimension as u64, 40, dimension);
            let (queries, rows) = rows.split_at(8);
            for query in queries {
                let coded_query = Query::new(query);
                for row in rows {
                    let coded = encode(row);
                    let exact = dot(query, row.iter().copied());
                    let (score, bound) = coded_query.score(&coded.codes, coded.scale, coded.error);
                    assert!(
                        (exact - score).abs() <= bound,
                        "{dimension}: {exact} {score} {bound}"
                    );
                    assert!(dimension < 100 || bound < 0.03, "{dimension}: {bound}");
                }
            }
        }
    }

    #[test]
    fn extremes() {
        let zero = encode(&[0.0; 4]);
        assert_eq!((zero.codes, zero.error), (vec![0; 4], 0.0));
        assert_eq!(encode(&[-1.0, 1.0, 0.5]).codes, [129, 127, 64]);
        let mut none = [0.0; 3];
        normalise(&mut none);
        assert_eq!(none, [0.0; 3]);
        // The largest sum that can occur fits.
        let ones = vec![1.0; 4096];
        let (score, _) = Query::new(&ones).score(&[127; 4096], 1.0 / 127.0, 0.0);
        assert!((score - 4096.0).abs() < 1.0, "{score}");
    }
}
