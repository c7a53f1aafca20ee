"""Reference ids and logits of a tiny BERT cross-encoder, computed in f64 with numpy alone and the tokenizers package.
Its weights are not in the file: a generator of numbers makes them, here and in the test alike.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install numpy tokenizers
    /tmp/golden/bin/python make_cross_encoder.py > cross_encoder.json
"""

import json
import math

import numpy as np
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

WIDTH, WIDE, HEADS, LAYERS, POSITIONS, OVERLAP = 32, 64, 4, 2, 128, 32

WORDS = "how often must the filter be changed every ninety days it is in pump a lid seal , . ?".split()
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
VOCABULARY += [c for c in LETTERS if c not in VOCABULARY] + ["##" + c for c in LETTERS]

tokenizer = Tokenizer(models.WordPiece({t: i for i, t in enumerate(VOCABULARY)}, unk_token="[UNK]"))
tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
tokenizer.decoder = decoders.WordPiece()
tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
tokenizer.add_special_tokens(VOCABULARY[:5])

QUERY = "How often must the filter be changed?"
PAIRS = [
    (QUERY, "The filter must be changed every ninety days."),
    (QUERY, "The lid is in the pump."),
    (QUERY, ""),
    ("seal", "Déjà vu: a seal, a lid; Ω"),
    # Longer than the input: windows.
    (QUERY, "The pump is in the lid. " * 30 + "The filter must be changed every ninety days. " + "A seal is a seal. " * 20),
    # A query of more than half of the input.
    ("how often " * 50, "every ninety days"),
]


def shapes():
    yield "bert.embeddings.word_embeddings.weight", (len(VOCABULARY), WIDTH)
    yield "bert.embeddings.position_embeddings.weight", (POSITIONS, WIDTH)
    yield "bert.embeddings.token_type_embeddings.weight", (2, WIDTH)
    yield "bert.embeddings.LayerNorm.weight", (WIDTH,)
    yield "bert.embeddings.LayerNorm.bias", (WIDTH,)
    for i in range(LAYERS):
        layer = f"bert.encoder.layer.{i}."
        for name, rows, columns in [
            ("attention.self.query", WIDTH, WIDTH),
            ("attention.self.key", WIDTH, WIDTH),
            ("attention.self.value", WIDTH, WIDTH),
            ("attention.output.dense", WIDTH, WIDTH),
            ("intermediate.dense", WIDE, WIDTH),
            ("output.dense", WIDTH, WIDE),
        ]:
            yield layer + name + ".weight", (rows, columns)
            yield layer + name + ".bias", (rows,)
        for name in ["attention.output.LayerNorm", "output.LayerNorm"]:
            yield layer + name + ".weight", (WIDTH,)
            yield layer + name + ".bias", (WIDTH,)
    yield "bert.pooler.dense.weight", (WIDTH, WIDTH)
    yield "bert.pooler.dense.bias", (WIDTH,)
    yield "classifier.weight", (1, WIDTH)
    yield "classifier.bias", (1,)


def weights():
    state, out = 42, {}
    for name, shape in shapes():
        numbers = np.empty(math.prod(shape))
        for i in range(numbers.size):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            numbers[i] = (state >> 40) / 2**24 - 0.5
        out[name] = numbers.reshape(shape)
    return out


W = weights()


def linear(x, name):
    return x @ W[name + ".weight"].T + W[name + ".bias"]


def norm(x, name):
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-12) * W[name + ".weight"] + W[name + ".bias"]


def logit(ids, types):
    x = W["bert.embeddings.word_embeddings.weight"][ids] + W["bert.embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(x + W["bert.embeddings.token_type_embeddings.weight"][types], "bert.embeddings.LayerNorm")
    for i in range(LAYERS):
        layer = f"bert.encoder.layer.{i}."
        q, k, v = (
            linear(x, layer + "attention.self." + part).reshape(len(ids), HEADS, -1).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(WIDTH // HEADS)
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (scores / scores.sum(-1, keepdims=True)) @ v
        mixed = mixed.transpose(1, 0, 2).reshape(len(ids), WIDTH)
        x = norm(x + linear(mixed, layer + "attention.output.dense"), layer + "attention.output.LayerNorm")
        wide = linear(x, layer + "intermediate.dense")
        wide = wide * 0.5 * (1 + np.vectorize(math.erf)(wide / math.sqrt(2)))
        x = norm(x + linear(wide, layer + "output.dense"), layer + "output.LayerNorm")
    return linear(np.tanh(linear(x[0], "bert.pooler.dense")), "classifier")[0]


def windows(count, longest):
    if count <= longest:
        return [(0, count)]
    number = -(-(count - OVERLAP) // (longest - OVERLAP))
    length = -(-(count + (number - 1) * OVERLAP) // number)
    starts = [i * (count - length) // (number - 1) for i in range(number)]
    return [(start, start + length) for start in starts]


def row(query, text):
    q = tokenizer.encode(query, add_special_tokens=False).ids[: POSITIONS // 2]
    t = tokenizer.encode(text, add_special_tokens=False).ids
    logits = []
    for start, end in windows(len(t), POSITIONS - 3 - len(q)):
        ids = [2, *q, 3, *t[start:end], 3]
        logits.append(logit(ids, [0] * (len(q) + 2) + [1] * (end - start + 1)))
    pair = tokenizer.encode(query, text)
    if len(logits) == 1 and len(pair.ids) <= POSITIONS // 2:
        # The frame is the one that the library makes.
        assert logits == [logit(pair.ids, pair.type_ids)]
    return {"query": query, "text": text, "windows": len(logits), "logit": max(logits)}


print(
    json.dumps(
        {
            "config": {
                "hidden_size": WIDTH,
                "intermediate_size": WIDE,
                "num_attention_heads": HEADS,
                "num_hidden_layers": LAYERS,
                "max_position_embeddings": POSITIONS,
                "vocab_size": len(VOCABULARY),
                "layer_norm_eps": 1e-12,
                "hidden_act": "gelu",
            },
            "shapes": list(shapes()),
            "tokenizer": json.loads(tokenizer.to_str()),
            "rows": [row(*pair) for pair in PAIRS],
        },
        ensure_ascii=False,
    )
)
