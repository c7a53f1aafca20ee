//! `allowed_outbound_hosts`: which addresses a component may reach.

use anyhow::{Context, Result, bail, ensure};

/// One `scheme://host[:port]` pattern; `*` stands for any scheme, host or port, `*.example.com` for any name below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedHost {
    scheme: Option<String>,
    host: Host,
    port: Port,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Any,
    /// With its leading dot.
    Below(String),
    Exactly(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Port {
    Any,
    /// The end is exclusive.
    Range(u32, u32),
}

impl AllowedHost {
    /// Reads one entry of the manifest, after variables were put in.
    pub fn parse(text: &str) -> Result<Self> {
        let (scheme, rest) = text
            .trim()
            .split_once("://")
            .with_context(|| format!("`{text}` has no scheme"))?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        ensure!(!rest.contains('/'), "`{text}` has a path");
        // An IPv6 address stands in brackets, with colons of its own.
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port),
            _ => (rest, ""),
        };
        let port = match port {
            "*" => Port::Any,
            "" => match well_known(scheme) {
                Some(port) => Port::Range(port.into(), u32::from(port) + 1),
                None => bail!("`{text}` names no port, and `{scheme}` has no usual one"),
            },
            port => {
                let (from, to) = match port.split_once("..") {
                    Some((from, to)) => (from.parse::<u16>()?.into(), to.parse::<u16>()?.into()),
                    None => {
                        let port: u16 = port
                            .parse()
                            .with_context(|| format!("the port of `{text}` is not a number"))?;
                        (u32::from(port), u32::from(port) + 1)
                    }
                };
                Port::Range(from, to)
            }
        };
        let host = match host {
            "" => bail!("`{text}` has no host"),
            "*" => Host::Any,
            host => match host.strip_prefix('*') {
                Some(suffix) if suffix.starts_with('.') && !suffix.contains('*') => {
                    Host::Below(suffix.to_ascii_lowercase())
                }
                None if !host.contains('*') => Host::Exactly(host.to_ascii_lowercase()),
                _ => bail!("`{text}`: a `*` may only stand for whole names in front"),
            },
        };
        Ok(Self {
            scheme: (scheme != "*").then(|| scheme.to_ascii_lowercase()),
            host,
            port,
        })
    }

    /// Whether a request to this address passes.
    pub fn allows(&self, uri: &http::Uri) -> bool {
        let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else {
            return false;
        };
        let Some(port) = uri.port_u16().or_else(|| well_known(scheme)) else {
            return false;
        };
        let host = host.to_ascii_lowercase();
        self.scheme.as_deref().is_none_or(|s| s == scheme)
            && match &self.host {
                Host::Any => true,
                Host::Below(suffix) => host.ends_with(suffix),
                Host::Exactly(name) => *name == host,
            }
            && match self.port {
                Port::Any => true,
                Port::Range(from, to) => (from..to).contains(&u32::from(port)),
            }
    }
}

fn well_known(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let check = |pattern: &str, uri: &str, expect: bool| {
            let allowed = AllowedHost::parse(pattern).unwrap();
            assert_eq!(
                allowed.allows(&uri.parse().unwrap()),
                expect,
                "{pattern} {uri}"
            );
        };
        check("*://*:*", "http://127.0.0.1:9/x", true);
        check("https://*:443", "https://api.example.com/v1", true);
        check("https://*:443", "http://api.example.com/v1", false);
        check("https://*:443", "https://api.example.com:8443/", false);
        check("https://api.example.com", "https://API.example.com/", true);
        check("https://api.example.com", "https://example.com/", false);
        check("https://*.example.com", "https://a.example.com", true);
        check("https://*.example.com", "https://example.com", false);
        check("https://*.example.com", "https://evilexample.com", false);
        check("http://127.0.0.1:3000..3010", "http://127.0.0.1:3009", true);
        check(
            "http://127.0.0.1:3000..3010",
            "http://127.0.0.1:3010",
            false,
        );
        check("http://[::1]:80", "http://[::1]/", true);
    }

    #[test]
    fn refused_patterns() {
        for pattern in [
            "*",
            "example.com",
            "https://a/b",
            "https://a.*",
            "ftp://a",
            "https://",
        ] {
            assert!(AllowedHost::parse(pattern).is_err(), "{pattern}");
        }
    }
}
