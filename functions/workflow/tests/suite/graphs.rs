//! Graphs that are refused, and those that are not.

use serde_json::{Value as Json, json};
use workflow::{ErrorKind, Plan};

use crate::host::{Host, end, flow, node, plan, start, template};

#[test]
fn wrong_graphs_name_the_node_and_the_field() {
    let check = |workflow: Json, expect: &str| {
        let error = Plan::compile(&workflow).expect_err("a wrong graph");
        assert_eq!(error.to_string(), expect);
    };
    let two = || vec![start(&[]), end("end", &[])];
    check(
        json!({}),
        "no node of type start, trigger or datasource to start from",
    );
    check(
        json!({"graph": {"nodes": 7}}),
        "field `graph.nodes`: must be a list",
    );
    check(
        json!({"graph": {"nodes": [{"data": {}}]}}),
        "field `graph.nodes[0].id`: is missing",
    );
    check(
        flow(vec![start(&[]), node("second", "start", json!({}))], &[]),
        "node `second`, field `type`: a second start node, beside `start`",
    );
    check(
        flow(vec![start(&[]), end("start", &[])], &[]),
        "node `start`, field `id`: two nodes have this id",
    );
    check(
        flow(two(), &["start -> nowhere"]),
        "node `nowhere`, field `graph.edges[0].target`: an edge leads to a node that does not exist",
    );
    check(
        flow(two(), &["start -> end", "nobody -> end"]),
        "node `nobody`, field `graph.edges[1].source`: an edge leads to a node that does not exist",
    );
    let ring = vec![
        start(&[]),
        template("a", "", &[]),
        template("b", "", &[]),
        end("end", &[]),
    ];
    check(
        flow(ring, &["start -> a -> b -> end", "b -> a"]),
        "node `a`, field `graph.edges`: lies on a cycle; repeat steps with a loop node",
    );
    let inside = node("a", "template-transform", json!({"parent": "end"}));
    let with = |extra: Json| flow([two(), vec![extra]].concat(), &[]);
    check(
        with(inside),
        "node `a`, field `parentId`: `end` is no iteration and no loop",
    );
    let own = node("a", "loop", json!({"parent": "a", "loop_count": 1}));
    check(
        with(own),
        "node `a`, field `parentId`: lies in more than 8 containers, or in itself",
    );
    let iteration = node(
        "it",
        "iteration",
        json!({"iterator_selector": ["start", "x"]}),
    );
    check(
        with(iteration.clone()),
        "node `it`, field `start_node_id`: there is no node in this container",
    );
    let inner = node("in", "iteration-start", json!({"parent": "it"}));
    check(
        flow([two(), vec![iteration, inner]].concat(), &["start -> in"]),
        "node `start`, field `graph.edges[0]`: an edge leads across the border of a container",
    );
    check(
        with(node("it", "iteration", json!({}))),
        "node `it`, field `iterator_selector`: no variable is selected",
    );
    check(
        with(node(
            "if",
            "if-else",
            json!({"cases": [{"case_id": "true", "conditions": [
                {"variable_selector": ["start", "x"], "comparison_operator": "resembles", "value": ""}
            ]}]}),
        )),
        "node `if`, field `cases[0].conditions[0].comparison_operator`: `resembles` is no operator",
    );
    check(
        with(node(
            "t",
            "template-transform",
            json!({"retry_config": {"retry_enabled": true, "max_retries": -1}}),
        )),
        "node `t`, field `retry_config.max_retries`: must be a whole number of 0 or more",
    );
    check(
        json!({"graph": {"nodes": [start(&[])]}, "conversation_variables": [
            {"name": "n", "value_type": "number", "value": "7"}
        ]}),
        "node `workflow`, field `conversation_variables[0].value`: is declared as number, the value is of type string",
    );
}

#[test]
fn doubtful_selectors_are_warned_of() {
    let nodes = vec![
        start(&["x"]),
        template("a", "", &["b", "output"]),
        template("b", "", &["nobody", "output"]),
        node(
            "ans",
            "answer",
            json!({"answer": "{{#env.key#}} {{#sys.nothing#}} {{#a.output#}} {{#start.x#}}"}),
        ),
    ];
    let plan = plan(&flow(nodes, &["start -> a -> b -> ans"]));
    let warnings: Vec<String> = plan.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "node `a`, field `variables[0].value_selector`: `b` does not run before this node",
            "node `b`, field `variables[0].value_selector`: `nobody` is no node of this graph",
            "node `ans`, field `answer`: there is no variable `env.key`",
            "node `ans`, field `answer`: there is no variable `sys.nothing`",
        ]
    );
    let seen = Host::new(json!({"x": "1"}), "").run(&plan);
    assert_eq!(seen.outputs()["answer"], "env.key sys.nothing  1");
}

#[test]
fn an_unknown_node_type_fails_the_run_that_reaches_it() {
    let mut workflow = flow(
        vec![
            start(&[]),
            node("odd", "teleporter", json!({"x": 1})),
            end("end", &[]),
        ],
        &["start -> odd -> end"],
    );
    let seen = Host::default().run(&plan(&workflow));
    assert_eq!(
        seen.error(),
        "node `odd` (teleporter): the node type `teleporter` is unknown to this engine"
    );
    // Not reached, it does no harm. Notes are no nodes.
    workflow["graph"]["edges"] = json!([]);
    workflow["graph"]["nodes"]
        .as_array_mut()
        .expect("nodes")
        .push(json!({"id": "note", "type": "custom-note"}));
    assert_eq!(Host::default().run(&plan(&workflow)).outputs(), json!({}));
}

#[test]
fn a_run_starts_where_it_is_told() {
    let nodes = vec![
        node("hook", "trigger-webhook", json!({})),
        node("clock", "trigger-schedule", json!({})),
        template("a", "hook {{ x }}", &["hook", "body"]),
        template("b", "clock", &[]),
        node(
            "join",
            "variable-aggregator",
            json!({"variables": [["a", "output"], ["b", "output"]]}),
        ),
        end("end", &[("out", &["join", "output"])]),
    ];
    let plan = plan(&flow(
        nodes,
        &["hook -> a -> join -> end", "clock -> b -> join"],
    ));
    assert_eq!(
        plan.roots().collect::<Vec<_>>(),
        [("hook", "trigger-webhook"), ("clock", "trigger-schedule")]
    );
    let mut host = Host::new(json!({"body": "B"}), "");
    host.start.root = Some("hook".into());
    assert_eq!(host.run(&plan).outputs(), json!({"out": "hook B"}));
    host.start.root = Some("clock".into());
    assert_eq!(host.run(&plan).outputs(), json!({"out": "clock"}));
    host.start.root = Some("a".into());
    let error = workflow::Run::start(plan, host.start, host.limits, 0).expect_err("no root");
    assert_eq!(error.kind, ErrorKind::Input);
}
