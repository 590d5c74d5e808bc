r"""Quality figures, repetition and MinHash-112 against datatrove 0.10.1, paired on the same text.

    python benchmarks/corpus_signals.py [--texts FOLDER] [--peer PYTHON]

FOLDER holds {en,fi,hi,ja,vi,code}.jsonl.gz, as benchmarks/support/fetch_texts.py makes them; the
quickstart's texts stand in for it. PYTHON is the interpreter of an environment of its own, which
PEER_PYTHON may name as well:

    python3.11 -m venv PEER && PEER/bin/pip install datatrove==0.10.1 spacy pyvi sudachipy \
        sudachidict-core indic-nlp-library nltk 'xxhash<4' regex tldextract \
        ftfy fasteners orjson tokenizers

Bars, in bytes of text per CPU-second on one core:

- at least 15 MB/s in each language and in code, with every figure on;
- at least 100 times datatrove in English, Finnish, Japanese and Vietnamese, 30 times in Hindi.

Both get the same text, in normal form; datatrove a sample of about 1 MB. Its filters for Gopher
repetition, Gopher quality and FineWeb and its MinHash signature (14 bands of 8) run one after the
other on each text, so that they share its cache of words. Without PYTHON only the first bar is
measured. The table of rules says which share of texts both judge alike under the same thresholds,
those for English, and again after datatrove was given our units for its words, and after our
n-grams were taken as shares of all characters, as datatrove's are.
"""

import argparse
import gzip
import json
import os
import random
import statistics
import subprocess
import sys
import time
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

SECONDS = 120
HERE = Path(__file__).parent
QUICKSTART = HERE.parent / "recipes" / "quickstart" / "data"
BAR_MEGABYTES = 15.0
BAR_RATIO = {"en": 100, "fi": 100, "hi": 30, "ja": 100, "vi": 100}
PEER_LANGUAGES = {
    "en": "eng_Latn", "fi": "fin_Latn", "hi": "hin_Deva", "ja": "jpn_Jpan", "vi": "vie_Latn",
}  # fmt: skip
SAMPLE_BYTES, LONGEST_SAMPLED = 1_000_000, 100_000
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

WORDS = {
    "en": "spaCy keeps web addresses and names with symbols whole",
    "fi": "spaCy keeps web addresses and names with symbols whole",
    "hi": "Indic NLP does not cut at line ends, so words run across them",
    "ja": "SudachiPy cuts morphemes; we cut Han characters and pairs of kana",
    "vi": "pyvi joins syllables into words; our units are syllables",
}
"""What differs in the words, beside that punctuation marks are words to datatrove."""

RULE_WORDS = {
    "min_stop_words": "it tells capitals from small letters",
    "new_line_ratio": "punctuation marks are words to it",
}
"""What differs in the words where a rule shows it; in Hindi the line ends come on top."""

FORMULAS = {
    "top": "it divides by all characters, and counts the spaces inside the n-gram",
    "dup": "it divides by all characters, we by those in units",
    "max_non_alpha_words_ratio": "to us a symbol outside a word is a word without a letter",
    "min_num_sentences": "its sentence ends are ASCII and its words have spaces: it keeps no line",
    "filter_curly_bracket": "it looks in the lines that C4 keeps, we in all, as the paper does",
}
"""Rule, or its first word, to what differs in the formula where the words are the same."""


def main() -> int:
    """Measure each language, print the tables; exit code 1 where a bar is missed.

    Without the peer no ratio is known, so that bar counts as missed.
    """
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--peer", type=Path, default=os.environ.get("PEER_PYTHON"))
    options = parser.parse_args()
    figures, missed = {}, []
    for language in (*PEER_LANGUAGES, "code"):
        texts = read_texts(options.texts, language)
        figures[language] = one = measured(texts, language, options.peer)
        print(speed_line(language, one), flush=True)
        slow = one["mb_per_second"] < BAR_MEGABYTES
        slow = slow or one.get("ratio", np.inf) < BAR_RATIO.get(language, 0)
        missed += [language] if slow else []
    print_agreement(figures)
    if not options.peer:
        missed.append("ratio: not measured")
    result = {"benchmark": "corpus_signals", "missed": missed, "figures": figures}
    print("RESULT", json.dumps(result))
    return int(bool(missed))


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
        answer = ask(peer, chosen, language)
        found |= {"peer_megabytes": size(chosen) / 1e6, "peer_documents": len(chosen)}
        found["peer_mb_per_second"] = size(chosen) / 1e6 / answer["seconds"]
        found |= {"rules": agreement(chosen, words, answer), "peer_raised": answer["raised"]}
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


def ask(peer, texts, language):
    """What datatrove took and decided."""
    request = {
        "language": PEER_LANGUAGES[language],
        "texts": texts,
        "units": [units_of(text) for text in texts],
        "stop_words": STOP_WORDS[language],
    }
    command = [peer, HERE / "support" / "datatrove_peer.py"]
    text = json.dumps(request)
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{peer}: datatrove failed\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


def agreement(texts, words, answer):
    """By rule: the share of texts judged alike, with our units, and with its total; shares kept."""
    figures = judge(pa.array(texts, pa.large_string()), words).figures
    rescaled = over_all_characters(figures, texts)
    found = {}
    for rule, (bounds, value) in RULES.items():
        quality = only(**dict.fromkeys(bounds.split(), value))
        ours = ~broken_rules(figures, SIGNALS, quality).any(axis=1)
        with_total = ~broken_rules(rescaled, SIGNALS, quality).any(axis=1)
        theirs, with_units = answer["kept"][rule], answer["with_units"][rule]
        found[rule] = {
            "alike": alike(ours, theirs),
            "alike_with_units": alike(ours, with_units),
            "alike_with_total": alike(with_total, with_units),
            "kept": float(ours.mean()),
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
    """The second table: what is judged unlike in more than two of a hundred texts, and why."""
    if not any("rules" in one for one in figures.values()):
        print("datatrove was not measured: name its interpreter with --peer")
        return
    print("\nper cent judged alike: as they are, with our units in its formula, and with its total")
    print("in ours as well; per cent kept by us and by it; only rules below 98 per cent")
    for rule in RULES:
        for language in PEER_LANGUAGES:
            one = figures[language]["rules"][rule]
            if one["alike"] < 1 - POINTS:
                shares = [one[name] for name in ("alike", "alike_with_units", "alike_with_total")]
                words = "  ".join(f"{share:6.1%}" for share in (*shares, one["kept"]))
                because = reason(rule, language, one)
                print(f"{rule:26} {language}  {words}  {one['peer_kept']:6.1%}  {because}")


def reason(rule, language, figures):
    """What the difference comes from: the words where our units mend it, the formula elsewhere."""
    found = []
    if figures["alike_with_units"] > figures["alike"] or rule not in FORMULAS:
        found.append(RULE_WORDS.get(rule, WORDS[language]))
        found.append(WORDS["hi"] if rule in RULE_WORDS and language == "hi" else "")
    if figures["alike_with_units"] < 1 - POINTS / 4:
        found.append(FORMULAS.get(rule, FORMULAS.get(rule.split("_")[0], "")))
    return "; ".join(filter(None, found))


if __name__ == "__main__":
    sys.exit(main())
