"""Recorded results of commands: run a command line in process, and reduce what it printed to data.

Words may change, data and exit codes may not. So json and csv are compared as data, without what
depends on clock and machine; tables by the numbers and ids in them; SQL without comments. Of a
failure the exit code is compared, and the names that its message must contain.
"""

import csv
import hashlib
import io
import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from plainscore.cli.app import run_command_line

RECORDED = Path(__file__).parent / "recorded.jsonl"
EXCERPT = 60
_NUMBER_OR_ID = re.compile(r"[\w.,:+-]*\d[\w.,:+-]*")
_FLOAT = re.compile(r"-?\d+\.\d+(e-?\d+)?")
# These depend on the clock, the machine and the version, or are prose.
_LEFT_OUT = {
    *("began", "run_id", "seconds", "peak_memory_bytes", "bytes", "deleted_from"),
    *("code_hash", "code_version", "hash", "format", "sha256", "contracts_sha256", "project"),
    *("code", "tables", "detail", "doc", "message"),
}


@dataclass(frozen=True)
class Golden:
    """A command line and its recorded result.

    ``command``: PUBLISHED, OWN, LANDED and SCRATCH in it are directories, see ``Worlds``.
    ``read_as``: json, csv, parquet, sql, numbers (of a table or text), or nothing.
    ``names``: what stdout and stderr together contain, whatever their words.
    """

    command: str
    read_as: str
    exit_code: int
    names: tuple[str, ...] = ()
    sha256: str = ""
    excerpt: str = ""


@dataclass(frozen=True)
class Said:
    """What a command printed and how it ended."""

    exit_code: int
    out: bytes
    err: str


def read_goldens() -> list[Golden]:
    """Return the recorded results in the order of the file."""
    lines = RECORDED.read_text(encoding="utf-8").splitlines()
    read = [json.loads(line) for line in lines]
    return [Golden(**{**one, "names": tuple(one.get("names", ()))}) for one in read]


def write_goldens(goldens: Iterable[Golden]) -> None:
    """Write the table, one line for each command."""
    rows = ({name: value for name, value in asdict(one).items() if value} for one in goldens)
    lines = (json.dumps({"exit_code": 0, **row}, ensure_ascii=False) for row in rows)
    RECORDED.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def run_golden(golden: Golden, places: Mapping[str, Path]) -> Golden:
    """Run the command and return what would be recorded of it now, names that are missing out."""
    words = [_placed(word, places) for word in shlex.split(golden.command)]
    said = run_in_process(words)
    text = f"{said.out.decode(errors='replace')} {said.err}"
    printed = " ".join(re.sub(r"[│\n]", " ", text).split())
    data = canonical(golden.read_as, said.out, places)
    return Golden(
        golden.command,
        golden.read_as,
        said.exit_code,
        tuple(name for name in golden.names if _placed(name, places) in printed),
        hashlib.sha256(data.encode()).hexdigest() if data else "",
        data[:EXCERPT],
    )


def run_in_process(words: list[str]) -> Said:
    """Return what a command line prints, its standard output as bytes."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    err = io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = run_command_line(words)
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
    out.flush()
    return Said(code, out.buffer.getvalue(), err.getvalue())  # type: ignore[attr-defined]


def canonical(read_as: str, out: bytes, places: Mapping[str, Path]) -> str:
    """Return the data of an output as one text that is the same wherever and whenever it ran."""
    if read_as == "parquet":
        return _sorted_json(_parquet_rows(out, places["SCRATCH"]))
    text = out.decode()
    for name, place in places.items():
        text = text.replace(str(place), name)
    if read_as == "json":
        return _sorted_json(_steady(list(_documents(text))))
    if read_as == "csv":
        return _sorted_json([_steady(row) for row in csv.DictReader(io.StringIO(text))])
    if read_as == "sql":
        return " ".join(re.sub(r"--.*", "", text).split())
    numbers = (one for one in _NUMBER_OR_ID.findall(text) if one != version("plainscore"))
    return " ".join(numbers) if read_as == "numbers" else ""


def _placed(text: str, places: Mapping[str, Path]) -> str:
    return re.sub("|".join(places), lambda found: str(places[found[0]]), text)


def _documents(text: str) -> Iterator[Any]:
    decoder, position = json.JSONDecoder(), 0
    while position < len(text):
        document, position = decoder.raw_decode(text, position)
        yield document
        position += len(text[position:]) - len(text[position:].lstrip())


def _steady(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _steady(inner) for name, inner in value.items() if name not in _LEFT_OUT}
    if isinstance(value, str) and value.startswith(("[{", "{")):
        return _steady(json.loads(value))  # a cell of a csv
    if isinstance(value, float) or (isinstance(value, str) and _FLOAT.fullmatch(value)):
        return f"{float(value):.9g}"
    return [_steady(inner) for inner in value] if isinstance(value, list) else value


def _sorted_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _parquet_rows(out: bytes, scratch: Path) -> list[Any]:
    import duckdb

    file = scratch / "answer.parquet"
    file.write_bytes(out)
    with duckdb.connect() as con:
        rows = con.execute("select * from read_parquet(?)", [str(file)]).fetchall()
    return [list(map(str, row)) for row in rows]
