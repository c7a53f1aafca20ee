//! An embedder out of a stream: a Worker cannot hold a file and a model at once.

use bytes::Bytes;
use model::Result;

use super::{CHECK, Check, Header, PREAMBLE, preamble};
use crate::{Embedder, error::broken};

/// Takes an 8-bit file in pieces of any size. At any time it holds what has arrived and nothing twice.
pub struct Loader {
    at: At,
    /// Of the current section.
    buffer: Vec<u8>,
    check: Check,
    done: Vec<Bytes>,
}

enum At {
    Preamble,
    Header(usize),
    /// Bytes of every section, and which one it is.
    Section(Header, Vec<usize>, usize),
    Check(Header),
    End(Header),
}

impl Default for Loader {
    fn default() -> Self {
        Self::new()
    }
}

impl Loader {
    /// At the beginning of a file.
    pub fn new() -> Self {
        Self {
            at: At::Preamble,
            buffer: Vec::with_capacity(PREAMBLE),
            check: Check::default(),
            done: Vec::new(),
        }
    }

    /// Takes the next bytes. After an error the loader is of no more use.
    pub fn feed(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            let wanted = self
                .wanted()
                .ok_or_else(|| broken("bytes after the 8-bit file"))?;
            let missing = wanted - self.buffer.len();
            let (now, rest) = bytes.split_at(missing.min(bytes.len()));
            self.buffer.extend_from_slice(now);
            if !matches!(self.at, At::Check(_)) {
                self.check.update(now);
            }
            bytes = rest;
            if self.buffer.len() == wanted {
                self.advance()?;
            }
        }
        Ok(())
    }

    /// The model, once the whole file is in.
    pub fn finish(self) -> Result<Embedder> {
        match self.at {
            At::End(header) => header.build(self.done),
            _ => Err(broken("the 8-bit file ends early")),
        }
    }

    /// Bytes of the current section.
    fn wanted(&self) -> Option<usize> {
        match &self.at {
            At::Preamble => Some(PREAMBLE),
            At::Header(length) => Some(*length),
            At::Section(_, lengths, current) => lengths.get(*current).copied(),
            At::Check(_) => Some(CHECK),
            At::End(_) => None,
        }
    }

    /// The current section is complete.
    fn advance(&mut self) -> Result<()> {
        let section = std::mem::take(&mut self.buffer);
        self.at = match std::mem::replace(&mut self.at, At::Preamble) {
            At::Preamble => At::Header(preamble(&section)?),
            At::Header(_) => {
                let header = Header::parse(&section)?;
                let lengths = header.sections();
                At::Section(header, lengths, 0)
            }
            At::Section(header, lengths, current) => {
                self.done.push(section.into());
                match current + 1 == lengths.len() {
                    true => At::Check(header),
                    false => At::Section(header, lengths, current + 1),
                }
            }
            At::Check(header) => {
                let found = std::mem::take(&mut self.check).finish();
                if section != found.to_le_bytes() {
                    return Err(broken("the 8-bit file is damaged"));
                }
                At::End(header)
            }
            At::End(header) => At::End(header),
        };
        if let Some(wanted) = self.wanted() {
            self.buffer.reserve_exact(wanted);
        }
        Ok(())
    }
}
