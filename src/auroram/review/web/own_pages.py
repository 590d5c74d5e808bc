"""What each account chooses for itself."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from auroram.review.clock import now
from auroram.review.desk import left_on
from auroram.review.store.accounts import update_account
from auroram.review.store.sessions import Session
from auroram.review.web.render import page
from auroram.review.web.site import CheckedForm, OfSite, Visitor, text

router = APIRouter()
THEMES = {
    "auto": "As the system",
    "light": "Light",
    "dark": "Dark",
    "contrast": "High contrast, light",
    "contrast-dark": "High contrast, dark",
}
HIGHEST_CAP = 500
"""Highest that one may choose; an owner can give an account more."""


@router.get("/you")
def own_page(request: Request, site: OfSite, session: Visitor, saved: str = "") -> Response:
    """The form with what was chosen."""
    with site.desk.reading() as state:
        concerns = sorted(state.concerns)
        left = left_on(state, session.account, now()[:10])
    return page(
        request, "you", session=session, concerns=concerns, themes=THEMES, saved=bool(saved),
        left=left, highest_cap=_highest_cap(session),
    )  # fmt: skip


@router.post("/you")
def choose(site: OfSite, session: Visitor, form: CheckedForm) -> Response:
    """Keep what was chosen."""
    theme, cap = text(form, "theme"), text(form, "daily-cap")
    values: dict[str, object] = {"opt_outs": sorted(map(str, form.getlist("opt-out")))[:100]}
    if theme in THEMES:
        values["theme"] = theme
    if cap.isdecimal() and 1 <= int(cap) <= _highest_cap(session):
        values["daily_cap"] = int(cap)
    with site.desk.database.writing() as connection:
        update_account(connection, session.account.id, **values)
    return RedirectResponse("/you?saved=1", 303)


def _highest_cap(session: Session) -> int:
    return max(HIGHEST_CAP, session.account.daily_cap)
