//! `routes/workflows/tools`, as the console sees it.

use schemars::JsonSchema;
use serde_json::json;

use crate::openapi::{
    operation::Op,
    types::{Any, Done, Object, Uuid, Words, one_of},
};

const TAG: &str = "Tools";
const AT: &str = "/console/api/workspaces/current";

pub(in crate::openapi) fn operations() -> Vec<Op> {
    let at = |path: &str| format!("{AT}{path}");
    let document = json!({
        "openapi": "3.0.0", "servers": [{ "url": "https://pets.example" }],
        "paths": { "/pets": { "get": { "operationId": "listPets", "summary": "All pets" } } }
    });
    let entered = json!({ "provider": "Pets", "schema": document.to_string(), "credentials": { "auth_type": "none" } });
    vec![
        Op::new("get", at("/tools/builtin"), "listBuiltInTools")
            .says(TAG, "Tools that every installation has")
            .json::<Vec<BuiltIn>>(200),
        Op::new("get", at("/tools/api"), "listApiTools")
            .says(TAG, "APIs of the workspace whose operations are tools")
            .json::<Vec<ApiRow>>(200),
        Op::new("get", at("/tool-provider/api/get"), "apiTool")
            .says(TAG, "An API with its document")
            .query::<OfApi>()
            .json::<ApiDetail>(200)
            .fails(&[app::Kind::NotFound]),
        Op::new("post", at("/tool-provider/api/add"), "addApiTool")
            .says(TAG, "Make the operations of an OpenAPI document tools")
            .about(
                "The document is JSON or YAML. The key is kept sealed, and goes with every request to `servers[0].url`.",
            )
            .body::<ApiEntry>()
            .example(entered.clone())
            .json::<Done>(200),
        Op::new("post", at("/tool-provider/api/update"), "updateApiTool")
            .says(TAG, "Change an API")
            .about("`[__HIDDEN__]` in place of the key keeps it.")
            .body::<ApiEntry>()
            .example(entered)
            .json::<Done>(200)
            .fails(&[app::Kind::NotFound]),
        Op::new("post", at("/tool-provider/api/delete"), "deleteApiTool")
            .says(TAG, "Forget an API")
            .body::<ApiName>()
            .example(json!({ "provider": "Pets" }))
            .json::<Done>(200)
            .fails(&[app::Kind::NotFound]),
        Op::new("post", at("/tool-provider/api/schema"), "readApiDocument")
            .says(TAG, "What a document offers, before it is kept")
            .body::<ApiDocument>()
            .example(json!({ "schema": document.to_string() }))
            .json::<ApiOffers>(200),
        Op::new("post", at("/tool-provider/api/test/pre"), "tryApiTool")
            .says(TAG, "Call an operation of a document")
            .about("That the API refuses is an answer: `error`.")
            .body::<ApiTrial>()
            .example(json!({
                "tool_name": "listPets", "schema": document.to_string(), "credentials": { "auth_type": "none" },
                "parameters": {}
            }))
            .json::<ApiOutcome>(200)
            .fails(&[app::Kind::NotFound]),
    ]
}

one_of! {
    BuiltInType: "builtin";
    ApiType: "api";
    SchemaType: "openapi";
}

/// A tool.
#[derive(JsonSchema)]
struct ToolItem {
    name: String,
    label: String,
    description: String,
    /// A JSON schema.
    parameters: Object,
}

/// Built-in tools of one kind.
#[derive(JsonSchema)]
struct BuiltIn {
    id: String,
    name: String,
    #[schemars(rename = "type")]
    kind: BuiltInType,
    is_team_authorization: bool,
    tools: Vec<ToolItem>,
}

/// An API in a list.
#[derive(JsonSchema)]
struct ApiRow {
    id: Uuid,
    name: String,
    #[schemars(rename = "type")]
    kind: ApiType,
    icon: Any,
    labels: Vec<String>,
    tools: Vec<ToolItem>,
}

/// Which API.
#[derive(JsonSchema)]
struct OfApi {
    provider: Words,
}

/// Which API.
#[derive(JsonSchema)]
struct ApiName {
    provider: Words,
}

/// How requests say who sends them.
#[derive(JsonSchema)]
struct ApiCredentials {
    auth_type: Option<String>,
    api_key_header: Option<String>,
    api_key_value: Option<String>,
    api_key_header_prefix: Option<String>,
    api_key_query_param: Option<String>,
}

/// An API as it is entered.
#[derive(JsonSchema)]
struct ApiEntry {
    /// Of a change: its name before.
    original_provider: Option<String>,
    provider: Words,
    schema: Words,
    schema_type: Option<String>,
    credentials: Option<ApiCredentials>,
    icon: Option<Object>,
    privacy_policy: Option<String>,
    custom_disclaimer: Option<String>,
    labels: Option<Vec<String>>,
}

/// An API with its document.
#[derive(JsonSchema)]
struct ApiDetail {
    id: Uuid,
    provider: String,
    schema_type: SchemaType,
    schema: String,
    icon: Any,
    credentials: ShownCredentials,
    privacy_policy: String,
    custom_disclaimer: String,
    labels: Vec<String>,
    tools: Vec<ToolItem>,
}

/// The same, with the key hidden.
#[derive(JsonSchema)]
struct ShownCredentials {
    auth_type: String,
    api_key_header: String,
    api_key_header_prefix: String,
    api_key_query_param: String,
    api_key_value: String,
}

/// An OpenAPI document as text.
#[derive(JsonSchema)]
struct ApiDocument {
    schema: Words,
}

/// What it offers.
#[derive(JsonSchema)]
struct ApiOffers {
    schema_type: SchemaType,
    parameters_schema: Vec<ToolItem>,
}

/// An operation to be tried.
#[derive(JsonSchema)]
struct ApiTrial {
    tool_name: Words,
    provider_name: Option<String>,
    schema: Words,
    schema_type: Option<String>,
    credentials: Option<ApiCredentials>,
    parameters: Option<Object>,
}

/// What came of it.
#[derive(JsonSchema)]
#[serde(untagged)]
enum ApiOutcome {
    /// What the API said.
    Said { result: String },
    /// Why it said nothing.
    Failed { error: String },
}
