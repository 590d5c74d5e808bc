"""Progress, agreement and the log, for those who do not review."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response

from auroram.records.draft import Actor
from auroram.review.agreement import agreement_groups, rated_items
from auroram.review.changes import changes
from auroram.review.progress import progress
from auroram.review.store.accounts import account_rows
from auroram.review.web.render import page
from auroram.review.web.site import OfSite, Site, Visitor, require

router = APIRouter()
ROWS = 50
"""Entries of the log on a page."""


@router.get("/progress")
def progress_page(request: Request, site: OfSite, session: Visitor) -> Response:
    """Where the drafts stand, by language and concern."""
    require(session, "watch")
    with site.desk.reading() as state:
        rows, decisions = progress(state), len(state.log)
    return page(
        request, "progress", session=session, rows=rows, decisions=decisions,
        shortages=site.desk.shortages(),
    )  # fmt: skip


@router.get("/agreement")
def agreement_page(
    request: Request, site: OfSite, session: Visitor, actor: Actor = "person"
) -> Response:
    """How far reviewers of one kind agree."""
    require(session, "watch")
    with site.desk.reading() as state:
        rated = rated_items(state, actor)
    # The state is let go first: resampling takes a while and others review meanwhile.
    groups = agreement_groups(rated)
    return page(
        request, "agreement", session=session, groups=groups, actor=actor, names=_names(site)
    )


@router.get("/log")
def log_page(
    request: Request, site: OfSite, session: Visitor, to: Annotated[int, Query(ge=0)] = 0
) -> Response:
    """The log, its latest entries first."""
    require(session, "audit")
    with site.desk.reading() as state:
        last = min(to or len(state.log), len(state.log))
        entries = state.log[max(0, last - ROWS) : last][::-1]
        live = {entry.number for entry in entries if state.is_live(entry)}
        drafts = {entry.decision.item: state.items[entry.decision.item].draft for entry in entries}
        total = len(state.log)
    return page(
        request, "log", session=session, entries=entries, live=live, drafts=drafts,
        names=_names(site), total=total, last=last, rows=ROWS,
    )  # fmt: skip


@router.get("/drafts/{draft_id}")
def draft_page(request: Request, site: OfSite, session: Visitor, draft_id: str) -> Response:
    """All about one draft."""
    require(session, "audit")
    with site.desk.reading() as state:
        item, standing = state.items.get(draft_id), state.standings.get(draft_id)
        entries = [entry for entry in state.log if entry.decision.item == draft_id]
        live = {entry.number for entry in entries if state.is_live(entry)}
    if item is None or standing is None:
        raise HTTPException(404, "There is no such draft.")
    edits = {
        entry.number: changes(item.draft.answer, entry.decision.answer)
        for entry in entries
        if entry.decision.verdict == "edit"
    }
    return page(
        request, "draft", session=session, item=item, standing=standing, entries=entries,
        live=live, edits=edits, names=_names(site),
    )  # fmt: skip


def _names(site: Site) -> dict[str, str]:
    """Account's id to its name; an id whose account is gone stands for itself."""
    with site.desk.database.reading() as connection:
        return {account.id: account.name for account in account_rows(connection)}
