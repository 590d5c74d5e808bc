"""Rows that are made when they are asked for, with answers that are exactly right.

A maker gives its splits: `train` for worked examples, `test` to measure on. The same options and
package versions give the same rows. Names, dates and number words are those of Unicode CLDR, from
`babel` and `unicode-rbnf`.
"""

import datetime
import random
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from babel import Locale
from babel.dates import format_date

from auroram.errors import RunError
from auroram.evaluate.rows.files import Row, read_rows

DATA = Path(__file__).parent.parent / "packs" / "data"

Splits = dict[str, list[Row]]

SHOTS = 8
"""Rows of `train`."""

CHOICES = 4


def number_words(*, language: str, items: int = 200) -> Splits:
    """Numbers in digits and in words, with the words of numbers that look alike.

    Lengths are drawn before digits, so that short numbers are as frequent as long ones.
    """
    drawn = _random("numbers", language)
    numbers: dict[int, None] = {}
    while len(numbers) < items + SHOTS:
        digits = drawn.randint(2, 6)
        numbers[drawn.randint(10 ** (digits - 1), 10**digits - 1)] = None
    words = _number_words(language)
    return _splits(
        _choice_row(
            drawn,
            {"number": str(number), "words": words(number)},
            words(number),
            [words(other) for other in _alike(number, drawn)],
        )
        for number in numbers
    )


def dates(*, language: str, items: int = 200) -> Splits:
    """Dates as ISO writes them and in words, with those of dates that look alike."""
    locale = Locale(language)

    def words(date: datetime.date) -> str:
        return str(format_date(date, "long", locale=locale))

    drawn = _random("dates", language)
    first = datetime.date(1900, 1, 1).toordinal()
    days = drawn.sample(range(first, first + 150 * 365), items + SHOTS)
    rows = []
    for day in days:
        date = datetime.date.fromordinal(day)
        others = _near(date, drawn)
        given = {"date": date.isoformat(), "words": words(date)}
        rows.append(_choice_row(drawn, given, words(date), [words(one) for one in others]))
    return _splits(rows)


def territories(*, language: str, items: int = 200) -> Splits:
    """Names of countries and regions: of an ISO code in English, of the English name elsewhere."""
    names = {code: name for code, name in Locale(language).territories.items() if _is_code(code)}
    english = Locale("en").territories
    asked = {code: code if language == "en" else str(english[code]) for code in sorted(names)}
    unlike = [code for code in asked if asked[code] != names[code]]
    return _named(unlike, asked, {code: str(names[code]) for code in names}, language, items)


def emoji(*, language: str, items: int = 200) -> Splits:
    """The CLDR names of emoji."""
    names = {row["emoji"]: row[language] for row in read_rows(DATA / "emoji.jsonl")}
    return _named(list(names), {one: one for one in names}, names, language, items)


def copying(*, language: str, items: int = 100, pairs: int = 8) -> Splits:
    """Pairs of names without meaning, of which one is asked again: only the context can tell.

    What is measured is whether a model still copies from its context, in any language.
    """
    names = [name for code, name in Locale(language).territories.items() if _is_code(code)]
    drawn = _random("copying", language)
    rows = []
    for _ in range(items + SHOTS):
        chosen = drawn.sample(sorted(map(str, names)), 2 * pairs)
        keys, values = chosen[:pairs], chosen[pairs:]
        asked = drawn.randrange(pairs)
        others = drawn.sample([v for v in values if v != values[asked]], CHOICES - 1)
        lines = "\n".join(f"{key} = {value}" for key, value in zip(keys, values, strict=True))
        given = {"pairs": lines, "key": keys[asked], "value": values[asked]}
        rows.append(_choice_row(drawn, given, values[asked], others))
    return _splits(rows)


def declaration(*, language: str) -> Splits:
    """Paragraphs of the Universal Declaration of Human Rights."""
    rows = [_paragraph(row) | {"text": row[language]} for row in _declaration()]
    return {"train": [], "test": rows}


def parallel(*, pair: str) -> Splits:
    """Paragraphs of the declaration in two languages (`en_fi`), with others of like length.

    The shortest four are the worked examples; none of them is asked.
    """
    source, target = pair.split("_")
    rows = sorted(_declaration(), key=lambda row: (len(row[target]), row["article"]))
    drawn = _random("parallel", pair)
    made = []
    for number, row in enumerate(rows):
        near = sorted(
            (other for other in rows if other[target] != row[target]),
            key=lambda other: abs(rows.index(other) - number),
        )
        given = _paragraph(row) | {
            "source": row[source],
            "target": row[target],
            "source_name": LANGUAGE_NAMES[source],
            "target_name": LANGUAGE_NAMES[target],
        }
        others = [other[target] for other in near[: CHOICES - 1]]
        made.append(_choice_row(drawn, given, row[target], others))
    return {"train": made[:4], "test": made[4:]}


LANGUAGE_NAMES = {
    "en": "English",
    "fi": "Finnish",
    "hi": "Hindi",
    "ja": "Japanese",
    "vi": "Vietnamese",
}

MAKERS: Mapping[str, Callable[..., Splits]] = {
    "number_words": number_words,
    "dates": dates,
    "territories": territories,
    "emoji": emoji,
    "copying": copying,
    "declaration": declaration,
    "parallel": parallel,
}
"""What a task can name as `dataset_name` where `dataset_path` is `made`."""


def _named(
    chosen: Sequence[str],
    asked: Mapping[str, str],
    names: Mapping[str, str],
    language: str,
    items: int,
) -> Splits:
    """Rows that ask for the name of a thing, among names of others."""
    drawn = _random("names", language)
    order = drawn.sample(list(chosen), min(len(chosen), items + SHOTS))
    rows = []
    for key in order:
        pool = sorted({name for name in names.values() if name != names[key]})
        given = {"key": key, "asked": asked[key], "name": names[key]}
        rows.append(_choice_row(drawn, given, names[key], drawn.sample(pool, CHOICES - 1)))
    return _splits(rows)


def _choice_row(drawn: random.Random, given: Row, right: str, others: Sequence[str]) -> Row:
    """The row with its choices in an order that tells nothing."""
    choices = [right, *others]
    drawn.shuffle(choices)
    return {**given, "choices": choices, "answer": choices.index(right)}


def _splits(rows: object) -> Splits:
    made: list[Row] = list(rows)  # type: ignore[call-overload]
    return {"train": made[:SHOTS], "test": made[SHOTS:]}


def _random(maker: str, language: str) -> random.Random:
    return random.Random(f"{maker}:{language}")


def _alike(number: int, drawn: random.Random) -> list[int]:
    """Three other numbers of as many digits: two neighbours exchanged, or one changed."""
    text, found = str(number), set()
    for place, (left, right) in enumerate(pairwise(text)):
        if place or right != "0":
            found.add(int(text[:place] + right + left + text[place + 2 :]))
    found.discard(number)
    while len(found) < CHOICES - 1:
        place = drawn.randrange(len(text))
        other = text[:place] + str(drawn.randint(1, 9)) + text[place + 1 :]
        found |= {int(other)} - {number}
    return drawn.sample(sorted(found), CHOICES - 1)


def _near(date: datetime.date, drawn: random.Random) -> list[datetime.date]:
    """Three other dates: another month, another day, another year, and day and month exchanged."""
    found = {
        date.replace(day=min(date.day, 28), month=date.month % 12 + 1),
        date.replace(day=date.day % 28 + 1),
        date.replace(day=min(date.day, 28), year=date.year + drawn.choice((-10, -1, 1, 10))),
    }
    if date.day <= 12:
        found.add(date.replace(day=date.month, month=date.day))
    return drawn.sample(sorted(found - {date}), CHOICES - 1)


def _number_words(language: str) -> Callable[[int], str]:
    try:
        from unicode_rbnf import RbnfEngine  # noqa: PLC0415 -- of an extra
    except ImportError:
        raise RunError(
            "tasks: unicode-rbnf is not installed; run pip install 'auroram[tasks]'"
        ) from None
    engine = RbnfEngine.for_language(language)
    return lambda number: str(engine.format_number(number).text)


def _is_code(code: str) -> bool:
    """Whether it is a country's or territory's, and not a part of the world."""
    return (
        len(code) == 2 and code.isalpha() and code not in ("EU", "EZ", "UN", "ZZ", "QO", "XA", "XB")
    )


def _declaration() -> list[Row]:
    return read_rows(DATA / "declaration.jsonl")


def _paragraph(row: Row) -> Row:
    return {"article": row["article"], "paragraph": row["paragraph"]}
