"""The comparison with the oracle itself sees every kind of difference."""

from collections.abc import Iterator

import duckdb
import pytest

from tests.oracle.agreement import (
    BENEFIT_COLUMNS,
    REASON_COLUMNS,
    REASON_TEXTS,
    SCORE_COLUMNS,
    differences,
)
from tests.oracle.material import FURTHER_FEATURES
from tests.oracle.nasty_worlds import nasty_world
from tests.oracle.score import FEATURES
from tests.oracle.snapshot import PersonResult, snapshot


@pytest.fixture(scope="module")
def expected() -> dict[str, PersonResult]:
    world = nasty_world(2)
    return snapshot(world.events, world.as_of_date, world.known_on)


@pytest.fixture(scope="module")
def right(expected: dict[str, PersonResult]) -> Iterator[duckdb.DuckDBPyConnection]:
    """What is published as it should be, in plain tables."""
    people = expected.values()
    values = [p.features | p.further for p in people]
    doubles = {name for name in values[0] if any(isinstance(one[name], float) for one in values)}
    rows = {
        "score": [(p.person_id, "standard", p.score, p.band, p.band_no, p.not_scored_code)
                  for p in people],
        "features": [(p.person_id, *p.features.values(), *p.further.values()) for p in people],
        "points": [(p.person_id, *p.points.values()) for p in people if p.points],
        "reason": [(p.person_id, *(getattr(r, name) for name in REASON_COLUMNS + REASON_TEXTS))
                   for p in people for r in p.reasons],
        "benefit": [(p.person_id, *(getattr(one, name) for name in BENEFIT_COLUMNS))
                    for p in people for one in p.openings],
    }  # fmt: skip
    texts = {
        "scorecard",
        "band",
        "not_scored_code",
        "code",
        "family",
        "method",
        *REASON_TEXTS,
        "benefit",
        "accepts",
    }
    columns = {
        "score": SCORE_COLUMNS, "features": FEATURES + FURTHER_FEATURES, "points": FEATURES,
        "reason": REASON_COLUMNS + REASON_TEXTS, "benefit": BENEFIT_COLUMNS,
    }  # fmt: skip
    with duckdb.connect() as con:
        for view, names in columns.items():
            is_double = doubles if view == "features" else {"value", "benchmark_points"}
            kinds = ["varchar" if n in texts else "double" if n in is_double
                     else "boolean" if n[:3] == "is_" else "bigint" for n in names]  # fmt: skip
            declared = ", ".join(f"{n} {kind}" for n, kind in zip(names, kinds, strict=True))
            con.execute(f"create table {view} (person_id varchar, {declared})")
            marks = ", ".join("?" * (len(names) + 1))
            con.executemany(f"insert into {view} values ({marks})", rows[view])
        yield con


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ("select 1", None),
        ("delete from score where person_id = 'paragon 0'", "'paragon 0': score: 1 rows by"),
        ("insert into features (person_id) values ('ghost')", "'ghost': features: 0 rows by"),
        ("insert into score from score where person_id = 'paragon 0'", "2 by the pipeline"),
        ("update score set band_no = 4 where person_id = 'paragon 0'", "oracle 5, pipeline 4"),
        ("update points set on_time_share = 59 where on_time_share = 60", "points.on_time_share"),
        ("update features set paid_bills = null where paid_bills = 0", "oracle 0, pipeline None"),
        ("update features set refund_share = refund_share + 1e-9", "features.refund_share"),
        ("update features set late_days_90 = late_days_90 + 1", "further.late_days_90"),
        ("alter table features alter paid_bills type double", "pipeline 0.0"),
        ("delete from reason where rank = 2", "4 rows by the oracle, 3 by the pipeline"),
        ("update reason set rank = 5 - rank", "reason.code"),
        ("update reason set reason = 'paid late' where is_missing", "reason.reason"),
        (
            "update benefit set is_open = not is_open where benefit = 'small_loan'",
            "benefit.is_open",
        ),
        ("update benefit set score_in_context = 351", "benefit.score_in_context"),
        ("update reason set family = 'none' where rank = 1", "reason.family"),
    ],
)
def test_each_kind_of_difference_is_seen(
    expected: dict[str, PersonResult],
    right: duckdb.DuckDBPyConnection,
    change: str,
    line: str | None,
) -> None:
    right.begin()
    right.execute(change)
    found = differences(right, expected)
    right.rollback()
    assert found == [] if line is None else line in "\n".join(found)
