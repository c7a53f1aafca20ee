//! What an answer cost, in the public API's shape: counts, prices as decimal text, times in seconds.

use std::time::Duration;

use model::Price;
use serde::{Deserialize, Serialize};

/// Usage and its price.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Read.
    pub prompt_tokens: u64,
    /// For `prompt_price_unit` tokens.
    pub prompt_unit_price: String,
    /// Such as `0.000001`: the price is for a million.
    pub prompt_price_unit: String,
    /// Money.
    pub prompt_price: String,
    /// Written.
    pub completion_tokens: u64,
    /// For `completion_price_unit` tokens.
    pub completion_unit_price: String,
    /// As above.
    pub completion_price_unit: String,
    /// Money.
    pub completion_price: String,
    /// Read and written.
    pub total_tokens: u64,
    /// Money.
    pub total_price: String,
    /// ISO 4217.
    pub currency: String,
    /// From the request to the end, in seconds.
    pub latency: f64,
    /// From the request to the first words, in seconds.
    pub time_to_first_token: Option<f64>,
    /// From the first words to the end, in seconds.
    pub time_to_generate: Option<f64>,
    /// The provider did not say, or was stopped before it could: the tokens are counted on this side.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimated: bool,
}

/// Decimals of money.
const DECIMALS: u32 = 7;

impl Usage {
    /// Tokens at a price, and times since the request.
    pub fn new(
        tokens: model::Usage,
        price: Option<&Price>,
        first: Option<Duration>,
        end: Duration,
    ) -> Self {
        let none = || "0.0".to_owned();
        let cost = |tokens: u64, unit_price: &str, unit: &str| {
            product(tokens, &[unit_price, unit]).unwrap_or_default()
        };
        let prompt = price.map(|price| cost(tokens.prompt_tokens, &price.input, &price.unit));
        let completion =
            price.map(|price| cost(tokens.completion_tokens, &price.output, &price.unit));
        let total = prompt
            .zip(completion)
            .map(|(prompt, completion)| prompt + completion);
        let seconds = |time: Duration| time.as_millis() as f64 / 1000.0;
        Self {
            prompt_tokens: tokens.prompt_tokens,
            prompt_unit_price: price.map_or_else(none, |price| price.input.clone()),
            prompt_price_unit: price.map_or_else(none, |price| price.unit.clone()),
            prompt_price: prompt.map_or_else(none, money),
            completion_tokens: tokens.completion_tokens,
            completion_unit_price: price.map_or_else(none, |price| price.output.clone()),
            completion_price_unit: price.map_or_else(none, |price| price.unit.clone()),
            completion_price: completion.map_or_else(none, money),
            total_tokens: tokens.total_tokens(),
            total_price: total.map_or_else(none, money),
            currency: price.map_or_else(|| "USD".to_owned(), |price| price.currency.clone()),
            latency: seconds(end),
            time_to_first_token: first.map(seconds),
            time_to_generate: first.map(|first| seconds(end.saturating_sub(first))),
            estimated: tokens.estimated,
        }
    }
}

/// `count` times the factors, in units of 10^-[`DECIMALS`], rounded half up. `None` for what is no decimal number.
fn product(count: u64, factors: &[&str]) -> Option<i128> {
    let mut mantissa = i128::from(count);
    let mut scale = 0;
    for factor in factors {
        let (whole, fraction) = factor.trim().split_once('.').unwrap_or((factor.trim(), ""));
        let digits = format!("{whole}{fraction}");
        mantissa = mantissa.checked_mul(digits.parse().ok()?)?;
        scale += u32::try_from(fraction.len()).ok()?;
    }
    match scale.checked_sub(DECIMALS) {
        Some(surplus) => {
            let unit = 10i128.checked_pow(surplus)?;
            Some((mantissa + unit / 2) / unit)
        }
        None => mantissa.checked_mul(10i128.pow(DECIMALS - scale)),
    }
}

fn money(units: i128) -> String {
    let one = 10i128.pow(DECIMALS);
    format!("{}.{:07}", units / one, units % one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_exact() {
        let check = |tokens: u64, price: &str, unit: &str, expect: Option<&str>| {
            assert_eq!(
                product(tokens, &[price, unit]).map(money).as_deref(),
                expect,
                "{tokens} x {price} x {unit}"
            );
        };
        check(1033, "0.001", "0.001", Some("0.0010330"));
        check(1_000_000, "2.50", "0.000001", Some("2.5000000"));
        check(1, "0.15", "0.000001", Some("0.0000002")); // half up
        check(1, "0.14", "0.000001", Some("0.0000001"));
        check(3, "10", "1", Some("30.0000000"));
        check(0, "10", "1", Some("0.0000000"));
        check(1, "free", "1", None);
    }

    #[test]
    fn in_the_public_shape() {
        let tokens = model::Usage {
            prompt_tokens: 1033,
            completion_tokens: 135,
            estimated: false,
        };
        let text = |text: &str| text.to_owned();
        let price = Price {
            input: text("0.001"),
            output: text("0.002"),
            unit: text("0.001"),
            currency: text("USD"),
        };
        let (first, end) = (Duration::from_millis(500), Duration::from_millis(1381));
        let usage = Usage::new(tokens, Some(&price), Some(first), end);
        let expect = serde_json::json!({
            "prompt_tokens": 1033, "prompt_unit_price": "0.001", "prompt_price_unit": "0.001", "prompt_price": "0.0010330",
            "completion_tokens": 135, "completion_unit_price": "0.002", "completion_price_unit": "0.001",
            "completion_price": "0.0002700", "total_tokens": 1168, "total_price": "0.0013030", "currency": "USD",
            "latency": 1.381, "time_to_first_token": 0.5, "time_to_generate": 0.881
        });
        assert_eq!(serde_json::to_value(usage).unwrap(), expect);
    }
}
