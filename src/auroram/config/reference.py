"""The reference of recipes, in Markdown, written from the settings: names, ranges, defaults, docs.

python -m auroram.config.reference docs/reference/recipe.md
"""

import ast
import inspect
import json
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeGuard, Union, get_args, get_origin, get_type_hints

from annotated_types import Ge, Gt, Le, Lt

from auroram.config.recipe import AnyBase, AnyEngine, AnyStage, AnyTracker, Recipe

CHAPTERS: Mapping[str, tuple[str, object]] = {
    "Bases": ("The table `[base]` names the model to begin with.", AnyBase),
    "Stages": ("Each table `[stages.NAME]` is one stage; they run in order.", AnyStage),
    "Engines": ("The table `[engine]` says what spreads the work.", AnyEngine),
    "Trackers": ("Each table `[[trackers]]` follows the steps of stages that train.", AnyTracker),
}
"""Heading to its first sentence and the union whose kinds stand below it."""

PREFACE = """\
# Recipe reference

Everything that a recipe can say; `make docs` writes this page from the settings. What is left out
has its default, an unknown key is refused, and all faults are said at once. Tables within tables
are described under [Parts](#parts).
"""

WORDS = {str: "text", int: "integer", float: "number", bool: "`true` or `false`", Path: "path"}
OWN_NAME = "Tells this table from others that may stand here."
BOUNDS = ((Ge, "ge", "at least"), (Gt, "gt", "above"), (Le, "le", "at most"), (Lt, "lt", "below"))
"""What can bound a number, the field that holds the bound, and the words for it."""


def reference() -> str:
    """The whole page, as Markdown."""
    page = [PREFACE, _section("## The recipe", Recipe)]
    for heading, (sentence, union) in CHAPTERS.items():
        page.append(f"## {heading}\n\n{sentence}\n")
        page += [_section(f"### {_named(kind)}", kind) for kind in _classes(union)]
    page.append("## Parts\n")
    parts = _reached({Recipe, *CHOSEN}) - {Recipe, *CHOSEN}
    for part in sorted(parts, key=lambda part: part.__name__.lower()):
        page.append(_section(f"### {part.__name__}", part))
    return "\n".join(page)


def _section(heading: str, kind: type) -> str:
    """A class of settings: its heading, its docstring and a line a field."""
    types = get_type_hints(kind, include_extras=True)
    words = _words_below_fields(kind)
    lines = [
        f"- `{one.name}` ({_type(types[one.name])}; {_default(one)}){_sentence(words, one)}"
        for one in fields(kind)
        if one.name != "kind" or kind not in CHOSEN
    ]
    about = inspect.cleandoc(kind.__doc__ or "")
    return "\n".join([heading, "", about, "", *lines, ""])


def _sentence(words: Mapping[str, str], one: "Field[Any]") -> str:
    """What the settings say of a field; those that only tell tables apart all say the same."""
    told = words.get(one.name, OWN_NAME if one.name == "kind" else "")
    return f": {told}" if told else ""


def _words_below_fields(kind: type) -> dict[str, str]:
    """Field to the string that stands below it in the source."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(body, ast.ClassDef)
    found = {}
    for statement, below in zip(body.body, body.body[1:], strict=False):
        match statement, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found[name] = " ".join(text.split())
    return found


def _type(hint: object) -> str:
    """The type of a field in the words of a recipe's writer."""
    origin, inside = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return " ".join(filter(None, [_type(inside[0]), _bounds(inside[1:])]))
    if origin is Literal:
        return _either([f"`{json.dumps(value)}`" for value in inside])
    if origin in (Union, UnionType):
        return _either([_type(one) for one in inside if one is not NoneType])
    if origin is tuple:
        return f"list of {_either([_type(one) for one in inside if one is not Ellipsis])}"
    return f"table of name = {_type(inside[1])}" if inside else _plain(hint)


def _plain(hint: object) -> str:
    """The word for a type without parameters."""
    if _is_settings(hint):
        return f"[{_named(hint)}](#{_anchor(_named(hint))})"
    return WORDS[hint] if isinstance(hint, type) and hint in WORDS else str(hint)


def _either(several: Sequence[str]) -> str:
    """The alternatives, each once."""
    *others, last = dict.fromkeys(several)
    return f"{', '.join(others)} or {last}" if others else last


def _bounds(marks: tuple[object, ...]) -> str:
    """The range that a number must lie in; empty where there is none."""
    return " and ".join(
        f"{words} {getattr(mark, field)}"
        for mark in marks
        for bound, field, words in BOUNDS
        if isinstance(mark, bound)
    )


def _default(one: "Field[Any]") -> str:
    value = one.default
    if one.default_factory is not MISSING:
        value = one.default_factory()
    if value is MISSING:
        return "required"
    if value is None:
        return "may be left out"
    if is_dataclass(value):
        return "default: as described there"
    return f"default `{json.dumps(value, ensure_ascii=False)}`"


def _reached(kinds: set[type]) -> set[type]:
    """The classes and all that their fields lead to."""
    reached: set[type] = set()
    waiting = set(kinds)
    while waiting:
        kind = waiting.pop()
        reached.add(kind)
        hints = get_type_hints(kind, include_extras=True)
        waiting |= {part for one in fields(kind) for part in _classes(hints[one.name])} - reached
    return reached


def _classes(hint: object) -> Iterator[type]:
    """The classes of settings that a type names, in order."""
    if _is_settings(hint):
        yield hint
    for inside in get_args(hint):
        yield from _classes(inside)


def _is_settings(hint: object) -> TypeGuard[type]:
    return isinstance(hint, type) and is_dataclass(hint)


def _named(kind: type) -> str:
    """As the heading of the class says: the kind of what a chapter lists, or the class."""
    if kind not in CHOSEN:
        return kind.__name__
    (default,) = (one.default for one in fields(kind) if one.name == "kind")
    return str(default)


def _anchor(heading: str) -> str:
    """Of a heading, as GitHub makes it."""
    return re.sub(r"[^\w-]", "", heading.lower())


CHOSEN = frozenset(kind for _, union in CHAPTERS.values() for kind in _classes(union))
"""What the chapters list, each by the kind that a recipe names."""

if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), encoding="utf-8")
