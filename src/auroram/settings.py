"""How a part declares what it can be told, and what every stage of a recipe answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Protocol, TypeVar, dataclass_transform

from annotated_types import Ge, Gt, Le

Share = Annotated[float, Ge(0), Le(1)]
Positive = Annotated[int, Gt(0)]
PositiveFloat = Annotated[float, Gt(0)]
Weight = Annotated[float, Ge(0)]
Count = Annotated[int, Ge(0)]

CIRCUMSTANCE = {"circumstance": True}
"""Metadata of a field that says where a stage's work is done, and not what comes out but for
rounding: it is no part of the cache key, so that work begun on one machine goes on on another.
"""

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def settings(cls: type[T]) -> type[T]:
    """A frozen, keyword-only dataclass that a recipe can fill.

    Defaults are the recommendation; the string below a field is its reference manual; a
    field's type holds its range, which the loader checks. Contradictions between fields are
    refused in `__post_init__` with a ValueError. An unknown key in a recipe is an error.
    """
    cls.__pydantic_config__ = {"extra": "forbid"}  # type: ignore[attr-defined]
    return dataclass(frozen=True, slots=True, kw_only=True)(cls)


def check_models(models: Sequence[str]) -> None:
    """Refuse stages of which none is named, or one twice.

    Raises:
        ValueError: as `__post_init__` does.
    """
    if not models or len(set(models)) < len(models):
        raise ValueError(f"models must name at least one stage, each once ({models})")


class StageSettings(Protocol):
    """What the pipeline asks of the settings of any stage."""

    room: ClassVar[str]
    """The package folder whose code does the work: its source is part of the cache key."""

    @property
    def kind(self) -> str:
        """Names the stage's class in a recipe."""
        ...

    def reads(self) -> Sequence[str]:
        """Names of the earlier stages whose output this one reads; `*` for all of them."""
        ...

    def files(self) -> Sequence[str]:
        """Paths, relative to the recipe, of the files that this stage reads."""
        ...
