//! Nodes that ask a model: the prompts they write, and what they make of what was said.

use serde_json::{Value as Json, json};
use workflow::Reply;

use crate::{
    host::{Answer, echo, says},
    nodes::{asked, error, made, one},
};

#[test]
fn an_llm_prompt_is_put_together() {
    let fields = json!({
        "model": {"provider": "p", "name": "m", "mode": "chat", "completion_params": {"temperature": 0.5}},
        "prompt_template": [
            {"role": "system", "text": "Use:\n{{#context#}}\nOn {{#start.x#}}."},
            {"role": "user", "edition_type": "jinja2", "text": "", "jinja2_text": "{{ v | upper }}"},
            {"role": "user", "text": ""},
        ],
        "prompt_config": {"jinja2_variables": [{"variable": "v", "value_selector": ["start", "x"]}]},
        "context": {"enabled": true, "variable_selector": ["start", "found"]},
        "memory": {"window": {"enabled": true, "size": 1}, "query_prompt_template": "{{#sys.query#}}"},
        "vision": {"enabled": true, "configs": {"variable_selector": ["sys", "files"], "detail": "low"}},
        "structured_output_enabled": true,
        "structured_output": {"schema": {"type": "object"}},
    });
    let inputs =
        json!({"x": "tea", "found": [{"content": "one {{#start.x#}}"}, {"content": "two"}]});
    let request = asked("llm", fields, inputs);
    let request = &request["llm"];
    assert_eq!(
        request["model"],
        json!({"provider": "p", "name": "m", "mode": "chat", "parameters": {"temperature": 0.5}})
    );
    let messages: Vec<String> = request["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .map(|message| {
            format!(
                "{}: {}",
                message["role"].as_str().expect("a role"),
                message["text"].as_str().expect("text")
            )
        })
        .collect();
    assert_eq!(
        messages,
        [
            "system: Use:\none {{#start.x#}}\ntwo\nOn tea.",
            "user: TEA",
            "user: q2",
            "assistant: a2",
            "user: what?"
        ]
    );
    assert_eq!(request["memory"], json!([2, 4]));
    assert_eq!(request["messages"][4]["files"][0]["filename"], "a.png");
    assert_eq!(
        (&request["detail"], &request["schema"]),
        (&json!("low"), &json!({"type": "object"}))
    );
}

#[test]
fn an_llm_answer_is_taken_apart() {
    let prompt = json!([{"role": "user", "text": "x"}]);
    let structured = json!({"prompt_template": prompt, "structured_output_enabled": true, "structured_output": {"schema": {}}});
    let found = made(
        "llm",
        structured.clone(),
        json!({}),
        says("<think>{}</think>```json\n{\"a\": 1}\n```"),
    );
    assert_eq!(found["structured_output"], json!({"a": 1}));
    assert_eq!(found["usage"]["total_tokens"], 3);
    assert_eq!(found["finish_reason"], "stop");
    let seen = one("llm", structured, json!({}), |_| Answer::Now(says("no")));
    assert!(
        error(&seen)
            .ends_with("field `structured_output`: the model's answer holds no JSON object")
    );
    let seen = one("llm", json!({"prompt_template": []}), json!({}), |task| {
        Answer::Now(echo(task))
    });
    assert_eq!(
        error(&seen),
        "node `n` (llm): field `prompt_template`: the prompt is empty"
    );
    let completion = asked(
        "llm",
        json!({"model": {"mode": "completion"}, "prompt_template": {"text": "go {{#start.x#}}"}}),
        json!({"x": 1}),
    );
    assert_eq!(
        completion["llm"]["messages"],
        json!([{"role": "user", "text": "go 1"}])
    );
}

#[test]
fn a_classifier_takes_the_class_that_is_named() {
    let fields = json!({"query_variable_selector": ["start", "x"], "instructions": "Be {{#start.x#}}.",
        "classes": [{"id": "1", "name": "Tea"}, {"id": "2", "name": "Coffee {{#start.x#}}", "label": "C"}]});
    let request = asked("question-classifier", fields.clone(), json!({"x": "hot"}));
    let system = request["llm"]["messages"][0]["text"]
        .as_str()
        .expect("text");
    assert!(
        system.contains(r#"{"category_id":"2","category_name":"Coffee hot"}"#)
            && system.contains("Be hot."),
        "{system}"
    );
    let check = |said: &str, class: &str| {
        let found = made(
            "question-classifier",
            fields.clone(),
            json!({"x": "hot"}),
            says(said),
        );
        assert_eq!(found["class_id"], class, "{said}");
    };
    check(r#"{"category_id": "2"}"#, "2");
    check(
        r#"It is {"category_id": "9", "category_name": "Coffee hot"}."#,
        "2",
    );
    check("tea, I think", "1");
}

#[test]
fn an_extractor_succeeds_even_when_its_model_does_not() {
    let fields = json!({"query": ["start", "x"], "parameters": [
        {"name": "n", "type": "number", "required": true, "description": "how many"},
        {"name": "pick", "type": "select", "options": ["a", "b"], "required": false},
        {"name": "tags", "type": "array[string]", "required": false},
    ]});
    let check = |reply: Reply, expect: Json| {
        let mut found = made(
            "parameter-extractor",
            fields.clone(),
            json!({"x": "text"}),
            reply,
        );
        found.as_object_mut().expect("an object").remove("__usage");
        assert_eq!(found, expect);
    };
    check(
        says(r#"{"n": "7", "pick": "a", "tags": "[\"x\"]"}"#),
        json!({"n": 7, "pick": "a", "tags": ["x"], "__is_success": 1, "__reason": null}),
    );
    check(
        says(r#"{"pick": "z"}"#),
        json!({"n": 0, "pick": "", "tags": [], "__is_success": 0, "__reason": "the required parameter `n` was not found"}),
    );
    check(
        crate::host::fails("no model"),
        json!({"n": 0, "pick": "", "tags": [], "__is_success": 0, "__reason": "no model"}),
    );
    let request = asked("parameter-extractor", fields, json!({"x": "text"}));
    assert_eq!(request["llm"]["schema"]["required"], json!(["n"]));
    assert_eq!(
        request["llm"]["schema"]["properties"]["pick"]["enum"],
        json!(["a", "b"])
    );
}
