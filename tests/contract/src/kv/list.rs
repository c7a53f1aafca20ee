//! Pages in order, both ways.

use ports::Range;

use super::{fill, keys};
use crate::{
    Harness,
    check::{Checked, fresh, same},
};

/// Lists and compares the keys.
async fn check(harness: &Harness, partition: &str, range: Range, want: &[&str]) -> Checked {
    let what = format!("{range:?}");
    let records = harness.platform.kv.list(partition, range).await?;
    same(&what, keys(&records), want.to_vec())
}

fn after(prefix: &str, after: &str) -> Range {
    Range::prefix(prefix, 100).after(Some(after.to_owned()))
}

pub(super) async fn forward(harness: Harness) -> Checked {
    let partition = fresh(&harness.platform, "kv");
    let kv = &*harness.platform.kv;
    fill(kv, &partition, &["d", "b/2", "a", "b/1", "b/3", "c"]).await?;
    let all = ["a", "b/1", "b/2", "b/3", "c", "d"];
    let cases: [(Range, &[&str]); 8] = [
        (Range::prefix("", 100), &all),
        (Range::prefix("", 2), &all[..2]),
        (Range::prefix("", 0), &[]),
        (Range::prefix("b/", 100), &all[1..4]),
        (Range::prefix("b/", 2), &all[1..3]),
        (after("b/", "b/1"), &all[2..4]),
        (after("b/", "b/11"), &all[2..4]),
        (after("", "b/3"), &all[4..]),
    ];
    for (range, want) in cases {
        check(&harness, &partition, range, want).await?;
    }
    Ok(())
}

pub(super) async fn reverse(harness: Harness) -> Checked {
    let partition = fresh(&harness.platform, "kv");
    let kv = &*harness.platform.kv;
    fill(kv, &partition, &["a", "b/1", "b/2", "b/3", "c", "d"]).await?;
    let all = ["d", "c", "b/3", "b/2", "b/1", "a"];
    let cases: [(Range, &[&str]); 8] = [
        (Range::prefix("", 100), &all),
        (Range::prefix("", 2), &all[..2]),
        (Range::prefix("", 0), &[]),
        (Range::prefix("b/", 100), &all[2..5]),
        (Range::prefix("b/", 1), &all[2..3]),
        (after("b/", "b/3"), &all[3..5]),
        (after("b/", "b/20"), &all[3..5]),
        (after("", "b/1"), &all[5..]),
    ];
    for (range, want) in cases {
        check(&harness, &partition, range.reversed(), want).await?;
    }
    Ok(())
}

pub(super) async fn after_outside_the_prefix(harness: Harness) -> Checked {
    let partition = fresh(&harness.platform, "kv");
    fill(&*harness.platform.kv, &partition, &["a", "b/1", "b/2", "c"]).await?;
    let inside: &[&str] = &["b/1", "b/2"];
    for (key, forward) in [
        ("a", true),
        ("", true),
        ("b", true),
        ("c", false),
        ("b0", false),
    ] {
        let want = if forward { inside } else { &[] };
        check(&harness, &partition, after("b/", key), want).await?;
        let want: &[&str] = if forward { &[] } else { &["b/2", "b/1"] };
        check(&harness, &partition, after("b/", key).reversed(), want).await?;
    }
    Ok(())
}

pub(super) async fn prefix_edges(harness: Harness) -> Checked {
    let partition = fresh(&harness.platform, "kv");
    // What follows a prefix in order has to be found without leaving UTF-8: the last character may be the greatest.
    let all = [
        "a",
        "a\u{7f}",
        "a\u{7ff}",
        "a\u{800}",
        "a\u{d7ff}",
        "a\u{e000}",
        "a\u{ffff}",
        "a\u{10ffff}",
        "a\u{10ffff}\u{10ffff}",
        "b",
        "é",
        "éa",
        "日",
        "日本",
        "\u{10ffff}",
        "\u{10ffff}a",
    ];
    fill(&*harness.platform.kv, &partition, &all).await?;
    let cases: [(&str, &[&str]); 9] = [
        ("a", &all[..9]),
        ("a\u{7f}", &all[1..2]),
        ("a\u{7ff}", &all[2..3]),
        ("a\u{d7ff}", &all[4..5]),
        ("a\u{10ffff}", &all[7..9]),
        ("é", &all[10..12]),
        ("日", &all[12..14]),
        ("\u{10ffff}", &all[14..]),
        ("c", &[]),
    ];
    for (prefix, want) in cases {
        check(&harness, &partition, Range::prefix(prefix, 100), want).await?;
        let reversed: Vec<_> = want.iter().rev().copied().collect();
        let range = Range::prefix(prefix, 100).reversed();
        check(&harness, &partition, range, &reversed).await?;
        let last = want.last().copied().unwrap_or(prefix);
        check(&harness, &partition, after(prefix, last), &[]).await?;
    }
    Ok(())
}

pub(super) async fn in_byte_order(harness: Harness) -> Checked {
    let partition = fresh(&harness.platform, "kv");
    // UTF-16 would put the emoji before the full-width tilde; a locale would mix the letters.
    let all = [
        "-", "0", "10", "9", "A", "B", "Z", "_", "a", "b", "z", "~", "Ä", "é", "ß", "ｚ", "～",
        "😀",
    ];
    let mut sorted = all.to_vec();
    sorted.sort_unstable();
    let mut mixed = sorted.clone();
    mixed.rotate_left(7);
    fill(&*harness.platform.kv, &partition, &mixed).await?;
    check(&harness, &partition, Range::prefix("", 100), &sorted).await?;
    check(&harness, &partition, after("", "～"), &["😀"]).await?;
    check(
        &harness,
        &partition,
        after("", "b").reversed(),
        &["a", "_", "Z", "B", "A", "9", "10", "0", "-"],
    )
    .await
}

pub(super) async fn keys_with_wildcards(harness: Harness) -> Checked {
    let partition = fresh(&harness.platform, "kv");
    let all = ["%", "%a", "'", "*", "?", "[a]", "\\", "_", "_x", "a", "ab"];
    fill(&*harness.platform.kv, &partition, &all).await?;
    let cases: [(&str, &[&str]); 7] = [
        ("%", &["%", "%a"]),
        ("_", &["_", "_x"]),
        ("*", &["*"]),
        ("?", &["?"]),
        ("[a]", &["[a]"]),
        ("'", &["'"]),
        ("\\", &["\\"]),
    ];
    for (prefix, want) in cases {
        check(&harness, &partition, Range::prefix(prefix, 100), want).await?;
    }
    Ok(())
}

pub(super) async fn many(harness: Harness) -> Checked {
    let partition = fresh(&harness.platform, "kv");
    let all: Vec<_> = (0..300).map(|i| format!("k/{i:04}")).collect();
    let all: Vec<_> = all.iter().map(String::as_str).collect();
    fill(&*harness.platform.kv, &partition, &all).await?;
    check(&harness, &partition, Range::prefix("k/", 1000), &all).await?;
    let (mut seen, mut last) = (Vec::new(), None);
    loop {
        let range = Range::prefix("k/", 70).reversed().after(last.clone());
        let page = harness.platform.kv.list(&partition, range).await?;
        let Some(record) = page.last() else { break };
        last = Some(record.key.clone());
        seen.extend(page.into_iter().map(|record| record.key));
    }
    let want: Vec<_> = all.iter().rev().map(|key| (*key).to_owned()).collect();
    same("backwards", seen, want)
}
