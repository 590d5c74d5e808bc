"""What every handler is given: the desk, and who is asking."""

import secrets
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from starlette.datastructures import FormData

from auroram.review.accounts import Deed
from auroram.review.clock import now
from auroram.review.desk import Desk
from auroram.review.store.sessions import (
    Session,
    find_session,
    is_stale,
    update_session,
)

IDLE_SECONDS = 30 * 60.0
"""A session ends after this time without a request."""
COOKIE = "auroram_review"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A desk on the web."""

    desk: Desk
    idle_seconds: float = IDLE_SECONDS
    secure: bool = False
    """Whether browsers reach it by https, so that cookies are sent that way alone."""


class SignInError(Exception):
    """Nobody is logged in with this browser, or not any more."""


class UnwarnedError(Exception):
    """The content warning was not read in this session."""


# Async though it waits for nothing: FastAPI sends any other dependency to a thread.
async def site_of(request: Request) -> Site:
    """The site that the application serves."""
    site: Site = request.app.state.site
    return site


OfSite = Annotated[Site, Depends(site_of)]


def signed_in(request: Request, site: OfSite) -> Session:
    """The session of this browser.

    Raises:
        SignInError: where there is none.
    """
    at = now()
    with site.desk.database.reading() as connection:
        token = request.cookies.get(COOKIE, "")
        session = find_session(connection, token, at, idle_seconds=site.idle_seconds)
    if session is None:
        raise SignInError
    if is_stale(session, at, idle_seconds=site.idle_seconds):
        with site.desk.database.writing(durable=False) as connection:
            update_session(connection, session, seen_at=at)
    return session


SignedIn = Annotated[Session, Depends(signed_in)]


async def visitor(session: SignedIn) -> Session:
    """The session of somebody who has read the content warning.

    Raises:
        UnwarnedError: where they have not.
    """
    if not session.warned:
        raise UnwarnedError
    return session


Visitor = Annotated[Session, Depends(visitor)]


async def checked_form(request: Request, session: SignedIn) -> FormData:
    """The form that was sent, where it is one of ours and not another site's.

    Raises:
        HTTPException: 403 where it does not carry the session's word.
    """
    form = await request.form()
    if not secrets.compare_digest(text(form, "csrf").encode(), session.csrf.encode()):
        raise HTTPException(403, "This form is not from this session. Reload the page.")
    return form


CheckedForm = Annotated[FormData, Depends(checked_form)]


def text(form: FormData, name: str) -> str:
    """A field of a form as text, with the line ends that we store; empty where it is missing."""
    value = form.get(name, "")
    return value.replace("\r\n", "\n") if isinstance(value, str) else ""


def require(session: Session, deed: Deed) -> None:
    """Refuse who may not do this.

    Raises:
        HTTPException: 403.
    """
    if not session.account.may(deed):
        raise HTTPException(403, f"The role {session.account.role} does not allow this.")
