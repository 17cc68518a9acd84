"""Through SQLAlchemy, as Superset and notebooks come: what works, and when a publish is seen."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, create_engine, inspect, text

from tests.publish.invented import OCTOBER, SEPTEMBER, published

DATES = text("select count(distinct as_of_date) from score")


def _engine(data_dir: Path) -> Engine:
    url = URL.create("duckdb", database=str(data_dir / "plainscore.duckdb"))
    return create_engine(url, connect_args={"read_only": True})


@pytest.fixture
def engine(autumn: Path) -> Iterator[Engine]:
    made = _engine(autumn)
    yield made
    made.dispose()


def test_views_answer_in_types_of_python(engine: Engine) -> None:
    with engine.connect() as con:
        rows = con.execute(text("select as_of_date::text, score from score where score is null"))
        assert rows.fetchall() == [("2026-09-30", None), ("2026-10-31", None)]
        row = con.execute(text("select * from score where score is not null limit 1")).one()
    kinds = {type(cell).__name__ for cell in row}
    assert kinds <= {"str", "int", "float", "bool", "date", "NoneType"}


def test_macros_take_bound_parameters(engine: Engine) -> None:
    asked = text("select count(*), sum(points) from explain(:person, :day)")
    with engine.connect() as con:
        answer = con.execute(asked, {"person": "p5", "day": "2026-10-31"}).one()
        score = con.execute(
            text("select score from score where person_id = 'p5' and as_of_date = '2026-10-31'")
        ).scalar_one()
    assert answer == (32, score - 350)


def test_a_tool_can_list_the_views(engine: Engine) -> None:
    assert {"score", "features", "reason", "run"} <= set(inspect(engine).get_view_names())


def test_a_pool_goes_on_with_the_old_catalog_until_it_is_disposed(tmp_path: Path) -> None:
    published(tmp_path, SEPTEMBER, seed=1)
    engine = _engine(tmp_path)
    with engine.connect() as con:
        assert con.execute(DATES).scalar_one() == 1
    published(tmp_path, OCTOBER, seed=2)
    with engine.connect() as con:
        assert con.execute(DATES).scalar_one() == 1
    engine.dispose()
    with engine.connect() as con:
        assert con.execute(DATES).scalar_one() == 2
    engine.dispose()
