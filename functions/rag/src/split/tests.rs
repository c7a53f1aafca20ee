use proptest::prelude::*;

use super::{Chunk, Mode, ProcessRule};
use crate::Result;

/// The contents of the passages.
fn split(text: &str, rule: &ProcessRule, count: &dyn Fn(&str) -> usize) -> Result<Vec<String>> {
    let chunks = super::split(text, rule, count)?;
    Ok(chunks.into_iter().map(|chunk| chunk.content).collect())
}

/// Words and punctuation marks; long words count by their length, like a real tokenizer's.
fn tokens(text: &str) -> usize {
    text.split_whitespace()
        .map(|word| word.chars().count().div_ceil(8))
        .sum()
}

fn characters(text: &str) -> usize {
    text.chars().count()
}

fn custom(separator: &str, max_tokens: i64, overlap: i64) -> ProcessRule {
    serde_json::from_value(serde_json::json!({
        "mode": "custom",
        "rules": {
            "pre_processing_rules": [{"id": "remove_extra_spaces", "enabled": true}],
            "segmentation": {"separator": separator, "max_tokens": max_tokens, "chunk_overlap": overlap},
        },
    }))
    .unwrap()
}

#[test]
fn custom_rules() {
    let check = |separator, text: &str, expect: &[&str]| {
        assert_eq!(
            split(text, &custom(separator, 50, 0), &tokens).unwrap(),
            expect,
            "{text:?}"
        );
    };
    // Parts are not merged, however short they are.
    check("\\n", "one\ntwo\n\nthree ", &["one", "two", "three"]);
    check("\\n\\n", "one\ntwo\n\nthree", &["one\ntwo", "three"]);
    check("###", "a###b######c", &["a", "b", "c"]);
    check("\n", ". left over\n。开头", &["left over", "开头"]);
    check("@@", "all in one", &["all in one"]);
    let long = "word ".repeat(60);
    let chunks = split(&format!("short\n{long}"), &custom("\\n", 50, 0), &tokens).unwrap();
    assert_eq!(
        chunks.iter().map(|chunk| tokens(chunk)).collect::<Vec<_>>(),
        [1, 50, 10]
    );
}

#[test]
fn overlap_repeats_the_end() {
    let text: String = (0..120).map(|n| format!("w{n} ")).collect();
    let chunks = split(&text, &custom("\\n", 50, 10), &tokens).unwrap();
    assert_eq!(chunks.len(), 3);
    assert!(
        chunks[0].ends_with("w48 w49") && chunks[1].starts_with("w40 w41"),
        "{chunks:?}"
    );
    assert!(
        chunks[1].ends_with("w89") && chunks[2].starts_with("w80"),
        "{chunks:?}"
    );
    // Without any separator, too.
    let chunks = split(&"x".repeat(130), &custom("\\n", 50, 10), &characters).unwrap();
    assert_eq!(
        chunks.iter().map(String::len).collect::<Vec<_>>(),
        [50, 50, 50]
    );
}

#[test]
fn automatic() {
    let paragraph =
        |name: &str, words: usize| format!("{name} {}", "word ".repeat(words - 1).trim());
    let text = [
        paragraph("a", 300),
        paragraph("b", 150),
        paragraph("c", 300),
        paragraph("d", 40),
    ]
    .join("\n\n\n\n");
    let chunks = split(&text, &ProcessRule::automatic(), &tokens).unwrap();
    let shape: Vec<_> = chunks
        .iter()
        .map(|chunk| (&chunk[..1], tokens(chunk)))
        .collect();
    assert_eq!(shape, [("a", 450), ("c", 340)]);
    // The last paragraph is short enough to be repeated.
    let text = [paragraph("a", 300), paragraph("b", 40), paragraph("c", 300)].join("\n\n");
    let chunks = split(&text, &ProcessRule::automatic(), &tokens).unwrap();
    assert!(
        chunks[0].starts_with('a') && chunks[1].starts_with("b "),
        "{chunks:?}"
    );
    let sentences = "这是一个完整的句子，用来测试分段。".repeat(60);
    let chunks = split(&sentences, &ProcessRule::automatic(), &characters).unwrap();
    assert!(
        chunks.len() > 1 && chunks.iter().all(|chunk| chunk.ends_with('。')),
        "{chunks:?}"
    );
}

#[test]
fn rules_that_are_refused() {
    let check = |rule: serde_json::Value, message: &str| {
        let rule: ProcessRule = serde_json::from_value(rule).unwrap();
        let error = rule.check().unwrap_err();
        assert_eq!(error.to_string(), message);
    };
    let bounds = "Custom segment length should be between 50 and 4000.";
    for max_tokens in [49, 4001, -1] {
        assert_eq!(
            custom("\n", max_tokens, 0).check().unwrap_err().to_string(),
            bounds
        );
    }
    assert!(custom("\n", 50, 49).check().is_ok() && custom("\n", 4000, 0).check().is_ok());
    let overlap = "Got a larger chunk overlap (50) than chunk size (50), should be smaller.";
    assert_eq!(
        custom("\n", 50, 50).check().unwrap_err().to_string(),
        overlap
    );
    check(
        serde_json::json!({"mode": "custom"}),
        "Process rule rules is required",
    );
    check(
        serde_json::json!({"mode": "custom", "rules": {}}),
        "Process rule pre_processing_rules is required",
    );
    let rules = serde_json::json!({"mode": "custom", "rules": {"pre_processing_rules": []}});
    check(rules, "Process rule segmentation is required");
    let rules = serde_json::json!({"mode": "custom", "rules": {"pre_processing_rules": [], "segmentation": {}}});
    check(rules, "Process rule segmentation max_tokens is required");
    let rule: ProcessRule = serde_json::from_str(r#"{"mode": "automatic"}"#).unwrap();
    assert_eq!(rule.mode, Mode::Automatic);
    assert!(split(" \n\n ", &rule, &tokens).is_err());
}

#[test]
fn parents_have_children() {
    let rule = |more: serde_json::Value| -> ProcessRule {
        let mut rules = serde_json::json!({
            "pre_processing_rules": [],
            "segmentation": {"separator": "\\n\\n", "max_tokens": 100},
            "subchunk_segmentation": {"separator": "\\n", "max_tokens": 50},
        });
        for (key, value) in more.as_object().unwrap() {
            rules[key] = value.clone();
        }
        serde_json::from_value(serde_json::json!({"mode": "hierarchical", "rules": rules})).unwrap()
    };
    let chunk = |content: &str, children: &[&str]| Chunk {
        content: content.to_owned(),
        children: children.iter().map(|child| (*child).to_owned()).collect(),
    };
    let text = "one\ntwo\n\nthree";
    let check = |more: serde_json::Value, expect: &[Chunk]| {
        let made = super::split(text, &rule(more.clone()), &tokens).unwrap();
        assert_eq!(made, expect, "{more}");
    };
    let none = serde_json::json!({});
    check(
        none.clone(),
        &[
            chunk("one\ntwo", &["one", "two"]),
            chunk("three", &["three"]),
        ],
    );
    let whole = serde_json::json!({"parent_mode": "full-doc", "segmentation": null});
    check(whole.clone(), &[chunk(text, &["one", "two", "three"])]);
    // Of a long document the first 10 000 tokens count.
    let long = "word ".repeat(12_000);
    let made = super::split(&long, &rule(whole), &tokens).unwrap();
    assert_eq!(made.len(), 1);
    assert!((9_000..=10_000).contains(&tokens(&made[0].content)));
    assert!(made[0].children.iter().all(|child| tokens(child) <= 50));

    let refused = |more: serde_json::Value, message: &str| {
        assert_eq!(rule(more).check().unwrap_err().to_string(), message);
    };
    let child = |child: serde_json::Value| serde_json::json!({"subchunk_segmentation": child});
    refused(
        child(serde_json::Value::Null),
        "Process rule subchunk_segmentation is required",
    );
    refused(
        child(serde_json::json!({"max_tokens": 50, "chunk_overlap": 26})),
        "Process rule subchunk_segmentation chunk_overlap may be half of its max_tokens at most.",
    );
    refused(
        serde_json::json!({"segmentation": null}),
        "Process rule segmentation is required",
    );
}

/// Letters only: what must not get lost whatever the separators do.
fn letters(text: &str) -> Vec<char> {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_is_lost(text in "([a-zé]{1,12}[ .。\n]{0,3}){1,400}", max_tokens in 50i64..120) {
        let chunks = split(&text, &custom("\\n\\n", max_tokens, 0), &tokens).unwrap();
        prop_assert_eq!(letters(&chunks.concat()), letters(&text));
    }

    #[test]
    fn no_chunk_is_too_long(text in "([a-z文]{1,200}[ .。\n]{0,3}){1,60}", max_tokens in 50i64..90, overlap in 0i64..49) {
        for count in [&tokens as &dyn Fn(&str) -> usize, &characters] {
            for chunk in split(&text, &custom("\\n", max_tokens, overlap), count).unwrap() {
                prop_assert!(count(&chunk) as i64 <= max_tokens, "{} tokens", count(&chunk));
                prop_assert!(!chunk.trim().is_empty());
            }
        }
    }

    #[test]
    fn with_overlap_every_word_is_still_there(words in 1usize..400, overlap in 0i64..40) {
        let text: String = (0..words).map(|n| format!("w{n} ")).collect();
        let chunks = split(&text, &custom("\\n", 50, overlap), &tokens).unwrap();
        let seen: std::collections::BTreeSet<_> = chunks.iter().flat_map(|chunk| chunk.split(' ')).collect();
        prop_assert_eq!(seen.len(), words);
    }
}
