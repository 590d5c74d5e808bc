"""A possible exchange, before the length limits, the caps and the split."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from auroram.records.exchange import Exchange

DOMAIN = "instructions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A request made from published text, with its answer."""

    group: str
    """What the caps count: `translation en-fi`, `manual ja`, `describe`, `write`."""
    page: str
    """What the text was taken from, as `page_of` names it; splits never share one."""
    request: str
    answer: str
    language: str
    """Of the answer."""
    source: str
    licence: str

    @property
    def kind(self) -> str:
        """The group's first word."""
        return self.group.partition(" ")[0]

    @property
    def id(self) -> str:
        """Digest of the text: equal requests with equal answers are one exchange."""
        parts = f"{self.group}\0{self.request}\0{self.answer}"
        return blake2b(parts.encode(), digest_size=12).hexdigest()

    def exchange(self) -> Exchange:
        """The candidate as an exchange. Made from published text, it counts as reviewed."""
        return Exchange(
            id=self.id,
            domain=DOMAIN,
            language=self.language,
            request=self.request,
            answer=self.answer,
            kind="instruction",
            template=self.page,
            source=self.source,
            licence=self.licence,
            reviewed=True,
        )


def page_of(*names: str | None) -> str:
    """The last three parts of the first name given: one page in all its languages.

    >>> page_of("https://help.example.org/7.4/fi/text/shared/main.html")
    'text/shared/main.html'
    >>> page_of(None, "text/shared/main.html#par_1")
    'text/shared/main.html'
    """
    name = next((name for name in names if name), "")
    return "/".join(_parts(name.partition("#")[0])[-3:])


def _parts(name: str) -> Sequence[str]:
    return [part for part in name.split("/") if part]
