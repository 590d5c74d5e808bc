"""Loss in bfloat16 by the loss in float32: python benchmarks/loss_curve.py [BASE] [--threads 2].

The same weights learn the same rows of the quickstart's texts in five languages twice, for 200
steps of 1,024 tokens. BASE is a Hugging Face folder (runs/quickstart/base/model) that goes on from
its weights; without it a model of the 10M shape begins with random ones, with a vocabulary of its
own made from the texts. Bar: the mean losses of the last 20 steps differ by at most 0.5 %.
"""

import argparse
import gzip
import json
import statistics
import sys
from pathlib import Path

import numpy as np
import torch
from tokenizers import ByteLevelBPETokenizer, Tokenizer
from transformers import AutoModelForCausalLM

from auroram.model.attention import set_attention
from auroram.train import allocator
from auroram.train.data import MicroBatch
from auroram.train.forward import batch_nats
from auroram.train.optimizer import Group, optimizer_of
from auroram.train.optimizer_settings import AdamW
from auroram.train.step import gradients, move
from support.rows import rows_of
from support.tiny_models import SHAPES, random_model

SECONDS = 280
DATA = Path(__file__).parents[1] / "recipes" / "quickstart" / "data"
LANGUAGES, TOKENS_A_LANGUAGE = ("en", "fi", "hi", "ja", "vi"), 120_000
STEPS, WARM_UP, LAST, ROWS, LENGTH = 200, 20, 20, 2, 512
RATE_FROM_NOTHING, RATE_FROM_BASE = 1e-3, 1e-4
LIKENESS = 0.005


def main() -> int:
    """Both curves by tens of steps, and how far apart they end; exit code 1 beyond the bar."""
    reader = argparse.ArgumentParser()
    reader.add_argument("base", nargs="?", type=Path)
    reader.add_argument("--threads", type=int, default=2)
    asked = reader.parse_args()
    allocator.keep_memory()
    torch.set_num_threads(asked.threads)
    tokens = tokens_of(asked.base)
    curves = {kind: list(losses(asked.base, tokens, kind)) for kind in ("bfloat16", "float32")}
    for start in range(0, STEPS, LAST):
        ours, exact = (statistics.mean(c[start : start + LAST]) for c in curves.values())
        print(
            f"steps {start + 1:3d} to {start + LAST:3d}: bfloat16 {ours:.4f}, float32 {exact:.4f}"
        )
    off = ours / exact - 1
    missed = ["curve"] if abs(off) > LIKENESS else []
    verdict = "MISSED" if missed else "met   "
    print(f"{verdict}  loss after {STEPS} steps, by float32's: {off:+.3%} (bar {LIKENESS:.1%})")
    figures = {"bfloat16": ours, "float32": exact, "off": off}
    print("RESULT", json.dumps({"benchmark": "loss_curve", "missed": missed, "figures": figures}))
    return int(bool(missed))


def tokens_of(base):
    """A stream of the five languages, in the tokens of the base or in a vocabulary of their own."""
    texts = ["\n\n".join(documents(language)) for language in LANGUAGES]
    if base:
        tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    else:
        tokenizer = ByteLevelBPETokenizer()
        tokenizer.train_from_iterator(texts, SHAPES["10M"]["vocabulary"], show_progress=False)
    streams = (tokenizer.encode(text).ids[:TOKENS_A_LANGUAGE] for text in texts)
    return np.concatenate([np.array(stream) for stream in streams])


def documents(language):
    """The quickstart's general texts of a language."""
    with gzip.open(DATA / f"varied.{language}.jsonl.gz", "rt") as lines:
        yield from (json.loads(line)["text"] for line in lines)


def losses(base, tokens, precision):
    """Nats a target of each step; rows and weights are the same whenever it is called."""
    draw = torch.Generator().manual_seed(3)
    model = started(base)
    weights = list(model.parameters())
    optimizer = optimizer_of(AdamW(), [Group(weights)])
    highest = RATE_FROM_BASE if base else RATE_FROM_NOTHING
    for step in range(STEPS):
        starts = torch.randint(len(tokens) - LENGTH, (ROWS, 1), generator=draw).numpy()
        said = tokens[starts + np.arange(LENGTH + 1)]
        report = gradients(
            weights,
            [MicroBatch(batch=rows_of(said[:, :-1], said[:, 1:]), domains=("all",) * ROWS)],
            nats_of=lambda part: batch_nats(model, part.batch, precision=precision),
            highest_norm=1.0,
        )
        move(optimizer, learning_rate=highest * min(1, (step + 1) / WARM_UP))
        yield report.loss


def started(base):
    """The model before its first step, in float32."""
    if not base:
        return random_model(SHAPES["10M"])
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, use_safetensors=True)
    set_attention(model, "blocked")
    return model.eval()


if __name__ == "__main__":
    sys.exit(main())
