//! The chat half of the Service API, through the router, on the fakes.

mod answers;
mod budget;
mod citations;
mod conversations;
mod errors;
mod files;
mod info;
mod lifecycle;
mod messages;
mod support;
