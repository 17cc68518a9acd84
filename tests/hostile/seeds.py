"""Small valid inputs of every format: what the fuzzers start from and mutate."""

import gzip
import json
from decimal import Decimal

import polars as pl

from tests.hostile.case import csv_text, parquet_bytes
from tests.ingest.delivery import bill, deposit

_ROWS = [
    deposit("e1"),
    deposit("e2", amount="0.5", event_time="2026-03-05", person_id='a "b"\nc'),
    deposit("e3", event_type="transfer", counterparty_id="é", amount="-1"),
    bill("e4", balance="1e2", credit_limit="7."),
]
_NDJSON = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in _ROWS).encode()
_CSV = csv_text(_ROWS).encode()
_FEW = pl.DataFrame([deposit("e1"), deposit("e2", amount="-1", note="n")])
_TYPED = pl.DataFrame([deposit("e1") | {"amount": 1.5, "person_id": 7, "extra": [{"a": 1}]}])
_DECIMAL = pl.DataFrame([deposit("e1") | {"amount": Decimal("1.50"), "event_id": b"e1"}])

SEEDS: dict[str, list[bytes]] = {
    "json": [_NDJSON, b'{"value_hash":["s"],"a":{"b":[1,2.5e3,null,true,"\\u00e9"]}}\n'],
    "csv": [_CSV, _CSV.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + _CSV],
    "gzip": [gzip.compress(_NDJSON, mtime=0), gzip.compress(b"", mtime=0) * 2],
    "parquet": [
        parquet_bytes(_FEW, compression="uncompressed", statistics=False),
        parquet_bytes(_TYPED, compression="zstd"),
        parquet_bytes(_DECIMAL, compression="snappy", use_pyarrow=False),
        parquet_bytes(pl.concat([_FEW] * 20), row_group_size=7, data_page_size=64),
    ],
    "values": [
        text.encode()
        for text in ("12.50", "1e2", "2026-03-05T10:20:30.5+08:00", "true", "1990.0", "2026-03-05")
    ],
    "masking": [b'{"value_hash":"x","a":[1]}', b'a,"b, ""x""",b', b'{"Value\\u005fhash":[1]}'],
}
