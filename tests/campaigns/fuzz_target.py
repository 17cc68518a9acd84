"""One target of ``tests.campaigns.fuzz``, run in a process of its own: NAME and libFuzzer's flags.

Everything but a refusal of the file is a finding: an exception, a lost row, a hang, a bomb.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp

import atheris

with atheris.instrument_imports(include=["plainscore.logs"]):
    from plainscore.logs import json_lines, judge, masking, parquet_files, readers, text_files
    from tests.hostile.accounting import account_for, json_rows_in
    from tests.ingest.test_values import READERS, judged, modelled

import duckdb

_INSTRUMENTED = (json_lines, judge, masking, parquet_files, readers, text_files)
_HIDDEN = {"value_hash"}
_FOLDER = Path(mkdtemp(prefix="plainscore-fuzz-"))


def fuzz_json(content: bytes) -> None:
    """Every line that is not blank is a row."""
    path = _write("a.ndjson", content)
    for log in ("payment", "profile"):
        account = account_for(path, log)
        assert account.refusal is None, account.refusal
        assert account.row_count == json_rows_in(content), account


def fuzz_csv(content: bytes) -> None:
    """No row comes from nowhere, and no line gives two."""
    account = account_for(_write("a.csv", content))
    lines = [*account.accepted, *(line for line, _ in account.refused)]
    assert len(set(lines)) == len(lines), account
    assert not lines or 2 <= min(lines) <= max(lines) <= content.count(b"\n") + 1, account


def fuzz_gzip(content: bytes) -> None:
    """A packed file is refused or read."""
    account_for(_write("a.ndjson.gz", content))


def fuzz_parquet(content: bytes) -> None:
    """A parquet file is refused, or all rows of its footer are accounted for."""
    path = _write("a.parquet", content)
    account = account_for(path)
    if account.refusal is None:
        claimed = duckdb.execute("select num_rows from parquet_file_metadata(?)", [str(path)])
        assert claimed.fetchone() == (account.row_count,), account


def fuzz_values(content: bytes) -> None:
    """The judging SQL and the model in plain Python read a value alike."""
    text = content.decode("utf-8", "replace")
    for kind in READERS:
        assert judged(kind, [text]) == [modelled(kind, text)], (kind, text)


def fuzz_masking(content: bytes) -> None:
    """A masked line never holds the secret that stood in its field."""
    text = content.decode("utf-8", "replace").replace("\n", " ")
    masking.mask_json(text, _HIDDEN)
    if "s3cr3t" in text:
        return
    row = f'{{"a": {text}, "value_hash": "s3cr3t"}}'
    assert "s3cr3t" not in masking.mask_json(row, _HIDDEN), row
    shape = masking.csv_shape(["a", "value_hash"], _HIDDEN)
    assert "s3cr3t" not in masking.mask_csv(f"{text},s3cr3t", shape), text


def _write(name: str, content: bytes) -> Path:
    path = _FOLDER / name
    path.write_bytes(content)
    return path


_FUZZ: dict[str, Callable[[bytes], None]] = {
    "json": fuzz_json,
    "csv": fuzz_csv,
    "gzip": fuzz_gzip,
    "parquet": fuzz_parquet,
    "values": fuzz_values,
    "masking": fuzz_masking,
}

if __name__ == "__main__":
    os.environ["RUST_BACKTRACE"] = "0"
    atheris.Setup([sys.argv[0], *sys.argv[2:]], _FUZZ[sys.argv[1]])
    atheris.Fuzz()
