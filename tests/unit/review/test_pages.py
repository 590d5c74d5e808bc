"""What the pages refuse, over real HTTP."""

import re

import httpx
import pytest
import sqlalchemy as sa

from auroram.review.login import MOST_FAILURES
from auroram.review.store.database import Database
from auroram.review.store.log import entries_after
from review_desk import PASSWORD, add_account, add_drafts, draft
from review_site import served


@pytest.fixture
def site(tmp_path):
    database = Database(str(tmp_path / "review.db"), create=True)
    add_drafts(database, [draft("d1"), draft("d2", request="</div><script>alert(1)</script>")])
    for name, role in (("Anna", "reviewer"), ("Oiva", "owner")):
        add_account(database, name, role=role)
    with served(database) as url, httpx.Client(base_url=url, trust_env=False) as client:
        yield client, database
    database.close()


def field(page, name):
    return re.search(rf'name="{name}" value="([^"]*)"', page.text)[1]


def log_in(client, name="Anna", password=PASSWORD, back="/"):
    knock = field(client.get("/login"), "knock")
    form = {"name": name, "password": password, "knock": knock, "back": back}
    answer = client.post("/login", data=form)
    if answer.status_code == 303:
        csrf = field(client.get("/warning"), "csrf")
        client.post("/warning", data={"csrf": csrf})
    return answer


def decisions(database):
    with database.reading() as connection:
        return entries_after(connection, 0)


@pytest.mark.parametrize("path", ["/", "/review", "/progress", "/log", "/drafts/d1", "/you"])
def test_every_page_asks_who_you_are(site, path):
    answer = site[0].get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/login?back={path}")


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(site):
    wrong, unknown = log_in(site[0], password="x" * 12), log_in(site[0], name="Nobody")
    assert wrong.status_code == unknown.status_code == 401
    assert "do not go together" in wrong.text and "do not go together" in unknown.text


def test_after_some_failures_even_the_right_password_waits(site):
    for _ in range(MOST_FAILURES):
        log_in(site[0], password="wrong password")
    answer = log_in(site[0])
    assert answer.status_code == 429
    assert "wait a quarter of an hour" in answer.text


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example/x", "/\\evil.example"])
def test_a_login_never_leads_to_another_site(site, back):
    assert log_in(site[0], back=back).headers["location"] in ("/", "/x")


def test_a_form_of_another_site_is_refused(site):
    client, database = site
    log_in(client)
    form = {"item": "d1", "verdict": "accept", "csrf": "guessed"}
    assert client.post("/review", data=form).status_code == 403
    del form["csrf"]
    assert client.post("/review", data=form).status_code == 403
    assert decisions(database) == []


def test_a_reviewer_sees_neither_the_log_nor_agreement_and_an_owner_does_not_review(site):
    client, _ = site
    log_in(client)
    for path in ("/progress", "/agreement", "/log", "/drafts/d1", "/adjudicate"):
        assert client.get(path).status_code == 403, path
    client.cookies.clear()
    log_in(client, "Oiva")
    assert client.get("/log").status_code == 200
    assert client.get("/review").status_code == 403


def test_a_nonsense_form_is_answered_and_not_recorded(site):
    client, database = site
    log_in(client)
    csrf = field(client.get("/review"), "csrf")
    for verdict in ("", "undo", "explode"):
        form = {"item": "d1", "verdict": verdict, "csrf": csrf}
        assert client.post("/review", data=form).status_code == 409
    form = {"item": "d1", "verdict": "accept", "score-culture": "9", "csrf": csrf}
    assert client.post("/review", data=form).status_code == 409
    assert client.post("/review", data={"note": "x" * 2_000_000}).status_code == 413
    assert decisions(database) == []


def test_after_logout_the_cookie_opens_nothing(site):
    client, _ = site
    log_in(client)
    kept = dict(client.cookies)
    client.post("/logout", data={"csrf": field(client.get("/you"), "csrf")})
    client.cookies.update(kept)
    assert client.get("/review").status_code == 303


def test_the_cookie_is_for_this_site_alone_and_out_of_scripts_reach(site):
    stated = log_in(site[0]).headers["set-cookie"].lower()
    assert "httponly" in stated and "samesite=strict" in stated


def test_every_page_forbids_foreign_and_inline_code(site):
    client, _ = site
    log_in(client)
    for path in ("/review", "/login", "/nowhere", "/static/review.js"):
        policy = client.get(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
    page = client.get("/review?concern=harm").text
    assert "<script>alert" not in page


def test_an_account_that_was_closed_is_out_at_once(site):
    client, database = site
    log_in(client)
    with database.writing() as connection:
        connection.execute(sa.text("UPDATE accounts SET active = false"))
    assert client.get("/review").status_code == 303


@pytest.mark.parametrize(
    ("name", "path"),
    [("Anna", "/review"), ("Anna", "/you"), ("Oiva", "/progress"), ("Oiva", "/drafts/d1")],
)
def test_a_concern_is_called_by_its_title_with_its_id_beside(site, name, path):
    client, _ = site
    log_in(client, name)
    assert 'Harm to oneself or others <small class="id">harm</small>' in client.get(path).text


def test_a_concern_that_the_taxonomy_does_not_know_keeps_its_id(site):
    client, database = site
    add_drafts(database, [draft("d3", concern="eels"), draft("d4", concern="")])
    log_in(client, "Oiva")
    page = client.get("/progress").text
    assert "<td>eels</td>" in page and "<td>General</td>" in page


def test_the_progress_page_says_where_accounts_are_too_few(site):
    client, database = site
    add_drafts(database, [draft("d3", language="fi")])
    add_account(database, "Judge", role="adjudicator", languages=("en",))
    add_account(database, "Binh", languages=("en",))
    log_in(client, "Oiva")
    assert "Too few accounts: in fi 1 account may review" in client.get("/progress").text


def test_a_reviewer_is_told_what_the_concern_is_in_the_drafts_language(site):
    client, database = site
    add_drafts(database, [draft("d3", concern="cyber", language="fi")])
    log_in(client)
    page = client.get("/review?language=fi").text
    assert '<span lang="fi">Pyynn\u00f6t, joissa haetaan apua toisten tilien' in page
    assert "no native reader has checked these words" in page
