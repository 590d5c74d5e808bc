"""Requests from all sources, thinned, doubled by look-alikes and mutations, and answered."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from auroram.ports import Inputs
from auroram.records.concerns import Taxonomy, read_taxonomy
from auroram.records.draft import Draft
from auroram.redteam.answers import Answer, Drafting
from auroram.redteam.duplicates import distinct
from auroram.redteam.language import Language, read_language
from auroram.redteam.mutations.copies import lineage, mutated_copies
from auroram.redteam.pairing import Paired, Pairing, Wanted, read_written
from auroram.redteam.request import Dropped, Request
from auroram.redteam.rewriting import Rewriter
from auroram.redteam.settings import Redteam
from auroram.redteam.sourcing import sourced
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
    older = _is_older(taxonomy, settings.requirement)
    found, unfit = sourced(settings, inputs, taxonomy, languages)
    found, alike = _reworded(found, settings, inputs, languages, parts)
    paired = _paired(found, settings, inputs, languages, parts)
    requests = paired.requests
    answers = Drafting(
        languages=languages,
        concerns=taxonomy.concerns,
        writer=open_writer(settings.drafting, inputs, parts / "drafting.jsonl"),
        key=key_of(inputs.seed, "answers"),
        max_tokens=settings.max_tokens,
    ).answers(requests)
    answered = {lineage(one): answer for one, answer in zip(requests, answers, strict=True)}
    copies = mutated_copies(requests, settings, languages, inputs.seed)
    return Built(
        drafts=tuple(
            _draft(one, answered[lineage(one)], older=older(one.origin.published))
            for one in (*requests, *copies.requests)
        ),
        dropped=(*unfit, *alike, *paired.dropped, *copies.dropped),
        replaced=sum(answer.replaced for answer in answers),
        published=sum(one.look_alike is None and not one.changes for one in found),
        wanted=paired.wanted,
    )


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


def _paired(
    requests: list[Request],
    settings: Redteam,
    inputs: Inputs,
    languages: Mapping[str, Language],
    parts: Path,
) -> Paired:
    """The requests with their look-alikes, each of these once, where they are asked for."""
    if not settings.twins:
        return Paired(requests=tuple(requests), dropped=(), wanted=())
    paired = _pairing(settings, inputs, languages, parts).paired(requests)
    twins = distinct(_twins(paired.requests), settings.similarity)
    return replace(
        paired,
        requests=(*paired.requests, *twins.requests),
        dropped=(*paired.dropped, *twins.dropped),
    )


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
