"""datatrove's filters on texts from standard input: run by corpus_signals.py, never by hand.

Reads {"language", "texts", "units", "stop_words"} as JSON and writes {"seconds", "kept",
"with_units", "words", "raised"}: CPU-seconds of all filters and the signature on every text,
and by rule which texts it keeps, with datatrove's own words and with the units that were given.
"""

import json
import sys
import time
from unittest import mock

from datatrove.data import Document
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.utils import text as datatrove_text

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
    language, texts = request["language"], request["texts"]
    datatrove_text.split_into_words("Warm up.", language)
    words = {text: datatrove_text.split_into_words(text, language) for text in texts}
    units = dict(zip(texts, request["units"], strict=True))
    answer = {"seconds": seconds(texts, language), "words": sum(map(len, words.values()))}
    answer["raised"] = raised = []
    filters = one_rule_each(language, request["stop_words"])
    answer["kept"] = {rule: kept(f, texts, words, raised) for rule, f in filters.items()}
    answer["with_units"] = {rule: kept(f, texts, units, []) for rule, f in filters.items()}
    json.dump(answer, sys.stdout)
    return 0


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
