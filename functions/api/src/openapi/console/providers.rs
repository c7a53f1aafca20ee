//! `providers.rs` and `models.rs`.

use app::Kind;
use schemars::JsonSchema;
use serde_json::json;

use crate::openapi::{
    operation::Op,
    types::{Any, Done, EmptyList, Money, Object, Uuid, one_of, scalar},
    v1::chat::Nil,
};

const TAG: &str = "Providers";

pub(super) fn operations() -> Vec<Op> {
    let at = |path: &str| format!("/console/api/workspaces/current/{path}");
    let one = |method, path: &str, id, summary| {
        Op::new(
            method,
            at(&format!("model-providers/{{provider}}/{path}")),
            id,
        )
        .says(TAG, summary)
        .part::<ProviderName>("provider")
        .fails(&[Kind::NotFound])
    };
    let save = |method, id| {
        one(method, "credentials", id, "Add or change a provider")
            .body::<NewProvider>()
            .example(
                json!({"credentials": {"base_url": "https://api.openai.com/v1", "api_key": "sk-…"},
                "models": ["gpt-4o-mini"], "validate": true}),
            )
            .json::<Done>(201)
            .fails(&[Kind::ProviderNotInitialize, Kind::CompletionRequestError])
    };
    vec![
        Op::new("get", at("model-providers"), "providers")
            .says(TAG, "List providers")
            .query::<ProvidersQuery>()
            .json::<ProviderList>(200),
        one("get", "credentials", "credentials", "How a provider is reached").json::<Credentials>(200),
        save("post", "saveProvider"),
        save("put", "changeProvider"),
        one("delete", "credentials", "deleteProvider", "Remove a provider")
            .nothing()
            .fails(&[Kind::InvalidParam]),
        one("post", "credentials/validate", "validateProvider", "Ask a provider whether its key holds")
            .about("Without credentials in the body, those that are kept.")
            .maybe_body::<NewProvider>()
            .json::<Done>(200)
            .fails(&[Kind::ProviderNotInitialize, Kind::CompletionRequestError]),
        one("get", "models", "providerModels", "List a provider's models").json::<ModelRows>(200),
        one("post", "preferred-provider-type", "preferProvider", "Choose how a provider is used")
            .about("There is one way here: with one's own key.")
            .json::<Done>(200),
        Op::new("get", at("models/model-types/{kind}"), "modelsByKind")
            .says(TAG, "List models by type")
            .part::<ModelKind>("kind")
            .json::<ModelsByProvider>(200)
            .fails(&[Kind::InvalidParam]),
        Op::new("get", at("default-model"), "defaultModel")
            .says(TAG, "The model that is used where nobody chose one")
            .query::<DefaultQuery>()
            .json::<DefaultModel>(200),
        Op::new("post", at("default-model"), "setDefaultModel")
            .says(TAG, "Choose the models that are used where nobody chose one")
            .body::<DefaultSettings>()
            .example(json!({"model_settings": [{"model_type": "llm", "provider": "openai", "model": "gpt-4o-mini"}]}))
            .json::<Done>(200)
            .fails(&[Kind::NotFound, Kind::ProviderNotInitialize]),
    ]
}

one_of! {
    ModelKind: "llm", "text-embedding", "rerank", "speech2text", "moderation", "tts";
    Active: "active";
    Custom: "custom";
    Customizable: "customizable-model";
    Dialect: "openai";
}

scalar! {
    /// May hold slashes.
    ProviderName = { "type": "string", "minLength": 1, "pattern": "^[A-Za-z0-9._-]+$" };
}

/// Which providers.
#[derive(JsonSchema)]
struct ProvidersQuery {
    model_type: Option<ModelKind>,
}

/// Providers.
#[derive(JsonSchema)]
struct ProviderList {
    data: Vec<Provider>,
}

/// A service that runs models.
#[derive(JsonSchema)]
struct Provider {
    tenant_id: Uuid,
    provider: String,
    label: Label,
    description: Nil,
    icon_small: Nil,
    icon_large: Nil,
    background: Nil,
    help: Nil,
    supported_model_types: Vec<ModelKind>,
    configurate_methods: Vec<Customizable>,
    provider_credential_schema: Nil,
    model_credential_schema: Nil,
    preferred_provider_type: Custom,
    custom_configuration: Object,
    system_configuration: Object,
    dialect: Option<String>,
    base_url: Option<String>,
    models: Option<Vec<Offer>>,
}

/// A model as a provider offers it; what is not said is looked up in the catalogue.
#[derive(JsonSchema)]
struct Offer {
    model: String,
    model_type: ModelKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    context_window: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vision: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimension: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    batch: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pricing: Option<Pricing>,
}

/// What a model costs, where the catalogue does not know it or has another price.
#[derive(JsonSchema)]
struct Pricing {
    /// For `1 / unit` tokens read.
    input: Money,
    /// For `1 / unit` tokens written.
    output: Money,
    /// Such as `0.000001`: the prices are for a million.
    unit: Money,
    /// ISO 4217.
    currency: String,
}

/// A name in the languages of the official front end.
#[derive(JsonSchema)]
struct Label {
    #[schemars(rename = "en_US")]
    english: String,
    #[schemars(rename = "zh_Hans")]
    chinese: String,
}

/// How a provider is reached.
#[derive(JsonSchema)]
struct Credentials {
    credentials: Reach,
}

/// Where, and with what; a key is never shown.
#[derive(JsonSchema)]
struct Reach {
    base_url: String,
    api_key: String,
}

/// A provider to be; what is absent stays.
#[derive(JsonSchema)]
struct NewProvider {
    #[serde(default)]
    dialect: Dialect,
    credentials: Option<NewReach>,
    /// Names, or objects with `model` and `model_type`.
    models: Option<Vec<Any>>,
    /// Ask the service before anything is kept.
    #[serde(default)]
    validate: bool,
}

/// Where, and with what.
#[derive(JsonSchema)]
struct NewReach {
    base_url: Option<String>,
    api_key: Option<String>,
}

/// Models.
#[derive(JsonSchema)]
struct ModelRows {
    data: Vec<ModelRow>,
}

/// A model.
#[derive(JsonSchema)]
#[schemars(rename = "WorkspaceModel")]
struct ModelRow {
    model: String,
    label: Label,
    model_type: ModelKind,
    features: Nil,
    fetch_from: Customizable,
    model_properties: Object,
    deprecated: bool,
    status: Active,
    load_balancing_enabled: bool,
}

/// Models by provider.
#[derive(JsonSchema)]
struct ModelsByProvider {
    data: Vec<ProviderModels>,
}

/// The models of one provider.
#[derive(JsonSchema)]
struct ProviderModels {
    tenant_id: Uuid,
    provider: String,
    label: Label,
    icon_small: Nil,
    icon_large: Nil,
    status: Active,
    models: Vec<ModelRow>,
}

/// Which type.
#[derive(JsonSchema)]
struct DefaultQuery {
    model_type: ModelKind,
}

/// A model, if one was chosen or there is but one.
#[derive(JsonSchema)]
struct DefaultModel {
    data: Option<ChosenModel>,
}

/// A model and its provider.
#[derive(JsonSchema)]
struct ChosenModel {
    model: String,
    model_type: ModelKind,
    provider: ChosenProvider,
}

/// The provider of a model.
#[derive(JsonSchema)]
struct ChosenProvider {
    tenant_id: Uuid,
    provider: String,
    label: Label,
    icon_small: Nil,
    icon_large: Nil,
    supported_model_types: Vec<ModelKind>,
    models: EmptyList,
}

/// Models by type.
#[derive(JsonSchema)]
struct DefaultSettings {
    model_settings: Vec<DefaultSetting>,
}

/// The model of one type; without one, nothing changes.
#[derive(JsonSchema)]
struct DefaultSetting {
    model_type: ModelKind,
    provider: Option<String>,
    model: Option<String>,
}
