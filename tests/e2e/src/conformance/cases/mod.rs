//! The cases, one file per resource. Each makes what it needs and depends on no other.

mod annotations;
mod asking;
mod audio;
mod failures;
mod files;
mod info;
mod knowledge;
mod messages;
mod safety;

use anyhow::Result;
use futures::future::BoxFuture;

use super::world::World;

type Case = for<'a> fn(&'a World) -> BoxFuture<'a, Result<()>>;

/// The only one whose pings count: a slow machine is pinged elsewhere too.
pub(super) const SILENCE: &str = "silence is broken by pings";

/// Every case with its name.
pub(super) const ALL: &[(&str, Case)] = &[
    ("a question in both modes", |world| {
        Box::pin(asking::both_modes(world))
    }),
    ("questions that are refused", |world| {
        Box::pin(asking::refused(world))
    }),
    ("a text in both modes", |world| {
        Box::pin(asking::texts(world))
    }),
    ("an answer is stopped", |world| {
        Box::pin(asking::stopped(world))
    }),
    (SILENCE, |world| Box::pin(asking::silence(world))),
    ("messages and what is said of them", |world| {
        Box::pin(messages::of_a_conversation(world))
    }),
    ("conversations", |world| {
        Box::pin(messages::conversations(world))
    }),
    ("files", |world| Box::pin(files::given_and_shown(world))),
    ("files that are refused", |world| {
        Box::pin(files::refused(world))
    }),
    ("spoken questions", |world| Box::pin(audio::heard(world))),
    ("spoken answers", |world| Box::pin(audio::spoken(world))),
    ("what an app says of itself", |world| {
        Box::pin(info::of_the_app(world))
    }),
    ("end users", |world| Box::pin(info::end_users(world))),
    ("annotations", |world| Box::pin(annotations::kept(world))),
    ("an annotation answers", |world| {
        Box::pin(annotations::answering(world))
    }),
    ("an answer is withdrawn", |world| {
        Box::pin(safety::withdrawn(world))
    }),
    ("keys", |world| Box::pin(safety::keys(world))),
    ("a ceiling of one", |world| Box::pin(safety::ceiling(world))),
    ("models that fail", |world| {
        Box::pin(failures::of_models(world))
    }),
    ("routes that are none", |world| {
        Box::pin(failures::of_routes(world))
    }),
    ("datasets", |world| Box::pin(knowledge::refusals(world))),
];
