//! `routes/openai`: the workspace's models over OpenAI's own API. Its errors have OpenAI's shape.

use schemars::JsonSchema;
use serde_json::json;

use super::{
    operation::Op,
    types::{Any, Object, Seconds, Text, one_of, scalar},
};

pub(super) fn operations() -> Vec<Op> {
    const TAG: &str = "Models";
    vec![
        Op::new("get", "/openai/v1/models", "models")
            .says(TAG, "List models")
            .json::<Models>(200)
            .refuses::<Refusal>(&[401, 500, 503]),
        Op::new("post", "/openai/v1/chat/completions", "chatCompletion")
            .says(TAG, "Ask a model")
            .body::<ChatCompletionRequest>()
            .example(json!({"model": "local/SmolLM2-135M-Instruct",
                "messages": [{"role": "user", "content": "Say hello"}]}))
            .json::<ChatCompletion>(200)
            .events::<ChatChunk>()
            .refuses::<Refusal>(&[400, 401, 402, 404, 413, 429, 500, 502, 503, 504]),
        Op::new("post", "/openai/v1/embeddings", "embeddings")
            .says(TAG, "Embed texts")
            .body::<EmbeddingRequest>()
            .example(json!({"model": "local/all-MiniLM-L6-v2", "input": "Hello"}))
            .json::<EmbeddingList>(200)
            .refuses::<Refusal>(&[400, 401, 402, 404, 413, 429, 500, 502, 503, 504]),
    ]
}

one_of! {
    List: "list";
    ModelWord: "model";
    CompletionWord: "chat.completion";
    ChunkWord: "chat.completion.chunk";
    Assistant: "assistant";
    FunctionWord: "function";
    EmbeddingWord: "embedding";
    Role: "system", "developer", "user", "assistant", "tool", "function";
    Encoding: "float", "base64";
}

scalar! {
    One = { "const": 1 };
    Content = { "anyOf": [
        { "type": "null" }, { "type": "string" },
        { "type": "array", "items": { "anyOf": [
            { "type": "object", "required": ["type", "text"],
              "properties": { "type": { "const": "text" }, "text": { "type": "string" } } },
            { "type": "object", "required": ["type", "image_url"],
              "properties": { "type": { "const": "image_url" },
                "image_url": { "type": "object", "required": ["url"], "properties": {
                    "url": { "type": "string" }, "detail": { "type": "string" } } } } }] } }] };
    Texts = { "anyOf": [{ "type": "string", "minLength": 1 },
        { "type": "array", "items": { "type": "string", "minLength": 1 }, "minItems": 1, "maxItems": 2048 }] };
    Vector = { "anyOf": [{ "type": "array", "items": { "type": "number" } }, { "type": "string" }] };
    Count = { "type": "integer", "minimum": 0, "maximum": 4_294_967_295_u32 };
    Seed = { "type": ["integer", "null"], "minimum": 0 };
}

/// What went wrong, as OpenAI says it.
#[derive(JsonSchema)]
struct Refusal {
    error: RefusalDetail,
}

/// What went wrong.
#[derive(JsonSchema)]
struct RefusalDetail {
    message: String,
    #[schemars(rename = "type")]
    kind: String,
    param: Option<String>,
    code: String,
}

/// The models that can be asked.
#[derive(JsonSchema)]
struct Models {
    object: List,
    data: Vec<ModelRow>,
}

/// A model.
#[derive(JsonSchema)]
struct ModelRow {
    /// `PROVIDER/MODEL`.
    id: String,
    object: ModelWord,
    created: u64,
    owned_by: String,
}

/// A question to a model.
#[derive(JsonSchema)]
struct ChatCompletionRequest {
    model: Text,
    #[schemars(length(min = 1))]
    messages: Vec<ChatMessage>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    temperature: Option<f32>,
    top_p: Option<f32>,
    max_tokens: Option<Count>,
    max_completion_tokens: Option<Count>,
    #[serde(default)]
    stop: Any,
    #[serde(default)]
    seed: Seed,
    presence_penalty: Option<f32>,
    frequency_penalty: Option<f32>,
    tools: Option<Vec<Tool>>,
    #[serde(default)]
    tool_choice: Any,
    #[serde(default)]
    response_format: Any,
    user: Option<String>,
    n: Option<One>,
}

/// What a stream ends with.
#[derive(JsonSchema)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

/// What was said so far.
#[derive(JsonSchema)]
struct ChatMessage {
    role: Role,
    #[serde(default)]
    content: Content,
    tool_calls: Option<Vec<ToolCall>>,
    tool_call_id: Option<String>,
}

/// What a model calls.
#[derive(JsonSchema)]
struct ToolCall {
    id: String,
    function: FunctionCall,
}

/// A function and its arguments, as JSON text.
#[derive(JsonSchema)]
struct FunctionCall {
    name: String,
    #[serde(default)]
    arguments: String,
}

/// What a model may call.
#[derive(JsonSchema)]
struct Tool {
    function: Function,
}

/// A function that a model may call.
#[derive(JsonSchema)]
struct Function {
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    parameters: Any,
}

/// A whole answer.
#[derive(JsonSchema)]
struct ChatCompletion {
    id: String,
    object: CompletionWord,
    created: Seconds,
    model: String,
    choices: Vec<Choice>,
    usage: TokenUsage,
}

/// The answer.
#[derive(JsonSchema)]
struct Choice {
    index: u32,
    message: Spoken,
    logprobs: Option<Object>,
    finish_reason: String,
}

/// What the model said.
#[derive(JsonSchema)]
struct Spoken {
    role: Assistant,
    content: String,
    #[serde(skip_serializing_if = "absent")]
    reasoning_content: String,
    #[serde(skip_serializing_if = "absent")]
    tool_calls: Vec<SpokenCall>,
}

/// What the model calls.
#[derive(JsonSchema)]
struct SpokenCall {
    id: String,
    #[schemars(rename = "type")]
    kind: FunctionWord,
    function: FunctionCall,
}

/// What was read and written.
#[derive(JsonSchema)]
struct TokenUsage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
}

/// A piece of an answer, or why there are no more; the last line is `data: [DONE]`.
#[derive(JsonSchema)]
#[serde(untagged)]
enum ChatChunk {
    Piece(ChatPiece),
    Failure(Refusal),
}

/// A piece of an answer.
#[derive(JsonSchema)]
struct ChatPiece {
    id: String,
    object: ChunkWord,
    created: Seconds,
    model: String,
    choices: Vec<ChunkChoice>,
    #[serde(skip_serializing_if = "absent")]
    usage: TokenUsage,
}

/// What is new.
#[derive(JsonSchema)]
struct ChunkChoice {
    index: u32,
    delta: Object,
    finish_reason: Option<String>,
}

/// Texts to embed.
#[derive(JsonSchema)]
struct EmbeddingRequest {
    model: Text,
    input: Texts,
    encoding_format: Option<Encoding>,
}

/// Vectors, in the order of the texts.
#[derive(JsonSchema)]
struct EmbeddingList {
    object: List,
    data: Vec<EmbeddingRow>,
    model: String,
    usage: ReadTokens,
}

/// A vector; base64 of little-endian 32-bit numbers where that was asked for.
#[derive(JsonSchema)]
struct EmbeddingRow {
    object: EmbeddingWord,
    index: u32,
    embedding: Vector,
}

/// What was read.
#[derive(JsonSchema)]
struct ReadTokens {
    prompt_tokens: u64,
    total_tokens: u64,
}
