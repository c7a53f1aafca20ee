"""all-MiniLM-L6-v2 in onnxruntime, f32 and dynamic int8, one thread, and as many as there are cores: what `cargo xtask bench embed` puts beside ours.

    embed.py FOLDER_OF_THE_MODEL GOLDEN_JSON FOLDER_FOR_THE_GRAPHS

The graph is built here from model.safetensors; the inputs are those of models/local/examples/speed.rs. Prints JSON.
"""

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer

WORDS = "the house on the road is near the river and the old town ".split()


def read(path):
    raw = path.read_bytes()
    size = int.from_bytes(raw[:8], "little")
    tensors = {}
    for name, entry in json.loads(raw[8 : 8 + size]).items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            start, end = entry["data_offsets"]
            data = np.frombuffer(raw[8 + size + start : 8 + size + end], "<f4")
            tensors[name] = data.reshape(entry["shape"])
    return tensors


def graph(tensors, config, path):
    nodes, kept = [], []
    heads, eps = config["num_attention_heads"], config["layer_norm_eps"]
    width = config["hidden_size"]

    def constant(value):
        name = f"c{len(kept)}"
        kept.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def op(kind, *inputs, **attributes):
        name = f"t{len(nodes)}"
        nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def whole(*numbers):
        return constant(np.array(numbers, np.int64))

    def norm(x, name):
        gain, shift = constant(tensors[name + ".weight"]), constant(tensors[name + ".bias"])
        return op("LayerNormalization", x, gain, shift, axis=-1, epsilon=eps)

    def linear(x, name):
        product = op("MatMul", x, constant(tensors[name + ".weight"].T))
        return op("Add", product, constant(tensors[name + ".bias"]))

    def split(x, order):
        return op("Transpose", op("Reshape", x, whole(0, heads, width // heads)), perm=order)

    e = "embeddings."
    positions = tensors[e + "position_embeddings.weight"] + tensors[e + "token_type_embeddings.weight"][0]
    x = op("Gather", constant(tensors[e + "word_embeddings.weight"]), "ids")
    x = op("Add", x, op("Slice", constant(positions), whole(0), op("Shape", "ids")))
    x = norm(x, e + "LayerNorm")
    for layer in range(config["num_hidden_layers"]):
        p = f"encoder.layer.{layer}."
        a = p + "attention.self."
        q = split(linear(x, a + "query"), [1, 0, 2])
        k = split(linear(x, a + "key"), [1, 2, 0])
        v = split(linear(x, a + "value"), [1, 0, 2])
        scale = constant(np.array((width // heads) ** -0.5, np.float32))
        weights = op("Softmax", op("Mul", op("MatMul", q, k), scale), axis=-1)
        context = op("Transpose", op("MatMul", weights, v), perm=[1, 0, 2])
        context = op("Reshape", context, whole(0, width))
        x = norm(op("Add", x, linear(context, p + "attention.output.dense")), p + "attention.output.LayerNorm")
        wide = op("Gelu", linear(x, p + "intermediate.dense"))
        x = norm(op("Add", x, linear(wide, p + "output.dense")), p + "output.LayerNorm")
    nodes.append(helper.make_node("ReduceMean", [x, whole(0)], ["mean"], keepdims=0))
    ids = helper.make_tensor_value_info("ids", TensorProto.INT64, ["n"])
    mean = helper.make_tensor_value_info("mean", TensorProto.FLOAT, [width])
    made = helper.make_graph(nodes, "minilm", [ids], [mean], kept)
    opset = [helper.make_opsetid("", 20)]
    onnx.save(helper.make_model(made, opset_imports=opset, ir_version=9), path)


def memory():
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def measure(path, tokenizer, golden):
    before = memory()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def embed(text):
        ids = np.array(tokenizer.encode(text).ids, np.int64)
        mean = session.run(None, {"ids": ids})[0]
        return mean / np.linalg.norm(mean)

    report = {}
    for name, tokens, runs in [("query_10_ms", 10, 30), ("chunk_128_ms", 128, 15), ("chunk_256_ms", 256, 10)]:
        text = " ".join((WORDS * tokens)[: tokens - 2])
        assert len(tokenizer.encode(text).ids) == tokens
        together = max(1, 512 // tokens)
        best = float("inf")
        for _ in range(runs):
            start = time.process_time()
            for _ in range(together):
                embed(text)
            best = min(best, (time.process_time() - start) / together)
        report[name] = 1000 * best
    report["least_cosine"] = min(float(embed(row["text"]) @ row["vector"]) for row in golden if row.get("vector"))
    report["memory_mb"] = memory() - before
    # A text a core: more than a padded batch gives, or one text on all cores.
    chunk, best = " ".join((WORDS * 128)[:126]), float("inf")
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for _ in range(8):
            start = time.perf_counter()
            list(pool.map(embed, [chunk] * 32))
            best = min(best, time.perf_counter() - start)
    report["chunks_s"] = 32 / best
    return report


def main():
    folder, golden, out = map(Path, sys.argv[1:4])
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    rows = json.loads(golden.read_text())
    exact, eight = out / "minilm.onnx", out / "minilm-int8.onnx"
    graph(read(folder / "model.safetensors"), json.loads((folder / "config.json").read_text()), str(exact))
    quantize_dynamic(str(exact), str(eight), weight_type=QuantType.QInt8)
    # The larger one last: what it leaves in memory would count for the other.
    report = {"int8": measure(str(eight), tokenizer, rows)}
    report["f32"] = measure(str(exact), tokenizer, rows)
    print(json.dumps(report))


main()
