//! One operation, as a value: what stands in the tables of operations.

use app::Kind;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

/// Makes the schema of a type.
pub(super) type Make = fn(&mut SchemaGenerator) -> Schema;

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Json,
    Form,
    /// The body may be left out.
    OptionalJson,
    /// Not JSON, of these types.
    Raw(&'static [&'static str]),
}

/// What an answer of a success is.
pub(super) enum Answer {
    /// JSON of a type, with a `charset` where the public API writes one.
    Json(Make),
    /// Server-sent events, each of a type.
    Events(Make),
    /// Bytes of these types.
    Bytes(&'static [&'static str]),
    Nothing,
}

/// Who may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Anybody,
    /// The key of an app.
    App,
    /// A key of the datasets.
    Datasets,
    /// A member of the workspace: a session, or the admin token.
    Member,
    /// The passport of an app's page.
    Visitor,
    /// A model key, or the admin token.
    Models,
}

/// An operation.
pub(super) struct Op {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) id: String,
    pub(super) tag: &'static str,
    pub(super) summary: &'static str,
    pub(super) about: &'static str,
    pub(super) who: Who,
    pub(super) query: Option<Make>,
    pub(super) headers: Option<Make>,
    pub(super) body: Option<(Content, Make)>,
    pub(super) example: Option<Value>,
    pub(super) answers: Vec<(u16, Answer)>,
    pub(super) shown: Option<Value>,
    pub(super) fails: Vec<Kind>,
    /// Failures in another shape than the API's own.
    pub(super) refusals: Option<(&'static [u16], Make)>,
    /// Names of the path's parameters that are no UUIDs, with their schemas.
    pub(super) plain: Vec<(&'static str, Make)>,
    pub(super) deprecated: bool,
}

impl Op {
    /// `method` in lower case; `id` is the name that generated clients call it by.
    pub(super) fn new(
        method: &'static str,
        path: impl Into<String>,
        id: impl Into<String>,
    ) -> Self {
        let path = path.into();
        let who = match path.as_str() {
            path if path.starts_with("/v1/datasets") => Who::Datasets,
            path if path.starts_with("/v1/") => Who::App,
            path if path.starts_with("/console/api/") => Who::Member,
            path if path.starts_with("/api/") => Who::Visitor,
            path if path.starts_with("/openai/") => Who::Models,
            _ => Who::Anybody,
        };
        Self {
            method,
            path,
            id: id.into(),
            tag: "",
            summary: "",
            about: "",
            who,
            query: None,
            headers: None,
            body: None,
            example: None,
            answers: Vec::new(),
            shown: None,
            fails: Vec::new(),
            refusals: None,
            plain: Vec::new(),
            deprecated: false,
        }
    }

    /// One line.
    pub(super) fn says(mut self, tag: &'static str, summary: &'static str) -> Self {
        self.tag = tag;
        self.summary = summary;
        self
    }

    /// More than one line, in Markdown.
    pub(super) fn about(mut self, about: &'static str) -> Self {
        self.about = about;
        self
    }

    /// Who may call, where the path does not say it.
    pub(super) fn by(mut self, who: Who) -> Self {
        self.who = who;
        self
    }

    pub(super) fn query<T: JsonSchema>(mut self) -> Self {
        self.query = Some(|generator| T::json_schema(generator));
        self
    }

    pub(super) fn headers<T: JsonSchema>(mut self) -> Self {
        self.headers = Some(|generator| T::json_schema(generator));
        self
    }

    pub(super) fn body<T: JsonSchema>(self) -> Self {
        self.content::<T>(Content::Json)
    }

    /// The body may be left out.
    pub(super) fn maybe_body<T: JsonSchema>(self) -> Self {
        self.content::<T>(Content::OptionalJson)
    }

    /// A multipart form.
    pub(super) fn form<T: JsonSchema>(self) -> Self {
        self.content::<T>(Content::Form)
    }

    /// A body in another form than JSON.
    pub(super) fn content<T: JsonSchema>(mut self, content: Content) -> Self {
        self.body = Some((content, |generator| generator.subschema_for::<T>()));
        self
    }

    /// An example of the body.
    pub(super) fn example(mut self, example: Value) -> Self {
        self.example = Some(example);
        self
    }

    /// An example of the answer.
    pub(super) fn shows(mut self, example: Value) -> Self {
        self.shown = Some(example);
        self
    }

    pub(super) fn json<T: JsonSchema>(mut self, status: u16) -> Self {
        let make: Make = |generator| generator.subschema_for::<T>();
        self.answers.push((status, Answer::Json(make)));
        self
    }

    /// The same operation can answer 200 with a stream.
    pub(super) fn events<T: JsonSchema>(mut self) -> Self {
        let make: Make = |generator| generator.subschema_for::<T>();
        self.answers.push((200, Answer::Events(make)));
        self
    }

    pub(super) fn bytes(mut self, types: &'static [&'static str]) -> Self {
        self.answers.push((200, Answer::Bytes(types)));
        self
    }

    /// 204.
    pub(super) fn nothing(mut self) -> Self {
        self.answers.push((204, Answer::Nothing));
        self
    }

    /// What else can go wrong, beside what follows from the caller, the path and the body.
    pub(super) fn fails(mut self, kinds: &[Kind]) -> Self {
        self.fails.extend_from_slice(kinds);
        self
    }

    /// Fails in a shape of its own, with these statuses and no others.
    pub(super) fn refuses<T: JsonSchema>(mut self, statuses: &'static [u16]) -> Self {
        self.refusals = Some((statuses, |generator| generator.subschema_for::<T>()));
        self
    }

    /// A parameter of the path that is no UUID.
    pub(super) fn part<T: JsonSchema>(mut self, name: &'static str) -> Self {
        self.plain
            .push((name, |generator| T::json_schema(generator)));
        self
    }

    /// Another spelling of an operation that should be used instead.
    pub(super) fn deprecated(mut self) -> Self {
        self.deprecated = true;
        self
    }
}
