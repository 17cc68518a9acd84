"""A world appears in its landing folder once and whole, with the same rows in every format."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Literal
from unittest.mock import Mock

import polars as pl
import pytest

from plainscore.cli.setup import synthesise as command
from plainscore.synthetic import synthesise as writing
from plainscore.synthetic.synthesise import synthesise
from plainscore.synthetic.world import WorldError, WorldSettings
from tests.synthetic.conftest import LOG_NAMES, fingerprint

SettingsOf = Callable[..., WorldSettings]


def test_a_second_run_of_the_same_world_does_nothing(settings_of: SettingsOf) -> None:
    first = synthesise(settings_of())
    times = {p: p.stat().st_mtime_ns for p in settings_of().landing.rglob("*")}
    again = synthesise(settings_of())
    assert first.is_new
    assert not again.is_new
    assert again.rows == first.rows
    assert {p: p.stat().st_mtime_ns for p in settings_of().landing.rglob("*")} == times


@pytest.mark.parametrize("change", [{"seed": 6}, {"people": 101}, {"is_region_causal": True}])
def test_another_world_is_refused_by_name(
    settings_of: SettingsOf, change: dict[str, int | bool]
) -> None:
    synthesise(settings_of())
    with pytest.raises(WorldError, match=f"differs in: {next(iter(change))}") as refusal:
        synthesise(settings_of(**change))
    assert refusal.value.exit_code == 5


def test_logs_of_someone_else_are_refused_and_kept(settings_of: SettingsOf) -> None:
    theirs = settings_of().landing / "purchase" / "arrived=2025-01-01" / "mine.csv"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("event_id\n")
    with pytest.raises(WorldError, match="already holds logs") as refusal:
        synthesise(settings_of())
    assert refusal.value.exit_code == 5
    assert fingerprint(settings_of().landing) == {
        "purchase/arrived=2025-01-01/mine.csv": b"event_id\n"
    }


@pytest.mark.parametrize("step", ["writing", "moving"])
def test_a_killed_run_is_made_good(
    settings_of: SettingsOf, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    rename, landing = Path.rename, settings_of().landing

    def rename_some(path: Path, target: Path) -> Path:
        if path.parent.name == "profile" and path.name > "arrived=2025-02-01":
            raise KeyboardInterrupt
        return rename(path, target)

    with monkeypatch.context() as patch:
        if step == "writing":
            patch.setattr(writing, "write_truth", Mock(side_effect=KeyboardInterrupt))
        else:
            patch.setattr(Path, "rename", rename_some)
        with pytest.raises(KeyboardInterrupt):
            synthesise(settings_of())
    if step == "writing":
        assert {path.name for path in landing.iterdir()} == {"_unfinished"}
    assert not (landing / "_truth" / "world.json").exists()
    assert synthesise(settings_of()).is_new
    synthesise(settings_of("undisturbed"))
    assert fingerprint(landing) == fingerprint(settings_of("undisturbed").landing)


def test_two_writers_of_one_folder_do_not_meet(settings_of: SettingsOf) -> None:
    settings = settings_of()
    with writing.sole_writer(settings.landing), pytest.raises(WorldError) as refusal:
        synthesise(settings)
    assert refusal.value.exit_code == 4


@pytest.mark.parametrize("people", [1, 2, 30, 100])
def test_small_worlds_can_be_made(settings_of: SettingsOf, people: int) -> None:
    made = synthesise(settings_of(people=people))
    assert set(made.rows) == set(LOG_NAMES)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"people": 0}, "--people 0"),
        ({"seed": -1}, "--seed -1"),
        ({"file_format": "xlsx"}, "no such file format"),
        ({"first": "last"}, "lies before --from"),
        ({"arrivals": "monthly", "last": "first"}, "month's last day"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(
    settings_of: SettingsOf, change: dict[str, object], message: str
) -> None:
    plain = settings_of()
    days = {"last": replace(plain).last.replace(year=2030), "first": plain.first}
    chosen = {name: days.get(str(value), value) for name, value in change.items()}
    with pytest.raises(WorldError, match=message) as refusal:
        settings_of(**chosen)
    assert refusal.value.exit_code == 2


Row = tuple[str, ...]


def _read(path: Path) -> list[Row]:
    """Return each row of a file as text: null is empty; broken lines are left out."""
    if path.suffix == ".parquet":
        frame = pl.read_parquet(path).with_columns(
            pl.col("event_time").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
        )
        return [_as_text(row) for row in frame.iter_rows()]
    content = path.read_bytes()
    lines = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
    if ".csv" in path.name:
        rows = list(csv.reader(io.StringIO(lines)))
        return [_as_text(tuple(row)) for row in rows[1:] if len(row) == len(rows[0])]
    return [_as_text(tuple(json.loads(x).values())) for x in lines.splitlines() if x.endswith("}")]


def _as_text(row: tuple[object, ...]) -> Row:
    texts = ("" if value is None else str(value) for value in row)
    return tuple(text.lower().removesuffix(".0") for text in texts)


def _rows(landing: Path, log: str) -> list[Row]:
    return sorted(row for path in landing.glob(f"{log}/*/*") for row in _read(path))


_MONTHLY = {
    "people": 300,
    "seed": 10,
    "first": date(2025, 1, 10),
    "last": date(2025, 3, 31),
    "arrivals": "monthly",
}


@pytest.fixture(scope="module")
def in_parquet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three months of a world, in the format that the others are compared with."""
    landing = tmp_path_factory.mktemp("parquet") / "landing"
    synthesise(WorldSettings(landing=landing, **_MONTHLY))  # type: ignore[arg-type]
    return landing


@pytest.mark.parametrize("file_format", ["ndjson", "ndjson.gz", "csv", "csv.gz", "mixed"])
def test_all_formats_carry_the_same_rows(
    in_parquet: Path, settings_of: SettingsOf, file_format: str
) -> None:
    landing = settings_of().landing
    synthesise(settings_of(**_MONTHLY, file_format=file_format))
    for log in LOG_NAMES:
        assert _rows(landing, log) == _rows(in_parquet, log)
    if file_format == "ndjson":
        lines = [x for p in landing.glob("*/*/*") for x in p.read_text().splitlines()]
        assert any(not line.endswith("}") for line in lines)
        assert any('"event_time": "yesterday"' in line for line in lines)


def test_monthly_arrivals_come_on_the_last_day_of_each_month(in_parquet: Path) -> None:
    folders = sorted(path.name for path in (in_parquet / "purchase").iterdir())
    assert folders == ["arrived=2025-01-31", "arrived=2025-02-28", "arrived=2025-03-31"]


def test_the_same_figures_are_printed_in_three_formats(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def printed(output_format: Literal["table", "json", "csv"], people: int = 120) -> str:
        first, last = date(2025, 1, 1), date(2025, 1, 31)
        command(people=people, data=tmp_path, from_=first, to=last, output_format=output_format)
        return capsys.readouterr().out

    table = printed("table")
    assert all(f"{log} " in table for log in LOG_NAMES)
    assert "nothing to do" in printed("table")
    as_json = json.loads(printed("json"))
    assert as_json["is_new"] is False
    assert set(as_json["rows"]) == set(LOG_NAMES)
    as_csv = list(csv.DictReader(io.StringIO(printed("csv"))))
    assert {row["log"]: int(row["rows"]) for row in as_csv} == as_json["rows"]
    with pytest.raises(WorldError, match="differs in: people"):
        printed("csv", people=121)
