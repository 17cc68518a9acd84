"""The files of a site: everybody once, readable by older engines, and nothing from outside."""

import gzip
import json
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from plainscore.cli.app import run_command_line
from plainscore.show.person import read_card
from plainscore.show.reader import CATALOG, Snapshots
from plainscore.show.site import PERSON_TABLES, write_people
from tests.dashboards.site_of_autumn import ENGINE_FILES, PEOPLE_PER_FILE, write_autumn
from tests.publish.engines import INSTALLED, PROMISED, is_installed

OCTOBER = date(2026, 10, 31)


def _unpacked(packed: Path, into: Path) -> Path:
    file = into / packed.stem
    file.write_bytes(gzip.decompress(packed.read_bytes()))
    return file


@pytest.fixture
def people_files(snapshots: Snapshots, tmp_path: Path) -> list[Path]:
    write_people(snapshots, OCTOBER, tmp_path / "people", PEOPLE_PER_FILE)
    packed = sorted((tmp_path / "people").iterdir())
    return [_unpacked(one, tmp_path) for one in packed]


def test_everybody_is_in_one_file_with_everything_and_files_follow_each_other(
    snapshots: Snapshots, people_files: list[Path], tmp_path: Path
) -> None:
    found: dict[str, list[Any]] = {table: [] for table in PERSON_TABLES}
    firsts = write_people(snapshots, OCTOBER, tmp_path / "again", PEOPLE_PER_FILE)
    assert len(firsts) == len(people_files) > 2
    for first, file in zip(firsts, people_files, strict=True):
        with duckdb.connect(str(file), read_only=True) as con:
            for table in PERSON_TABLES:
                found[table] += con.execute(f"from {table}").fetchall()
            [(least, count)] = con.execute("select min(person_id), count(*) from score").fetchall()
        assert least == first
        assert 0 < count <= PEOPLE_PER_FILE
    for table, order in PERSON_TABLES.items():
        published = f"from {table} where as_of_date = ? order by {order}"
        assert found[table] == snapshots.rows(published, (OCTOBER,)), table


def test_the_method_of_a_date_is_the_card_and_where_people_are(
    site: Path, snapshots: Snapshots
) -> None:
    method = json.loads((site / str(OCTOBER) / "method.json").read_text(encoding="utf-8"))
    card = read_card(snapshots, OCTOBER)
    assert method["card"] == json.loads(json.dumps(card.as_json()))
    assert len(method["first_ids"]) == len(list((site / str(OCTOBER) / "people").iterdir()))


@pytest.mark.parametrize("version", PROMISED)
def test_older_engines_read_the_files(people_files: list[Path], version: str) -> None:
    if not is_installed(version):
        pytest.skip(f"DuckDB {version} is not installed side by side: `make compat` does it")
    script = "import duckdb, sys; print(duckdb.connect(sys.argv[1], read_only=True).execute(" \
             "'select count(*) from features').fetchone()[0])"  # fmt: skip
    said = subprocess.run(
        [sys.executable, "-c", script, str(people_files[0])],
        env={**os.environ, "PYTHONPATH": str(INSTALLED / version)},
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert int(said.stdout) == PEOPLE_PER_FILE


def test_a_site_holds_its_dates_and_names_no_other_host(site: Path) -> None:
    assert json.loads((site / "site.json").read_text()) == {"dates": ["2026-09-30", "2026-10-31"]}
    pages = [site / "index.html", *site.glob("*/index.html")]
    assert len(pages) == 3
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "http" not in text.replace("http-equiv", "")
        for link in re.findall(r'(?:href|src)="([^"#]+)', text):
            assert link == "data:," or (page.parent / link).is_file(), (page, link)
    for script in (site / "script").iterdir():
        named = set(re.findall(r"https?://[^\s\"'`]+", script.read_text(encoding="utf-8")))
        assert all("127.0.0.1" in one or "www.w3.org/2000/svg" in one for one in named), script


def test_a_folder_of_something_else_is_left_alone(
    autumn: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    assert run_command_line(["site", str(tmp_path), "--data", str(autumn)]) == 2
    assert "holds something else" in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["letter.txt"]


def test_a_site_shows_what_was_published_when_it_was_begun(
    own_autumn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose_the_catalog(target: Path, _: Path | None) -> None:
        (own_autumn / CATALOG).unlink()
        target.mkdir(parents=True)

    monkeypatch.setattr("plainscore.show.site._write_engine", lose_the_catalog)
    write_autumn(own_autumn, tmp_path / "site")
    dates = {page.parent.name for page in (tmp_path / "site").glob("*/index.html")}
    assert dates == {"2026-09-30", "2026-10-31"}


def test_without_npm_no_engine_but_the_known_one_is_taken(
    autumn: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    words = ("site", str(tmp_path / "site"), "--data", str(autumn))
    assert run_command_line(words) == 5
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "apt-get install npm" in said
    assert list(tmp_path.iterdir()) == []
    engine = tmp_path / "engine"
    engine.mkdir()
    for name in ENGINE_FILES:
        (engine / name).write_text("something else")
    assert run_command_line([*words, "--engine", str(engine)]) == 5
    assert "npm" in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["engine"]
