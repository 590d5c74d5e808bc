"""The model of a run that `chat` and `serve` talk to, behind a guard where one is named."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from auroram.cli.numbers import above_zero, at_least
from auroram.errors import DataError
from auroram.pipeline.run_folder import RunFolder
from auroram.pipeline.run_models import LAST, made_model
from auroram.ports import SpeakingModel
from auroram.records.manifest import Finished


def add_arguments(result: argparse.ArgumentParser) -> None:
    """Whose model it is, how long its replies may be, and who guards it."""
    result.add_argument("run", type=Path, help="the run's folder, such as runs/quickstart")
    result.add_argument(
        "--stage", default=LAST, help="whose model: base, cap, ...; the run's last by default"
    )
    result.add_argument(
        "--max-tokens",
        type=at_least(1),
        default=128,
        help="longest reply, in tokens; 128 by default",
    )
    result.add_argument(
        "--repetition",
        type=above_zero,
        default=1.0,
        help="above 1, what a reply has said becomes less likely: small models repeat themselves; "
        "1, which changes nothing, by default",
    )
    result.add_argument(
        "--guard",
        metavar="JUDGE",
        help="a judge of harmful text (a folder of `auroram judge train --question harmful`) that "
        "requests and replies must pass; what it cannot judge does not pass",
    )


def served_model(arguments: argparse.Namespace, finished: Mapping[str, Finished]) -> SpeakingModel:
    """The model that the arguments name.

    Raises:
        DataError: where the stage has no model, or the guard is no judge of harm that can be asked.
    """
    run = RunFolder(arguments.run)
    stage = made_model(run, finished, arguments.stage)
    # Heavy: a stage that is not there is told without torch.
    from auroram.model.chat import load_chat  # noqa: PLC0415
    from auroram.model.sampling import Sampling  # noqa: PLC0415

    chat = load_chat(
        finished[stage].folder / "model",
        max_tokens=arguments.max_tokens,
        name=f"{run.path.resolve().name}/{stage}",
        sampling=Sampling(repetition=arguments.repetition),
    )
    return chat if arguments.guard is None else _guarded(chat, arguments.guard)


def _guarded(chat: SpeakingModel, guard: str) -> SpeakingModel:
    from auroram.safety.guard import Guard, GuardedChat  # noqa: PLC0415 -- as above
    from auroram.safety.judge_settings import PeopleJudge, judge_of  # noqa: PLC0415
    from auroram.safety.open_judge import open_judge  # noqa: PLC0415
    from auroram.text.identify import FastText  # noqa: PLC0415

    named = judge_of(guard)
    if isinstance(named, PeopleJudge):
        raise DataError(
            f"--guard {guard}: people's labels tell nothing of what is yet to be said; name a "
            "folder of `auroram judge train --question harmful`"
        )
    judge = open_judge(named, "harmful", Path(), None)
    return GuardedChat(model=chat, guard=Guard(judge=judge, identifier=FastText()))
