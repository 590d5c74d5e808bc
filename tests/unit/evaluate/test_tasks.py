"""Task files, the rows behind them, and what a model is asked."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auroram.errors import DataError, RunError
from auroram.evaluate.rows.files import read_rows
from auroram.evaluate.rows.makers import MAKERS
from auroram.evaluate.rows.source import Source
from auroram.evaluate.tasks.catalog import find_tasks, known_names
from auroram.evaluate.tasks.filters import filtered
from auroram.evaluate.tasks.items import items_of
from auroram.evaluate.tasks.metrics import chosen, reply_score
from auroram.evaluate.tasks.task import FilterChain

LANGUAGES = ("en", "fi", "hi", "ja", "vi")
BASIC = """
task: capital
dataset_path: json
dataset_kwargs: {data_files: {test: rows.jsonl, train: rows.jsonl}}
output_type: multiple_choice
training_split: train
test_split: test
doc_to_text: "Q: {{question}}\\nA:"
doc_to_choice: options
doc_to_target: "{{label}}"
"""
ROWS = [{"question": f"{i}?", "options": [f"yes {i}", f"no {i}"], "label": i % 2} for i in range(6)]


def written(folder, text=BASIC, name="capital", rows=ROWS):
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return folder


def asked(folder, text=BASIC, name="capital", rows=ROWS):
    (task,) = find_tasks([name], [written(folder, text, name, rows)])
    source = Source(data={})
    return task, items_of(task, source.rows(task), source.examples(task))


def test_a_row_becomes_choices_after_one_question(tmp_path):
    _, items = asked(tmp_path)
    assert items[1].pairs == (("Q: 1?\nA:", " yes 1"), ("Q: 1?\nA:", " no 1"))
    assert items[1].gold == (1,)


def test_worked_examples_stand_before_the_question_and_are_never_the_item_itself(tmp_path):
    text = BASIC + "num_fewshot: 2\nfewshot_config: {sampler: first_n, split: test}\n"
    _, items = asked(tmp_path, text)
    assert items[0].pairs[0][0] == "Q: 1?\nA: no 1\n\nQ: 2?\nA: yes 2\n\nQ: 0?\nA:"
    assert all(item.pairs[0][0].count(item.row["question"]) == 1 for item in items)


def test_contexts_can_be_the_choices(tmp_path):
    text = BASIC.replace('doc_to_text: "Q: {{question}}\\nA:"', 'doc_to_text: "{{label}}"')
    text = text.replace('doc_to_target: "{{label}}"', "doc_to_target: question")
    _, items = asked(tmp_path, text)
    assert items[1].pairs == (("yes 1", " 1?"), ("no 1", " 1?"))
    assert items[1].gold == (1,)


def test_equal_items_have_equal_digests_and_others_do_not(tmp_path):
    _, items = asked(tmp_path, rows=[ROWS[0], ROWS[1], ROWS[0]])
    assert items[0].digest == items[2].digest != items[1].digest


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("process_docs: !function utils.run", "code of a file is not run"),
        ("output_type: loglikelihood", "output_type: cannot be used"),
        ("metric_list: [{metric: bleu}]", "one of acc, acc_bytes, acc_norm"),
        ("colour: red", "colour: cannot be used"),
        ("doc_to_text: '{{missing}}'", "does not fit a row"),
        ("doc_to_target: 7", "the right answer is none of the 2 choices"),
        ("num_fewshot: 9", "9 worked examples are wanted of 6"),
        ("a: [", "not YAML"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(tmp_path, change, told):
    with pytest.raises(DataError, match=told):
        asked(tmp_path, BASIC + change)


def test_a_template_cannot_reach_python(tmp_path):
    text = BASIC + 'doc_to_text: "{{question.__class__.__mro__}}"'
    with pytest.raises(DataError, match="does not fit a row"):
        asked(tmp_path, text)


def test_a_file_may_include_another_and_a_group_lists_names(tmp_path):
    written(tmp_path)
    (tmp_path / "short.yaml").write_text("include: capital.yaml\ntask: short\nlanguage: fi\n")
    (tmp_path / "both.yaml").write_text("group: both\ntask: [capital, short]\n")
    tasks = find_tasks(["both", "short"], [tmp_path])
    assert [(task.name, task.language) for task in tasks] == [("capital", "en"), ("short", "fi")]


def test_no_file_is_opened_but_the_one_that_is_asked_for(tmp_path):
    written(tmp_path)
    (tmp_path / "broken.yaml").write_text("a: [")
    assert [task.name for task in find_tasks(["capital"], [tmp_path])] == ["capital"]


def test_a_language_may_bring_words_and_lists_of_its_own(tmp_path):
    text = BASIC.replace('"Q: {{question}}\\nA:"', '"<ask>: {{question}}\\nA:"').replace(
        "doc_to_choice: options", "doc_to_choice: <choices>"
    )
    text += "languages: {fi: {ask: Kysymys, choices: [kyllä, ei]}, vi: {ask: Hỏi, choices: [có]}}\n"
    written(tmp_path, text)
    (task,) = find_tasks(["capital_fi"], [tmp_path])
    assert (task.texts.text, task.texts.choices) == ("Kysymys: {{question}}\nA:", ["kyllä", "ei"])


def test_an_unknown_name_lists_near_ones():
    with pytest.raises(DataError, match="near: number_words"):
        find_tasks(["number_word"])
    with pytest.raises(DataError, match="known: en, fi, hi, ja, vi"):
        find_tasks(["dates_sv"])


def test_every_task_of_ours_can_be_read():
    tasks = find_tasks(known_names())
    assert len(tasks) > 100
    assert {task.form for task in tasks} == {
        "multiple_choice", "loglikelihood_rolling", "generate_until"
    }  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_made_rows_are_the_same_each_time_and_have_one_right_answer(language):
    for name in ("number_words", "dates", "territories", "emoji", "copying"):
        splits = MAKERS[name](language=language, items=40)
        assert splits == MAKERS[name](language=language, items=40)
        for row in splits["test"]:
            assert len(set(row["choices"])) == 4
            right = row.get("words") or row.get("name") or row["value"]
            assert row["choices"][row["answer"]] == right


def test_number_words_and_dates_are_exact():
    words = {row["number"]: row["words"] for row in MAKERS["number_words"](language="fi")["test"]}
    assert words["589"] == "viisisataakahdeksankymmentäyhdeksän"
    dates = {row["date"]: row["words"] for row in MAKERS["dates"](language="vi")["test"]}
    assert dates["1973-03-07"] == "7 tháng 3, 1973"


def test_json_csv_parquet_and_text_give_rows(tmp_path):
    rows = [{"a": "1", "b": "x, y"}, {"a": "2", "b": "z"}]
    (tmp_path / "r.json").write_text(json.dumps({"examples": rows}))
    (tmp_path / "r.csv").write_text('a,b\n1,"x, y"\n2,z\n')
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "r.parquet")
    (tmp_path / "r.txt").write_text("one\n\ntwo\n")
    assert read_rows(tmp_path / "r.json", {"field": "examples"}) == rows
    assert read_rows(tmp_path / "r.csv") == read_rows(tmp_path / "r.parquet") == rows
    assert read_rows(tmp_path / "r.txt") == [{"text": "one"}, {"text": "two"}]


def test_a_users_folder_stands_in_for_a_tasks_own_data(tmp_path):
    row = {
        "question_stem": "The sun is",
        "choices": {"text": ["a star", "a stone"], "label": ["A", "B"]},
        "answerKey": "B",
    }
    (tmp_path / "test.jsonl").write_text(json.dumps(row))
    (task,) = find_tasks(["openbookqa"])
    source = Source(data={"openbookqa": tmp_path})
    (item,) = items_of(task, source.rows(task), source.examples(task))
    assert (item.choices, item.gold) == (("a star", "a stone"), (1,))


def mgsm(question, answer, number):
    return {"question": question, "answer": answer, "answer_number": number}


MGSM = mgsm("問題：2と3の和は？", "ステップごとの答え： 2+3=5。答えは5です。", 5)
CHOICES = {f"choice{number}": f"語{number}" for number in range(5)}
ARC = {f"option_{letter}": letter * 2 for letter in "abcd"} | {"option_e": None}


@pytest.mark.parametrize(
    ("name", "row", "asked", "right"),
    [
        (
            "xwinograd_ja",
            {"sentence": "太郎は_に会った。", "option1": "彼", "option2": "父", "answer": "2"},
            ("太郎は父", " に会った。"),
            "太郎は父",
        ),
        ("okapi_arc_hi", {"instruction": " Sun? [x]", "answer": "B", **ARC},
         ("Question: Sun? \nAnswer:", " bb"), "bb"),
        ("jcommonsenseqa", {"question": "何？", "label": 3, **CHOICES}, None, "3"),
        ("okapi_truthfulqa_vi", {"question": "Ai?", "mc1_targets_choices": ["Tôi", "Anh"]},
         None, "Tôi"),
        ("mgsm_ja", mgsm("1と1の和は？", None, 2), None, "2"),
        ("jsquad", {"context": "題 [SEP] 文", "question": "誰", "answers": {"text": ["彼", "彼"]}},
         None, "彼"),
        ("niilc", {"text": "誰", "answers": ["彼", "父"]}, None, "彼,父"),
        ("jemhopqa", {"question": "誰", "answer": "彼"}, None, "彼"),
        ("multipl_e_lua", {"prompt": "local function f()\n", "tests": "end"}, None, "end"),
        ("fin_bench_analogies", {"input": "a?", "target_scores": {"yksi": 0, "kaksi": 1}},
         ("a?", " kaksi"), "kaksi"),
    ],
)  # fmt: skip
def test_a_row_of_a_public_set_is_read_as_its_authors_mean_it(name, row, asked, right):
    (task,) = find_tasks([name])
    pool = [MGSM] * 4 if name == "mgsm_ja" else [row] * 5
    (item,) = items_of(task, [row], pool)
    answers = [item.choices[number] for number in item.gold] if item.choices else item.references
    assert answers[0] == right
    if asked:
        assert item.pairs[item.gold[0]] == asked


def test_worked_examples_of_mgsm_show_their_steps():
    (task,) = find_tasks(["mgsm_ja"])
    (item,) = items_of(task, [mgsm("1と1の和は？", None, 2)], [MGSM] * 4)
    solved = "問題：2と3の和は？\nステップごとの答え: 2+3=5。答えは5です。"
    assert item.text == "\n\n".join([solved] * 4 + ["問題： 1と1の和は？\nステップごとの答え:"])
    assert filtered(task.filters[0], "だから、答えは12です。") == "12"


def test_what_the_tests_of_a_language_close_is_where_a_reply_stops():
    stops = {task.name: task.generation.stops for task in find_tasks(["multipl_e"])}
    assert stops["multipl_e_cpp"] == stops["multipl_e_sh"] == ("\n}",)
    assert "\n--" in stops["multipl_e_lua"]


def test_data_that_is_not_there_is_told_with_the_remedy(tmp_path):
    (task,) = find_tasks(["wmt_en_fi"])
    with pytest.raises(DataError, match="--data wmt_en_fi=PATH"):
        Source(data={}).rows(task)
    with pytest.raises(DataError, match=r"add test\.jsonl"):
        Source(data={task.name: tmp_path}).rows(task)
    written(tmp_path, BASIC.replace("dataset_path: json", "dataset_path: data/rows.jsonl"))
    (moved,) = find_tasks(["capital"], [tmp_path])
    with pytest.raises(DataError, match=r"no data at 'data/rows\.jsonl'"):
        Source(data={}).rows(moved)
    (held_out,) = find_tasks(["held_out_fi"])
    with pytest.raises((DataError, RunError), match="name the corpus stage"):
        Source(data={}).rows(held_out)


def test_choices_are_compared_by_sum_by_character_and_by_byte():
    nats, choices = [4.0, 5.0, 6.0], ["ab", "abcd", "日本語ヲ"]
    assert [chosen(name, nats, choices) for name in ("acc", "acc_norm", "acc_bytes")] == [0, 1, 2]


@pytest.mark.parametrize(
    ("metric", "reply", "references", "options", "score"),
    [
        ("exact_match", "The Cat.", ["the cat"], {"ignore_case": True}, 0.0),
        (
            "exact_match",
            "The Cat.",
            ["dog", "the cat"],
            {"ignore_case": True, "ignore_punctuation": True},
            1.0,
        ),
        ("exact_match", "1,234", ["1234"], {"regexes_to_ignore": [","]}, 1.0),
        ("f1", "a red house", ["the red car"], {}, 0.5),
        ("char_f1", "東京都", ["東京"], {}, 0.8),
        ("rouge_2", "abc", ["abd"], {}, 0.5),
        ("chrf", "sama lause", ["sama lause"], {}, 100.0),
    ],
)
def test_replies_are_scored_against_the_best_reference(metric, reply, references, options, score):
    assert reply_score(metric, reply, references, options) == pytest.approx(score)


def test_filters_find_the_answer_in_a_reply():
    last = {"regex_pattern": "(-?[$0-9.,]{2,})|(-?[0-9]+)", "group_select": -1}
    chain = FilterChain(name="flexible-extract", steps=(("regex", last), ("take_first", {})))
    assert filtered(chain, "3 and 4 make 7") == "7"
    assert filtered(chain, "no number") == "[invalid]"
