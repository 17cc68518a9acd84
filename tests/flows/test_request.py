"""Which snapshot is meant by a few flags, and which cannot be."""

from datetime import date
from pathlib import Path

import pytest

from plainscore.common.errors import UsageError
from plainscore.runs.calendar import Every, dates_between, resolve_date
from plainscore.runs.pipeline import read_request, snapshot_dates
from plainscore.settings import Settings, read_settings, setting_origins

TODAY = date(2026, 11, 23)


def test_a_snapshot_knows_what_had_arrived_by_its_own_day_or_the_configured_lag() -> None:
    for lag, known_on in ((0, date(2026, 10, 31)), (3, date(2026, 11, 3))):
        dates = snapshot_dates(date(2026, 10, 31), None, Settings(arrival_lag_days=lag), TODAY)
        assert dates.known_on == known_on


def test_a_day_to_come_is_refused_unless_it_is_said_what_is_known() -> None:
    tomorrow = date(2026, 11, 24)
    with pytest.raises(UsageError, match="2026-11-24 lies in the future .*--known-on"):
        snapshot_dates(tomorrow, None, Settings(), TODAY)
    assert snapshot_dates(tomorrow, TODAY, Settings(), TODAY).as_of_date == tomorrow


def test_the_last_day_is_over_and_so_is_the_time_that_late_events_are_given() -> None:
    assert resolve_date("last-day", date(2026, 11, 1)) == date(2026, 10, 31)
    assert resolve_date("last-day", date(2026, 11, 1), 3) == date(2026, 10, 28)
    assert resolve_date("last-month-end", date(2026, 11, 1)) == date(2026, 10, 31)
    assert resolve_date("last-month-end", date(2026, 11, 3), 3) == date(2026, 9, 30)
    assert resolve_date("last-month-end", date(2026, 11, 4), 3) == date(2026, 10, 31)


def test_a_named_day_waits_for_the_configured_lag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAINSCORE__ARRIVAL_LAG_DAYS", "2")
    dates = read_request("last-day", None, tmp_path, today=TODAY).dates
    assert (dates.as_of_date, dates.known_on) == (date(2026, 11, 20), date(2026, 11, 22))


@pytest.mark.parametrize(
    ("every", "dates"),
    [
        ("day", ["2026-02-27", "2026-02-28", "2026-03-01"]),
        ("week", ["2026-01-01", "2026-01-08", "2026-01-15"]),
        ("month", ["2023-11-30", "2023-12-31", "2024-01-31", "2024-02-29"]),
    ],
)
def test_a_backfill_takes_both_of_its_ends(every: Every, dates: list[str]) -> None:
    days = [date.fromisoformat(day) for day in dates]
    last = date(2024, 3, 30) if every == "month" else days[-1]
    assert dates_between(days[0], last, every) == days


def test_a_backfill_without_any_date_is_no_backfill() -> None:
    with pytest.raises(UsageError, match="lies before"):
        dates_between(date(2026, 2, 2), date(2026, 2, 1), "day")
    with pytest.raises(UsageError, match="no month ends"):
        dates_between(date(2026, 2, 2), date(2026, 2, 20), "month")


def test_flags_win_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plainscore.toml").write_text("arrival_lag_days = 1\nthreads = 1\n")
    monkeypatch.setenv("PLAINSCORE__ARRIVAL_LAG_DAYS", "2")
    assert read_settings(tmp_path).arrival_lag_days == 2
    assert read_settings(tmp_path, threads=2).threads == 2
    assert read_settings(tmp_path).threads == 1
    origins = setting_origins(tmp_path)
    assert origins["arrival_lag_days"] == "environment PLAINSCORE__ARRIVAL_LAG_DAYS"
    assert origins["threads"] == str(tmp_path / "plainscore.toml")
    assert origins["scorecards"] == "default"


def test_a_limit_of_one_log_can_be_set_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAINSCORE__ARRIVAL_LIMIT_DAYS__PAYMENT", "7")
    limits = read_settings(tmp_path).arrival_limit_days
    assert (limits.payment, limits.profile) == (7, None)


def test_a_log_of_the_project_can_have_a_limit(tmp_path: Path) -> None:
    logs = tmp_path / "transforms" / "logs"
    logs.mkdir(parents=True)
    (logs / "ride.toml").write_text(
        'title = "Rides"\n[fields]\nkm = { kind = "number" }\n'
        '[event_types.ride]\nrequired = ["km"]\n'
    )
    (tmp_path / "plainscore.toml").write_text("[arrival_limit_days]\nride = 4\n")
    assert ("ride", 4) in list(read_settings(tmp_path).arrival_limit_days)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("arrival_limit_days.rides = 4", "arrival_limit_days.rides: .*no such log; the nearest is"),
        ("thread = 2", "thread: is not known; did you mean threads"),
        ("threads = 0", "threads: .*greater than or equal to 1"),
        ("memory_limit = '3 apples'", "memory_limit: '3 apples' has another form than 3GB"),
        ("threads = ", "plainscore.toml: Invalid value"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "plainscore.toml").write_text(text)
    with pytest.raises(UsageError, match=said):
        read_settings(tmp_path)
