"""Our scorer against lm-evaluation-harness: python benchmarks/evaluation.py MODEL HARNESS [PART].

MODEL is a Hugging Face folder (runs/quickstart/base/model), HARNESS the Python of an environment
with `pip install lm-eval==0.4.13`. Both read the same task files and data, offline, with one
thread and float32, and CPU-seconds are compared. PART is `agree`, `speed` or `start`; all by
default.

Bars: log-probabilities within 1e-4 and scores equal on every task; 3 times the requests per
CPU-second with four choices and contexts of 40 words, more with worked examples; 10 times quicker
from the asking to the first scores of a small task, in a process that has the model (a training
run's probe). Whole processes are compared too, without a bar; what the harness saves in its own has
the keys that our export has, but for those of its own surroundings.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
import yaml

from auroram.evaluate.embedded import open_model
from auroram.evaluate.lm_eval_results import lm_eval_results
from auroram.evaluate.programs.sandbox import open_sandbox
from auroram.evaluate.programs.settings import Programs
from auroram.evaluate.rows.makers import MAKERS
from auroram.evaluate.rows.source import Source
from auroram.evaluate.tasks.answers import answers
from auroram.evaluate.tasks.catalog import find_tasks
from auroram.evaluate.tasks.items import items_of
from auroram.evaluate.tasks.scoring import Judge
from auroram.records.item_file import read_items

SECONDS = 900
TOLERANCE = 1e-4
FASTER, QUICKER = 3.0, 10.0
MEASURE = {"accuracy": "acc", "accuracy_norm": "acc_norm", "exact_match": "exact_match"}
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "OMP_NUM_THREADS": "1",
}

CHOICE = {
    "output_type": "multiple_choice",
    "doc_to_choice": "choices",
    "doc_to_target": "answer",
    "fewshot_delimiter": "\n",
    "metric_list": [
        {"metric": name, "aggregation": "mean", "higher_is_better": True}
        for name in ("acc", "acc_norm")
    ],
}
FIXED = {"fewshot_split": "train", "fewshot_config": {"sampler": "first_n"}, "num_fewshot": 4}
DRAWN = {"fewshot_split": "train", "num_fewshot": 3}


def main() -> int:
    """Measure, print a line for each figure and RESULT; exit code 1 where a bar was missed."""
    if len(sys.argv) not in (3, 4):
        print(__doc__)
        return 2
    torch.set_num_threads(1)
    model, python = Path(sys.argv[1]).resolve(), sys.argv[2]
    parts = sys.argv[3:] or ["agree", "speed", "start"]
    with tempfile.TemporaryDirectory() as folder:
        agree, speed = write_tasks(Path(folder))
        request = {
            "model": str(model),
            "folder": folder,
            "batch": 32,
            "small": "small",
            "speed": speed if "speed" in parts else [],
            "agree": agree if "agree" in parts else [],
            "answer": f"{folder}/answer.json",
        }
        theirs = asked(python, request)
        ours = our_answer(request)
        result = compared(ours, theirs, request)
        if "start" in parts:
            result |= processes(model, python, Path(folder))
    print("RESULT", json.dumps({"benchmark": "evaluation", **result}))
    return int(not all(value for name, value in result.items() if name.startswith("met_")))


def write_tasks(folder):
    """The task files and their data; the names of those that must agree, and of the speed ones."""
    made = {
        "territories_fi": (MAKERS["territories"](language="fi"), CHOICE | FIXED | text("asked")),
        "dates_en": (dates(), CHOICE | text("date")),
        "emoji_ja": (
            MAKERS["emoji"](language="ja"),
            CHOICE | DRAWN | text("asked") | {"description": "絵文字の名前。\n"},
        ),
        "number_words_hi": (MAKERS["number_words"](language="hi"), CHOICE | FIXED | text("number")),
        "copying_vi": (
            MAKERS["copying"](language="vi"),
            CHOICE | {"doc_to_text": "{{pairs}}\n{{key}} ="},
        ),
        "retrieval_en_fi": (
            MAKERS["parallel"](pair="en_fi"),
            CHOICE | {"doc_to_text": "English: {{source}}\nFinnish:"},
        ),
        "declaration_vi": (
            MAKERS["declaration"](language="vi"),
            {
                "output_type": "loglikelihood_rolling",
                "doc_to_text": "",
                "doc_to_target": "{{text}}",
                "metric_list": [{"metric": "bits_per_byte"}],
            },
        ),
        "written_en": (
            MAKERS["number_words"](language="en"),
            FIXED
            | text("number")
            | {
                "output_type": "generate_until",
                "doc_to_target": "{{words}}",
                "fewshot_delimiter": "\n",
                "generation_kwargs": {"until": ["\n"], "max_gen_toks": 24, "do_sample": False},
                "filter_list": [
                    {"name": "trimmed", "filter": [{"function": "remove_whitespace"}, FIRST]}
                ],
                "metric_list": [{"metric": "exact_match"}],
            },
        ),
    }
    for name, (splits, task) in made.items():
        write_task(folder, name, splits, task, items=8)
    write_task(folder, "small", made["dates_en"][0], CHOICE | text("date"), items=8)
    write_task(folder, "speed_plain", speed_rows(24), CHOICE | QUESTION, items=24)
    write_task(folder, "speed_shots", speed_rows(8), CHOICE | FIXED | QUESTION, items=8)
    return list(made), ["speed_plain", "speed_shots"]


FIRST = {"function": "take_first"}
QUESTION = {"doc_to_text": "Q: {{question}}\nA:"}


def text(field):
    """A question that is one field and an equals sign."""
    return {"doc_to_text": f"{{{{{field}}}}} ="}


def dates():
    """Dates to be told in words. The harness's loader takes a bare 1947-09-04 for a time of day."""
    splits = MAKERS["dates"](language="en")
    return {
        name: [row | {"date": f"The {row['date']}"} for row in rows]
        for name, rows in splits.items()
    }


def speed_rows(items):
    """Contexts of 40 words with four choices of a few."""
    words = " ".join(row["text"] for row in MAKERS["declaration"](language="en")["test"]).split()
    choices = [row["choices"] for row in MAKERS["territories"](language="en", items=60)["test"]]
    rows = [
        {
            "question": " ".join(words[37 * i : 37 * i + 40]),
            "choices": choices[i],
            "answer": i % 4,
        }
        for i in range(items + 8)
    ]
    return {"train": rows[:8], "test": rows[8:]}


def write_task(folder, name, splits, task, *, items):
    """One task file with a file of rows for each split."""
    files = {}
    for split, rows in splits.items():
        path = folder / f"{name}.{split}.jsonl"
        lines = (json.dumps(row, ensure_ascii=False) for row in rows[:items])
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        if rows:
            files[split] = str(path)
    table = {
        "task": name,
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": files},
        "test_split": "test",
        **task,
    }
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(table, allow_unicode=True))


def asked(python, request):
    """What the harness answers."""
    script = Path(__file__).parent / "support" / "lm_eval_tasks.py"
    done = subprocess.run(
        [python, script],
        input=json.dumps(request),
        env=os.environ | OFFLINE,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{python}: the harness failed:\n{done.stderr[-2000:]}")
    return json.loads(Path(request["answer"]).read_text())


def our_answer(request):
    """The same from our own scorer."""
    model = open_model(Path(request["model"]))
    folder = Path(request["folder"])
    scored = []
    started = time.process_time()
    evaluated(model, folder, request["small"], lambda _: scored.append(time.process_time()))
    answer = {
        "first": scored[0] - started,
        "all": time.process_time() - started,
        "speed": {},
        "samples": {},
    }
    for name in request["speed"]:
        started = time.process_time()
        given, _ = evaluated(model, folder, name)
        seconds = time.process_time() - started
        answer["speed"][name] = [sum(len(one.nats) for one in given), seconds]
    for name in request["agree"]:
        answer["samples"][name] = evaluated(model, folder, name)
    return answer


def evaluated(model, folder, name, advance=lambda _: None):
    """The answers to a task's items, and all scores by measure."""
    (task,) = find_tasks([name], [folder])
    source = Source(data={})
    items = items_of(task, source.rows(task), source.examples(task))
    given = list(answers(model, task, items, seed=0, advance=advance))
    judge = Judge(programs=Programs(), open_sandbox=open_sandbox)
    scores = {}
    for one in judge.scores(task, items, given):
        scores.setdefault(one.measure, []).append(one.score)
    return given, scores


def compared(ours, theirs, request):
    """The figures of both, and which bars were met."""
    result = {}
    worst, unequal = 0.0, []
    for name in request["agree"]:
        difference, equal = difference_of(*ours["samples"][name], theirs["samples"][name])
        print(f"{name:<16} largest difference {difference:.1e} nats, scores equal: {equal}")
        worst, unequal = max(worst, difference), unequal + [name] * (not equal)
    if request["agree"]:
        result |= {"tasks": len(request["agree"]), "largest_difference_nats": worst}
        result |= {"unequal": unequal, "met_agreement": worst <= TOLERANCE and not unequal}
    ratios = {}
    for name in request["speed"]:
        (count, own), (their_count, their) = ours["speed"][name], theirs["speed"][name]
        assert count == their_count, name
        ratios[name] = their / own
        rates = f"{count / own:.1f} against {count / their:.1f} requests per CPU-second"
        print(f"{name:<16} {rates}, {ratios[name]:.1f} times")
        result[name] = {"ours": count / own, "harness": count / their, "ratio": ratios[name]}
    if ratios:
        more = ratios["speed_shots"] > ratios["speed_plain"]
        result["met_speed"] = ratios["speed_plain"] >= FASTER and more
    for part in ("first", "all"):
        own, their, ratio = ours[part], theirs[part], theirs[part] / ours[part]
        print(f"to {part} scores: {own:.2f} against {their:.2f} s CPU, {ratio:.1f} times")
        result[f"to_{part}_scores"] = {"ours": own, "harness": their, "ratio": ratio}
    return result | {"met_start": result["to_first_scores"]["ratio"] >= QUICKER}


def difference_of(given, scores, samples):
    """Largest difference of a log-probability, and whether all scores are equal."""
    differences = [
        abs(-nats - float(response[0] if isinstance(response, list) else response))
        for answer, sample in zip(given, samples, strict=True)
        if answer.nats
        for nats, response in zip(answer.nats, sample["filtered_resps"], strict=True)
    ]
    equal = all(
        scores[measure] == [float(sample[theirs]) for sample in samples]
        for measure, theirs in MEASURE.items()
        if measure in scores
    )
    return max(differences, default=0.0), equal


def processes(model, python, folder):
    """CPU-seconds of whole commands on the small task, and whether results have the same keys."""
    harness = Path(python).parent / "lm_eval"
    saved, out = folder / "theirs", folder / "out"
    options = ["--device", "cpu", "--batch_size", "32", "--include_path", folder]
    arguments = ["--model_args", f"pretrained={model},dtype=float32", "--tasks", "small", *options]
    theirs = seconds_of(
        [harness, "run", "--model", "hf", *arguments, "--output_path", saved, "--log_samples"]
    )
    script = Path(sys.executable).parent / "auroram"
    ours = seconds_of([script, "evaluate", model, folder / "small.yaml", "--out", out])
    print(f"whole process: {ours:.1f} against {theirs:.1f} s CPU, {theirs / ours:.1f} times")
    (results,) = saved.rglob("results_*.json")
    unlike = unlike_keys(json.loads(results.read_text()), exported(out))
    print(f"keys of the results that only one of both has: {unlike or 'none'}")
    return {
        "start_process": {"ours": ours, "harness": theirs, "ratio": theirs / ours},
        "met_layout": not unlike,
    }


def exported(out):
    """Our results of the small task, as `auroram export lm-eval` lays them out."""
    about = {"form": "multiple_choice", "split": "test", "shots": 0, "rows": 8, "repeats": 1}
    about |= {"metrics": ["acc", "acc_norm"]}
    return lm_eval_results("model", read_items(out), {"small": about}, date=0.0)


def unlike_keys(theirs, ours):
    """Keys of the file, of a task's table and of its settings that only one of both has."""
    pairs = [
        (theirs.keys() - SURROUNDINGS, ours.keys()),
        (theirs["results"]["small"].keys(), ours["results"]["small"].keys()),
        (theirs["n-samples"]["small"].keys(), ours["n-samples"]["small"].keys()),
        (theirs["higher_is_better"]["small"].keys(), ours["higher_is_better"]["small"].keys()),
        (ours["configs"]["small"].keys() - theirs["configs"]["small"].keys(), set()),
    ]
    return sorted({key for left, right in pairs for key in set(left) ^ set(right)})


SURROUNDINGS = {
    "git_hash", "pretty_env_info", "transformers_version", "upper_git_hash", "tokenizer_pad_token",
    "tokenizer_eos_token", "tokenizer_bos_token", "eot_token_id", "max_length",
    "system_instruction", "system_instruction_sha", "fewshot_as_multiturn", "chat_template",
    "chat_template_sha", "total_evaluation_time_seconds",
}  # fmt: skip
"""What only its own process has: versions, tokenizer, chat template, wall time."""


def seconds_of(command):
    """CPU-seconds of a command with its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=os.environ | OFFLINE, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    sys.exit(main())
