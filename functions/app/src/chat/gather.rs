//! Everything that an answer needs, read in as few steps as can be: first the key ([`Caller`]), then all the rest
//! at once. Nothing is written here.

use std::sync::Arc;

use futures::join;
use model::Llm;
use ports::{Query, Scope, View};
use serde_json::{Map, Value};

#[cfg(feature = "agents")]
use super::agents;
use super::{
    Caller, MAX_QUERY, Request, Surface, ceiling, check_mode,
    images::images,
    memory::{self, Memory, Remembered},
    resolve::{dataset_ids, filters, resolve, retrieve},
    route,
    safety::{self, Safety},
    screen::Screens,
};
use crate::{
    Context, Error, Kind, Result, annotation,
    apps::{App, Mode, ModelConfig},
    audio,
    conversation::{self, Conversation},
    end_user::EndUser,
    extension::filled,
    file, keys,
    message::{self, Message, MessageFile, Resource, Said, Trace},
    moderation::Input,
    prompt::{self, Pieces, Prompt},
    provider::Providers,
    requests::{Purpose, Tab},
    store::Stored,
};

/// Rounds of a history that are read at most; the model's window is the real limit.
pub(super) const HISTORY: usize = 100;

/// An answer that can begin.
pub(super) struct Plan {
    pub(super) scope: Scope,
    /// What models are asked for this answer.
    pub(super) tab: Tab,
    pub(super) app: Arc<App>,
    pub(super) user: EndUser,
    pub(super) task_id: String,
    /// As it was read; `None` for a new one.
    pub(super) conversation: Option<Stored<Conversation>>,
    pub(super) parent_message_id: Option<String>,
    pub(super) inputs: Map<String, Value>,
    pub(super) introduction: String,
    pub(super) query: String,
    pub(super) files: Vec<MessageFile>,
    pub(super) auto_generate_name: bool,
    /// The answer is read aloud after its end.
    pub(super) is_aloud: bool,
    pub(super) llm: Arc<dyn Llm>,
    pub(super) source: Source,
    /// The prepared answer that it says.
    pub(super) annotation: Option<annotation::Found>,
    pub(super) screens: Screens,
    /// The conversation has become so long that it needs a new summary.
    pub(super) is_long: bool,
    /// What is cited.
    pub(super) resources: Vec<Resource>,
    /// What the model sees.
    pub(super) trace: Trace,
    pub(super) slot: Option<ceiling::Slot>,
    /// Of an agent.
    #[cfg(feature = "agents")]
    pub(super) tools: Option<agents::Tools>,
}

/// Where an answer comes from.
pub(super) enum Source {
    /// The app's model is asked.
    Model(Prompt),
    /// It is known without asking.
    Said(String),
}

/// A passage and its citation.
pub(super) struct Found {
    pub(super) text: String,
    pub(super) resource: Resource,
}

pub(super) async fn gather(ctx: &Context, caller: &Caller, request: Request) -> Result<Plan> {
    let begun = ctx.now();
    let scope = ctx.tenant(&caller.tenant_id);
    let user = EndUser::new(&caller.app_id, &request.user, ctx.now());
    let tab = Tab::of_app(ctx, &caller.tenant_id, Purpose::Answer, &caller.app_id).waiting();
    let early = async {
        let guess = caller.guess.as_ref()?;
        if finds_by_itself(&guess.app) {
            return None;
        }
        let config = guess.config().ok();
        let config = config.filter(|config| safety::may_begin_early(config))?;
        let ids = dataset_ids(config);
        if route::chooses(config, &ids) || filters(config) {
            return None;
        }
        let query = searched(request.surface, config, &request.inputs, &request.query);
        let from = ctx.now();
        let found = retrieve(
            &tab,
            config,
            &ids,
            &request.inputs,
            query,
            &request.retriever_from,
        )
        .await;
        Some((query.to_owned(), found, ctx.now().since(from)))
    };
    // A question of the guessed app that nobody may rewrite first, and its prepared answer.
    let prepared = async {
        let guess = caller.guess.as_ref()?;
        let chat = request.surface == Surface::Chat;
        let config = guess.config().ok().filter(|_| chat);
        config.filter(|config| safety::may_begin_early(config))?;
        Some(annotation::find(&tab, &guess.app, &request.query).await)
    };
    let (known, view, providers, files, early, prepared) = join!(
        caller.open(ctx),
        read_conversation(&scope, request.conversation_id.as_deref()),
        Providers::on(&tab),
        file::read(ctx, &scope, &user, &request.files),
        early,
        prepared,
    );
    let known = known?;
    let app = &known.app;
    check_mode(app, &request)?;
    check_query(&request)?;
    let config = known.config()?;
    let inputs = prompt::validate(&config.user_input_form, &request.inputs)?;
    let (conversation, history, summary) = match view? {
        Some(view) => opened(&view, &user)?,
        None => (None, Vec::new(), None),
    };
    let accepts = file::Attachments::parse(&config.file_upload);
    let files = file::accept(accepts.as_ref(), files)?;
    let providers = match finds_by_itself(app) {
        true => providers?.to(Purpose::AgentRound),
        false => providers?,
    };
    let llm = resolve(&providers, &config.model).await?;
    let introduction = match &conversation {
        Some(stored) => stored.value.introduction.clone(),
        None => prompt::introduction(config, &inputs),
    };

    let safety = Safety::new(ctx, app, config, &providers).await?;
    let (mut asked, mut query, mut said) = (inputs.clone(), request.query.clone(), None);
    match safety.input(&inputs, &query).await? {
        Input::Pass => {}
        Input::Answer(preset) => said = Some(preset),
        Input::Override {
            inputs: changed,
            query: rewritten,
        } => (asked, query) = (changed, rewritten),
    }
    let annotation = match prepared {
        _ if said.is_some() || request.surface == Surface::Completion => None,
        Some(found) if caller.guessed(&known) && query == request.query => found,
        _ => annotation::find(&tab, app, &query).await,
    };
    if let Some(found) = &annotation {
        said = Some(found.annotation.answer.clone());
    }
    let memory = Memory::parse(&config.memory);
    let Remembered {
        summary,
        rounds,
        is_long,
    } = memory.recall(&introduction, &history, summary);
    let info = llm.info();
    let mut trace = Trace {
        source: match &annotation {
            Some(_) => "annotation".to_owned(),
            None => "moderation".to_owned(),
        },
        provider: info.provider.clone(),
        model: info.model.clone(),
        context_window: info.context_window,
        ..Trace::default()
    };
    #[cfg(feature = "agents")]
    let mut tools = None;
    let (source, screens, resources) = match said {
        Some(preset) => (Source::Said(preset), Screens::default(), Vec::new()),
        None => {
            let screens = safety.screens(config, &asked);
            let tenant_id = &app.tenant_id;
            let asked = filled(ctx, tenant_id, &app.id, config, &asked, &query).await?;
            let wanted = searched(request.surface, config, &asked, &query);
            #[cfg(feature = "agents")]
            if finds_by_itself(app) {
                let asked = agents::Asked {
                    tab: &tab,
                    app,
                    config,
                    inputs: &asked,
                    retriever_from: &request.retriever_from,
                    guard: crate::tool::Guard {
                        defuses: safety.rules().is_some(),
                        watch: screens.guard.as_ref().map(crate::guard::Watch::secret),
                    },
                };
                tools = Some(agents::Tools::gather(ctx, &asked, llm.as_ref()).await?);
            }
            let (found, took) = match early {
                _ if finds_by_itself(app) => (Vec::new(), Default::default()),
                Some((early, found, took)) if caller.guessed(&known) && wanted == early => {
                    (found?, took)
                }
                _ => {
                    let began = ctx.now();
                    let mut ids = dataset_ids(config);
                    if route::chooses(config, &ids) {
                        let router = providers.to(Purpose::Router);
                        let router = resolve(&router, &config.model).await?;
                        let router = router.as_ref();
                        // What that cost stands in the row of its call.
                        (ids, _) =
                            route::choose(ctx, tenant_id, config, router, &ids, wanted).await?;
                    }
                    let from = &request.retriever_from;
                    let found = retrieve(&tab, config, &ids, &asked, wanted, from).await?;
                    (found, ctx.now().since(began))
                }
            };
            trace.query = wanted.to_owned();
            trace.hits = found.iter().map(|found| found.resource.clone()).collect();
            let searched = !finds_by_itself(app) && !dataset_ids(config).is_empty();
            trace.retrieval_ms = searched.then_some(took.as_millis() as u64);
            let detail = accepts.map(|accepts| accepts.detail).unwrap_or_default();
            let images = images(&scope, llm.as_ref(), &files, detail).await?;
            let passages = found.iter().map(|found| safety.passage(&found.text));
            let passages: Vec<String> = passages.map(|passage| passage.into_owned()).collect();
            let rules = safety.rules();
            let pieces = Pieces {
                config,
                inputs: &asked,
                query: &query,
                passages: &passages,
                summary: summary.as_deref(),
                rounds: &rounds,
                images: &images,
                rules: rules.as_deref(),
            };
            let count = |messages: &[model::Message]| llm.count_tokens(messages);
            let prompt = prompt::build(&pieces, llm.info(), &count).map_err(|too_long| {
                Error::new(Kind::CompletionRequestError, too_long.to_string())
            })?;
            trace.source = "model".to_owned();
            trace.parameters = serde_json::to_value(&prompt.parameters).unwrap_or_default();
            trace.prompt = prompt.messages.iter().map(Said::of).collect();
            trace.prompt_tokens = prompt.tokens;
            trace.history_rounds = prompt.rounds;
            trace.passages_used = prompt.passages;
            let cites = config.retriever_resource.enabled;
            let resources = cited(found, if cites { prompt.passages } else { 0 });
            (Source::Model(prompt), screens, resources)
        }
    };

    let task_id = ctx.uuid();
    // Last, so that nothing that fails above takes a slot.
    let slot = ceiling::enter(&scope, app, &task_id, ctx.now()).await?;
    trace.gather_ms = ctx.now().since(begun).as_millis() as u64;
    Ok(Plan {
        resources,
        trace,
        parent_message_id: history.last().map(|message| message.id.clone()),
        is_aloud: !request.blocking && audio::plays_by_itself(app),
        app: app.clone(),
        query: request.query,
        auto_generate_name: request.auto_generate_name,
        llm,
        scope,
        user,
        tab,
        task_id,
        conversation,
        inputs,
        introduction,
        files,
        source,
        annotation,
        screens,
        is_long,
        slot,
        #[cfg(feature = "agents")]
        tools,
    })
}

/// An agent searches when it wants to.
fn finds_by_itself(app: &App) -> bool {
    cfg!(feature = "agents") && app.mode == Mode::AgentChat
}

/// The best passages, numbered as they are cited.
fn cited(found: Vec<Found>, count: usize) -> Vec<Resource> {
    let numbered = found.into_iter().take(count).zip(1..);
    let resources = numbered.map(|(found, position)| Resource {
        position: Some(position),
        ..found.resource
    });
    resources.collect()
}

/// What the datasets are searched for: the question, or the input of a completion that its app says holds it.
fn searched<'a>(
    surface: Surface,
    config: &ModelConfig,
    inputs: &'a Map<String, Value>,
    query: &'a str,
) -> &'a str {
    let named = inputs.get(&config.dataset_query_variable);
    match named.and_then(Value::as_str) {
        Some(text) if surface == Surface::Completion => text,
        _ => query,
    }
}

pub(crate) fn check_query(request: &Request) -> Result<()> {
    let query = &request.query;
    if query.trim().is_empty() && request.surface == Surface::Chat {
        return Err(Error::invalid("query", "query is required"));
    }
    if query.len() > MAX_QUERY {
        let message = format!(
            "query is too long: it has {} bytes, and {MAX_QUERY} are allowed",
            query.len()
        );
        return Err(Error::invalid("query", message));
    }
    Ok(())
}

async fn read_conversation(scope: &Scope, id: Option<&str>) -> Result<Option<View>> {
    let Some(id) = id else { return Ok(None) };
    let queries = vec![
        Query::Get(conversation::KEY.to_owned()),
        message::last_query(HISTORY),
        Query::Get(message::SUMMARY.to_owned()),
    ];
    Ok(Some(scope.read(&keys::conversation(id), queries).await?))
}

type Opened = (
    Option<Stored<Conversation>>,
    Vec<Message>,
    Option<memory::Summary>,
);

fn opened(view: &View, user: &EndUser) -> Result<Opened> {
    let record = view.answers.first().and_then(|found| found.first());
    let stored = conversation::owned(record.map(message::stored).transpose()?, user)?;
    conversation::open(&stored.value)?;
    let summary = view.answers.get(2).and_then(|found| found.first());
    let summary = summary.map(crate::store::decode).transpose()?;
    Ok((Some(stored), message::history(view, 1)?, summary))
}
