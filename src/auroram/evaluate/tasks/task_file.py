"""A task file: the common subset of lm-evaluation-harness's YAML.

Code that a file names (`!function`) is never run: such a field must be written as a template. Two
keys are our own: `languages` makes a task of each, in whose values `<language>` is replaced by it,
and what a mapping gives for it: `<value>` by a single word, `<name>` by what is called `name`.
`cluster` is a template of what items share a source by.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import yaml

from auroram.errors import DataError
from auroram.evaluate.tasks.filters import FILTERS
from auroram.evaluate.tasks.metrics import METRICS
from auroram.evaluate.tasks.task import (
    FilterChain,
    Form,
    Generation,
    Metric,
    Rows,
    Shots,
    Task,
    Texts,
)

Table = dict[str, Any]

_IGNORED = {
    "tag", "group", "task_alias", "metadata", "should_decontaminate", "unsafe_code", "include",
    "doc_to_decontamination_query",
}  # fmt: skip
"""What says nothing about the answers."""

_KNOWN = {
    "task", "dataset_path", "dataset_name", "dataset_kwargs", "training_split", "validation_split",
    "test_split", "fewshot_split", "doc_to_text", "doc_to_target", "doc_to_choice", "description",
    "target_delimiter", "fewshot_delimiter", "fewshot_config", "num_fewshot", "metric_list",
    "output_type", "generation_kwargs", "repeats", "filter_list", "language", "languages",
    "cluster",
}  # fmt: skip

_DEFAULT_METRICS = {
    "multiple_choice": ("acc", "acc_norm"),
    "loglikelihood_rolling": ("bits_per_byte",),
    "generate_until": ("exact_match",),
}


class Function(str):
    """The name of Python code that a file would have run."""

    __slots__ = ()


class _Loader(yaml.SafeLoader):
    """YAML without objects; `!function` stays a name."""


_Loader.add_constructor("!function", lambda _loader, node: Function(node.value))


def read_table(path: Path) -> Table:
    """The keys of a file, with those of the files that it includes under them.

    Raises:
        DataError: where a file is missing or is no YAML.
    """
    try:
        loaded = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except FileNotFoundError:
        raise DataError(f"{path}: no such task file; name one that exists") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not YAML ({_line(error)}); correct it") from None
    if not isinstance(loaded, dict):
        raise DataError(f"{path}: not a task file (no keys); begin with `task: NAME`")
    table: Table = loaded
    included = table.get("include", [])
    for name in [included] if isinstance(included, str) else included:
        table = read_table(path.parent / name) | table
    return table


def languages_of(table: Table) -> list[str]:
    """The languages that a file has a task for each of; empty where it is a single task."""
    return [str(language) for language in table.get("languages", ())]


def task_of(table: Table, path: Path, language: str = "") -> Task:
    """The task of a file, or that of one of its languages.

    Raises:
        DataError: naming the file, the key and what can be done.
    """
    return _Reader(path, _for_language(table, language), language).task()


class _Reader:
    """Reads the keys of one file and knows its place for what is wrong."""

    def __init__(self, path: Path, table: Table, language: str) -> None:
        self._path, self._table, self._language = path, table, language
        self._refuse_unknown()

    def task(self) -> Task:
        table = self._table
        form = table.get("output_type", "generate_until")
        if form not in get_args(Form):
            raise self._wrong("output_type", f"{form!r}", f"one of {', '.join(get_args(Form))}")
        texts = self._texts(table)
        name = str(table.get("task", self._path.stem))
        return Task(
            name=f"{name}_{self._language}" if self._language else name,
            form=form,
            language=str(table.get("language", self._language.rpartition("_")[2] or "en")),
            rows=self._rows(),
            split=self._split(),
            description=str(table.get("description") or ""),
            texts=texts,
            shots=self._shots(texts),
            metrics=tuple(self._metrics(form)),
            filters=tuple(self._filters()),
            generation=self._generation(texts) if form == "generate_until" else None,
            repeats=int(table.get("repeats", 1)),
            cluster=str(table.get("cluster", "")),
        )

    def _refuse_unknown(self) -> None:
        for key, name in _functions(self._table):
            if key.partition(".")[0] not in _IGNORED:
                raise self._wrong(
                    key,
                    f"Python code, !function {name}",
                    "a template, as code of a file is not run",
                )
        for key, value in self._table.items():
            if key not in _KNOWN | _IGNORED and value not in (None, False, ""):
                raise self._wrong(key, "a key that is not supported", "a file without it")

    def _rows(self) -> Rows:
        table = self._table
        options = dict(table.get("dataset_kwargs") or {})
        files = options.pop("data_files", {})
        if isinstance(files, str | list):
            files = {self._split(): files}
        return Rows(
            path=str(table.get("dataset_path") or ""),
            name=str(table.get("dataset_name") or ""),
            files={
                split: tuple([named] if isinstance(named, str) else named)
                for split, named in files.items()
            },
            options=options,
            folder=self._path.parent,
        )

    def _split(self) -> str:
        named = (self._table.get(key) for key in ("test_split", "validation_split"))
        split = next((name for name in named if name), None)
        if split is None:
            raise self._wrong(
                "test_split", "no split to measure on", "test_split or validation_split"
            )
        return str(split)

    def _texts(self, table: Mapping[str, Any], default: Texts | None = None) -> Texts:
        def given(key: str, fallback: Any) -> Any:  # noqa: ANN401 -- as YAML has it
            return fallback if table.get(key) is None else table[key]

        choices = given("doc_to_choice", default and default.choices)
        return Texts(
            text=given("doc_to_text", default.text if default else ""),
            target=given("doc_to_target", default.target if default else ""),
            choices=list(choices.values()) if isinstance(choices, dict) else choices,
            target_delimiter=given(
                "target_delimiter", default.target_delimiter if default else " "
            ),
            fewshot_delimiter=given(
                "fewshot_delimiter", default.fewshot_delimiter if default else "\n\n"
            ),
        )

    def _shots(self, texts: Texts) -> Shots:
        told = self._table.get("fewshot_config") or {}
        sampler = told.get("sampler", "default")
        if sampler not in ("default", "first_n"):
            raise self._wrong("fewshot_config.sampler", f"{sampler!r}", "default or first_n")
        named = (told.get("split"), self._table.get("fewshot_split"))
        others = (self._table.get(key) for key in ("training_split", "validation_split"))
        return Shots(
            count=int(self._table.get("num_fewshot") or 0),
            split=str(next((split for split in (*named, *others) if split), self._split())),
            sampler=sampler,
            rows=tuple(told.get("samples", ())),
            texts=self._texts(told, texts),
        )

    def _metrics(self, form: str) -> Iterator[Metric]:
        listed = self._table.get("metric_list") or [{"metric": m} for m in _DEFAULT_METRICS[form]]
        for entry in listed:
            name = entry.get("metric")
            known = sorted(metric for metric, found in METRICS.items() if form in found.forms)
            if name not in known:
                raise self._wrong("metric_list", f"metric {name!r}", f"one of {', '.join(known)}")
            told = ("metric", "aggregation", "higher_is_better", "hf_evaluate")
            yield Metric(name=name, options={k: v for k, v in entry.items() if k not in told})

    def _filters(self) -> Iterator[FilterChain]:
        for chain in self._table.get("filter_list") or ():
            steps = [(step["function"], step) for step in chain["filter"]]
            for function, _ in steps:
                if function not in FILTERS:
                    raise self._wrong(
                        "filter_list", f"{function!r}", f"one of {', '.join(FILTERS)}"
                    )
            yield FilterChain(
                name=str(chain.get("name", "none")),
                steps=tuple(
                    (function, {k: v for k, v in step.items() if k != "function"})
                    for function, step in steps
                ),
            )

    def _generation(self, texts: Texts) -> Generation:
        told = self._table.get("generation_kwargs") or {}
        until = told.get("until", [texts.fewshot_delimiter])
        draws = bool(told.get("do_sample")) and float(told.get("temperature", 1.0)) > 0
        return Generation(
            stops=tuple([until] if isinstance(until, str) else until),
            max_tokens=int(told.get("max_gen_toks", 256)),
            temperature=float(told.get("temperature", 1.0)) if draws else None,
            top_p=float(told.get("top_p", 1.0)) if draws else 1.0,
        )

    def _wrong(self, key: str, given: str, wanted: str) -> DataError:
        return DataError(f"{self._path}: {key}: cannot be used ({given}); give {wanted}")


def _for_language(table: Table, language: str) -> Table:
    if not language:
        return dict(table)
    languages = table["languages"]
    value = languages[language] if isinstance(languages, dict) else language
    told = value if isinstance(value, dict) else {"value": value}
    words = {f"<{name}>": word for name, word in {**told, "language": language}.items()}
    replaced: Table = _replaced({k: v for k, v in table.items() if k != "languages"}, words)
    return replaced


def _replaced(value: Any, words: Mapping[str, Any]) -> Any:  # noqa: ANN401 -- as YAML has it
    """The value with each word in the place of its name; a name alone may stand for a list."""
    if isinstance(value, str) and not isinstance(value, Function):
        if value in words:
            return words[value]
        for name, word in words.items():
            value = value.replace(name, str(word))
        return value
    if isinstance(value, dict):
        return {key: _replaced(item, words) for key, item in value.items()}
    return [_replaced(item, words) for item in value] if isinstance(value, list) else value


def _functions(value: object, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Function):
        yield place, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _functions(item, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for item in value:
            yield from _functions(item, place)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:160]
