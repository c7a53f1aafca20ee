//! Attention, head by head, over views into the rows in which queries, keys and values lie.

use super::{Cores, View, ViewMut, ops::softmax, product};
#[cfg(feature = "chat")]
use super::{ops::dot, simd::widest};

/// What one head looks at: a row for each token.
#[derive(Clone, Copy)]
pub(crate) struct Head<'a> {
    /// As many rows as there are tokens that look.
    pub(crate) queries: View<'a>,
    /// As many rows as there are tokens to look at.
    pub(crate) keys: View<'a>,
    /// As many as keys.
    pub(crate) values: View<'a>,
}

/// One head of attention: `out = softmax(queries * keysᵀ / sqrt(width)) * values`. Query `i` sees the first `seen(i)` keys,
/// at least one. `scores` is scratch.
pub(crate) fn attend(
    out: ViewMut<'_>,
    head: Head<'_>,
    seen: impl Fn(usize) -> usize + Sync,
    scores: &mut Vec<f32>,
    cores: Cores,
) {
    let Head {
        queries,
        keys,
        values,
    } = head;
    let (n, count) = (queries.rows(), keys.rows());
    let scale = 1.0 / (queries.columns() as f32).sqrt();
    scores.resize(n * count, 0.0);
    product(
        ViewMut::new(scores, n, count, count),
        queries,
        keys.transposed(),
        scale,
        cores,
    );
    let softmax_row = |(i, row): (usize, &mut [f32])| {
        let (row, hidden) = row.split_at_mut(seen(i).clamp(1, count));
        hidden.fill(0.0);
        softmax(row);
    };
    #[cfg(feature = "threads")]
    if cores == Cores::All && n * count >= 1 << 15 {
        use rayon::prelude::*;
        scores
            .par_chunks_exact_mut(count)
            .with_min_len(8)
            .enumerate()
            .for_each(softmax_row);
    } else {
        scores
            .chunks_exact_mut(count.max(1))
            .enumerate()
            .for_each(softmax_row);
    }
    #[cfg(not(feature = "threads"))]
    scores
        .chunks_exact_mut(count.max(1))
        .enumerate()
        .for_each(softmax_row);
    product(out, View::new(scores, n, count, count), values, 1.0, cores);
}

/// How the heads of one token lie.
#[cfg(feature = "chat")]
#[derive(Clone, Copy)]
pub(crate) struct Heads {
    /// Numbers of a head.
    pub(crate) width: usize,
    /// Heads of queries for one of keys and values.
    pub(crate) shared: usize,
    /// Numbers of all keys, or of all values, of a token.
    pub(crate) key_width: usize,
}

/// All heads of attention of the newest token, which sees every key. Products of single rows are not worth their
/// packing.
#[cfg(feature = "chat")]
pub(crate) fn attend_one(
    out: &mut [f32],
    queries: &[f32],
    keys: &[f32],
    values: &[f32],
    heads: Heads,
    scores: &mut Vec<f32>,
) {
    let Heads {
        width,
        shared,
        key_width,
    } = heads;
    let scale = 1.0 / (width as f32).sqrt();
    scores.resize(keys.len() / key_width.max(1), 0.0);
    let pairs = out
        .chunks_exact_mut(width)
        .zip(queries.chunks_exact(width))
        .enumerate();
    for (i, (out, query)) in pairs {
        let start = i / shared * width;
        let part = start..start + width;
        widest(
            #[inline(always)]
            || {
                for (score, row) in scores.iter_mut().zip(keys.chunks_exact(key_width)) {
                    *score = scale * dot(query, row.get(part.clone()).unwrap_or_default());
                }
            },
        );
        softmax(scores);
        widest(
            #[inline(always)]
            || {
                out.fill(0.0);
                for (score, row) in scores.iter().zip(values.chunks_exact(key_width)) {
                    let row = row.get(part.clone()).unwrap_or_default();
                    out.iter_mut()
                        .zip(row)
                        .for_each(|(out, v)| *out += score * v);
                }
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "chat")]
    #[test]
    fn one_token_is_attended_to_as_many_are() {
        let heads = Heads {
            width: 20,
            shared: 2,
            key_width: 40,
        };
        let (count, all) = (7, 4);
        let numbers =
            |n: usize| -> Vec<f32> { (0..n).map(|i| (i * 31 % 17) as f32 / 9.0).collect() };
        let (queries, keys, values) = (numbers(80), numbers(40 * count), numbers(40 * count + 1));
        let values = &values[1..];
        let mut fast = vec![0.0; 80];
        attend_one(&mut fast, &queries, &keys, values, heads, &mut Vec::new());
        for head in 0..all {
            let start = head / 2 * 20;
            let mut slow = vec![0.0; 20];
            attend(
                ViewMut::new(&mut slow, 1, 20, 20),
                Head {
                    queries: View::new(&queries[head * 20..], 1, 20, 80),
                    keys: View::new(&keys[start..], count, 20, 40),
                    values: View::new(&values[start..], count, 20, 40),
                },
                |_| count,
                &mut Vec::new(),
                Cores::One,
            );
            for (a, b) in fast[head * 20..].iter().zip(slow) {
                assert!((a - b).abs() < 1e-5, "{head}: {a} {b}");
            }
        }
    }

    #[test]
    fn hidden_keys_do_not_count() {
        // Two tokens of width 1; values 1 and 100. The first token sees itself only.
        let (q, k, v) = ([1.0, 1.0], [0.0, 0.0], [1.0, 100.0]);
        let mut out = [0.0; 2];
        let view = |data| View::new(data, 2, 1, 1);
        attend(
            ViewMut::new(&mut out, 2, 1, 1),
            Head {
                queries: view(&q),
                keys: view(&k),
                values: view(&v),
            },
            |i| i + 1,
            &mut Vec::new(),
            Cores::One,
        );
        assert_eq!(out, [1.0, 50.5]);
    }
}
