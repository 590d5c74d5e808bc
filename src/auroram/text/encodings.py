"""What bytes that are not UTF-8 look like, in words for the person who has to convert them."""

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
"""The byte order marks that such a file begins with."""
_FEW = 0.3
"""Share of bytes beyond ASCII up to which single-byte text is of Latin letters."""


def not_utf_8(content: bytes, error: UnicodeDecodeError) -> str:
    """Where a record or a file ceases to be UTF-8, and how to convert it, as in an error."""
    return f"invalid UTF-8 at byte {error.start + 1}{how_to_convert(content)}"


def how_to_convert(content: bytes) -> str:
    """What goes on "invalid UTF-8" where all of it is in another encoding; empty elsewhere.

    >>> how_to_convert("siis tuli öö".encode("cp1252"))
    '; it may be Windows-1252: iconv -f WINDOWS-1252 -t UTF-8 converts a file'
    >>> how_to_convert("öösel".encode()[1:])
    ''
    """
    if content.startswith(_UTF_16):
        return "; it is UTF-16: iconv -f UTF-16 -t UTF-8 converts a file"
    beyond = sum(byte > 0x7F for byte in content)
    whole = sum(len(one.encode()) for one in content.decode(errors="ignore") if one > "\x7f")
    if 2 * whole > beyond:
        return ""
    if beyond <= _FEW * len(content):
        return "; it may be Windows-1252: iconv -f WINDOWS-1252 -t UTF-8 converts a file"
    return (
        "; it may be an older encoding of its script: iconv -f NAME -t UTF-8 converts a file, "
        "iconv -l lists the names"
    )
