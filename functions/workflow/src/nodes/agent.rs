//! `agent`: an agent of the host works on its own; the graph waits.

use std::sync::Arc;

use super::{
    Ask, Compiled, Output, Ran, Work,
    llm::unexpected,
    tool::{Parameter, outputs, parameters, revealed, values},
};
use crate::{
    AgentRequest, Effect, Failure, Map, Message, Reply, Result, Value,
    graph::{Compiler, Fields},
    run::Cx,
    template::Template,
};

#[derive(Debug)]
struct Agent {
    provider: Arc<str>,
    strategy: Arc<str>,
    parameters: Vec<(Arc<str>, Parameter)>,
    /// Turns of both sides to remember; none for all.
    memory: Option<Option<usize>>,
    job: Option<Value>,
    /// The prompt of the second kind of agent node.
    prompt: Template,
}

pub(crate) fn compile(fields: &Fields, cx: &mut Compiler) -> Result<Compiled> {
    let memory = match fields.raw("memory") {
        None => None,
        Some(_) => {
            let window = fields.part("memory").part("window");
            let size = if window.flag("enabled", false)? {
                window.count("size")?
            } else {
                None
            };
            Some(size.map(|size| size as usize))
        }
    };
    let job = fields.raw("agent_job").map(|job| {
        Value::object([
            ("agent_job", Value::from(job)),
            (
                "agent_binding",
                fields
                    .raw("agent_binding")
                    .map(Value::from)
                    .unwrap_or_default(),
            ),
        ])
    });
    let prompt = cx.template(&fields.part("agent_job"), "workflow_prompt")?;
    Ok(Compiled::work(Agent {
        provider: fields.text_or("agent_strategy_provider_name", "")?.into(),
        strategy: fields.text_or("agent_strategy_name", "")?.into(),
        parameters: templates(fields, cx)?,
        memory,
        job,
        prompt,
    }))
}

/// The parameters; of agents, constant texts are templates too.
fn templates(fields: &Fields, cx: &mut Compiler) -> Result<Vec<(Arc<str>, Parameter)>> {
    let fields = fields.part("agent_parameters");
    let mut found = parameters(&fields, cx)?;
    for (name, parameter) in &mut found {
        if let Parameter::Constant(Value::String(_)) = parameter {
            let item = fields.part(name);
            if item.raw("value").is_some() {
                *parameter = Parameter::Mixed(cx.template(&item, "value")?);
            }
        }
    }
    Ok(found)
}

impl Work for Agent {
    fn run(&self, cx: &Cx) -> Result<Ran, Failure> {
        let mut inputs = values(cx, &self.parameters);
        if self.job.is_some() {
            inputs.insert(
                "workflow_prompt".into(),
                Value::String(cx.render(&self.prompt)),
            );
        }
        let history = &cx.start.history;
        let memory: Vec<Message> = match self.memory {
            None => Vec::new(),
            Some(turns) => {
                let kept = turns.map_or(history.len(), |turns| (turns * 2).min(history.len()));
                history.iter().skip(history.len() - kept).cloned().collect()
            }
        };
        let request = AgentRequest {
            provider: self.provider.clone(),
            strategy: self.strategy.clone(),
            parameters: revealed(&inputs),
            memory,
            job: self.job.clone(),
            past: Vec::new(),
        };
        Ok(Ask::ran(Effect::Agent(Box::new(request)), inputs))
    }

    fn agent_strategy(&self) -> Option<Value> {
        let icon = ("icon", Value::Null);
        Some(Value::object([
            ("name", Value::String(self.strategy.clone())),
            icon,
        ]))
    }

    fn finish(&self, cx: &Cx, _: &Map, reply: Reply) -> Result<Output, Failure> {
        let Reply::Tool(mut reply) = reply else {
            return Err(unexpected(cx));
        };
        let usage = reply.usage.take();
        let agent_log = Some(Value::array(reply.json.iter().cloned()));
        let mut outputs = outputs(*reply);
        outputs.insert(
            "usage".into(),
            usage
                .as_ref()
                .map(|usage| usage.value())
                .unwrap_or_default(),
        );
        Ok(Output {
            usage,
            agent_log,
            ..Output::new(outputs)
        })
    }
}
