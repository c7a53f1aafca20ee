"""Reference ids and vectors of all-MiniLM-L6-v2, computed with numpy alone and the tokenizers package.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install numpy tokenizers
    /tmp/golden/bin/python make_embeddings.py FOLDER_OF_THE_MODEL > embeddings.json

FOLDER_OF_THE_MODEL is where `edgewise models pull all-minilm-l6-v2` has put it.
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

TEXTS = [
    "How do I renew my passport?",
    "The quick brown fox jumps over the lazy dog.",
    "Rust's borrow checker rejects programs that alias mutable state.",
    "Quarterly revenue rose by 12.5 % to $3,408,112; margins fell.",
    "Où est la bibliothèque? Déjà vu, naïve façade, smörgåsbord.",
    "東京は日本の首都です。",
    "SELECT id, name FROM users WHERE created_at > '2024-01-01';",
    "a",
    " ".join(f"Sentence number {i} talks about subject {i * 7 % 13}." for i in range(22)),
]

# Only their ids are kept.
ODD = [
    "",
    "   \t\n ",
    "don't can't won't — “quoted” ‘single’ …",
    "[CLS] literal [SEP] tokens [MASK] and [brackets]",
    "Ünïcödé ÀÉÎ ß ŉ ǆ İstanbul ΣΊΣΥΦΟΣ",
    "नमस्ते दुनिया, สวัสดีชาวโลก, שלום עולם, مرحبا بالعالم",
    "한국어 문장 하나",
    "emoji 😀👩‍👩‍👧 flags 🇩🇪 and \u200bzero\u200dwidth\ufeff",
    "x" * 100 + " " + "y" * 101,
    "https://example.org/a/b?c=d&e=f#g user@example.org",
    "tabs\tand\r\nnew lines \u00a0 and nbsp\u3000ideographic",
    "1,234.56 ½ ² ①  ℃ ™ ﬁ",
    "snake_case camelCase kebab-case C++ C# F# .NET",
    "\u0000nul\ufffdreplacement\u0007bell",
    "e\u0301 \u00e9 a\u0308\u0323",
    "㐀 𠀀 豈 〇 々 ー ・",
    "¡Hola! ¿Qué tal? «guillemets»",
]


def read_safetensors(path):
    raw = path.read_bytes()
    size = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + size])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            start, end = entry["data_offsets"]
            data = np.frombuffer(raw[8 + size + start : 8 + size + end], "<f4")
            tensors[name] = data.reshape(entry["shape"]).astype(np.float64)
    return tensors


def norm(x, t, name, eps):
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + eps) * t[name + ".weight"] + t[name + ".bias"]


def linear(x, t, name):
    return x @ t[name + ".weight"].T + t[name + ".bias"]


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


ERF = np.vectorize(math.erf)


def embed(t, config, ids):
    eps, heads = config["layer_norm_eps"], config["num_attention_heads"]
    e = "embeddings."
    x = t[e + "word_embeddings.weight"][ids]
    x = x + t[e + "position_embeddings.weight"][: len(ids)] + t[e + "token_type_embeddings.weight"][0]
    x = norm(x, t, e + "LayerNorm", eps)
    for i in range(config["num_hidden_layers"]):
        p = f"encoder.layer.{i}."
        q, k, v = (linear(x, t, p + "attention.self." + n) for n in ("query", "key", "value"))
        split = lambda y: y.reshape(len(ids), heads, -1).transpose(1, 0, 2)
        q, k, v = split(q), split(k), split(v)
        scores = softmax(q @ k.transpose(0, 2, 1) / math.sqrt(q.shape[-1]))
        context = (scores @ v).transpose(1, 0, 2).reshape(len(ids), -1)
        x = norm(x + linear(context, t, p + "attention.output.dense"), t, p + "attention.output.LayerNorm", eps)
        wide = linear(x, t, p + "intermediate.dense")
        wide = 0.5 * wide * (1 + ERF(wide / math.sqrt(2)))
        x = norm(x + linear(wide, t, p + "output.dense"), t, p + "output.LayerNorm", eps)
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


def main():
    folder = Path(sys.argv[1])
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    config = json.loads((folder / "config.json").read_text())
    tensors = read_safetensors(folder / "model.safetensors")
    rows = []
    for text in TEXTS + ODD:
        ids = tokenizer.encode(text).ids
        row = {"text": text, "ids": ids[1:-1]}
        if text in TEXTS:
            assert len(ids) <= 256, len(ids)
            row["vector"] = [float(f"{x:.6f}") for x in embed(tensors, config, ids)]
        rows.append(row)
    print("[" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "]")


main()
