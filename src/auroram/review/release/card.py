"""A release's data card, in the form that the Hugging Face Hub reads."""

from collections import Counter
from collections.abc import Sequence

from auroram.records.draft import Actor
from auroram.records.release import ReleaseFacts
from auroram.review.release.contents import Contents
from auroram.stats.intervals import Interval

WHO: dict[Actor, str] = {"person": "people", "software": "software"}


def card(contents: Contents, facts: ReleaseFacts, files: Sequence[str]) -> str:
    """README.md: a header for the Hub, then what a reader must know.

    Args:
        contents: of the release.
        facts: its counts; the files need not be filled in.
        files: paths of the Parquet files.
    """
    parts = [
        _header(contents, files),
        f"# {facts.name}\n",
        _status(facts),
        "Requests on the concerns of AI policy with answers to learn: refusals that explain "
        "themselves for harmful requests, help for benign ones that look alike. Requests may "
        "distress.\n",
        "## Who decided\n",
        _decided(contents, facts),
        "## What is in it\n",
        _table(contents),
        f"Of {facts.drafts} drafts, {facts.accepted} were accepted, {facts.rejected} rejected, "
        f"{facts.disputed} wait for an adjudicator and {facts.open} for reviews.\n",
        "## How it was reviewed\n",
        protocol(contents) + "\n",
        analysis(contents) + "\n",
        "## Files\n",
        _files(),
        "## Where it is from\n",
        _sources(contents),
        f"Digest `{facts.digest}`; the log has {facts.log_number} entries and ends in "
        f"`{facts.log_sha256}`.\n",
    ]
    return "\n".join(parts)


def protocol(contents: Contents) -> str:
    """How decisions were made."""
    wanted = " or ".join(map(str, contents.reviews))
    return (
        f"Each draft needs {wanted} blind reviews. The answer that more than half of them chose "
        "stands; disagreement, an escalation, or a flag of personal data or operational detail "
        "goes to an adjudicator who did not review the draft. Every decision is in an append-only "
        "log with a hash chain, which is `decisions.jsonl`; accounts are random ids there."
    )


def analysis(contents: Contents) -> str:
    """How far reviewers agreed, for each kind that reviewed any draft twice."""
    sentences = []
    for actor, group in contents.agreement.items():
        found = group.agreement
        sentences.append(
            f"Agreement of {WHO[actor]} on the verdict over {found.items} drafts with two reviews "
            f"or more: observed {_figure(found.observed)}, Krippendorff's alpha "
            f"{_figure(found.alpha)}{_between(found.alpha_interval)}, Gwet's AC1 "
            f"{_figure(found.ac1)}{_between(found.ac1_interval)}."
        )
    return " ".join(sentences) or "No draft was reviewed twice by one kind of reviewer."


def _header(contents: Contents, files: Sequence[str]) -> str:
    languages = sorted({item.language for item in contents.items})
    licences = sorted({item.licence for item in contents.items})
    single = licences[0].lower() if len(licences) == 1 else "other"
    lines = ["---", "language:", *(f"- {one}" for one in languages), f"license: {single}"]
    lines += ["tags:", "- safety", "- red-teaming", "configs:"]
    for folder, name in (("data", "default"), ("preferences", "preferences")):
        own = [file for file in files if file.startswith(f"{folder}/")]
        lines += [f"- config_name: {name}", "  data_files:"] * bool(own)
        for file in own:
            split = file.removeprefix(f"{folder}/").removesuffix(".parquet")
            lines += [f"  - split: {split}", f"    path: {file}"]
    return "\n".join([*lines, "---", ""])


def _status(facts: ReleaseFacts) -> str:
    if not facts.reviewed:
        return "> **No person reviewed any of this.** Software made every decision behind it.\n"
    if facts.unreviewed:
        return (
            f"> **{facts.unreviewed} of {facts.accepted} exchanges were reviewed by no person**: "
            "software alone chose their answers. They have `reviewed: false`.\n"
        )
    return f"> A person chose the answer of each of the {facts.accepted} exchanges.\n"


def _decided(contents: Contents, facts: ReleaseFacts) -> str:
    return (
        "| | people | software |\n|---|--:|--:|\n"
        f"| accounts | {facts.people} | {facts.software} |\n"
        f"| decisions | {facts.decisions_by_people} | {facts.decisions_by_software} |\n"
        f"| exchanges whose answer they chose | {facts.reviewed} | "
        f"{sum(item.by_software > 0 for item in contents.items)} |\n"
    )


def _table(contents: Contents) -> str:
    counts = Counter(
        (item.language, item.concern or "general", item.kind, item.split) for item in contents.items
    )
    rows = [f"| {' | '.join(key)} | {count} |" for key, count in sorted(counts.items())]
    head = ["| language | concern | kind | split | exchanges |", "|---|---|---|---|--:|"]
    return "\n".join([*head, *rows, ""])


def _files() -> str:
    return (
        "- `items.jsonl`, `data/*.parquet`: the exchanges; no template, near-duplicate cluster or "
        "request is in both splits.\n"
        "- `preferences.jsonl`, `preferences/*.parquet`: edited answers (chosen) over their drafts "
        "(rejected).\n"
        "- `decisions.jsonl`: the whole log, with rejected and undone decisions and with notes.\n"
        "- `croissant.json`: the same facts for machines; `release.json`: every file's SHA-256.\n"
    )


def _sources(contents: Contents) -> str:
    sources = Counter(
        (item.source, item.source_date, item.licence, item.older_than_requirement)
        for item in contents.items
    )
    return "".join(
        f"- {source}, {date}, {licence}: {count} exchanges"
        f"{'; older than the requirement that they serve' if older else ''}\n"
        for (source, date, licence, older), count in sorted(sources.items())
    )


def _figure(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.2f}"


def _between(interval: Interval | None) -> str:
    return f" (95 % {interval.low:.2f} to {interval.high:.2f})" if interval else ""
