//! `routes/workflows/tools`, as the console sees it.

use schemars::JsonSchema;
use serde_json::json;

use crate::openapi::{
    operation::Op,
    types::{Any, Done, Object, Success, Uuid, Words, one_of},
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
    let mcp = json!({
        "server_identifier": "pets", "name": "Pets", "server_url": "https://pets.example/mcp",
        "headers": { "Authorization": "Bearer …" }
    });
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
        Op::new("get", at("/tools/workflow"), "listWorkflowTools")
            .says(TAG, "Workflows of the workspace that are tools")
            .json::<Vec<FlowRow>>(200),
        Op::new("get", at("/tool-provider/workflow/get"), "workflowTool")
            .says(TAG, "A workflow as a tool")
            .query::<OfFlow>()
            .json::<FlowDetail>(200)
            .fails(&[app::Kind::NotFound]),
        Op::new("post", at("/tool-provider/workflow/create"), "addWorkflowTool")
            .says(TAG, "Make a published workflow a tool")
            .about("Its inputs are the tool's arguments, and its outputs the result.")
            .body::<FlowEntry>()
            .example(json!({
                "workflow_app_id": "6a1f0f6e-2f0b-4b43-8d2e-9f7a51f1c001", "name": "translate", "label": "Translate",
                "description": "Translates a text.", "parameters": [{ "name": "text", "description": "What to translate" }]
            }))
            .json::<FlowMade>(200)
            .fails(&[app::Kind::NotFound]),
        Op::new("post", at("/tool-provider/workflow/update"), "updateWorkflowTool")
            .says(TAG, "Change a workflow as a tool")
            .body::<FlowEntry>()
            .example(json!({ "workflow_tool_id": "6a1f0f6e-2f0b-4b43-8d2e-9f7a51f1c001", "name": "translate" }))
            .json::<Done>(200)
            .fails(&[app::Kind::NotFound]),
        Op::new("post", at("/tool-provider/workflow/delete"), "deleteWorkflowTool")
            .says(TAG, "Forget a workflow as a tool; its app stays")
            .body::<FlowId>()
            .example(json!({ "workflow_tool_id": "6a1f0f6e-2f0b-4b43-8d2e-9f7a51f1c001" }))
            .json::<Done>(200)
            .fails(&[app::Kind::NotFound]),
        Op::new("get", at("/tools/mcp"), "listMcpServers")
            .says(TAG, "MCP servers of the workspace")
            .json::<Vec<McpRow>>(200),
        Op::new("post", at("/tool-provider/mcp"), "addMcpServer")
            .says(TAG, "Add an MCP server")
            .about("It is asked at once what it offers, by streamable HTTP; its address and headers are kept sealed.")
            .body::<McpEntry>()
            .example(mcp.clone())
            .json::<McpRow>(200),
        Op::new("put", at("/tool-provider/mcp"), "updateMcpServer")
            .says(TAG, "Change an MCP server")
            .about("What is left out of `server_url` and `headers` stays as it was.")
            .body::<McpEntry>()
            .example(mcp)
            .json::<McpRow>(200)
            .fails(&[app::Kind::NotFound]),
        Op::new("post", at("/tool-provider/mcp/{id}/refresh"), "refreshMcpServer")
            .says(TAG, "Ask an MCP server again what it offers")
            .json::<McpRow>(200)
            .fails(&[app::Kind::NotFound]),
        Op::new("delete", at("/tool-provider/mcp"), "deleteMcpServer")
            .says(TAG, "Forget an MCP server")
            .body::<McpId>()
            .example(json!({ "provider_id": "6a1f0f6e-2f0b-4b43-8d2e-9f7a51f1c001" }))
            .json::<Done>(200)
            .fails(&[app::Kind::NotFound]),
    ]
}

one_of! {
    BuiltInType: "builtin";
    ApiType: "api";
    SchemaType: "openapi";
    FlowType: "workflow";
    McpType: "mcp";
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

/// A workflow in a list of tools.
#[derive(JsonSchema)]
struct FlowRow {
    id: Uuid,
    name: String,
    #[schemars(rename = "type")]
    kind: FlowType,
    icon: Any,
    labels: Vec<String>,
    /// One; none when its app is gone.
    tools: Vec<ToolItem>,
}

/// Which one: by its own id, or by that of its app.
#[derive(JsonSchema)]
struct OfFlow {
    workflow_tool_id: Option<String>,
    workflow_app_id: Option<String>,
}

/// Which one.
#[derive(JsonSchema)]
struct FlowId {
    workflow_tool_id: Words,
}

/// A workflow as a tool, as it is entered: `workflow_app_id` makes one, `workflow_tool_id` changes it.
#[derive(JsonSchema)]
struct FlowEntry {
    workflow_app_id: Option<String>,
    workflow_tool_id: Option<String>,
    /// Letters, digits and `_`.
    name: Words,
    label: Option<String>,
    /// For models.
    description: Option<String>,
    icon: Option<Object>,
    /// What each input is for: `name` and `description`.
    parameters: Option<Vec<Object>>,
    privacy_policy: Option<String>,
    labels: Option<Vec<String>>,
}

/// A new one.
#[derive(JsonSchema)]
struct FlowMade {
    result: Success,
    workflow_tool_id: Uuid,
}

/// A workflow as a tool.
#[derive(JsonSchema)]
struct FlowDetail {
    workflow_tool_id: Uuid,
    workflow_app_id: Uuid,
    name: String,
    label: String,
    description: String,
    icon: Any,
    privacy_policy: String,
    labels: Vec<String>,
    tool: ToolItem,
}

/// An MCP server.
#[derive(JsonSchema)]
struct McpRow {
    id: Uuid,
    name: String,
    #[schemars(rename = "type")]
    kind: McpType,
    icon: Any,
    server_identifier: String,
    /// Where its address begins: the rest may hold a key.
    server_url: String,
    tools: Vec<ToolItem>,
}

/// An MCP server as it is entered; `provider_id` changes one.
#[derive(JsonSchema)]
struct McpEntry {
    provider_id: Option<String>,
    /// How app files name it: letters, digits, `_` and `-`.
    server_identifier: Words,
    name: Words,
    server_url: Option<String>,
    /// What every request says beside: texts by name.
    headers: Option<Object>,
    icon: Option<Object>,
}

/// Which one.
#[derive(JsonSchema)]
struct McpId {
    provider_id: Words,
}
