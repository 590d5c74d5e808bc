"""Members of a zip archive, those in Zstandard too, which Python's own module cannot read yet.

Format: PKWARE APPNOTE.TXT 6.3.10, sections 4.3.7 (local header) and 4.4.5 (93 is Zstandard).
"""

import io
import struct
import zipfile

import zstandard

_ZSTANDARD = 93
_HEADER = struct.Struct("<26xHH")
"""Of a member: its name's length and that of its extra field stand at the end."""


def member(archive: zipfile.ZipFile, name: str) -> bytes:
    """The content of a member.

    Raises:
        KeyError: where there is no such member.
        NotImplementedError: where it is compressed in yet another way.
        zipfile.BadZipFile: where it is cut off or is not what the directory says.
    """
    about = archive.getinfo(name)
    if about.compress_type != _ZSTANDARD:
        return archive.read(name)
    file = archive.fp
    assert file is not None, "the archive is open"
    file.seek(about.header_offset)
    lengths = _HEADER.unpack(file.read(_HEADER.size))
    file.seek(sum(lengths), io.SEEK_CUR)
    packed = file.read(about.compress_size)
    try:
        content = zstandard.ZstdDecompressor().stream_reader(packed).read(about.file_size)
    except zstandard.ZstdError as error:
        raise zipfile.BadZipFile(f"{name}: {error}") from error
    if len(content) != about.file_size:
        raise zipfile.BadZipFile(f"{name}: {len(content)} of {about.file_size} bytes")
    return content
