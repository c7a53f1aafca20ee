//! What authors, callers and the world outside get wrong: each is told by node and field, and other runs go on undisturbed.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures::{
    FutureExt, StreamExt,
    executor::block_on,
    future::{join_all, ready},
};
use ports::Clock;
use serde_json::{Value, json};

use super::world::*;

/// Says what it is given.
fn echo() -> Value {
    chain(vec![
        start(&["x"]),
        template("t", "{{ x }}", ["start", "x"]),
        end(["t", "output"]),
    ])
}

fn template(id: &str, text: &str, selector: [&str; 2]) -> Value {
    let variables = json!([{ "variable": "x", "value_selector": selector }]);
    node(
        id,
        "template-transform",
        json!({ "template": text, "variables": variables }),
    )
}

fn code(source: &str) -> Value {
    node(
        "c",
        "code",
        json!({ "code_language": "python3", "code": source, "variables": [],
            "outputs": { "result": { "type": "number", "children": null } } }),
    )
}

fn http(url: &str) -> Value {
    node(
        "call",
        "http-request",
        json!({ "method": "get", "url": url, "headers": "", "params": "",
            "authorization": { "type": "no-auth", "config": null }, "body": { "type": "none", "data": [] } }),
    )
}

/// An iteration that says each item.
fn iteration(selector: [&str; 2]) -> Vec<Value> {
    let mut nodes = vec![
        node(
            "it",
            "iteration",
            json!({ "iterator_selector": selector, "output_selector": ["say", "output"], "start_node_id": "first",
                "output_type": "array[string]", "is_parallel": true, "parallel_nums": 10 }),
        ),
        node("first", "iteration-start", json!({})),
        template("say", "{{ x }}.", ["it", "item"]),
    ];
    for inner in &mut nodes[1..] {
        inner["parentId"] = json!("it");
    }
    nodes
}

/// Start, these, and end, in a row; the nodes of the iteration lie in it.
fn with_iteration(before: Vec<Value>, selector: [&str; 2]) -> Value {
    let mut nodes = iteration(selector);
    let inner = nodes.split_off(1);
    let mut row = vec![start(&["x"])];
    row.extend(before);
    row.append(&mut nodes);
    row.push(end(["it", "output"]));
    let mut flow = chain(row);
    flow["graph"]["nodes"].as_array_mut().unwrap().extend(inner);
    connect(&mut flow, "first", "source", "say");
    flow
}

fn connect(flow: &mut Value, source: &str, handle: &str, target: &str) {
    let edge = json!({ "source": source, "sourceHandle": handle, "target": target, "targetHandle": "target" });
    flow["graph"]["edges"].as_array_mut().unwrap().push(edge);
}

#[test]
fn a_graph_that_cannot_run_is_refused_by_node_and_field() {
    let with = |change: fn(&mut Value)| {
        let mut flow = echo();
        change(&mut flow);
        flow
    };
    let push = |flow: &mut Value, node: Value| {
        flow["graph"]["nodes"].as_array_mut().unwrap().push(node);
    };
    let mut two = echo();
    push(&mut two, node("again", "start", json!({ "variables": [] })));
    let mut hollow = echo();
    push(&mut hollow, node("it", "iteration", json!({})));
    let never = node(
        "clock",
        "trigger-schedule",
        json!({ "mode": "cron", "cron_expression": "0 0 31 2 *" }),
    );
    let cases = [
        (
            "a cycle",
            with(|flow| connect(flow, "t", "source", "t")),
            ["`t`", "`graph.edges`"],
        ),
        (
            "an edge that leads nowhere",
            with(|flow| connect(flow, "t", "source", "nowhere")),
            ["`nowhere`", "`graph.edges[2].target`"],
        ),
        (
            "an edge that comes from nowhere",
            with(|flow| connect(flow, "nobody", "source", "t")),
            ["`nobody`", "`graph.edges[2].source`"],
        ),
        ("two starts", two, ["`again`", "`type`"]),
        (
            "an iteration over nothing",
            hollow,
            ["`it`", "`iterator_selector`"],
        ),
        (
            "a date that never comes",
            chain(vec![never, end(["clock", "x"])]),
            ["clock", "cron_expression"],
        ),
    ];
    block_on(async {
        let world = World::new([]);
        let app = world.app("workflow", echo()).await;
        for (name, flow, words) in cases {
            let at = format!("/apps/{}/workflows", app.id);
            world.console("POST", &format!("{at}/draft"), flow).await;
            let path = format!("{at}/publish");
            let (status, error) = world.try_console("POST", &path, json!({})).await;
            assert_eq!(status, 400, "{name}: {error}");
            let message = error["message"].as_str().unwrap();
            for word in words {
                assert!(message.contains(word), "{name}: {message}");
            }
            // What was published before still runs.
            let (_, answer) = world.run(&app, json!({ "x": name })).await;
            assert_eq!(answer["data"]["outputs"], json!({ "out": name }));
        }
    });
}

#[test]
fn a_bomb_of_aliases_is_refused_at_the_door() {
    block_on(async {
        let world = World::new([]);
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..10 {
            let before = vec![format!("*a{}", level - 1); 10].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{before}]\n"));
        }
        let body = json!({ "mode": "yaml-content", "yaml_content": bomb });
        let (status, answer) = world.try_console("POST", "/apps/imports", body).await;
        assert_eq!(status, 400, "{answer}");
        assert!(answer.to_string().contains("aliases"), "{answer}");
    });
}

/// An address of 50 MB; counts what was taken of it.
fn flood(world: &World) -> Arc<AtomicUsize> {
    let taken = Arc::new(AtomicUsize::new(0));
    let count = taken.clone();
    world
        .handles
        .fetch
        .route_streaming("https://flood.test/", move |_| {
            let count = count.clone();
            let pieces = futures::stream::repeat_with(move || {
                count.fetch_add(1 << 20, Ordering::Relaxed);
                Ok(bytes::Bytes::from(vec![b'x'; 1 << 20]))
            });
            let body = ports::Body::Stream(pieces.take(50).boxed());
            ready(Ok(http::Response::new(body))).boxed()
        });
    taken
}

/// Addresses that send elsewhere.
fn signposts(world: &World) {
    for (from, to) in [
        ("https://inside.test/", "http://169.254.169.254/latest"),
        ("https://home.test/", "http://127.0.0.1:1/"),
        ("https://circle.test/", "https://circle.test/"),
    ] {
        world
            .handles
            .fetch
            .route(from, move |_: http::Request<bytes::Bytes>| {
                let moved = http::Response::builder().status(302).header("location", to);
                Ok(moved.body(ports::Body::Empty).unwrap())
            });
    }
}

#[test]
fn what_goes_wrong_in_a_run_is_told_by_node_and_field_and_disturbs_nobody() {
    let alone = |middle: Value| {
        let id = middle["id"].as_str().unwrap().to_owned();
        chain(vec![start(&["x"]), middle, end([&id, "result"])])
    };
    let endless = "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}";
    let flood_of_words =
        "{% for a in range(9999) %}{% for b in range(9999) %}{{ a }}{% endfor %}{% endfor %}";
    // Of the two ways, the one that is not taken has the list.
    let mut skipped = with_iteration(
        vec![code("def main():\n    return {'result': 1}")],
        ["c", "result"],
    );
    skipped["graph"]["nodes"][1] = node(
        "which",
        "if-else",
        json!({ "cases": [{ "case_id": "true", "logical_operator": "and", "conditions": [
            { "variable_selector": ["start", "x"], "comparison_operator": "is", "value": "never" }] }] }),
    );
    skipped["graph"]["edges"] = json!([]);
    skipped["graph"]["nodes"]
        .as_array_mut()
        .unwrap()
        .push(code("def main():\n    return {'result': 1}"));
    for (source, handle, target) in [
        ("start", "source", "which"),
        ("which", "true", "c"),
        ("c", "source", "it"),
        ("which", "false", "it"),
        ("it", "source", "end"),
        ("first", "source", "say"),
    ] {
        connect(&mut skipped, source, handle, target);
    }
    let cases = [
        (
            "a template without end",
            alone(template("t", endless, ["start", "x"])),
            ["`t` (template-transform)", "`template`", "takes too long"],
        ),
        (
            "a template that says too much",
            alone(template("t", flood_of_words, ["start", "x"])),
            ["`t` (template-transform)", "`template`", "longer than"],
        ),
        (
            "a template that does not parse",
            alone(template("t", "{% for %}", ["start", "x"])),
            ["`t` (template-transform)", "`template`", ""],
        ),
        (
            "code that loops",
            alone(code("def main():\n    while True:\n        pass")),
            ["`c` (code)", "`code`", "steps"],
        ),
        (
            "code that takes all memory",
            alone(code(
                "def main():\n    text = 'x'\n    while True:\n        text = text + text",
            )),
            ["`c` (code)", "`code`", "memory"],
        ),
        (
            "code that calls itself",
            alone(code(
                "def deep(n):\n    return deep(n + 1)\ndef main():\n    return {'result': deep(0)}",
            )),
            ["`c` (code)", "`code`", "recursion"],
        ),
        (
            "code of another type",
            alone(code("def main():\n    return {'result': 'one'}")),
            ["`c` (code)", "`outputs.result`", "number"],
        ),
        (
            "a redirect into the cloud",
            alone(http("https://inside.test/")),
            ["`call` (http-request)", "`url`", "not public"],
        ),
        (
            "a redirect to this machine",
            alone(http("https://home.test/")),
            ["`call` (http-request)", "`url`", "not public"],
        ),
        (
            "a redirect in a circle",
            alone(http("https://circle.test/")),
            ["`call` (http-request)", "`url`", "redirects"],
        ),
        (
            "an answer of 50 MB",
            alone(http("https://flood.test/")),
            ["`call` (http-request)", "`url`", "too large"],
        ),
        (
            "an iteration over a text",
            with_iteration(Vec::new(), ["start", "x"]),
            ["`it` (iteration)", "`iterator_selector`", "string"],
        ),
        (
            "an iteration over what did not run",
            skipped,
            ["`it` (iteration)", "`iterator_selector`", ""],
        ),
    ];
    block_on(async {
        let world = World::new([]);
        world.handles.clock.manual();
        let taken = flood(&world);
        signposts(&world);
        let good = world.app("workflow", echo()).await;
        let waiting = world.app("workflow", crate::durable::waiting()).await;
        let (bystander, _) = world.begin(&waiting, json!({})).await;
        for (name, flow, words) in cases {
            let app = world.app("workflow", flow).await;
            let (_, answer) = world.run(&app, json!({ "x": "x" })).await;
            assert_eq!(answer["data"]["status"], "failed", "{name}: {answer}");
            let error = answer["data"]["error"].as_str().unwrap();
            for word in words {
                assert!(error.contains(word), "{name}: {error}");
            }
            let (_, answer) = world.run(&good, json!({ "x": name })).await;
            assert_eq!(answer["data"]["outputs"], json!({ "out": name }));
        }
        let taken = taken.load(Ordering::Relaxed);
        assert!(taken <= 4 << 20, "{taken} bytes were taken of the flood");
        crate::durable::answers(&world);
        world.take_over().await;
        let path = format!("/v1/workflows/run/{bystander}");
        let (_, detail) = world.call("GET", &path, &waiting.key, None).await;
        assert_eq!(detail["outputs"], json!({ "out": "waited" }), "{detail}");
    });
}

#[test]
fn there_is_no_cap_and_no_stall() {
    block_on(async {
        let world = World::new([]);
        // 500 nodes.
        let mut nodes = vec![start(&["x"])];
        let mut before = ("start".to_owned(), "x");
        for number in 0..498 {
            let id = format!("n{number}");
            nodes.push(template(&id, "{{ x }}", [&before.0, before.1]));
            before = (id, "output");
        }
        nodes.push(end([&before.0, before.1]));
        assert_eq!(nodes.len(), 500);
        let long = world.app("workflow", chain(nodes)).await;
        let (_, answer) = world.run(&long, json!({ "x": "through" })).await;
        assert_eq!(answer["data"]["outputs"], json!({ "out": "through" }));
        assert_eq!(answer["data"]["total_steps"], 500);

        // 1,000 items, ten at a time.
        let list = node(
            "list",
            "code",
            json!({ "code_language": "python3", "variables": [],
                "code": "def main():\n    return {'items': list(range(1000))}",
                "outputs": { "items": { "type": "array[number]", "children": null } } }),
        );
        let wide = with_iteration(vec![list], ["list", "items"]);
        let wide = world.app("workflow", wide).await;
        let (_, answer) = world.run(&wide, json!({ "x": "x" })).await;
        let said: Vec<String> = (0..1_000).map(|number| format!("{number}.")).collect();
        assert_eq!(answer["data"]["outputs"]["out"], json!(said), "{answer}");

        // 60 runs at once: whoever waits moves this clock.
        let app = world.app("workflow", echo()).await;
        let begun = world.handles.clock.now();
        let runs = (0..60).map(|number| {
            let (world, app) = (&world, &app);
            async move {
                let given = format!("run {number}");
                let (_, answer) = world.run(app, json!({ "x": given })).await;
                assert_eq!(answer["data"]["outputs"], json!({ "out": given }));
            }
        });
        join_all(runs).await;
        let took = world.handles.clock.now().since(begun);
        assert!(took.as_millis() < 1_000, "they waited {took:?}");
    });
}
