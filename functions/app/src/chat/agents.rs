//! Agents: an app of mode `agent-chat` answers by calling tools, its datasets among them.

use std::sync::{Arc, Mutex, PoisonError};

use agent::{Agent, Event, Strategy, Toolbox};
use futures::{StreamExt, stream::BoxStream};
use model::{ChatRequest, Llm};
use ports::Clock;
use serde_json::{Map, Value};

use super::{knowledge, resolve::dataset_ids, screen::Made};
use crate::{
    Context, Error, Result,
    apps::{App, ModelConfig},
    message::{Resource, Thought},
    requests::Tab,
    tool::{self, AgentMode, Guard},
};

/// Bytes of one result that a model gets to see, at least and at most. In between it is half of what it reads, taken
/// as bytes: an eighth of its tokens.
const RESULT: (usize, usize) = (1 << 10, 16 << 10);

/// What an answer is asked with.
pub(super) struct Asked<'a> {
    pub(super) tab: &'a Tab,
    pub(super) app: &'a App,
    pub(super) config: &'a ModelConfig,
    pub(super) inputs: &'a Map<String, Value>,
    pub(super) retriever_from: &'a str,
    /// How the app guards its prompt.
    pub(super) guard: Guard,
}

/// Passages that were shown to the model, in the order in which they were found.
pub(super) type Shown = Arc<Mutex<Vec<Resource>>>;

/// The tools of one answer.
pub(super) struct Tools {
    toolbox: Toolbox,
    strategy: Strategy,
    max_rounds: u32,
    result_bytes: usize,
    prompt: Option<String>,
    cites: bool,
    shown: Shown,
    clock: Arc<dyn Clock>,
}

impl Tools {
    /// Those that the app names; one that is not there fails with its name.
    pub(super) async fn gather(ctx: &Context, asked: &Asked<'_>, llm: &dyn Llm) -> Result<Self> {
        let mode = AgentMode::parse(&asked.config.agent_mode);
        let info = llm.info();
        let tenant_id = &asked.app.tenant_id;
        let shown = Shown::default();
        let mut toolbox = Toolbox::default();
        for named in &mode.tools {
            let tool = tool::find(ctx, tenant_id, named).await?;
            toolbox.add(tool::given(tool, &named.values, &asked.guard));
        }
        // What is looked for in the app's own datasets goes nowhere.
        let inside = Guard {
            watch: None,
            ..asked.guard.clone()
        };
        for id in dataset_ids(asked.config) {
            if let Some(tool) = knowledge::tool(ctx, asked, &id, &shown).await? {
                toolbox.add(tool::given(tool, &Map::new(), &inside));
            }
        }
        Ok(Self {
            toolbox,
            strategy: mode.strategy(info),
            max_rounds: mode.max_rounds,
            result_bytes: (info.context_window / 2).clamp(RESULT.0, RESULT.1),
            prompt: mode.prompt,
            cites: asked.config.retriever_resource.enabled,
            shown,
            clock: ctx.platform.clock.clone(),
        })
    }

    /// The agent's answer.
    pub(super) fn run(
        &self,
        llm: Arc<dyn Llm>,
        request: ChatRequest,
    ) -> BoxStream<'static, Result<Made>> {
        let clock = self.clock.clone();
        let mut begun = (0, clock.now());
        let events = agent::run(Agent {
            llm,
            request,
            tools: self.toolbox.clone(),
            strategy: self.strategy,
            max_rounds: self.max_rounds,
            result_bytes: self.result_bytes,
            prompt: self.prompt.clone(),
        });
        let made = events.map(move |event| match event? {
            Event::Delta(delta) => Ok(Made::Delta(delta)),
            Event::Thought(thought) => {
                if begun.0 != thought.position {
                    begun = (thought.position, clock.now());
                }
                Ok(Made::Thought(Thought {
                    position: thought.position,
                    thought: thought.thought,
                    tool: thought.tool,
                    tool_labels: thought.tool_labels,
                    tool_input: thought.tool_input,
                    observation: thought.observation,
                    created_at: begun.1,
                }))
            }
        });
        made.map(|made: std::result::Result<Made, model::Error>| made.map_err(Error::from))
            .boxed()
    }

    /// What the answer rests on, numbered.
    pub(super) fn cited(&self) -> Vec<Resource> {
        if !self.cites {
            return Vec::new();
        }
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let numbered = shown.iter().cloned().zip(1..);
        let resources = numbered.map(|(resource, position)| Resource {
            position: Some(position),
            ..resource
        });
        resources.collect()
    }
}
