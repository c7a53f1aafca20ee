//! `quantize FILE [MODEL]`: writes the 8-bit file of an embedder of the catalogue (by default the default one) from the
//! files in the weights folder. The edge runtimes are built and deployed with it.

use std::{error::Error, fs, path::Path};

use catalog::{Architecture, Role};
use local::{EmbedderOptions, Pooling, quantize};
use weights::Store;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("usage: quantize FILE [MODEL]")?;
    let model = match arguments.next() {
        Some(name) => catalog::local(&name).ok_or("the catalogue has no such model")?,
        None => catalog::default_embedder(),
    };
    let Architecture::Bert {
        pooling,
        query_prefix,
        document_prefix,
    } = model.architecture
    else {
        return Err("only embedders have an 8-bit form".into());
    };
    let options = EmbedderOptions {
        model: model.name.to_owned(),
        max_input_tokens: model.context,
        pooling: match pooling {
            catalog::Pooling::Mean => Pooling::Mean,
            catalog::Pooling::Cls => Pooling::Cls,
        },
        query_prefix: query_prefix.to_owned(),
        document_prefix: document_prefix.to_owned(),
    };
    let store = Store::from_env();
    let config = store.read(model, Role::Config)?;
    let tokenizer = store.read(model, Role::Tokenizer)?;
    let weights = store.read(model, Role::Weights)?;
    let bytes = quantize(options, &config, &tokenizer, &weights)?;
    if let Some(folder) = Path::new(&file).parent() {
        fs::create_dir_all(folder)?;
    }
    // Moved into its place when it is whole.
    let part = format!("{file}.part");
    fs::write(&part, &bytes)?;
    fs::rename(&part, &file)?;
    println!("{file}: {} bytes", bytes.len());
    Ok(())
}
