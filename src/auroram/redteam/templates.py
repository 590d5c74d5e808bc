"""Requests from the typed templates of a language: every frame with every phrase that fits it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

from auroram.redteam.language import PIVOT, PLAIN_FORM, SLOT, Frame, Language, Phrase, read_language
from auroram.redteam.readings import written
from auroram.redteam.request import Origin, Request

SOURCE = "auroram templates"


def requests_of(language: Language, concerns: Sequence[str]) -> Iterator[Request]:
    """Every harmful request that a language's templates make, each with its look-alike."""
    pivot, origin = read_language(PIVOT), origin_of(language)
    for concern in concerns:
        phrases, same = (one.concerns[concern].phrases for one in (language, pivot))
        english = {phrase.id: phrase for phrase in same}
        for phrase, frame in product(phrases, language.frames):
            if frame.slot == phrase.slot:
                yield from _Template(
                    language=language,
                    pivot=pivot,
                    concern=concern,
                    phrase=phrase,
                    english=english[phrase.id],
                    frame=frame,
                    origin=origin,
                ).requests()


def origin_of(language: Language) -> Origin:
    """The language's file, as the source of what is made from it."""
    return Origin(
        source=f"{SOURCE} ({language.code})",
        licence=language.licence,
        published=language.written.isoformat(),
        sha256=language.sha256,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Template:
    """A frame with a phrase that fits it."""

    language: Language
    pivot: Language
    concern: str
    phrase: Phrase
    english: Phrase
    """The same phrase of the pivot."""
    frame: Frame
    origin: Origin

    def requests(self) -> Iterator[Request]:
        """A request for each way to fill the phrase's slots."""
        twin = self._request("benign", self.phrase.twin, self.english.twin, "twin")
        twin = replace(twin, answer=self.phrase.answer)
        for chosen in _choices(self.phrase, self.language):
            text = _filled(self.phrase.text, chosen, self.language)
            english = _filled(self.english.text, chosen, self.pivot)
            request = self._request("harmful", text, english, "-".join(chosen.values()))
            yield replace(request, look_alike=replace(twin, twin=request.id))

    def _request(
        self, kind: Literal["harmful", "benign"], phrase: str, english: str, topic: str
    ) -> Request:
        slot = self.frame.slot
        marked = self.frame.text.replace(f"{{{slot}}}", phrase)
        readable = self.language.readings
        return Request(
            language=self.language.code,
            kind=kind,
            concern=self.concern,
            template=f"{self.phrase.id}.{self.frame.id}",
            split=self.frame.split,
            origin=self.origin,
            text=written(marked) if readable else marked,
            marked=marked if readable else "",
            slots={slot: phrase},
            english=english,
            topic=f"{self.phrase.id}:{topic}" if topic else self.phrase.id,
        )


def _choices(phrase: Phrase, language: Language) -> Iterator[dict[str, str]]:
    """Slot type to filler, for each combination that makes sense."""
    kinds = list(dict.fromkeys(kind for kind, _ in SLOT.findall(phrase.text)))
    allowed = [
        [one for one in language.fillers[kind] if one not in phrase.excepted] for kind in kinds
    ]
    for fillers in product(*allowed):
        yield dict(zip(kinds, fillers, strict=True))


def _filled(text: str, chosen: Mapping[str, str], language: Language) -> str:
    return SLOT.sub(
        lambda slot: language.fillers[slot[1]][chosen[slot[1]]][slot[2] or PLAIN_FORM], text
    )
