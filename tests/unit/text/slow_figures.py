"""Slow, obvious versions of every figure of a text, which the kernels are tested against."""

import re
from collections import Counter
from itertools import compress, groupby, repeat

from auroram.text import characters as kinds
from auroram.text.characters import tables
from auroram.text.units import units_of

UNIT_KINDS = (kinds.LETTER, kinds.DIGIT, kinds.HAN, kinds.PAIRED, kinds.KATAKANA)
POLICY = "terms of use|privacy policy|cookie policy|uses cookies|use of cookies|use cookies"


def kind(character):
    return int(tables().classes[ord(character)])


def has(character, bit):
    return bool(tables().marks[ord(character)] & bit)


def share(part, whole):
    return part / max(whole, 1)


def lines_of(text):
    """The lines with a visible character; `text` has no invisible ones."""
    return [line for line in text.split("\n") if any(kind(c) != kinds.SPACE for c in line)]


def paragraphs_of(text):
    paragraphs = [[]]
    for line in text.split("\n"):
        if lines_of(line):
            paragraphs[-1].append(line)
        else:
            paragraphs.append([])
    return [tuple(lines) for lines in paragraphs if lines]


def repeats(items, size):
    """How many items repeat an earlier one, and the sum of their sizes."""
    later = [item for i, item in enumerate(items) if item in items[:i]]
    return len(later), sum(map(size, later))


def top(units, n):
    grams = Counter(zip(*(units[i:] for i in range(n)), strict=False))
    return max(
        (count * len("".join(gram)) for gram, count in grams.items() if count > 1), default=0
    )


def repeated(units, n):
    seen, start, total = set(), 0, 0
    while start <= len(units) - n:
        gram = tuple(units[start : start + n])
        total += len("".join(gram)) * (gram in seen)
        start += n if gram in seen else 1
        seen.add(gram)
    return total


def stripped(line):
    while kind(line[0]) == kinds.SPACE:
        line = line[1:]
    while kind(line[-1]) == kinds.SPACE:
        line = line[:-1]
    return line


def has_phrase(text, phrases):
    """How often one of the phrases stands in the text's units."""
    words = " ".join(f"<{unit}>" for unit in units_of(text))
    marked = ["> <".join(phrase.split()) for phrase in phrases.split("|")]
    return sum(len(re.findall(f"(?=<{re.escape(phrase)}>)", words)) for phrase in marked)


def sentences_of(line):
    count, begun = 0, False
    for i, character in enumerate(line):
        if kind(character) in UNIT_KINDS:
            begun = True
        elif begun and has(character, kinds.ENDS_SENTENCE):
            rest = line[i + 1 :]
            while rest and has(rest[0], kinds.CLOSES):
                rest = rest[1:]
            if not rest or kind(rest[0]) == kinds.SPACE or not character.isascii():
                count, begun = count + 1, False
    return count + begun


def longest_run(line):
    spaced = "".join(" " if kind(c) == kinds.SPACE else "x" for c in line)
    return max(map(len, spaced.split(" ")))


def is_terminated(line):
    return has(line[-1], kinds.ENDS_C4_LINE) and not line.endswith("...")


def starts(line, rest, phrases):
    """Whether one of the phrases starts in the line; it may end in the `rest` of the text."""
    return has_phrase(f"{line}\n{rest}", phrases) > has_phrase(rest, phrases)


def is_kept_by_c4(line, rest):
    return (
        is_terminated(stripped(line))
        and len(units_of(line)) >= 3
        and longest_run(line) <= 1000
        and not starts(line, rest, POLICY + "|javascript")
    )


def symbol_runs(text):
    """Runs of one and the same symbol, without symbols between two letters or digits."""
    count = 0
    for symbol, run in groupby(enumerate(text), key=lambda one: one[1]):
        places = [place for place, _ in run]
        around = text[max(places[0] - 1, 0) : places[0]] + text[places[-1] + 1 :][:1]
        joins = [kind(c) in (kinds.LETTER, kinds.DIGIT) for c in around] == [True, True]
        count += kind(symbol) == kinds.SYMBOL and not (joins and len(places) == 1)
    return count


def figures_of(text, stop_words=()):
    text = "".join(c for c in text if kind(c) != kinds.INVISIBLE)
    return {
        **sizes_of(text),
        **repetition_of(text),
        **gopher_of(text, stop_words),
        **lines_figures_of(text),
        **c4_of(text),
    }


def sizes_of(text):
    counts = Counter(map(kind, text))
    lines, units = lines_of(text), units_of(text)
    size = len(text) - counts[kinds.NEWLINE]
    visible = size - counts[kinds.SPACE]
    letters = sum(counts[one] for one in UNIT_KINDS if one != kinds.DIGIT)
    return {
        "characters": size,
        "units": len(units),
        "lines": len(lines),
        "mean_unit": share(sum(map(len, units)), len(units)),
        "mean_line": share(size, len(lines)),
        "longest_line": max(map(len, lines), default=0),
        "letter_share": share(letters, visible),
        "digit_share": share(counts[kinds.DIGIT], visible),
        "symbol_share": share(counts[kinds.SYMBOL], visible),
    }


def repetition_of(text):
    units, lines, paragraphs = units_of(text), lines_of(text), paragraphs_of(text)
    size, inside = len(text.replace("\n", "")), sum(map(len, units))
    again, characters = repeats(lines, len)
    paragraphs_again, paragraph_characters = repeats(paragraphs, lambda one: len("".join(one)))
    return {
        **{f"top_{n}gram_share": min(1, share(top(units, n), inside)) for n in (2, 3, 4)},
        **{f"duplicate_{n}gram_share": share(repeated(units, n), inside) for n in range(5, 11)},
        "duplicate_line_share": share(characters, size),
        "duplicate_line_count_share": share(again, len(lines)),
        "duplicate_paragraph_count_share": share(paragraphs_again, len(paragraphs)),
        "duplicate_paragraph_share": share(paragraph_characters, size),
    }


def gopher_of(text, stop_words):
    units, lines = units_of(text), lines_of(text)
    lettered = [unit for unit in units if any(kind(c) != kinds.DIGIT for c in unit)]
    bullets = [line for line in lines if has(stripped(line)[0], kinds.BULLET)]
    ellipses = [line for line in lines if stripped(line).endswith(("...", "…"))]
    return {
        "lettered_unit_share": share(len(lettered), len(units) + symbol_runs(text)),
        "hash_sign_ratio": share(text.count("#"), len(units)),
        "ellipsis_ratio": share(text.count("...") + text.count("…"), len(units)),
        "bullet_line_share": share(len(bullets), len(lines)),
        "ellipsis_line_share": share(len(ellipses), len(lines)),
        "stop_words": sum(has_phrase(text, word) > 0 for word in stop_words),
    }


def lines_figures_of(text):
    lines = lines_of(text)
    ends = [stripped(line)[-1] for line in lines]
    return {
        "ended_line_share": share(sum(has(c, kinds.ENDS_LINE) for c in ends), len(lines)),
        "terminal_line_share": share(sum(has(c, kinds.ENDS_SENTENCE) for c in ends), len(lines)),
        "short_line_share": share(sum(len(line) <= 30 for line in lines), len(lines)),
        "newline_ratio": share(text.count("\n"), len(units_of(text))),
    }


def c4_of(text):
    lines = lines_of(text)
    rests = ["\n".join(lines[i + 1 :]) for i in range(len(lines))]
    kept = list(compress(lines, map(is_kept_by_c4, lines, rests)))
    unterminated = [line for line in lines if not is_terminated(stripped(line))]
    scripts = sum(map(starts, lines, rests, repeat("javascript")))
    policies = sum(map(starts, lines, rests, repeat(POLICY)))
    return {
        "unterminated_line_share": share(len(unterminated), len(lines)),
        "few_unit_line_share": share(sum(len(units_of(line)) < 3 for line in lines), len(lines)),
        "javascript_line_share": share(scripts, len(lines)),
        "policy_line_share": share(policies, len(lines)),
        "lorem_ipsum": has_phrase(text, "lorem ipsum"),
        "curly_brackets": text.count("{"),
        "longest_run": max(map(longest_run, lines), default=0),
        "sentences": sum(map(sentences_of, lines)),
        "c4_line_share": share(len(kept), len(lines)),
        "c4_sentences": sum(map(sentences_of, kept)),
    }
