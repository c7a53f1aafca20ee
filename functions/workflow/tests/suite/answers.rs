//! Text that leaves while it is written, thoughts beside it, and people who are waited for.

use serde_json::json;
use workflow::{Effect, Reply};

use crate::{
    host::{Answer, Host, data, end, flow, map, node, plan, says, start, template},
    streams::{answer, in_pieces, inside, iteration, llm},
};

#[test]
fn an_answer_streams_before_the_nodes_in_front_of_it_have_ended() {
    let code = node(
        "slow",
        "code",
        json!({"code": "", "outputs": {"x": {"type": "string"}}}),
    );
    let cases = json!([{"case_id": "true", "conditions": [
        {"variable_selector": ["slow", "x"], "comparison_operator": "is", "value": "1"}]}]);
    let nodes = |branch: bool| {
        let mut nodes = vec![
            start(&[]),
            llm("llm", "x"),
            code.clone(),
            answer("ans", "Hello {{#llm.text#}}"),
            answer("other", "no"),
        ];
        nodes.push(if branch {
            node("if", "if-else", json!({"cases": cases}))
        } else {
            template("if", "", &[])
        });
        nodes
    };
    let script = |task: &workflow::Task| match &*task.effect {
        Effect::Code(_) => Answer::Never,
        _ => Answer::Pieces(vec!["one ", "two"], says("one two")),
    };
    let straight = plan(&flow(nodes(false), &["start -> llm -> slow -> if -> ans"]));
    let seen = Host::new(json!({}), "q").script(script).run(&straight);
    assert_eq!(
        seen.text(),
        "Hello one two",
        "certain from the start, it does not wait for the code"
    );
    let branched = plan(&flow(
        nodes(true),
        &[
            "start -> llm -> slow -> if",
            "if.true -> ans",
            "if.false -> other",
        ],
    ));
    let seen = Host::new(json!({}), "q").script(script).run(&branched);
    assert_eq!(
        seen.text(),
        "",
        "a branch is open: nobody knows what will be answered"
    );
    let seen = Host::new(json!({}), "q")
        .script(move |task| match &*task.effect {
            Effect::Code(_) => {
                Answer::Now(Reply::Code(workflow::Value::Object(map(json!({"x": "1"})))))
            }
            _ => script(task),
        })
        .run(&branched);
    assert_eq!(
        seen.text(),
        "Hello one two",
        "what was written before the branch was decided is not lost"
    );
    assert_eq!(seen.outputs()["answer"], "Hello one two");
}

/// What was streamed and what was answered, where `ans` shows the variable `v`, whose first value is `old`.
fn said(nodes: Vec<serde_json::Value>, edges: &[&str]) -> (String, serde_json::Value) {
    let mut flow = flow(nodes, edges);
    flow["conversation_variables"] = json!([{"name": "v", "value_type": "string", "value": "old"}]);
    let seen = Host::new(json!({}), "q")
        .script(|_| Answer::Pieces(vec!["one ", "two"], says("one two")))
        .run(&plan(&flow));
    (seen.text(), seen.outputs()["answer"].clone())
}

#[test]
fn an_answer_names_a_variable_that_a_node_before_it_changes() {
    let assign = |id: &str| {
        let value = json!({"variable_selector": ["conversation", "v"], "input_type": "variable",
            "operation": "over-write", "value": ["llm", "text"]});
        node(id, "assigner", json!({"version": "2", "items": [value]}))
    };
    let shown = || answer("ans", "It is {{#conversation.v#}}, {{#llm.text#}}.");
    let check = |nodes: Vec<serde_json::Value>, edges: &[&str], expect: &str| {
        let (text, answer) = said(nodes, edges);
        assert_eq!(
            (text.as_str(), &answer),
            (expect, &json!(expect)),
            "{edges:?}"
        );
    };
    let all = |more: Vec<serde_json::Value>| {
        [
            vec![start(&[]), llm("llm", "x"), assign("as"), shown()],
            more,
        ]
        .concat()
    };
    check(
        all(vec![]),
        &["start -> llm -> as -> ans"],
        "It is one two, one two.",
    );
    // On another branch it changes nothing, and nobody waits for it.
    let choice = || {
        let condition = json!({"variable_selector": ["sys", "query"], "comparison_operator": "is", "value": "other"});
        let cases = json!([{"case_id": "true", "conditions": [condition]}]);
        node("if", "if-else", json!({"cases": cases}))
    };
    check(
        all(vec![choice()]),
        &[
            "start -> llm -> if",
            "if.true -> as -> ans",
            "if.false -> ans",
        ],
        "It is old, one two.",
    );
    // What comes later does not count.
    check(
        all(vec![]),
        &["start -> llm -> ans -> as"],
        "It is old, one two.",
    );
    // In a container before it.
    let round = node(
        "loop",
        "loop",
        json!({"loop_count": 1, "start_node_id": "ls"}),
    );
    let within = vec![
        round,
        inside(node("ls", "loop-start", json!({})), "loop"),
        inside(assign("in"), "loop"),
    ];
    check(
        [vec![start(&[]), llm("llm", "x"), shown()], within].concat(),
        &["start -> llm -> loop -> ans", "ls -> in"],
        "It is one two, one two.",
    );
}

#[test]
fn an_answer_in_a_loop_waits_for_the_loops_own_variable() {
    let item = json!({"variable_selector": ["loop", "n"], "input_type": "constant", "operation": "+=", "value": 1});
    let round = node(
        "loop",
        "loop",
        json!({"loop_count": 2, "start_node_id": "ls", "loop_variables":
            [{"label": "n", "var_type": "number", "value_type": "constant", "value": 0}]}),
    );
    let nodes = vec![
        start(&[]),
        round,
        inside(node("ls", "loop-start", json!({})), "loop"),
        inside(
            node("as", "assigner", json!({"version": "2", "items": [item]})),
            "loop",
        ),
        inside(answer("ans", "<{{#loop.n#}}>"), "loop"),
    ];
    let (text, _) = said(nodes, &["start -> loop", "ls -> as -> ans"]);
    assert_eq!(text, "<1><2>");
}

#[test]
fn human_input_pauses_resumes_and_expires() {
    let form = node(
        "form",
        "human-input",
        json!({
            "form_content": "Fine, {{#start.x#}}? {{#$output.why#}}",
            "inputs": [{"type": "paragraph", "output_variable_name": "why"}],
            "user_actions": [{"id": "yes", "title": "Yes", "button_style": "primary"}, {"id": "no", "title": "No"}],
            "timeout": 1, "timeout_unit": "hour"
        }),
    );
    let flow = flow(
        vec![
            start(&["x"]),
            form,
            answer("y", "{{#form.__rendered_content#}}"),
            answer("n", "no"),
            answer("late", "too late"),
        ],
        &[
            "start -> form",
            "form.yes -> y",
            "form.no -> n",
            "form.__timeout -> late",
        ],
    );
    let plan = plan(&flow);
    let reply = workflow::FormReply {
        action: "yes".into(),
        inputs: (*map(json!({"why": "because"}))).clone(),
    };
    let seen = Host::new(json!({"x": "Ada"}), "q")
        .script(move |_| Answer::Now(Reply::Form(reply.clone())))
        .run(&plan);
    assert_eq!(
        seen.lines()[3..10],
        [
            "node_started 2 form",
            "human_input_required form",
            "workflow_paused ",
            "workflow_started resumption",
            "human_input_form_filled form",
            "node_finished 2 form succeeded",
            "text_chunk \"Fine, Ada? because\"",
        ]
    );
    let required = data(&seen.events[4]);
    assert_eq!(required["form_content"], "Fine, Ada? {{#$output.why#}}");
    let paused = data(&seen.events[5]);
    assert_eq!(
        (&paused["paused_nodes"], &paused["status"]),
        (&json!(["form"]), &json!("paused"))
    );
    assert_eq!(data(&seen.events[7])["action_text"], "Yes");
    // Nobody answers: the form's own way.
    let mut host = Host::new(json!({"x": "Ada"}), "q").script(|_| Answer::Never);
    let mut run = workflow::Run::start(plan, host.start.clone(), host.limits, host.now)
        .expect("a run starts");
    while !matches!(run.poll(host.now), workflow::Step::Suspend(suspend) if suspend.for_people) {}
    host.now += 3_600_000;
    let seen = host.drive(run);
    assert_eq!(seen.text(), "too late");
    let elapsed = seen.outcome.expect("it ended").elapsed;
    assert!(
        elapsed < 100,
        "waiting for a person is no work: {elapsed} ms"
    );
}

#[test]
fn thoughts_are_told_apart() {
    let mut thinking = llm("llm", "x");
    thinking["data"]["reasoning_format"] = json!("separated");
    let flow = flow(
        vec![start(&[]), thinking, answer("ans", "{{#llm.text#}}")],
        &["start -> llm -> ans"],
    );
    let seen = Host::new(json!({}), "q")
        .script(|_| {
            Answer::Pieces(
                vec!["<thi", "nk>hm", "m</think>", "yes"],
                says("<think>hmm</think>yes"),
            )
        })
        .run(&plan(&flow));
    assert_eq!(
        seen.lines()[4..10],
        [
            "reasoning_chunk \"hm\" false",
            "reasoning_chunk \"m\" false",
            "text_chunk \"yes\"",
            "reasoning_chunk \"\" true",
            "node_finished 2 llm succeeded",
            "node_started 3 ans",
        ]
    );
    let finished = data(&seen.events[8]);
    assert_eq!(
        (
            &finished["outputs"]["text"],
            &finished["outputs"]["reasoning_content"]
        ),
        (&json!("yes"), &json!("hmm"))
    );
}

#[test]
fn texts_of_an_end_node_and_answers_in_rounds() {
    let texts = flow(
        vec![
            start(&["x"]),
            llm("a", "x"),
            llm("b", "x"),
            end(
                "end",
                &[
                    ("x", &["start", "x"]),
                    ("a", &["a", "text"]),
                    ("b", &["b", "text"]),
                ],
            ),
        ],
        &["start -> a -> end", "start -> b -> end"],
    );
    let seen = in_pieces(Host::new(json!({"x": "hi"}), "")).run(&plan(&texts));
    assert_eq!(seen.text(), "one two\none two");
    let rounds = iteration(
        vec![
            inside(template("last", "{{ x }}", &["it", "item"]), "it"),
            inside(answer("ans", "<{{#last.output#}}>"), "it"),
        ],
        &["its -> last -> ans"],
    );
    let seen = Host::new(json!({"items": ["a", "b"]}), "q").run(&plan(&rounds));
    assert_eq!(seen.text(), "<a><b>");
    assert_eq!(seen.outputs()["answer"], "<a><b>");
}

#[test]
fn the_options_of_a_select_may_come_from_a_variable() {
    let form = node(
        "form",
        "human-input",
        json!({"form_content": "", "user_actions": [{"id": "ok", "title": "OK"}], "inputs": [{"type": "select",
            "output_variable_name": "size", "option_source": {"type": "variable", "selector": ["list", "result"]}}]}),
    );
    let ask = |items: serde_json::Value| {
        let list = node(
            "list",
            "list-operator",
            json!({"variable": ["start", "items"]}),
        );
        let begin = node(
            "start",
            "start",
            json!({"variables": [{"variable": "items", "type": "other"}]}),
        );
        let flow = flow(vec![begin, list, form.clone()], &["start -> list -> form"]);
        Host::new(json!({"items": items}), "")
            .script(|_| Answer::Never)
            .run(&plan(&flow))
    };
    let seen = ask(json!(["small", "large"]));
    let asked = seen
        .events
        .iter()
        .map(data)
        .find(|data| data.get("form_id").is_some());
    let source = &asked.expect("a form")["inputs"][0]["option_source"];
    assert_eq!(
        *source,
        json!({"type": "constant", "selector": ["list", "result"], "value": ["small", "large"]})
    );
    let error = ask(json!([])).error();
    assert!(
        error.contains("field `inputs[0].option_source.selector`")
            && error.contains("an empty list"),
        "{error}"
    );
}

#[test]
fn a_run_may_move_between_threads() {
    fn moves<T: Send + Sync>() {}
    moves::<workflow::Run>();
    moves::<workflow::Plan>();
    moves::<workflow::Step>();
}

/// What the stream says at its end, and how often something was taken back.
fn stands(seen: &crate::host::Seen) -> (String, usize) {
    let (mut text, mut replaced) = (String::new(), 0);
    for event in &seen.events {
        let said = || data(event)["text"].as_str().expect("text").to_owned();
        match event.kind.name() {
            "text_chunk" => text.push_str(&said()),
            "text_replace" => (text, replaced) = (said(), replaced + 1),
            _ => {}
        }
    }
    (text, replaced)
}

#[test]
fn what_a_broken_off_model_had_said_is_taken_back() {
    let check = |field: &str, value: serde_json::Value, expect: &str, failures: usize| {
        let mut flaky = llm("llm", "x");
        flaky["data"][field] = value;
        if field == "error_strategy" {
            flaky["data"]["default_value"] =
                json!([{"key": "text", "type": "string", "value": "Sorry"}]);
        }
        let nodes = vec![
            start(&[]),
            llm("first", "x"),
            flaky,
            answer("ans", "{{#first.text#}}: {{#llm.text#}}."),
        ];
        let mut left = failures;
        let seen = Host::new(json!({}), "q")
            .script(move |task| match &*task.node_id {
                "first" => Answer::Pieces(vec!["So"], says("So")),
                _ if left > 0 => {
                    left -= 1;
                    let failure = workflow::Failure::new("InvokeError", "it broke off");
                    Answer::Pieces(vec!["half ", "a wo"], Reply::Failed(failure))
                }
                _ => Answer::Pieces(vec!["all ", "of it"], says("all of it")),
            })
            .run(&plan(&flow(nodes, &["start -> first -> llm -> ans"])));
        assert_eq!(stands(&seen), (expect.to_owned(), failures), "{field}");
        assert_eq!(seen.outputs()["answer"], expect, "{field}");
    };
    let retry = json!({"retry_enabled": true, "max_retries": 2, "retry_interval": 1000});
    check("retry_config", retry.clone(), "So: all of it.", 0);
    check("retry_config", retry, "So: all of it.", 2);
    check("error_strategy", json!("default-value"), "So: Sorry.", 1);
}
