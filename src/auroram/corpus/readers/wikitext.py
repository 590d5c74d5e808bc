"""Plain text of an article in wikitext: its prose, without templates, tables and references.

Every step is linear in the text, whatever it holds: brackets are matched with a stack, and one
that nobody closes is left as it is. What a template would say is lost, as its meaning lies in
another page.
"""

import html
import re
from collections.abc import Collection, Iterator

_DROPPED = (
    "ref|references|math|chem|gallery|timeline|syntaxhighlight|source|score|graph|mapframe|"
    "templatestyles|imagemap|hiero|pre|style|script"
)
_ELEMENT = re.compile(rf"<({_DROPPED})(?:\s[^<>]*)?>", re.IGNORECASE)
_BRACES = re.compile(r"\{\{|\}\}|^[ :*]*\{\||\|\}(?!\})", re.MULTILINE)
_CLOSES = {"}}": "{{", "|}": "{|"}
_SQUARE = re.compile(r"(\[\[|\]\])")
_DEEPEST = 8
"""Links within captions within captions: deeper ones are no links."""
_EXTERNAL = re.compile(r"\[(?:https?:|ftp:)?//[^\s\[\]]+([^\[\]\n]*)\]")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_QUOTES = re.compile(r"'{2,5}")
_SWITCH = re.compile(r"__[A-Z]{3,30}__")
_HOLLOW = re.compile(r"[ \t]?\([ \t,;:]{0,8}\)")
_GAP = re.compile(r"\n{3,}")
_SPACES = re.compile(r"[ \t]{2,}")
_MARKS = "*#:;"

FILES = frozenset({"file", "image", "category", "media"})
"""Namespaces that every wiki knows by these names, whose links are no text."""


def plain_text(wikitext: str, namespaces: Collection[str] = FILES) -> str:
    """The article's prose: a paragraph, heading or item of a list a line.

    Args:
        wikitext: the source of a page.
        namespaces: names in lower case; a link to a page in one of them is left out.
    """
    text = _without_elements(_without_comments(wikitext))
    text = _without_braces(text)
    text = _EXTERNAL.sub(lambda match: match[1].strip(), _links_shown(text, namespaces))
    text = _TAG.sub("", _BREAK.sub("\n", text))
    text = html.unescape(_SWITCH.sub("", _QUOTES.sub("", text)))
    lines = "\n".join(_lines(text))
    return _GAP.sub("\n\n", lines).strip()


def _without_comments(text: str) -> str:
    first, *rest = text.split("<!--")
    return "".join([first, *(part.partition("-->")[2] for part in rest)])


def _without_elements(text: str) -> str:
    """The text without elements whose content is no prose."""
    small = text.lower() if len(text.lower()) == len(text) else text
    kept, place = [], 0
    unclosed: set[str] = set()
    for match in _ELEMENT.finditer(text):
        if match.start() < place:
            continue
        kept.append(text[place : match.start()])
        place = match.end()
        name = match[1].lower()
        if not match[0].endswith("/>") and name not in unclosed:
            close = small.find(f"</{name}", place)
            if close < 0:
                unclosed.add(name)
            else:
                place = text.find(">", close) + 1 or len(text)
    return "".join([*kept, text[place:]])


def _without_braces(text: str) -> str:
    """The text without templates and tables; of those nested the outermost goes."""
    kept, place = [], 0
    for start, end in _brace_spans(text):
        kept.append(text[place:start])
        place = end
    return "".join([*kept, text[place:]])


def _brace_spans(text: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    stack: list[tuple[str, int]] = []
    open_ = {"{{": 0, "{|": 0}
    for match in _BRACES.finditer(text):
        token = match[0] if match[0] in _CLOSES else match[0][-2:]
        if token in open_:
            stack.append((token, match.start()))
            open_[token] += 1
        elif open_[_CLOSES[token]]:
            kind, start = stack.pop()
            open_[kind] -= 1
            while kind != _CLOSES[token]:
                kind, start = stack.pop()
                open_[kind] -= 1
            while spans and spans[-1][0] >= start:
                spans.pop()
            spans.append((start, match.end()))
    return spans


def _links_shown(text: str, namespaces: Collection[str]) -> str:
    """The text with each link's label in its place."""
    stack: list[list[str]] = [[]]
    for token in _SQUARE.split(text):
        if token == "[[" and len(stack) <= _DEEPEST:
            stack.append([])
        elif token == "]]" and len(stack) > 1:
            inner = "".join(stack.pop())
            stack[-1].append(_label(inner, namespaces))
        elif token not in ("[[", "]]"):
            stack[-1].append(token)
    return "".join(part for parts in stack for part in parts)


def _label(link: str, namespaces: Collection[str]) -> str:
    target, bar, label = link.partition("|")
    space, colon, _ = target.partition(":")
    if colon and space.strip().lower() in namespaces:
        return ""
    return label if bar and label else target.lstrip(":")


def _lines(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        bare = line.strip()
        if bare.startswith("=") and bare.endswith("=") and len(bare) > 2:
            yield from ("", bare.strip("= \t"), "")
        elif not bare.startswith(("----", "{|", "|}", "|-")):
            shown = _HOLLOW.sub("", bare.lstrip(_MARKS))
            yield _SPACES.sub(" ", shown).strip()
