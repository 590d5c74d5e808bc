"""Real text to measure with: python benchmarks/support/fetch_texts.py FOLDER.

Makes FOLDER/{en,fi,hi,ja,vi,code}.jsonl.gz, one object with `text` a line, from packages of Debian
12 (about 135 MB, fetched by apt-get into FOLDER/packages): manuals of LibreOffice, PostgreSQL and
Python, the Debian handbook and reference, and the message catalogues of a few programs, 40
messages a document. Paragraphs that also stand in an English manual are left out of the other
languages. Code is the Python that this interpreter can import. About 36 MB of English, 23 of code,
2 to 6 of the others. The texts are only measured with: they keep their own licences.
"""

import gzip
import json
import re
import struct
import subprocess
import sys
import sysconfig
from html.parser import HTMLParser
from pathlib import Path

HELP = {"en": "en-us", "fi": "fi", "hi": "hi", "ja": "ja", "vi": "vi"}
ENGLISH = ("anarchism", "postgresql-doc-15", "python3.11-doc", "debian-handbook")
CATALOGUES = (
    "gnucash-common", "evolution-common", "gnome-control-center-data", "gramps", "inkscape",
    "gimp-data", "orca",
)  # fmt: skip
SCRIPTS = {"hi": "[\u0900-\u097f]", "ja": "[\u3040-\u30ff\u4e00-\u9fff]"}
BLOCKS = {"p", "li", "dd", "dt", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "div"}
MESSAGES = 40
CODE_BYTES = 24_000_000


def main() -> int:
    """Fetch, unpack, write one file a language, and say how much there is."""
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    out = Path(sys.argv[1])
    unpack(out / "packages")
    english = list(pages(out / "packages", "en"))
    known = {line for text in english for line in text.split("\n")}
    write(out, "en", english)
    for language in ("fi", "hi", "ja", "vi"):
        texts = [*pages(out / "packages", language), *catalogues(out / "packages", language)]
        write(out, language, [own(text, language, known) for text in texts])
    write(out, "code", list(code()))
    return 0


def unpack(folder):
    """Fetch and unpack the packages that are not there yet."""
    names = [*ENGLISH, *CATALOGUES, "debian-reference-ja"]
    names += [f"libreoffice-help-{tag}" for tag in HELP.values()]
    names += [f"libreoffice-l10n-{language}" for language in HELP if language != "en"]
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        if not (folder / name).exists():
            subprocess.run(["apt-get", "-q", "download", name], cwd=folder, check=True)
            (package,) = folder.glob(f"{name}_*.deb")
            subprocess.run(["dpkg-deb", "-x", package, folder / name], check=True)
            package.unlink()


def pages(folder, language):
    """The text of each HTML page, a block a line."""
    roots = [f"libreoffice-help-{HELP[language]}", "debian-reference-ja" * (language == "ja")]
    roots += ENGLISH if language == "en" else ()
    for root in filter(None, roots):
        for page in sorted((folder / root).rglob("*.html")):
            if root != "debian-handbook" or "/en-US/" in str(page):
                yield blocks(page.read_text(encoding="utf-8", errors="ignore"))


def blocks(page):
    """The visible text of a page."""
    reader = Reader()
    reader.feed(page)
    lines = (" ".join(block.split()) for block in "".join(reader.parts).split("\0"))
    return "\n".join(line for line in lines if line)


class Reader(HTMLParser):
    """Collects text, with a null where a block starts or ends."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag, attrs):  # noqa: ARG002 - the parser's interface
        """Open a block, or hide what is no text."""
        self.hidden += tag in {"script", "style"}
        self.parts.append("\0" if tag in BLOCKS else "")

    def handle_endtag(self, tag):
        """Close a block, or stop hiding."""
        self.hidden -= tag in {"script", "style"} and self.hidden > 0
        self.parts.append("\0" if tag in BLOCKS else "")

    def handle_data(self, data):
        """Keep text that a reader sees."""
        self.parts.append("" if self.hidden else data)


def catalogues(folder, language):
    """The messages of each compiled catalogue, so many a document."""
    for root in (*CATALOGUES, f"libreoffice-l10n-{language}"):
        for path in sorted((folder / root).rglob(f"{language}/LC_MESSAGES/*.mo")):
            found = [" ".join(message.split()) for message in messages(path.read_bytes())]
            for start in range(0, len(found), MESSAGES):
                yield "\n".join(found[start : start + MESSAGES])


def messages(data):
    """The translations in a GNU message catalogue of little-endian byte order."""
    if data[:4] != b"\xde\x12\x04\x95":
        return
    count, _, table = struct.unpack("<III", data[8:20])
    for i in range(1, count):
        length, place = struct.unpack("<II", data[table + 8 * i : table + 8 * i + 8])
        yield data[place : place + length].split(b"\0")[0].decode("utf-8", "ignore")


def own(text, language, known):
    """The paragraphs that are in the language."""
    script = re.compile(SCRIPTS.get(language, "."))
    lines = (line for line in text.split("\n") if line not in known and script.search(line))
    return "\n".join(lines)


def code():
    """Python files of this environment, up to a number of bytes."""
    size = 0
    for root in (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib")):
        for path in sorted(Path(root).rglob("*.py")):
            text = path.read_text(encoding="utf-8", errors="ignore")
            size += len(text.encode())
            if size > CODE_BYTES:
                return
            yield text


def write(out, language, texts):
    """One file, without texts of under 200 characters and without exact copies."""
    texts = list(dict.fromkeys(text for text in texts if len(text) >= 200))
    with gzip.open(out / f"{language}.jsonl.gz", "wt", encoding="utf-8", compresslevel=3) as file:
        for text in texts:
            file.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")
    size = sum(len(text.encode()) for text in texts)
    print(f"{language}: {len(texts):,} documents, {size / 1e6:.1f} MB", flush=True)


if __name__ == "__main__":
    sys.exit(main())
