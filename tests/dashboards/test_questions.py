"""Questions read, and cannot write."""

from pathlib import Path

import pytest

from plainscore.common.errors import QuestionError
from plainscore.show.reader import Snapshots, query, refuse_writing, statements


@pytest.mark.parametrize(
    "question",
    [
        "select count(*) from score",
        "from score limit 1",
        "with a as (select 1) from a",
        "describe score",
        "summarize score",
        "show tables",
        "explain select 1",
        "explain analyze from score",
        "pivot score on band using count(*) group by as_of_date",
        "from explain('p5', '2026-10-31')",
    ],
)
def test_what_reads_is_answered(snapshots: Snapshots, question: str) -> None:
    assert list(query(snapshots.con, question).rows)


@pytest.mark.parametrize(
    "statement",
    [
        "copy score to '{file}'",
        "explain analyze copy score to '{file}'",
        "/* x */ explain analyze copy score to '{file}'",
        "copy (pivot score on band using count(*)) to '{file}'",
        "export database '{file}'",
        "attach '{file}' as other",
        "create table main.t as select 1",
        "create temp table t as select 1",
        "drop view score",
        "delete from score",
        "set threads = 1",
        "install httpfs",
        "load httpfs",
        "checkpoint",
        "use memory",
        "select 1; copy score to '{file}'",
    ],
)
def test_what_writes_is_not_run(snapshots: Snapshots, tmp_path: Path, statement: str) -> None:
    file = tmp_path / "written"
    with pytest.raises(QuestionError):
        query(snapshots.con, statement.format(file=file))
    assert not file.exists()


def test_sql_that_is_wrong_is_told_in_a_few_lines(snapshots: Snapshots) -> None:
    for wrong in ("select nothing from score", "selec 1", "from nowhere"):
        with pytest.raises(QuestionError) as caught:
            query(snapshots.con, wrong)
        assert caught.value.exit_code == 2
        assert len(str(caught.value).splitlines()) <= 6


def test_statements_are_told_apart() -> None:
    assert len(statements("select ';'; from score")) == 2
    refuse_writing("select 1")
