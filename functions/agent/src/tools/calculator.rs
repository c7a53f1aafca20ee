//! Arithmetic.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use crate::{Tool, tool::text};

/// Evaluates an expression: `+ - * / % ^ ** ( )`, numbers, `pi`, `e` and common functions of one number.
pub struct Calculator;

#[async_trait]
impl Tool for Calculator {
    fn spec(&self) -> model::Tool {
        model::Tool {
            name: "eval_expression".to_owned(),
            description: "Evaluates a mathematical expression, such as `(2 + 3) * sqrt(16)`."
                .to_owned(),
            parameters: json!({
                "type": "object",
                "properties": {"expression": {"type": "string", "description": "The expression."}},
                "required": ["expression"]
            }),
        }
    }

    fn label(&self) -> String {
        "Evaluate Math Expression".to_owned()
    }

    async fn call(&self, arguments: &Map<String, Value>) -> Result<String, String> {
        evaluate(text(arguments, "expression")?).map(|number| number.to_string())
    }
}

/// Longest expression in bytes, and most brackets inside each other.
const LONGEST: usize = 4096;
const DEEPEST: usize = 64;

fn evaluate(expression: &str) -> Result<f64, String> {
    if expression.len() > LONGEST {
        return Err(format!("the expression is longer than {LONGEST} bytes"));
    }
    let mut reader = Reader {
        rest: expression,
        depth: 0,
    };
    let number = reader.sum()?;
    match reader.peek() {
        None if number.is_finite() => Ok(number),
        None => Err("the result is no finite number".to_owned()),
        Some(letter) => Err(format!("`{letter}` is not expected there")),
    }
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn eat(&mut self, what: &str) -> bool {
        self.peek();
        match self.rest.strip_prefix(what) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn sum(&mut self) -> Result<f64, String> {
        let mut left = self.product()?;
        loop {
            if self.eat("+") {
                left += self.product()?;
            } else if self.eat("-") {
                left -= self.product()?;
            } else {
                return Ok(left);
            }
        }
    }

    fn product(&mut self) -> Result<f64, String> {
        let mut left = self.signed()?;
        loop {
            match self.peek() {
                Some('*') if self.eat("*") => left *= self.signed()?,
                Some('/') if self.eat("/") => match self.signed()? {
                    0.0 => return Err("division by zero".to_owned()),
                    right => left /= right,
                },
                Some('%') if self.eat("%") => match self.signed()? {
                    0.0 => return Err("division by zero".to_owned()),
                    right => left = left.rem_euclid(right),
                },
                _ => return Ok(left),
            }
        }
    }

    fn signed(&mut self) -> Result<f64, String> {
        self.deeper(|reader| {
            if reader.eat("-") {
                return reader.signed().map(|number| -number);
            }
            if reader.eat("+") {
                return reader.signed();
            }
            let base = reader.atom()?;
            if reader.eat("**") || reader.eat("^") {
                return reader.signed().map(|exponent| base.powf(exponent));
            }
            Ok(base)
        })
    }

    fn atom(&mut self) -> Result<f64, String> {
        if self.eat("(") {
            let inner = self.sum()?;
            return match self.eat(")") {
                true => Ok(inner),
                false => Err("a `)` is missing".to_owned()),
            };
        }
        let Some(first) = self.peek() else {
            return Err("the expression ends too early".to_owned());
        };
        if first.is_ascii_digit() || first == '.' {
            return self.number();
        }
        let end = self
            .rest
            .find(|letter: char| !letter.is_ascii_alphanumeric());
        let (name, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        match name {
            "" => Err(format!("`{first}` is not expected there")),
            "pi" => Ok(std::f64::consts::PI),
            "e" => Ok(std::f64::consts::E),
            _ => {
                let function = function(name).ok_or_else(|| format!("`{name}` is not known"))?;
                if !self.eat("(") {
                    return Err(format!("`{name}` needs a number in brackets"));
                }
                let inner = self.sum()?;
                match self.eat(")") {
                    true => Ok(function(inner)),
                    false => Err("a `)` is missing".to_owned()),
                }
            }
        }
    }

    fn number(&mut self) -> Result<f64, String> {
        let bytes = self.rest.as_bytes();
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        let mut end = 0;
        while digit(end) || bytes.get(end) == Some(&b'.') {
            end += 1;
        }
        // `2e3` and `2e-3`, but `2e` is 2 and something else.
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let signed = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            if digit(end + 1 + signed) {
                end += 1 + signed;
                while digit(end) {
                    end += 1;
                }
            }
        }
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        text.parse().map_err(|_| format!("`{text}` is no number"))
    }

    fn deeper(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<f64, String>,
    ) -> Result<f64, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("the expression nests deeper than {DEEPEST}"));
        }
        let number = read(self);
        self.depth -= 1;
        number
    }
}

fn function(name: &str) -> Option<fn(f64) -> f64> {
    Some(match name {
        "abs" => f64::abs,
        "ceil" => f64::ceil,
        "cos" => f64::cos,
        "exp" => f64::exp,
        "floor" => f64::floor,
        "ln" | "log" => f64::ln,
        "log10" => f64::log10,
        "log2" => f64::log2,
        "round" => f64::round,
        "sin" => f64::sin,
        "sqrt" => f64::sqrt,
        "tan" => f64::tan,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_evaluated() {
        let check = |expression: &str, expect: Result<f64, &str>| {
            let found = evaluate(expression);
            assert_eq!(
                found.as_ref().map_err(String::as_str),
                expect.as_ref().map_err(|it| *it),
                "{expression}"
            );
        };
        check("1 + 2 * 3", Ok(7.0));
        check("(1 + 2) * 3", Ok(9.0));
        check("-2 ** 2", Ok(-4.0));
        check("2 ^ 3 ^ 2", Ok(512.0));
        check("2 * 3 ** 2", Ok(18.0));
        check("sqrt(16) + abs(-3)", Ok(7.0));
        check("10 % 4 / 2", Ok(1.0));
        check("1.5e2", Ok(150.0));
        check("2e3 - e + e", Ok(2000.0));
        check("1 / 0", Err("division by zero"));
        check("1 +", Err("the expression ends too early"));
        check("(1", Err("a `)` is missing"));
        check("1 1", Err("`1` is not expected there"));
        check("rm(1)", Err("`rm` is not known"));
        check("9 ** 9 ** 9", Err("the result is no finite number"));
        check(&"(".repeat(100), Err("the expression nests deeper than 64"));
        check(
            &"1+".repeat(3000),
            Err("the expression is longer than 4096 bytes"),
        );
    }
}
