//! Remote services and what is known of their models.

use model::{KnownModel, ModelKind, Price};

/// A service that speaks a known dialect.
#[derive(Debug, PartialEq, Eq)]
pub struct Preset {
    /// The provider's name, such as `openai`.
    pub provider: &'static str,
    /// For people.
    pub label: &'static str,
    /// How it is spoken to: a key of `model::Models::dialects`.
    pub dialect: &'static str,
    /// Empty where the user names it.
    pub base_url: &'static str,
    /// Whether a key is needed.
    pub needs_key: bool,
}

/// Services that can be added by name. Whoever is missing here and speaks a dialect is added by base URL.
pub static PRESETS: &[Preset] = &[
    preset("openai", "OpenAI", "https://api.openai.com/v1", true),
    preset(
        "openrouter",
        "OpenRouter",
        "https://openrouter.ai/api/v1",
        true,
    ),
    preset("groq", "Groq", "https://api.groq.com/openai/v1", true),
    preset("mistral", "Mistral AI", "https://api.mistral.ai/v1", true),
    preset("deepseek", "DeepSeek", "https://api.deepseek.com/v1", true),
    preset(
        "together",
        "Together AI",
        "https://api.together.xyz/v1",
        true,
    ),
    preset("xai", "xAI", "https://api.x.ai/v1", true),
    preset("ollama", "Ollama", "http://127.0.0.1:11434/v1", false),
    preset("lmstudio", "LM Studio", "http://127.0.0.1:1234/v1", false),
    preset("vllm", "vLLM", "", false),
    preset("openai_api_compatible", "OpenAI-compatible", "", false),
];

const fn preset(
    provider: &'static str,
    label: &'static str,
    base_url: &'static str,
    needs_key: bool,
) -> Preset {
    Preset {
        provider,
        label,
        dialect: "openai",
        base_url,
        needs_key,
    }
}

/// Remote models by name. Prices are list prices in US dollars for a million tokens at the time of writing; they
/// serve estimates, never invoices.
pub fn known() -> Vec<KnownModel> {
    let chats = CHATS.iter().map(|row| KnownModel {
        provider: row.provider.to_owned(),
        model: row.model.to_owned(),
        kind: ModelKind::Llm,
        context_window: row.context,
        max_output_tokens: row.output,
        vision: row.vision,
        tools: true,
        dimension: 0,
        price: price(row.price),
    });
    let embedders = EMBEDDERS.iter().map(|row| KnownModel {
        provider: row.provider.to_owned(),
        model: row.model.to_owned(),
        kind: ModelKind::TextEmbedding,
        context_window: row.context,
        max_output_tokens: 0,
        vision: false,
        tools: false,
        dimension: row.dimension,
        price: price((row.price, "0")),
    });
    chats.chain(embedders).collect()
}

fn price((input, output): (&str, &str)) -> Option<Price> {
    (!input.is_empty()).then(|| Price {
        input: input.to_owned(),
        output: output.to_owned(),
        unit: "0.000001".to_owned(),
        currency: "USD".to_owned(),
    })
}

struct Chat {
    provider: &'static str,
    model: &'static str,
    context: usize,
    output: usize,
    vision: bool,
    /// Read and written, dollars for a million; empty where it is not known.
    price: (&'static str, &'static str),
}

struct Embedder {
    provider: &'static str,
    model: &'static str,
    context: usize,
    dimension: usize,
    price: &'static str,
}

#[rustfmt::skip]
static CHATS: &[Chat] = &[
    Chat { provider: "openai", model: "gpt-5", context: 400_000, output: 128_000, vision: true, price: ("1.25", "10") },
    Chat { provider: "openai", model: "gpt-5-mini", context: 400_000, output: 128_000, vision: true, price: ("0.25", "2") },
    Chat { provider: "openai", model: "gpt-5-nano", context: 400_000, output: 128_000, vision: true, price: ("0.05", "0.4") },
    Chat { provider: "openai", model: "gpt-4.1", context: 1_047_576, output: 32_768, vision: true, price: ("2", "8") },
    Chat { provider: "openai", model: "gpt-4.1-mini", context: 1_047_576, output: 32_768, vision: true, price: ("0.4", "1.6") },
    Chat { provider: "openai", model: "gpt-4.1-nano", context: 1_047_576, output: 32_768, vision: true, price: ("0.1", "0.4") },
    Chat { provider: "openai", model: "gpt-4o", context: 128_000, output: 16_384, vision: true, price: ("2.5", "10") },
    Chat { provider: "openai", model: "gpt-4o-mini", context: 128_000, output: 16_384, vision: true, price: ("0.15", "0.6") },
    Chat { provider: "openai", model: "o3", context: 200_000, output: 100_000, vision: true, price: ("2", "8") },
    Chat { provider: "openai", model: "o4-mini", context: 200_000, output: 100_000, vision: true, price: ("1.1", "4.4") },
    Chat { provider: "openai", model: "gpt-3.5-turbo", context: 16_385, output: 4_096, vision: false, price: ("0.5", "1.5") },
    Chat { provider: "mistral", model: "mistral-large-latest", context: 131_072, output: 8_192, vision: false, price: ("2", "6") },
    Chat { provider: "mistral", model: "mistral-small-latest", context: 131_072, output: 8_192, vision: true, price: ("0.1", "0.3") },
    Chat { provider: "deepseek", model: "deepseek-chat", context: 131_072, output: 8_192, vision: false, price: ("", "") },
    Chat { provider: "deepseek", model: "deepseek-reasoner", context: 131_072, output: 65_536, vision: false, price: ("", "") },
    Chat { provider: "groq", model: "llama-3.3-70b-versatile", context: 131_072, output: 32_768, vision: false, price: ("0.59", "0.79") },
    Chat { provider: "groq", model: "llama-3.1-8b-instant", context: 131_072, output: 131_072, vision: false, price: ("0.05", "0.08") },
];

#[rustfmt::skip]
static EMBEDDERS: &[Embedder] = &[
    Embedder { provider: "openai", model: "text-embedding-3-small", context: 8_191, dimension: 1536, price: "0.02" },
    Embedder { provider: "openai", model: "text-embedding-3-large", context: 8_191, dimension: 3072, price: "0.13" },
    Embedder { provider: "openai", model: "text-embedding-ada-002", context: 8_191, dimension: 1536, price: "0.1" },
    Embedder { provider: "mistral", model: "mistral-embed", context: 8_192, dimension: 1024, price: "0.1" },
    Embedder { provider: "ollama", model: "nomic-embed-text", context: 8_192, dimension: 768, price: "" },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_complete() {
        let known = known();
        for (i, model) in known.iter().enumerate() {
            let name = (&model.provider, &model.model);
            assert!(
                known
                    .iter()
                    .skip(i + 1)
                    .all(|other| (&other.provider, &other.model) != name),
                "{name:?} twice"
            );
            assert!(
                PRESETS
                    .iter()
                    .any(|preset| preset.provider == model.provider),
                "{name:?}"
            );
            assert!(model.context_window >= model.max_output_tokens, "{name:?}");
            assert_eq!(
                model.dimension > 0,
                model.kind == ModelKind::TextEmbedding,
                "{name:?}"
            );
            for price in model
                .price
                .iter()
                .flat_map(|price| [&price.input, &price.output])
            {
                assert!(price.parse::<f64>().is_ok(), "{name:?}: {price}");
            }
        }
    }
}
