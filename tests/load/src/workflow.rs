//! What a run of a workflow costs over HTTP, journaled: an echo, chains, a fan-out, iterations; that many runs at once are
//! neither refused nor held up; and whether memory grows.

use anyhow::{Result, ensure};
use e2e::{
    http::{Client, text},
    native::Native,
};
use serde_json::{Value, json};

use crate::{
    chat::{Row, row, until},
    drive::{Case, Until, drive},
};

/// How many connections run at once, by turns.
pub const CONNECTIONS: [usize; 3] = [1, 16, MOST];

const MOST: usize = 60;

/// What every answer holds.
pub(crate) const WORD: &str = "alpha";

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Seconds of each case, after as many quarters of warm-up.
    pub seconds: f64,
    /// Runs in a row at the end, to see whether memory grows; 0 leaves it out.
    pub soak: u64,
}

/// Measures our server; `tell` gets each line as soon as it is known.
pub async fn measure(plan: Plan, mut tell: impl FnMut(&Row)) -> Result<()> {
    let server = Native::start_on_core(0).await?;
    let owner = Client::owner(&server.deployment);
    let base = &server.deployment.base;
    let mut echo = None;
    for (name, graph) in [
        ("echo", chain(0)),
        ("10-node chain", chain(10)),
        ("50-node chain", chain(50)),
        ("500-node chain", chain(498)),
        ("10-way fan-out", fan_out(10)),
        ("1000-item iteration", iteration(1000, false)),
        ("1000 items, parallel", iteration(1000, true)),
    ] {
        let case = case(base, &app(&owner, &graph).await?);
        for connections in CONNECTIONS {
            let row = row(&server, name, &case, connections, until(plan.seconds)).await?;
            tell(&row);
            if echo.is_none() && connections == MOST {
                together(&row)?;
            }
        }
        echo.get_or_insert(case);
    }
    if let Some(case) = echo.filter(|_| plan.soak > 0) {
        let before = server.resident()?;
        drive(&case, 16, Until::Answers(plan.soak)).await?;
        println!(
            "memory over {} runs: {} MB before, {} MB after",
            plan.soak,
            before >> 20,
            server.resident()? >> 20
        );
    }
    Ok(())
}

/// Of many runs at once none may be refused; says how long the slowest took.
fn together(row: &Row) -> Result<()> {
    let measured = &row.measured;
    println!(
        "    {MOST} echo runs at once: {} answered, {} refused, p99 {:.2} ms ({:.1} times the median)",
        measured.good,
        measured.bad,
        measured.p99,
        measured.p99 / measured.p50
    );
    ensure!(
        measured.bad == 0,
        "a run was refused: {}",
        measured.first_bad
    );
    Ok(())
}

fn case(base: &str, key: &str) -> Case {
    Case {
        url: format!("{base}/v1/workflows/run"),
        key: key.to_owned(),
        body: format!(
            r#"{{"inputs":{{"x":"{WORD} {{{{n}}}}"}},"response_mode":"blocking","user":"u{{{{who}}}}"}}"#
        ),
        expect: WORD.to_owned(),
        carry: None,
        turns: 1,
        first: String::new(),
    }
}

/// A published app of a graph; answers its key.
async fn app(owner: &Client, graph: &Value) -> Result<String> {
    let file = json!({
        "version": "0.6.0", "kind": "app", "app": { "name": "Bench", "mode": "workflow" },
        "workflow": { "graph": graph },
    });
    let body = json!({ "mode": "yaml-content", "yaml_content": file.to_string() });
    let imported = owner.post("/console/api/apps/imports", &body).await?;
    let id = text(&imported, "/app_id");
    ensure!(!id.is_empty(), "{imported}");
    let at = |path: &str| format!("/console/api/apps/{id}/{path}");
    owner.post(&at("workflows/publish"), &json!({})).await?;
    Ok(text(
        &owner.post(&at("api-keys"), &json!({})).await?,
        "/token",
    ))
}

fn node(id: &str, kind: &str, mut data: Value) -> Value {
    if let Value::Object(fields) = &mut data {
        fields.insert("type".to_owned(), json!(kind));
        fields.insert("title".to_owned(), json!(id));
    }
    json!({ "id": id, "data": data })
}

fn start() -> Value {
    let variable = json!({ "variable": "x", "label": "x", "type": "paragraph", "required": true });
    node("start", "start", json!({ "variables": [variable] }))
}

/// A template that says again what it is given.
fn template(id: &str, from: [&str; 2]) -> Value {
    let variable = json!({ "variable": "x", "value_selector": from });
    node(
        id,
        "template-transform",
        json!({ "template": "{{ x }}", "variables": [variable] }),
    )
}

fn end(from: [&str; 2]) -> Value {
    let output = json!({ "variable": "out", "value_selector": from });
    node("end", "end", json!({ "outputs": [output] }))
}

fn edge(source: &str, target: &str) -> Value {
    json!({ "id": format!("{source}-{target}"), "source": source, "target": target, "sourceHandle": "source" })
}

/// Start, so many templates in a row, end.
fn chain(length: usize) -> Value {
    let (mut nodes, mut edges) = (vec![start()], Vec::new());
    let (mut last, mut output) = ("start".to_owned(), "x");
    for n in 0..length {
        let id = format!("t{n}");
        nodes.push(template(&id, [&last, output]));
        edges.push(edge(&last, &id));
        (last, output) = (id, "output");
    }
    nodes.push(end([&last, output]));
    edges.push(edge(&last, "end"));
    json!({ "nodes": nodes, "edges": edges })
}

/// Start, so many templates beside each other, end.
fn fan_out(width: usize) -> Value {
    let (mut nodes, mut edges) = (vec![start()], Vec::new());
    for n in 0..width {
        let id = format!("t{n}");
        nodes.push(template(&id, ["start", "x"]));
        edges.push(edge("start", &id));
        edges.push(edge(&id, "end"));
    }
    nodes.push(end(["t0", "output"]));
    json!({ "nodes": nodes, "edges": edges })
}

/// Start, a list of so many items, a template for each of them, one at a time or ten, end.
fn iteration(items: usize, parallel: bool) -> Value {
    let list = format!(
        "{{% for n in range({items}) %}}{{{{ x }}}} {{{{ n }}}}{{% if not loop.last %}},{{% endif %}}{{% endfor %}}"
    );
    let code = "function main({ text }) { return { items: text.split(',') } }";
    let split = node(
        "split",
        "code",
        json!({
            "code_language": "javascript", "code": code,
            "variables": [{ "variable": "text", "value_selector": ["list", "output"] }],
            "outputs": { "items": { "type": "array[string]", "children": null } },
        }),
    );
    let variable = json!({ "variable": "x", "value_selector": ["start", "x"] });
    let list = node(
        "list",
        "template-transform",
        json!({ "template": list, "variables": [variable] }),
    );
    let each = node(
        "each",
        "iteration",
        json!({
            "iterator_selector": ["split", "items"], "output_selector": ["inner", "output"],
            "start_node_id": "first", "is_parallel": parallel, "parallel_nums": 10,
        }),
    );
    let within = |mut node: Value| {
        if let Some(data) = node.get_mut("data").and_then(Value::as_object_mut) {
            data.insert("isInIteration".to_owned(), json!(true));
            data.insert("iteration_id".to_owned(), json!("each"));
        }
        if let Some(fields) = node.as_object_mut() {
            fields.insert("parentId".to_owned(), json!("each"));
        }
        node
    };
    let first = within(node("first", "iteration-start", json!({})));
    let inner = within(template("inner", ["each", "item"]));
    json!({
        "nodes": [start(), list, split, each, first, inner, end(["each", "output"])],
        "edges": [
            edge("start", "list"), edge("list", "split"), edge("split", "each"), edge("first", "inner"),
            edge("each", "end"),
        ],
    })
}
