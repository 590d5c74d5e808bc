"""Web pages: their encoding, what their meta tags say, and the text of their main content."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.encoding import bytes_to_str, detect_encoding
from resiliparse.parse.html import HTMLTree

DEEPEST = 2000
"""Elements within elements; browsers give up at 512."""
_MOST_WORK = 30_000_000
"""Tags times their depth: taking a page apart may take as many steps, or as many nodes."""

_ESCAPE = b"\x1b"
_TAG = re.compile(r"<(/?[a-z][^\s<>/]{0,30})")
_FLAT = frozenset(
    ["area", "base", "body", "br", "col", "colgroup", "dd", "dt", "embed", "head", "hr", "html",
     "img", "input", "li", "link", "meta", "option", "p", "param", "source", "tbody", "td",
     "tfoot", "th", "thead", "tr", "track", "wbr"]
)  # fmt: skip
"""Elements that hold nothing, or that the next of their kind ends."""


def decoded(body: bytes, charset: str | None) -> str:
    """The text of a page. What is UTF-8 is read so whatever its server says.

    Text in another encoding is never UTF-8 by chance, but for Japanese that shifts by escapes.

    Args:
        body: as its server sent it.
        charset: as its server named it.
    """
    if _ESCAPE not in body:
        with suppress(UnicodeDecodeError):
            return body.decode("utf-8-sig")
    encoding = charset or detect_encoding(body, from_html_meta=True) or "utf-8"
    try:
        return bytes_to_str(body, encoding, "replace")
    except LookupError:
        return bytes_to_str(body, "utf-8", "replace")


def is_entangled(html: str) -> bool:
    """Whether elements are nested so deeply that taking the page apart would not end soon."""
    held: Counter[str] = Counter()
    depth = deepest = 0
    tags = _TAG.findall(html.lower())
    for tag in tags:
        if tag[0] == "/":
            if held[tag[1:]]:
                held[tag[1:]] -= 1
                depth -= 1
        elif tag not in _FLAT:
            held[tag] += 1
            depth += 1
            deepest = max(deepest, depth)
    return deepest > DEEPEST or deepest * len(tags) > _MOST_WORK


def main_content(page: HTMLTree) -> str:
    """The text of a page without its menus, headers and footers, a block a paragraph."""
    return extract_plain_text(
        page, preserve_formatting=True, main_content=True, alt_texts=False, comments=False
    )


def meta_tags(page: HTMLTree) -> Iterator[tuple[str, str]]:
    """Name and content of each meta tag; `http-equiv` and `property` count as names."""
    document = page.document
    for tag in document.query_selector_all("meta[content]") if document else ():
        names = (tag.getattr(kind) for kind in ("name", "http-equiv", "property"))
        name, content = next(filter(None, names), None), tag.getattr("content")
        if name and content:
            yield name, content
