"""The corpus stage: raw files in, curated documents by language out, every drop explained.

Maps over portions of the sources, run by the engine, each a function of what lies on disk:

    ingest     slices of a source       -> raw text in normal form, fingerprints of paragraphs
    count      a range of fingerprints  -> those that stand in too many documents
    judge      a portion                -> good documents and side-cars, cut by prefix of the id
    gather     a prefix of a domain     -> its candidates, numbered by id
    pairs      a range of keys          -> pairs that say the same; then union-find in this process
    publish    a domain                 -> documents, ordered by id
    side-cars  a table                  -> the table, ordered by id

What is written depends neither on the engine, nor on how the input was cut, nor on how often one
ran before. Each piece leaves a note when it is done, so a killed stage goes on where it was.
Memory: batches of 8 MiB and one prefix (64 MiB) in a worker; 12 bytes a document of the largest
domain in this process.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

from auroram.corpus.candidates import Candidates, Gathering, gather
from auroram.corpus.clusters import find_clusters
from auroram.corpus.decontamination import Decontaminator
from auroram.corpus.funnel import Counts, Funnel
from auroram.corpus.harm_disparity import MentionCounts, disparities, harm_measurements
from auroram.corpus.intake import (
    count_boilerplate,
    damage_notices,
    read_sources,
    source_notices,
)
from auroram.corpus.judge import Judged, Judgement, harm_judge, identifier_of, judge
from auroram.corpus.languages import CODE
from auroram.corpus.opened import opened
from auroram.corpus.plan import Plan, plan_of
from auroram.corpus.publish import Publication, publish
from auroram.corpus.rights import RightsJudge
from auroram.corpus.settings import Corpus
from auroram.corpus.shuffle import digits_for
from auroram.corpus.tables_beside import write_side_cars
from auroram.ports import Inputs
from auroram.records.canonical import digest, plain
from auroram.records.done import work_folder
from auroram.records.manifest import Outcome
from auroram.text import signals
from auroram.text.compiled import is_kept

_COMPILES = "kernels for texts are compiled first, once on each machine: for about a minute"


def run(settings: Corpus, inputs: Inputs, out: Path) -> Outcome:
    """Curate the corpus.

    Raises:
        DataError: where a file is missing or damaged, a record bad, or a language left without
            documents.
    """
    settings = settings.with_rules(inputs.root)
    plan = plan_of(settings, inputs, work_folder(out, inputs.key))
    outcome = curate(plan, out)
    shutil.rmtree(plan.work)
    return outcome


def curate(plan: Plan, out: Path) -> Outcome:
    """Curate what was shared out; work that is in the plan's folder already is not done again."""
    _open_all(plan)
    if not is_kept(signals):
        plan.inputs.progress.say(_COMPILES)
    ingested = read_sources(plan, out / "quarantine.jsonl")
    count_boilerplate(plan, ingested)
    digits = digits_for(sum(one.bytes for one in ingested))
    judged = _judge(plan, [one.documents for one in ingested], digits)
    funnel, mentions = Funnel(), MentionCounts()
    for counts in [*(one.counts for one in ingested), *(one.counts for one in judged)]:
        funnel.include(counts)
    for one in judged:
        for language, group, term, fate, number in one.mentions:
            mentions[(language, group, term, fate)] += number
    plan.refuse_empty([one.passed for one in judged], funnel)
    domains = _gather(plan, digits)
    find_clusters(plan.inputs.engine, domains, plan.settings.near_duplicates)
    for counts in _publish(plan, domains, digits, out):
        funnel.include(counts)
    write_side_cars(plan, domains, digits, out)
    quality = plan.settings.quality
    return Outcome(
        tallies=funnel.tallies(),
        measurements=harm_measurements(mentions, plan.inputs.name),
        notices=(
            *_notices(plan, funnel),
            *source_notices(plan, ingested, funnel),
            *damage_notices(ingested),
        ),
        facts={
            "rules": digest(quality),
            "quality": plain(quality),
            "harm_disparities": plain(disparities(mentions)),
        },
    )


def _notices(plan: Plan, funnel: Funnel) -> tuple[str, ...]:
    """What a page must say of rights in the documents, and of evaluations that were looked for."""
    rights, evaluations = plan.settings.rights, plan.settings.decontamination
    notices: list[str] = []
    unknown, name = funnel.unknown_licences(), plan.inputs.name
    if unknown and rights.unknown_licences != "drop":
        notices.append(
            f"{name} let in documents under licences that SPDX does not know ({unknown:,}); "
            f'stages.{name}.rights.unknown_licences = "drop" keeps them out.'
        )
    if evaluations.sets:
        judge = opened("evaluations", evaluations, plan.inputs.root, Decontaminator.open)
        notices += judge.notices()
    return tuple(notices)


def _open_all(plan: Plan) -> None:
    """Open lists, evaluation sets and classifiers: a fault in one is told before a source is read.

    Raises:
        DataError: where one cannot be used.
    """
    settings, root = plan.settings, plan.inputs.root
    opened("rights", settings.rights, root, RightsJudge.open)
    if settings.decontamination.sets:
        opened("evaluations", settings.decontamination, root, Decontaminator.open)
    harm_judge(settings.harm, tuple(plan.domains), root)
    for tag, language in settings.languages.items():
        identifier_of(language, tag, root)


def _judge(plan: Plan, documents: list[int], digits: int) -> list[Judged]:
    settings = plan.settings
    tasks = [
        Judgement(
            portion=portion,
            domains=tuple(plan.domains),
            quality=settings.quality[portion.source.language],
            language=settings.languages.get(portion.source.language),
            harm=settings.harm,
            redaction=settings.personal_data,
            names=plan.name_finder(),
            rights=settings.rights,
            decontamination=settings.decontamination,
            near=settings.near_duplicates,
            root=plan.inputs.root,
            seed=plan.inputs.seed,
            repeated=None if portion.source.language == CODE else plan.boilerplate(portion.name),
            digits=digits,
        )
        for portion in plan.portions
    ]
    plan.inputs.progress.start("judging documents", total=sum(documents), unit="documents")
    return list(plan.mapped(judge, tasks, documents))


def _gather(plan: Plan, digits: int) -> list[Candidates]:
    tasks = [
        Gathering(
            paths=plan.files_of(domain, "candidates"),
            prefix=prefix,
            digits=digits,
            near=plan.settings.near_duplicates,
            folder=plan.work / "near" / domain / f"{prefix:x}",
        )
        for domain in plan.domains
        for prefix in range(16**digits)
    ]
    plan.inputs.progress.start("finding duplicates", total=len(tasks), unit="parts")
    counts = list(plan.mapped(gather, tasks, [1] * len(tasks)))
    width = 16**digits
    return [
        Candidates.of(domain, plan.work / "near" / domain, counts[i * width : (i + 1) * width])
        for i, domain in enumerate(plan.domains)
    ]


def _publish(plan: Plan, domains: list[Candidates], digits: int, out: Path) -> Iterator[Counts]:
    # The largest first, so that no worker waits for the one that was handed it last.
    ordered = sorted(domains, key=len, reverse=True)
    tasks = [
        Publication(
            candidates=domain,
            paths=plan.files_of(domain.domain, "good"),
            digits=digits,
            held_out_share=plan.settings.held_out_share,
            fewest_held_out=plan.settings.fewest_held_out,
            rights=plan.settings.rights,
            root=plan.inputs.root,
            out=out,
        )
        for domain in ordered
    ]
    sizes = [len(domain) for domain in ordered]
    plan.inputs.progress.start("writing documents", total=sum(sizes), unit="documents")
    return plan.mapped(publish, tasks, sizes)
