"""Small archives of every format that the corpus stage reads, made from texts."""

import bz2
import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

PACKS = {".gz": gzip.compress, ".zst": zstandard.compress, ".bz2": bz2.compress, "": bytes}


def lines(texts):
    """JSON lines."""
    return b"".join(json.dumps({"text": text}).encode() + b"\n" for text in texts)


def parquet(texts):
    """A Parquet file of several row groups."""
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"text": texts}), sink, row_group_size=50, compression="zstd")
    return sink.getvalue().to_pybytes()


def arrow(texts):
    """An Arrow stream, as a data set's folder holds it."""
    sink = pa.BufferOutputStream()
    table = pa.table({"text": texts})
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table, max_chunksize=50)
    return sink.getvalue().to_pybytes()


def warc(texts):
    """A web archive of pages, each packed by itself; what starts with a tag is HTML."""
    records = []
    for text in texts:
        kind = "html" if text.startswith("<") else "plain"
        body = f"HTTP/1.1 200 OK\r\nContent-Type: text/{kind}\r\n\r\n{text}".encode()
        head = f"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: {len(body)}\r\n\r\n"
        records.append(gzip.compress(head.encode() + body + b"\r\n\r\n"))
    return b"".join(records)


def dump(texts):
    """A packed MediaWiki dump."""
    pages = [
        f"<page><title>T</title><ns>0</ns><id>{i}</id><revision><text>{text}</text>"
        "</revision></page>\n"
        for i, text in enumerate(texts)
    ]
    return bz2.compress(f"<mediawiki>{''.join(pages)}</mediawiki>\n".encode())


MAKERS = {
    "x.jsonl": lines,
    "x.jsonl.gz": lambda texts: gzip.compress(lines(texts)),
    "x.jsonl.zst": lambda texts: zstandard.compress(lines(texts)),
    "x.jsonl.bz2": lambda texts: bz2.compress(lines(texts)),
    "x.parquet": parquet,
    "x.arrow": arrow,
    "x.warc.gz": warc,
    "x.xml.bz2": dump,
}
"""File name to what makes its content from texts."""
