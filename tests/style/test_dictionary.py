"""docs/reference/tables.md is what the contracts say today."""

from pathlib import Path

import pytest

from plainscore.cli.study import dictionary as dictionary_command
from plainscore.common.errors import UsageError
from plainscore.common.standard import STANDARD_CARDS
from plainscore.contracts.catalog import Catalog, load_catalog
from plainscore.scorecards.reading import read_scorecards
from plainscore.show.report import dictionary
from tests.style.files import ROOT


def house() -> Catalog:
    return load_catalog(read_scorecards(STANDARD_CARDS))


def test_the_committed_dictionary_is_current() -> None:
    written = (ROOT / "docs" / "reference" / "tables.md").read_text(encoding="utf-8")
    assert written == dictionary(house()), "plainscore dictionary --write"


def test_every_table_and_column_stands_in_the_dictionary() -> None:
    sections = dictionary(house()).split("\n### ")[1:]
    described = {section.partition("\n")[0]: section for section in sections}
    assert set(described) == set(house().tables)
    for name, table in house().tables.items():
        for column in table.columns:
            assert f"| `{column.name}` | {column.type} |" in described[name]
        for check in table.checks:
            assert check.name in described[name]


def test_the_command_prints_it_or_writes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dictionary_command() is None
    assert capsys.readouterr().out == dictionary(house())
    assert dictionary_command(write=tmp_path / "tables.md") is None
    assert (tmp_path / "tables.md").read_text(encoding="utf-8") == dictionary(house())


def test_a_file_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file or directory"):
        dictionary_command(write=tmp_path / "nowhere" / "tables.md")
