//! A host in a few lines: answers effects from a script, and writes down what it saw.

use std::{collections::VecDeque, sync::Arc};

use serde_json::{Value as Json, json};
use workflow::{
    Effect, Entry, Event, Failure, Input, Limits, LlmReply, Map, Outcome, Plan, Reply, Run, Start,
    Step, Task, TaskId, Usage, Value,
};

/// What answers tasks; by default a model that says `node_id: last message`.
pub type Script = Box<dyn FnMut(&Task) -> Answer>;

/// How a task is answered.
pub enum Answer {
    /// At once.
    Now(Reply),
    /// After these pieces of text.
    Pieces(Vec<&'static str>, Reply),
    /// Not at all.
    Never,
}

/// A host that runs one run.
pub struct Host {
    pub script: Script,
    pub limits: Limits,
    pub start: Start,
    /// Milliseconds; every poll and every answer takes one.
    pub now: i64,
    /// Answer the newest task first.
    pub newest_first: bool,
    /// Stop after this many events.
    pub stop_after: Option<usize>,
}

/// What a run left.
pub struct Seen {
    pub outcome: Option<Arc<Outcome>>,
    pub events: Vec<Event>,
    pub journal: Vec<Entry>,
    /// Keys of the tasks that were given out.
    pub asked: Vec<String>,
    pub cancelled: Vec<TaskId>,
}

impl Default for Host {
    fn default() -> Self {
        let start = Start {
            run_id: "run-1".into(),
            workflow_id: "flow-1".into(),
            ..Start::default()
        };
        Self {
            script: Box::new(|task| Answer::Now(echo(task))),
            limits: Limits::default(),
            start,
            now: 1_700_000_000_000,
            newest_first: false,
            stop_after: None,
        }
    }
}

impl Host {
    /// With inputs of the start node and a query.
    pub fn new(inputs: Json, query: &str) -> Self {
        let mut host = Self::default();
        host.start.inputs = map(inputs);
        if !query.is_empty() {
            host.start.sys = map(json!({"query": query}));
        }
        host
    }

    pub fn script(mut self, script: impl FnMut(&Task) -> Answer + 'static) -> Self {
        self.script = Box::new(script);
        self
    }

    pub fn run(&mut self, plan: &Arc<Plan>) -> Seen {
        let run = Run::start(plan.clone(), self.start.clone(), self.limits, self.now)
            .expect("a run starts");
        self.drive(run)
    }

    /// Polls until the run ends, or until only answers are awaited that never come.
    pub fn drive(&mut self, mut run: Run) -> Seen {
        let mut seen = Seen {
            outcome: None,
            events: Vec::new(),
            journal: Vec::new(),
            asked: Vec::new(),
            cancelled: Vec::new(),
        };
        let mut open: VecDeque<(TaskId, Vec<&'static str>, Reply)> = VecDeque::new();
        for _ in 0..1_000_000 {
            self.now += 1;
            match run.poll(self.now) {
                Step::Emit(event) => {
                    seen.events.push(event);
                    if self.stop_after == Some(seen.events.len()) {
                        run.handle(
                            Input::Stop {
                                reason: "Stopped by user.".into(),
                            },
                            self.now,
                        )
                        .expect("a run stops");
                    }
                }
                Step::Execute(task) => {
                    seen.asked.push(task.key.to_string());
                    match (self.script)(&task) {
                        Answer::Now(reply) => open.push_back((task.id, Vec::new(), reply)),
                        Answer::Pieces(pieces, reply) => open.push_back((task.id, pieces, reply)),
                        Answer::Never => {}
                    }
                }
                Step::Cancel(task) => {
                    seen.cancelled.push(task);
                    open.retain(|(id, _, _)| *id != task);
                }
                Step::Suspend(suspend) => {
                    let next = if self.newest_first {
                        open.pop_back()
                    } else {
                        open.pop_front()
                    };
                    match (next, suspend.until) {
                        (Some((task, pieces, reply)), _) => {
                            for piece in pieces {
                                run.handle(
                                    Input::Delta {
                                        task,
                                        text: piece.into(),
                                    },
                                    self.now,
                                )
                                .expect("text is taken");
                            }
                            run.handle(Input::Reply { task, reply }, self.now)
                                .expect("an answer is taken");
                        }
                        (None, Some(until)) if suspend.tasks == 0 => self.now = until,
                        (None, _) => break,
                    }
                }
                Step::Done(outcome) => {
                    seen.outcome = Some(outcome);
                    break;
                }
            }
        }
        seen.journal = run.take_journal();
        seen
    }
}

impl Seen {
    /// The outputs of a run that ended.
    pub fn outputs(&self) -> Json {
        let outcome = self.outcome.as_ref().expect("the run ended");
        assert_eq!(outcome.error, None, "the run failed");
        serde_json::to_value(&outcome.outputs).expect("JSON")
    }

    /// Why the run failed.
    pub fn error(&self) -> String {
        let outcome = self.outcome.as_ref().expect("the run ended");
        outcome.error.as_deref().expect("the run failed").to_owned()
    }

    /// Events as lines: the name, and what tells them apart.
    pub fn lines(&self) -> Vec<String> {
        self.events.iter().map(line).collect()
    }

    /// The text that was streamed.
    pub fn text(&self) -> String {
        let text = self
            .events
            .iter()
            .filter(|event| event.kind.name() == "text_chunk");
        text.map(|event| data(event)["text"].as_str().expect("text").to_owned())
            .collect()
    }
}

/// The `data` of an event.
pub fn data(event: &Event) -> Json {
    serde_json::to_value(&event.kind).expect("JSON")
}

fn line(event: &Event) -> String {
    let data = data(event);
    let text = |key: &str| data[key].as_str().unwrap_or_default().to_owned();
    match event.kind.name() {
        "workflow_started" => format!("workflow_started {}", text("reason")),
        "workflow_finished" => {
            let error = data["error"]
                .as_str()
                .map(|error| format!(": {error}"))
                .unwrap_or_default();
            format!("workflow_finished {}{error}", text("status"))
        }
        "text_chunk" => format!("text_chunk {:?}", text("text")),
        "reasoning_chunk" => format!(
            "reasoning_chunk {:?} {}",
            text("reasoning"),
            data["is_final"]
        ),
        "node_started" => format!("node_started {} {}", data["index"], text("node_id")),
        "node_finished" => format!(
            "node_finished {} {} {}",
            data["index"],
            text("node_id"),
            text("status")
        ),
        "node_retry" => format!("node_retry {} {}", text("node_id"), data["retry_index"]),
        name @ ("iteration_next" | "loop_next") => {
            format!("{name} {} {}", text("node_id"), data["index"])
        }
        name @ ("iteration_completed" | "loop_completed") => {
            format!("{name} {} {}", text("node_id"), text("status"))
        }
        name => format!("{name} {}", text("node_id")),
    }
}

/// JSON as an object of the engine.
pub fn map(json: Json) -> Arc<Map> {
    match Value::from(&json) {
        Value::Object(map) => map,
        other => panic!("no object: {other:?}"),
    }
}

/// A model that says `text`.
pub fn says(text: &str) -> Reply {
    let usage = Usage {
        total_tokens: 3,
        ..Usage::default()
    };
    Reply::Llm(Box::new(LlmReply {
        text: text.into(),
        usage,
        finish_reason: Some("stop".into()),
        ..LlmReply::default()
    }))
}

/// What the default script answers.
pub fn echo(task: &Task) -> Reply {
    match &*task.effect {
        Effect::Llm(request) => {
            let last = request
                .messages
                .last()
                .map(|message| message.text.to_string())
                .unwrap_or_default();
            says(&format!("{}: {last}", task.node_id))
        }
        other => fails(&format!("the script has no answer to {other:?}")),
    }
}

/// A failure.
pub fn fails(message: &str) -> Reply {
    Reply::Failed(Failure::new("ScriptError", message))
}

/// A node.
pub fn node(id: &str, kind: &str, data: Json) -> Json {
    let mut data = data;
    data["type"] = json!(kind);
    data["title"] = json!(id.to_uppercase());
    let parent = data.as_object_mut().expect("an object").remove("parent");
    let mut node = json!({"id": id, "type": "custom", "data": data});
    if let Some(parent) = parent {
        node["parentId"] = parent;
    }
    node
}

/// A workflow of these nodes and edges; `a -> b`, or `a.handle -> b`.
pub fn flow(nodes: Vec<Json>, edges: &[&str]) -> Json {
    let edges: Vec<Json> = edges
        .iter()
        .flat_map(|line| {
            let words: Vec<&str> = line.split(" -> ").collect();
            words
                .windows(2)
                .map(|pair| edge(pair[0], pair[1]))
                .collect::<Vec<_>>()
        })
        .collect();
    json!({"graph": {"nodes": nodes, "edges": edges}})
}

fn edge(source: &str, target: &str) -> Json {
    let (source, handle) = source.split_once('.').unwrap_or((source, "source"));
    let target = target.split('.').next().expect("a node");
    json!({"source": source, "sourceHandle": handle, "target": target, "targetHandle": "target"})
}

/// Compiles, or fails the test.
pub fn plan(workflow: &Json) -> Arc<Plan> {
    Plan::compile(workflow).unwrap_or_else(|error| panic!("{error}"))
}

/// A start node with text inputs of these names.
pub fn start(names: &[&str]) -> Json {
    let variables: Vec<Json> = names
        .iter()
        .map(|name| json!({"variable": name, "type": "paragraph"}))
        .collect();
    node("start", "start", json!({"variables": variables}))
}

/// An end node whose outputs are these variables.
pub fn end(id: &str, outputs: &[(&str, &[&str])]) -> Json {
    let outputs: Vec<Json> = outputs
        .iter()
        .map(|(name, selector)| json!({"variable": name, "value_selector": selector}))
        .collect();
    node(id, "end", json!({"outputs": outputs}))
}

/// A template over `x`.
pub fn template(id: &str, text: &str, selector: &[&str]) -> Json {
    node(
        id,
        "template-transform",
        json!({"template": text, "variables": [{"variable": "x", "value_selector": selector}]}),
    )
}
