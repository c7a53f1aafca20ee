//! A weights folder with something wrong in it.
#![allow(clippy::unwrap_used)]

use std::fs;

use catalog::Role;
use weights::{Error, State, Store};

#[test]
fn what_is_missing_or_altered_is_told_and_never_handed_out() {
    let root = tempfile::tempdir().unwrap();
    let store = Store::at(root.path());
    let model = catalog::default_embedder();
    let state = || store.verify(model.name).unwrap().state;

    assert_eq!(state(), State::Missing);
    assert!(!store.has(model));
    let error = store.read(model, Role::Config).unwrap_err();
    assert!(matches!(error, Error::Missing { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("edgewise models pull all-minilm-l6-v2"),
        "{text}"
    );

    // The right sizes with other bytes: only the hash tells.
    fs::create_dir_all(store.folder(model)).unwrap();
    for file in model.files {
        let path = store.path(model, file.role).unwrap();
        fs::File::create(path).unwrap().set_len(file.size).unwrap();
    }
    assert!(store.has(model));
    assert_eq!(state(), State::Altered);
    let error = store.read(model, Role::Config).unwrap_err();
    assert!(matches!(error, Error::Altered { .. }), "{error}");
    assert!(error.to_string().contains("damaged"), "{error}");

    // A cut file is seen without looking at a hash.
    let weights = store.path(model, Role::Weights).unwrap();
    fs::File::create(weights).unwrap().set_len(7).unwrap();
    assert!(!store.has(model));
    let row = store.list().into_iter().find(|row| row.model == model);
    assert_eq!(row.unwrap().state, State::Altered);

    let error = store.verify("gpt-unknown").unwrap_err();
    assert!(matches!(error, Error::Unknown(_)), "{error}");
}

#[test]
fn a_learned_hash_is_kept_and_compared() {
    let root = tempfile::tempdir().unwrap();
    let store = Store::at(root.path());
    let model = catalog::local("smollm2-360m-instruct").unwrap();
    let path = store.path(model, Role::Weights).unwrap();
    fs::create_dir_all(store.folder(model)).unwrap();
    fs::write(&path, "abc").unwrap();
    let kept = path.with_file_name("model.gguf.sha256");
    // Of "abc", from FIPS 180-2.
    let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    fs::write(&kept, format!("{hash}\n")).unwrap();
    let verified = State::Present { verified: true };
    assert_eq!(store.verify(model.name).unwrap().state, verified);
    assert_eq!(store.read(model, Role::Weights).unwrap(), b"abc");
    fs::write(&path, "abd").unwrap();
    assert_eq!(store.verify(model.name).unwrap().state, State::Altered);
}
