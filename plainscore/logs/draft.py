"""A first ``[sources.<folder>]`` for unknown files, guessed from names and values."""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from plainscore.common.errors import InputRefused
from plainscore.common.text import escape_glob, identifier, text_literal
from plainscore.contracts.logs import COMMON_FIELDS, MONEY_KINDS, Log
from plainscore.logs.documents import read_sheet
from plainscore.logs.landing import FileRefused
from plainscore.logs.literals import NUMBER
from plainscore.logs.sources import Format

SAMPLE_ROWS = 1000
# Words of which the name of a column is made, in the order in which a field looks for one.
_WORDS = {
    "person_id": "customer client user member account person buyer konto kunde cliente cardholder",
    "event_time": "time timestamp ts date created booked datum buchung fecha day month registered "
    "opened",
    "amount": "amount total value sum betrag montant importe revenue price preis paid",
    "order_id": "order invoice receipt basket transaction bestell commande pedido",
    "merchant_id": "merchant shop store seller vendor payee",
    "category": "category description product article artikel gruppe department mcc",
    "bill_id": "bill invoice statement rechnung facture",
    "due_date": "due fallig echeance",
    "counterparty_id": "counterparty recipient beneficiary payee",
    "region": "region country city state",
    "birth_year": "birth born age",
    "agreement_id": "agreement contract rental booking",
    "friend_id": "friend contact",
}
_QUANTITY, _PRICE = ("quantity", "qty", "units", "menge", "cantidad"), ("price", "preis", "prix")
_MARKS = ("\\N", "NULL", "null", "None", "nan", "NaN", "N/A", "n/a", "NA", "#N/A", "NaT", "<NA>")
_TIMES = [
    f"{day}{gap}{clock}" if clock else day
    for day in ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y%m%d", "%d %b %Y",
                "%d.%m.%y", "%d/%m/%y", "%m/%d/%y")
    for gap in (" ",)
    for clock in ("", "%H:%M:%S", "%H:%M", "%I:%M %p", "%I:%M:%S %p")
]  # fmt: skip
_EPOCHS = {"epoch": r"1[0-9]{9}", "epoch_ms": r"1[0-9]{12}"}
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?")
_COMMA = r"[+-]?[0-9]{1,3}(\.?[0-9]{3})*,[0-9]{1,4}"
_POINT = r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?"
_FLAGS = {"true", "false", "t", "f", "yes", "no", "y", "n", "1", "0"}
_MEASURES = {"amount", "total", "price", "date", "time", "sum", "betrag"}
_IDS = {"id", "no", "number", "key", "uuid", "reference", "referenz"}
_LINE = {"line", "position", "pos", "item", "zeile"}
# Which event a row is taken for: the first whose field has a column.
_EVENTS = (
    ("due_date", "payment", "bill"), ("amount", "purchase", "purchase"),
    ("friend_id", "friendship", "contact"), ("agreement_id", "service", "started"),
    ("event_time", "profile", "opened"),
)  # fmt: skip


@dataclass
class DeliveredSample:
    """The first rows of a file: column -> its texts, and what its format is unless the default."""

    columns: dict[str, list[str]]
    format: dict[str, object]

    def all_match(self, column: str, pattern: str) -> bool:
        """Whether every value of a column, and at least one, has a form."""
        values = self.columns[column]
        return bool(values) and all(re.fullmatch(pattern, value) for value in values)


def draft_source(folder: Path, logs: Mapping[str, Log]) -> str:
    """Return TOML that maps a folder of landing/ to the log that fits best. Raises InputRefused."""
    files = sorted(path for path in folder.glob("arrived=*/*") if path.name[0] not in "._")
    if not files:
        raise InputRefused(
            f"{folder} has no file in a folder arrived=YYYY-MM-DD, the day on which it arrived: "
            f"put the files into {folder / 'arrived=YYYY-MM-DD'}"
        )
    return draft_of_file(files[0], folder.name, logs)


def draft_of_file(file: Path, folder: str, logs: Mapping[str, Log]) -> str:
    """Return TOML that maps files like one to the log that fits best. Raises InputRefused."""
    return "\n".join(_Draft(folder, read_sample(file), logs).lines(file)) + "\n"


def read_sample(path: Path) -> DeliveredSample:
    """Return the first rows of a delivered file. Raises InputRefused where it cannot be read."""
    with TemporaryDirectory(prefix="plainscore-draft-") as scratch, duckdb.connect() as con:
        try:
            form, table = _relation(con, path, Path(scratch))
            found = con.execute(f"select columns(*)::varchar from {table} limit {SAMPLE_ROWS}")
            names = [column[0] for column in found.description or ()]
            rows = found.fetchall()
        except (duckdb.Error, UnicodeError, FileRefused) as error:
            raise InputRefused(f"{path} cannot be read ({str(error).splitlines()[0]})") from error
    cells = {name: [row[at] for row in rows if row[at]] for at, name in enumerate(names)}
    marks = [mark for mark in _MARKS if any(mark in values for values in cells.values())]
    if marks:
        form["null"] = ["", *marks]
    kept = {name: [one for one in values if one not in marks] for name, values in cells.items()}
    sample = DeliveredSample(kept, form)
    if "csv" in path.name:
        _guess_marks(sample)
    return sample


def _relation(
    con: duckdb.DuckDBPyConnection, path: Path, scratch: Path
) -> tuple[dict[str, object], str]:
    """Return the format and SQL for the rows of a file."""
    if path.suffix == ".xlsx":
        names, rows = read_sheet(path.read_bytes(), Format())
        cells = [row for _, row in islice(rows, SAMPLE_ROWS)]
        con.execute(f"create table sheet ({', '.join(f'{identifier(n)} text' for n in names)})")
        if cells:
            marks = ", ".join("?" * len(names))
            con.executemany(f"insert into sheet values ({marks})", cells)
        return {}, "sheet"
    name = text_literal(escape_glob(str(path)))
    if path.suffix == ".parquet":
        return {}, f"read_parquet({name}, hive_partitioning = false)"
    if "json" in path.name:
        return {}, f"read_json({name}, format = 'auto', hive_partitioning = false)"
    form: dict[str, object] = {}
    if path.suffix == ".csv":
        text, encoding = _decoded(path.read_bytes()[: 2**20])
        if encoding != "utf-8":
            form["encoding"] = encoding
        copy = scratch / "sample.csv"
        copy.write_text(text.rpartition("\n")[0] or text, encoding="utf-8", newline="")
        name = text_literal(escape_glob(str(copy)))
    delimiter, quote, skip, has_names = con.execute(
        f"select delimiter, quote, skiprows, hasheader from sniff_csv({name}, all_varchar = true)"
    ).fetchall()[0]
    table = f"read_csv({name}, all_varchar = true, hive_partitioning = false)"
    names = [column[0] for column in con.execute(f"from {table} limit 0").description or ()]
    if not has_names or any(re.sub(r"_[0-9]+$", "", one) in {*names} - {one} for one in names):
        # No header, or one that repeats a name: DuckDB has added a number.
        form["names"] = names
        skip += has_names
    found = {"delimiter": (delimiter, ","), "skip": (skip, 0)}
    form |= {key: value for key, (value, default) in found.items() if value != default}
    if quote not in ("(empty)", '"'):
        form["quote"] = quote
    return form, table


def _decoded(data: bytes) -> tuple[str, str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "ignore"), "utf-16"
    for cut in range(4):
        with suppress(UnicodeDecodeError):
            return data[: len(data) - cut].decode("utf-8-sig"), "utf-8"
    return data.decode("cp1252", "replace"), "windows-1252"


def _guess_marks(sample: DeliveredSample) -> None:
    values = [value for one in sample.columns.values() for value in one]
    if any(re.fullmatch(_COMMA, value) for value in values) and sample.format.get("delimiter"):
        sample.format["decimal"] = ","
        if any(re.fullmatch(r"[+-]?[0-9]{1,3}(\.[0-9]{3})+,[0-9]+", value) for value in values):
            sample.format["thousands"] = "."
    elif any(re.fullmatch(_POINT, value) for value in values):
        sample.format["thousands"] = ","


class _Draft:
    def __init__(self, folder: str, sample: DeliveredSample, logs: Mapping[str, Log]) -> None:
        self._folder, self._sample, self._logs = folder, sample, logs
        self._used: set[str] = set()
        self._currency = self._named({"currency", "wahrung"})
        comma = sample.format.get("decimal") == ","
        self._number = f"({_COMMA}|[+-]?[0-9.]+)" if comma else f"({_POINT}|{NUMBER})"

    def lines(self, file: Path) -> Iterator[str]:
        if self._currency and (named := self._sample.columns[self._currency]):
            yield f"currency = {_quoted(named[0])}   # at the top of the file, above all tables"
        yield f"# A draft from {file.name}: look at every line, then run `plainscore check` again."
        yield f"[sources.{json.dumps(self._folder) if '.' in self._folder else self._folder}]"
        if self._sample.format:
            pairs = (f"{key} = {json.dumps(one)}" for key, one in self._sample.format.items())
            yield f"format = {{ {', '.join(pairs)} }}"
        yield '# time_zone = "Europe/London"   # of times without an offset; UTC unless it is set'
        log, kind = self._best()
        signed = self._signed() if log.name == "purchase" else None
        yield from self._event(log, kind, signed, "> 0" if signed else "")
        if signed and "refund" in log.event_types:
            yield from self._event(log, "refund", signed, "< 0")
        unused = [name for name in self._sample.columns if name not in self._used]
        if unused:
            yield f"# Not used: {', '.join(map(self._shown, unused))}"

    def _shown(self, column: str) -> str:
        values = self._sample.columns[column]
        return f"{column} (such as {values[0][:30]})" if values else f"{column} (empty)"

    def _best(self) -> tuple[Log, str]:
        """Return the log and the event type that the columns look like."""
        events = _EVENTS if self._product() is None else _EVENTS[1:2]
        for name, log, kind in events:
            known = self._logs.get(log)
            if known is None or kind not in known.event_types:
                continue
            if len(events) == 1 or self._column(name, known) is not None:
                return known, kind
        other = next(iter(self._logs.values()))
        return other, next(iter(other.event_types))

    def _event(self, log: Log, kind: str, signed: str | None, when: str) -> Iterator[str]:
        yield f"\n[[sources.{self._folder}.events]]\nlog = {json.dumps(log.name)}"
        if when and signed:
            yield f"when = {_quoted(f'{self._cell(signed)} {when}')}"
        yield f"event_type = {{ value = {json.dumps(kind)} }}"
        event = log.event_types[kind]
        may = event.may_lack + event.optional
        found = [one for one in event.either if self._column(one, log) is not None]
        one_of = (found or event.either)[:1]
        for name in (*COMMON_FIELDS[:3], *one_of, *event.required, *may):
            column = self._column(name, log)
            if column is not None or name not in may:
                yield f"{name} = {self._mapping(name, column, log, signed, when)}"
        if self._currency and any(one.kind in MONEY_KINDS for one in log.fields):
            self._used.add(self._currency)
            yield f"currency = {{ from = {_quoted(self._currency)} }}"

    def _mapping(
        self, name: str, column: str | None, log: Log, signed: str | None, when: str
    ) -> str:
        if name == "event_id" and column is None:
            return "{ content = true }   # no column is unique: rows equal in all these are one"
        sign = "-" if when == "< 0" else ""
        if name == "amount" and column is None and not self._product():
            return '{ from = "?" }   # which column?'
        if name == "amount" and (product := self._product()):
            return f"{{ sql = {_quoted(sign + product)} }}"
        if column is None:
            return self._without(name, log)
        self._used.add(column)
        if name == "amount" and sign and column == signed:
            return f"{{ sql = {_quoted(sign + self._cell(column))} }}"
        if name == "order_id" and (line := self._named(_LINE)):
            self._used.add(line)
            sql = f"{self._cell(column)} || '/' || {self._cell(line)}"
            return f"{{ sql = {_quoted(sql)} }}"
        form = self._moment(column) if log.kinds.get(name) in ("time", "date") else None
        said = f", format = {json.dumps(form)}" if form else ""
        values = self._sample.columns[column]
        is_twice = name in ("order_id", "bill_id", "agreement_id") and len({*values}) < len(values)
        note = "   # comes more than once: only its first row counts" if is_twice else ""
        return f"{{ from = {_quoted(column)}{said} }}{note}"

    def _without(self, name: str, log: Log) -> str:
        """Return what stands for a field that no column looks like."""
        if name.endswith("_id") and name != "merchant_id":
            known = [self._column(one, log) for one in ("person_id", "event_time", "amount")]
            parts = " || '/' || ".join(self._cell(one) for one in known if one)
            if name != "person_id" and parts:
                return f"{{ sql = {_quoted(parts)} }}   # no column looks like it"
        choices = next((one.choices for one in log.fields if one.name == name), ())
        if choices:
            return f"{{ value = {_quoted(choices[0])} }}   # one of {', '.join(choices)}"
        if name in ("merchant_id", "category"):
            return f"{{ value = {_quoted(self._folder)} }}   # no column looks like it"
        return '{ from = "?" }   # which column?'

    def _named(self, words: set[str]) -> str | None:
        names = list(self._sample.columns)
        exact = next((one for one in names if words & {*_words(one)}), None)
        return exact or next((one for one in names if _contains(one, words)), None)

    def _product(self) -> str | None:
        """Return quantity times price, where there are both and no total."""
        parts = [self._named({*_QUANTITY}), self._named({*_PRICE})]
        if "amount" in self._sample.columns or None in parts:
            return None
        self._used |= {part for part in parts if part}
        return " * ".join(self._cell(part) for part in parts if part)

    def _signed(self) -> str | None:
        """Return the column of quantities or amounts that is negative for what came back."""
        for name, values in self._sample.columns.items():
            if set(_words(name)) & {*_QUANTITY, "amount", "total", "betrag"} and any(
                value.startswith("-") for value in values
            ):
                return name
        return None

    def _column(self, name: str, log: Log) -> str | None:
        """Return the column that looks like a field, by name and by values."""
        names = list(self._sample.columns)
        exact = [one for one in names if one.lower().replace(" ", "_") == name]
        words = _WORDS.get(name, name.removesuffix("_id").replace("_", " ")).split()
        liked = [one for word in words for one in names if word in _words(one)]
        liked += [one for word in words for one in names if _contains(one, {word})]
        if name == "event_id":
            person = self._column("person_id", log)
            liked = [one for one in names if _IDS & {*_words(one)} and one != person]
        if name == "event_time":
            liked += [one for one in names if self._time(one) is not None]
        for one in [*exact, *liked]:
            if self._fits(one, name, log.kinds.get(name, "text")):
                return one
        return None

    def _fits(self, column: str, name: str, kind: str) -> bool:
        values = self._sample.columns[column]
        if name == "event_id":
            return len(set(values)) == len(values) > 1
        if kind in ("time", "date"):
            return self._moment(column) is not None
        if kind in (*MONEY_KINDS, "number", "integer"):
            return self._sample.all_match(column, self._number)
        if kind == "year":
            return self._sample.all_match(column, r"(19|20)[0-9]{2}")
        if kind == "flag":
            return bool(values) and {value.lower() for value in values} <= _FLAGS
        is_measure = name.endswith("_id") and bool(_MEASURES & {*_words(column)})
        return bool(values) and not is_measure and (kind != "text" or self._time(column) is None)

    def _time(self, column: str) -> str | None:
        """Return the format of a column's times, empty for ISO 8601; None where they are none."""
        values = self._sample.columns[column]
        if not values:
            return None
        if all(_ISO.fullmatch(value) for value in values):
            return ""
        return next((form for form in _TIMES if _all_parse(values, form)), None)

    def _moment(self, column: str) -> str | None:
        """Return the same of a column that is named like a time: it may count seconds, too."""
        found = (form for form, one in _EPOCHS.items() if self._sample.all_match(column, one))
        return next(found, self._time(column))

    @staticmethod
    def _cell(column: str) -> str:
        return column if re.fullmatch(r"[A-Za-z_]\w*", column) else identifier(column)


def _all_parse(values: Sequence[str], form: str) -> bool:
    try:
        for value in set(values):
            if form.startswith("%Y%m") and not re.match(r"[0-9]{8}(?![0-9])", value):
                return False  # strptime reads 536365 as a day of the year 5363
            datetime.strptime(value, form)
    except ValueError:
        return False
    return True


def _contains(name: str, words: set[str]) -> bool:
    """Whether a long word is a part of a column's name, as in Bestelldatum."""
    return any(len(word) > 4 and word in "".join(_words(name)) for word in words)


def _words(name: str) -> list[str]:
    """Return the words of a column's name: CustomerID is customer, id."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", plain)
    return re.findall(r"[a-z]+", apart.lower())


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
