"""A real Chromium at a real desk."""

import shutil

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect, sync_playwright

from auroram.review.clock import now, seconds_from
from auroram.review.store.database import Database
from auroram.review.store.log import entries_after
from auroram.review.store.schema import SESSIONS
from review_desk import PASSWORD, add_account, add_drafts, draft
from review_site import served

CHROMIUM = "/usr/bin/chromium"
PATIENCE_MS = 60_000
"""A loaded machine must not fail a test for being slow."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def chromium():
    if not shutil.which(CHROMIUM):
        pytest.skip("no Chromium is installed; apt-get install chromium")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Site:
    """A desk with accounts, and browsers at it."""

    def __init__(self, chromium, database, url):
        self.chromium, self.database, self.url = chromium, database, url
        self.contexts = []

    def visit(self, name, **options):
        """A fresh browser in which the account has logged in and read the warning."""
        context = self.chromium.new_context(reduced_motion="reduce", **options)
        self.contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.goto(self.url)
        self.log_in(page, name)
        page.get_by_role("button", name="I am ready").click()
        page.wait_for_url(lambda url: "/warning" not in url and "/login" not in url)
        return page

    def log_in(self, page, name):
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")

    def leave_alone(self, seconds):
        """As if nobody had asked for a page for so long."""
        with self.database.writing() as connection:
            connection.execute(sa.update(SESSIONS), {"seen_at": seconds_from(now(), -seconds)})

    def log(self):
        with self.database.reading() as connection:
            return [entry.decision for entry in entries_after(connection, 0)]


@pytest.fixture
def site(chromium, tmp_path):
    """A desk with three English drafts and one account of each role."""
    database = Database(str(tmp_path / "review.db"), create=True)
    add_drafts(database, [draft(f"d{n}") for n in (1, 2, 3)])
    for name, role in (
        ("Anna", "reviewer"),
        ("Binh", "reviewer"),
        ("Judge", "adjudicator"),
        ("Oiva", "owner"),
    ):
        add_account(database, name, role=role)
    with served(database) as url:
        here = Site(chromium, database, url)
        yield here
        for context in here.contexts:
            context.close()
    database.close()
