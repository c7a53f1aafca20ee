//! Runs that go on after a crash, and forks.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use workflow::{Change, Entry, ErrorKind, Journal, Plan, Replay, Run, Start};

use crate::host::{Answer, Host, Seen, echo, end, fails, flow, map, node, plan, start};

fn llm(id: &str, text: &str) -> Json {
    node(
        id,
        "llm",
        json!({"model": {"name": "m"}, "prompt_template": [{"role": "user", "text": text}]}),
    )
}

/// A chain of `length` models, each told what the one before it said.
fn chain(length: usize) -> Arc<Plan> {
    let mut nodes = vec![start(&["x"])];
    let mut edge = "start".to_owned();
    for place in 1..=length {
        let before = if place == 1 {
            "{{#start.x#}}".to_owned()
        } else {
            format!("{{{{#n{}.text#}}}}", place - 1)
        };
        nodes.push(llm(&format!("n{place}"), &before));
        edge.push_str(&format!(" -> n{place}"));
    }
    let last = format!("n{length}");
    nodes.push(end("end", &[("out", &[&last, "text"])]));
    edge.push_str(" -> end");
    plan(&flow(nodes, &[&edge]))
}

pub fn record(host: &Host, entries: &[Entry]) -> Journal {
    Journal {
        start: host.start.clone(),
        at: 1_700_000_000_000,
        entries: entries.to_vec(),
    }
}

#[test]
fn a_run_goes_on_where_its_record_ends() {
    let plan = chain(5);
    let mut host = Host::new(json!({"x": "go"}), "");
    let whole = host.run(&plan);
    for kept in 0..=5 {
        let journal = record(&host, &whole.journal[..kept]);
        let text = serde_json::to_string(&journal).expect("JSON");
        let journal: Journal = serde_json::from_str(&text).expect("a record");
        let run = Run::resume(
            plan.clone(),
            &journal,
            host.limits,
            Replay::default(),
            host.now,
        )
        .expect("it goes on");
        let rest = host.drive(run);
        assert_eq!(rest.outputs(), whole.outputs());
        let asked: Vec<String> = (kept + 1..=5).map(|place| format!("n{place}#1")).collect();
        assert_eq!(rest.asked, asked, "what was answered is not asked again");
        assert_eq!(rest.lines(), whole.lines());
    }
}

#[test]
fn events_that_were_seen_are_not_shown_again() {
    let plan = chain(2);
    let mut host = Host::new(json!({"x": "go"}), "");
    let whole = host.run(&plan);
    let replay = Replay {
        seen: 4,
        is_fork: false,
    };
    let run = Run::resume(
        plan,
        &record(&host, &whole.journal[..1]),
        host.limits,
        replay,
        host.now,
    )
    .expect("it goes on");
    let rest = host.drive(run);
    let seen = whole
        .events
        .iter()
        .position(|event| event.seq == 5)
        .expect("an event");
    assert_eq!(rest.lines(), whole.lines()[seen..]);
}

#[test]
fn a_record_of_another_graph_is_refused() {
    let mut host = Host::new(json!({"x": "go"}), "");
    let whole = host.run(&chain(2));
    let other = plan(&flow(
        vec![start(&["x"]), llm("n1", "other")],
        &["start -> n1"],
    ));
    let resume = |plan, entries: &[Entry]| {
        let error = Run::resume(
            plan,
            &record(&host, entries),
            host.limits,
            Replay::default(),
            0,
        )
        .expect_err("refused");
        assert_eq!(error.kind, ErrorKind::Replay);
        error.to_string()
    };
    assert_eq!(
        resume(other, &whole.journal),
        "node `n1`: the record answers another question than is asked now"
    );
    assert_eq!(
        resume(chain(2), &whole.journal[1..]),
        "node `n2`: the record answers what nobody asks"
    );
}

#[test]
fn a_fork_asks_only_from_its_node_on() {
    let plan = chain(20);
    let mut host = Host::new(json!({"x": "go"}), "");
    let whole = host.run(&plan);
    let journal = record(&host, &whole.journal);
    let start = Start {
        run_id: "run-2".into(),
        ..host.start.clone()
    };
    let fork = journal.fork(&plan, "n17", start.clone()).expect("a fork");
    assert_eq!(fork.entries.len(), 16);
    let replay = Replay {
        seen: 0,
        is_fork: true,
    };
    let run = Run::resume(plan.clone(), &fork, host.limits, replay, host.now).expect("it goes on");
    let seen = host.drive(run);
    assert_eq!(seen.asked, ["n17#1", "n18#1", "n19#1", "n20#1"]);
    assert_eq!(seen.outputs(), whole.outputs());
    assert_eq!(seen.journal.len(), 20, "the fork's own record is whole");
    // With another result of one node, what follows it is asked anew, and only that.
    let pinned = Start {
        pinned: map(json!({"n18": {"text": "edited"}})),
        ..start
    };
    let fork = journal.fork(&plan, "n18", pinned).expect("a fork");
    let run = Run::resume(plan.clone(), &fork, host.limits, replay, host.now).expect("it goes on");
    let seen = host.drive(run);
    assert_eq!(seen.asked, ["n19#1", "n20#1"]);
    assert_eq!(seen.outputs(), json!({"out": "n20: n19: edited"}));
    let error = journal
        .fork(&plan, "nowhere", Start::default())
        .expect_err("no such node");
    assert_eq!(error.kind, ErrorKind::Input);
}

#[test]
fn an_answer_names_what_it_cost() {
    let mut host = Host::new(json!({"x": "go"}), "");
    let seen = host.run(&chain(1));
    let Change::Replied {
        key,
        inputs_hash,
        idempotency_key,
        reply,
        ..
    } = &seen.journal[0].change
    else {
        panic!("an answer");
    };
    assert_eq!(&**key, "n1#1");
    assert_eq!((inputs_hash.len(), idempotency_key.len()), (64, 32));
    let workflow::Reply::Llm(reply) = reply else {
        panic!("a model's answer")
    };
    assert_eq!(reply.usage.total_tokens, 3);
    let mut other = Host::new(json!({"x": "go"}), "");
    other.start.run_id = "run-2".into();
    let Change::Replied {
        idempotency_key: second,
        inputs_hash: same,
        ..
    } = other.run(&chain(1)).journal[0].change.clone()
    else {
        panic!("an answer");
    };
    assert_ne!(*idempotency_key, second, "every run has keys of its own");
    assert_eq!(*inputs_hash, same);
}

/// Models that fail now and then, in parallel, in an iteration, with retries and a fail branch.
fn tangled() -> Arc<Plan> {
    let mut flaky = llm("flaky", "x");
    flaky["data"]["error_strategy"] = json!("fail-branch");
    flaky["data"]["retry_config"] =
        json!({"retry_enabled": true, "max_retries": 1, "retry_interval": 50});
    let mut inner = llm("inner", "{{#it.item#}}");
    inner["parentId"] = json!("it");
    let nodes = vec![
        node(
            "start",
            "start",
            json!({"variables": [{"variable": "items", "type": "other"}]}),
        ),
        node(
            "it",
            "iteration",
            json!({"iterator_selector": ["start", "items"], "output_selector": ["inner", "text"],
            "start_node_id": "its", "is_parallel": true, "parallel_nums": 3, "error_handle_mode": "continue-on-error"}),
        ),
        node("its", "iteration-start", json!({"parent": "it"})),
        inner,
        flaky,
        llm("side", "{{#start.items#}}"),
        node(
            "join",
            "variable-aggregator",
            json!({"variables": [["flaky", "text"], ["flaky", "error_message"]]}),
        ),
        node(
            "ans",
            "answer",
            json!({"answer": "{{#it.output#}} {{#side.text#}} {{#join.output#}}"}),
        ),
    ];
    plan(&flow(
        nodes,
        &[
            "start -> it -> ans",
            "start -> side -> ans",
            "start -> flaky -> join -> ans",
            "flaky.fail-branch -> join",
            "its -> inner",
        ],
    ))
}

/// A run whose tasks fail by these bits and are answered in this order.
fn run_tangled(
    host: &mut Host,
    failures: u32,
    newest_first: bool,
    from: Option<(Journal, Arc<Plan>)>,
) -> Seen {
    host.newest_first = newest_first;
    host.script = Box::new(move |task| {
        let bit = task.key.bytes().fold(7_u32, |hash, byte| {
            hash.wrapping_mul(31).wrapping_add(byte.into())
        }) % 32;
        Answer::Now(if failures >> bit & 1 == 1 {
            fails("flaky")
        } else {
            echo(task)
        })
    });
    match from {
        None => host.run(&tangled()),
        Some((journal, plan)) => {
            let run = Run::resume(plan, &journal, host.limits, Replay::default(), host.now)
                .expect("it goes on");
            host.drive(run)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_journal_repeats_its_run(failures: u32, items in 0_usize..6, newest_first: bool, cut in 0.0_f64..=1.0) {
        let items: Vec<String> = (0..items).map(|item| format!("i{item}")).collect();
        let mut host = Host::new(json!({"items": items}), "q");
        let whole = run_tangled(&mut host, failures, newest_first, None);
        // The whole record decides the same, to the last event.
        let whole_record = record(&host, &whole.journal);
        let all = run_tangled(&mut host, 0, false, Some((whole_record, tangled())));
        prop_assert_eq!(&all.asked, &Vec::<String>::new());
        prop_assert_eq!(all.lines(), whole.lines());
        let outputs = |seen: &Seen| serde_json::to_value(&seen.outcome.as_ref().expect("it ended").outputs).expect("JSON");
        prop_assert_eq!(outputs(&all), outputs(&whole));
        // Any part of it is the beginning of the same run: nothing that was answered is asked again.
        let kept = (whole.journal.len() as f64 * cut) as usize;
        let part = record(&host, &whole.journal[..kept]);
        let rest = run_tangled(&mut host, failures, newest_first, Some((part, tangled())));
        prop_assert_eq!(outputs(&rest), outputs(&whole));
        let answered = |entry: &Entry| match &entry.change {
            Change::Replied { key, .. } => Some(key.to_string()),
            _ => None,
        };
        let before: Vec<String> = whole.journal[..kept].iter().filter_map(answered).collect();
        prop_assert!(rest.asked.iter().all(|key| !before.contains(key)));
        // A run that fails cancels what is open, and what that is depends on whose answer came first.
        if whole.outcome.as_ref().is_some_and(|outcome| outcome.error.is_none()) {
            prop_assert_eq!(before.len() + rest.asked.len(), whole.asked.len());
        }
    }
}
