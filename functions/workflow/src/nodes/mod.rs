//! Node types, one file each, and the table that names them. A new type is a file and a line in [`TABLE`].

mod agent;
mod aggregator;
mod answer;
mod assigner;
mod code;
mod condition;
mod datasource;
mod document_extractor;
mod end;
mod http_request;
mod human_input;
mod if_else;
mod iteration;
mod knowledge_index;
mod knowledge_retrieval;
mod list_operator;
mod llm;
mod loop_node;
mod parameter_extractor;
mod pass;
mod question_classifier;
mod start;
mod template_transform;
mod tool;

use std::{fmt, sync::Arc};

use crate::{
    Failure, Map, Result, Value,
    effect::{Effect, Reply, Usage},
    graph::{Compiler, Fields},
    plan::{Kind, Response, SOURCE, Target},
    run::Cx,
};

pub(crate) use answer::show;
pub(crate) use condition::Conditions;
pub(crate) use human_input::filled;
pub(crate) use iteration::{ErrorMode, Iteration};
pub(crate) use loop_node::{Initial, Loop};

/// What a node type does, once compiled.
pub(crate) trait Work: fmt::Debug + Send + Sync {
    /// Runs it, or says what the host is to do.
    fn run(&self, cx: &Cx) -> Result<Ran, Failure>;

    /// Whether thoughts are taken out of the text on its way.
    fn separates_reasoning(&self) -> bool {
        false
    }

    /// Whether [`Self::finish`] is told of failures too, instead of retries and the error strategy.
    fn takes_failures(&self) -> bool {
        false
    }

    /// Variables that it changes beside its own.
    fn targets(&self) -> Vec<Target> {
        Vec::new()
    }

    /// What `node_started` tells of an agent.
    fn agent_strategy(&self) -> Option<Value> {
        None
    }

    /// Makes outputs of the host's answer.
    fn finish(&self, cx: &Cx, _inputs: &Map, _reply: Reply) -> Result<Output, Failure> {
        Err(cx
            .node
            .failure("InternalError", "asked nothing and got an answer"))
    }
}

/// How far a node came by itself.
pub(crate) enum Ran {
    Done(Output),
    Ask(Ask),
}

/// A request to the host.
pub(crate) struct Ask {
    pub(crate) effect: Effect,
    pub(crate) inputs: Map,
    pub(crate) process_data: Option<Arc<Map>>,
}

impl Ask {
    pub(crate) fn ran(effect: Effect, inputs: Map) -> Ran {
        Ran::Ask(Self {
            effect,
            inputs,
            process_data: None,
        })
    }
}

/// A node's result.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) outputs: Arc<Map>,
    pub(crate) inputs: Option<Arc<Map>>,
    pub(crate) process_data: Option<Arc<Map>>,
    pub(crate) handle: u16,
    pub(crate) usage: Option<Usage>,
    pub(crate) writes: Vec<Write>,
    /// Ends the loop around it.
    pub(crate) breaks: bool,
    /// Adds its outputs to the run's.
    pub(crate) is_result: bool,
    /// The steps of an agent.
    pub(crate) agent_log: Option<Value>,
}

/// A change of a variable that is not the node's own.
#[derive(Debug)]
pub(crate) enum Write {
    Conversation(usize, Value),
    Loop { up: u32, place: usize, value: Value },
}

impl Output {
    pub(crate) fn new(outputs: Map) -> Self {
        Self {
            outputs: Arc::new(outputs),
            inputs: None,
            process_data: None,
            handle: SOURCE,
            usage: None,
            writes: Vec::new(),
            breaks: false,
            is_result: false,
            agent_log: None,
        }
    }

    pub(crate) fn one(name: &str, value: Value) -> Self {
        let mut outputs = Map::default();
        outputs.insert(name.into(), value);
        Self::new(outputs)
    }

    pub(crate) fn with_inputs(mut self, inputs: Map) -> Self {
        self.inputs = Some(Arc::new(inputs));
        self
    }
}

/// A compiled node's own part.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) kind: Kind,
    /// The handles of a node that chooses among its edges; none for others.
    pub(crate) handles: Vec<Arc<str>>,
    pub(crate) response: Option<Response>,
}

impl Compiled {
    pub(crate) fn work(work: impl Work + 'static) -> Self {
        Self {
            kind: Kind::Work(Box::new(work)),
            handles: Vec::new(),
            response: None,
        }
    }
}

type Compile = fn(&Fields, &mut Compiler) -> Result<Compiled>;

const TABLE: &[(&str, Compile)] = &[
    ("start", start::compile),
    ("end", end::compile),
    ("answer", answer::compile),
    ("if-else", if_else::compile),
    ("template-transform", template_transform::compile),
    ("variable-aggregator", aggregator::compile),
    // The name before 0.6 of the app files' engine.
    ("variable-assigner", aggregator::compile),
    ("assigner", assigner::compile),
    ("list-operator", list_operator::compile),
    ("iteration", iteration::compile),
    ("iteration-start", pass::compile),
    ("loop", loop_node::compile),
    ("loop-start", pass::compile),
    ("loop-end", pass::compile_end),
    ("trigger-webhook", start::compile_trigger),
    ("trigger-schedule", start::compile_trigger),
    ("trigger-plugin", start::compile_trigger),
    ("datasource", datasource::compile),
    ("llm", llm::compile),
    ("knowledge-retrieval", knowledge_retrieval::compile),
    ("question-classifier", question_classifier::compile),
    ("parameter-extractor", parameter_extractor::compile),
    ("http-request", http_request::compile),
    ("tool", tool::compile),
    ("agent", agent::compile),
    ("code", code::compile),
    ("document-extractor", document_extractor::compile),
    ("human-input", human_input::compile),
    ("knowledge-index", knowledge_index::compile),
];

/// Every type that runs.
pub fn types() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(name, _)| *name)
}

pub(crate) fn compile(kind: &str, fields: &Fields, compiler: &mut Compiler) -> Result<Compiled> {
    match TABLE.iter().find(|(name, _)| *name == kind) {
        Some((_, compile)) => compile(fields, compiler),
        None => Ok(Compiled {
            kind: Kind::Unknown,
            handles: Vec::new(),
            response: None,
        }),
    }
}
