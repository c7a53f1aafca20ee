//! A file that lies at an address.

use std::time::Duration;

use ports::{
    ErrorKind,
    outgoing::{self, GetLimits},
};

use crate::Context;

/// Largest file.
pub(super) const FILE_BYTES: usize = 10 << 20;
const LIMITS: GetLimits = GetLimits {
    bytes: FILE_BYTES,
    redirects: 3,
    time: Duration::from_secs(30),
};

/// The text at a public address; the message is for people.
pub(super) async fn fetch(ctx: &Context, address: &str) -> Result<String, String> {
    let address = raw(address);
    let platform = &ctx.platform;
    let got = outgoing::get(
        platform.fetch.as_ref(),
        platform.clock.as_ref(),
        &address,
        concat!("edgewise/", env!("CARGO_PKG_VERSION")),
        LIMITS,
    )
    .await
    .map_err(|error| match error.kind() {
        ErrorKind::TooLarge => "File size exceeds the limit of 10MB".to_owned(),
        _ => format!("Failed to fetch {address}: {error}"),
    })?;
    if !got.status().is_success() {
        let status = got.status().as_u16();
        return Err(format!("Failed to fetch {address}: status {status}"));
    }
    String::from_utf8(got.into_body().into()).map_err(|_| "The file is not UTF-8.".to_owned())
}

/// A page of GitHub that shows a file becomes the file.
fn raw(address: &str) -> String {
    let parts = || {
        let path = address.strip_prefix("https://github.com/")?;
        let (repository, file) = path.split_once("/blob/")?;
        let yaml = file.ends_with(".yml") || file.ends_with(".yaml");
        yaml.then(|| format!("https://raw.githubusercontent.com/{repository}/{file}"))
    };
    parts().unwrap_or_else(|| address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(
            raw("https://github.com/o/r/blob/main/a/b.yml"),
            "https://raw.githubusercontent.com/o/r/main/a/b.yml"
        );
        assert_eq!(
            raw("https://github.com/o/r/blob/main/a.txt"),
            "https://github.com/o/r/blob/main/a.txt"
        );
    }
}
