"""From drafts to CAT: what people decided is learnt, what software decided needs a word."""

from dataclasses import replace
from pathlib import Path

import pytest

import auroram
from auroram.errors import DataError
from auroram.ports import Inputs, Silent
from auroram.records.draft import Draft
from auroram.records.exchange import read_exchanges
from auroram.records.mixture import Mixture, Phase
from auroram.redteam.drafting import Caps, drafted
from auroram.redteam.seed_data import read_seed
from auroram.review.desk import Desk
from auroram.review.intake import Intake, take_in
from auroram.review.queue import Wish
from auroram.review.release.contents import contents_of
from auroram.review.release.reading import read_release
from auroram.review.release.writing import write_release
from auroram.review.stage import ReleasedExchanges, run
from auroram.review.store.database import Database
from auroram.review.word import Word
from auroram.safety.prompts import PLAIN, exchange_prompts
from auroram.train import stage as train
from auroram.vocabulary import stage as vocabulary
from review_desk import add_account

LANGUAGES = ("en", "fi", "hi", "ja", "vi")
SPLITS = ("train", "test")


def seed_drafts() -> list[Draft]:
    """The seed set as drafts: a request of each kind for each concern, language and split."""
    found = {
        exchange.id: _draft(exchange, split)
        for language in LANGUAGES
        for split in SPLITS
        for exchange in drafted(read_seed(language), split, Caps(harmful=1, benign=1), key=1)
    }
    return list(found.values())


def _draft(exchange, split) -> Draft:
    return Draft(
        id=exchange.id,
        language=exchange.language,
        kind=exchange.kind,
        concern=exchange.concern,
        request=exchange.request,
        answer=exchange.answer,
        template=f"{exchange.language}-{exchange.template}",
        split=split,
        source=exchange.source,
        licence=exchange.licence,
        source_date="2026-11-01",
        source_sha256="0" * 64,
        drafted_by="template",
    )


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    database = Database(str(tmp_path_factory.mktemp("desk") / "review.db"), create=True)
    take_in(database, seed_drafts(), Intake(), place="seed")
    yield Desk(database)
    database.close()


def decide_all(desk, kind):
    for name in ("first", "second"):
        who = add_account(desk.database, f"{kind} {name}", kind=kind, daily_cap=10_000)
        while (handed := desk.hand_out(who, "review", Wish())) is not None:
            desk.decide(who, "review", handed.item.draft.id, Word(verdict="accept"))


@pytest.fixture(scope="module")
def release(desk, tmp_path_factory):
    """The whole seed set, decided by two accounts of software."""
    decide_all(desk, "software")
    with desk.reading() as state:
        contents = contents_of(state)
    return write_release(contents, tmp_path_factory.mktemp("releases"), name="seed")[0]


def staged(release, tmp_path):
    inputs = Inputs(root=release.parent, name="safety-data", seed=1, stages={}, progress=Silent())
    return run(ReleasedExchanges(folder=release.name), inputs, tmp_path)


def test_the_seed_set_decided_by_software_is_released_as_unreviewed(release):
    found = read_release(release)
    assert len(found.items) == len(seed_drafts())
    assert (found.facts.people, found.facts.decisions_by_people, found.facts.reviewed) == (0, 0, 0)
    assert found.facts.decisions_by_software == 2 * len(seed_drafts())


def test_its_exchanges_stay_unreviewed_and_every_page_says_so(release, tmp_path):
    outcome = staged(release, tmp_path)
    for split in SPLITS:
        exchanges = list(read_exchanges(tmp_path / "exchanges" / f"{split}.jsonl"))
        assert exchanges and not any(one.reviewed for one in exchanges)
    assert "reviewed by no person" in outcome.notices[0]


def test_a_person_among_the_deciders_makes_an_exchange_reviewed(tmp_path):
    database = Database(str(tmp_path / "review.db"), create=True)
    take_in(database, seed_drafts()[:4], Intake(reviews=1), place="seed")
    desk = Desk(database)
    who = add_account(database, "Anna")
    for _ in range(3):
        handed = desk.hand_out(who, "review", Wish())
        desk.decide(who, "review", handed.item.draft.id, Word(verdict="accept"))
    with desk.reading() as state:
        place, facts = write_release(contents_of(state), tmp_path, name="mine")
    database.close()
    outcome = staged(place, tmp_path / "out")
    assert (facts.reviewed, facts.unreviewed, facts.open) == (3, 0, 1)
    assert outcome.notices == ()


def test_an_attack_is_assessed_as_one_also_where_people_decided_on_it(tmp_path):
    plain = next(one for one in seed_drafts() if (one.split, one.kind) == ("test", "harmful"))
    dressed = replace(plain, id="d", request="Q", mutations=("base64", "role-play"))
    database = Database(str(tmp_path / "review.db"), create=True)
    take_in(database, [plain, dressed], Intake(reviews=1), place="seed")
    desk = Desk(database)
    who = add_account(database, "Anna")
    for one in (plain, dressed):
        desk.hand_out(who, "review", Wish())
        desk.decide(who, "review", one.id, Word(verdict="accept"))
    with desk.reading() as state:
        place, _ = write_release(contents_of(state), tmp_path, name="mine")
    database.close()
    staged(place, tmp_path / "out")
    asked = exchange_prompts(tmp_path / "out" / "exchanges" / "test.jsonl", "mine")
    assert {one.id: one.attack for one in asked} == {
        plain.id: PLAIN,
        "d": "base64+role-play",
    }


def test_cat_refuses_what_software_decided_without_the_recipes_word(
    release, tmp_path, training_inputs, tiny_training
):
    staged(release, tmp_path / "safety-data")
    inputs = training_inputs("tokens", **{"safety-data": tmp_path / "safety-data"})
    vocabulary.run(vocabulary.Tokens(exchanges=("safety-data",)), inputs, tmp_path / "tokens")
    mixture = Mixture(phases=(Phase(weights={"safety": 1}),), replay=0.0)
    options = {"mixture": mixture, "sequence_tokens": 1024, "batch_tokens": 2048}
    cat = tiny_training(**options, budget_tokens=4096, micro_batch_tokens=1024)
    inputs = training_inputs("cat", tokens=tmp_path / "tokens")
    with pytest.raises(DataError, match="were not reviewed by people"):
        train.run(cat, inputs, tmp_path / "cat")
    outcome = train.run(replace(cat, allow_unreviewed=True), inputs, tmp_path / "cat")
    assert any("no person reviewed" in notice for notice in outcome.notices)


def test_no_decision_is_shipped():
    shipped = Path(auroram.__file__).parent
    assert not list(shipped.rglob("decisions.jsonl"))
    assert not list(shipped.rglob("*.db"))
