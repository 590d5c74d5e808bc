"""Documents and their side-cars as Arrow schemas (columns as in the corpus stage's files).

A document's text stands in one file, `documents/{train,held-out}/<domain>.parquet`; everything
that judges it stands in narrow side-cars keyed by `id`, which hold no text.
"""

import pyarrow as pa

SPLITS = ("train", "held-out")

DOCUMENTS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),  # BLAKE3 of source key and raw text, hex
        pa.field("text", pa.string(), nullable=False),  # UTF-8, NFC
        pa.field("url", pa.string()),
        pa.field("source", pa.string(), nullable=False),
        pa.field("record", pa.string(), nullable=False),  # file and line, row or byte
        pa.field("licence", pa.string(), nullable=False),  # SPDX
        pa.field("licence_basis", pa.string(), nullable=False),  # `record` or `recipe`
        pa.field("language", pa.string(), nullable=False),  # BCP 47, or `code`
        pa.field("script", pa.string(), nullable=False),  # ISO 15924
        pa.field("language_score", pa.float32(), nullable=False),
        pa.field("collected_at", pa.string()),
    ]
)

DECISIONS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("record", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("kept", pa.bool_(), nullable=False),
        pa.field("first", pa.string()),  # the first rule that failed; null where kept
        pa.field("rules", pa.list_(pa.string()), nullable=False),  # every rule that failed
        pa.field("detail", pa.string()),  # the figure and the threshold, in words
    ]
)

PERSONAL_DATA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("start", pa.int64(), nullable=False),  # in characters of the text before redaction
        pa.field("end", pa.int64(), nullable=False),
        pa.field("validator", pa.string(), nullable=False),
        pa.field("action", pa.string(), nullable=False),
    ]
)

REMOVED_PARAGRAPHS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),  # of the document that lost the paragraph
        pa.field("source", pa.string(), nullable=False),
        pa.field("start", pa.int64(), nullable=False),  # in characters of the text in normal form
        pa.field("end", pa.int64(), nullable=False),
        pa.field("step", pa.string(), nullable=False),  # `boilerplate` or `language`
        pa.field("reason", pa.string(), nullable=False),  # `repeated`, or a tag or `unsure`
        pa.field("score", pa.float32()),  # how sure that language is; null where there is none
        pa.field("documents", pa.int64()),  # of the source that say it; null but in boilerplate
    ]
)
"""Paragraphs that were taken out of documents, whatever became of the documents then."""

CLUSTERS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("cluster", pa.string(), nullable=False),  # id of the cluster's representative
        pa.field("size", pa.int64(), nullable=False),
    ]
)

ORIGINALS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("sha256", pa.string(), nullable=False),  # of the text as it was read, in hex
        pa.field("url", pa.string()),
    ]
)
"""What a text was before it was put in normal form and redacted, and where it was, so that who
knows it so can have it taken down, and what is kept in place of a copy with it."""

OPT_OUTS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),  # robots-then, robots-now, opt-out
        pa.field("agent", pa.string(), nullable=False),  # whom robots.txt names; `*` for everyone
        pa.field("rule", pa.string(), nullable=False),  # the line that says so
        pa.field("date", pa.string()),  # when it was seen
    ]
)
"""Who asked not to be trained on, dropped or not."""

CONTAMINATION = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("set", pa.string(), nullable=False),  # evaluation set
        pa.field("item", pa.string(), nullable=False),  # file and line
        pa.field("windows", pa.int64(), nullable=False),  # of the item that stand in the document
        pa.field("share", pa.float32(), nullable=False),  # of the item's windows
        pa.field("units", pa.int64(), nullable=False),  # of the document that they cover
        pa.field("start", pa.int64(), nullable=False),  # in characters, of the first window
        pa.field("end", pa.int64(), nullable=False),  # of the last one
    ]
)
"""Documents that say what an evaluation asks, dropped or not. Windows are looked for in the text
before redaction; their places are those of the text as it is published, never inside a value."""

CONTAMINATED_ITEMS = pa.schema(
    [
        pa.field("set", pa.string(), nullable=False),
        pa.field("item", pa.string(), nullable=False),
        pa.field("windows", pa.int64(), nullable=False),  # 0 where the item is too short to seek
        pa.field("documents", pa.int64(), nullable=False),  # that hold at least one of them
        pa.field("ids", pa.list_(pa.string()), nullable=False),  # of these documents, sorted
    ]
)
"""The same seen from the evaluation: a row for every item."""
