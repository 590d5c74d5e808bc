"""Pydantic's findings in the words of a recipe: place, what is wrong, what was given."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import ValidationError


def faults_of(error: ValidationError, place: str, kind: object) -> Iterator[str]:
    """One sentence for each finding.

    Args:
        error: what pydantic raised.
        place: the dotted path of the value that was validated; empty for the whole recipe.
        kind: the type it was validated as, to know which names would have been right.
    """
    for finding in error.errors(include_url=False):
        yield _sentence(finding, place, kind)


def nearest(name: str, known: Sequence[str]) -> str:
    """A half-sentence that names the nearest known name, or all of them."""
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(sorted(known))}"


def _sentence(finding: Any, place: str, kind: object) -> str:  # noqa: ANN401 -- pydantic's TypedDict
    steps = [str(step) for step in finding["loc"]]
    where = ".".join(filter(None, [place, *_visible(kind, steps)]))
    given = _shown(finding["input"])
    match finding["type"]:
        case "unexpected_keyword_argument" | "extra_forbidden":
            return f"{where}: unknown key; {nearest(steps[-1], _names_at(kind, steps[:-1]))}"
        case "missing" | "missing_argument" | "missing_keyword_only_argument":
            return f"{where}: missing; add it"
        case "union_tag_invalid":
            known = finding["ctx"]["expected_tags"].replace("'", "").split(", ")
            return f"{where}.kind: unknown kind {finding['ctx']['tag']!r}; " + nearest(
                finding["ctx"]["tag"], known
            )
        case "union_tag_not_found":
            return f"{where}.kind: missing; say which kind this is"
        case "value_error":
            return ": ".join(filter(None, [where, str(finding["ctx"]["error"])]))
    expected = finding["msg"].replace("Input should be", "should be").replace("valid array", "list")
    advice = f"; write [{given}]" if finding["type"] in ("tuple_type", "list_type") else ""
    return f"{where}: {expected[0].lower()}{expected[1:]} (got {given}){advice}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _visible(kind: object, steps: Sequence[str]) -> Iterator[str]:
    """The steps without the tags that pydantic adds to the path inside a union of kinds."""
    for step in steps:
        inside, is_tag = _entered(kind, step)
        kind = inside
        if not is_tag:
            yield step


def _names_at(kind: object, steps: Sequence[str]) -> list[str]:
    for step in steps:
        kind, _ = _entered(kind, step)
    kind = _bare(kind)
    if get_origin(kind) in (Union, UnionType):  # a table that may be left out
        kind = _only_table([_bare(member) for member in get_args(kind)])
    return [field.name for field in fields(kind)] if is_dataclass(kind) else []


def _entered(kind: object, step: str) -> tuple[object, bool]:
    """The type below `step`, and whether the step was a union's tag and not a key."""
    kind = _bare(kind)
    if get_origin(kind) in (Union, UnionType):
        members = [_bare(member) for member in get_args(kind)]
        tagged = [member for member in members if step in _tags(member)]
        table = _only_table(members)
        if tagged or table is None:  # of plain values the step says which one was tried
            return (tagged[0] if tagged else None), True
        return _entered(table, step)
    if is_dataclass(kind):
        return get_type_hints(kind, include_extras=True).get(step), False
    arguments = get_args(kind)
    if isinstance(get_origin(kind), type) and issubclass(get_origin(kind), Mapping):  # type: ignore[arg-type]
        return arguments[1], False
    return (arguments[0] if arguments else None), False


def _bare(kind: object) -> object:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _tags(kind: object) -> Sequence[str]:
    hints = get_type_hints(kind) if is_dataclass(kind) else {}
    return get_args(hints["kind"]) if "kind" in hints else ()


def _only_table(members: Sequence[object]) -> object:
    return next((member for member in members if is_dataclass(member)), None)
