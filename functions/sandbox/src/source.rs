//! Code is looked at before a parser recurses into it: boa's has no limit of its own, monty's has.

use crate::{Error, Language, Limit, Limits, Result};

/// Words of JavaScript that take an expression or a statement into themselves.
const TAKES: [&str; 12] = [
    "await", "delete", "do", "else", "for", "if", "new", "return", "typeof", "void", "while",
    "yield",
];

/// Length; and for JavaScript how deep brackets nest and how long a run of operators is, counted generously: what stands in
/// a text counts as well.
pub(crate) fn check(language: Language, code: &str, limits: &Limits) -> Result<()> {
    if code.len() > limits.source {
        let limit = Limit::Source(limits.source);
        return Err(Error::Limit { limit, line: None });
    }
    match language {
        Language::Python => Ok(()),
        Language::JavaScript => nesting(code, limits.nesting),
    }
}

fn nesting(code: &str, most: usize) -> Result<()> {
    let mut line = 1;
    let mut open = Vec::new();
    // Operators since a statement or an item surely ended: `- - - 1`, `a ? b : c ? d`, `if (a) if (b)`.
    let mut chain = 0_usize;
    let mut word = String::new();
    let mut last = ' ';
    for letter in code.chars().chain(['\n']) {
        if letter.is_alphanumeric() || letter == '_' || letter == '$' {
            word.push(letter);
            last = letter;
            continue;
        }
        if TAKES.contains(&word.as_str()) {
            chain += 1;
        }
        word.clear();
        match letter {
            // A line that ends in a name, a text or a `}` is over.
            '\n' => {
                if last.is_alphanumeric() || matches!(last, '_' | '$' | '\'' | '"' | '`' | '}') {
                    chain = 0;
                }
                line += 1;
            }
            '(' | '[' | '{' => open.push(letter),
            ')' | ']' | '}' => {
                open.pop();
            }
            // Those of `for (;;)` end nothing.
            ';' if open.last() == Some(&'(') => {}
            ';' | ',' => chain = 0,
            '.' | '\'' | '"' | '`' => {}
            _ if letter.is_whitespace() => {}
            _ => chain += 1,
        }
        if !letter.is_whitespace() {
            last = letter;
        }
        if open.len() > most || chain > most * 10 {
            let limit = Limit::Nesting(most);
            return Err(Error::Limit {
                limit,
                line: Some(line),
            });
        }
    }
    Ok(())
}
