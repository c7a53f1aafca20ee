//! The document and the router say the same.

// Helpers of tests may panic as tests do; clippy only knows it of the tests themselves.
#![allow(clippy::expect_used, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};

use model::Models;
use serde_json::Value;

/// Paths of the router that are no part of the API: the document and its page, another spelling of an index, what says
/// that the engine is absent, and addresses of webhooks, whose graphs say what they take.
fn is_beside(path: &str) -> bool {
    ["/openapi.json", "/docs", "/v1/"].contains(&path)
        || path.starts_with("/docs/")
        || path.contains("{*rest}")
        || path.starts_with("/triggers/")
}

/// What one route with a wildcard answers is described path by path: it must lie below a route, and each route have some.
fn below(route: &str) -> Option<&str> {
    route.split_once("{*").map(|(start, _)| start)
}

/// `method path` of every route, as the router describes itself.
fn routes() -> BTreeSet<String> {
    let (platform, _) = ports::fake::platform();
    let shown = format!("{:?}", api::service(platform, Models::default()));
    let (routes, paths) = shown.split_once("node: Node").expect("a tree of paths");
    // `RouteId(7): MethodRouter(MethodRouter { get: BoxedHandler, head: None, …`
    let methods: BTreeMap<&str, Vec<&str>> = routes
        .split("RouteId(")
        .skip(1)
        .map(|entry| {
            let (id, route) = entry.split_once(')').expect("an id");
            let of = |name: &'static str| {
                let value = route.split_once(&format!("{name}: ")).expect(name).1;
                (!value.starts_with("None")).then_some(name)
            };
            let names = ["get", "delete", "patch", "post", "put"];
            (id, names.into_iter().filter_map(of).collect())
        })
        .collect();
    let paths = paths.split_once("fallback_router").expect("a fallback").0;
    let mut found = BTreeSet::new();
    // `RouteId(7): "/v1/conversations"`
    for entry in paths.split("RouteId(").skip(1) {
        let (id, rest) = entry.split_once(')').expect("an id");
        let path = rest.split('"').nth(1).expect("a path");
        for method in &methods[id] {
            found.insert(format!("{method} {path}"));
        }
    }
    found
}

fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let each = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().expect("methods");
        methods
            .iter()
            .map(move |(method, operation)| (format!("{method} {path}"), operation))
    });
    each.collect()
}

fn document() -> Value {
    api::openapi::document(true)
}

#[test]
fn every_route_has_an_operation_and_the_reverse() {
    let document = document();
    let described: BTreeSet<String> = operations(&document)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    let routes: BTreeSet<String> = routes()
        .into_iter()
        .filter(|route| !is_beside(route.split_once(' ').expect("a path").1))
        .collect();
    assert!(routes.len() > 200, "{routes:?}");
    let covers = |route: &str, operation: &str| match below(route) {
        Some(start) => operation.starts_with(start),
        None => route == operation,
    };
    let missing: Vec<_> = routes
        .iter()
        .filter(|route| !described.iter().any(|it| covers(route, it)))
        .collect();
    let invented: Vec<_> = described
        .iter()
        .filter(|it| !routes.iter().any(|route| covers(route, it)))
        .collect();
    assert!(missing.is_empty(), "without an operation: {missing:#?}");
    assert!(invented.is_empty(), "without a route: {invented:#?}");
}

#[test]
fn operations_are_complete() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().expect("them");
    let mut ids = BTreeSet::new();
    for (name, operation) in operations(&document) {
        let id = operation["operationId"].as_str().expect(&name);
        assert!(ids.insert(id), "{id} stands twice");
        assert!(
            operation["summary"]
                .as_str()
                .is_some_and(|it| !it.is_empty()),
            "{name}"
        );
        let tag = operation["tags"][0].as_str().expect(&name);
        let tags = document["tags"].as_array().expect("tags");
        assert!(tags.iter().any(|it| it["name"] == tag), "{name}: {tag}");
        let answers = operation["responses"].as_object().expect(&name);
        assert!(
            answers.keys().any(|status| status.starts_with('2')),
            "{name}"
        );
        // Whoever must show a key can fail to.
        let open = operation["security"].as_array().is_some_and(Vec::is_empty);
        assert!(open || answers.contains_key("401"), "{name}");
    }
    for reference in references(&document) {
        let name = reference.strip_prefix("#/components/schemas/");
        let name = name.expect(&reference);
        assert!(schemas.contains_key(name), "{reference} leads nowhere");
    }
}

/// Examples are what people copy.
#[test]
fn examples_are_valid() {
    let document = document();
    let mut checked = 0;
    for (name, operation) in operations(&document) {
        let mut media = vec![&operation["requestBody"]["content"]["application/json"]];
        for answer in operation["responses"].as_object().expect(&name).values() {
            media.push(&answer["content"]["application/json"]);
        }
        for media in media {
            let Some(example) = media.get("example") else {
                continue;
            };
            let root = serde_json::json!({
                "components": document["components"], "allOf": [media["schema"]],
            });
            let options = jsonschema::options().should_validate_formats(true);
            let validator = options.build(&root).expect(&name);
            let wrong: Vec<String> = validator
                .iter_errors(example)
                .map(|error| error.to_string())
                .collect();
            assert!(wrong.is_empty(), "{name}: {wrong:?}");
            checked += 1;
        }
    }
    assert!(checked > 15, "{checked}");
}

fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(key, value)| match (key.as_str(), value) {
                ("$ref", Value::String(reference)) => vec![reference.clone()],
                _ => references(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}
