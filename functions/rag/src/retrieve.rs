//! From rows near a question to the passages that are shown: what each score is made of, the cut, the threshold.

use std::collections::HashMap;

use crate::{
    Result,
    index::{Index, Manifest, RowId},
};

/// A row that may answer the question.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Which row.
    pub id: RowId,
    /// What it is ordered by, and compared with the threshold.
    pub score: f32,
    /// Where that comes from.
    pub scores: Scores,
    /// Which of the row's vectors are near, and how near; the nearest first.
    pub parts: Vec<(u32, f32)>,
}

/// The parts of a score; `None` for what was not asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scores {
    /// Cosine of the embeddings.
    pub semantic: Option<f32>,
    /// Likeness of the words, 0 to 1.
    pub keyword: Option<f32>,
    /// What a reranking model gave, 0 to 1.
    pub reranking: Option<f32>,
}

/// The `count` hits nearest in meaning, best first. A passage may have several rows, one for each of its windows: the
/// nearest of them counts.
pub async fn semantic(
    index: &Index<'_>,
    manifest: &Manifest,
    query: &[f32],
    count: usize,
) -> Result<Vec<Hit>> {
    let mut ask = count.saturating_mul(4);
    loop {
        let found = index.search(manifest, query, ask).await?;
        let all = found.len() < ask;
        let mut hits: Vec<Hit> = Vec::new();
        let mut places = HashMap::new();
        for found in found {
            let place = *places.entry(found.id).or_insert(hits.len());
            match hits.get_mut(place) {
                Some(hit) => hit.parts.push((found.part, found.score)),
                None => hits.push(Hit {
                    id: found.id,
                    score: found.score,
                    scores: Scores {
                        semantic: Some(found.score),
                        ..Scores::default()
                    },
                    parts: vec![(found.part, found.score)],
                }),
            }
        }
        if all || hits.len() >= count {
            hits.truncate(count);
            return Ok(hits);
        }
        ask = ask.saturating_mul(2);
    }
}

/// Orders by score, keeps `top_k`, and only then drops what is below the threshold: the threshold never lets a worse
/// hit in.
pub fn select<T>(
    mut hits: Vec<T>,
    score: impl Fn(&T) -> f32,
    top_k: usize,
    threshold: Option<f32>,
) -> Vec<T> {
    hits.sort_by(|a, b| score(b).total_cmp(&score(a)));
    hits.truncate(top_k);
    if let Some(threshold) = threshold {
        hits.retain(|hit| score(hit) >= threshold);
    }
    hits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(scores: &[f32], top_k: usize, threshold: Option<f32>, expect: &[f32]) {
        assert_eq!(
            select(scores.to_vec(), |score| *score, top_k, threshold),
            expect
        );
    }

    #[test]
    fn cut_then_threshold() {
        check(&[0.2, 0.9, 0.5], 2, None, &[0.9, 0.5]);
        check(&[0.2, 0.9, 0.5], 2, Some(0.5), &[0.9, 0.5]);
        check(&[0.2, 0.9, 0.5], 3, Some(0.6), &[0.9]);
        check(&[0.2], 3, Some(0.6), &[]);
        check(&[0.2], 0, None, &[]);
    }
}
