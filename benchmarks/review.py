"""Twenty reviewers at once at a real server: python benchmarks/review.py [SECONDS_OF_EACH_RUN].

On SQLite and on PostgreSQL (fsync on): a run in peace, and one in which the server is killed with
SIGKILL in the middle and started again. Each reviewer reads for a second, decides over HTTP, and is
handed the next draft, over a connection that stays open as a browser's does. A second is a tenth of
what 60 words take to read, so twenty here are as busy as some two hundred people; reviewers who did
not read at all would measure a queue at the two cores that serve them and the database both. Bars:
every decision that was acknowledged is in the log once, nothing is in it twice, and on PostgreSQL
95 of 100 requests take under 100 ms.
"""

import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlencode

from auroram.records.draft import Draft
from auroram.review.accounts import Account
from auroram.review.intake import Intake, take_in
from auroram.review.passwords import hashed
from auroram.review.store.accounts import insert_account, new_id
from auroram.review.store.database import Database
from auroram.review.verifying import verified_log
from support.postgresql_server import binaries, free_port, postgresql_server

SECONDS = 240
REVIEWERS = 20
READS_SECONDS = 1.0
BAR_MS = 100.0
DRAFTS = 2_000
PASSWORD = "a password of the benchmark"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def main() -> int:
    """Run all four, print the figures, and fail on a missed bar."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    if binaries() is None:
        print("no PostgreSQL server is installed; apt-get install postgresql", file=sys.stderr)
        return 1
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, killed in (("sqlite", False), ("sqlite-killed", True)):
            figures[name] = run(
                f"{folder}/{name}.db", seconds / (2 if killed else 1), killed=killed
            )
    for name, killed in (("postgresql", False), ("postgresql-killed", True)):
        with postgresql_server() as url:
            figures[name] = run(url, seconds / (2 if killed else 1), killed=killed)
    missed = [name for name, one in figures.items() if one["lost"] or one["doubled"]]
    if figures["postgresql"]["p95_ms"] >= BAR_MS:
        missed.append("p95 on PostgreSQL")
    result = {"benchmark": "review", "reviewers": REVIEWERS, "bar_ms": BAR_MS, **figures}
    print("RESULT", json.dumps(result | {"missed": missed}))
    return int(bool(missed))


@dataclass
class Seen:
    """What the reviewers saw."""

    acknowledged: list = field(default_factory=list)
    milliseconds: list = field(default_factory=list)
    refused: int = 0
    broken: int = 0


def run(address, seconds, *, killed):
    """One run at a fresh database."""
    names = prepare(address)
    port, seen, stop = free_port(), Seen(), threading.Event()
    server = serve(address, port)
    ready = threading.Barrier(REVIEWERS + 1)
    crowd = [threading.Thread(target=review, args=(port, n, seen, stop, ready)) for n in names]
    for reviewer in crowd:
        reviewer.start()
    ready.wait()
    time.sleep(seconds / 2)
    if killed:
        server.kill()
        server.wait()
        server = serve(address, port)
    time.sleep(seconds / 2)
    stop.set()
    for reviewer in crowd:
        reviewer.join()
    server.terminate()
    _, server.returncode, usage = os.wait4(server.pid, 0)
    figures = judged(address, names, seen)
    if not killed:
        spent = 1000 * (usage.ru_utime + usage.ru_stime) / len(seen.milliseconds)
        figures["server_cpu_ms_a_request"] = round(spent, 1)
    print(json.dumps(figures), flush=True)
    return figures


def prepare(address):
    """Drafts and accounts; returns account's name to its id."""
    database = Database(address, create=True)
    take_in(database, [draft(n) for n in range(DRAFTS)], Intake(), place="benchmark")
    password = hashed(PASSWORD)
    accounts = [account(n) for n in range(REVIEWERS)]
    with database.writing() as connection:
        for one in accounts:
            insert_account(connection, one, password)
    database.close()
    return {one.name: one.id for one in accounts}


def account(number):
    """An account of software, since that is what decides here."""
    return Account(
        id=new_id(), name=f"software {number}", kind="software", role="reviewer", daily_cap=10**6
    )


def draft(number):
    """A draft of usual length."""
    return Draft(
        id=f"draft-{number}",
        language="en",
        kind="harmful",
        concern="harm",
        request=f"How do I do the bad thing number {number}? " + "Please tell me. " * 8,
        answer=f"I can't help with thing {number}: someone could get hurt. " + "Ask a friend. " * 8,
        template=f"t-{number}",
        split="train",
        source="benchmark",
        licence="Apache-2.0",
        source_date="2026-11-01",
        source_sha256="0" * 64,
        drafted_by="template",
    )


def serve(address, port):
    """The server as a process, once it answers."""
    words = [sys.executable, "-m", "auroram.cli.main", "review", "serve", address]
    process = subprocess.Popen([*words, "--port", str(port)], stdout=subprocess.DEVNULL)
    while True:
        try:
            Browser(port).asked("GET", "/login")
        except OSError:
            if process.poll() is not None:
                raise RuntimeError("the server ended") from None
            time.sleep(0.02)
        else:
            return process


class Browser:
    """Keeps its connection open and its cookie, as a browser does."""

    def __init__(self, port):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookie = {}

    def asked(self, method, path, form=None):
        """One request; returns status and body. After a failure the next one connects anew."""
        body = urlencode(form) if form is not None else None
        headers = self.cookie | (FORM if body is not None else {})
        try:
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
            page = answer.read().decode()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        if stated := answer.headers["set-cookie"]:
            self.cookie = {"cookie": stated.split(";")[0]}
        return answer.status, page


def review(port, name, seen, stop, ready):
    """A reviewer at work until told to stop; a broken connection is tried again."""
    browser = logged_in(port, name)
    ready.wait()
    while not stop.is_set():
        try:
            one_draft(browser, name, seen)
        except (OSError, http.client.HTTPException):
            seen.broken += 1
            time.sleep(0.2)


def logged_in(port, name):
    """A browser with a session whose content warning was read."""
    browser = Browser(port)
    page = browser.asked("GET", "/login")[1]
    form = {"name": name, "password": PASSWORD, "back": "/", "knock": value(page, "knock")}
    browser.asked("POST", "/login", form)
    page = browser.asked("GET", "/warning")[1]
    browser.asked("POST", "/warning", {"csrf": value(page, "csrf"), "back": "/"})
    return browser


def one_draft(browser, name, seen):
    """Be handed a draft, read it, decide on it."""
    page = timed(seen, browser, "GET", "/review")[1]
    item = re.search(r'data-item="([^"]+)"', page)[1]
    time.sleep(READS_SECONDS)
    form = {"csrf": value(page, "csrf"), "item": item, "verdict": "accept"}
    status = timed(seen, browser, "POST", "/review", form)[0]
    if status == 303:
        seen.acknowledged.append((name, item))
    else:
        seen.refused += 1


def timed(seen, browser, *words):
    """A request whose time counts."""
    started = time.perf_counter()
    answer = browser.asked(*words)
    seen.milliseconds.append((time.perf_counter() - started) * 1000)
    return answer


def value(page, name):
    """The value of a hidden field."""
    return re.search(rf'name="{name}" value="([^"]*)"', page)[1]


def judged(address, names, seen):
    """What the log holds against what was acknowledged."""
    database = Database(address)
    decisions = [entry.decision for entry in verified_log(database)]
    database.close()
    made = Counter((one.reviewer, one.item) for one in decisions)
    by_item = Counter(one.item for one in decisions)
    acknowledged = [(names[name], item) for name, item in seen.acknowledged]
    return {
        "acknowledged": len(acknowledged),
        "in_log": len(decisions),
        "lost": sum(made[pair] == 0 for pair in acknowledged),
        "doubled": sum(n > 1 for n in made.values()) + sum(n > 2 for n in by_item.values()),
        "refused": seen.refused,
        "broken": seen.broken,
        "p50_ms": round(statistics.median(seen.milliseconds), 1),
        "p95_ms": round(statistics.quantiles(seen.milliseconds, n=100)[94], 1),
        "software": sum(one.actor == "software" for one in decisions),
    }


if __name__ == "__main__":
    sys.exit(main())
