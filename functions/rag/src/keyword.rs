//! Words of a text, and how like two texts are by their words.

use std::collections::HashMap;

/// The terms of a text, in lower case: runs of letters and digits; of scripts that are written without blanks, pairs of
/// neighbouring characters.
pub fn terms(text: &str) -> Vec<String> {
    let mut terms = Vec::new();
    let mut word = String::new();
    // The last character of a run without blanks, and whether it stands in a pair already.
    let mut last: Option<(char, bool)> = None;
    for c in text.chars().flat_map(char::to_lowercase).chain(Some(' ')) {
        if is_unspaced(c) {
            if !word.is_empty() {
                terms.push(std::mem::take(&mut word));
            }
            if let Some((before, _)) = last {
                terms.push([before, c].iter().collect());
            }
            last = Some((c, last.is_some()));
            continue;
        }
        if let Some((alone, false)) = last {
            terms.push(alone.into());
        }
        last = None;
        if c.is_alphanumeric() {
            word.push(c);
        } else if !word.is_empty() {
            terms.push(std::mem::take(&mut word));
        }
    }
    terms
}

/// Han, kana, Hangul, Thai, Lao, Khmer and Burmese: nothing but a dictionary knows where their words end.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}'
        | '\u{0e00}'..='\u{0eff}' | '\u{1780}'..='\u{17ff}' | '\u{1000}'..='\u{109f}')
}

/// How like each text is to the query by its words, 0 to 1: the cosine of both, with words that are rare among these
/// texts counting more (TF-IDF).
pub fn likeness(query: &str, texts: &[&str]) -> Vec<f32> {
    let count = |text: &str| {
        let mut counts: HashMap<String, f32> = HashMap::new();
        for term in terms(text) {
            *counts.entry(term).or_default() += 1.0;
        }
        counts
    };
    let (query, texts) = (count(query), texts.iter().map(|text| count(text)));
    let texts: Vec<_> = texts.collect();
    let mut within: HashMap<&str, f32> = HashMap::new();
    for term in texts.iter().flat_map(HashMap::keys) {
        *within.entry(term).or_default() += 1.0;
    }
    let number = texts.len() as f32;
    let weight = |term: &str| {
        let within = within.get(term).copied().unwrap_or_default();
        ((1.0 + number) / (1.0 + within)).ln() + 1.0
    };
    // Summed in an order of its own, so that equal texts get equal numbers.
    let weigh = |counts: &HashMap<String, f32>| {
        let mut weighed: Vec<(String, f32)> = counts
            .iter()
            .map(|(term, count)| (term.clone(), count * weight(term)))
            .collect();
        weighed.sort_by(|a, b| a.0.cmp(&b.0));
        weighed
    };
    let length = |weighed: &[(String, f32)]| weighed.iter().map(|(_, x)| x * x).sum::<f32>().sqrt();
    let query = weigh(&query);
    let texts = texts.iter().map(|text| {
        let weighed = weigh(text);
        let product: f32 = query
            .iter()
            .filter_map(|(term, x)| {
                let at = weighed
                    .binary_search_by(|(other, _)| other.cmp(term))
                    .ok()?;
                Some(x * weighed.get(at)?.1)
            })
            .sum();
        let lengths = length(&query) * length(&weighed);
        if lengths > 0.0 {
            (product / lengths).min(1.0)
        } else {
            0.0
        }
    });
    texts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_pairs() {
        let check = |text: &str, expect: &[&str]| assert_eq!(terms(text), expect, "{text}");
        check(
            "The Pump's 2nd lid, DÉJÀ-vu!",
            &["the", "pump", "s", "2nd", "lid", "déjà", "vu"],
        );
        check("东京都 tokyo2020 の", &["东京", "京都", "tokyo2020", "の"]);
        check("abc中文x中", &["abc", "中文", "x", "中"]);
        check(" .,", &[]);
    }

    #[test]
    fn rare_words_count_more() {
        let texts = [
            "the filter of the pump",
            "the lid of the pump",
            "a filter",
            "nothing alike",
            "",
        ];
        let found = likeness("lid of the pump", &texts);
        assert!(found[1] > found[0] && found[0] > 0.0, "{found:?}");
        assert_eq!(found[2..], [0.0, 0.0, 0.0]);
        let same = likeness("the lid of the pump", &texts);
        assert!((same[1] - 1.0).abs() < 1e-5, "{same:?}");
        assert!(likeness("过滤器更换", &["更换过滤器", "盖子"])[0] > 0.5);
        assert!(likeness("x", &[]).is_empty());
    }
}
