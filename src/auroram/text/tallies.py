"""What kernels count in a text: the columns of a row of whole numbers, before shares are taken."""

(
    CHARACTERS, SPACES, DIGITS, SYMBOLS, SYMBOL_RUNS, HASH_SIGNS, ELLIPSES, CURLY_BRACKETS,
    NEWLINES, UNITS, UNIT_CHARACTERS, LETTERS, LETTERED, LINES, LONGEST_LINE, LONGEST_RUN, ENDED,
    TERMINAL, UNTERMINATED, SHORT, FEW_UNITS, BULLETS, ELLIPSIS_ENDS, JAVASCRIPT, POLICY,
    C4_LINES, SENTENCES, C4_SENTENCES, STOP_WORDS, LOREM_IPSUM, DUPLICATE_LINES,
    DUPLICATE_LINE_CHARACTERS, PARAGRAPHS, DUPLICATE_PARAGRAPHS,
    DUPLICATE_PARAGRAPH_CHARACTERS, NGRAMS,
) = range(36)  # fmt: skip
"""Columns. From `NGRAMS` on stand the characters in repeated n-grams, one column for each n."""

TOP_NGRAMS = (2, 3, 4)
"""Lengths of which the n-gram that covers most characters counts."""

DUPLICATE_NGRAMS = (5, 6, 7, 8, 9, 10)
"""Lengths of which every n-gram counts that came before."""

COLUMNS = NGRAMS + len(TOP_NGRAMS) + len(DUPLICATE_NGRAMS)
