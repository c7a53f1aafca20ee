//! Real app files, unchanged: each is imported, published, and exported to an equivalent file.

use std::{fs, path::PathBuf};

use futures::executor::block_on;
use serde_json::{Value, json};

use super::world::World;

#[test]
fn every_file_goes_in_and_out() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../workflow/tests/corpus");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yml"))
        .collect();
    files.sort();
    assert_eq!(files.len(), 16);
    block_on(async {
        let world = World::new([]);
        for path in files {
            let name = path.display();
            let yaml = fs::read_to_string(&path).unwrap();
            let import = async |yaml: &str| {
                let body = json!({ "mode": "yaml-content", "yaml_content": yaml });
                world.console("POST", "/apps/imports", body).await
            };
            let report = import(&yaml).await;
            assert!(
                report["status"].as_str().unwrap().starts_with("completed"),
                "{name}: {report}"
            );
            let id = report["app_id"].as_str().unwrap();
            let published = world.publish(id).await;
            assert_eq!(published["result"], "success", "{name}");
            let draft = async |id: &str| {
                let draft = world
                    .console("GET", &format!("/apps/{id}/workflows/draft"), Value::Null)
                    .await;
                let keep = [
                    "graph",
                    "features",
                    "environment_variables",
                    "conversation_variables",
                ];
                keep.map(|key| draft[key].clone())
            };
            let exported = world
                .console("GET", &format!("/apps/{id}/export"), Value::Null)
                .await;
            let again = import(exported["data"].as_str().unwrap()).await;
            assert_eq!(again["status"], "completed", "{name}: {again}");
            assert_eq!(again["warnings"], report["warnings"], "{name}");
            assert_eq!(
                draft(again["app_id"].as_str().unwrap()).await,
                draft(id).await,
                "{name}"
            );
        }
    });
}
