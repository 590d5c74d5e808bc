"""A slice: a part of an input that is read by itself, as plain values."""

from dataclasses import dataclass

SLICE_BYTES = 64 * 1024 * 1024
"""Size of a slice, about, in unpacked bytes, where an input can be cut at all."""
PACKED_SHARE = 4
"""So many times smaller a slice of a packed file is, as text packs about that well."""
TO_THE_END = (1 << 63) - 1
"""End of a slice that reaches to wherever its file ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A part of an input that is read by itself. It can be sent to another process or machine."""

    url: str
    """Path or fsspec URL of a file, or of the folder of a source tree."""
    name: str
    """What places and errors call it."""
    kind: str
    """Which reader reads it: a key of `slices.READERS`."""
    start: int = 0
    """First byte of the file, or first row group of Parquet."""
    end: int = TO_THE_END
    """Where it stops, exclusive."""
    first: int = 0
    """Lines or rows of the file that lie before the slice."""
    skip: int = 0
    """Unpacked bytes at the start that end a line of the slice before."""
    members: tuple[str, ...] = ()
    """Files of a source tree, relative to `url`."""
    bytes: int
    """Bytes of the file that it stands for: the unit of progress and of balance."""
