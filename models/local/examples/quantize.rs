//! Writes the 8-bit file of the default embedder: `cargo run -p local --example quantize -- all-minilm-l6-v2.q8`.

use std::error::Error;

use catalog::Role;
use local::EmbedderOptions;
use weights::{Bar, Store};

fn main() -> Result<(), Box<dyn Error>> {
    let out = std::env::args().nth(1).ok_or("say where to write")?;
    let (store, model) = (Store::from_env(), catalog::default_embedder());
    weights::pull(&store, model.name, &mut Bar::default())?;
    let read = |role| store.read(model, role);
    let file = local::quantize(
        EmbedderOptions::all_minilm_l6_v2(),
        &read(Role::Config)?,
        &read(Role::Tokenizer)?,
        &read(Role::Weights)?,
    )?;
    Ok(std::fs::write(out, file)?)
}
