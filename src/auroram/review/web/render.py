"""Pages from templates. All text is escaped; what cannot be seen is made visible."""

import hashlib
import unicodedata
from datetime import datetime
from functools import cache
from pathlib import Path

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from auroram.records.concerns import read_taxonomy
from auroram.review.store.sessions import Session

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"
LANGUAGES = {
    "en": "English",
    "fi": "suomi",
    "hi": "हिन्दी",
    "ja": "日本語",
    "vi": "Tiếng Việt",
}
"""What languages call themselves; any other is shown by its tag."""
PAGES = "en"
"""The language of the pages themselves."""
UNSEEN = Markup('<span class="unseen" title="{0}">{0}</span>')
JOINERS = "\u200c\u200d"
"""Zero-width joiners: part of how Hindi is written, but not of ASCII text."""


def page(
    request: Request,
    template: str,
    *,
    session: Session | None = None,
    status: int = 200,
    **values: object,
) -> HTMLResponse:
    """The template as an answer."""
    account = session.account if session else None
    shared = {"path": request.url.path, "account": account, "csrf": session.csrf if session else ""}
    body = _environment().get_template(f"{template}.html.jinja").render(**shared, **values)
    return HTMLResponse(body, status_code=status)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"seen": seen, "moment": moment, "figure": figure}
    environment.globals |= {"static": static, "languages": LANGUAGES, "title_of": title_of}
    environment.globals["taxonomy"] = read_taxonomy()
    return environment


def seen(text: str) -> Markup:
    """The text, escaped, with each invisible character as a box that names it."""
    parts, start = [], 0
    for place, character in enumerate(text):
        if _is_unseen(text, place):
            box = UNSEEN.format(f"U+{ord(character):04X}")
            parts += [escape(text[start:place]), box]
            start = place + 1
    return Markup("").join([*parts, escape(text[start:])])


def title_of(concern: str) -> str:
    """What the taxonomy calls a concern, in the pages' language; an unknown one is its own name."""
    known = read_taxonomy().concerns.get(concern)
    return known.title[PAGES] if known else concern or "General"


def moment(at: str) -> Markup:
    """A time of the log, to the minute."""
    shown = datetime.fromisoformat(at).strftime("%d %b %Y, %H:%M UTC")
    return Markup('<time datetime="{}">{}</time>').format(at, shown)


def figure(value: float | None) -> str:
    """A coefficient, to two places; a dash where there is none."""
    return "–" if value is None else f"{value:.2f}".replace("-", "−")


@cache
def static(name: str) -> str:
    """Address of a file of ours; it changes with the file, so browsers may keep it."""
    return f"/static/{name}?{hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


def _is_unseen(text: str, place: int) -> bool:
    character = text[place]
    if character in JOINERS:
        return text[max(0, place - 1) : place + 2].replace(character, "").isascii()
    return unicodedata.category(character) in {"Cf", "Cc", "Co", "Cn"} and character not in "\n\t"
