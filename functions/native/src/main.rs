//! Edgewise as one binary.

fn main() {}
