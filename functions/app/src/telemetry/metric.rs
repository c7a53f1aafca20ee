//! Histograms with the buckets that the conventions for models give.

use serde_json::{Value, json};

use super::encode::{Attributes, attributes, nanos, resource};

/// What is measured, and its buckets.
#[derive(Debug, PartialEq)]
pub struct Instrument {
    name: &'static str,
    unit: &'static str,
    bounds: [f64; 14],
}

/// Tokens of a call, with `gen_ai.token.type` (`input`, `output`).
pub const TOKENS: Instrument = Instrument {
    name: "gen_ai.client.token.usage",
    unit: "{token}",
    bounds: [
        1.0,
        4.0,
        16.0,
        64.0,
        256.0,
        1024.0,
        4096.0,
        16384.0,
        65536.0,
        262_144.0,
        1_048_576.0,
        4_194_304.0,
        16_777_216.0,
        67_108_864.0,
    ],
};

/// Seconds of a call, with `error.type` where it failed.
pub const DURATION: Instrument = Instrument {
    name: "gen_ai.client.operation.duration",
    unit: "s",
    bounds: [
        0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
    ],
};

/// What was measured since the last export, with the same attributes.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    instrument: &'static Instrument,
    attributes: Attributes,
    buckets: [u64; 15],
    count: u64,
    sum: f64,
}

impl Histogram {
    /// Nothing so far.
    pub fn new(instrument: &'static Instrument, attributes: Attributes) -> Self {
        Self {
            instrument,
            attributes,
            buckets: [0; 15],
            count: 0,
            sum: 0.0,
        }
    }

    /// Whether nothing was measured.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// One more. A bucket holds what is not above its bound.
    pub fn add(&mut self, value: f64) {
        let place = self.instrument.bounds.partition_point(|it| *it < value);
        if let Some(bucket) = self.buckets.get_mut(place) {
            *bucket += 1;
        }
        self.count += 1;
        self.sum += value;
    }
}

/// The body of a request to `/v1/metrics`: what was measured between two moments, in milliseconds since 1970.
pub fn metrics(service: &str, from: u64, to: u64, histograms: &[Histogram]) -> Value {
    let item = |it: &Histogram| {
        let buckets: Vec<String> = it.buckets.iter().map(u64::to_string).collect();
        let point = json!({
            "attributes": attributes(&it.attributes),
            "startTimeUnixNano": nanos(from),
            "timeUnixNano": nanos(to),
            "count": it.count.to_string(),
            "sum": it.sum,
            "bucketCounts": buckets,
            "explicitBounds": it.instrument.bounds,
        });
        // Temporality 1 is delta: a function that ends has nothing to add up.
        json!({
            "name": it.instrument.name,
            "unit": it.instrument.unit,
            "histogram": { "aggregationTemporality": 1, "dataPoints": [point] },
        })
    };
    let metrics: Vec<Value> = histograms.iter().map(item).collect();
    json!({ "resourceMetrics": [{
        "resource": resource(service),
        "scopeMetrics": [{ "scope": { "name": "edgewise" }, "metrics": metrics }],
    }] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fall_into_buckets() {
        let check = |instrument: &'static Instrument, value: f64, bucket: usize| {
            let mut histogram = Histogram::new(instrument, Vec::new());
            histogram.add(value);
            let got = metrics("edgewise", 1, 2, &[histogram]);
            let metric = &got["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0];
            let point = &metric["histogram"]["dataPoints"][0];
            let mut expect = vec!["0"; 15];
            expect[bucket] = "1";
            assert_eq!(point["bucketCounts"], json!(expect), "{value}");
            assert_eq!(point["count"], "1");
            assert_eq!(point["sum"], value);
            assert_eq!(point["startTimeUnixNano"], "1000000");
            assert_eq!(metric["unit"], instrument.unit);
        };
        check(&TOKENS, 0.0, 0);
        check(&TOKENS, 1.0, 0);
        check(&TOKENS, 2.0, 1);
        check(&TOKENS, 1e9, 14);
        check(&DURATION, 1.28, 7);
        check(&DURATION, 1.381, 8);
    }
}
