//! Writes the 8-bit file of the default embedder: `cargo run -p local --example quantize -- all-minilm-l6-v2.q8`.
#![allow(clippy::expect_used)]

use catalog::Role;
use local::EmbedderOptions;
use weights::{Bar, Store};

fn main() {
    let out = std::env::args().nth(1).expect("where to write");
    let (store, model) = (Store::from_env(), catalog::default_embedder());
    weights::pull(&store, model.name, &mut Bar::default()).expect("weights");
    let read = |role| store.read(model, role).expect("weights");
    let file = local::quantize(
        EmbedderOptions::all_minilm_l6_v2(),
        &read(Role::Config),
        &read(Role::Tokenizer),
        &read(Role::Weights),
    );
    std::fs::write(out, file.expect("a sound model")).expect("a place to write");
}
