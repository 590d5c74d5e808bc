"""Fields and Jinja templates over a row, as lm-evaluation-harness reads them.

Templates come from files of others, so they run in Jinja's sandbox.
"""

import ast
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from auroram.errors import DataError
from auroram.evaluate.tasks import task as tasks


def text_of(template: tasks.Template, row: tasks.Row, *, place: str) -> str:
    """The text that a template gives."""
    return str(_value(template, row, place))


def question_of(texts: tasks.Texts, row: tasks.Row, *, place: str) -> str | int:
    """The question; a number where the choices are whole contexts and this is the right one's."""
    value = _value(texts.text, row, place)
    if isinstance(value, str) and value.isdigit() and texts.choices is not None:
        return int(value)
    return value if isinstance(value, int) else str(value)


def target_of(texts: tasks.Texts, row: tasks.Row, *, place: str) -> str | int | list[Any]:
    """The right answer: a text, the number of a choice, or several of either."""
    value = _value(texts.target, row, place)
    if isinstance(value, int):
        return value
    if isinstance(value, list | tuple):
        return list(value)
    text = str(value)
    if texts.target in row:
        return text
    if text.isdigit() and texts.choices is not None:
        return int(text)
    listed = _listed(text)
    return text if listed is None else listed


def choices_of(texts: tasks.Texts, row: tasks.Row, *, place: str) -> list[str]:
    """What can be chosen from, in order; empty where the task has no choices.

    Raises:
        DataError: where the template gives no list.
    """
    if texts.choices is None:
        return []
    value = _value(texts.choices, row, place)
    if isinstance(value, str):
        value = _listed(value)
    if not isinstance(value, Sequence) or not value:
        raise DataError(
            f"{place}: doc_to_choice gives no list ({_short(value)}); "
            "name a field with a list, or write a template that prints one"
        )
    return [str(choice) for choice in value]


def _value(template: tasks.Template, row: tasks.Row, place: str) -> Any:  # noqa: ANN401 -- a row holds anything
    if not isinstance(template, str):
        return template
    if template in row:
        return row[template]
    try:
        return _compiled(template).render(**row)
    except (TemplateError, TypeError, ValueError, LookupError, AttributeError) as error:
        raise DataError(
            f"{place}: the template {_short(template)} does not fit a row ({error}); "
            f"the row has {', '.join(sorted(row))}"
        ) from None


@cache
def _compiled(template: str) -> Template:
    return _ENVIRONMENT.from_string(template)


def _listed(text: str) -> list[Any] | None:
    if not (text.startswith("[") and text.endswith("]")):
        return None
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return None
    return value if isinstance(value, list) else None


def _regex_replace(text: str, pattern: str, new: str, count: int = 0) -> str:
    return re.sub(pattern, new, text, count=count)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


_ENVIRONMENT = SandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True)
_ENVIRONMENT.filters["regex_replace"] = _regex_replace
