"""Documents and exchanges as earlier stages leave them, for the stage `tokens`."""

import pyarrow as pa
import pyarrow.parquet as pq

from auroram.ports import Inputs, Silent
from auroram.records.document import DOCUMENTS
from auroram.records.exchange import Exchange
from auroram.records.manifest import Finished


def write_documents(folder, texts, split="train", licence="MPL-2.0", row_group_size=None):
    for domain, lines in texts.items():
        rows = [
            {
                "id": f"{domain}-{number}",
                "text": text,
                "source": f"help-{domain}",
                "record": "file:1",
                "licence": licence,
                "licence_basis": "record",
                "language": domain,
                "script": "Latn",
                "language_score": 1.0,
            }
            for number, text in enumerate(lines)
        ]
        path = folder / "documents" / split / f"{domain}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        table = pa.Table.from_pylist(rows, schema=DOCUMENTS)
        pq.write_table(table, path, row_group_size=row_group_size)


def exchange(number, domain="safety", **others):
    fields = {
        "id": f"{domain}-{number}",
        "domain": domain,
        "language": "en",
        "request": "May I?",
        "answer": "No.",
        "kind": "harmful",
        "source": "seed",
        "licence": "Apache-2.0",
        "reviewed": False,
    }
    return Exchange(**(fields | others))


def inputs(model, **stages):
    finished = {name: Finished(folder=folder, manifest=None) for name, folder in stages.items()}
    base = Finished(folder=model.parent, manifest=None)
    return Inputs(
        root=model,
        name="tokens",
        seed=1,
        stages=finished | {"base": base},
        progress=Silent(),
    )
