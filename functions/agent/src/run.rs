//! The loop: ask, call, ask again, until there is an answer or the rounds are over.

use std::sync::Arc;

use futures::{
    SinkExt, StreamExt,
    channel::mpsc,
    future::join_all,
    stream::{self, BoxStream},
};
use model::{ChatRequest, Delta, Error, Llm, Message, Part, Role, ToolCall, Usage};
use serde_json::{Map, Value};

use crate::{Thought, Toolbox, calls::Calls, react, tool::cut};

/// Bytes that are left of an old result when the model has no room for more.
const OLD_RESULT: usize = 200;

/// How the model says what it wants called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// By function calls, several in one round if it likes.
    FunctionCall,
    /// In words (ReAct), one in a round; for models without functions.
    React,
}

/// Everything that one answer of an agent depends on.
#[derive(Clone)]
pub struct Agent {
    /// Who thinks.
    pub llm: Arc<dyn Llm>,
    /// The prompt, history and question; its `tools` are set here.
    pub request: ChatRequest,
    /// What may be called.
    pub tools: Toolbox,
    /// How.
    pub strategy: Strategy,
    /// Rounds in which tools are offered, 1 to 99; one more without them follows, in which the model has to answer.
    pub max_rounds: u32,
    /// Bytes of one result that the model gets to see.
    pub result_bytes: usize,
    /// Of ReAct: what the system's message says in place of the usual, with `{{instruction}}`, `{{tools}}` and
    /// `{{tool_names}}`. One that shows no tools is left out.
    pub prompt: Option<String>,
}

/// What happens while an agent answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// More of the answer, or of what is said between calls.
    Delta(Delta),
    /// A round has begun (then it is empty), is over, or has changed: the same position comes again when its tools are
    /// done.
    Thought(Thought),
}

/// Answers. The stream gives deltas and thoughts as they come, and after each round a `Usage` over all so far; then it
/// ends; or an error. What is said in a round after others spoke begins on a line of its own.
pub fn run(agent: Agent) -> BoxStream<'static, Result<Event, Error>> {
    let (out, events) = mpsc::channel(0);
    let mut failed = out.clone();
    let work = async move {
        if let Err(Some(error)) = Loop::new(agent, out).run().await {
            let _ = failed.send(Err(error)).await;
        }
    };
    // The work goes on only while somebody reads, and is dropped with the stream.
    let work = stream::once(work).filter_map(async |()| None);
    stream::select(events, work).boxed()
}

/// `None`: nobody reads any more.
type Stop = Option<Error>;

struct Loop {
    agent: Agent,
    out: mpsc::Sender<Result<Event, Error>>,
    usage: Usage,
    /// Something was said in an earlier round.
    spoke: bool,
}

/// What the model did in one round.
pub(crate) struct Round {
    /// What it said.
    pub(crate) text: String,
    pub(crate) calls: Vec<ToolCall>,
    pub(crate) usage: Option<Usage>,
}

impl Loop {
    fn new(agent: Agent, out: mpsc::Sender<Result<Event, Error>>) -> Self {
        Self {
            agent,
            out,
            usage: Usage::default(),
            spoke: false,
        }
    }

    async fn emit(&mut self, event: Event) -> Result<(), Stop> {
        self.out.send(Ok(event)).await.map_err(|_| None)
    }

    async fn run(&mut self) -> Result<(), Stop> {
        let specs = self.agent.tools.specs();
        let by_words = self.agent.strategy == Strategy::React && !specs.is_empty();
        if by_words {
            let prompt = self.agent.prompt.as_deref();
            react::instruct(&mut self.agent.request, &specs, prompt);
        }
        let rounds = self.agent.max_rounds.clamp(1, 99);
        for position in 1..=rounds + 1 {
            let last = position > rounds || specs.is_empty();
            self.agent.request.tools = match last || by_words {
                true => Vec::new(),
                false => specs.clone(),
            };
            if last && by_words {
                react::last(&mut self.agent.request);
            }
            self.shorten();
            let round = self.round(position, by_words, last).await?;
            let tokens = round.usage.map_or(0, |usage| usage.total_tokens());
            let mut thought = Thought {
                position,
                thought: round.text.clone(),
                tokens,
                ..Thought::default()
            };
            if round.calls.is_empty() || last {
                self.emit(Event::Thought(thought)).await?;
                break;
            }
            self.called(&mut thought, &round.calls);
            self.emit(Event::Thought(thought.clone())).await?;
            let results = self.results(&round.calls).await;
            let told = round.calls.iter().zip(&results);
            thought.observation = by_name(
                told.map(|(call, result)| (call.name.clone(), Value::String(result.clone()))),
            );
            self.emit(Event::Thought(thought)).await?;
            self.remember(round, results, by_words);
        }
        Ok(())
    }

    /// More of the answer.
    async fn say(&mut self, text: String, begun: &mut bool) -> Result<(), Stop> {
        if text.is_empty() {
            return Ok(());
        }
        let is_next = self.spoke && !std::mem::replace(begun, true);
        *begun = true;
        let text = if is_next { format!("\n{text}") } else { text };
        self.emit(Event::Delta(Delta::Text(text))).await
    }

    /// Leaves the beginnings of the oldest results, until the next answer has room.
    fn shorten(&mut self) {
        let llm = self.agent.llm.clone();
        let info = llm.info();
        let answer = self.agent.request.parameters.max_tokens;
        let answer = answer.map_or(info.max_output_tokens, |most| most as usize);
        let room = info
            .context_window
            .saturating_sub(answer.min(info.context_window / 2));
        let is_result = |message: &Message| {
            message.role == Role::Tool
                || (message.role == Role::User && message.as_text().starts_with(react::RESULT))
        };
        for place in 0..self.agent.request.messages.len() {
            let messages = &mut self.agent.request.messages;
            if llm.count_tokens(messages) <= room {
                return;
            }
            let Some(message) = messages.get_mut(place).filter(|it| is_result(it)) else {
                continue;
            };
            let text = cut(message.as_text(), OLD_RESULT);
            message.content = vec![Part::Text { text }];
        }
    }

    /// Asks the model once.
    async fn round(&mut self, position: u32, by_words: bool, last: bool) -> Result<Round, Stop> {
        let mut deltas = self.agent.llm.stream(self.agent.request.clone()).await?;
        let (mut opened, mut begun) = (false, false);
        let mut calls = Calls::default();
        let mut words = by_words.then(|| react::Reader::new(last));
        let mut round = Round {
            text: String::new(),
            calls: Vec::new(),
            usage: None,
        };
        while let Some(delta) = deltas.next().await {
            let delta = delta?;
            if !std::mem::replace(&mut opened, true) {
                let opening = Thought {
                    position,
                    ..Thought::default()
                };
                self.emit(Event::Thought(opening)).await?;
            }
            match delta {
                Delta::Text(text) => {
                    round.text.push_str(&text);
                    let shown = match &mut words {
                        Some(reader) => reader.take(&text),
                        None => text,
                    };
                    self.say(shown, &mut begun).await?;
                    // What it would make up as a result is not waited for.
                    if words.as_ref().is_some_and(react::Reader::is_over) {
                        break;
                    }
                }
                Delta::ToolCall(piece) => calls.take(piece),
                Delta::Usage(usage) => round.usage = Some(usage),
                Delta::Reasoning(text) => self.emit(Event::Delta(Delta::Reasoning(text))).await?,
                Delta::Finish(_) => {}
            }
        }
        drop(deltas);
        if let Some(reader) = words {
            let end = reader.end();
            self.say(end.rest, &mut begun).await?;
            round.text = end.thought;
            round.calls = end.call.into_iter().collect();
        } else {
            round.calls = calls.done();
        }
        // A round that was broken off was not counted by whoever runs the model.
        let usage = round.usage.unwrap_or_else(|| self.estimate(&round));
        round.usage = Some(usage);
        self.usage.prompt_tokens += usage.prompt_tokens;
        self.usage.completion_tokens += usage.completion_tokens;
        self.usage.estimated |= usage.estimated;
        self.spoke |= begun;
        let usage = self.usage;
        self.emit(Event::Delta(Delta::Usage(usage))).await?;
        Ok(round)
    }

    fn estimate(&self, round: &Round) -> Usage {
        let llm = self.agent.llm.as_ref();
        let written = [Message::text(Role::Assistant, react::said(round))];
        Usage {
            prompt_tokens: llm.count_tokens(&self.agent.request.messages) as u64,
            completion_tokens: llm.count_tokens(&written) as u64,
            estimated: true,
        }
    }

    fn called(&self, thought: &mut Thought, calls: &[ToolCall]) {
        let names: Vec<&str> = calls.iter().map(|call| call.name.as_str()).collect();
        thought.tool = names.join(";");
        let labels = calls.iter().map(|call| {
            let tool = self.agent.tools.find(&call.name);
            let label = tool.map_or_else(|| call.name.clone(), |tool| tool.label());
            (call.name.clone(), Value::String(label))
        });
        thought.tool_labels = labels.collect();
        thought.tool_input = by_name(calls.iter().map(|call| {
            let arguments = match serde_json::from_str(&call.arguments) {
                Ok(arguments) => arguments,
                Err(_) if call.arguments.trim().is_empty() => Value::Object(Map::new()),
                Err(_) => Value::String(call.arguments.clone()),
            };
            (call.name.clone(), arguments)
        }));
    }

    /// All at once.
    async fn results(&self, calls: &[ToolCall]) -> Vec<String> {
        let (tools, budget) = (&self.agent.tools, self.agent.result_bytes);
        let results = calls
            .iter()
            .map(|call| tools.call(&call.name, &call.arguments, budget));
        join_all(results).await
    }

    fn remember(&mut self, round: Round, results: Vec<String>, by_words: bool) {
        let messages = &mut self.agent.request.messages;
        if by_words {
            messages.push(Message::text(Role::Assistant, react::said(&round)));
            let result = results.join("\n");
            messages.push(Message::text(Role::User, format!("Observation: {result}")));
            return;
        }
        let content = match round.text.is_empty() {
            true => Vec::new(),
            false => vec![Part::Text { text: round.text }],
        };
        let calls = round.calls;
        messages.push(Message {
            role: Role::Assistant,
            content,
            tool_calls: calls.clone(),
            tool_call_id: None,
        });
        for (call, result) in calls.into_iter().zip(results) {
            let answer = Message::text(Role::Tool, result);
            messages.push(Message {
                tool_call_id: Some(call.id),
                ..answer
            });
        }
    }
}

/// JSON text of what belongs to each tool; of a tool that was called twice, a list.
fn by_name(pairs: impl Iterator<Item = (String, Value)>) -> String {
    let mut found: Map<String, Value> = Map::new();
    let mut lists: Vec<String> = Vec::new();
    for (name, value) in pairs {
        match found.get_mut(&name) {
            Some(Value::Array(list)) if lists.contains(&name) => list.push(value),
            Some(first) => {
                *first = Value::Array(vec![first.take(), value]);
                lists.push(name);
            }
            None => {
                found.insert(name, value);
            }
        }
    }
    Value::Object(found).to_string()
}
