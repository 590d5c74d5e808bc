"""Mutated copies of requests: which mutations each undergoes, and which copies are kept."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from auroram.redteam.duplicates import Distinct, distinct
from auroram.redteam.language import Language
from auroram.redteam.mutations.registry import MUTATIONS, REFRAMING, mutated
from auroram.redteam.pairing import TWIN
from auroram.redteam.request import Request
from auroram.redteam.settings import Redteam
from auroram.tokens.permutation import key_of


def mutated_copies(
    requests: Sequence[Request], settings: Redteam, languages: Mapping[str, Language], seed: int
) -> Distinct:
    """As many copies of each request as are asked for, and unlike one another."""
    return _apart([*_mutations(requests, settings, languages, seed)], settings.similarity)


def lineage(request: Request) -> tuple[str, ...]:
    """What a request and its mutated copies have in common, and with no other request."""
    rewordings = (one for one in request.changes if one not in MUTATIONS)
    return request.language, request.kind, request.template, request.topic, *rewordings


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


def _group(request: Request) -> tuple[str, ...]:
    """Requests that may show one another as earlier questions: never those of another split."""
    return request.language, request.concern, request.kind, request.split
