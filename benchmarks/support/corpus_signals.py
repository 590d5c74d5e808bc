"""Quality figures, repetition and MinHash-112 against datatrove 0.10.1, paired on the same text.

Bars, in bytes of text per CPU-second on one core:

- at least 15 MB/s in each language and in code, with every figure on;
- at least 100 times datatrove in English, Finnish, Japanese and Vietnamese, 30 times in Hindi.

Both get the same text, in normal form; datatrove a sample of about 0.5 MB. Its filters for Gopher
repetition, Gopher quality and FineWeb and its MinHash signature (14 bands of 8) run one after the
other on each text, so that they share its cache of words. Without the peer only the first bar is
measured. The table of rules says which share of texts both judge alike under the same thresholds,
those for English, and where that is under 98 %, how it grows as one cause after another is taken
away, in the peer's filter or in our formula, by runs that differ in nothing else.
"""

import gzip
import json
import random
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from auroram.corpus.published import FINEWEB, GOPHER_QUALITY, GOPHER_REPETITION, only
from auroram.corpus.quality import broken_rules
from auroram.text.buffers import Buffer
from auroram.text.normal import normal_code, normal_prose
from auroram.text.signals import SIGNALS, STOP_WORDS_LIST, signals_of
from auroram.text.stop_words import STOP_WORDS
from auroram.text.units import units_of
from auroram.text.word_lists import WordLists

HERE = Path(__file__).parent
QUICKSTART = HERE.parents[1] / "recipes" / "quickstart" / "data"
BAR_MEGABYTES = 15.0
BAR_RATIO = {"en": 100, "fi": 100, "hi": 30, "ja": 100, "vi": 100}
PEER_LANGUAGES = {
    "en": "eng_Latn", "fi": "fin_Latn", "hi": "hin_Deva", "ja": "jpn_Jpan", "vi": "vie_Latn",
}  # fmt: skip
SAMPLE_BYTES, LONGEST_SAMPLED = 500_000, 50_000
POINTS = 0.02

RULES = {
    "dup_line_frac": ("highest_duplicate_line_count_share", 0.3),
    "dup_para_frac": ("highest_duplicate_paragraph_count_share", 0.3),
    "dup_line_char_frac": ("highest_duplicate_line_share", 0.2),
    "dup_para_char_frac": ("highest_duplicate_paragraph_share", 0.2),
    "top_2_gram": ("highest_top_2gram_share", 0.2),
    "top_3_gram": ("highest_top_3gram_share", 0.18),
    "top_4_gram": ("highest_top_4gram_share", 0.16),
    "dup_5_gram": ("highest_duplicate_5gram_share", 0.15),
    "dup_6_gram": ("highest_duplicate_6gram_share", 0.14),
    "dup_7_gram": ("highest_duplicate_7gram_share", 0.13),
    "dup_8_gram": ("highest_duplicate_8gram_share", 0.12),
    "dup_9_gram": ("highest_duplicate_9gram_share", 0.11),
    "dup_10_gram": ("highest_duplicate_10gram_share", 0.1),
    "min_doc_words": ("lowest_units", 50),
    "max_doc_words": ("highest_units", 100_000),
    "min_avg_word_length": ("lowest_mean_unit", 3.0),
    "max_avg_word_length": ("highest_mean_unit", 10.0),
    "max_symbol_word_ratio": ("highest_hash_sign_ratio highest_ellipsis_ratio", 0.1),
    "max_bullet_lines_ratio": ("highest_bullet_line_share", 0.9),
    "max_ellipsis_lines_ratio": ("highest_ellipsis_line_share", 0.3),
    "max_non_alpha_words_ratio": ("lowest_lettered_unit_share", 0.8),
    "min_stop_words": ("lowest_stop_words", 2),
    "line_punct_thr": ("lowest_terminal_line_share", 0.12),
    "short_line_thr": ("highest_short_line_share", 0.67),
    "char_duplicates_ratio": ("highest_duplicate_line_share", 0.01),
    "new_line_ratio": ("highest_newline_ratio", 0.3),
    "min_num_sentences": ("lowest_c4_sentences", 5),
    "filter_lorem_ipsum": ("highest_lorem_ipsum", 0),
    "filter_curly_bracket": ("highest_curly_brackets", 0),
}
"""datatrove's rule to our bounds and the threshold for English, which is taken in all languages."""


def measure(options):
    """Measure each language and print the tables; without the peer no ratio is known."""
    figures, missed = {}, []
    for language in (*PEER_LANGUAGES, "code"):
        texts = read_texts(options.texts, language)
        figures[language] = one = measured(texts, language, options.peer)
        print(speed_line(language, one), flush=True)
        if one["mb_per_second"] < BAR_MEGABYTES:
            missed.append(f"{language}: {BAR_MEGABYTES:.0f} MB/s")
        if one.get("ratio", np.inf) < BAR_RATIO.get(language, 0):
            missed.append(f"{language}: {BAR_RATIO[language]} times")
    if options.peer:
        missed += [f"{name}: unexplained" for name in print_agreement(figures)]
    else:
        missed.append("ratio and agreement: not measured, name the peer with --peer")
    return figures, missed


def read_texts(folder, language):
    """The language's texts in normal form."""
    if folder:
        files = [folder / f"{language}.jsonl.gz"]
    elif language == "code":
        files = [QUICKSTART / "python.jsonl.gz"]
    else:
        files = [QUICKSTART / f"{kind}.{language}.jsonl.gz" for kind in ("help", "varied")]
    normal = normal_code if language == "code" else normal_prose
    texts = []
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            texts += [normal(json.loads(line)["text"]).text for line in lines]
    return list(dict.fromkeys(text for text in texts if text))


def measured(texts, language, peer):
    """Speeds of both, measured in turns, and how far the rules agree."""
    words = WordLists.of({STOP_WORDS_LIST: STOP_WORDS.get(language, ())})
    column = pa.array(texts, pa.large_string())
    judge(column[:10], words)
    speeds = [speed(column, words)]
    found = {"megabytes": size(texts) / 1e6, "documents": len(texts)}
    if peer and language in PEER_LANGUAGES:
        chosen = sample(texts)
        ours = decisions(chosen, words)
        answer = ask(peer, chosen, language, ours)
        found |= {"peer_megabytes": size(chosen) / 1e6, "peer_documents": len(chosen)}
        found["peer_mb_per_second"] = size(chosen) / 1e6 / answer["seconds"]
        found |= {"rules": agreement(ours, answer), "peer_raised": answer["raised"]}
    speeds += [speed(column, words) for _ in range(2)]
    found["mb_per_second"] = statistics.median(speeds)
    if "peer_mb_per_second" in found:
        found["ratio"] = found["mb_per_second"] / found["peer_mb_per_second"]
    return found


def speed(column, words):
    """Megabytes a CPU-second, over as many passes as take a second."""
    started, passes, taken = time.process_time(), 0, 0.0
    while taken < 1:
        judge(column, words)
        passes, taken = passes + 1, time.process_time() - started
    return passes * size(column.to_pylist()) / 1e6 / taken


def judge(column, words):
    """All of it: the column's bytes checked, figures, signatures, and the rules."""
    signals = signals_of(Buffer.of_arrow(column), hashes=112, words=words)
    for quality in (GOPHER_REPETITION, GOPHER_QUALITY, FINEWEB):
        broken_rules(signals.figures, SIGNALS, quality)
    return signals


def size(texts):
    """Bytes of UTF-8."""
    return sum(len(text.encode()) for text in texts)


def sample(texts):
    """Texts drawn without bias but for very long ones, up to a number of bytes."""
    order = [text for text in texts if len(text.encode()) <= LONGEST_SAMPLED]
    random.Random(0).shuffle(order)
    ends = np.cumsum([len(text.encode()) for text in order])
    return order[: int(np.searchsorted(ends, SAMPLE_BYTES)) + 1]


def ask(peer, texts, language, ours):
    """What datatrove took and decided."""
    request = {
        "language": PEER_LANGUAGES[language],
        "texts": texts,
        "units": [units_of(text) for text in texts],
        "symbol_runs": ours.symbol_runs,
        "stop_words": STOP_WORDS[language],
        "ours": ours.plain,
        "enough": 1 - POINTS,
    }
    return answer_of(peer, request)


def answer_of(peer, request):
    """What the peer, in its own environment, answers a request."""
    command = [peer, HERE / "datatrove_peer.py"]
    text = json.dumps(request)
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{peer}: datatrove failed\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """Which texts our rules keep, by datatrove's name of the rule."""

    plain: dict[str, list[bool]]
    with_total: dict[str, list[bool]]
    """With n-grams as shares of all characters."""
    symbol_runs: list[int]


def decisions(texts, words):
    """What our rules keep of the texts."""
    figures = judge(pa.array(texts, pa.large_string()), words).figures
    rescaled = over_all_characters(figures, texts)
    lettered = [sum(any(c.isalpha() for c in unit) for unit in units_of(text)) for text in texts]
    column = {name: figures[:, SIGNALS.index(name)] for name in ("units", "lettered_unit_share")}
    tokens = np.array(lettered) / np.maximum(column["lettered_unit_share"], 1e-9)
    return Decisions(
        plain={rule: kept(figures, bound) for rule, bound in RULES.items()},
        with_total={rule: kept(rescaled, bound) for rule, bound in RULES.items()},
        symbol_runs=[round(n) for n in np.maximum(tokens - column["units"], 0).tolist()],
    )


def kept(figures, bound):
    """Which texts keep one bound, or several of one value."""
    bounds, value = bound
    quality = only(**dict.fromkeys(bounds.split(), value))
    return (~broken_rules(figures, SIGNALS, quality).any(axis=1)).tolist()


def agreement(ours, answer):
    """By rule: shares of texts judged alike, as they are and with causes away, and shares kept."""
    found = {}
    for rule, theirs in answer["kept"].items():
        away = {
            cause: alike(ours.plain[rule], some)
            for cause, some in answer["changed"].get(rule, {}).items()
        }
        if away and rule.startswith(("top_", "dup_")) and rule.endswith("gram"):
            last = list(answer["changed"][rule].values())[-1]
            away["all that, and its total in ours"] = alike(ours.with_total[rule], last)
        found[rule] = {
            "alike": alike(ours.plain[rule], theirs),
            "causes_away": away,
            "kept": float(np.mean(ours.plain[rule])),
            "peer_kept": float(np.mean([one for one in theirs if one is not None])),
        }
    return found


def over_all_characters(figures, texts):
    """The figures with n-grams as shares of all characters, as datatrove takes them."""
    inside = figures[:, SIGNALS.index("mean_unit")] * figures[:, SIGNALS.index("units")]
    found = figures.copy()
    columns = [i for i, name in enumerate(SIGNALS) if name.endswith("gram_share")]
    found[:, columns] *= (inside / [len(text) for text in texts])[:, None]
    return found


def alike(ours, theirs):
    """Share of equal decisions, of the texts on which the peer decided."""
    return float(np.mean([a == b for a, b in zip(ours, theirs, strict=True) if b is not None]))


def speed_line(language, figures):
    """One row of the first table."""
    words = f"{language:5} {figures['mb_per_second']:6.1f} MB/s of {figures['megabytes']:5.1f} MB"
    if "ratio" in figures:
        words += (
            f"   datatrove {figures['peer_mb_per_second']:6.3f} MB/s of "
            f"{figures['peer_megabytes']:.1f} MB   {figures['ratio']:6.0f} times"
        )
    return words


def print_agreement(figures):
    """What is judged unlike in more than two of a hundred texts, and what makes it vanish.

    Returns:
        Names of the differences that no run made vanish.
    """
    print("\njudged alike, of the rules under 98 %: as they are, and with one cause after another")
    print("taken away; then what we keep and what it keeps")
    left = []
    for rule in RULES:
        for language in PEER_LANGUAGES:
            one = figures[language]["rules"][rule]
            if one["alike"] < 1 - POINTS:
                steps = (f"{cause}: {share:.1%}" for cause, share in one["causes_away"].items())
                print(
                    f"{rule:26} {language}  {one['alike']:6.1%}  {'; '.join(steps)}  "
                    f"({one['kept']:.0%}, {one['peer_kept']:.0%})"
                )
                if max(one["causes_away"].values(), default=0) < 1 - POINTS:
                    left.append(f"{rule} {language}")
    return left
