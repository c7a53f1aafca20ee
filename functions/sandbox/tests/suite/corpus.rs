//! The code nodes of real app files. The files are kept beside the engine's tests, with their licence.

use std::{collections::BTreeSet, fs, path::Path};

use sandbox::{Error, Language, Limits};
use serde_json::Value;

#[test]
fn code_nodes_of_real_files_load() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../workflow/tests/corpus");
    let mut nodes = BTreeSet::new();
    for file in fs::read_dir(folder).expect("the corpus is there") {
        let path = file.expect("a file").path();
        if path.extension().is_some_and(|end| end == "yml") {
            let text = fs::read_to_string(&path).expect("text");
            let file: Value = serde_saphyr::from_str(&text).expect("YAML");
            let list = file
                .pointer("/workflow/graph/nodes")
                .and_then(Value::as_array);
            for node in list.into_iter().flatten() {
                let data = &node["data"];
                if data["type"] == "code" {
                    let text = |key: &str| data[key].as_str().expect("text").to_owned();
                    nodes.insert((text("code_language"), text("code")));
                }
            }
        }
    }
    let mut loaded = 0;
    let mut missing = BTreeSet::new();
    for (language, code) in &nodes {
        let language = Language::parse(language).expect("a language");
        match sandbox::load(language, code, &Limits::default()) {
            Ok(()) => loaded += 1,
            Err(Error::Unsupported { what, .. }) => {
                missing.insert(what.split('`').nth(1).unwrap_or(&what).to_owned());
            }
            Err(error) => panic!("{error}\n{code}"),
        }
    }
    println!(
        "{loaded} of {} distinct code nodes load; the rest wants {missing:?}",
        nodes.len()
    );
    assert!(nodes.len() >= 25, "{} code nodes", nodes.len());
    assert!(
        loaded >= nodes.len() - 4,
        "only {loaded} of {} load: {missing:?}",
        nodes.len()
    );
}
