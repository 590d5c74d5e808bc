"""Reviewing and adjudicating: one draft at a time."""

from collections.abc import Mapping
from typing import Annotated, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from auroram.records.decision import AXES, Entry, Flag, Task, Verdict
from auroram.review.changes import changes
from auroram.review.clock import now
from auroram.review.desk import RefusedError, left_on
from auroram.review.queue import Wish
from auroram.review.state import State
from auroram.review.store.sessions import Session
from auroram.review.web.render import page
from auroram.review.web.site import CheckedForm, OfSite, Site, Visitor, require, text
from auroram.review.word import HIGHEST_SCORE, LONGEST_TEXT, Word

router = APIRouter()
Wished = Annotated[str, Query(max_length=100)]


@router.get("/{task}")
def desk_page(  # noqa: PLR0913, PLR0917 -- FastAPI hands a handler its parts
    request: Request,
    site: OfSite,
    session: Visitor,
    task: Task,
    language: Wished = "",
    concern: Wished = "",
) -> Response:
    """The draft in the reviewer's hands."""
    require(session, task)
    return _desk(request, site, session, task, Wish(language=language, concern=concern))


@router.post("/{task}")
def decide(
    request: Request, site: OfSite, session: Visitor, task: Task, form: CheckedForm
) -> Response:
    """Take a decision, and on to the next draft."""
    wish = Wish(language=text(form, "wish-language"), concern=text(form, "wish-concern"))
    try:
        word = parsed_word(form)
        site.desk.decide(session.account, task, text(form, "item"), word)
    except RefusedError as error:
        values = {"problem": str(error), "typed": text(form, "answer")}
        return _desk(request, site, session, task, wish, status=409, **values)
    return RedirectResponse(_address(task, wish), 303)


@router.post("/{task}/pass")
def pass_on(site: OfSite, session: Visitor, task: Task, form: CheckedForm) -> Response:
    """The reviewer would rather not; on to the next draft."""
    require(session, task)
    site.desk.pass_on(session.account, task, text(form, "item"))
    wish = Wish(language=text(form, "wish-language"), concern=text(form, "wish-concern"))
    return RedirectResponse(_address(task, wish), 303)


@router.post("/{task}/undo")
def undo(
    request: Request, site: OfSite, session: Visitor, task: Task, form: CheckedForm
) -> Response:
    """Take back the decision that the form names; its draft comes back."""
    number = text(form, "number")
    try:
        undone = site.desk.undo(session.account, int(number) if number.isdecimal() else 0)
    except RefusedError as error:
        return _desk(request, site, session, task, Wish(), status=409, problem=str(error))
    return RedirectResponse(_address(undone.decision.task, Wish()), 303)


@router.post("/{task}/changes")
def changes_part(
    request: Request, site: OfSite, session: Visitor, task: Task, form: CheckedForm
) -> Response:
    """What the edit changes so far."""
    require(session, task)
    with site.desk.reading() as state:
        item = state.items.get(text(form, "item"))
    if item is None:
        raise HTTPException(404, "There is no such draft.")
    after = text(form, "answer")[:LONGEST_TEXT]
    pieces = changes(item.draft.answer, after)
    return page(request, "changes", session=session, pieces=pieces, language=item.draft.language)


def parsed_word(form: FormData) -> Word:
    """What a form says, whatever was sent.

    Raises:
        RefusedError: where it names no verdict.
    """
    verdict = text(form, "verdict")
    for known in get_args(Verdict):
        if verdict == known:
            return Word(
                verdict=known,
                answer=text(form, "answer"),
                scores=_scores(form),
                flags=tuple(flag for flag in get_args(Flag) if flag in form.getlist("flag")),
                note=text(form, "note").strip(),
            )
    raise RefusedError("choose a verdict: accept, save as edited, reject or escalate")


def _scores(form: FormData) -> Mapping[str, int]:
    given = {axis: text(form, f"score-{axis}") for axis in AXES}
    return {axis: int(score) for axis, score in given.items() if score.isdecimal()}


def _desk(  # noqa: PLR0913 -- what the page shows
    request: Request,
    site: Site,
    session: Session,
    task: Task,
    wish: Wish,
    *,
    status: int = 200,
    problem: str = "",
    typed: str = "",
) -> Response:
    account = session.account
    with site.desk.handing_out(account, task, wish) as (handed, state):
        last = state.last_of(account.id)
        before = _reviews(state, handed.item.draft.id) if handed and task == "adjudicate" else []
        reason = state.standings[handed.item.draft.id].reason if handed else ""
        left = left_on(state, account, now()[:10])
        choices = {"language": sorted(state.languages), "concern": sorted(state.concerns)}
    return page(
        request, "desk", session=session, status=status, task=task, handed=handed, last=last,
        before=before, reason=reason, wish=wish, problem=problem, typed=typed, left=left,
        axes=AXES, scores=range(HIGHEST_SCORE + 1), choices=choices,
    )  # fmt: skip


def _reviews(state: State, item: str) -> list[Entry]:
    """The reviews that an adjudicator weighs; who made them is not shown."""
    return [entry for entry in state.live[item] if entry.decision.task == "review"]


def _address(task: Task, wish: Wish) -> str:
    chosen = {"language": wish.language, "concern": wish.concern}
    query = urlencode({name: value for name, value in chosen.items() if value})
    return f"/{task}?{query}" if query else f"/{task}"
