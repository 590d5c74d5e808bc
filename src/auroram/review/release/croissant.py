"""A release as Croissant JSON-LD, with the fields of its responsible-AI vocabulary.

Source: MLCommons Croissant 1.0 and Croissant RAI 1.0. The fields are filled from the log; where
it holds nothing on a matter, the field says so.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from auroram import __version__
from auroram.records.canonical import Json
from auroram.records.manifest import OutputFile
from auroram.records.release import ITEMS, Released, ReleaseFacts
from auroram.review.release.card import analysis, protocol
from auroram.review.release.contents import Contents

CONTEXT = Path(__file__).parent / "croissant_context.json"
TYPES = {".jsonl": "application/jsonlines", ".parquet": "application/x-parquet"}
BOOLEAN, INTEGER, TEXT = "sc:Boolean", "sc:Integer", "sc:Text"


def croissant(contents: Contents, facts: ReleaseFacts) -> Json:
    """The description of a release.

    Args:
        contents: of the release.
        facts: its counts, with the files that are described.
    """
    licences = sorted({item.licence for item in contents.items})
    return {
        "@context": json.loads(CONTEXT.read_text(encoding="utf-8")),
        "@type": "sc:Dataset",
        "conformsTo": [
            "http://mlcommons.org/croissant/1.0",
            "http://mlcommons.org/croissant/RAI/1.0",
        ],
        "name": facts.name,
        "description": "Requests on the concerns of AI policy with answers to learn.",
        "version": f"1.0.0+{facts.digest[:12]}",
        "license": [f"https://spdx.org/licenses/{licence}" for licence in licences],
        "inLanguage": sorted({item.language for item in contents.items}),
        "datePublished": facts.last_at,
        "url": f"urn:sha256:{facts.digest}",
        "isLiveDataset": False,
        **_responsible(contents, facts),
        "distribution": [_file(file) for file in facts.files],
        "recordSet": [_records()],
    }


def _responsible(contents: Contents, facts: ReleaseFacts) -> Json:
    sources = sorted({f"{item.source} ({item.source_date})" for item in contents.items})
    flags = ", ".join(f"{flag} {count}" for flag, count in sorted(contents.flags.items())) or "none"
    return {
        "rai:dataCollection": f"Requests from: {'; '.join(sources)}.",
        "rai:dataCollectionTimeframe": [at for at in (facts.first_at, facts.last_at) if at],
        "rai:dataAnnotationProtocol": protocol(contents),
        "rai:dataAnnotationPlatform": [f"Auroram review {__version__}"],
        "rai:dataAnnotationAnalysis": [analysis(contents)],
        "rai:annotationsPerItem": " or ".join(map(str, contents.reviews)),
        "rai:annotatorDemographics": [
            f"{facts.people} people made {facts.decisions_by_people} decisions; the log holds "
            "nothing else of them."
        ],
        "rai:machineAnnotationTools": [
            f"{facts.software} software accounts made {facts.decisions_by_software} decisions, and "
            f"alone chose the answers of {facts.unreviewed} of {facts.accepted} exchanges."
        ],
        "rai:dataManipulationProtocol": f"{contents.edits} standing decisions edited the answer.",
        "rai:dataBiases": ["Requests follow templates; reviewers may share a view of harm."],
        "rai:dataLimitations": [
            f"Leaves out {facts.rejected} rejected, {facts.disputed} disputed, {facts.open} open."
        ],
        "rai:dataUseCases": ["Alignment tuning and measuring of language models."],
        "rai:personalSensitiveInformation": [f"Flags raised in review: {flags}."],
        "rai:dataReleaseMaintenancePlan": "A release never changes; a later one is another.",
    }


def _file(file: OutputFile) -> Json:
    suffix = Path(file.path).suffix
    return {
        "@type": "cr:FileObject",
        "@id": file.path,
        "name": file.path,
        "contentUrl": file.path,
        "contentSize": f"{file.size_bytes} B",
        "encodingFormat": TYPES.get(suffix, "text/markdown"),
        "sha256": file.sha256,
    }


def _records() -> Json:
    fields = {
        name: _type(kind) for name, kind in Released.__annotations__.items() if name != "decisions"
    }
    return {
        "@type": "cr:RecordSet",
        "@id": "items",
        "name": "items",
        "field": [_field(name, kind) for name, kind in fields.items()],
    }


def _type(kind: object) -> str:
    types: Mapping[object, str] = {bool: BOOLEAN, int: INTEGER}
    return types.get(kind, TEXT)


def _field(name: str, kind: str) -> Json:
    return {
        "@type": "cr:Field",
        "@id": f"items/{name}",
        "name": name,
        "dataType": kind,
        "source": {"fileObject": {"@id": ITEMS}, "extract": {"column": name}},
    }
