use serde_json::{Value, json};

use super::{parse, write, write::float};

#[test]
fn reads_what_it_wrote() {
    for text in [
        "",
        " ",
        "plain",
        "two words",
        "y",
        "n",
        "Yes",
        "on",
        "null",
        "~",
        "1",
        "0.1",
        "1e3",
        "2024-01-01",
        "12:30:00",
        "0x1f",
        "0o7",
        "1_000",
        ".5",
        "-",
        "- a",
        "a: b",
        "a #b",
        "#a",
        "a:",
        "{a}",
        "[a]",
        "&a",
        "*a",
        "!a",
        "%a",
        "@a",
        "`a`",
        "'a'",
        "\"a\"",
        "\\",
        "a\nb",
        "a\nb\n",
        "a\nb\n\n\n",
        "\na",
        " a\nb",
        "a\n  b\n c",
        "a\n\n\nb",
        "\n",
        "\n\n",
        "a\r\nb",
        "a\tb",
        "a\n\tb",
        "\ta\nb",
        "a \nb ",
        "a\n \nb",
        "漢字",
        "漢字\nかな",
        "🤖",
        "a\u{85}b",
        "a\u{2028}b",
        "\u{feff}a",
        "a\u{0}b",
        "\u{7f}",
        "{{#context#}}",
        "{{name}}: {{other}}",
        "---",
        "...",
        "--- a",
        "a\n---\nb",
        "a\n...\nb",
        "|",
        ">",
        "é",
        "=",
        "<<",
    ] {
        for value in [
            json!({ "k": text, "z": 1 }),
            json!({ text: { text: [text, [text], { "a": text }] }, "z": text }),
            json!([text, text]),
            json!(text),
        ] {
            let written = write(&value);
            assert_eq!(parse(&written).unwrap(), value, "{text:?}:\n{written}");
        }
    }
    for number in [
        json!(0),
        json!(-1),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(0.7),
        json!(1.0),
        json!(1e21),
        json!(-2.5e-9),
    ] {
        let value = json!({ "n": number, "e": {}, "l": [], "t": true, "nothing": null });
        assert_eq!(parse(&write(&value)).unwrap(), value);
    }
    assert_eq!(float("1e21"), "1.0e+21");
}

#[test]
fn reads_what_others_write() {
    let check = |text: &str, expect: Value| assert_eq!(parse(text).unwrap(), expect, "{text}");
    check(
        "version: 0.3.0\nposition: {x: 1, y: -2.5}",
        json!({ "version": "0.3.0", "position": { "x": 1, "y": -2.5 } }),
    );
    check("version: 0.1", json!({ "version": 0.1 }));
    check(
        "a: >-\n  one\n  two\nb: |\n  x",
        json!({ "a": "one two", "b": "x\n" }),
    );
    check(
        "a: 'it''s'\nb: \"\\u00e9\\n\"",
        json!({ "a": "it's", "b": "é\n" }),
    );
    check("a: &x [1]\nb: *x", json!({ "a": [1], "b": [1] }));
    check("1: a\ntrue: b", json!({ "1": "a", "true": "b" }));
    check("a: y\nb: ~\nc:", json!({ "a": "y", "b": null, "c": null }));
    check("a: 1\na: 2", json!({ "a": 2 }));
    check(
        "{\"a\": [1, {\"b\": null}]}",
        json!({ "a": [1, { "b": null }] }),
    );
    check("a: <<\nb: [<<]", json!({ "a": "<<", "b": ["<<"] }));
    check(
        "x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\nz:\n  <<: [{c: 4}, *x]\n  a: 5",
        json!({
            "x": { "a": 1, "b": 2 }, "y": { "a": 1, "b": 3 }, "z": { "a": 5, "b": 2, "c": 4 },
        }),
    );
    check(
        "a: !!str 1\nb: !!int \"2\"\nc: !own text\nd: ! 3",
        json!({ "a": "1", "b": 2, "c": "text", "d": "3" }),
    );
    check(
        "[0x1F, 0o17, +7, -0, 1e3, .5, 1., 18446744073709551616, inf, .inf, .nan, 1_000, 1.2.3]",
        json!([
            31,
            15,
            7,
            0,
            1000.0,
            0.5,
            1.0,
            18446744073709551616.0,
            "inf",
            ".inf",
            ".nan",
            "1_000",
            "1.2.3"
        ]),
    );
    check("", json!(null));
    check("# nothing", json!(null));
    check("--- 1\n...\n", json!(1));
    check("&k a: 1\n*k : 2", json!({ "a": 2 }));
    for (broken, expect) in [
        ("a: 1\n---\nb: 2", "another document begins at line 2"),
        (
            "a: &a [*a]",
            "inside of what it stands for at line 1 column 8",
        ),
        ("ok: 1\n[1]: 2", "not text at line 2 column 1"),
        ("<<: 1", "takes a map"),
    ] {
        let message = parse(broken).unwrap_err();
        assert!(message.contains(expect), "{message}");
    }
    for broken in ["a: [", "a: b: c", "a: *unknown"] {
        assert!(parse(broken).is_err(), "{broken}");
    }
}

#[test]
fn a_bomb_of_aliases_is_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let inner = format!("*a{}, ", level - 1).repeat(10);
        text += &format!("a{level}: &a{level} [{}]\n", inner.trim_end_matches(", "));
    }
    assert!(parse(&text).is_err());
}
