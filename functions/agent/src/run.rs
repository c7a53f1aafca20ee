//! The loop: ask, call, ask again, until there is an answer or the rounds are over.

use std::sync::Arc;

use futures::{
    SinkExt, StreamExt,
    channel::mpsc,
    future::{join, join_all, ready},
    stream::{self, BoxStream},
};
use model::{ChatRequest, Delta, Error, ErrorKind, Llm, Message, Part, Role, ToolCall, Usage};
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
        let mut this = Loop {
            agent,
            past: Vec::new(),
            out,
        };
        if let Err(Some(error)) = this.run().await {
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
    /// The rounds that are over.
    past: Vec<Round>,
    out: mpsc::Sender<Result<Event, Error>>,
}

/// What happened in one round.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Round {
    /// What the model said; in words, what it thought.
    pub text: String,
    /// What of it was given as [`Event::Delta`], with the line's end before it.
    pub shown: String,
    /// What it called. A round without calls is the last.
    pub calls: Vec<ToolCall>,
    /// What came of each call, in their order.
    pub results: Vec<String>,
    /// What the model read and wrote.
    pub usage: Usage,
}

/// One round: asks the model with what came of the rounds before, whose calls all have results. `heard` gets what it
/// says meanwhile. Whoever keeps the rounds can go on with any of them, in another process too.
///
/// # Errors
/// What the model's are.
pub async fn round(
    agent: Agent,
    past: Vec<Round>,
    mut heard: impl FnMut(Delta),
) -> Result<Round, Error> {
    let (out, events) = mpsc::channel(0);
    let mut this = Loop { agent, past, out };
    let work = async move { this.ask().await };
    let hear = events.for_each(|event| {
        if let Ok(Event::Delta(delta)) = event {
            heard(delta);
        }
        ready(())
    });
    let (round, ()) = join(work, hear).await;
    // Somebody always reads.
    round.map_err(|stop| stop.unwrap_or_else(|| Error::new(ErrorKind::Cancelled, "broken off")))
}

impl Loop {
    async fn emit(&mut self, event: Event) -> Result<(), Stop> {
        self.out.send(Ok(event)).await.map_err(|_| None)
    }

    async fn run(&mut self) -> Result<(), Stop> {
        loop {
            let mut round = self.ask().await?;
            let mut thought = Thought {
                position: self.position(),
                thought: round.text.clone(),
                tokens: round.usage.total_tokens(),
                ..Thought::default()
            };
            if round.calls.is_empty() {
                return self.emit(Event::Thought(thought)).await;
            }
            self.called(&mut thought, &round.calls);
            self.emit(Event::Thought(thought.clone())).await?;
            round.results = self.results(&round.calls).await;
            let told = round.calls.iter().zip(&round.results);
            thought.observation = by_name(
                told.map(|(call, result)| (call.name.clone(), Value::String(result.clone()))),
            );
            self.emit(Event::Thought(thought)).await?;
            self.past.push(round);
        }
    }

    /// Of the round that is to come or under way, from 1.
    fn position(&self) -> u32 {
        u32::try_from(self.past.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1)
    }

    /// Asks the model once. After the last round there are no calls.
    async fn ask(&mut self) -> Result<Round, Stop> {
        let specs = self.agent.tools.specs();
        let by_words = self.agent.strategy == Strategy::React && !specs.is_empty();
        let last = self.position() > self.agent.max_rounds.clamp(1, 99) || specs.is_empty();
        let mut request = self.agent.request.clone();
        if by_words {
            react::instruct(&mut request, &specs, self.agent.prompt.as_deref());
        }
        for round in &self.past {
            remember(&mut request, round, by_words);
        }
        request.tools = match last || by_words {
            true => Vec::new(),
            false => specs,
        };
        if last && by_words {
            react::last(&mut request);
        }
        self.shorten(&mut request);
        let mut round = self.round(request, by_words, last).await?;
        if last {
            round.calls.clear();
        }
        Ok(round)
    }

    /// More of the answer.
    async fn say(&mut self, text: String, round: &mut Round) -> Result<(), Stop> {
        if text.is_empty() {
            return Ok(());
        }
        let is_next = round.shown.is_empty() && self.past.iter().any(|it| !it.shown.is_empty());
        let text = if is_next { format!("\n{text}") } else { text };
        round.shown.push_str(&text);
        self.emit(Event::Delta(Delta::Text(text))).await
    }

    /// Leaves the beginnings of the oldest results, until the next answer has room.
    fn shorten(&self, request: &mut ChatRequest) {
        let llm = self.agent.llm.as_ref();
        let info = llm.info();
        let answer = request.parameters.max_tokens;
        let answer = answer.map_or(info.max_output_tokens, |most| most as usize);
        let room = info
            .context_window
            .saturating_sub(answer.min(info.context_window / 2));
        let is_result = |message: &Message| {
            message.role == Role::Tool
                || (message.role == Role::User && message.as_text().starts_with(react::RESULT))
        };
        for place in 0..request.messages.len() {
            let messages = &mut request.messages;
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

    async fn round(
        &mut self,
        request: ChatRequest,
        by_words: bool,
        last: bool,
    ) -> Result<Round, Stop> {
        let prompt = self.agent.llm.count_tokens(&request.messages);
        let mut deltas = self.agent.llm.stream(request).await?;
        let mut opened = false;
        let mut calls = Calls::default();
        let mut words = by_words.then(|| react::Reader::new(last));
        let mut round = Round::default();
        let mut usage = None;
        while let Some(delta) = deltas.next().await {
            let delta = delta?;
            if !std::mem::replace(&mut opened, true) {
                let opening = Thought {
                    position: self.position(),
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
                    self.say(shown, &mut round).await?;
                    // What it would make up as a result is not waited for.
                    if words.as_ref().is_some_and(react::Reader::is_over) {
                        break;
                    }
                }
                Delta::ToolCall(piece) => calls.take(piece),
                Delta::Usage(counted) => usage = Some(counted),
                Delta::Reasoning(text) => self.emit(Event::Delta(Delta::Reasoning(text))).await?,
                Delta::Finish(_) => {}
            }
        }
        drop(deltas);
        if let Some(reader) = words {
            let end = reader.end();
            self.say(end.rest, &mut round).await?;
            round.text = end.thought;
            round.calls = end.call.into_iter().collect();
        } else {
            round.calls = calls.done();
        }
        // A round that was broken off was not counted by whoever runs the model.
        round.usage = usage.unwrap_or_else(|| self.estimate(prompt, &round));
        let mut all = Usage::default();
        for usage in self.past.iter().map(|it| it.usage).chain([round.usage]) {
            all.prompt_tokens += usage.prompt_tokens;
            all.completion_tokens += usage.completion_tokens;
            all.estimated |= usage.estimated;
        }
        self.emit(Event::Delta(Delta::Usage(all))).await?;
        Ok(round)
    }

    fn estimate(&self, prompt: usize, round: &Round) -> Usage {
        let written = [Message::text(Role::Assistant, react::said(round))];
        Usage {
            prompt_tokens: prompt as u64,
            completion_tokens: self.agent.llm.count_tokens(&written) as u64,
            estimated: true,
        }
    }

    fn called(&self, thought: &mut Thought, calls: &[ToolCall]) {
        let names: Vec<&str> = calls.iter().map(|call| call.name.as_str()).collect();
        thought.tool = names.join(";");
        let labels = calls.iter().map(|call| {
            let label = self.agent.tools.label(&call.name);
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
        let results = calls.iter().map(|call| async move {
            let called = tools.call(&call.name, &call.arguments, budget).await;
            called.unwrap_or_else(|error| error)
        });
        join_all(results).await
    }
}

/// Puts a round into the prompt of the next.
fn remember(request: &mut ChatRequest, round: &Round, by_words: bool) {
    let messages = &mut request.messages;
    if by_words {
        messages.push(Message::text(Role::Assistant, react::said(round)));
        let result = round.results.join("\n");
        let text = format!("{} {result}", react::RESULT);
        messages.push(Message::text(Role::User, text));
        return;
    }
    let content = match round.text.is_empty() {
        true => Vec::new(),
        false => vec![Part::Text {
            text: round.text.clone(),
        }],
    };
    messages.push(Message {
        role: Role::Assistant,
        content,
        tool_calls: round.calls.clone(),
        tool_call_id: None,
    });
    for (call, result) in round.calls.iter().zip(&round.results) {
        let answer = Message::text(Role::Tool, result);
        messages.push(Message {
            tool_call_id: Some(call.id.clone()),
            ..answer
        });
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
