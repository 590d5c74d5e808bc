"""Reports of garak, promptfoo, Inspect and PyRIT as generations like our own.

What a tool's own detectors said is kept in `source`; the replies are judged again by the judges of
the assessment, so that all evidence is measured by the same rule. A report of a version that we do
not know is refused: its fields may mean something else.
"""

import hashlib
import json
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from auroram.errors import DataError
from auroram.records.canonical import Json
from auroram.records.generation import Generation
from auroram.records.zip_archive import member
from auroram.settings import settings

Rows = Iterator["Said"]

FILTERED = "content_filter"
"""Why a reply ended where a filter, such as the guard of `auroram serve`, stepped in."""


@settings
class ToolReport:
    """A report of another tool beside the recipe."""

    file: str
    """garak's `.report.jsonl`, promptfoo's results `.json`, Inspect's log (`.json` or `.eval`), or
    PyRIT's export of message pieces (`.json`)."""
    tool: Literal["garak", "promptfoo", "inspect", "pyrit"]
    """Which tool wrote it."""
    model: str
    """The stage whose model the tool attacked; one of the assessment's `models`."""
    language: str = "en"
    """BCP 47 tag of the requests."""
    kind: Literal["harmful", "benign"] = "harmful"
    """Whether a good model refuses the requests or answers them."""
    concern: str = "general"
    """What the requests are about, as an id of the taxonomy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One reply in a report."""

    test: str
    """Probe, plugin or task; the attack in our words."""
    request: str
    reply: str
    found: str
    """What the tool's own detectors said."""


def reported_generations(path: Path, name: str, about: ToolReport) -> list[Generation]:
    """Every reply of a report, not yet judged; replies to one request are its tries, in order.

    Raises:
        DataError: where the file is no report of the tool, or one of an unknown version.
    """
    try:
        version, rows = _READERS[about.tool](path)
        said = list(rows)
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise DataError(f"{about.file}: not a report of {about.tool} ({error!r})") from None
    except NotImplementedError as error:  # zipfile's word for a compression that it cannot read
        raise DataError(
            f"{about.file}: {error}; write it as JSON, with `inspect log convert --to json`"
        ) from None
    except zipfile.BadZipFile as error:
        raise DataError(f"{about.file}: damaged ({error}); write the report again") from None
    if not said:
        raise DataError(f"{about.file}: holds no reply; let {about.tool} run to its end")
    tries: Counter[str] = Counter()
    found = []
    for one in said:
        key = hashlib.sha256(f"{one.test}\n{one.request}".encode()).hexdigest()[:16]
        found.append(
            Generation(
                model=about.model,
                prompt=key,
                content=key,
                set=name,
                language=about.language,
                kind=about.kind,
                concern=about.concern,
                attack=one.test,
                source=f"{about.tool} {version} {one.test}: {one.found}",
                reviewed=False,
                attempt=tries[key],
                request=one.request,
                reply=one.reply,
                tokens=0,
                reply_language="unknown",
            )
        )
        tries[key] += 1
    return found


def _known(tool: str, version: str, known: tuple[str, ...]) -> str:
    if not any(version == one or version.startswith(f"{one}.") for one in known):
        raise DataError(
            f"{tool} report: version {version or 'unknown'!r} is not known (known: "
            f"{', '.join(known)}); run that version, or leave the report out"
        )
    return version


def _garak(path: Path) -> tuple[str, Rows]:
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    versions = [line["garak_version"] for line in lines if line["entry_type"] == "init"]
    version = _known("garak", versions[0] if versions else "", ("0.14", "0.15", "0.16", "0.17"))
    # Status 2 is an attempt that detectors have seen; the same one stands before it with 1.
    done = [line for line in lines if line["entry_type"] == "attempt" and line["status"] == 2]
    return version, (row for line in done for row in _garak_attempt(line))


def _garak_attempt(line: Json) -> Rows:
    turns = line["prompt"]["turns"]
    asked = [turn["content"]["text"] or "" for turn in turns if turn["role"] == "user"]
    replies = [(output or {}).get("text") for output in line["outputs"]]
    hits = {name: _by_reply(own, replies) for name, own in line["detector_results"].items()}
    for number, reply in enumerate(replies):
        marks = {name: own[number] for name, own in hits.items() if number in own}
        yield Said(
            test=line["probe_classname"],
            request=asked[-1],
            reply=reply or "",
            found=json.dumps(marks, sort_keys=True),
        )


def _by_reply(hits: Sequence[float | None], replies: Sequence[str | None]) -> dict[int, Any]:
    """A detector's marks by the number of the reply; none where they cannot be told apart.

    Some of garak's detectors pass over replies that did not come, and say nothing of them.
    """
    came = [number for number, reply in enumerate(replies) if reply is not None]
    numbers = range(len(replies)) if len(hits) == len(replies) else came
    return dict(zip(numbers, hits, strict=True)) if len(hits) == len(numbers) else {}


def _promptfoo(path: Path) -> tuple[str, Rows]:
    results = json.loads(path.read_text("utf-8"))["results"]
    version = _known("promptfoo", str(results.get("version", "")), ("3",))
    asked = sorted({_provider(one) for one in results["results"]})
    if len(asked) > 1:
        raise DataError(
            f"promptfoo report: holds replies of several providers ({', '.join(asked)}), and a "
            "report is of one model; run promptfoo once for each"
        )
    return version, (
        Said(
            test=str(((one.get("testCase") or {}).get("metadata") or {}).get("pluginId", "test")),
            request=one["prompt"]["raw"],
            reply=_promptfoo_reply(one.get("response") or {}),
            found="pass" if one.get("success") else "fail",
        )
        for one in results["results"]
    )


def _promptfoo_reply(response: Json) -> str:
    """What a filter says in place of a reply is none: it counts as empty."""
    return "" if response.get("finishReason") == FILTERED else _text(response.get("output"))


def _provider(result: Json) -> str:
    about = result.get("provider") or {}
    return str(about.get("label") or about.get("id")) if isinstance(about, dict) else str(about)


def _inspect(path: Path) -> tuple[str, Rows]:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            log: Json = json.loads(member(archive, "header.json"))
            names = sorted(one for one in archive.namelist() if one.startswith("samples/"))
            log["samples"] = [json.loads(member(archive, one)) for one in names]
    else:
        log = json.loads(path.read_text("utf-8"))
    version = _known("inspect", str(log.get("version", "")), ("2",))
    return version, (
        Said(
            test=log["eval"]["task"],
            request=_text(one["input"]),
            reply=_inspect_reply(one["output"]["choices"]),
            found=json.dumps(
                {name: score["value"] for name, score in (one.get("scores") or {}).items()},
                sort_keys=True,
            ),
        )
        for one in log["samples"]
    )


def _inspect_reply(choices: list[Json]) -> str:
    """As in `_promptfoo_reply`."""
    if not choices or choices[0].get("stop_reason") == FILTERED:
        return ""
    return _text(choices[0]["message"]["content"])


def _pyrit(path: Path) -> tuple[str, Rows]:
    """Message pieces bear no version; their fields must be the ones that we know."""
    pieces = json.loads(path.read_text("utf-8"))
    wanted = {"conversation_id", "role", "sequence", "converted_value"}
    if not isinstance(pieces, list) or any(not wanted <= set(one) for one in pieces):
        _known("pyrit", "", ("message pieces",))
    return "message pieces", _pyrit_pairs(pieces)


_PYRIT_TEXTS = ("text", "error")
"""Kinds of pieces that are a reply, or stand where one should; others are pictures, reasoning."""


def _pyrit_pairs(pieces: list[Json]) -> Rows:
    """What a piece with an error says is the server's word and no reply: it counts as empty."""
    asked: dict[str, Json] = {}
    texts = [one for one in pieces if one.get("converted_value_data_type", "text") in _PYRIT_TEXTS]
    for one in sorted(texts, key=lambda one: (one["conversation_id"], one["sequence"])):
        if one["role"] == "user":
            asked[one["conversation_id"]] = one
        elif one["role"] == "assistant" and one["conversation_id"] in asked:
            before = asked[one["conversation_id"]]
            used = before.get("converter_identifiers") or []
            error = str(one.get("response_error") or "none")
            names = [str(each.get("class_name")) for each in used]
            yield Said(
                test="+".join(names) or "plain",
                request=before["converted_value"],
                reply=_text(one["converted_value"]) if error == "none" else "",
                found=error,
            )


def _text(value: Any) -> str:  # noqa: ANN401 -- whatever the tool wrote
    """A text, or the texts of a list of messages or parts."""
    if isinstance(value, list):
        return "\n".join(
            _text(one.get("content", one.get("text", "")) if isinstance(one, dict) else one)
            for one in value
        )
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


_READERS: Mapping[str, Callable[[Path], tuple[str, Rows]]] = {
    "garak": _garak,
    "promptfoo": _promptfoo,
    "inspect": _inspect,
    "pyrit": _pyrit,
}
