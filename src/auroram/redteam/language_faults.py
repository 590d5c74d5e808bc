"""What can be wrong with a language's file: every fault, one sentence each."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from auroram.records.concerns import read_taxonomy
from auroram.redteam.readings import unread
from auroram.text.lexicon import OPEN, folded

_SLOT = re.compile(r"\{([^{}]*)\}")
_PARTS = {
    "language": str,
    "name": str,
    "licence": str,
    "checked_by": list,
    "frames": list,
    "openings": list,
    "refusing": list,
    "fillers": dict,
    "concerns": dict,
    "wrappers": dict,
}
_WRAPPERS = {
    "base64": {"text"},
    "rot13": {"text"},
    "role-play": {"text"},
    "prefix-injection": {"text"},
    "split": {"first", "second"},
    "shot": {"text"},
    "last-shot": {"text"},
    "past-tense": {"deed"},
    "code-switching-deed": {"deed"},
    "code-switching-piece": {"piece"},
}
_FRAME_SLOTS = ("deed", "piece")


def faults_of(table: Mapping[str, Any]) -> list[str]:
    """Every fault of a file for itself; empty where it is right."""
    missing = [name for name in (*_PARTS, "written") if name not in table]
    if missing:
        return [f"missing: {', '.join(missing)}"]
    wrong = [
        f"{name}: must be a {kind.__name__}"
        for name, kind in _PARTS.items()
        if not isinstance(table[name], kind)
    ]
    return wrong or [
        *_reading_faults(table),
        *_frame_faults(table["frames"]),
        *_asking_faults(table.get("asking", ())),
        *_concern_faults(table["concerns"], table["fillers"]),
        *_wrapper_faults(table["wrappers"]),
    ]


def disagreements(table: Mapping[str, Any], pivot: Mapping[str, Any]) -> list[str]:
    """Ids of the pivot that a file lacks, and ids that it has alone."""
    own, other = set(_ids(table)), set(_ids(pivot))
    return [
        *(f"{id_}: missing, though {pivot['language']} has it" for id_ in sorted(other - own)),
        *(f"{id_}: unknown to {pivot['language']}" for id_ in sorted(own - other)),
    ]


def _ids(table: Mapping[str, Any]) -> Iterator[str]:
    for frame in table["frames"]:
        yield f"frame {frame['id']} ({frame['split']}, {_SLOT.findall(frame['text'])[0]})"
    for kind, entries in table["fillers"].items():
        for entry in entries:
            yield f"filler {kind}:{entry['id']}"
    for parts in table["concerns"].values():
        for phrase in parts["phrases"]:
            yield f"{'deed' if 'deed' in phrase else 'piece'} {phrase['id']}"


def _reading_faults(table: Mapping[str, Any]) -> Iterator[str]:
    """Han characters of requests without a reading, in a file that promises readings."""
    if not table.get("readings"):
        return
    fillers = [entry["text"] for entries in table["fillers"].values() for entry in entries]
    phrases = [one for parts in table["concerns"].values() for one in parts.get("phrases", ())]
    worded = [one.get(key, "") for one in phrases for key in ("deed", "piece", "twin")]
    frames = [frame.get("text", "") for frame in table["frames"]]
    for text in (*frames, *fillers, *worded):
        if found := unread(text):
            yield f"{text!r}: no reading in brackets after {found[0]!r}"


def _frame_faults(frames: list[Mapping[str, Any]]) -> Iterator[str]:
    for frame in frames:
        name = f"frame {frame.get('id')!r}"
        slots = _SLOT.findall(frame.get("text", ""))
        if len(slots) != 1 or slots[0] not in _FRAME_SLOTS:
            yield f"{name}: needs exactly one slot, {{deed}} or {{piece}} (got {slots})"
        if frame.get("split") not in ("train", "test"):
            yield f"{name}: split must be train or test (got {frame.get('split')!r})"
    texts = Counter(frame.get("text") for frame in frames)
    ids = Counter(frame.get("id") for frame in frames)
    for text in (text for text, count in texts.items() if count > 1):
        yield f"frame {text!r}: stands twice; a sentence belongs to one split"
    for id_ in (id_ for id_, count in ids.items() if count > 1):
        yield f"frame {id_!r}: the id stands twice"


def _asking_faults(asking: Sequence[str]) -> Iterator[str]:
    for text in asking:
        slots = _SLOT.findall(text)
        if len(slots) != 1 or slots[0] not in _FRAME_SLOTS or "*" in text[1:]:
            yield f"asking {text!r}: needs one slot, {{deed}} or {{piece}}, and * first or nowhere"


def _concern_faults(concerns: Mapping[str, Any], fillers: Mapping[str, Any]) -> Iterator[str]:
    known = read_taxonomy().concerns
    yield from _cue_faults(concerns)
    for name, parts in concerns.items():
        place = f"concerns.{name}"
        if name not in known:
            yield f"{place}: unknown concern; known: {', '.join(known)}"
        missing = [key for key in ("cues", "reason", "ways", "phrases") if not parts.get(key)]
        if missing:
            yield f"{place}: missing {', '.join(missing)}"
            continue
        for phrase in parts["phrases"]:
            yield from _phrase_faults(f"{place}.{phrase.get('id')}", phrase, fillers)


def _cue_faults(concerns: Mapping[str, Any]) -> Iterator[str]:
    cues = [(cue, name) for name, parts in concerns.items() for cue in parts.get("cues", ())]
    first: dict[str, str] = {}
    for cue, name in cues:
        word = folded(cue.strip(OPEN))
        if OPEN in word:
            yield f"concerns.{name}: cue {cue!r}: * may stand at the ends alone"
        if word in first:
            yield f"concerns.{name}: cue {cue!r} stands in concerns.{first[word]} too; keep one"
        first[word] = name


def _phrase_faults(
    place: str, phrase: Mapping[str, Any], fillers: Mapping[str, Any]
) -> Iterator[str]:
    missing = [key for key in ("id", "twin", "answer") if not phrase.get(key)]
    if missing or ("deed" in phrase) == ("piece" in phrase):
        yield f"{place}: needs id, twin, answer, and either deed or piece"
        return
    if slots := _SLOT.findall(phrase["twin"] + phrase["answer"]):
        yield f"{place}: slot {slots[0]!r} in a twin or its answer, which take none"
    for slot in _SLOT.findall(phrase.get("deed", "") + phrase.get("piece", "")):
        kind, _, form = slot.partition(":")
        if kind not in fillers:
            yield f"{place}: slot {{{slot}}} has no fillers; types with some: {', '.join(fillers)}"
            continue
        without = [one["id"] for one in fillers[kind] if (form or "text") not in one]
        if without:
            yield f"{place}: slot {{{slot}}} stays unfilled by {', '.join(without)}: no such form"


def _wrapper_faults(wrappers: Mapping[str, str]) -> Iterator[str]:
    for name, text in wrappers.items():
        if name not in _WRAPPERS:
            yield f"wrappers.{name}: unknown; known: {', '.join(_WRAPPERS)}"
        elif set(_SLOT.findall(text)) != _WRAPPERS[name]:
            needed = ", ".join(f"{{{slot}}}" for slot in sorted(_WRAPPERS[name]))
            yield f"wrappers.{name}: needs {needed} and no other slot"
