"""Where inputs lie: paths of this machine, and any URL that fsspec knows."""

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import fsspec

from auroram.errors import DataError, RunError

_CHANGES = {
    "etag", "contentmd5", "digest", "md5", "md5hash", "crc", "crc32c", "sha", "sha1", "sha256",
    "blobid", "oid", "versionid", "generation",
    "lastmodified", "modified", "mtime", "modify", "updated", "created", "datetime",
}  # fmt: skip
"""What kinds of URLs call that which changes with a file, in small letters alone."""


def is_url(name: str) -> bool:
    """Whether the name is a URL and not a path."""
    return "://" in name


def ending_of(name: str) -> str:
    """The last part of a path or URL, in lower case, without a query."""
    path = urlsplit(name).path if name.startswith(("http://", "https://")) else name
    return path.rstrip("/").rpartition("/")[2].lower()


def located(root: Path, file: str) -> str:
    """Where a file that a recipe names lies: a URL, or a path below the recipe's folder."""
    return file if is_url(file) else str(root / file)


def shown(file: str) -> str:
    """What errors call a file that a recipe names: a URL without its query."""
    return file.partition("?")[0] if is_url(file) else file


class Opened(io.RawIOBase):
    """A file whose errors are one clear sentence; one that lies elsewhere may not seek."""

    def __init__(self, file: IO[bytes], url: str, name: str) -> None:
        self._file, self._url, self._name = file, url, name

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """Whether parts of it can be had."""
        return self._file.seekable()

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to a byte."""
        with explained(self._url, self._name):
            return self._file.seek(offset, whence)

    def tell(self) -> int:
        """The byte that is read next."""
        return self._file.tell()

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes; none at the end."""
        with explained(self._url, self._name):
            return self._file.read(size)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


def open_location(url: str, name: str) -> Opened:
    """The file, to be read from its start.

    Raises:
        DataError: where there is no such file, or no package for its kind of URL.
        RunError: where it cannot be reached.
    """
    with explained(url, name):
        if not is_url(url):
            return Opened(Path(url).open("rb"), url, name)
        system, path = _system(url)
        return Opened(system.open(path, "rb"), url, name)


def size_of(url: str, name: str) -> int:
    """Bytes of the file; 0 where its server does not say.

    Raises:
        DataError: where there is no such file, or no package for its kind of URL.
        RunError: where it cannot be reached.
    """
    with explained(url, name):
        if not is_url(url):
            return Path(url).stat().st_size
        system, path = _system(url)
        return int(system.size(path) or 0)


def is_folder(url: str, name: str) -> bool:
    """Whether files can lie below; no server of web pages is taken for a folder."""
    if not is_url(url):
        return Path(url).is_dir()
    if url.startswith(("http://", "https://")):
        return False
    with explained(url, name):
        system, path = _system(url)
        return bool(system.isdir(path))


def files_below(url: str, name: str) -> dict[str, int]:
    """Relative path of every file below a folder, sorted, to its bytes; links are not followed.

    A link stands in the table with -1 bytes. Complexity: a look at each file.
    """
    if not is_url(url):
        root = Path(url)
        with explained(url, name):
            return dict(sorted(_local_files(root, root)))
    with explained(url, name):
        system, path = _system(url)
        found = system.find(path, detail=True)
    start = len(path.rstrip("/")) + 1
    return {key[start:]: int(found[key].get("size") or 0) for key in sorted(found)}


def versions_of(url: str, name: str) -> dict[str, str]:
    """What is said of a file at a URL, or of each file below it, that changes with its content.

    Returns:
        The URL of each file to its size and whatever tells one version of it from another, such as
        an ETag or the time of its last change. Nothing is read of the files themselves.

    Raises:
        DataError: where there is no such file, or no package for its kind of URL.
        RunError: where it cannot be reached.
    """
    inside = is_folder(url, name)
    with explained(url, name):
        system, path = _system(url)
        system.invalidate_cache()
        if not inside:
            return {url: _version(system.info(path))}
        found = system.find(path, detail=True)
    start = len(path.rstrip("/")) + 1
    return {below(url, key[start:]): _version(found[key]) for key in sorted(found)}


def is_told_apart(version: str) -> bool:
    """Whether a version, as `versions_of` gives it, holds more than a size."""
    return not re.fullmatch(r"(size \d+)?", version)


def below(url: str, relative: str) -> str:
    """The path or URL of a file below a folder."""
    return f"{url.rstrip('/')}/{relative}"


@contextmanager
def explained(url: str, name: str) -> Iterator[None]:
    """Errors of reading `url` as one clear sentence, and as the fault of who can mend them."""
    try:
        yield
    except (DataError, RunError):
        raise
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        # A web server that does not answer is told as a missing file, caused by the connection.
        if isinstance(error.__cause__, OSError):
            raise _unreachable(name, error.__cause__) from error
        raise DataError(f"{name}: no such file ({url!r}); look at its name") from error
    except PermissionError as error:
        raise DataError(f"{name}: may not be read ({url!r}); look at its rights") from error
    except (ImportError, ValueError) as error:
        raise DataError(
            f"{name}: URLs that start with {url.partition('://')[0]!r} cannot be read here "
            f"({str(error).rstrip('.')}); install the package, or fetch the file first"
        ) from error
    except Exception as error:
        raise _unreachable(name, error) from error


def _unreachable(name: str, error: Exception) -> RunError:
    return RunError(f"{name}: cannot be reached ({type(error).__name__}: {error})")


def _system(url: str) -> tuple[Any, str]:
    system, path = fsspec.core.url_to_fs(url)
    return system, str(path)


def _version(info: Mapping[str, Any]) -> str:
    letters = {name: name.lower().replace("-", "").replace("_", "") for name in info}
    wanted = [name for name in sorted(info) if letters[name] in _CHANGES]
    said = [f"{name} {info[name]}" for name in ["size", *wanted] if info.get(name)]
    return ", ".join(said)


def _local_files(folder: Path, root: Path) -> Iterator[tuple[str, int]]:
    for path in folder.iterdir():
        if path.is_symlink():
            yield path.relative_to(root).as_posix(), -1
        elif path.is_dir():
            yield from _local_files(path, root)
        elif path.is_file():
            yield path.relative_to(root).as_posix(), path.stat().st_size
