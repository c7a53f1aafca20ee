//! Scheduling: branches, joins, containers, errors, limits.

use serde_json::{Value as Json, json};

use crate::host::{Host, end, flow, node, plan, start, template};

fn condition(selector: &[&str], operator: &str, value: &str) -> Json {
    json!({"variable_selector": selector, "comparison_operator": operator, "value": value})
}

#[test]
fn branches_are_chosen_skipped_and_joined() {
    let nodes = vec![
        start(&["x"]),
        node(
            "if",
            "if-else",
            json!({"cases": [
                {"case_id": "true", "logical_operator": "and", "conditions": [condition(&["start", "x"], "is", "a")]},
                {"case_id": "second", "logical_operator": "or", "conditions": [
                    condition(&["start", "x"], "is", "b"), condition(&["start", "x"], "contains", "{{#start.x#}}{{#start.x#}}")
                ]},
            ]}),
        ),
        template("a", "A", &[]),
        template("b", "B", &[]),
        template("bb", "{{ x }}B", &["b", "output"]),
        template("c", "C", &[]),
        node(
            "join",
            "variable-aggregator",
            json!({"variables": [["a", "output"], ["bb", "output"], ["c", "output"]]}),
        ),
        end(
            "end",
            &[("out", &["join", "output"]), ("a", &["a", "output"])],
        ),
    ];
    let edges = [
        "start -> if",
        "if.true -> a -> join",
        "if.second -> b -> bb -> join",
        "if.false -> c -> join -> end",
    ];
    let plan = plan(&flow(nodes, &edges));
    let check = |x: &str, expect: Json| {
        assert_eq!(
            Host::new(json!({"x": x}), "").run(&plan).outputs(),
            expect,
            "{x}"
        )
    };
    check("a", json!({"out": "A", "a": "A"}));
    check("b", json!({"out": "BB", "a": null}));
    check("z", json!({"out": "C", "a": null}));
}

#[test]
fn templates_follow_the_rules() {
    let mut workflow = flow(
        vec![
            start(&["x"]),
            template("t", "", &[]),
            node(
                "ans",
                "answer",
                json!({"answer":
                "{{#start.x#}}|{{#nobody.x#}}|{{#start.y#}}|{{#env.key#}}|{{#conversation.list#}}|{{#conversation.on#}}|{{#conversation.o.a.b#}}|{{#t.output#}}"}),
            ),
        ],
        &["start -> t -> ans"],
    );
    workflow["environment_variables"] =
        json!([{"name": "key", "value_type": "secret", "value": "s3cret"}]);
    workflow["conversation_variables"] = json!([
        {"name": "list", "value_type": "array[number]", "value": [1, 2.5]},
        {"name": "on", "value_type": "boolean", "value": true},
        {"name": "o", "value_type": "object", "value": {"a": {"b": 7}}},
    ]);
    let seen = Host::new(json!({"x": "é"}), "").run(&plan(&workflow));
    assert_eq!(
        seen.outputs()["answer"],
        "é|nobody.x||s3cret|[1, 2.5]|True|7|"
    );
    let shown = seen
        .events
        .iter()
        .map(|event| crate::host::data(event)["inputs"].to_string())
        .collect::<String>();
    assert!(
        shown.contains("********") && !shown.contains("s3cret"),
        "{shown}"
    );
}

fn container(kind: &str, id: &str, data: Json) -> Vec<Json> {
    let start = format!("{id}start");
    let mut data = data;
    data["start_node_id"] = json!(start);
    let inner = format!("{kind}-start");
    vec![
        node(id, kind, data),
        node(&start, &inner, json!({"parent": id})),
    ]
}

fn inside(mut node: Json, parent: &str) -> Json {
    node["parentId"] = json!(parent);
    node
}

#[test]
fn an_iteration_keeps_the_order_of_its_items() {
    let run = |extra: Json, items: Json| {
        let mut data =
            json!({"iterator_selector": ["start", "items"], "output_selector": ["t", "output"]});
        for (key, value) in extra.as_object().expect("an object") {
            data[key] = value.clone();
        }
        let mut nodes = vec![
            node(
                "start",
                "start",
                json!({"variables": [{"variable": "items", "type": "other"}]}),
            ),
            inside(
                node(
                    "t",
                    "template-transform",
                    json!({"template": "{% if x == 'bad' %}{{ x.a.b }}{% endif %}{{ i }}{{ x }}", "variables": [
                        {"variable": "x", "value_selector": ["it", "item"]}, {"variable": "i", "value_selector": ["it", "index"]}
                    ]}),
                ),
                "it",
            ),
            end("end", &[("out", &["it", "output"])]),
        ];
        nodes.extend(container("iteration", "it", data));
        let plan = plan(&flow(nodes, &["start -> it -> end", "itstart -> t"]));
        Host::new(json!({"items": items}), "").run(&plan)
    };
    assert_eq!(
        run(json!({}), json!(["a", "b"])).outputs(),
        json!({"out": ["0a", "1b"]})
    );
    assert_eq!(run(json!({}), json!([])).outputs(), json!({"out": []}));
    let parallel = json!({"is_parallel": true, "parallel_nums": 3});
    assert_eq!(
        run(parallel, json!(["a", "b", "c", "d"])).outputs(),
        json!({"out": ["0a", "1b", "2c", "3d"]})
    );
    let bad = json!(["a", "bad", "c"]);
    assert!(
        run(json!({}), bad.clone())
            .error()
            .contains("node `t` (template-transform): field `template`")
    );
    let next = run(
        json!({"error_handle_mode": "continue-on-error"}),
        bad.clone(),
    );
    assert_eq!(next.outputs(), json!({"out": ["0a", null, "2c"]}));
    let gone = run(json!({"error_handle_mode": "remove-abnormal-output"}), bad);
    assert_eq!(gone.outputs(), json!({"out": ["0a", "2c"]}));
    assert_eq!(
        run(json!({}), json!("text")).error(),
        "node `it` (iteration): field `iterator_selector`: `start.items` is no list but of type string"
    );
}

fn counting(rounds: u64, breaks: Json) -> Json {
    let data = json!({"loop_count": rounds, "break_conditions": breaks, "logical_operator": "and", "loop_variables": [
        {"label": "n", "var_type": "number", "value_type": "constant", "value": "0"},
        {"label": "seen", "var_type": "array[string]", "value_type": "constant", "value": []}
    ]});
    let mut nodes = vec![
        start(&[]),
        inside(template("t", "r{{ x }}", &["lo", "n"]), "lo"),
        inside(
            node(
                "as",
                "assigner",
                json!({"version": "2", "items": [
                    {"variable_selector": ["lo", "n"], "input_type": "constant", "operation": "+=", "value": 1},
                    {"variable_selector": ["lo", "seen"], "input_type": "variable", "operation": "append", "value": ["t", "output"]}
                ]}),
            ),
            "lo",
        ),
        end(
            "end",
            &[
                ("n", &["lo", "n"]),
                ("seen", &["lo", "seen"]),
                ("round", &["lo", "loop_round"]),
            ],
        ),
    ];
    nodes.extend(container("loop", "lo", data));
    flow(nodes, &["start -> lo -> end", "lostart -> t -> as"])
}

#[test]
fn a_loop_ends_by_its_rounds_or_its_condition() {
    let all = Host::default().run(&plan(&counting(3, json!([]))));
    assert_eq!(
        all.outputs(),
        json!({"n": 3, "seen": ["r0", "r1", "r2"], "round": 3})
    );
    let broken = Host::default().run(&plan(&counting(
        9,
        json!([condition(&["lo", "n"], "≥", "2")]),
    )));
    assert_eq!(
        broken.outputs(),
        json!({"n": 2, "seen": ["r0", "r1"], "round": 2})
    );
    let never = Host::default().run(&plan(&counting(
        9,
        json!([condition(&["lo", "n"], "=", "0")]),
    )));
    assert_eq!(never.outputs(), json!({"n": 0, "seen": [], "round": 0}));
}

#[test]
fn limits_end_a_run_with_their_name() {
    let check = |change: fn(&mut workflow::Limits), workflow: Json, expect: &str| {
        let mut host = Host::default();
        change(&mut host.limits);
        assert_eq!(host.run(&plan(&workflow)).error(), expect);
    };
    let steps = "node `as` (assigner): the run reached its limit of 10 steps";
    check(|limits| limits.steps = 10, counting(99, json!([])), steps);
    let rounds = "node `lo` (loop): field `loop_count`: 99 rounds are more than the limit of 50";
    check(
        |limits| limits.loop_rounds = 50,
        counting(99, json!([])),
        rounds,
    );
    check(
        |limits| limits.time = 5,
        counting(99, json!([])),
        "the run took longer than its limit of 5 ms",
    );
    let large = flow(
        vec![start(&[]), template("t", "{{ 'x' * 100 }}", &[])],
        &["start -> t"],
    );
    let bytes = "node `t` (template-transform): its outputs hold more than the limit of 99 bytes";
    check(|limits| limits.variable_bytes = 99, large, bytes);
}

#[test]
fn a_failure_takes_the_way_its_node_names() {
    let run = |strategy: Json| {
        let mut data = json!({"variable": ["start", "x"]});
        for (key, value) in strategy.as_object().expect("an object") {
            data[key] = value.clone();
        }
        let nodes = vec![
            start(&["x"]),
            node("list", "list-operator", data),
            end("fine", &[("out", &["list", "result"])]),
            end("poor", &[("why", &["list", "error_type"])]),
        ];
        let plan = plan(&flow(
            nodes,
            &["start -> list -> fine", "list.fail-branch -> poor"],
        ));
        Host::new(json!({"x": "text"}), "").run(&plan)
    };
    assert!(
        run(json!({}))
            .error()
            .contains("field `variable`: `start.x` is no list but of type string")
    );
    let branch = run(json!({"error_strategy": "fail-branch"}));
    assert_eq!(branch.outputs(), json!({"why": "OperatorNodeError"}));
    let outcome = branch.outcome.expect("the run ended");
    assert_eq!(
        (outcome.status, outcome.exceptions),
        (workflow::Status::PartialSucceeded, 1)
    );
    let default = json!({"error_strategy": "default-value", "default_value": [
        {"key": "result", "type": "array[string]", "value": "[\"d\"]"}
    ]});
    assert_eq!(run(default).outputs(), json!({"out": ["d"]}));
}
