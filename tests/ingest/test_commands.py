"""The commands ingest, check and compact as their users see them."""

import csv
import io
import json
from pathlib import Path

import pytest

from plainscore.cli.app import main
from plainscore.common.lock import writer_lock
from plainscore.contracts.logs import read_logs
from plainscore.scorecards.card import read_missing
from plainscore.scorecards.card_text import find_scorecard
from plainscore.scorecards.reading import read_scorecard
from tests.ingest.delivery import DAY, Delivery, deposit, purchase


def run(*words: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.fixture
def delivered(delivery: Delivery) -> Delivery:
    delivery.ndjson("payment", [deposit(), deposit(), deposit("e2", amount="-1")])
    return delivery


def test_ingest_prints_one_json_object_per_file(
    delivered: Delivery, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("ingest", "--data", delivered.data, "--format", "json") == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == {
        "log": "payment",
        "file": f"payment/arrived={DAY}/a.ndjson",
        "arrived": DAY,
        "rows": 3,
        "accepted": 1,
        "duplicates": 1,
        "quarantined": 1,
    }
    assert run("ingest", "--data", delivered.data, "--format", "json") == 0
    assert capsys.readouterr().out == ""


def test_ingest_prints_files_judged_anew_again(
    delivered: Delivery, capsys: pytest.CaptureFixture[str]
) -> None:
    run("ingest", "--data", delivered.data)
    delivered.ndjson("payment", [deposit(amount="7")], day="2026-03-04")
    delivered.ndjson("payment", [deposit("e1", event_time="2026-03-04")], day="2026-03-04")
    capsys.readouterr()
    assert run("ingest", "--data", delivered.data, "--format", "csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["arrived"], row["accepted"], row["quarantined"]) for row in rows] == [
        ("2026-03-04", "1", "0"),
        (DAY, "0", "3"),
    ]


def test_ingest_names_a_refused_file_and_the_mend_and_exits_5(
    delivered: Delivery, capsys: pytest.CaptureFixture[str]
) -> None:
    delivered.put(f"purchase/arrived={DAY}/\x1b[31m.txt", "x")
    assert run("ingest", "--data", delivered.data) == 5
    printed = capsys.readouterr()
    assert (
        "refused purchase/arrived=2026-03-05/\ufffd[31m.txt: is of an unknown format; deliver it"
        in printed.err
    )
    assert "\x1b[31m.txt" not in printed.err
    assert "payment" in printed.out


def test_ingest_of_a_locked_directory_exits_4(
    delivered: Delivery, capsys: pytest.CaptureFixture[str]
) -> None:
    with writer_lock(delivered.data, "a long run"):
        assert run("ingest", "--data", delivered.data) == 4
    assert "(a long run): wait until it is done" in capsys.readouterr().err


def test_ingest_without_a_landing_directory_exits_5(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("ingest", "--data", tmp_path / "nothing") == 5
    assert "/landing/<log>/arrived=YYYY-MM-DD/<file>" in capsys.readouterr().err


def test_check_says_what_is_wrong_and_which_features_will_be_missing(
    delivered: Delivery, capsys: pytest.CaptureFixture[str]
) -> None:
    refund = deposit("r1", event_type="refund", order_id="unknown")
    delivered.ndjson("purchase", [purchase(colour="red"), refund])
    before = sorted(delivered.data.rglob("*"))
    assert run("check", delivered.data / "landing") == 0
    out = capsys.readouterr().out
    assert f"payment: 1 x amount is negative: payment/arrived={DAY}/a.ndjson:3" in out
    assert "purchase: 1 events of refund or chargeback name the order_id of no purchase" in out
    assert "purchase: columns not used: colour" in out
    assert "service: no rows, so missing: services_fulfilled, service_breaches" in out
    assert "purchase: no rows" not in out
    assert sorted(delivered.data.rglob("*")) == before


def test_check_exits_5_where_a_file_is_refused(
    delivered: Delivery, capsys: pytest.CaptureFixture[str]
) -> None:
    delivered.put(f"payment/arrived={DAY}/x.csv", "no header")
    delivered.put("unknown/x", "")
    assert run("check", delivered.data / "landing", "--format", "json") == 5
    printed = capsys.readouterr()
    logs = {log["log"]: log for log in map(json.loads, printed.out.splitlines())}
    assert list(logs) == ["profile", "purchase", "payment", "service", "friendship"]
    assert logs["payment"]["files"] == 0
    assert "required column event_id is absent" in printed.err
    assert "refused unknown: is neither a log nor a source" in printed.err


def test_check_prints_csv(delivered: Delivery, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", delivered.data / "landing", "--format", "csv") == 0
    rows = {row["log"]: row for row in csv.DictReader(io.StringIO(capsys.readouterr().out))}
    assert rows["payment"]["quarantined"] == "1"
    missing = "services_fulfilled service_breaches service_months"
    assert rows["service"]["missing_features"] == missing


@pytest.mark.parametrize("output_format", ["table", "json", "csv"])
def test_compact_prints_what_it_did(
    delivered: Delivery, capsys: pytest.CaptureFixture[str], output_format: str
) -> None:
    run("ingest", "--data", delivered.data)
    capsys.readouterr()
    assert run("compact", "--data", delivered.data, "--format", output_format) == 0
    assert "payment" in capsys.readouterr().out


def test_compact_of_nothing_exits_5(tmp_path: Path) -> None:
    assert run("compact", "--data", tmp_path) == 5
    assert run("compact", "--data", tmp_path, "--grace-days", "-1") == 2


def test_every_feature_but_friend_reliability_hangs_on_exactly_one_log() -> None:
    packaged = [read_scorecard(find_scorecard(name)) for name in ("standard", "standard_3")]
    declared = [feature for log in read_logs() for feature in read_missing()[log]]
    scored = {one.name for card in packaged for one in card.features} - {"friend_reliability"}
    assert sorted(declared) == sorted(scored)
