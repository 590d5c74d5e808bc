"""What tokens refuse of the stages that train on them: known before the first of these works."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from auroram.errors import ConfigError, DataError
from auroram.model.tokenizer import load_tokenizer
from auroram.ports import Inputs
from auroram.records.shards import ShardSet
from auroram.train.checks import check_tokenizer
from auroram.train.data import Position, read_position
from auroram.train.open_data import open_data
from auroram.train.settings import Train


def faults_of_data(stages: Mapping[str, Train], shared: Inputs) -> Iterator[str]:
    """A sentence for each stage whose settings do not fit its tokens.

    Stages whose tokens are yet to come are not asked. Where a stage goes on from another of these,
    it counts its rows from where that one will end, and has the tokenizer of the model that one
    begins with.

    Args:
        stages: that will train, in their order.
        shared: with the stages that are done.
    """
    ends: dict[str, Position] = {}
    for name, settings in stages.items():
        if settings.tokens not in shared.stages:
            continue
        inputs = replace(shared, name=name)
        earlier = ends.get(settings.model)
        if settings.model in shared.stages:
            earlier = read_position(inputs.folder(settings.model))
        try:
            data = open_data(settings, inputs, earlier)
            _check_tokenizer(settings, stages, inputs, data.shards)
        except (ConfigError, DataError) as error:
            yield str(error)
            continue
        ends[name] = data.start.after(data.stream.schedule)


def _check_tokenizer(
    settings: Train, stages: Mapping[str, Train], inputs: Inputs, shards: ShardSet
) -> None:
    """Refuse tokens of another tokenizer than the model's, where what it descends from is there."""
    origin = settings.model
    while origin in stages:
        origin = stages[origin].model
    if origin in inputs.stages:
        tokenizer = load_tokenizer(inputs.model(origin))
        check_tokenizer(shards, tokenizer, f"stages.{inputs.name}.model", settings.model)
