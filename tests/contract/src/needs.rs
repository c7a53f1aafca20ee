//! What a case needs and a runtime may lack.

use crate::Harness;

/// A set of capabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// A peer server that can be reached.
    pub peer: bool,
    /// A [`Recorder`](crate::Recorder) that consumes topics under `contract/`.
    pub consumer: bool,
    /// A cache that forgets to the second.
    pub cache_expiry: bool,
    /// A response that may begin before the request's body has ended.
    pub duplex: bool,
    /// A clock that skips over waits, for cases that take minutes.
    pub virtual_time: bool,
}

impl Needs {
    /// Every runtime can.
    pub const NOTHING: Self = Self {
        peer: false,
        consumer: false,
        cache_expiry: false,
        duplex: false,
        virtual_time: false,
    };
    /// See [`Needs::peer`].
    pub const PEER: Self = Self {
        peer: true,
        ..Self::NOTHING
    };
    /// See [`Needs::consumer`].
    pub const CONSUMER: Self = Self {
        consumer: true,
        ..Self::NOTHING
    };

    /// What a runtime declares, by its name.
    pub fn declared(harness: &Harness) -> Self {
        let name = harness.platform.runtime.name;
        Self {
            peer: !harness.peer.is_empty(),
            consumer: true,
            // Workers KV keeps a value for a minute at least.
            cache_expiry: name != "workers",
            // The fetch standard is half duplex.
            duplex: name != "workers",
            virtual_time: name == "fake",
        }
    }

    /// What is needed beyond `declared`.
    pub fn without(self, declared: Self) -> Self {
        Self {
            peer: self.peer && !declared.peer,
            consumer: self.consumer && !declared.consumer,
            cache_expiry: self.cache_expiry && !declared.cache_expiry,
            duplex: self.duplex && !declared.duplex,
            virtual_time: self.virtual_time && !declared.virtual_time,
        }
    }
}
