"""Exchanges from Python functions and the first sentence of their docstrings, both ways."""

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from auroram.instruct.candidate import Candidate, page_of
from auroram.instruct.published import Published
from auroram.instruct.templates import templates, worded


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function as it stands in its file, and what its docstring says first."""

    signature: str
    """From `def` to the colon."""
    code: str
    """Signature and body without the docstring, not indented."""
    purpose: str
    """The docstring's first paragraph on one line."""


def docstrings(module: Published) -> Iterator[Candidate]:
    """For each function that has a docstring: what does it do, and write it."""
    page, wordings = page_of(module.url, module.record), templates().code
    for function in functions(module.text):
        describe = worded(wordings.describe, function.code, code=function.code)
        signature, purpose = function.signature, function.purpose
        write = worded(wordings.write, function.code, signature=signature, purpose=purpose)
        for group, request, answer, language in (
            ("describe", describe, purpose, "en"),
            ("write", write, function.code, module.language),
        ):
            yield Candidate(
                group=group,
                page=page,
                request=request,
                answer=answer,
                language=language,
                source=module.source,
                licence=module.licence,
            )


def functions(source: str) -> Iterator[Function]:
    """The functions and methods of a module that have a docstring, code and no decorator.

    A text that is not Python, as a fragment or a redacted file may be, has none.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return
    lines = source.splitlines()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and not node.decorator_list and len(node.body) > 1:
            purpose = _first_paragraph(ast.get_docstring(node) or "")
            if purpose:
                yield _function(node, lines, purpose)


def _function(node: ast.FunctionDef, lines: list[str], purpose: str) -> Function:
    docstring, first = node.body[0], node.body[1]
    head = lines[node.lineno - 1 : docstring.lineno - 1]
    body = lines[docstring.end_lineno or first.lineno : node.end_lineno]
    signature = textwrap.dedent("\n".join(head)).rstrip()
    code = textwrap.dedent("\n".join([*head, *body])).rstrip()
    return Function(signature=signature, code=code, purpose=purpose)


def _first_paragraph(docstring: str) -> str:
    return re.sub(r"\s+", " ", docstring.strip().partition("\n\n")[0]).strip()
