"""The application: routes, and what becomes of errors."""

from urllib.parse import quote

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles

from auroram.review.store.sessions import Session
from auroram.review.web import desk_pages, door_pages, own_pages, watch_pages
from auroram.review.web.headers import Headers
from auroram.review.web.render import STATIC, page
from auroram.review.web.site import SignInError, Site, UnwarnedError, signed_in


def create_app(site: Site) -> FastAPI:
    """The web application of a desk."""
    app = FastAPI(title="Auroram review", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.site = site
    for pages in (door_pages, own_pages, watch_pages, desk_pages):
        app.include_router(pages.router)
    app.mount("/static", StaticFiles(directory=STATIC))
    app.add_exception_handler(SignInError, _to_login)
    app.add_exception_handler(UnwarnedError, _to_warning)
    app.add_exception_handler(HTTPException, _refusal)
    app.add_exception_handler(404, _missing)
    app.add_exception_handler(RequestValidationError, _missing)
    app.add_middleware(Headers)
    return app


def _to_login(request: Request, _error: Exception) -> Response:
    back = request.url.path if request.method == "GET" else request.headers.get("referer", "/")
    ended = "&ended=1" if request.cookies else ""
    address = f"/login?back={quote(door_pages.own_path(back))}{ended}"
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"hx-redirect": address})
    return RedirectResponse(address, 303)


def _to_warning(request: Request, _error: Exception) -> Response:
    return RedirectResponse(f"/warning?back={quote(door_pages.own_path(request.url.path))}", 303)


def _refusal(request: Request, error: Exception) -> Response:
    status, sentence = 500, ""
    if isinstance(error, HTTPException):
        status, sentence = error.status_code, error.detail
    return page(request, "refusal", session=_session(request), status=status, sentence=sentence)


def _missing(request: Request, _error: Exception) -> Response:
    sentence = "There is no such page."
    return page(request, "refusal", session=_session(request), status=404, sentence=sentence)


def _session(request: Request) -> Session | None:
    try:
        return signed_in(request, request.app.state.site)
    except SignInError:
        return None
