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
    from plainscore.logs import (
        columns,
        csv_rows,
        json_rows,
        masking,
        parquet_footer,
        parquet_rows,
        text_lines,
    )
    from tests.hostile.accounting import account_for, json_rows_in
    from tests.ingest.test_values import READERS, _slowly

import polars as pl

_INSTRUMENTED = (columns, csv_rows, json_rows, masking, parquet_footer, parquet_rows)
_INSTRUMENTED += (text_lines,)
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
        assert account.row_count == parquet_footer.read_footer(path).row_count, account


def fuzz_values(content: bytes) -> None:
    """A column and a single value are read alike."""
    text = content.decode("utf-8", "replace")
    for kind in READERS:
        reading = columns.read_column(kind, pl.Series([text], dtype=pl.String))
        fault = None if reading.faults is None else reading.faults[0]
        assert (reading.values[0], fault) == _slowly(kind, text), (kind, text)


def fuzz_masking(content: bytes) -> None:
    """A masked line never holds the secret that stood in its field."""
    text = content.decode("utf-8", "replace").replace("\n", " ")
    masking.mask_json(text)
    if "s3cr3t" in text:
        return
    row = f'{{"a": {text}, "value_hash": "s3cr3t"}}'
    assert "s3cr3t" not in masking.mask_json(row), row
    shape = masking.csv_shape(["a", "value_hash"])
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
