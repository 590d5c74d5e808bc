"""auroram export (lm-eval | card) RUN[:MODEL] [--output FILE]"""

import argparse
import json
from pathlib import Path

from auroram.evaluate.lm_eval_results import lm_eval_results
from auroram.evaluate.model_card import CardFacts, model_card
from auroram.pipeline.scored import ScoredModel, scored_model
from auroram.records.files import write_text

FILES = {"lm-eval": "results.json", "card": "README.md"}
"""Form to the name of the file that is written by default."""


def parser() -> argparse.ArgumentParser:
    """What `auroram export` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram export",
        description="Writes what a model scored in the form that others read.",
        epilog="example: auroram export card runs/quickstart:cat",
    )
    result.add_argument(
        "form",
        choices=FILES,
        help="lm-eval: as lm-evaluation-harness saves results; card: a Hugging Face model card",
    )
    result.add_argument("model", metavar="RUN[:MODEL]", help="a run, and a model of it")
    names = " or ".join(FILES.values())
    result.add_argument("--output", type=Path, help=f"the file; {names} in the run by default")
    return result


def main(arguments: argparse.Namespace) -> int:
    """Write the file."""
    chosen = scored_model(arguments.model)
    output = arguments.output or chosen.run.path / FILES[arguments.form]
    if arguments.form == "card":
        write_text(output, model_card(_facts(chosen), chosen.items))
    else:
        name = f"{chosen.run.path.name}:{chosen.name}"
        date = chosen.asked_at().timestamp()
        table = lm_eval_results(name, chosen.items, chosen.tasks(), date=date)
        write_text(output, json.dumps(table, indent=2, ensure_ascii=False) + "\n")
    print(f"wrote {output.resolve()}")
    return 0


def _facts(chosen: ScoredModel) -> CardFacts:
    finished = chosen.run.finished()
    made = finished.get(chosen.name.partition("@")[0])
    base = finished["base"].manifest.settings["model"] if "base" in finished else {}
    verdicts = [stage.manifest.facts.get("verdicts", {}) for stage in finished.values()]
    trained_on = {one.language for one in chosen.items if one.language != "code"}
    return CardFacts(
        model=f"{chosen.run.path.name}:{chosen.name}",
        base=" ".join(str(base[key]) for key in _NAMING if base.get(key)) or "its base",
        licence=str(base.get("licence", "other")),
        languages=sorted(trained_on),
        notices=made.manifest.notices if made else (),
        verdicts=[of[chosen.name] for of in verdicts if chosen.name in of],
        identity=made.manifest.digest if made else "unknown",
    )


_NAMING = ("package", "version", "id", "revision", "path")
"""Settings of a base model that say where it is from, in words."""
