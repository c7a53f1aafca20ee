//! PDF to text: the text layer in the order of the page's own instructions, which is how nearly every producer
//! writes columns and captions too.
//!
//! Files are hostile here: every loop is bounded by [`Budget`], every unpacked byte is counted.

mod cmap;
mod encoding;
mod font;
mod guard;
mod layout;
mod metrics;
mod page;

use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};

use super::{Extracted, Kind, Limits};
use crate::{Error, ErrorKind, Result};
use guard::Budget;

pub(super) fn extract(name: &str, content: &[u8], limits: &Limits) -> Result<Extracted> {
    let budget = Budget::new(limits);
    guard::check(content, &budget).map_err(|bomb| bomb.told(name, limits))?;
    let pdf = Pdf::new(content.to_vec()).map_err(|error| unreadable(name, error))?;
    let pages = pdf.pages();
    if pages.is_empty() {
        let message = format!("`{name}` is broken: no page could be read from it");
        return Err(Error::new(ErrorKind::Broken, message));
    }
    if pages.len() > limits.pages {
        let message = format!(
            "`{name}` has {} pages; the most accepted here are {}",
            pages.len(),
            limits.pages
        );
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    let mut fonts = font::Fonts::default();
    let mut text = String::new();
    let mut drawn = false;
    for page in pages.iter() {
        let spans =
            page::spans(page, &mut fonts, &budget).map_err(|stop| stop.told(name, limits))?;
        drawn |= page.raw().contains_key("Contents".as_bytes());
        let page = layout::text(&spans);
        if !text.is_empty() && !page.is_empty() {
            text.push_str("\n\n");
        }
        text.push_str(&page);
        if text.len() > limits.text {
            return Err(super::too_much_text(name, limits));
        }
    }
    if !drawn {
        let message = format!("`{name}` is broken: its pages have no content");
        return Err(Error::new(ErrorKind::Broken, message));
    }
    let title = pdf
        .metadata()
        .title
        .as_deref()
        .map(text_string)
        .map(|title| title.trim().to_owned())
        .filter(|title| !title.is_empty());
    Ok(Extracted {
        kind: Kind::Pdf,
        text,
        title,
        pages: Some(pages.len()),
    })
}

fn unreadable(name: &str, error: LoadPdfError) -> Error {
    match error {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => Error::new(
            ErrorKind::Encrypted,
            format!(
                "`{name}` is encrypted with a password; remove the password and upload it again"
            ),
        ),
        LoadPdfError::Decryption(_) => Error::new(
            ErrorKind::Encrypted,
            format!(
                "`{name}` is encrypted in a way that cannot be read; save it without encryption"
            ),
        ),
        LoadPdfError::Invalid => Error::new(
            ErrorKind::Broken,
            format!("`{name}` is broken: it starts like a PDF, but its pages cannot be found"),
        ),
    }
}

/// A PDF text string: UTF-16 or UTF-8 with a mark, else (nearly) Latin-1.
fn text_string(bytes: &[u8]) -> String {
    match encoding_rs::Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding.decode(bytes).0.into_owned(),
        None => encoding_rs::WINDOWS_1252.decode(bytes).0.into_owned(),
    }
}

#[cfg(test)]
mod tests;
