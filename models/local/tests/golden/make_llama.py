"""Reference ids and logits of SmolLM2-135M-Instruct, computed with numpy from the GGUF file alone: tensors widened to
f64, plain attention, no cache. Ids by a byte-pair merge written out here.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install numpy gguf regex
    /tmp/golden/bin/python make_llama.py FOLDER_OF_THE_MODEL/model.gguf > llama.json
"""

import json
import sys

import numpy as np
import regex
from gguf import GGUFReader
from gguf.quants import dequantize

LONG = " ".join(f"Item {i}: the depot in row {i * 31 % 97} holds {i * 7 % 50} crates of pears." for i in range(24))

PROMPTS = [
    "The capital of France is",
    "def fibonacci(n):\n    if n < 2:\n        return n\n    return",
    "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
    "<|im_start|>user\nWhat is the boiling point of water?<|im_end|>\n<|im_start|>assistant\n",
    # More than 256 tokens: what is read in pieces must give the same.
    LONG + " In which row is the depot of item 5? It is in row",
]

# Only their ids are kept.
TEXTS = [
    "",
    " leading and trailing ",
    "Numbers 12345 and 3.14, years 1999-2024.",
    "don't we'll THEY'RE",
    "line one\n\n\nline  two\t\ttabs   ",
    "Où est la bibliothèque? Straße, naïve.",
    "東京 😀👩‍👩‍👧 привет мир",
    "x = [i**2 for i in range(10)]  # comment",
    "<html><body>&nbsp;</body></html>",
    "٣٤ ½ ² Ⅷ",
]

reader = GGUFReader(sys.argv[1])
field = lambda key: reader.fields[key].contents()
tensors = {t.name: dequantize(t.data, t.tensor_type).astype(np.float64) for t in reader.tensors}
tokens = field("tokenizer.ggml.tokens")
kinds = field("tokenizer.ggml.token_type")
ids = {token: i for i, token in enumerate(tokens)}
special = [t for t, kind in zip(tokens, kinds) if kind == 3]
ranks = {tuple(m.split(" ")): i for i, m in enumerate(field("tokenizer.ggml.merges"))}

printable = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
letters, extra = {}, 256
for byte in range(256):
    if byte in printable:
        letters[byte] = chr(byte)
    else:
        letters[byte], extra = chr(extra), extra + 1

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"


def encode(text):
    found = []
    for part in regex.split("(" + "|".join(map(regex.escape, special)) + ")", text):
        if part in special:
            found.append(ids[part])
            continue
        for piece in regex.split(r"(\p{N})", part):
            for word in regex.findall(GPT2, piece):
                symbols = [letters[b] for b in word.encode()]
                while len(symbols) > 1:
                    pairs = [(ranks.get(p, 1 << 30), i) for i, p in enumerate(zip(symbols, symbols[1:]))]
                    rank, i = min(pairs)
                    if rank == 1 << 30:
                        break
                    symbols[i : i + 2] = [symbols[i] + symbols[i + 1]]
                found.extend(ids[s] for s in symbols)
    return found


heads, key_heads = field("llama.attention.head_count"), field("llama.attention.head_count_kv")
epsilon, base = field("llama.attention.layer_norm_rms_epsilon"), field("llama.rope.freq_base")


def norm(x, name):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + epsilon) * tensors[name]


def rope(x):
    n, _, size = x.shape
    angle = np.arange(n)[:, None] * base ** (-np.arange(0, size, 2) / size)[None, :]
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    out = np.empty_like(x)
    out[..., 0::2] = x[..., 0::2] * cos - x[..., 1::2] * sin
    out[..., 1::2] = x[..., 0::2] * sin + x[..., 1::2] * cos
    return out


def logits(prompt):
    n = len(prompt)
    x = tensors["token_embd.weight"][prompt]
    mask = np.triu(np.full((n, n), -np.inf), 1)
    for i in range(field("llama.block_count")):
        w = lambda name: tensors[f"blk.{i}.{name}.weight"]
        h = norm(x, f"blk.{i}.attn_norm.weight")
        q, k, v = (h @ w(name).T for name in ("attn_q", "attn_k", "attn_v"))
        q, k, v = q.reshape(n, heads, -1), k.reshape(n, key_heads, -1), v.reshape(n, key_heads, -1)
        q, k = rope(q), rope(k)
        k, v = (np.repeat(y, heads // key_heads, 1) for y in (k, v))
        scores = np.einsum("ihd,jhd->hij", q, k) / np.sqrt(q.shape[-1]) + mask
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        x = x + np.einsum("hij,jhd->ihd", scores, v).reshape(n, -1) @ w("attn_output").T
        h = norm(x, f"blk.{i}.ffn_norm.weight")
        gate, up = h @ w("ffn_gate").T, h @ w("ffn_up").T
        x = x + (gate / (1 + np.exp(-gate)) * up) @ w("ffn_down").T
    return norm(x[-1], "output_norm.weight") @ tensors.get("output.weight", tensors["token_embd.weight"]).T


rows = []
for text in PROMPTS:
    prompt = encode(text)
    out = logits(prompt)
    top = [int(i) for i in np.argsort(-out)[:10]]
    round_ = lambda values: [float(f"{x:.4f}") for x in values]
    rows.append(
        {
            "text": text,
            "ids": prompt,
            "top": top,
            "top_logits": round_(out[top]),
            # Every 512th.
            "sample": round_(out[::512]),
        }
    )
rows += [{"text": text, "ids": encode(text)} for text in TEXTS]
print("[" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "]")
