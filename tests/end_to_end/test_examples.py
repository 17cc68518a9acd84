"""The projects of examples/: from raw files to an explained score, without a program."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from plainscore.cli.app import main
from plainscore.runs.pipeline import read_request
from plainscore.runs.run import SnapshotOutcome, score_day
from plainscore.show.reader import open_snapshots
from tests.quick_runs import quick_runs

EXAMPLES = Path(__file__).parents[2] / "examples"
REAL = Path(__file__).parents[3] / "shared" / "real"


@pytest.fixture
def project(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A copy of an example, in which the test runs."""
    shutil.copytree(
        EXAMPLES / request.param,
        tmp_path / request.param,
        ignore=lambda folder, names: (
            [name for name in names if name != "landing"] if Path(folder).name == "data" else []
        ),
    )
    monkeypatch.chdir(tmp_path / request.param)
    return tmp_path / request.param


def _deliver(project: Path, name: str, folder: str, day: str) -> None:
    if not (REAL / name).exists():
        pytest.skip(f"{name} is not at hand")
    place = project / "data" / "landing" / folder / f"arrived={day}"
    place.mkdir(parents=True)
    shutil.copy(REAL / name, place)


def _score(day: str) -> SnapshotOutcome:
    with quick_runs():
        return score_day(read_request(date.fromisoformat(day), None, Path("data")))


def _accepted(outcome: SnapshotOutcome) -> dict[str, int]:
    assert sum(file.quarantined for file in outcome.report.files) == 0
    return {file.log: file.accepted for file in outcome.report.files}


def _explained(person: str, capsys: pytest.CaptureFixture[str]) -> dict[str, float | None]:
    """Return the values of a person's features, as `explain` prints them."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(["explain", person, "--format", "json"])
    assert ended.value.code == 0
    found = json.loads(capsys.readouterr().out)
    assert found["score"] is not None
    return {part["feature"]: part["value"] for part in found["points"]}


@pytest.mark.parametrize("project", ["shop"], indirect=True)
def test_order_lines_of_a_shop_become_purchases_refunds_bills_and_payments(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = _score("2026-10-31")
    assert _accepted(outcome) == {"profile": 9, "purchase": 115, "payment": 55}
    assert outcome.report.unused_columns == {"customers": ["Name"]}
    values = _explained("k-01", capsys)
    assert values["refund_share"]
    assert values["instalment_on_time_share"] == 1
    assert _explained("k-05", capsys)["instalment_on_time_share"] < 1  # type: ignore[operator]


@pytest.mark.parametrize("project", ["bank"], indirect=True)
def test_movements_of_a_bank_become_bills_and_a_log_of_balances(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    accepted = _accepted(_score("2026-10-31"))
    lines = (project / "data/landing/transactions/arrived=2026-10-31/export.csv").read_bytes()
    assert accepted["balance"] == lines.count(b"\n") - 1
    assert accepted["payment"] == 415
    assert accepted["purchase"] == 118
    thrifty, tight = (_explained(one, capsys)["lowest_balance"] for one in ("4711", "4715"))
    assert thrifty > 20 * abs(tight)  # type: ignore[operator,arg-type]


@pytest.mark.parametrize("project", ["cdnow"], indirect=True)
def test_purchases_without_ids_score_every_customer(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _deliver(project, "cdnow_purchases.parquet", "cdnow", "1998-06-30")
    [file] = _score("1998-06-30").report.files
    assert (file.rows, file.accepted, file.duplicates) == (69_659, 69_404, 255)
    with open_snapshots(Path("data")) as snapshots:
        [counts] = snapshots.rows(
            "select count(*), count(active_months), count(on_time_share), count(verified_fields) "
            "from features"
        )
    assert counts == (23_570, 23_570, 0, 0)
    assert _explained("1", capsys)["spend_unevenness"] is None


@pytest.mark.parametrize("project", ["taiwan"], indirect=True)
def test_a_wide_table_of_statements_ranks_defaults_far_above_chance(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _deliver(project, "taiwan_clients.parquet", "clients", "2005-09-30")
    assert _accepted(_score("2005-09-30")) == {"payment": 350_445}
    clients = REAL / "taiwan_clients.parquet"
    with open_snapshots(Path("data")) as snapshots:
        # Chance that a client who pays has a higher score than one who defaults.
        [(auc,)] = snapshots.rows(
            "with ranked as (select default_next_month as bad, rank() over (order by score) "
            "+ (count(*) over (partition by score) - 1) / 2 as place "
            f"from score join '{clients}' on ID = cast(person_id as int)) "
            "select (sum(place) filter (bad = 0) - count(*) filter (bad = 0) "
            "* (count(*) filter (bad = 0) + 1) / 2) / (count(*) filter (bad = 0) "
            "* count(*) filter (bad = 1)) from ranked"
        )
    assert auc == pytest.approx(0.757, abs=0.005)
    assert _explained("3", capsys)["utilisation_peak"] is not None


def test_no_example_has_a_line_of_python() -> None:
    assert list(EXAMPLES.rglob("*.py")) == []
