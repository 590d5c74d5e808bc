"""auroram import MODEL.gguf FOLDER"""

import argparse
from pathlib import Path

from auroram.adapters.gguf import convert


def parser() -> argparse.ArgumentParser:
    """What `auroram import` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram import",
        description="Converts a GGUF file (Llama architecture) to a Hugging Face folder with "
        "float32 safetensors, tokenizer and chat template.",
    )
    result.add_argument("gguf", type=Path, help="the GGUF file")
    result.add_argument("folder", type=Path, help="the folder to make; must not exist yet")
    return result


def main(arguments: argparse.Namespace) -> int:
    """Convert the file."""
    convert(arguments.gguf, arguments.folder)
    print(f"wrote {arguments.folder}")
    return 0
