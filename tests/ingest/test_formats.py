"""The same rows mean the same in every format; lines are counted as an editor counts them."""

import io
import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plainscore.contracts.logs import read_logs
from plainscore.logs.landing import file_at
from tests.ingest.delivery import DAY, Delivery, bill, deposit, judge_line, purchase
from tests.ingest.reading import read_files

LOGS = read_logs()

FORMATS = ["ndjson", "ndjson.gz", "ndjson.zst", "json", "json.zst", "csv", "csv.gz", "csv.zst"]
FORMATS += ["xlsx", "parquet"]


def test_every_format_gives_the_same_events_and_counts_unknown_columns(delivery: Delivery) -> None:
    for name in FORMATS:
        balance = {"event_type": "balance", "amount": None}
        rows = [
            bill("b1", balance="5", credit_limit="10.5", due_date="2026-03-31"),
            deposit("e2", person_id="007", amount="0.1"),
            deposit("e3", amount="-1"),
            deposit("e2", person_id="007", amount="0.10"),
            deposit("i1", event_type="income", amount="2500", income_source="an employer"),
            deposit("i2", event_type="income", amount="-1"),
            deposit("m1", **balance, account_balance="-45.5"),
            deposit("m2", **balance, account_balance="-0.00"),
            deposit("m3", **balance, account_balance="-1.234"),
            deposit("m4", **balance),
            deposit("m1", **balance, account_balance="-45.50", income_source="means nothing here"),
        ]
        own = [row | {"event_id": f"{row['event_id']} {name}"} for row in rows]
        delivery.write(name, "payment", own, "a", DAY)
        bought = [purchase(f"p1 {name}", colour="red", size=3), purchase(f"p2 {name}", size=4)]
        delivery.write(name, "purchase", [one | {"colour": None} | one for one in bought], "a", DAY)
    files = [file for file in delivery.ingest().files if file.log == "payment"]
    assert [(one.rows, one.accepted, one.duplicates, one.quarantined) for one in files] == [
        (11, 5, 2, 4)
    ] * len(FORMATS)
    stored: dict[str, list[tuple[Any, ...]]] = {name: [] for name in FORMATS}
    columns = ["event_id", "person_id", "amount_cents", "balance_cents", "credit_limit_cents"]
    columns += ["account_balance_cents", "income_source", "due_date", "event_date"]
    for event_id, *cells in delivery.accepted("payment").select(columns).rows():
        event, _, name = event_id.partition(" ")
        stored[name].append((event, *cells))
    nothing, day = (None, None), date(2026, 3, 5)
    for name in FORMATS:
        assert stored[name] == [
            ("b1", "ann", 10_000, 500, 1_050, *nothing, date(2026, 3, 31), day),
            ("e2", "007", 10, *nothing, *nothing, None, day),
            ("i1", "ann", 250_000, *nothing, None, "an employer", None, day),
            ("m1", "ann", None, *nothing, -4550, None, None, day),
            ("m2", "ann", None, *nothing, 0, None, None, day),
        ], name
    ledger = delivery.store.ledger()
    unknown = ledger.filter(ledger["log"] == "purchase")["unknown_columns"].to_list()
    assert unknown == ['["colour", "size"]'] * len(FORMATS)
    assert "colour" not in delivery.accepted("purchase").columns


@pytest.mark.parametrize("file_format", ["ndjson", "parquet"])
def test_a_number_may_be_a_negative_balance(delivery: Delivery, file_format: str) -> None:
    balances = [-45.5, -0.0, -0.001, float("inf"), -1e10, 1e10 + 1]
    rows = [
        deposit(f"e{at}", event_type="balance", account_balance=one)
        for at, one in enumerate(balances)
    ]
    delivery.write(file_format, "payment", rows, "a", DAY)
    delivery.ingest()
    accepted = delivery.accepted("payment")
    assert accepted["account_balance_cents"].to_list() == [-4550, 0, -(10**12)]
    assert delivery.quarantine()["reason"].sort().to_list() == [
        "account_balance has more than two decimals",
        "account_balance is more than 10^12 cents",
        "account_balance is not a decimal number",
    ]


def test_csv_lines_are_physical_and_blank_lines_are_no_rows(delivery: Delivery) -> None:
    text = (
        "\ufeffevent_id,event_time,person_id,event_type,amount\r\n"
        "\r\n"
        'e1,2026-03-05,"ann\n\nor bob",deposit,1\r\n'
        "e2,2026-03-05,ann,deposit,-1\r\n"
        "   \n"
        'e3,2026-03-05,"ann, ""the"" one",deposit,2\n'
        "e4,2026-03-05,ann,deposit\n"
        "e5,2026-03-05,ann,deposit,1,2\n"
        'e6,2026-03-05,5" pipe,deposit,3'
    )
    delivery.put(f"payment/arrived={DAY}/a.csv", text)
    delivery.ingest()
    assert delivery.accepted("payment").select("event_id", "person_id", "line").rows() == [
        ("e1", "ann\n\nor bob", 3),
        ("e3", 'ann, "the" one', 8),
        ("e6", '5" pipe', 11),
    ]
    assert delivery.quarantine().select("line", "reason", "raw").rows() == [
        (6, "amount is negative", "e2,2026-03-05,ann,deposit,-1"),
        (9, "line has too few fields", "e4,2026-03-05,ann,deposit"),
        (10, "line has too many fields", "e5,2026-03-05,ann,deposit,1,2"),
    ]


def test_a_quote_that_is_never_closed_costs_its_own_line_only(delivery: Delivery) -> None:
    lines = ["event_id,event_time,person_id,event_type,amount"]
    lines += ['e1,2026-03-05,"ann,deposit,1', "e2,2026-03-05,ann,deposit,1"]
    delivery.lines("payment", lines, name="a.csv")
    delivery.ingest()
    assert delivery.accepted("payment")["event_id"].to_list() == ["e2"]
    assert delivery.quarantine().select("line", "reason").rows() == [(2, "line is not csv")]


def test_json_lines_are_physical_and_blank_lines_are_no_rows(delivery: Delivery) -> None:
    first, second = json.dumps(deposit("e1")), json.dumps(deposit("e2", amount=-1))
    delivery.put(f"payment/arrived={DAY}/a.ndjson", f"\ufeff{first}\r\n\r\n \t\n{second}")
    report = delivery.ingest()
    assert report.files[0].rows == 2
    assert delivery.accepted("payment")["line"].to_list() == [1]
    assert delivery.quarantine().select("line", "raw").rows() == [(4, second)]


def test_a_line_that_is_no_utf8_is_refused_alone(delivery: Delivery) -> None:
    good = json.dumps(deposit("e1")).encode()
    text = good + b"\n" + good.replace(b"ann", b"\xff\xfe") + b"\n" + good.replace(b"e1", b"e2")
    delivery.put(f"payment/arrived={DAY}/a.ndjson", text)
    delivery.ingest()
    assert delivery.accepted("payment")["event_id"].to_list() == ["e1", "e2"]
    (row,) = delivery.quarantine().to_dicts()
    assert (row["line"], row["reason"]) == (2, "line is not UTF-8")
    assert "\\xff\\xfe" in row["raw"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("[1, 2]", "line is not a JSON object"),
        ('"text"', "line is not a JSON object"),
        ("null", "line is not a JSON object"),
        ("{", "line is not JSON"),
        ("{} {}", "line is not JSON"),
        ("{'event_id': 1}", "line is not JSON"),
        ('{"event_id":"a\tb"}', "line is not JSON"),
        ('{"event_id":007}', "line is not JSON"),
        ("[" * 100_000, "line is nested more than 100 deep"),
        ('{"a":' * 100_000, "line is nested more than 100 deep"),
        ("{}", "event_id is missing"),
        ('{"event_id":"a","event_id":"b"}', "line repeats a key"),
        ('{"event_id":"a","x":1,"x":1}', "line repeats a key"),
        ('{"event_id":"\\ud800"}', "event_id is neither text nor an integer"),
    ],
)
def test_a_line_that_is_no_object_is_refused(line: str, reason: str) -> None:
    judged = judge_line("payment", line)
    assert judged is not None
    assert judged[0] == reason


def test_parquet_columns_may_have_any_sensible_type(delivery: Delivery) -> None:
    moment = datetime(2026, 3, 5, 10)
    frame = pl.DataFrame(
        {
            "event_id": [1, 2],
            "event_time": pl.Series([moment, moment]).dt.replace_time_zone("UTC"),
            "person_id": pl.Series(["ann", "bob"], dtype=pl.Categorical),
            "event_type": pl.Series(["bill", "deposit"], dtype=pl.Enum(["bill", "deposit"])),
            "bill_id": [b"b\xc3\xa9", None],
            "bill_type": ["card", None],
            "amount": pl.Series([Decimal("12.500"), Decimal("3.000")]),
            "due_date": [date(2026, 4, 1), None],
            "balance": [0.1, float("nan")],
            "credit_limit": pl.Series([12.1, None], dtype=pl.Float32),
        }
    )
    delivery.parquet("payment", frame)
    delivery.ingest()
    columns = ["event_id", "bill_id", "amount_cents", "balance_cents", "credit_limit_cents"]
    assert delivery.quarantine().rows() == []
    assert delivery.accepted("payment").select(columns).rows() == [
        ("1", "bé", 1250, 10, 1210),
        ("2", None, 300, None, None),
    ]


def test_parquet_columns_of_no_sensible_type_refuse_their_rows(delivery: Delivery) -> None:
    rows = [
        {"event_id": [1], "person_id": "ann", "event_type": "deposit", "event_time": 5, "amount": 1}
    ]
    delivery.parquet("payment", rows, "a.parquet")
    delivery.parquet("payment", [deposit(event_time=5)], "b.parquet")
    delivery.parquet("payment", [deposit(amount=[5])], "c.parquet")
    delivery.parquet("payment", [deposit(person_id=5.5)], "d.parquet")
    delivery.ingest()
    assert delivery.quarantine()["reason"].to_list() == [
        "event_id is neither text nor an integer",
        "event_time is not an ISO 8601 time",
        "amount is not a decimal number",
        "person_id is neither text nor an integer",
    ]


def test_a_header_alone_and_an_empty_file_hold_no_rows(delivery: Delivery) -> None:
    delivery.lines("payment", ["event_id,event_time,person_id,event_type"], name="a.csv")
    delivery.lines("payment", [], name="b.ndjson")
    delivery.parquet("payment", pl.DataFrame([deposit()]).clear(), name="c.parquet")
    delivery.put(f"payment/arrived={DAY}/d.ndjson.gz", "")
    report = delivery.ingest()
    assert report.refused == []
    assert [one.rows for one in report.files] == [0, 0, 0, 0]


_ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=True),
    st.sampled_from(
        ["", "p", "refund", "12.50", "true", '":', ":", "a,b", "\u00e9", "\\", "\x7f", "\u2028"]
    ),
    st.text(max_size=4),
)
_KEYS = st.sampled_from([*LOGS["purchase"].names, "x", ":", "", "a b"])
_VALUES = st.recursive(_ATOMS, lambda inner: st.lists(inner, max_size=2), max_leaves=3)
_SHAPED = [
    '{"event_id":"e1","amount":12.50,"is_own_name":true,"colour":1.5}',
    '{"event_id": 17, "amount": null, "is_own_name": null, "colour": false}',
    '{ "event_id":"","amount":"x" }',
    '{"is_own_name":"yes"}',
    "{}",
    "{",
    '{"event_id":"e1",}',
    '{"event_id":"e1"} ',
    '{"event_id":"e1"}}',
    '{"event_id":"e1" "amount":1}',
    '{"event_id":"e1","event_id":"e1"}',
    '{"amount":1,"event_id":"e1"}',
    '{"event_id":1.5}',
    '{"event_id":true}',
    '{"event_id":["e1"]}',
    '{"event_id":"\\u0041"}',
    '{"event_id":"a\tb"}',
    '{"amount":01}',
    '{"amount":-1.5}',
    'x{"event_id":"e1"}',
]


def _read(tmp: Path, log: str, name: str, text: str) -> tuple[dict[int, Any], set[str]]:
    """Return what each line of a file is read as, and the unknown columns."""
    (tmp / name).write_text(text, encoding="utf-8", newline="")
    read = read_files(log, {0: file_at(tmp, name, date(2026, 3, 5))})
    assert read.refused == {}
    found = read.reasons | {place: sorted(row.items(), key=str) for place, row in read.rows.items()}
    return {line: one for (_, line), one in found.items()}, read.facts[0].unknown


def _lines_agree(tmp: Path, lines: list[str]) -> None:
    """Assert that lines are read together as each is read alone: by their shape, or one by one."""
    together, unknown = _read(tmp, "purchase", "a.ndjson", "".join(f"{one}\n" for one in lines))
    alone = [_read(tmp, "purchase", "b.ndjson", f"{one}\n") for one in lines]
    assert [together.get(number) for number in range(1, len(lines) + 1)] == [
        rows.get(1) for rows, _ in alone
    ]
    assert unknown == {name for _, names in alone for name in names}


@given(st.lists(st.dictionaries(_KEYS, _VALUES), min_size=1, max_size=5), st.booleans())
@settings(max_examples=12)
def test_json_lines_are_read_together_as_they_are_alone(
    tmp: Path, objects: list[dict[str, Any]], is_tight: bool
) -> None:
    separators = (",", ":") if is_tight else (", ", ": ")
    common = deposit("p1", event_type="refund", order_id="o")
    dumped = [
        json.dumps(common | one, ensure_ascii=is_tight, separators=separators) for one in objects
    ]
    _lines_agree(tmp, [*dumped, *(json.dumps(one) for one in objects)])


def test_lines_of_a_shape_are_read_as_they_are_alone(tmp: Path) -> None:
    _lines_agree(tmp, _SHAPED)


_CELLS = st.text("ab,01 \u00e9=\t", max_size=4).map(lambda text: text.replace(",", ""))


@given(st.lists(st.lists(_CELLS, min_size=4, max_size=6), max_size=6))
@settings(max_examples=20)
def test_csv_lines_are_read_alike_with_and_without_quotes(tmp: Path, rows: list[list[str]]) -> None:
    """A quote anywhere makes a file one that DuckDB does not split by itself."""
    header = "event_id,event_time,person_id,event_type,x\n"
    lines = [",".join(row) for row in rows]
    text = header + "".join(f"{one}\n" for one in lines)
    plain, _ = _read(tmp, "payment", "a.csv", text)
    quoted, _ = _read(tmp, "payment", "b.csv", text + '"q",,,,\n')
    assert quoted.pop(len(lines) + 2) is not None
    assert plain == quoted


@pytest.fixture(scope="module")
def tmp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for files that are written over and over."""
    return tmp_path_factory.mktemp("formats")


def test_a_parquet_file_of_many_row_groups_is_numbered_through(delivery: Delivery) -> None:
    rows = [deposit(f"e{number:03}", amount=str(-(number % 50 == 49))) for number in range(100)]
    written = io.BytesIO()
    pl.DataFrame(rows).write_parquet(written, row_group_size=10)
    delivery.put(f"payment/arrived={DAY}/a.parquet", written.getvalue())
    delivery.ingest()
    assert delivery.quarantine()["line"].to_list() == [50, 100]


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(
            st.one_of(
                st.integers(-100, 10**13).map(lambda cents: cents / 100),
                st.floats(),
                st.sampled_from([0.1 + 0.2, -0.0, 1.005, 9999999999.99, 1e10, 5e-324]),
            ),
            st.one_of(st.none(), st.datetimes(datetime(1, 1, 1), datetime(2030, 1, 1))),
            st.one_of(st.none(), st.dates(date(1990, 1, 1), date(2060, 1, 1))),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_a_typed_cell_of_parquet_means_what_its_text_means(
    values: list[tuple[float, datetime | None, date | None]],
) -> None:
    typed = pl.DataFrame(
        [
            bill(f"b{at}", amount=amount, event_time=moment, due_date=day)
            for at, (amount, moment, day) in enumerate(values)
        ],
        schema_overrides={"event_time": pl.Datetime("us"), "due_date": pl.Date},
        strict=False,
    )
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.parquet")
        typed.write_parquet(path)
        texts = "amount::varchar as amount, event_time::varchar as event_time"
        duckdb.execute(
            f"copy (select * replace ({texts}, due_date::varchar as due_date) from '{path}') "
            f"to '{folder}/b.parquet'"
        )
        found = [
            read_files("payment", {0: file_at(Path(folder), name, date(2031, 1, 1))})
            for name in ("a.parquet", "b.parquet")
        ]
    assert (found[0].rows, found[0].reasons) == (found[1].rows, found[1].reasons)
