//! Types that several operations speak.

use schemars::JsonSchema;

/// A type with a fixed schema.
macro_rules! scalar {
    ($($(#[$about:meta])* $name:ident = $schema:tt;)*) => {$(
        $(#[$about])*
        #[derive(Default)]
        pub(in crate::openapi) struct $name;

        impl ::schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                ::schemars::json_schema!($schema)
            }
        }
    )*};
}

/// A text that is one of a few.
macro_rules! one_of {
    ($($name:ident: $($word:literal),+;)*) => {$(
        #[derive(Default)]
        pub(in crate::openapi) struct $name;

        impl ::schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                ::schemars::json_schema!({"type": "string", "enum": [$($word),+]})
            }
        }
    )*};
}

pub(in crate::openapi) use one_of;
pub(in crate::openapi) use scalar;

scalar! {
    Uuid = { "type": "string", "format": "uuid" };
    /// In a query, where an empty one counts as missing.
    MaybeUuid = { "anyOf": [{ "type": "string", "format": "uuid" }, { "const": "" }] };
    /// Seconds since 1970.
    Seconds = { "type": "integer", "minimum": 0, "description": "Seconds since 1970" };
    Iso = { "type": "string", "format": "date-time" };
    /// Any object.
    Object = { "type": "object" };
    Any = {};
    Null = { "type": "null" };
    /// Decimal text, so that nothing is rounded.
    Money = { "type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?$" };
    File = { "type": "string", "format": "binary" };
    /// From 1 to 100.
    Limit = { "type": "integer", "minimum": 1, "maximum": 100, "default": 20 };
    /// From 1.
    PageNumber = { "type": "integer", "minimum": 1, "maximum": 99_999, "default": 1 };
    /// More than white space.
    Words = { "type": "string", "minLength": 1, "pattern": "\\S" };
    /// A text or a number, which counts as one.
    User = { "anyOf": [{ "type": "string", "minLength": 1 }, { "type": "number" }],
             "description": "The end user, as your system names them" };
    /// A switch in a URL.
    Flag = { "type": "string", "enum": ["true", "false", "True", "False", "1", "0", ""] };
    /// Text in a URL.
    Text = { "type": "string" };
    EmptyList = { "type": "array", "maxItems": 0 };
    /// Always false.
    Never = { "const": false };
}

one_of! {
    Success: "success";
    ResponseMode: "streaming", "blocking";
    Rated: "like", "dislike";
    Switch: "enable", "disable";
}

/// The answer of an operation that has nothing else to say.
#[derive(JsonSchema)]
pub(in crate::openapi) struct Done {
    pub result: Success,
}

/// Who asks: an end user, by the name that your system has for them.
#[derive(JsonSchema)]
pub(in crate::openapi) struct ByUser {
    pub user: User,
}

/// Who asks; without a name, the one that stands for nobody.
#[derive(JsonSchema)]
#[schemars(rename = "ByAnybody")]
pub(in crate::openapi) struct MaybeUser {
    pub user: Option<String>,
}

/// A part of a list that is read on from its first or last item.
#[derive(JsonSchema)]
#[schemars(rename = "{T}Scroll")]
pub(in crate::openapi) struct Scroll<T> {
    pub limit: u32,
    pub has_more: bool,
    pub data: Vec<T>,
}

/// A page of a list.
#[derive(JsonSchema)]
#[schemars(rename = "{T}Page")]
pub(in crate::openapi) struct Page<T> {
    pub data: Vec<T>,
    pub has_more: bool,
    pub limit: u32,
    pub total: u64,
    pub page: u32,
}

/// A file that comes with a question or stands in an input.
#[derive(JsonSchema)]
#[serde(untagged)]
pub(in crate::openapi) enum FileMapping {
    /// At a public address.
    Remote {
        #[schemars(rename = "type")]
        kind: FileKind,
        transfer_method: Remote,
        url: Words,
    },
    /// An upload of the same end user.
    Local {
        #[schemars(rename = "type")]
        kind: FileKind,
        transfer_method: Local,
        upload_file_id: Uuid,
    },
}

one_of! {
    Remote: "remote_url";
    Local: "local_file";
}

one_of! {
    FileKind: "image", "document", "audio", "video", "custom";
    TransferMethod: "remote_url", "local_file";
}
