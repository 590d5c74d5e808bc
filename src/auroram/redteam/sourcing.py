"""Requests from where they come from: published prompt sets first, and then the templates."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from auroram.errors import DataError
from auroram.ports import Inputs, PackageFile
from auroram.records.concerns import Taxonomy
from auroram.redteam.duplicates import distinct
from auroram.redteam.language import Language
from auroram.redteam.prompt_sets import PublishedSet
from auroram.redteam.request import Dropped, Request
from auroram.redteam.settings import PromptSet, Redteam
from auroram.redteam.templates import requests_of
from auroram.tokens.permutation import key_of


def sourced(
    settings: Redteam, inputs: Inputs, taxonomy: Taxonomy, languages: Mapping[str, Language]
) -> tuple[list[Request], list[Dropped]]:
    """Requests unlike one another, of templates as many as are asked for, and what was dropped.

    Raises:
        DataError: where a prompt set is missing or not as it should be.
    """
    found, dropped = _sources(settings, inputs, taxonomy, languages)
    thinned = distinct(found, settings.similarity)
    return [*_capped(thinned.requests, settings, inputs.seed)], [*dropped, *thinned.dropped]


def _sources(
    settings: Redteam, inputs: Inputs, taxonomy: Taxonomy, languages: Mapping[str, Language]
) -> tuple[list[Request], list[Dropped]]:
    """Published prompts and then the templates: at a tie what others published stays."""
    found: list[Request] = []
    dropped: list[Dropped] = []
    wanted = settings.concerns or tuple(taxonomy.concerns)
    for name, prompts in settings.imports.items():
        published = PublishedSet(
            name=name, settings=prompts, file=_file(prompts, inputs), taxonomy=taxonomy
        )
        one = published.imported(
            key=key_of(inputs.seed, "imports"), test_share=settings.import_test_share
        )
        found += [request for request in one.requests if request.concern in wanted]
        dropped += one.dropped
        dropped += [_unwanted(request) for request in one.requests if request.concern not in wanted]
    for language in languages.values():
        found += requests_of(language, wanted)
    return found, dropped


def _file(prompts: PromptSet, inputs: Inputs) -> Path:
    place = prompts.place
    if not isinstance(place, PackageFile):
        return inputs.path(place.file)
    if inputs.fetch_package_file is None:
        raise DataError(f"{place.package}: nothing can be downloaded here; name a local file")
    return inputs.fetch_package_file(place, inputs.progress)


def _unwanted(request: Request) -> Dropped:
    return Dropped(
        language=request.language,
        concern=request.concern,
        template=request.template,
        reason="on a concern that is not asked for",
    )


def _capped(requests: Sequence[Request], settings: Redteam, seed: int) -> Iterator[Request]:
    """Published requests, and as many from templates as are asked for, in turns of topic."""
    groups: dict[tuple[str, str, str], list[Request]] = defaultdict(list)
    for request in requests:
        if request.look_alike is None:
            yield request
        else:
            groups[request.language, request.concern, request.split].append(request)
    most = {"train": settings.train_requests, "test": settings.test_requests}
    for (*_, split), group in groups.items():
        yield from _in_turns(group, key_of(seed, "templates"))[: most[split]]


def _in_turns(group: Sequence[Request], key: int) -> list[Request]:
    """The first of each topic, then the second of each, and so on, by a keyed hash."""
    seen: dict[str, int] = defaultdict(int)
    turns: list[tuple[int, int, Request]] = []
    for request in sorted(group, key=lambda one: key_of(key, one.template, one.topic)):
        topic = request.topic
        turns.append((seen[topic], key_of(key, topic), request))
        seen[topic] += 1
    return [request for *_, request in sorted(turns, key=lambda turn: turn[:2])]
