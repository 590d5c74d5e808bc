"""Makes `mergekit_numbers.json`: what mergekit makes of three tiny models, method by method.

In an environment of its own, with mergekit 0.1.5: python tests/unit/train/mergekit_numbers.py
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

NUMBERS = Path(__file__).with_suffix(".json")
MODELS = ("base", "one", "two")
WEIGHTS = {"one": 0.7, "two": 0.4}
CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": 40,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "tie_word_embeddings": False,
    "dtype": "float32",
}
LAYER = {
    "input_layernorm": (16,),
    "post_attention_layernorm": (16,),
    "self_attn.q_proj": (16, 16),
    "self_attn.k_proj": (8, 16),
    "self_attn.v_proj": (8, 16),
    "self_attn.o_proj": (16, 16),
    "mlp.gate_proj": (24, 16),
    "mlp.up_proj": (24, 16),
    "mlp.down_proj": (16, 24),
}
SHAPES = {
    "model.embed_tokens.weight": (40, 16),
    "model.norm.weight": (16,),
    "lm_head.weight": (40, 16),
    **{f"model.layers.{n}.{part}.weight": LAYER[part] for n in range(2) for part in LAYER},
}
METHODS = {
    "linear": {"merge_method": "linear"},
    "slerp": {"merge_method": "slerp", "parameters": {"t": 0.7}},
    "task-arithmetic": {"merge_method": "task_arithmetic", "parameters": {"lambda": 0.9}},
    "ties": {"merge_method": "ties", "parameters": {"lambda": 0.9}},
    "dare, all kept": {"merge_method": "dare_linear", "parameters": {"lambda": 0.9}},
    "dare, all kept, signs elected": {"merge_method": "dare_ties", "parameters": {"lambda": 0.9}},
}
DENSITY = {"ties": 0.3, "dare_linear": 1.0, "dare_ties": 1.0}


def write_models(folder: Path) -> None:
    """Three folders: a base, and two models that lie some way from it."""
    base = {}
    for name, shape in SHAPES.items():
        base[name] = 0.1 * np.random.default_rng(len(base)).standard_normal(shape)
    for seed, model in enumerate(MODELS):
        random = np.random.default_rng(100 + seed)
        away = {n: 0.04 * seed * random.standard_normal(s) for n, s in SHAPES.items()}
        (folder / model).mkdir()
        (folder / model / "config.json").write_text(json.dumps(CONFIG))
        tensors = {name: (base[name] + away[name]).astype(np.float32) for name in SHAPES}
        save_file(tensors, folder / model / "model.safetensors", metadata={"format": "pt"})


def numbers_of(tensors: dict[str, np.ndarray]) -> dict[str, list[float]]:
    """Of each tensor its sum, its length, and some of its entries."""
    numbers = {}
    for name, tensor in sorted(tensors.items()):
        flat = tensor.astype(np.float64).ravel()
        some = flat[:: max(1, flat.size // 5)]
        numbers[name] = [float(flat.sum()), float(np.linalg.norm(flat)), *map(float, some)]
    return numbers


def main() -> None:
    """Run mergekit on the three models."""
    expected = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_models(folder)
        for name, recipe in METHODS.items():
            file, out = folder / "recipe.yml", folder / "out"
            file.write_text(json.dumps(_recipe(folder, recipe)))
            command = [str(Path(sys.executable).with_name("mergekit-yaml")), str(file), str(out)]
            subprocess.run([*command, "--allow-crimes"], check=True)
            tensors = {}
            for shard in out.glob("*.safetensors"):
                tensors |= load_file(shard)
            expected[name] = numbers_of(tensors)
    NUMBERS.write_text(json.dumps(expected, indent=1) + "\n")


def _recipe(folder: Path, recipe: dict) -> dict:
    density = DENSITY.get(recipe["merge_method"])
    models = [
        {
            "model": str(folder / name),
            "parameters": {"weight": weight} | ({"density": density} if density else {}),
        }
        for name, weight in WEIGHTS.items()
    ]
    if recipe["merge_method"] == "slerp":
        models = [{"model": str(folder / name)} for name in ("base", "one")]
    based = {} if recipe["merge_method"] == "linear" else {"base_model": str(folder / "base")}
    return {"models": models, "dtype": "float32", **based, **recipe}


if __name__ == "__main__":
    main()
