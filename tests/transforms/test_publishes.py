"""A published table that shows another as it is takes over its columns."""

from pathlib import Path

import pytest

from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.contracts.contract import (
    ContractError,
    Table,
    method_glossary,
    method_tables,
)

HEAD = """title = "Bands, again"
grain = "one row per scorecard and band"
key   = ["scorecard_no", "band_no"]
publishes = "reference.band"
"""


def published(folder: Path, text: str) -> Table:
    """Return the table of a project that publishes one more."""
    file = folder / "transforms/published/again.sql"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    method = Method((*STANDARD_METHOD.layers, folder))
    tables = method_tables(method, ["published"], method_glossary(method))
    return next(table for table in tables if table.short_name == "again")


def test_it_has_the_columns_of_the_other_and_the_dates(tmp_path: Path) -> None:
    table = published(tmp_path, f'/*\n{HEAD}\n[columns]\nat_least = {{ type = "INTEGER" }}\n*/\n')
    names = ["as_of_date", "known_on", "scorecard", "scorecard_no", "band_no", "band"]
    assert [column.name for column in table.columns] == [*names, "at_least", "at_most"]
    assert (table.column("at_least").type, table.column("at_most").type) == ("INTEGER", "BIGINT")
    assert table.column("at_least").doc == "Lowest score of the band."
    assert "cast(made.at_least as integer) as at_least" in table.sql


@pytest.mark.parametrize(
    "text", [f"/*\n{HEAD}*/\nselect 1 as band\n", f"/*\n{HEAD.rpartition('publishes')[0]}*/\n"]
)
def test_it_has_no_select_of_its_own_and_others_have_one(tmp_path: Path, text: str) -> None:
    with pytest.raises(ContractError, match=r"again\.sql: a contract has a SELECT"):
        published(tmp_path, text)
