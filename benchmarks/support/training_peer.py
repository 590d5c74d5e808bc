"""A step of transformers' Trainer or of litgpt at a time: run by training.py, never by hand.

Takes the task as JSON in its only argument. Before each step it waits for a line on standard input
and then answers with the last turn's {"cpu", "wall", "rss", "gpu"}: seconds, the largest resident
size and the most that was allocated on a GPU in bytes. Random tokens, AdamW (fused), gradients
clipped to 1, bf16 over float32 weights unless the task says float32.
"""

import importlib.util
import json
import os
import sys
import tempfile
import time
from pathlib import Path

TASK = json.loads(sys.argv[1])
ANSWERS = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what the peers print must not stand among the answers

if TASK["allocator"]:
    spec = importlib.util.spec_from_file_location("allocator", TASK["allocator"])
    allocator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(allocator)
    allocator.keep_memory()

import torch  # noqa: E402 -- the allocator is told first

torch.set_num_threads(TASK["threads"])
torch.manual_seed(0)


class Turns:
    """Waits for its turn at the beginning of each step."""

    def __init__(self):
        self.began = None

    def wait(self):
        """Say what the step before took, then wait."""
        if TASK["device"] == "cuda":
            torch.cuda.synchronize()
        if self.began:
            cpu, wall = time.process_time() - self.began[0], time.perf_counter() - self.began[1]
            told = {"cpu": cpu, "wall": wall, "rss": largest()}
            told["gpu"] = torch.cuda.max_memory_allocated() if TASK["device"] == "cuda" else 0
            print(json.dumps(told), file=ANSWERS, flush=True)
        if not sys.stdin.readline():
            os._exit(0)
        self.began = time.process_time(), time.perf_counter()


def largest():
    """Largest resident size so far."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024


def train_with_trainer(shape, rows, length, turns):
    """As transformers' documentation trains: compiled on a GPU, as written on a processor."""
    from transformers import (  # noqa: PLC0415 -- only where this peer is asked for
        LlamaConfig,
        LlamaForCausalLM,
        Trainer,
        TrainerCallback,
        TrainingArguments,
    )  # fmt: skip

    class Rows(torch.utils.data.Dataset):
        def __len__(self):
            return 1_000_000

        def __getitem__(self, index):
            drawn = torch.Generator().manual_seed(index)
            tokens = torch.randint(shape["vocabulary"], (length,), generator=drawn)
            return {"input_ids": tokens, "labels": tokens}

    class Wait(TrainerCallback):
        def on_step_begin(self, *_, **__):
            turns.wait()

    config = LlamaConfig(
        vocab_size=shape["vocabulary"], hidden_size=shape["hidden_size"],
        intermediate_size=shape["intermediate_size"], num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"], num_key_value_heads=shape["keys"],
        max_position_embeddings=2048, tie_word_embeddings=True,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder, per_device_train_batch_size=rows, max_steps=100_000,
            use_cpu=TASK["device"] == "cpu", bf16=not TASK["float32"], report_to=[],
            save_strategy="no", logging_steps=10, learning_rate=1e-4,
            optim="adamw_torch_fused", max_grad_norm=1.0, disable_tqdm=True,
            torch_compile=TASK["device"] == "cuda",
        )  # fmt: skip
        Trainer(
            model=LlamaForCausalLM(config), args=arguments, train_dataset=Rows(), callbacks=[Wait()]
        ).train()


def train_with_litgpt(shape, rows, length, turns):
    """As `litgpt pretrain` does, which compiles the model unless the task says not to."""
    from litgpt import Config, pretrain  # noqa: PLC0415 -- only where this peer is asked for
    from litgpt.args import EvalArgs, LogArgs, TrainArgs  # noqa: PLC0415
    from litgpt.data import DataModule  # noqa: PLC0415

    class Rows(torch.utils.data.IterableDataset):
        def __iter__(self):
            drawn = torch.Generator().manual_seed(1)
            while True:
                turns.wait()
                yield from torch.randint(shape["vocabulary"], (rows, length + 1), generator=drawn)

    class Data(DataModule):
        def connect(self, **_):
            """Nothing to prepare."""

        def train_dataloader(self):
            return torch.utils.data.DataLoader(Rows(), batch_size=rows)

        def val_dataloader(self):
            return torch.utils.data.DataLoader(torch.zeros(rows, length + 1, dtype=torch.long))

    if not TASK["compile"]:
        torch.compile = lambda model, *_, **__: model
    config = Config(
        name="shape", block_size=length, vocab_size=shape["vocabulary"],
        padded_vocab_size=shape["vocabulary"], n_layer=shape["layers"], n_head=shape["heads"],
        n_query_groups=shape["keys"], n_embd=shape["hidden_size"], rotary_percentage=1.0,
        parallel_residual=False, bias=False, norm_class_name="RMSNorm",
        mlp_class_name="LLaMAMLP", intermediate_size=shape["intermediate_size"],
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        pretrain.setup(
            model_name="shape", model_config=config, out_dir=Path(folder), devices=1,
            precision="32-true" if TASK["float32"] else "bf16-mixed",
            data=Data(), logger_name="csv", tokenizer_dir=None,
            train=TrainArgs(
                save_interval=None, log_interval=10, global_batch_size=rows, micro_batch_size=rows,
                max_tokens=10**10, max_norm=1.0, min_lr=1e-5, lr_warmup_steps=10,
                tie_embeddings=True,
            ),
            eval=EvalArgs(
                interval=10**9, max_iters=1, initial_validation=False, final_validation=False
            ),
            log=LogArgs(),
            optimizer={"class_path": "torch.optim.AdamW", "init_args": {"lr": 1e-4, "fused": True}},
        )  # fmt: skip


PEERS = {"trainer": train_with_trainer, "litgpt": train_with_litgpt}

if __name__ == "__main__":
    PEERS[TASK["peer"]](TASK["shape"], TASK["rows"], TASK["length"], Turns())
