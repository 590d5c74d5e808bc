"""datatrove's filters and MinHash on texts from standard input: run by corpus.py, never by hand.

Reads {"language", "texts", "units", "symbol_runs", "stop_words", "ours", "enough"} as JSON and
writes {"seconds", "kept", "changed", "words", "raised"}: CPU-seconds of all filters and the
signature on every text, by rule which texts it keeps, and, for rules that judge less than a share
`enough` as `ours` says, which it keeps once a cause of the difference is taken away. Asked with
{"language", "texts", "pairs"} it says which pairs its deduplication finds.
"""

import json
import re
import struct
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

from datatrove.data import Document
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupSignature,
)
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
    c4_filters,
    gopher_repetition_filter,
)
from datatrove.utils import text as datatrove_text

SENTENCE_END = re.compile(r"""(?<=[.!?])["'”’»」』)）\]]*(?:\s+|$)|(?<=[。！？])""")

NO_REPETITION = {
    "dup_line_frac": 0, "dup_para_frac": 0, "dup_line_char_frac": 0, "dup_para_char_frac": 0,
    "top_n_grams": (), "dup_n_grams": (),
}  # fmt: skip
NO_QUALITY = {
    "min_doc_words": 0, "max_doc_words": 0, "min_avg_word_length": 0, "max_avg_word_length": 0,
    "max_symbol_word_ratio": 0, "max_bullet_lines_ratio": 0, "max_ellipsis_lines_ratio": 0,
    "max_non_alpha_words_ratio": 0, "min_stop_words": 0,
}  # fmt: skip
NO_FINEWEB = {
    "line_punct_thr": -1, "short_line_thr": 999, "char_duplicates_ratio": 999,
    "new_line_ratio": 999,
}  # fmt: skip
NO_C4 = {"min_num_sentences": -1, "filter_lorem_ipsum": False, "filter_curly_bracket": False}


def main() -> int:
    """Answer one request."""
    request = json.load(sys.stdin)
    if "pairs" in request:
        json.dump({"found": found_pairs(request)}, sys.stdout)
        return 0
    language, texts = request["language"], request["texts"]
    datatrove_text.split_into_words("Warm up.", language)
    words = {text: datatrove_text.split_into_words(text, language) for text in texts}
    answer = {"seconds": seconds(texts, language), "words": sum(map(len, words.values()))}
    answer["raised"] = raised = []
    filters = one_rule_each(language, request["stop_words"])
    answer["kept"] = {rule: kept(f, texts, words, raised) for rule, f in filters.items()}
    answer["changed"] = {
        rule: changed(filters[rule], rule, request, words)
        for rule, ours in request["ours"].items()
        if share_alike(answer["kept"][rule], ours) < request["enough"]
    }
    json.dump(answer, sys.stdout)
    return 0


def share_alike(theirs, ours):
    """Share of equal decisions, of the texts on which this peer decided."""
    pairs = [(a, b) for a, b in zip(theirs, ours, strict=True) if a is not None]
    return sum(a == b for a, b in pairs) / max(1, len(pairs))


def changed(chosen, rule, request, words):
    """What the filter keeps with one thing changed after another; the words first.

    With our units for its words, where the rule reads words; then with its formula changed too.
    """
    texts = request["texts"]
    units = dict(zip(texts, request["units"], strict=True))
    found = {}
    if rule == "min_stop_words":
        lower = {text: [word.lower() for word in some] for text, some in words.items()}
        found["its words, small letters"] = kept(chosen, texts, lower, [])
    if request["language"] == "hin_Deva":
        cut = {text: [p for word in some for p in word.split()] for text, some in words.items()}
        found["its words, cut at blanks"] = kept(chosen, texts, cut, [])
    found["our units"] = kept(chosen, texts, units, [])
    if rule == "max_non_alpha_words_ratio":
        signs = zip(texts, request["symbol_runs"], strict=True)
        tokens = {text: units[text] + ["!"] * count for text, count in signs}
        found["our units and runs of symbols"] = kept(chosen, texts, tokens, [])
    if rule.startswith("top_"):
        joined = mock.patch.object(gopher_repetition_filter, "get_n_grams", joined_n_grams)
        with joined:
            found["our units, no spaces in n-grams"] = kept(chosen, texts, units, [])
    if rule in ("filter_curly_bracket", "min_num_sentences"):
        found |= changed_c4(chosen, rule, texts, units)
    return found


def joined_n_grams(words, n):
    """Datatrove's n-grams without the spaces between their words."""
    return ["".join(words[i : i + n]) for i in range(len(words) - n + 1)]


def changed_c4(chosen, rule, texts, units):
    """C4's lines with the condition taken away that only fits spaced Latin text."""
    options = {"min_words_per_line": -1}
    if rule == "filter_curly_bracket":
        options |= {"filter_no_terminal_punct": False, "filter_policy": False}
        options |= {"filter_javascript": False, "max_word_length": -1}
    before = {name: getattr(chosen, name) for name in options}
    stops = (*c4_filters.END_PUNCTUATION, *datatrove_text.TERMINAL_PUNCTUATION, *"”’»」』")
    try:
        vars(chosen).update(options)
        with mock.patch.object(c4_filters, "END_PUNCTUATION", stops):
            name = "every script's line ends, any number of words"
            found = {name: kept(chosen, texts, units, [])}
            with mock.patch.object(c4_filters, "split_into_sentences", sentences_by_mark):
                found["that, and sentences by their marks"] = kept(chosen, texts, units, [])
        return found
    finally:
        vars(chosen).update(before)


def sentences_by_mark(text, language):
    """Sentences as ours are told: by a mark before a space, or by one that needs none."""
    del language
    return [part for part in SENTENCE_END.split(text) if re.search(r"\w", part)]


def found_pairs(request):
    """For each pair of places in `texts` whether MinhashDedup's first two steps join them.

    Runs the steps as they come, with their defaults, over all texts as one file; a bucket's pairs
    chain equal signatures, so who is chained in some bucket is a pair that it finds.
    """
    config = MinhashConfig()
    documents = [Document(text=text, id=str(i)) for i, text in enumerate(request["texts"])]
    with tempfile.TemporaryDirectory() as folder:
        signatures, pairs = Path(folder) / "signatures", Path(folder) / "pairs"
        MinhashDedupSignature(str(signatures), config, language=request["language"]).run(documents)
        for bucket in range(config.num_buckets):
            step = MinhashDedupBuckets(str(signatures), str(pairs), config=config)
            step.run(None, bucket, config.num_buckets)
        chains = [chained(file.read_bytes()) for file in sorted(pairs.glob("*.dups"))]
    return [
        any(chain.get(left, -1) == chain.get(right, -2) for chain in chains)
        for left, right in request["pairs"]
    ]


def chained(content):
    """Text to the first text of its chain, from a bucket's pairs."""
    first = {}
    for _, left, _, right in struct.iter_unpack("<4I", content):
        first[right] = first.setdefault(left, left)
    return first


def seconds(texts, language):
    """CPU-seconds of what a pipeline does, a text at a time, though every filter sees every text.

    Filters that follow one another share datatrove's cache of the last texts' words.
    """
    filters = [
        GopherRepetitionFilter(language=language),
        GopherQualityFilter(language=language),
        FineWebQualityFilter(language=language),
    ]
    signature = MinhashDedupSignature(".", MinhashConfig(), language=language)
    signature.get_signature(signature.get_shingles("one two three four five six"))
    datatrove_text.split_into_parts.cache_clear()
    started = time.process_time()
    for text in texts:
        for one in filters:
            one.filter(Document(text=text, id=""))
        shingles = signature.get_shingles(text)
        if shingles.size:
            signature.get_signature(shingles)
    return time.process_time() - started


def one_rule_each(language, stop_words):
    """Rule to a filter that has no other."""
    rules = {}
    for name, value in (
        ("dup_line_frac", 0.3), ("dup_para_frac", 0.3), ("dup_line_char_frac", 0.2),
        ("dup_para_char_frac", 0.2),
    ):  # fmt: skip
        rules[name] = GopherRepetitionFilter(**NO_REPETITION | {name: value}, language=language)
    for kind, shares in (
        ("top", {2: 0.2, 3: 0.18, 4: 0.16}),
        ("dup", {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.1}),
    ):
        for n, share in shares.items():
            option = {f"{kind}_n_grams": ((n, share),)}
            rules[f"{kind}_{n}_gram"] = GopherRepetitionFilter(
                **NO_REPETITION | option, language=language
            )
    for name, value in (
        ("min_doc_words", 50), ("max_doc_words", 100000), ("min_avg_word_length", 3),
        ("max_avg_word_length", 10), ("max_symbol_word_ratio", 0.1),
        ("max_bullet_lines_ratio", 0.9), ("max_ellipsis_lines_ratio", 0.3),
        ("max_non_alpha_words_ratio", 0.8), ("min_stop_words", 2),
    ):  # fmt: skip
        options = NO_QUALITY | {name: value, "stop_words": stop_words}
        rules[name] = GopherQualityFilter(**options, language=language)
    for name, value in (
        ("line_punct_thr", 0.12), ("short_line_thr", 0.67), ("char_duplicates_ratio", 0.01),
        ("new_line_ratio", 0.3),
    ):  # fmt: skip
        rules[name] = FineWebQualityFilter(**NO_FINEWEB | {name: value}, language=language)
    for name, value in (
        ("min_num_sentences", 5), ("filter_lorem_ipsum", True), ("filter_curly_bracket", True)
    ):  # fmt: skip
        rules[name] = C4QualityFilter(**NO_C4 | {name: value}, language=language)
    return rules


def kept(chosen, texts, words, raised):
    """Which texts the filter keeps, given their words; None where it raises."""
    module = sys.modules[type(chosen).__module__]
    look_up = mock.patch.object(
        module, "split_into_words", lambda text, _: words[text], create=True
    )
    found = []
    with look_up:
        for text in texts:
            try:
                outcome = chosen.filter(Document(text=text, id=""))
                found.append(outcome if isinstance(outcome, bool) else outcome[0])
            except (ValueError, ZeroDivisionError) as error:
                raised.append(f"{type(error).__name__}: {error}")
                found.append(None)
    return found


if __name__ == "__main__":
    sys.exit(main())
