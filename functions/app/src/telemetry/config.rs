//! The standard variables.

/// What is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Spans.
    Traces,
    /// Histograms.
    Metrics,
}

/// Where to export to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    endpoint: String,
    /// Of every request; values are secrets.
    pub headers: Vec<(String, String)>,
    /// `service.name`.
    pub service: String,
}

impl Config {
    /// The variables.
    pub const NAMES: [&str; 3] = [
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_HEADERS",
        "OTEL_SERVICE_NAME",
    ];

    /// Reads `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_HEADERS` and `OTEL_SERVICE_NAME`; `None` without the
    /// first. A header that has no `=` or a broken `%` is an error that names the variable, never the value.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, String> {
        let text = |name: &str| get(name).unwrap_or_default().trim().to_owned();
        let endpoint = text("OTEL_EXPORTER_OTLP_ENDPOINT");
        if endpoint.is_empty() {
            return Ok(None);
        }
        if !endpoint.starts_with("http://") && !endpoint.starts_with("https://") {
            return Err("OTEL_EXPORTER_OTLP_ENDPOINT must begin with http:// or https://".into());
        }
        let mut headers = Vec::new();
        let given = text("OTEL_EXPORTER_OTLP_HEADERS");
        for (index, pair) in given
            .split(',')
            .filter(|it| !it.trim().is_empty())
            .enumerate()
        {
            let read = pair.split_once('=').and_then(|(name, value)| {
                let name = name.trim();
                Some((name.to_ascii_lowercase(), decode(value.trim())?))
                    .filter(|_| !name.is_empty())
            });
            let wrong = || {
                format!(
                    "OTEL_EXPORTER_OTLP_HEADERS: entry {} is no name=value",
                    index + 1
                )
            };
            headers.push(read.ok_or_else(wrong)?);
        }
        let service = text("OTEL_SERVICE_NAME");
        Ok(Some(Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            headers,
            service: if service.is_empty() {
                "edgewise".to_owned()
            } else {
                service
            },
        }))
    }

    /// The address for a signal.
    pub fn url(&self, signal: Signal) -> String {
        let path = match signal {
            Signal::Traces => "traces",
            Signal::Metrics => "metrics",
        };
        format!("{}/v1/{path}", self.endpoint)
    }
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let byte = match byte {
            b'%' => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
                u8::try_from(high * 16 + low).ok()?
            }
            byte => byte,
        };
        bytes.push(byte);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The address of traces, and the headers.
    type Read<'a> = Option<(&'a str, &'a [(&'a str, &'a str)])>;

    #[test]
    fn variables_are_read() {
        let check = |endpoint: &str, headers: &str, expect: Result<Read<'_>, &str>| {
            let got = Config::read(|name| match name {
                "OTEL_EXPORTER_OTLP_ENDPOINT" => Some(endpoint.to_owned()),
                "OTEL_EXPORTER_OTLP_HEADERS" => Some(headers.to_owned()),
                _ => None,
            });
            let got = got.map(|it| it.map(|it| (it.url(Signal::Traces), it.headers, it.service)));
            let own = |(url, headers): (&str, &[(&str, &str)])| {
                let headers = headers
                    .iter()
                    .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()));
                (url.to_owned(), headers.collect(), "edgewise".to_owned())
            };
            assert_eq!(
                got,
                expect.map(|it| it.map(own)).map_err(str::to_owned),
                "{endpoint} {headers}"
            );
        };
        let url = "http://c:4318/v1/traces";
        check("", "a=b", Ok(None));
        check("http://c:4318", "", Ok(Some((url, &[]))));
        check(
            "http://c:4318/",
            "X-Key=a%20b%3D, y=1=2",
            Ok(Some((url, &[("x-key", "a b="), ("y", "1=2")]))),
        );
        check(
            "c:4318",
            "",
            Err("OTEL_EXPORTER_OTLP_ENDPOINT must begin with http:// or https://"),
        );
        for wrong in ["a=1,secret", "a=1,b=%2", "a=1,=c"] {
            check(
                "http://c",
                wrong,
                Err("OTEL_EXPORTER_OTLP_HEADERS: entry 2 is no name=value"),
            );
        }
    }
}
