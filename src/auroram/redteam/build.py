"""Requests from all sources, thinned, doubled by look-alikes and mutations, and answered."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from auroram.errors import DataError
from auroram.ports import Inputs, PackageFile
from auroram.records.concerns import Taxonomy, read_taxonomy
from auroram.records.draft import Draft
from auroram.redteam.answers import Answer, Drafting
from auroram.redteam.duplicates import Distinct, distinct
from auroram.redteam.language import Language, read_language
from auroram.redteam.mutations.registry import MUTATIONS, REFRAMING, mutated
from auroram.redteam.pairing import TWIN, Pairing, Wanted, read_written
from auroram.redteam.prompt_sets import PublishedSet
from auroram.redteam.request import Dropped, Request
from auroram.redteam.rewriting import Rewriter
from auroram.redteam.settings import PromptSet, Redteam
from auroram.redteam.templates import requests_of
from auroram.redteam.writers import open_writer
from auroram.tokens.permutation import key_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """The drafts, what became none, and what is missing."""

    drafts: tuple[Draft, ...]
    dropped: tuple[Dropped, ...]
    replaced: int
    published: int
    """Published prompts, in their own words, among the drafts' requests."""
    wanted: tuple[Wanted, ...]
    """Those of them that have no look-alike."""


def build(settings: Redteam, inputs: Inputs, parts: Path) -> Built:
    """Everything from the sources to the drafts.

    Args:
        settings: of the stage.
        inputs: of the stage.
        parts: a folder for what writers have written so far.

    Raises:
        DataError: where a language, a concern, a framework or a prompt set is not as it should be.
    """
    taxonomy = read_taxonomy()
    languages = {code: read_language(code) for code in settings.languages}
    found, dropped = _sources(settings, inputs, taxonomy, languages)
    thinned = distinct(found, settings.similarity)
    dropped += thinned.dropped
    requests = [*_capped(thinned.requests, settings, inputs.seed)]
    requests, more = _reworded(requests, settings, inputs, languages, parts)
    dropped += more
    published = sum(one.look_alike is None and not one.changes for one in requests)
    wanted: tuple[Wanted, ...] = ()
    if settings.twins:
        paired = _pairing(settings, inputs, languages, parts).paired(requests)
        requests, wanted = list(paired.requests), paired.wanted
        dropped += paired.dropped
        twins = distinct(_twins(requests), settings.similarity)
        requests += twins.requests
        dropped += twins.dropped
    answers = Drafting(
        languages=languages,
        concerns=taxonomy.concerns,
        writer=open_writer(settings.drafting, inputs, parts / "drafting.jsonl"),
        key=key_of(inputs.seed, "answers"),
        max_tokens=settings.max_tokens,
    ).answers(requests)
    older = _is_older(taxonomy, settings.requirement)
    answered = {_lineage(one): answer for one, answer in zip(requests, answers, strict=True)}
    copies = _apart([*_mutations(requests, settings, languages, inputs.seed)], settings.similarity)
    dropped += copies.dropped
    drafts = [
        _draft(one, answered[_lineage(one)], older=older(one.origin.published))
        for one in (*requests, *copies.requests)
    ]
    replaced = sum(answer.replaced for answer in answers)
    return Built(
        drafts=tuple(drafts),
        dropped=tuple(dropped),
        replaced=replaced,
        published=published,
        wanted=wanted,
    )


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


def _reworded(
    requests: list[Request],
    settings: Redteam,
    inputs: Inputs,
    languages: Mapping[str, Language],
    parts: Path,
) -> tuple[list[Request], tuple[Dropped, ...]]:
    """The requests and what a model made of some of them, thinned again."""
    if settings.rewriting is None:
        return requests, ()
    writer = open_writer(settings.rewriting.writer, inputs, parts / "rewriting.jsonl")
    assert writer is not None
    rewriter = Rewriter(
        settings=settings.rewriting,
        languages=languages,
        writer=writer,
        max_tokens=settings.max_tokens,
    )
    new = rewriter.rewritten(requests, key=key_of(inputs.seed, "rewriting"))
    thinned = distinct([*requests, *new.requests], settings.similarity)
    return list(thinned.requests), (*new.dropped, *thinned.dropped)


def _pairing(
    settings: Redteam, inputs: Inputs, languages: Mapping[str, Language], parts: Path
) -> Pairing:
    told = settings.rewriting
    asked = told is not None and told.look_alikes > 0
    file = parts / "look-alikes.jsonl"
    return Pairing(
        languages=languages,
        written=read_written(inputs.path(settings.written_twins)) if settings.written_twins else {},
        writer=open_writer(told.writer, inputs, file) if told and asked else None,
        most=told.look_alikes if told else 0,
        max_tokens=settings.max_tokens,
        key=key_of(inputs.seed, "look-alikes"),
    )


def _twins(requests: Sequence[Request]) -> list[Request]:
    """A look-alike for each request that has one; the same words are taken once."""
    twins: dict[tuple[str, str], Request] = {}
    for request in requests:
        if request.look_alike is not None:
            twin = request.look_alike
            twins.setdefault((twin.language, twin.text), twin)
    return list(twins.values())


def _mutations(
    requests: Sequence[Request], settings: Redteam, languages: Mapping[str, Language], seed: int
) -> Iterator[Request]:
    """As many mutated copies of each request as are asked for."""
    alike: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for request in requests:
        alike[_group(request)].append(request.text)
    for request in requests:
        # Not by topic: a harmful request and its look-alike must undergo the same.
        origin = request.template.removesuffix(TWIN)
        shared = key_of(seed, "mutations", origin, request.language)
        others = sorted(alike[_group(request)], key=lambda text: key_of(shared, text))
        names = sorted(settings.mutations, key=lambda name: key_of(shared, name))
        changed = (mutated(name, request, languages[request.language], others) for name in names)
        yield from islice(filter(None, changed), settings.mutations_each)


def _apart(copies: Sequence[Request], similarity: float) -> Distinct:
    """The copies without those that another frame has made alike, in one split or across."""
    reframed = distinct([one for one in copies if _is_reframed(one)], similarity)
    kept = {one.id: one for one in reframed.requests}
    return Distinct(
        requests=tuple(kept.get(one.id, one) for one in copies if _stays(one, kept)),
        dropped=reframed.dropped,
    )


def _stays(copy: Request, kept: Mapping[str, Request]) -> bool:
    return not _is_reframed(copy) or copy.id in kept


def _is_reframed(copy: Request) -> bool:
    return bool(REFRAMING & set(copy.changes))


def _lineage(request: Request) -> tuple[str, ...]:
    """What a request and its mutated copies have in common, and with no other request."""
    rewordings = (one for one in request.changes if one not in MUTATIONS)
    return request.language, request.kind, request.template, request.topic, *rewordings


def _group(request: Request) -> tuple[str, ...]:
    """Requests that may show one another as earlier questions: never those of another split."""
    return request.language, request.concern, request.kind, request.split


def _is_older(taxonomy: Taxonomy, requirement: str) -> Callable[[str], bool]:
    issued = taxonomy.framework(requirement).issued.isoformat()
    return lambda published: published < issued


def _draft(request: Request, answer: Answer, *, older: bool) -> Draft:
    return Draft(
        id=request.id,
        language=request.language,
        kind=request.kind,
        concern=request.concern,
        request=request.text,
        answer=answer.text,
        template=request.template,
        topic=request.topic,
        twin=request.twin,
        cluster=request.cluster,
        mutations=request.changes,
        split=request.split,
        source=request.origin.source,
        licence=request.origin.licence,
        source_date=request.origin.published,
        source_sha256=request.origin.sha256,
        older_than_requirement=older,
        drafted_by=answer.drafted_by,
        checks=answer.checks,
    )
