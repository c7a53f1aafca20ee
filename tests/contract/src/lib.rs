//! Named cases that every adapter of a port must pass, on every runtime.
