"""verify finds whatever is not as it was published."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from plainscore.publish.proof import verify
from plainscore.publish.runs import Run
from tests.publish.invented import OCTOBER, SEPTEMBER, published

pytestmark = pytest.mark.usefixtures("small_catalogs")


def _flip_a_byte(run: Run) -> None:
    file = run.folder / "score" / "score.parquet"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def _write_other_rows(run: Run) -> None:
    file = run.folder / "band_card" / "band_card.parquet"
    with duckdb.connect() as con:
        con.execute(f"create table t as select * replace (at_most + 1 as at_most) from '{file}'")
        con.execute(f"copy t to '{file}'")


def _lose_a_file(run: Run) -> None:
    (run.folder / "card" / "card.parquet").unlink()


def _add_a_file(run: Run) -> None:
    (run.folder / "score" / "more.parquet").write_bytes(b"")


def _change_the_manifest(run: Run) -> None:
    manifest = run.folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"as_of_date": "2026', '"as_of_date": "2027'))


def _break_the_manifest(run: Run) -> None:
    (run.folder / "manifest.json").write_text("{")


def _change_the_contracts(run: Run) -> None:
    with (run.folder / "contracts.json").open("a") as file:
        file.write(" ")


def test_what_was_published_is_sound(autumn: Path) -> None:
    assert verify(autumn) == []


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (_flip_a_byte, "score/score.parquet: its bytes are not those"),
        (_write_other_rows, "band_card/band_card.parquet: its rows are not those"),
        (_lose_a_file, "card/card.parquet is missing"),
        (_add_a_file, "more.parquet does not belong there"),
        (_change_the_manifest, "its manifest is of 2027-10-31"),
        (_break_the_manifest, "manifest.json cannot be read"),
        (_change_the_contracts, "contracts.json is not what was published"),
    ],
)
def test_every_damage_is_named(
    tmp_path: Path, damage: Callable[[Run], None], sentence: str
) -> None:
    run = published(tmp_path, OCTOBER)
    damage(run)
    problems = verify(tmp_path)
    assert any(sentence in problem and "run=0001" in problem for problem in problems), problems


def test_a_catalog_that_does_not_show_a_run_is_named(tmp_path: Path) -> None:
    published(tmp_path, SEPTEMBER)
    catalog = tmp_path / "plainscore.duckdb"
    old = catalog.read_bytes()
    published(tmp_path, OCTOBER)
    catalog.write_bytes(old)
    assert any("does not show 2026-10-31 / 2026-10-31 / 0001" in p for p in verify(tmp_path))
    catalog.unlink()
    assert any("plainscore.duckdb is missing" in p for p in verify(tmp_path))
    catalog.write_bytes(b"no database at all")
    assert any("plainscore.duckdb cannot be opened" in p for p in verify(tmp_path))


def test_an_empty_data_directory_is_sound(tmp_path: Path) -> None:
    assert verify(tmp_path) == []
