"""Which weights a model has, and how many tokens they were trained on."""

from pathlib import Path

from blake3 import blake3

from auroram.records.canonical import digest
from auroram.records.manifest import MANIFEST_NAME, Finished, Manifest, read_manifest


def weights_digest(folder: Path) -> str:
    """Digest of a folder's weights: equal for equal models, wherever they lie."""
    files = sorted(folder.glob("*.safetensors"))
    return digest([blake3(max_threads=blake3.AUTO).update_mmap(f).hexdigest() for f in files])


def tokens_seen(stage: Finished) -> int:
    """Tokens trained on since the base, in this stage and in those that its model came from.

    The stages lie side by side in the run's folder; one without a manifest counts for nothing.
    """
    manifest: Manifest | None = stage.manifest
    total, met = 0, set()
    while manifest is not None and manifest.stage not in met:
        met.add(manifest.stage)
        total += int(manifest.facts.get("tokens", 0)) if manifest.kind == "train" else 0
        parent = stage.folder.parent / str(manifest.settings.get("model", ""))
        is_there = (parent / MANIFEST_NAME).is_file()
        manifest = read_manifest(parent) if is_there else None
    return total
