//! Deterministic in-memory twins of the ports: a clock moved by hand, seeded entropy, a queue drained by the test.
