"""Coming in and going out: login, content warning, logout."""

import secrets
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Cookie, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from auroram.review.accounts import Account
from auroram.review.login import LoginError, TooManyError, log_in
from auroram.review.store.sessions import end_session, update_session
from auroram.review.web.render import page
from auroram.review.web.site import COOKIE, CheckedForm, OfSite, SignedIn, Site, Visitor, text

router = APIRouter()
KNOCK = "auroram_knock"
"""Cookie that a login form must match: there is no session yet to tie the form to."""


@router.get("/")
def home(session: Visitor) -> Response:
    """On to the first page that the role may see."""
    return RedirectResponse(first_page(session.account), 303)


@router.get("/login")
def login_page(request: Request, site: OfSite, back: str = "/", ended: str = "") -> Response:
    """The form to log in with."""
    problem = "Your session has ended. Log in to go on; what you typed is kept." if ended else ""
    return _login_form(request, site, problem=problem, back=own_path(back))


@dataclass(frozen=True, kw_only=True)
class LoginForm:
    """What the login form holds."""

    name: Annotated[str, Form()] = ""
    password: Annotated[str, Form()] = ""
    knock: Annotated[str, Form()] = ""
    back: Annotated[str, Form()] = "/"


@router.post("/login")
def login(
    request: Request,
    site: OfSite,
    form: Annotated[LoginForm, Depends()],
    known: Annotated[str, Cookie(alias=KNOCK)] = "",
) -> Response:
    """Begin a session."""
    if not known or not secrets.compare_digest(known.encode(), form.knock.encode()):
        raise HTTPException(403, "This form is out of date. Go back and log in again.")
    address, back = request.client.host if request.client else "", own_path(form.back)
    try:
        token = log_in(site.desk.database, form.name, form.password, address=address)
    except LoginError as error:
        status = 429 if isinstance(error, TooManyError) else 401
        problem = f"{str(error)[:1].upper()}{str(error)[1:]}."
        return _login_form(request, site, problem=problem, back=back, status=status, name=form.name)
    response = RedirectResponse(back, 303)
    _set_cookie(response, COOKIE, token, site)
    return response


@router.post("/logout")
def logout(site: OfSite, session: SignedIn, form: CheckedForm) -> Response:  # noqa: ARG001
    """End the session."""
    with site.desk.database.writing() as connection:
        end_session(connection, session)
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE)
    return response


@router.get("/warning")
def warning_page(request: Request, session: SignedIn, back: str = "/") -> Response:
    """What the texts are like, before the first is shown."""
    return page(request, "warning", session=session, back=own_path(back))


@router.post("/warning")
def warning_read(site: OfSite, session: SignedIn, form: CheckedForm) -> Response:
    """On to the texts."""
    with site.desk.database.writing() as connection:
        update_session(connection, session, warned=True)
    return RedirectResponse(own_path(text(form, "back")), 303)


def first_page(account: Account) -> str:
    """Where somebody of this role begins."""
    if account.may("review"):
        return "/review"
    return "/adjudicate" if account.may("adjudicate") else "/progress"


def own_path(address: str) -> str:
    """The path of an address if it is one of ours; never leads to another site."""
    path = urlsplit(address).path
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if plain and path not in ("/login", "/logout") else "/"


def _login_form(  # noqa: PLR0913 -- what the form shows
    request: Request, site: Site, *, problem: str, back: str, status: int = 200, name: str = ""
) -> Response:
    knock = secrets.token_urlsafe(16)
    response = page(
        request, "login", status=status, name=name, knock=knock, problem=problem, back=back
    )
    _set_cookie(response, KNOCK, knock, site)
    return response


def _set_cookie(response: Response, name: str, value: str, site: Site) -> None:
    response.set_cookie(name, value, httponly=True, samesite="strict", secure=site.secure)
