"""Web addresses: the host, the path, and one spelling for those that mean one page."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

_ADDRESS = r"^(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?//(?P<authority>[^/?#]+)(?P<rest>[^#]*)"
"""Without a choice between two ways on, so that it is matched in one pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Many web addresses in their parts, one row each."""

    urls: pa.Array
    hosts: list[str]
    """Hosts, each in the spelling in which names are looked up; one may stand here twice."""
    host_of: NDArray[np.int64]
    """Number of each address's host; -1 where there is no address."""
    paths: pa.Array
    """What follows the host, from its `/` on and without the part behind `#`; null without one."""

    @classmethod
    def of(cls, urls: pa.Array) -> "Addresses":
        """The parts of addresses; a null has none.

        >>> parts = Addresses.of(pa.array(["https://Example.ORG:443/a?b=1#c"]))
        >>> parts.hosts, parts.paths.to_pylist(), parts.pages().to_pylist()
        (['example.org'], ['/a?b=1'], ['example.org/a?b=1'])
        """
        found = pc.extract_regex(urls, _ADDRESS)
        coded = pc.struct_field(found, "authority").dictionary_encode()
        rest = pc.struct_field(found, "rest")
        slash = pc.if_else(pc.starts_with(rest, "/"), "", "/")
        return cls(
            urls=urls,
            hosts=[host(name) for name in coded.dictionary.to_pylist()],
            host_of=coded.indices.fill_null(-1).to_numpy().astype(np.int64),
            paths=pc.binary_join_element_wise(slash, rest, ""),
        )

    def pages(self) -> pa.Array:
        """One spelling for addresses of one page: without scheme, port and closing slash.

        What is no address stands as it is.
        """
        numbers = pa.array(self.host_of, mask=self.host_of < 0)
        names = pa.array(self.hosts, pa.string()).take(numbers)
        pages = pc.utf8_rtrim(pc.binary_join_element_wise(names, self.paths, ""), "/")
        return pc.coalesce(pages, pc.utf8_trim_whitespace(self.urls))


def page(url: str) -> str:
    """One spelling for addresses of one page.

    >>> page("http://Example.org/a/") == page("https://example.org:443/a")
    True
    """
    spelt: str = Addresses.of(pa.array([url], pa.string())).pages()[0].as_py()
    return spelt


@lru_cache(maxsize=1 << 16)
def host(authority: str) -> str:
    """A host in lower case, ASCII and without a closing dot, as names are looked up.

    >>> host("me@Bücher.Example.:80")
    'xn--bcher-kva.example'
    """
    name = authority.rpartition("@")[2].partition(":")[0]
    lowered = name.strip().rstrip(".").lower()
    if lowered.isascii():
        return lowered
    try:
        return lowered.encode("idna").decode()
    except UnicodeError:
        return lowered
