"""What is exported is read elsewhere, by other tools, with the data directory gone."""

import datetime
import json
import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from plainscore.cli.app import run_command_line
from tests.publish.engines import PROMISED, answers, is_installed
from tests.publish.invented import OCTOBER, SEPTEMBER, published


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """September and October, published; no test may write into it."""
    made = tmp_path_factory.mktemp("two months")
    published(made, SEPTEMBER, seed=1)
    published(made, OCTOBER, seed=2)
    return made


def _export(home: Path, out: Path, *words: str) -> Path:
    assert run_command_line(["export", str(out), *words, "--data", str(home)]) == 0
    return out


def _names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


@pytest.fixture(scope="module")
def moved(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both dates as one DuckDB file, made of a data directory that is gone."""
    folder = tmp_path_factory.mktemp("moved")
    published(folder / "data", SEPTEMBER, seed=1)
    published(folder / "data", OCTOBER, seed=2)
    _export(folder / "data", folder / "out", "--all")
    shutil.rmtree(folder / "data")
    return (folder / "out").rename(folder / "elsewhere")


def test_one_file_answers_what_the_catalog_answers(home: Path, moved: Path) -> None:
    catalog, exported = answers(home / "plainscore.duckdb"), answers(moved / "scores.duckdb")
    assert {"benefit", "explain(person, d)", "psi(d1, d2)"} <= exported.rows.keys()
    shared = exported.rows.keys() - {"comments"}
    left_out = {one for one in catalog.rows if not one.endswith("_all")} - shared
    assert left_out == {
        "catalog_home", "catalog_origin", "comments", "delivery", "quarantine", "stage"
    }  # fmt: skip
    assert {one for one in shared if exported.rows[one] != catalog.rows[one]} == set()


@pytest.mark.parametrize("version", PROMISED)
def test_older_engines_read_it_alike(moved: Path, version: str) -> None:
    if not is_installed(version):
        pytest.skip(f"DuckDB {version} is not installed side by side: `make compat` does it")
    file = moved / "scores.duckdb"
    assert answers(file, version).differing(answers(file)) == []


def test_it_answers_under_another_name(moved: Path) -> None:
    with duckdb.connect() as con:
        con.execute(f"attach '{moved / 'scores.duckdb'}' as x (read_only)")
        assert con.execute("select count(*) from x.benefit where is_latest").fetchone() == (663,)
        con.execute("set search_path = 'memory,x'")
        assert len(con.execute("from explain('p5', '2026-10-31')").fetchall()) == 32


def test_parquet_is_read_by_polars_and_by_its_own_sql(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = _export(home, tmp_path / "out", "--as-of", "2026-09", "--format", "parquet")
    score = pl.read_parquet(out / "score.parquet")
    assert (score.height, score["is_latest"].all(), score["scorecard"].unique().to_list()) == (
        40, True, ["standard"],
    )  # fmt: skip
    monkeypatch.chdir(out)
    with duckdb.connect() as con:
        con.execute((out / "read.sql").read_text())
        assert len(con.execute("from explain('p5', '2026-09-30')").fetchall()) == 32
        monkeypatch.chdir("/")
        con.execute(f"set variable folder = '{out}'")
        assert con.execute("select count(*) from feature_point").fetchone() == (1280,)
    assert json.loads((out / "export.json").read_text())["rows"]["score"] == 40


def test_a_workbook_has_a_sheet_a_table_and_no_formula(home: Path, tmp_path: Path) -> None:
    tables = ("--table", "reason", "--table", "score")
    out = _export(home, tmp_path / "out", "--format", "xlsx", *tables)
    book = CalamineWorkbook.from_path(out / "scores.xlsx")
    assert book.sheet_names == ["reason", "score"]
    headings, *rows = book.get_sheet_by_name("score").to_python()
    assert (headings[:2], len(rows)) == (["person_id", "as_of_date"], 40)
    assert {row[1] for row in rows} == {datetime.date(2026, 10, 31)}


def test_csv_keeps_ids_as_they_are(home: Path, tmp_path: Path) -> None:
    out = _export(home, tmp_path / "out", "--from", "2026-10-01", "--to", "2026-10-31", "--format",
                  "csv", "--table", "score")  # fmt: skip
    assert _names(out) == ["README.md", "export.json", "score.csv"]
    with duckdb.connect() as con:
        read = f"select person_id from read_csv('{out / 'score.csv'}', all_varchar = true)"
        ids = {one for (one,) in con.execute(read).fetchall()}
    assert {"a\nb8", 'ü"7', "o'p 6", "p5", "09"} <= ids


def test_a_folder_of_something_else_is_refused_and_an_older_export_replaced(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = _export(home, tmp_path / "out", "--format", "csv", "--table", "score")
    _export(home, out, "--format", "csv", "--table", "run")
    assert _names(out) == ["README.md", "export.json", "run.csv"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").touch()
    for words, why in (
        ([str(tmp_path / "mine")], "holds something else"),
        ([str(home / "out")], "would be part of"),
        ([str(out), "--table", "scores"], "--table scores: exported can be"),
        ([str(out), "--all", "--as-of", "2026-10"], "give either --as-of"),
        ([str(out), "--from", "2027-01-01"], "no date from --from to --to"),
    ):
        assert run_command_line(["export", *words, "--data", str(home)]) != 0
        assert why in capsys.readouterr().err
    assert _names(tmp_path) == ["mine", "out"]
