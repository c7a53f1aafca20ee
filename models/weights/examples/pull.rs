//! Pulls the models named on the command line: `cargo run -p weights --example pull -- all-minilm-l6-v2`.

fn main() -> weights::Result<()> {
    let store = weights::Store::from_env();
    for name in std::env::args().skip(1) {
        let row = weights::pull(&store, &name, &mut weights::Bar::default())?;
        println!("{name}: {} in {}", row.state, row.folder.display());
    }
    Ok(())
}
