"""Evaluation texts are looked for in documents, and listed by document and by item."""

import gzip
import json
import pickle
import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auroram.corpus.decontamination import (
    Decontamination,
    Decontaminator,
    EvaluationSet,
    merged,
)
from auroram.errors import DataError
from auroram.text.buffers import Buffer

LEAKS = {
    "en": "Everyone has the right to a standard of living adequate for the health and well-being "
    "of himself and of his family, including food.",
    "fi": "Jokaisella on oikeus elintasoon, joka on riittävä turvaamaan hänen ja hänen perheensä "
    "terveyden ja hyvinvoinnin, ravinnon ja vaatetuksen.",
    "hi": "प्रत्येक व्यक्ति को ऐसे जीवनस्तर को प्राप्त करने का अधिकार है जो उसे और उसके परिवार के "
    "स्वास्थ्य एवं कल्याण के लिए पर्याप्त हो।",
    "ja": "すべて人は、衣食住、医療及び必要な社会的施設等により、自己及び家族の健康及び福祉に"
    "十分な生活水準を保持する権利を有する。",
    "vi": "Ai cũng có quyền được hưởng một mức sống khả quan về phương diện sức khỏe và an lạc "
    "cho bản thân và gia đình kể cả thực phẩm.",
}


def parquet(rows):
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return sink.getvalue().to_pybytes()


PARQUET = parquet([{"body": "x"}])


def decontaminator(tmp_path, lines, **options):
    (tmp_path / "udhr.txt").write_text("\n".join(lines))
    sets = {"udhr": EvaluationSet(files=("udhr.txt",))}
    return Decontaminator.open(Decontamination(sets=sets, **options), tmp_path)


def judged(index, texts):
    return index.judge([f"d{n}" for n in range(len(texts))], Buffer.of(texts))


@pytest.mark.parametrize("language", LEAKS)
def test_a_planted_leak_is_found(tmp_path, language):
    leak = LEAKS[language]
    found = judged(decontaminator(tmp_path, [leak]), ["Clean text.", f"¶ 1. {leak.upper()} »2«"])
    assert found.failures[0] is None
    assert found.failures[1].rule == "contaminated"
    assert found.failures[1].detail.startswith("udhr: udhr.txt:1 (")


def test_a_leak_in_decomposed_letters_is_found_once_documents_are_composed(tmp_path):
    index = decontaminator(tmp_path, [unicodedata.normalize("NFD", LEAKS["vi"])])
    assert judged(index, [LEAKS["vi"]]).contaminated.tolist() == [True]


@pytest.mark.parametrize("language", LEAKS)
def test_other_texts_of_the_language_are_clean(tmp_path, language):
    index = decontaminator(tmp_path, [LEAKS[language]])
    words = LEAKS[language].split() if language != "ja" else list(LEAKS["ja"])
    rng = np.random.default_rng(0)
    texts = [("" if language == "ja" else " ").join(rng.permutation(words)) for _ in range(300)]
    assert not judged(index, texts).contaminated.any()


def test_the_side_car_says_which_item_stands_where(tmp_path):
    index = decontaminator(tmp_path, ["Article 1", LEAKS["fi"]])
    row = judged(index, ["", "Öö. " + LEAKS["fi"] + " Loppu."]).table.to_pylist()[0]
    assert (row["id"], row["set"], row["item"]) == ("d1", "udhr", "udhr.txt:2")
    assert (row["start"], row["end"]) == (4, 4 + len(LEAKS["fi"]) - 1)
    assert (row["share"], row["units"]) == (1.0, row["windows"] + 12)


def test_every_item_is_listed_with_the_documents_that_hold_it(tmp_path):
    index = decontaminator(tmp_path, [LEAKS["en"], LEAKS["vi"], "Too short."])
    found = judged(index, [LEAKS["en"], "clean", LEAKS["en"] + "\n" + LEAKS["vi"]])
    items = index.items(merged([found.table])).to_pylist()
    assert [item["ids"] for item in items] == [["d0", "d2"], ["d2"], []]
    assert [item["documents"] for item in items] == [2, 1, 0]
    assert items[2]["windows"] == 0


def test_several_short_lines_are_one_run_of_words(tmp_path):
    lines = [" ".join(LEAKS["en"].split()[n : n + 3]) for n in range(0, 24, 3)]
    assert judged(decontaminator(tmp_path, lines), [LEAKS["en"]]).contaminated.all()


def test_a_small_part_of_a_long_item_is_listed_but_does_not_drop(tmp_path):
    notice = "licensed under the terms of some licence that each and every file repeats here"
    item = notice + " " + " ".join(f"word{n}" for n in range(200))
    found = judged(decontaminator(tmp_path, [item]), [notice, item])
    assert [failure is not None for failure in found.failures] == [False, True]
    assert found.table["id"].to_pylist() == ["d0", "d1"]


def test_a_phrase_of_many_items_is_not_looked_for(tmp_path):
    phrase = " ".join(LEAKS["en"].split()[:14])
    items = [f"{phrase} {n}{n}{n}" for n in range(11)]
    assert not judged(decontaminator(tmp_path, items), [phrase]).contaminated.any()
    assert judged(decontaminator(tmp_path, items[:10]), [phrase]).contaminated.all()


SHORT = {
    "en": "Which river flows through the middle of Rovaniemi?",
    "hi": "भारत का सबसे लंबा पुल किस नदी पर है?",
    "ja": "次の都市のうち、日本で最も古い図書館があるのはどの県の県庁所在地ですか。",
}


def exam(tmp_path, questions, **options):
    lines = (json.dumps({"text": question}) + "\n" for question in questions)
    (tmp_path / "exam.jsonl").write_text("".join(lines))
    sets = {"exam": EvaluationSet(files=("exam.jsonl",))}
    return Decontaminator.open(Decontamination(sets=sets, **options), tmp_path)


@pytest.mark.parametrize("language", SHORT)
def test_an_item_shorter_than_a_window_is_looked_for_whole(tmp_path, language):
    index, asked = exam(tmp_path, SHORT.values()), SHORT[language]
    found = judged(index, [f"Aa. {asked.lower()} Bb.", asked[3:], asked[: 3 * len(asked) // 4]])
    assert found.contaminated.tolist() == [True, False, False]
    (row,) = found.table.to_pylist()
    assert (row["windows"], row["share"]) == (1, 1.0)
    assert f"Aa. {asked} Bb."[row["start"] : row["end"]] == asked.rstrip("?。")


def test_a_short_line_alone_is_enough_though_its_neighbours_are_not_there(tmp_path):
    lines = [LEAKS["fi"], "Jokaisella on oikeus elämään ja vapauteen ja henkilökohtaiseen turvaan."]
    found = judged(decontaminator(tmp_path, [*lines, LEAKS["vi"]]), [f"Näin: {lines[1]} Niin."])
    assert found.failures[0].detail.startswith("udhr: udhr.txt:2")
    (row,) = found.table.to_pylist()
    assert (row["windows"], row["units"]) == (1, 9)


def test_items_too_short_to_look_for_are_counted(tmp_path):
    index = exam(tmp_path, [SHORT["en"], "Too short.", "図書館", LEAKS["en"]])
    (notice,) = index.notices()
    assert "2 of the 4 items of exam are too short to look for (under 8 words)" in notice
    assert not exam(tmp_path, [SHORT["en"]]).notices()
    assert not judged(exam(tmp_path, [SHORT["en"]], shortest_words=9), SHORT.values()).table


def test_what_short_items_share_with_all_others_is_not_looked_for(tmp_path):
    assert not judged(exam(tmp_path, [SHORT["en"]] * 11), [SHORT["en"]]).table


def test_rows_of_parquet_are_items_too(tmp_path):
    words = LEAKS["en"].split()
    row = {"n": 7, "question": " ".join(words[:8]), "choices": {"text": [" ".join(words[8:])]}}
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "exam.parquet")
    one = EvaluationSet(files=("exam.parquet",), fields=("question", "choices"))
    index = Decontaminator.open(Decontamination(sets={"exam": one}), tmp_path)
    assert judged(index, [LEAKS["en"]]).failures[0].detail.startswith("exam: exam.parquet:row 1")
    named = EvaluationSet(files=("exam.parquet",), fields=("choices", "question"), id="n")
    index = Decontaminator.open(Decontamination(sets={"exam": named}), tmp_path)
    assert judged(index, [" ".join(words[8:])]).table["item"].to_pylist() == ["7"]


def test_tagging_lists_and_keeps(tmp_path):
    found = judged(decontaminator(tmp_path, [LEAKS["en"]], action="tag"), [LEAKS["en"]])
    assert found.failures == [None]
    assert found.contaminated.tolist() == [True]
    assert len(found.table) == 1


def test_fields_of_json_lines_may_hold_lists_and_tables(tmp_path):
    words = LEAKS["en"].split()
    record = {"question": " ".join(words[:8]), "choices": {"text": [" ".join(words[8:])]}, "n": 1}
    with gzip.open(tmp_path / "exam.jsonl.gz", "wt") as file:
        file.write(json.dumps(record) + "\n")
    one = EvaluationSet(files=("exam.jsonl.gz",), fields=("question", "choices"))
    index = Decontaminator.open(Decontamination(sets={"exam": one}), tmp_path)
    assert judged(index, [LEAKS["en"]]).failures[0].detail.startswith("exam: exam.jsonl.gz:1")


def test_a_field_can_name_the_records(tmp_path):
    (tmp_path / "exam.jsonl").write_text(json.dumps({"n": 7, "text": LEAKS["en"]}) + "\n")
    one = EvaluationSet(files=("exam.jsonl",), id="n")
    index = Decontaminator.open(Decontamination(sets={"exam": one}), tmp_path)
    assert judged(index, [LEAKS["en"]]).table["item"].to_pylist() == ["7"]
    nameless = EvaluationSet(files=("exam.jsonl",), id="name")
    with pytest.raises(DataError, match=r"^exam.jsonl:1: no field 'name' to name it by"):
        Decontaminator.open(Decontamination(sets={"exam": nameless}), tmp_path)


def test_how_documents_are_batched_changes_nothing(tmp_path):
    index = pickle.loads(pickle.dumps(decontaminator(tmp_path, list(LEAKS.values()))))
    texts = [*LEAKS.values(), "clean", LEAKS["ja"] * 2]
    ids = [f"d{n}" for n in range(len(texts))]
    whole = index.judge(ids, Buffer.of(texts))
    parts = [index.judge([i], Buffer.of([text])) for i, text in zip(ids, texts, strict=True)]
    assert merged([whole.table]).equals(merged([part.table for part in parts]))
    assert whole.failures == [part.failures[0] for part in parts]


def test_without_sets_nothing_is_looked_for(tmp_path):
    found = judged(Decontaminator.open(Decontamination(), tmp_path), ["one", "two"])
    assert found.failures == [None, None] and len(found.table) == 0


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("gone.txt", None, "gone.txt: no such file"),
        ("empty.txt", b"\n \n", "empty.txt: no text to look for"),
        ("a.txt", b"\xff\xfe", "a.txt:1: not UTF-8"),
        ("a.txt.gz", b"\x1f\x8b\x08", "a.txt.gz: .*truncated or damaged"),
        ("a.jsonl", b"{", "a.jsonl:1: not JSON"),
        ("a.jsonl", b"[1]", "a.jsonl:1: not a JSON object"),
        ("a.jsonl", b'{"body": "x"}', "a.jsonl:1: no text in text .it holds 'body'"),
        ("a.pdf", b"x", "a.pdf: not an evaluation text"),
        ("gone.parquet", None, "gone.parquet: "),
        ("a.parquet", b"PAR1", "a.parquet: damaged"),
        ("b.parquet", PARQUET, "b.parquet:row 1: no text in text .it holds 'body'"),
    ],
)
def test_a_bad_evaluation_file_is_one_clear_sentence(tmp_path, name, content, says):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=says):
        Decontaminator.open(Decontamination(sets={"exam": EvaluationSet(files=(name,))}), tmp_path)
