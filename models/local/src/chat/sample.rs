//! Choosing the next token.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
};

use model::Parameters;

/// What a small model does best with where the request does not say.
const TEMPERATURE: f32 = 0.2;
const TOP_P: f32 = 0.9;

/// Chooses, and remembers what it chose.
pub(crate) struct Sampler {
    temperature: f32,
    top_p: f32,
    presence: f32,
    frequency: f32,
    repetition: f32,
    counts: HashMap<u32, u32>,
    random: u64,
}

impl Sampler {
    /// Without a seed, one that nobody knows.
    pub(crate) fn new(parameters: &Parameters) -> Self {
        let unknown = || RandomState::new().hash_one(0);
        Self {
            temperature: parameters.temperature.unwrap_or(TEMPERATURE).max(0.0),
            top_p: parameters.top_p.unwrap_or(TOP_P).clamp(0.0, 1.0),
            presence: parameters.presence_penalty.unwrap_or(0.0),
            frequency: parameters.frequency_penalty.unwrap_or(0.0),
            repetition: repetition(parameters),
            counts: HashMap::new(),
            random: parameters.seed.unwrap_or_else(unknown),
        }
    }

    /// The next token; `None` if no logit is a number.
    pub(crate) fn pick(&mut self, logits: &[f32]) -> Option<u32> {
        let penalized = |id: u32, logit: f32| match self.counts.get(&id) {
            Some(count) => {
                // Below zero, a larger number is the less likely one.
                let less = match logit > 0.0 {
                    true => logit / self.repetition,
                    false => logit * self.repetition,
                };
                less - self.presence - self.frequency * *count as f32
            }
            None => logit,
        };
        let scored = logits.iter().enumerate().map(|(id, logit)| {
            let id = id as u32;
            (id, penalized(id, *logit))
        });
        // Equal logits: the lower id, so that the order is the same everywhere.
        let best = scored
            .clone()
            .filter(|(_, logit)| !logit.is_nan())
            .reduce(|best, next| if next.1 > best.1 { next } else { best })?;
        let picked = if self.temperature < 1e-3 {
            best.0
        } else {
            // Probabilities relative to the best one. What is below e^-16 of it is never seen: top_p cuts more.
            let temperature = self.temperature;
            let mut likely: Vec<(u32, f32)> = scored
                .map(|(id, logit)| (id, (logit - best.1) / temperature))
                .filter(|(_, x)| *x > -16.0)
                .map(|(id, x)| (id, x.exp()))
                .collect();
            likely.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            self.nucleus(&likely).unwrap_or(best.0)
        };
        *self.counts.entry(picked).or_default() += 1;
        Some(picked)
    }

    /// A random one of the likeliest tokens that together reach `top_p`.
    fn nucleus(&mut self, likely: &[(u32, f32)]) -> Option<u32> {
        let total: f32 = likely.iter().map(|(_, p)| p).sum();
        let mut reached = 0.0;
        let enough = likely.iter().position(|(_, p)| {
            reached += p;
            reached >= self.top_p * total
        });
        let kept = likely.get(..=enough?)?;
        let mut left = self.uniform() * reached;
        for (id, p) in kept {
            left -= p;
            if left < 0.0 {
                return Some(*id);
            }
        }
        kept.last().map(|(id, _)| *id)
    }

    /// SplitMix64 (Steele, Lea, Flood 2014), its upper 24 bits as a number in 0..1.
    fn uniform(&mut self) -> f32 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        (z >> 40) as f32 / (1u32 << 24) as f32
    }
}

/// What divides the logits of tokens that the answer holds already (Keskar and others 2019, section 4.1): 1 leaves them
/// alone. Words of the prompt may be repeated: an answer quotes its passages.
fn repetition(parameters: &Parameters) -> f32 {
    let given = parameters.extra.get("repetition_penalty");
    let given = given.and_then(serde_json::Value::as_f64);
    given.map_or(1.0, |penalty| penalty.clamp(1.0, 2.0) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampler(temperature: f32, top_p: f32, seed: u64) -> Sampler {
        Sampler::new(&Parameters {
            temperature: Some(temperature),
            top_p: Some(top_p),
            seed: Some(seed),
            ..Parameters::default()
        })
    }

    #[test]
    fn zero_temperature_takes_the_best() {
        let mut greedy = sampler(0.0, 1.0, 1);
        assert_eq!(greedy.pick(&[0.0, 3.0, f32::NAN, 3.0]), Some(1));
        assert_eq!(greedy.pick(&[f32::NAN]), None);
    }

    #[test]
    fn the_same_seed_gives_the_same_tokens() {
        let logits: Vec<f32> = (0..50).map(|i| (i % 7) as f32 / 3.0).collect();
        let run = |seed| {
            let mut sampler = sampler(1.0, 1.0, seed);
            (0..40).map(|_| sampler.pick(&logits)).collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
    }

    #[test]
    fn frequencies_follow_the_probabilities_inside_the_nucleus() {
        // Probabilities 0.6, 0.3, 0.1; a nucleus of 0.8 leaves out the last.
        let logits = [0.6f32.ln(), 0.3f32.ln(), 0.1f32.ln()];
        let mut sampler = sampler(1.0, 0.8, 3);
        let mut counts = [0; 3];
        for _ in 0..3000 {
            counts[sampler.pick(&logits).unwrap() as usize] += 1;
        }
        assert_eq!(counts[2], 0);
        assert!((1900..2100).contains(&counts[0]), "{counts:?}");
    }

    #[test]
    fn penalties_push_what_was_said_before_down() {
        let mut sampler = sampler(0.0, 1.0, 1);
        sampler.presence = 1.0;
        assert_eq!(sampler.pick(&[1.0, 0.5]), Some(0));
        assert_eq!(sampler.pick(&[1.0, 0.5]), Some(1));
    }

    #[test]
    fn what_was_said_is_less_likely_to_be_said_again() {
        let check = |penalty: Option<f64>, logits: &[f32], expect: [u32; 2]| {
            let mut parameters = Parameters {
                temperature: Some(0.0),
                ..Parameters::default()
            };
            let penalty = penalty.map(|penalty| ("repetition_penalty".to_owned(), penalty.into()));
            parameters.extra.extend(penalty);
            let mut sampler = Sampler::new(&parameters);
            let picked = [(); 2].map(|()| sampler.pick(logits).unwrap());
            assert_eq!(picked, expect, "{logits:?}");
        };
        check(None, &[1.0, 0.9], [0, 0]);
        check(Some(1.2), &[1.0, 0.9], [0, 1]);
        check(Some(1.2), &[-1.0, -1.1], [0, 1]);
        check(Some(1.05), &[1.0, 0.9], [0, 0]);
        check(Some(0.5), &[1.0, 0.9], [0, 0]);
    }
}
