"""How fast the stage `tokens` encodes, and what it is in numbers of tokens.

    python benchmarks/support/fetch_texts.py TEXTS
    python benchmarks/encoding.py MODEL TEXTS [--workers 1 2] [--encoders tokenizers fastokens]

Encodes all texts (about 75 MB) with the tokenizer of the model folder, each encoder and number of
workers in turn, each in a process of its own. Beside them `datasets.map` with the tokenizer of
transformers, on as many processes: what the field's scripts do. Prints a line each: MB of text a
second, seconds, processor seconds of all processes, and the highest memory of one.
"""

import argparse
import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

SECONDS = 700
DOMAINS = ("en", "fi", "hi", "ja", "vi", "code")
GROUP_DOCUMENTS = 3_000
PEER = "datasets.map"


def main() -> int:
    """Measure each way in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("model", type=Path, help="a Hugging Face folder with a tokenizer")
    parser.add_argument("texts", type=Path, help="the folder of support/fetch_texts.py")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--encoders", nargs="+", default=["tokenizers", "fastokens", PEER])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        megabytes = write_documents(arguments.texts, Path(folder) / "corpus") / 1e6
        figures = {}
        for workers in arguments.workers:
            for encoder in arguments.encoders:
                words = [str(arguments.model), folder, encoder, str(workers)]
                done = subprocess.run(
                    [sys.executable, __file__, "one", *words], check=True, capture_output=True
                )
                one = json.loads(done.stdout.splitlines()[-1])
                one["megabytes_per_second"] = megabytes / one["seconds"]
                figures[f"{encoder}, {workers} workers"] = one
                print(f"{encoder}, {workers} workers: ", end="")
                print(", ".join(f"{name} {value:.4g}" for name, value in one.items()), flush=True)
    print("RESULT", json.dumps({"benchmark": "encoding", "figures": figures}))
    return 0


def write_documents(texts: Path, corpus: Path) -> int:
    """The texts as the corpus stage leaves them; returns their bytes."""
    from auroram.records.document import DOCUMENTS  # noqa: PLC0415 -- not for the peer

    total = 0
    for domain in DOMAINS:
        path = corpus / "documents" / "train" / f"{domain}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        with gzip.open(texts / f"{domain}.jsonl.gz", "rt", encoding="utf-8") as lines:
            found = [json.loads(line)["text"] for line in lines]
        total += sum(len(text.encode()) for text in found)
        blank = dict.fromkeys(DOCUMENTS.names, "")
        rows = [
            {**blank, "id": f"{domain}-{number}", "text": text, "language_score": 1.0}
            for number, text in enumerate(found)
        ]
        table = pa.Table.from_pylist(rows, schema=DOCUMENTS)
        pq.write_table(table, path, row_group_size=GROUP_DOCUMENTS)
    return total


def one(model: Path, folder: Path, encoder: str, workers: int) -> dict[str, float]:
    """Encode everything one way, and say what it took."""
    with tempfile.TemporaryDirectory(dir=folder) as out:
        began = time.perf_counter()
        if encoder == PEER:
            peer(model, folder / "corpus" / "documents" / "train", Path(out), workers)
            tokens = 0
        else:
            tokens = ours(model, folder / "corpus", Path(out), encoder, workers)
        seconds = time.perf_counter() - began
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "tokens": tokens,
        "seconds": seconds,
        "processor_seconds": sum(one.ru_utime + one.ru_stime for one in used),
        "highest_memory_mb": max(one.ru_maxrss for one in used) / 1024,
    }


def ours(model: Path, corpus: Path, out: Path, encoder: str, workers: int) -> int:
    """The stage; returns the number of tokens."""
    from auroram.adapters.embedded import Processes  # noqa: PLC0415
    from auroram.ports import Inputs, Silent  # noqa: PLC0415
    from auroram.records.manifest import Finished  # noqa: PLC0415
    from auroram.vocabulary.settings import Tokens  # noqa: PLC0415
    from auroram.vocabulary.stage import run  # noqa: PLC0415

    engine = Processes(workers)
    stages = {"base": model.resolve().parent, "corpus": corpus}
    inputs = Inputs(
        root=out,
        name="tokens",
        seed=1,
        stages={name: Finished(folder=at, manifest=None) for name, at in stages.items()},  # type: ignore[arg-type]
        progress=Silent(),
        engine=engine,
    )
    outcome = run(Tokens(documents=("corpus",), encoder=encoder), inputs, out)  # type: ignore[arg-type]
    engine.close()
    assert outcome.tokens is not None
    return outcome.tokens


def peer(model: Path, documents: Path, out: Path, workers: int) -> None:
    """The texts as `input_ids` in Arrow files, as training scripts of transformers make them."""
    from datasets import load_dataset  # noqa: PLC0415
    from transformers import AutoTokenizer  # noqa: PLC0415

    tokenizer = AutoTokenizer.from_pretrained(model)
    data = load_dataset("parquet", data_dir=str(documents), split="train", cache_dir=str(out))
    coded = data.map(
        lambda rows: tokenizer(rows["text"]),
        batched=True,
        num_proc=workers,
        remove_columns=data.column_names,
    )
    coded.save_to_disk(str(out / "coded"))


if __name__ == "__main__":
    if sys.argv[1:2] == ["one"]:
        folder, corpus, way, processes = sys.argv[2:]
        print(json.dumps(one(Path(folder), Path(corpus), way, int(processes))))
        sys.exit(0)
    sys.exit(main())
