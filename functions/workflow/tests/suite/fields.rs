//! Fields that few files have: each is read, and says what it does.

use serde_json::{Value as Json, json};
use workflow::{HttpReply, Plan, Reply};

use crate::{
    host::{Answer, Host, end, flow, node, plan, says, start},
    nodes::{asked, made, one, outputs},
};

#[test]
fn a_request_says_whether_certificates_are_checked() {
    for (given, expect) in [
        (json!(null), true),
        (json!(true), true),
        (json!(false), false),
    ] {
        let mut fields = json!({"method": "get", "url": "https://a.test/", "headers": "", "params": "",
            "authorization": {"type": "no-auth"}, "body": {"type": "none"}});
        fields["ssl_verify"] = given.clone();
        let request = asked("http-request", fields, json!({}));
        assert_eq!(request["http"]["verify_tls"], expect, "{given}");
    }
}

#[test]
fn a_tool_is_called_with_its_credential() {
    let fields = json!({"provider_id": "p", "provider_type": "api", "provider_name": "p", "tool_name": "t",
        "tool_configurations": {}, "tool_parameters": {}, "credential_id": "c1"});
    let request = asked("tool", fields, json!({}));
    assert_eq!(request["tool"]["credential_id"], "c1");
}

#[test]
fn a_search_takes_the_files_that_are_selected() {
    let fields = json!({"query_variable_selector": ["sys", "query"], "query_attachment_selector": ["sys", "files"],
        "dataset_ids": ["d"], "retrieval_mode": "multiple"});
    let request = asked("knowledge-retrieval", fields, json!({}));
    assert_eq!(request["retrieve"]["attachments"][0]["filename"], "a.png");
}

#[test]
fn instructions_reach_the_model_under_either_name() {
    for (kind, fields) in [
        (
            "question-classifier",
            json!({"query_variable_selector": ["start", "x"], "classes": [{"id": "1", "name": "Tea"}]}),
        ),
        (
            "parameter-extractor",
            json!({"query": ["start", "x"], "parameters": [{"name": "n", "type": "string", "required": false,
                "description": ""}]}),
        ),
    ] {
        let mut fields = fields;
        fields["instruction"] = json!("Mind {{#start.x#}}.");
        let request = asked(kind, fields, json!({"x": "hot"}));
        assert!(
            request.to_string().contains("Mind hot."),
            "{kind}: {request}"
        );
    }
}

#[test]
fn a_classifier_says_which_class_it_is() {
    let fields = json!({"query_variable_selector": ["start", "x"],
        "classes": [{"id": "1", "name": "Tea", "label": "T"}, {"id": "2", "name": "Coffee", "label": "C"}]});
    let found = made(
        "question-classifier",
        fields,
        json!({"x": "hot"}),
        says(r#"{"category_id": "2"}"#),
    );
    assert_eq!(
        [
            &found["class_id"],
            &found["class_name"],
            &found["class_label"]
        ],
        ["2", "Coffee", "C"]
    );
    assert_eq!(found["usage"]["total_tokens"], 3);
}

#[test]
fn the_old_switch_of_structured_output_counts() {
    let fields = json!({"model": {"provider": "p", "name": "m", "mode": "chat"},
        "prompt_template": [{"role": "user", "text": "x"}], "structured_output_switch_on": true,
        "structured_output": {"schema": {"type": "object"}}});
    let request = asked("llm", fields, json!({}));
    assert_eq!(request["llm"]["schema"]["type"], "object");
}

#[test]
fn the_old_name_of_the_aggregator_runs() {
    let fields = json!({"output_type": "string", "variables": [["start", "none"], ["start", "x"]]});
    let seen = one("variable-assigner", fields, json!({"x": "tea"}), |_| {
        Answer::Never
    });
    assert_eq!(outputs(&seen)["output"], "tea");
    let fields = json!({"output_type": "string", "variables": [], "advanced_settings": {"group_enabled": true,
        "groups": [{"group_name": "g", "output_type": "string", "variables": [["start", "x"]]}]}});
    let seen = one("variable-assigner", fields, json!({"x": "tea"}), |_| {
        Answer::Never
    });
    assert_eq!(outputs(&seen)["g"]["output"], "tea");
}

#[test]
fn files_are_asked_for_their_attributes() {
    let check = |operator: &str, value: &str, expect: &str| {
        let fields = json!({"cases": [{"case_id": "yes", "logical_operator": "and", "conditions": [{
            "variable_selector": ["sys", "files"], "comparison_operator": operator, "value": "",
            "sub_variable_condition": {"logical_operator": "and", "conditions": [
                {"key": "extension", "comparison_operator": "is", "value": value}]}}]}]});
        let found = outputs(&one("if-else", fields, json!({}), |_| Answer::Never));
        assert_eq!(
            (&found["selected_case_id"], &found["result"]),
            (&json!(expect), &json!(expect == "yes")),
            "{operator} {value}"
        );
    };
    check("contains", "png", "yes");
    check("contains", "pdf", "false");
}

#[test]
fn an_agent_of_the_second_kind_has_a_job_and_a_memory() {
    let fields = json!({"agent_binding": {"binding_type": "inline_agent"},
        "agent_job": {"workflow_prompt": "Look at {{#start.x#}}."},
        "memory": {"window": {"enabled": true, "size": 1}}});
    let request = asked("agent", fields, json!({"x": "tea"}));
    let request = &request["agent"];
    assert_eq!(
        request["job"]["agent_binding"]["binding_type"],
        "inline_agent"
    );
    assert_eq!(request["parameters"]["workflow_prompt"], "Look at tea.");
    assert_eq!(request["memory"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_form_says_which_button_was_pressed() {
    let fields = json!({"form_content": "Fine?", "inputs": [],
        "user_actions": [{"id": "yes", "title": "Yes, please"}], "timeout": 1, "timeout_unit": "hour"});
    let reply = workflow::FormReply {
        action: "yes".into(),
        inputs: Default::default(),
    };
    let found = made("human-input", fields, json!({}), Reply::Form(reply));
    assert_eq!(
        (&found["__action_id"], &found["__action_value"]),
        (&json!("yes"), &json!("Yes, please"))
    );
}

#[test]
fn chunks_that_are_none_fail_the_index_by_the_fields_name() {
    let fields = json!({"index_chunk_variable_selector": ["start", "x"], "chunk_structure": "text_model",
        "indexing_technique": "economy"});
    let seen = one("knowledge-index", fields, json!({"x": "text"}), |_| {
        Answer::Never
    });
    let error = seen.error();
    assert!(
        error.contains("node `n` (knowledge-index)")
            && error.contains("index_chunk_variable_selector"),
        "{error}"
    );
}

/// An iteration over two lists.
fn lists(flatten: Json) -> Json {
    let iteration = node(
        "it",
        "iteration",
        json!({"iterator_selector": ["start", "x"], "output_selector": ["same", "output"], "output_type": "array[string]",
            "start_node_id": "first", "flatten_output": flatten}),
    );
    let same = node(
        "same",
        "variable-aggregator",
        json!({"parent": "it", "output_type": "array[string]", "variables": [["it", "item"]]}),
    );
    let first = node("first", "iteration-start", json!({"parent": "it"}));
    let last = end("end", &[("out", &["it", "output"])]);
    flow(
        vec![
            node(
                "start",
                "start",
                json!({"variables": [{"variable": "x", "type": "other"}]}),
            ),
            iteration,
            first,
            same,
            last,
        ],
        &["start -> it -> end", "first -> same"],
    )
}

#[test]
fn lists_of_an_iteration_are_joined_unless_it_says_otherwise() {
    for (flatten, expect) in [
        (json!(null), json!(["a", "b", "c"])),
        (json!(true), json!(["a", "b", "c"])),
        (json!(false), json!([["a", "b"], ["c"]])),
    ] {
        let mut host = Host::new(json!({"x": [["a", "b"], ["c"]]}), "");
        let seen = host.run(&plan(&lists(flatten.clone())));
        assert_eq!(seen.outputs()["out"], expect, "{flatten}");
    }
}

#[test]
fn a_loop_ends_where_its_end_node_is_reached() {
    let this = node(
        "lo",
        "loop",
        json!({"start_node_id": "first", "loop_count": 5, "break_conditions": [], "logical_operator": "and",
            "loop_variables": []}),
    );
    let first = node("first", "loop-start", json!({"parent": "lo"}));
    let stop = node("stop", "loop-end", json!({"parent": "lo"}));
    let last = end("end", &[("rounds", &["lo", "loop_round"])]);
    let workflow = flow(
        vec![start(&[]), this, first, stop, last],
        &["start -> lo -> end", "first -> stop"],
    );
    let seen = Host::new(json!({}), "").run(&plan(&workflow));
    assert_eq!(seen.outputs()["rounds"], 1);
}

#[test]
fn a_trigger_gives_out_what_it_was_given() {
    for (kind, inputs) in [
        (
            "trigger-webhook",
            json!({"name": "x", "_webhook_raw": {"body": {"name": "x"}}}),
        ),
        ("trigger-plugin", json!({"name": "x"})),
        ("trigger-schedule", json!({})),
    ] {
        let last = end("end", &[("out", &["t", "name"])]);
        let workflow = flow(vec![node("t", kind, json!({})), last], &["t -> end"]);
        let mut host = Host::new(inputs.clone(), "");
        host.start.root = Some("t".into());
        let seen = host.run(&plan(&workflow));
        assert_eq!(seen.outputs()["out"], inputs["name"], "{kind}");
    }
}

#[test]
fn a_large_graph_and_a_long_iteration_have_no_cap() {
    let mut nodes = vec![start(&["x"])];
    let ids: Vec<String> = (0..499).map(|number| format!("n{number}")).collect();
    let mut before = ["start".to_owned(), "x".to_owned()];
    for id in &ids[..498] {
        let selector: Vec<&str> = before.iter().map(String::as_str).collect();
        nodes.push(crate::host::template(id, "{{ x }}", &selector));
        before = [id.clone(), "output".to_owned()];
    }
    let selector: Vec<&str> = before.iter().map(String::as_str).collect();
    nodes.push(end("n498", &[("out", &selector)]));
    let line = format!("start -> {}", ids.join(" -> "));
    let seen = Host::new(json!({"x": "through"}), "").run(&plan(&flow(nodes, &[&line])));
    assert_eq!(seen.outputs()["out"], "through");

    let mut workflow = lists(json!(false));
    workflow["graph"]["nodes"][1]["data"]["is_parallel"] = json!(true);
    workflow["graph"]["nodes"][1]["data"]["parallel_nums"] = json!(10);
    workflow["graph"]["nodes"][3] = node(
        "same",
        "http-request",
        json!({"parent": "it", "method": "get", "url": "https://a.test/{{#it.item#}}", "headers": "", "params": "",
            "authorization": {"type": "no-auth"}, "body": {"type": "none"}}),
    );
    workflow["graph"]["nodes"][1]["data"]["output_selector"] = json!(["same", "body"]);
    let items: Vec<u32> = (0..1_000).collect();
    let mut host = Host::new(json!({"x": items}), "").script(|task| {
        let request = serde_json::to_value(&*task.effect).expect("JSON");
        let url = request["http"]["url"].as_str().expect("a URL");
        let number = url.rsplit('/').next().expect("a number");
        Answer::Now(Reply::Http(Box::new(HttpReply {
            status: 200,
            body: number.into(),
            ..HttpReply::default()
        })))
    });
    host.limits.steps = 10_000;
    // Whoever answers last was asked first: the results keep their places all the same.
    host.newest_first = true;
    let seen = host.run(&plan(&workflow));
    let out = seen.outputs()["out"].as_array().expect("a list").clone();
    let expect: Vec<Json> = (0..1_000).map(|number| json!(number.to_string())).collect();
    assert_eq!(out, expect);
}

#[test]
fn a_selector_to_what_may_not_have_run_is_a_warning_with_its_place() {
    let template = crate::host::template("t", "{{ x }}", &["late", "output"]);
    let late = crate::host::template("late", "", &["start", "x"]);
    let last = end("end", &[("out", &["t", "output"])]);
    let workflow = flow(
        vec![start(&["x"]), template, late, last],
        &["start -> t -> end", "start -> late"],
    );
    let plan = Plan::compile(&workflow).expect("it runs");
    let warnings: Vec<String> = plan.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        ["node `t`, field `variables[0].value_selector`: `late` does not run before this node"]
    );
}
