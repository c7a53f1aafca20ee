//! Node types: what they ask of the host, and what they make of its answers.

use serde_json::{Value as Json, json};
use workflow::{HttpReply, Limits, Message, Reply, Role, Searched, ToolReply, Value};

use crate::host::{Answer, Host, Seen, data, end, flow, map, node, plan};

const FILE: &str = r#"{"dify_model_identity": "__dify__file__", "type": "image", "filename": "a.png", "extension": ".png",
    "size": 7, "url": "http://f/a.png"}"#;

/// Runs one node behind a start node that passes everything on, with a script.
pub fn one(
    kind: &str,
    fields: Json,
    inputs: Json,
    script: impl FnMut(&workflow::Task) -> Answer + 'static,
) -> Seen {
    let names = inputs.as_object().expect("an object").keys();
    let variables: Vec<Json> = names
        .map(|name| json!({"variable": name, "type": "other"}))
        .collect();
    let mut workflow = flow(
        vec![
            node("start", "start", json!({"variables": variables})),
            node("n", kind, fields),
        ],
        &["start -> n"],
    );
    workflow["environment_variables"] =
        json!([{"name": "key", "value_type": "secret", "value": "s3cret"}]);
    workflow["conversation_variables"] = json!([
        {"name": "list", "value_type": "array[string]", "value": ["a", "b"]},
        {"name": "n", "value_type": "number", "value": 7},
        {"name": "s", "value_type": "string", "value": "old"},
    ]);
    let mut host = Host::new(inputs, "").script(script);
    host.start.sys = map(
        json!({"query": "what?", "files": [serde_json::from_str::<Json>(FILE).expect("JSON")]}),
    );
    let say = |role, text: &str| Message {
        role,
        text: text.into(),
        files: Vec::new(),
    };
    host.start.history = vec![
        say(Role::User, "q1"),
        say(Role::Assistant, "a1"),
        say(Role::User, "q2"),
        say(Role::Assistant, "a2"),
    ]
    .into();
    host.run(&plan(&workflow))
}

/// The request that a node makes.
pub fn asked(kind: &str, fields: Json, inputs: Json) -> Json {
    let found = std::rc::Rc::new(std::cell::RefCell::new(Json::Null));
    let seen = found.clone();
    let run = one(kind, fields, inputs, move |task| {
        *seen.borrow_mut() = serde_json::to_value(&*task.effect).expect("JSON");
        Answer::Never
    });
    assert!(run.outcome.is_none(), "it failed: {:?}", run.outcome);
    found.take()
}

/// The outputs that a node makes of an answer.
pub fn made(kind: &str, fields: Json, inputs: Json, reply: Reply) -> Json {
    let seen = one(kind, fields, inputs, move |_| Answer::Now(reply.clone()));
    outputs(&seen)
}

pub fn outputs(seen: &Seen) -> Json {
    let mut finished = seen
        .events
        .iter()
        .map(data)
        .filter(|data| data["node_id"] == "n" && !data["outputs"].is_null());
    finished
        .next_back()
        .unwrap_or_else(|| panic!("{:?}", seen.outcome))["outputs"]
        .clone()
}

pub fn error(seen: &Seen) -> String {
    seen.error()
}

#[test]
fn an_http_request_is_written() {
    let check = |fields: Json, pick: &str, expect: Json| {
        let mut all = json!({"method": "post", "url": " https://h/{{#start.x#}} "});
        for (key, value) in fields.as_object().expect("an object") {
            all[key] = value.clone();
        }
        let file: Json = serde_json::from_str(FILE).expect("JSON");
        let found = asked("http-request", all, json!({"x": "é\"q", "f": file}));
        assert_eq!(found["http"].pointer(pick), Some(&expect), "{fields}");
    };
    check(json!({}), "/url", json!("https://h/é\"q"));
    check(json!({}), "/method", json!("POST"));
    check(json!({}), "/timeout", json!([10, 600, 600]));
    check(
        json!({"timeout": {"connect": 3, "max_read_timeout": 0}}),
        "/timeout",
        json!([3, 600, 600]),
    );
    check(
        json!({"headers": "A: 1\nB:{{#start.x#}}:2\n\nC"}),
        "/headers",
        json!([["A", "1"], ["B", "é\"q:2"], ["C", ""]]),
    );
    check(
        json!({"params": "a:1\na:2"}),
        "/params",
        json!([["a", "1"], ["a", "2"]]),
    );
    let auth = |config: Json| json!({"authorization": {"type": "api-key", "config": config}});
    check(
        auth(json!({"type": "bearer", "api_key": "{{#env.key#}}"})),
        "/headers",
        json!([["Authorization", "Bearer s3cret"]]),
    );
    check(
        auth(json!({"type": "basic", "api_key": "u:p"})),
        "/headers",
        json!([["Authorization", "Basic dTpw"]]),
    );
    check(
        auth(json!({"type": "custom", "header": "X-Key", "api_key": "k"})),
        "/headers",
        json!([["X-Key", "k"]]),
    );
    let body = |kind: &str, data: Json| json!({"body": {"type": kind, "data": data}});
    let text = json!([{"type": "text", "value": "x={{#start.x#}}"}]);
    check(body("none", json!("")), "/body", json!("none"));
    check(body("raw-text", text), "/body/text", json!("x=é\"q"));
    let bare = json!([{"value": "{\"a\": {{#start.x#}}, \"b\": \"<{{#start.x#}}>\"}"}]);
    check(
        body("json", bare),
        "/body/json",
        json!(r#"{"a": "é\"q", "b": "<é\"q>"}"#),
    );
    check(body("json", json!("[1]")), "/body/json", json!("[1]"));
    let pairs = json!([{"key": "k", "type": "text", "value": "v"}, {"key": "f", "type": "file", "file": ["start", "f"]}]);
    check(
        body("x-www-form-urlencoded", json!("k:v")),
        "/body/url_encoded",
        json!([["k", "v"]]),
    );
    check(
        body("form-data", pairs.clone()),
        "/body/form_data/0",
        json!(["k", {"text": "v"}]),
    );
    check(
        body("form-data", pairs),
        "/body/form_data/1/1/file/filename",
        json!("a.png"),
    );
    check(
        body("binary", json!([{"file": ["start", "f"]}])),
        "/body/binary/filename",
        json!("a.png"),
    );
    let seen = one("http-request", json!({"url": "ftp://h"}), json!({}), |_| {
        Answer::Never
    });
    assert_eq!(
        error(&seen),
        "node `n` (http-request): field `url`: `ftp://h` begins with neither http:// nor https://"
    );
}

#[test]
fn a_bad_status_fails_only_who_asked_for_it() {
    let reply = || {
        Reply::Http(Box::new(HttpReply {
            status: 503,
            body: "busy".into(),
            ..HttpReply::default()
        }))
    };
    let url = json!({"url": "http://h"});
    assert_eq!(
        made("http-request", url.clone(), json!({}), reply())["status_code"],
        503
    );
    let mut branch = url;
    branch["error_strategy"] = json!("fail-branch");
    let found = made("http-request", branch, json!({}), reply());
    assert_eq!(
        (&found["error_type"], &found["body"]),
        (&json!("HTTPResponseCodeError"), &json!("busy"))
    );
}

#[test]
fn tools_and_agents_get_their_parameters() {
    let fields = json!({"provider_type": "builtin", "provider_id": "time", "tool_name": "now",
    "tool_configurations": {"zone": "UTC"},
    "tool_parameters": {
        "a": {"type": "mixed", "value": "<{{#env.key#}}>"}, "b": {"type": "variable", "value": ["start", "x"]},
        "c": {"type": "constant", "value": [1]}, "d": {"type": "constant", "value": null},
    }});
    let request = asked("tool", fields.clone(), json!({"x": {"k": 1}}));
    assert_eq!(
        request["tool"]["parameters"],
        json!({"a": "<s3cret>", "b": {"k": 1}, "c": [1]})
    );
    assert_eq!(request["tool"]["configuration"], json!({"zone": "UTC"}));
    let reply = ToolReply {
        text: "t".into(),
        variables: (*map(json!({"own": 1}))).clone(),
        ..ToolReply::default()
    };
    let found = made(
        "tool",
        fields,
        json!({"x": 1}),
        Reply::Tool(Box::new(reply)),
    );
    assert_eq!(
        found,
        json!({"text": "t", "files": [], "json": [], "own": 1})
    );
    let agent = json!({"agent_strategy_name": "function_calling", "agent_strategy_provider_name": "p",
        "agent_parameters": {"query": {"type": "variable", "value": ["sys", "query"]}}, "memory": {"window": {"enabled": false}}});
    let request = asked("agent", agent, json!({}));
    assert_eq!(request["agent"]["parameters"], json!({"query": "what?"}));
    assert_eq!(request["agent"]["memory"].as_array().map(Vec::len), Some(4));
}

#[test]
fn retrieval_extraction_and_code_ask_and_answer() {
    let retrieval = json!({"query_variable_selector": ["sys", "query"], "dataset_ids": ["d"], "retrieval_mode": "multiple",
        "multiple_retrieval_config": {"top_k": 3}, "metadata_filtering_mode": "manual", "metadata_filtering_conditions":
        {"logical_operator": "or", "conditions": [{"name": "author", "comparison_operator": "is", "value": "{{#start.x#}}"}]}});
    let request = asked(
        "knowledge-retrieval",
        retrieval.clone(),
        json!({"x": "Ada"}),
    );
    assert_eq!(request["retrieve"]["query"], "what?");
    assert_eq!(
        request["retrieve"]["settings"]["multiple_retrieval_config"],
        json!({"top_k": 3})
    );
    assert_eq!(
        request["retrieve"]["filter"].pointer("/metadata_filtering_conditions/conditions/0/value"),
        Some(&json!("Ada"))
    );
    let passage = Value::Object(map(json!({"content": "c"})));
    assert_eq!(
        made(
            "knowledge-retrieval",
            retrieval,
            json!({"x": ""}),
            Reply::Retrieved(vec![passage])
        ),
        json!({"result": [{"content": "c"}]})
    );
    let automatic = json!({"query_variable_selector": ["sys", "query"], "dataset_ids": ["d"], "metadata_filtering_mode":
        "automatic", "metadata_model_config": {"provider": "p", "name": "m"}});
    let request = asked("knowledge-retrieval", automatic.clone(), json!({"x": ""}));
    assert_eq!(
        request["retrieve"]["filter"]["metadata_model_config"],
        json!({"provider": "p", "name": "m"})
    );
    let searched = Searched::default();
    assert_eq!(
        made(
            "knowledge-retrieval",
            automatic,
            json!({"x": ""}),
            Reply::Searched(Box::new(searched))
        ),
        json!({"result": []})
    );
    let file: Json = serde_json::from_str(FILE).expect("JSON");
    let texts = || Reply::Texts(vec!["t".into()]);
    let fields = json!({"variable_selector": ["start", "f"]});
    assert_eq!(
        made(
            "document-extractor",
            fields.clone(),
            json!({"f": file}),
            texts()
        ),
        json!({"text": "t"})
    );
    assert_eq!(
        made(
            "document-extractor",
            fields.clone(),
            json!({"f": [file]}),
            texts()
        ),
        json!({"text": ["t"]})
    );
    let seen = one("document-extractor", fields, json!({"f": "text"}), |_| {
        Answer::Never
    });
    assert!(
        error(&seen).contains("field `variable_selector`: `start.f` is no file but of type string")
    );
    let code = json!({"code": "def main(v): ...", "code_language": "python3", "outputs": {"o": {"type": "number"}},
        "variables": [{"variable": "v", "value_selector": ["start", "x"]}]});
    let request = asked("code", code.clone(), json!({"x": [1]}));
    assert_eq!(request["code"]["arguments"], json!({"v": [1]}));
    let returns = |json: Json| Reply::Code(Value::from(&json));
    assert_eq!(
        made(
            "code",
            code.clone(),
            json!({"x": 1}),
            returns(json!({"o": 2, "more": 3}))
        ),
        json!({"o": 2})
    );
    let seen = one("code", code, json!({"x": 1}), move |_| {
        Answer::Now(returns(json!({})))
    });
    assert_eq!(
        error(&seen),
        "node `n` (code): field `outputs.o`: is missing in what main returned"
    );
}

#[test]
fn lists_are_filtered_extracted_ordered_and_cut() {
    let check = |fields: Json, list: Json, expect: Json| {
        let mut all = json!({"variable": ["start", "x"]});
        for (key, value) in fields.as_object().expect("an object") {
            all[key] = value.clone();
        }
        let seen = one("list-operator", all, json!({"x": list}), |_| Answer::Never);
        let found = outputs(&seen);
        assert_eq!(
            json!([found["result"], found["first_record"], found["last_record"]]),
            expect,
            "{fields}"
        );
    };
    let filter = |operator: &str, value: Json| {
        json!({"filter_by": {"enabled": true, "conditions": [
        {"key": "", "comparison_operator": operator, "value": value}]}})
    };
    check(json!({}), json!([]), json!([[], null, null]));
    check(
        filter("contains", json!("b")),
        json!(["ab", "c", "b"]),
        json!([["ab", "b"], "ab", "b"]),
    );
    check(
        filter(">", json!("2")),
        json!([1, 3, 5]),
        json!([[3, 5], 3, 5]),
    );
    check(
        filter("not in", json!(["a"])),
        json!(["a", "b"]),
        json!([["b"], "b", "b"]),
    );
    check(
        json!({"extract_by": {"enabled": true, "serial": "2"}}),
        json!(["a", "b"]),
        json!([["b"], "b", "b"]),
    );
    check(
        json!({"order_by": {"enabled": true, "value": "desc"}, "limit": {"enabled": true, "size": 2}}),
        json!([1, 3, 2]),
        json!([[3, 2], 3, 2]),
    );
    let file = |name: &str, size: u64| json!({"dify_model_identity": "__dify__file__", "type": "image", "filename": name, "size": size});
    let fields = json!({"filter_by": {"enabled": true, "conditions": [{"key": "type", "comparison_operator": "in", "value": ["image"]}]},
        "order_by": {"enabled": true, "key": "size", "value": "asc"}});
    let seen = one(
        "list-operator",
        fields
            .as_object()
            .map(|fields| {
                let mut fields = fields.clone();
                fields.insert("variable".to_owned(), json!(["start", "x"]));
                Json::Object(fields)
            })
            .expect("fields"),
        json!({"x": [file("b", 9), file("a", 2)]}),
        |_| Answer::Never,
    );
    assert_eq!(outputs(&seen)["first_record"]["filename"], "a");
    let seen = one(
        "list-operator",
        json!({"variable": ["start", "x"], "extract_by": {"enabled": true, "serial": "9"}}),
        json!({"x": [1]}),
        |_| Answer::Never,
    );
    assert!(error(&seen).ends_with("field `extract_by.serial`: the list has 1 items, not 9"));
}

#[test]
fn assignments_change_what_they_name() {
    let check = |item: Json, name: &str, expect: Json| {
        let mut item = item;
        item["variable_selector"] = json!(["conversation", name]);
        let seen = one(
            "assigner",
            json!({"version": "2", "items": [item]}),
            json!({"x": "c", "xs": ["c", "d"]}),
            |_| Answer::Never,
        );
        let outcome = seen.outcome.expect("it ended");
        assert_eq!(outcome.error, None);
        assert_eq!(
            serde_json::to_value(&outcome.conversation[name]).expect("JSON"),
            expect
        );
    };
    let variable = |operation: &str, name: &str| json!({"operation": operation, "input_type": "variable", "value": ["start", name]});
    let constant = |operation: &str, value: Json| json!({"operation": operation, "input_type": "constant", "value": value});
    check(variable("over-write", "x"), "s", json!("c"));
    check(constant("set", json!("new")), "s", json!("new"));
    check(constant("clear", json!(null)), "s", json!(""));
    check(constant("clear", json!(null)), "list", json!([]));
    check(variable("append", "x"), "list", json!(["a", "b", "c"]));
    check(
        variable("extend", "xs"),
        "list",
        json!(["a", "b", "c", "d"]),
    );
    check(constant("remove-first", json!(null)), "list", json!(["b"]));
    check(constant("remove-last", json!(null)), "list", json!(["a"]));
    check(constant("+=", json!(1)), "n", json!(8));
    check(constant("-=", json!(1)), "n", json!(6));
    check(constant("*=", json!(2)), "n", json!(14));
    check(constant("/=", json!(2)), "n", json!(3.5));
    let wrong = |item: Json, expect: &str| {
        let fields = json!({"version": "2", "items": [item]});
        let mut workflow = flow(
            vec![crate::host::start(&[]), node("n", "assigner", fields)],
            &["start -> n"],
        );
        workflow["conversation_variables"] =
            json!([{"name": "n", "value_type": "number", "value": 7}]);
        assert_eq!(
            workflow::Plan::compile(&workflow)
                .expect_err("a wrong item")
                .to_string(),
            expect
        );
    };
    let on = |operation: &str, value: Json| json!({"variable_selector": ["conversation", "n"], "input_type": "constant", "operation": operation, "value": value});
    wrong(
        on("append", json!(1)),
        "node `n`, field `items[0].variable_selector`: `append` cannot be done to a variable of type number",
    );
    wrong(
        on("/=", json!(0)),
        "node `n`, field `items[0].value`: division by zero",
    );
    wrong(
        on("set", json!("x")),
        "node `n`, field `items[0].value`: is no number",
    );
    wrong(
        json!({"variable_selector": ["sys", "query"], "operation": "clear"}),
        "node `n`, field `items[0].variable_selector`: `sys.query` is neither a conversation variable nor one of the loop",
    );
}

#[test]
fn an_aggregator_takes_the_first_of_each_group() {
    let fields = json!({"advanced_settings": {"group_enabled": true, "groups": [
        {"group_name": "G", "variables": [["start", "nothing"], ["start", "x"]]},
        {"group_name": "H", "variables": [["start", "nothing"]]},
    ]}});
    let seen = one("variable-aggregator", fields, json!({"x": 1}), |_| {
        Answer::Never
    });
    assert_eq!(outputs(&seen), json!({"G": {"output": 1}}));
}

#[test]
fn values_do_not_nest_without_end() {
    let mut host = Host {
        limits: Limits {
            depth: 5,
            ..Limits::default()
        },
        ..Host::default()
    };
    host.start.inputs = map(json!({"x": [[[[[[]]]]]]}));
    let start = node(
        "start",
        "start",
        json!({"variables": [{"variable": "x", "type": "other"}]}),
    );
    let seen = host.run(&plan(&flow(vec![start], &[])));
    assert_eq!(
        error(&seen),
        "node `start` (start): its outputs are nested deeper than the limit of 5 levels"
    );
}

#[test]
fn a_pipeline_begins_with_a_file_or_a_page() {
    let run = |kind: &str, inputs: Json, sys: Json| {
        let source = node(
            "source",
            "datasource",
            json!({"provider_type": kind,
            "datasource_parameters": {"depth": {"type": "constant", "value": 1}}}),
        );
        let flow = flow(
            vec![
                source,
                end(
                    "end",
                    &[
                        ("file", &["source", "file", "name"][..]),
                        ("kind", &["source", "datasource_type"]),
                        ("title", &["source", "title"]),
                        ("mode", &["rag", "shared", "mode"]),
                    ],
                ),
            ],
            &["source -> end"],
        );
        let mut host = Host::new(inputs, "");
        host.start.sys = map(sys);
        host.script(|task| match &*task.effect {
            workflow::Effect::Tool(request) => {
                assert_eq!(request.parameters.len(), 1, "the address alone");
                Answer::Now(Reply::Tool(Box::new(workflow::ToolReply {
                    text: "# Cats\n\nThey sleep.".into(),
                    ..workflow::ToolReply::default()
                })))
            }
            other => panic!("{other:?}"),
        })
        .run(&plan(&flow))
    };
    let file = json!({"dify_model_identity": "__dify__file__", "type": "document", "filename": "a.txt",
        "transfer_method": "local_file", "related_id": "x"});
    let seen = run(
        "local_file",
        json!({"mode": "fast"}),
        json!({"files": [file]}),
    );
    assert_eq!(
        seen.outputs(),
        json!({"file": "a.txt", "kind": "local_file", "title": null, "mode": "fast"})
    );
    let seen = run(
        "website_crawl",
        json!({"url": "https://x.test/"}),
        json!({}),
    );
    assert_eq!(
        seen.outputs(),
        json!({"file": null, "kind": "website_crawl", "title": "Cats", "mode": null})
    );
    for (kind, field) in [
        ("local_file", "field `file`"),
        ("online_document", "field `datasource_parameters.url`"),
    ] {
        let error = run(kind, json!({}), json!({})).error();
        assert!(
            error.contains("`source`") && error.contains(field),
            "{error}"
        );
    }
}
