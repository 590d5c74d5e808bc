"""Reading a recipe yields working settings, or every fault of it at once.

Each stage is checked for itself, so that one wrong stage does not hide the faults of another.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from auroram.config.between import faults_between
from auroram.config.faults import faults_of, nearest
from auroram.config.outputs import wrong_makers
from auroram.config.recipe import BASE, AnyBase, AnyStage, LoadedRecipe, Recipe
from auroram.config.tables import read_tables
from auroram.config.vocabularies import faults_of_vocabularies
from auroram.corpus.settings import Corpus
from auroram.errors import ConfigError, DataError
from auroram.records.canonical import Json
from auroram.records.files import is_file_name
from auroram.settings import StageSettings

Stage = TypeVar("Stage", bound=StageSettings)


def load_recipe(files: Sequence[Path], overrides: Sequence[str] = ()) -> LoadedRecipe:
    """Lay the files over one another, then the overrides, then check everything.

    Raises:
        ConfigError: naming each fault, one a line, with its place and what to do.
    """
    table = _with_engine(read_tables(files, overrides))
    root = files[0].parent
    faults: list[str] = []
    faults += _wrong_names(table)
    stages = _checked_stages(table, faults)
    base = _checked(AnyBase, table.get("base", {}), "base", faults) if "base" in table else None
    faults += _missing_files("base", base, root)
    faults += _wrong_references(stages, root, has_base="base" in table)
    outline = {key: value for key, value in table.items() if key not in ("base", "stages")}
    recipe = _checked(Recipe, outline | _placeholders(table), "", faults)
    faults += _missing_files("chat_template", recipe, root)
    if faults or recipe is None:
        raise ConfigError(f"{files[0]}: " + "\n  ".join(["the recipe is wrong:", *faults]))
    whole = _reader(Recipe).validate_json(json.dumps(table, default=str), strict=True)
    command = " ".join([*map(str, files), *overrides])
    return LoadedRecipe(recipe=whole, root=root, command=command)


def load_stage(kind: type[Stage], files: Sequence[Path], overrides: Sequence[str] = ()) -> Stage:
    """The settings of one stage outside of a recipe, laid over one another and checked.

    Raises:
        ConfigError: naming each fault, one a line, with its place and what to do.
    """
    table = read_tables(files, overrides)
    root = files[0].parent if files else Path()
    faults: list[str] = []
    settings: Stage | None = _checked(kind, table, "", faults)
    faults += _missing_files("settings", settings, root)
    if faults or settings is None:
        raise ConfigError("\n  ".join(["the settings are wrong:", *faults]))
    return settings


def _with_engine(table: Json) -> Json:
    """The table with the kind of engine that goes without saying, so that its settings may too."""
    engine = table.get("engine", {})
    return table | {"engine": {"kind": "embedded"} | engine} if isinstance(engine, dict) else table


def _checked_stages(table: Json, faults: list[str]) -> Mapping[str, AnyStage | None]:
    stages = table.get("stages", {})
    if not isinstance(stages, dict) or not stages:
        faults.append("stages: missing; a recipe needs at least one table [stages.<name>]")
        return {}
    return {
        name: _checked(AnyStage, content, f"stages.{name}", faults)
        for name, content in stages.items()
    }


def _wrong_names(table: Json) -> Iterator[str]:
    """Names of the run and of its stages that would lead out of the run's folder."""
    stages = table.get("stages", {})
    names = {"name": table.get("name", "")} if "name" in table else {}
    names |= {f"stages.{name}": name for name in stages} if isinstance(stages, dict) else {}
    for place, name in names.items():
        if isinstance(name, str) and not is_file_name(name):
            yield (
                f"{place}: {name!r} cannot be the name of a folder; leave out slashes, and dots at "
                "the start"
            )


def _checked(
    kind: Any,  # noqa: ANN401 -- a class or a union of classes
    content: object,
    place: str,
    faults: list[str],
) -> Any | None:  # noqa: ANN401 -- a value of that kind
    try:
        return _reader(kind).validate_json(json.dumps(content, default=str), strict=True)
    except ValidationError as error:
        faults.extend(faults_of(error, place, kind))
        return None


@cache
def _reader(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401 -- as above
    """Made once: of a union of all stages, making it takes longer than a recipe."""
    return TypeAdapter(kind)


def _placeholders(table: Json) -> Json:
    """Parts that are right, where the real ones have been checked already."""
    present = {"base": {"kind": "folder", "path": ".", "licence": ""}, "stages": {}}
    return {key: value for key, value in present.items() if key in table}


def _wrong_references(
    stages: Mapping[str, AnyStage | None], root: Path, *, has_base: bool
) -> Iterator[str]:
    earlier = [BASE]
    for name, stage in stages.items():
        if name in earlier:
            yield f"stages.{name}: the name {name!r} is taken by the base model; choose another"
        if stage is not None:
            for read in stage.reads():
                if read == BASE and not has_base:
                    yield f"stages.{name}: reads the base model; name one in a table [base]"
                elif read != "*" and read not in earlier:
                    yield _bad_reference(name, read, earlier, list(stages))
            yield from _missing_files(f"stages.{name}", stage, root)
            yield from _wrong_rules(f"stages.{name}.rules", stage, root)
            yield from wrong_makers(name, stage, stages)
            yield from faults_between(name, stage, stages)
            yield from faults_of_vocabularies(name, stage, stages)
        earlier.append(name)


def _bad_reference(name: str, read: str, earlier: Sequence[str], every: Sequence[str]) -> str:
    if read in every:
        return f"stages.{name}: reads {read!r}, which comes later; move [stages.{read}] up"
    return f"stages.{name}: reads {read!r}, which is no stage; {nearest(read, earlier)}"


def _wrong_rules(place: str, stage: AnyStage, root: Path) -> Iterator[str]:
    """Files of bounds are read before anything runs: other units may have made them useless."""
    if isinstance(stage, Corpus) and all((root / file).is_file() for file in stage.rules.values()):
        try:
            stage.with_rules(root)
        except DataError as error:
            yield f"{place}: {error}"


def _missing_files(
    place: str, part: AnyBase | StageSettings | Recipe | None, root: Path
) -> Iterator[str]:
    for file in part.files() if part is not None else ():
        path = root / file
        if "://" not in file and not path.exists():
            yield f"{place}: there is no file {file!r}; {_hint(path)}"


def _hint(missing: Path) -> str:
    if any(character in missing.name for character in "*?["):
        return "a name is no pattern: name the folder, or each file"
    folder = missing.parent
    beside = [item.name for item in folder.iterdir()] if folder.is_dir() else []
    return nearest(missing.name, beside) if beside else f"{folder} does not exist"
