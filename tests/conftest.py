"""Fixtures that several rooms' tests share."""

import json
import os
import shutil

os.environ.setdefault("OMP_NUM_THREADS", "1")

from dataclasses import replace
from pathlib import Path

import hypothesis
import pytest
import tokenizers
import torch
from tokenizers import decoders, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM

import slurm_cluster
from auroram.garbage import search_rarely
from auroram.model.folder import save_model
from auroram.model.tokenizer import Tokenizer, load_tokenizer
from auroram.ports import Inputs, Silent
from auroram.records.files import sha256_of
from auroram.records.manifest import Finished, Manifest, OutputFile, Resources, write_manifest
from auroram.records.shards import DomainShard, ShardSet, ShardWriter, write_shard_set

search_rarely()

# A loaded machine must not fail a property for being slow, nor a run differ from the last.
hypothesis.settings.register_profile("auroram", deadline=None, derandomize=True)
hypothesis.settings.load_profile("auroram")

CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
CHAT_TEMPLATE = """{% for message in messages %}{{ '<|im_start|>' + message['role'] + '
' + message['content'] + '<|im_end|>
' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant
' }}{% endif %}"""


@pytest.fixture(scope="session")
def slurm_environment(tmp_path_factory) -> dict[str, str]:
    """What a process needs in its environment to speak to a real Slurm of two nodes."""
    with slurm_cluster.running(tmp_path_factory.mktemp("slurm")) as environment:
        yield environment


@pytest.fixture
def slurm(slurm_environment, monkeypatch) -> None:
    """Slurm's commands work here, and its tasks can import what tests can."""
    for name in ("SLURM_CONF", "PATH"):
        monkeypatch.setenv(name, slurm_environment[name])
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))


@pytest.fixture
def one_core():
    """As on a machine of one core, where no second process is started for a corpus so small."""
    allowed = os.sched_getaffinity(0)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    os.sched_setaffinity(0, {sorted(allowed)[int(worker) % len(allowed)]})
    yield
    os.sched_setaffinity(0, allowed)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory) -> Path:
    """A Hugging Face folder: random Llama of 2 layers, a token a byte, a chat template.

    Never write into it: all tests read the same one.
    """
    parts = tmp_path_factory.mktemp("tokenizer")
    write_tokenizer(parts)
    folder = tmp_path_factory.mktemp("tiny") / "model"
    save_model(random_llama(), tokenizer_from=parts, folder=folder)
    return folder


def random_llama(seed: int = 0) -> LlamaForCausalLM:
    torch.manual_seed(seed)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=259,
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=1024,
            tie_word_embeddings=True,
            bos_token_id=1,
            eos_token_id=2,
            pad_token_id=2,
            initializer_range=0.1,
        )
    ).eval()


def write_tokenizer(folder: Path) -> None:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: i for i, token in enumerate([*CONTROL, *letters])}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(list(CONTROL))
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(
        '{"tokenizer_class": "TokenizersBackend", "bos_token": "<|im_start|>",'
        ' "eos_token": "<|im_end|>", "pad_token": "<|im_end|>"}'
    )
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE)


DOMAINS = {
    "en": "The quick brown fox jumps over the lazy dog number {}. ",
    "fi": "Nopea ruskea kettu hyppii laiskan koiran yli kerran {}. ",
    "vi": "Con cáo nâu nhanh nhẹn nhảy qua con chó lười lần {}. ",
}


@pytest.fixture(scope="session")
def tiny_tokens(tiny_model, tmp_path_factory) -> Path:
    """The folder of a token stage for `tiny_model`: three languages and unreviewed exchanges."""
    folder = tmp_path_factory.mktemp("tokens")
    write_tokens(folder, load_tokenizer(tiny_model))
    return folder


def write_tokens(folder: Path, tokenizer: Tokenizer) -> None:
    domains = {}
    for split, documents in {"train": 24, "held-out": 4}.items():
        domains[split] = {
            domain: write_texts(folder / split / domain, text, documents, tokenizer)
            for domain, text in DOMAINS.items()
        }
        domains[split]["safety"] = write_answers(folder / split / "safety", documents, tokenizer)
    shards = ShardSet(
        tokenizer=tokenizer.digest,
        eos=tokenizer.eos,
        vocabulary=tokenizer.vocabulary,
        domains=domains,
    )
    write_shard_set(folder, shards)


def write_texts(prefix, text, documents, tokenizer) -> DomainShard:
    prefix.parent.mkdir(parents=True, exist_ok=True)
    total = 0
    with ShardWriter(prefix, vocabulary=tokenizer.vocabulary) as shard:
        for i in range(documents):
            ids = [*tokenizer.encode(text.format(i) * (1 + i % 4)), tokenizer.eos]
            shard.add(ids, id=f"{prefix.name}-{i}")
            total += len(ids)
    return summary(documents, total)


def write_answers(prefix, documents, tokenizer) -> DomainShard:
    total = 0
    with ShardWriter(prefix, vocabulary=tokenizer.vocabulary, masked=True) as shard:
        for i in range(documents):
            ids, mask = tokenizer.exchange(f"May I {i}?", "No, ask someone.")
            shard.add(ids, id=f"safety-{i}", mask=mask)
            total += len(ids)
    return summary(documents, total, unreviewed=documents, masked=True)


def summary(documents, tokens, *, unreviewed=0, masked=False) -> DomainShard:
    return DomainShard(
        documents=documents,
        tokens=tokens,
        text_bytes=tokens,
        licences={"MPL-2.0": tokens},
        unreviewed_documents=unreviewed,
        masked=masked,
    )


@pytest.fixture(scope="session")
def stage_at():
    """Makes a finished stage of a name out of the files in a folder."""
    return finished


def finished(folder: Path, name: str) -> Finished:
    """A stage of this name that ended, whose files lie in the folder."""
    manifest = Manifest(
        stage=name,
        kind="test",
        settings={"folder": name},
        inputs={},
        sources={},
        outputs=(),
        tallies=(),
        measurements=(),
        notices=(),
        facts={},
        key="",
        resources=Resources(wall_seconds=0, processor_seconds=0, peak_memory_bytes=0),
        environment={},
        started_at="",
        ended_at="",
    )
    return Finished(folder=folder, manifest=manifest)


@pytest.fixture
def training_inputs(tiny_model, tiny_tokens, tmp_path):
    """What a training stage is handed: stages `base` and `tokens`, and any others given."""

    def make(name: str = "cap", **others: Path) -> Inputs:
        folders = {"base": tiny_model.parent, "tokens": tiny_tokens, **others}
        return Inputs(
            root=tmp_path,
            name=name,
            seed=7,
            stages={stage: finished(folder, stage) for stage, folder in folders.items()},
            progress=Silent(),
        )

    return make


@pytest.fixture(scope="session")
def run_of_models(tiny_model):
    """Makes a finished run in a folder: the tiny model under each name, and nothing else."""

    def make(run: Path, *names: str) -> Path:
        for name in names:
            shutil.copytree(tiny_model, run / name / "model")
            outputs = tuple(
                OutputFile(
                    path=file.relative_to(run / name).as_posix(),
                    size_bytes=file.stat().st_size,
                    sha256=sha256_of(file),
                )
                for file in sorted((run / name).rglob("*"))
                if file.is_file()
            )
            manifest = replace(finished(run / name, name).manifest, outputs=outputs)
            write_manifest(run / name, manifest)
        table = {"order": list(names), "root": str(run), "settings": {"seed": 1}}
        (run / "recipe.json").write_text(json.dumps(table))
        return run

    return make
