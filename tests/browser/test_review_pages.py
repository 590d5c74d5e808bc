"""The review pages in a real browser, by keyboard."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from review_desk import PASSWORD, add_drafts, draft

HOSTILE = (
    "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"> {{7*7}}"
)


def decide(page, *keys):
    """Show the texts, press the keys, and wait until the next draft is there."""
    before = page.locator("main").get_attribute("data-item")
    page.keyboard.press("Space")
    for key in keys:
        page.keyboard.press(key)
    expect(page.locator("main")).not_to_have_attribute("data-item", before)


def verdicts(site):
    return [(one.item, one.verdict) for one in site.log()]


def test_a_whole_review_needs_no_mouse(site):
    page = site.visit("Anna")
    expect(page.locator(".request .text")).to_have_css("filter", "blur(7.2px)")
    page.keyboard.press("a")
    assert site.log() == []  # a blurred text cannot be decided on
    decide(page, "1", "2", "2", "o", "a")
    page.keyboard.press("Space")
    page.keyboard.press("e")
    page.keyboard.press("End")
    page.keyboard.type(" Call a friend.")
    expect(page.locator("#changes ins")).to_have_text(" Call a friend.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("main")).to_have_attribute("data-item", "d3")
    decide(page, "r")
    expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    first, second, third = site.log()
    assert (first.verdict, second.verdict, third.verdict) == ("accept", "edit", "reject")
    assert (dict(first.scores), first.flags) == (
        {"harmlessness": 4, "explanation": 3},
        ("over-refusal",),
    )
    assert second.answer == draft().answer + " Call a friend."
    assert {one.actor for one in site.log()} == {"person"}


def test_what_is_typed_before_the_field_is_wired_up_is_compared(site):
    page = site.visit("Anna")
    page.evaluate(
        """document.addEventListener("htmx:afterSwap", () => {
             const answer = document.querySelector("#answer");
             answer.value += " Call a friend.";
             answer.dispatchEvent(new Event("input", { bubbles: true }));
           }, { once: true })"""
    )
    decide(page, "a")
    expect(page.locator("#changes ins")).to_have_text(" Call a friend.")


def test_undo_brings_the_draft_back_and_keeps_both_in_the_log(site):
    page = site.visit("Anna")
    decide(page, "r")
    page.keyboard.press("u")
    expect(page.locator("main")).to_have_attribute("data-item", "d1")
    decide(page, "a")
    assert verdicts(site) == [("d1", "reject"), ("d1", "undo"), ("d1", "accept")]


def test_two_at_one_queue_review_blind_and_a_conflict_is_adjudicated(site):
    anna, binh = site.visit("Anna"), site.visit("Binh")
    for page in (anna, binh):
        expect(page.locator("main")).to_have_attribute("data-item", "d1")
    decide(anna, "a")
    binh.reload()
    assert "accept" not in binh.locator(".texts").inner_text()
    decide(binh, "r")
    judge = site.visit("Judge")
    judge.get_by_role("link", name="Adjudicate").click()
    expect(judge.get_by_text("disagreement")).to_be_visible()
    expect(judge.get_by_role("heading", name="Review 2: reject")).to_be_visible()
    judge.keyboard.press("Space")
    judge.keyboard.press("a")
    expect(judge.get_by_text("Nothing waits for you")).to_be_visible()
    last = site.log()[-1]
    assert (last.item, last.task, last.verdict) == ("d1", "adjudicate", "accept")


def test_who_comes_too_late_is_told_and_nothing_is_recorded(site):
    anna, binh = site.visit("Anna"), site.visit("Binh")
    decide(anna, "x")
    binh.keyboard.press("Space")
    binh.keyboard.press("a")
    expect(binh.get_by_role("alert")).to_contain_text("others decided on this draft")
    expect(binh.locator("main")).to_have_attribute("data-item", "d2")
    assert verdicts(site) == [("d1", "escalate")]


def test_a_prompt_that_is_html_and_script_lies_still(site):
    add_drafts(site.database, [draft("hostile", request=HOSTILE, answer=HOSTILE, language="fi")])
    page = site.visit("Anna")
    page.goto(f"{site.url}/review?language=fi")
    page.keyboard.press("Space")
    expect(page.locator(".request .text")).to_have_text(HOSTILE)
    expect(page.locator(".request .text")).to_have_attribute("lang", "fi")
    page.keyboard.press("e")
    page.keyboard.type("<b>x</b>")
    expect(page.locator("#changes ins")).to_have_text("<b>x</b>")
    assert page.locator("main script, main img, main b").count() == 0
    assert page.title() == "Review · Auroram review"


def test_a_session_that_ended_loses_no_typed_word(site):
    page = site.visit("Anna")
    page.keyboard.press("Space")
    page.keyboard.press("e")
    page.keyboard.type("Kindly: ")
    expect(page.locator("#changes ins")).to_have_text("Kindly: ")
    page.context.clear_cookies()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    site.log_in(page, "Anna")
    page.get_by_role("button", name="I am ready").click()
    expect(page.locator("#answer")).to_have_value("Kindly: " + draft().answer)
    expect(page.locator("#changes ins")).to_have_text("Kindly: ")
    assert site.log() == []


def test_an_idle_session_expires(site):
    page = site.visit("Anna")
    site.leave_alone(29 * 60)
    page.reload()
    expect(page.locator("main")).to_have_attribute("data-item", "d1")
    site.leave_alone(31 * 60)
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("Your session has ended")


def test_the_question_mark_shows_the_keys_and_escape_hides_them(site):
    page = site.visit("Anna")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_a_concern_that_was_left_out_is_not_handed_out_and_a_day_can_end(site):
    page = site.visit("Anna")
    page.goto(f"{site.url}/you")
    page.get_by_label("harm").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Saved.")
    page.goto(f"{site.url}/review")
    expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    page.goto(f"{site.url}/you")
    page.get_by_label("harm").uncheck()
    page.get_by_label("Most decisions on one day").fill("1")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Saved.")
    page.goto(f"{site.url}/review")
    page.keyboard.press("Space")
    page.keyboard.press("a")
    expect(page.get_by_text("That is enough for today")).to_be_visible()


def test_the_pages_work_without_scripts(site):
    page = site.visit("Anna", java_script_enabled=False)
    page.get_by_text("Show the texts").click()
    page.get_by_role("button", name="Accept").click()
    expect(page.locator("main")).to_have_attribute("data-item", "d2")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("main")).to_have_attribute("data-item", "d1")
    assert verdicts(site) == [("d1", "accept"), ("d1", "undo")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(site, scheme):
    anna, binh = (site.visit(name, color_scheme=scheme) for name in ("Anna", "Binh"))
    decide(anna, "a")
    check(anna)
    anna.keyboard.press("Space")
    anna.keyboard.press("e")
    anna.keyboard.type("New. ")
    expect(anna.locator("#changes ins")).to_be_visible()
    check(anna)
    anna.keyboard.press("Escape")
    anna.keyboard.press("?")
    check(anna)
    decide(binh, "r")
    for page, paths in (
        (anna, ["/you", "/warning", "/nowhere"]),
        (site.visit("Judge", color_scheme=scheme), ["/adjudicate"]),
        (
            site.visit("Oiva", color_scheme=scheme),
            ["/progress", "/agreement", "/log", "/drafts/d1"],
        ),
        (site.chromium.new_page(color_scheme=scheme), ["/login"]),
    ):
        for path in paths:
            page.goto(site.url + path)
            check(page)
    for theme in ("contrast", "contrast-dark"):
        anna.goto(site.url + "/review")
        anna.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        check(anna)


def check(page):
    found = Axe().run(page).response["violations"]
    assert not found, [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]


def test_nothing_is_fetched_from_elsewhere_and_nothing_is_blocked(site):
    page = site.visit("Anna")
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.reload()
    decide(page, "a")
    assert asked and all(url.startswith(site.url) for url in asked)
    assert complaints == []
    assert PASSWORD not in page.content()
