"""Cards that share nothing with the standard one: other features, factors, ranges, no friends."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from plainscore.analysis.statistics import fill_statistics
from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import load_catalog, rehearse
from plainscore.contracts.contract import ContractError
from plainscore.engines import EngineOptions
from plainscore.engines.build import built
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.engines.spark import BUILT_THERE, translate
from plainscore.logs import ingest_new
from plainscore.scorecards.card_text import ScorecardError
from plainscore.scorecards.reading import read_scorecard, read_scorecards
from plainscore.store.event_store import open_store
from tests.docs.pages import CHECKOUT
from tests.scorecard.small_card import SMALL
from tests.transforms.portability import faults

DAY = date(2026, 10, 31)
LAST = ("audits", "statistics", "published")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    (folder / "landing").symlink_to(CHECKOUT / "data" / "sample" / "landing")
    ingest_new(folder)
    return folder


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("card") / "small.toml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def _scored(data: Path, names: tuple[str, ...]) -> Iterator[DuckDBEngine]:
    cards = read_scorecards(names)
    catalog = load_catalog(cards)
    assert rehearse(catalog) == []
    dates, options = SnapshotDates(DAY, DAY), EngineOptions(threads=2)
    with built(catalog, dates, open_store(data), cards, upto="scores", options=options) as engine:
        for schema in LAST:
            engine.build_schema(schema)
            if schema == "audits":
                fill_statistics(engine.con, catalog)
        yield engine


@pytest.fixture(scope="module")
def alone(data: Path, small: Path) -> Iterator[DuckDBEngine]:
    yield from _scored(data, (str(small),))


@pytest.fixture(scope="module")
def beside(
    data: Path, small: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DuckDBEngine]:
    standard = tmp_path_factory.mktemp("card") / "scale.toml"
    text = (CHECKOUT / "transforms" / "scorecards" / "standard.toml").read_text(encoding="utf-8")
    rules, bands = text.index("[[not_scored]]"), text.index("# Lowest score of each band")
    own = SMALL[SMALL.index("[[not_scored]]") : SMALL.index("[[band]]")]
    standard.write_text(text[:rules] + own + text[bands:], encoding="utf-8")
    yield from _scored(data, (str(small), str(standard)))


def _rows(engine: DuckDBEngine, sql: str) -> list[tuple[object, ...]]:
    return engine.con.execute(sql).fetchall()


def test_points_add_up_on_any_range(alone: DuckDBEngine) -> None:
    odd = """from scores.score inner join scores.points using (scorecard, person_key)
        where score is distinct from on_time_share + active_months + savings_months"""
    assert _rows(alone, odd) == []
    within = "select count(*) > 100, min(score) >= 0, max(score) <= 100 from scores.score"
    assert _rows(alone, f"{within} where score is not null") == [(True, True, True)]
    bands = "select distinct band from published.score where band is not null order by band"
    assert _rows(alone, bands) == [("high",), ("low",)]


def test_every_feature_is_published_those_of_the_card_first(alone: DuckDBEngine) -> None:
    names = [name for name, *_ in _rows(alone, "describe published.features")][3:]
    assert names[:3] == ["active_months", "on_time_share", "savings_months"]
    assert {"friend_reliability", "utilisation"} < set(names)
    assert [name for name, *_ in _rows(alone, "describe published.points")][5:] == names[:3]
    assert [name for name, *_ in _rows(alone, "describe published.factor")][5:] == ["bills", "shop"]


def test_reasons_and_totals_are_of_the_features_of_the_card(alone: DuckDBEngine) -> None:
    found = _rows(alone, "select distinct code from scores.reason order by code")
    assert found == [("active_months",), ("on_time_share",), ("savings_months",)]
    assert _rows(alone, "select count(distinct feature) from audits.feature_total") == [(3,)]


def test_without_a_late_feature_and_benefits_nothing_is_gained_by_friends(
    alone: DuckDBEngine,
) -> None:
    gains = "select sum(social_points_gained), sum(friend_points_gained) from audits.gaming"
    assert _rows(alone, gains) == [(0, 0)]
    assert _rows(alone, "select count(*) from published.benefit_card") == [(0,)]


def test_cards_of_one_run_may_differ_in_features_and_factors(
    alone: DuckDBEngine, beside: DuckDBEngine
) -> None:
    of_small = "from published.score where scorecard = 'small' order by person_id"
    columns = "select person_id, score, band"
    assert _rows(beside, f"{columns} {of_small}") == _rows(alone, f"{columns} {of_small}")
    both = "from scores.points inner join scores.factor using (scorecard, person_key)"
    absent = f"select distinct utilisation, social_connections {both} where scorecard = 'small'"
    assert _rows(beside, absent) == [(0, 0)]
    whole = "select max(bills), max(shop), max(credit_history) > 0, max(friend_reliability) > 0"
    assert _rows(beside, f"{whole} {both} where scorecard = 'standard'") == [(0, 0, True, True)]
    lost = "select distinct code in ('active_months', 'on_time_share', 'savings_months') "
    assert _rows(beside, f"{lost} from scores.reason where scorecard = 'small'") == [(True,)]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('measure = "paid_bill_count"', 'measure = "shoe_size"', "not_scored.0.measure"),
        ("[feature.active_months]", "[feature.shoe_size]", "feature.shoe_size"),
        ('factor = "shop"', 'factor = "shops"', "feature.active_months.factor"),
        ("most = 100", "most = 950", "most"),
        ("max_points = 30", "max_points = 31", "factor.shop.max_points"),
    ],
)
def test_a_card_that_does_not_fit_is_refused_where_it_is_read(
    old: str, new: str, key: str, tmp_path: Path
) -> None:
    path = tmp_path / "small.toml"
    path.write_text(SMALL.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ScorecardError) as raised:
        read_scorecard(path)
    line = next(no for no, text in enumerate(path.read_text().splitlines(), 1) if new in text)
    assert str(raised.value).startswith(f"{path}:{line}: {key}: ")


def test_what_a_method_leaves_out_cannot_be_named(small: Path) -> None:
    method = Method(exclude=("features/shopping.sql",))
    with pytest.raises(ScorecardError, match=r"standard\.toml:\d+: feature\.refund_share: "):
        read_scorecards(("standard",), method)
    catalog = load_catalog(read_scorecards((str(small),), method), method=method)
    assert rehearse(catalog) == []
    names = {column.name for column in catalog["published.features"].columns}
    assert "on_time_share" in names
    assert "refund_share" not in names


def test_friends_can_be_left_out_with_all_that_reads_them(small: Path) -> None:
    friends = Method(exclude=("scores/friend_reliability.sql",))
    with pytest.raises(ContractError, match=r"reads scores\.friend_reliability, which nothing"):
        assert load_catalog(read_scorecards((str(small),), friends), method=friends).tables
    readers = ("audits/attack*", "audits/new_tie.sql", "audits/attempt.sql", "*/gaming.sql",
               "published/friend.sql")  # fmt: skip
    method = Method(exclude=(*friends.exclude, *readers))
    catalog = load_catalog(read_scorecards((str(small),), method), method=method)
    assert rehearse(catalog) == []
    assert "friend_reliability" not in catalog["published.features"].ddl


def test_a_schema_of_its_own_is_built_after_what_it_reads(small: Path, tmp_path: Path) -> None:
    head = 'title = "Rent"\ngrain = "one row per person"\nkey = ["person_key"]\n\n[columns]\n'
    for name, column, source in (
        ("rent/rent_bill", "rent_count", "staging.bill"),
        ("features/rent", "rent_bills", "rent.rent_bill"),
    ):
        counted = "count(*)" if source == "staging.bill" else "sum(rent_count)"
        file = tmp_path / "transforms" / f"{name}.sql"
        file.parent.mkdir(parents=True)
        file.write_text(
            f'/*\n{head}person_key = {{}}\n{column} = {{ type = "BIGINT", unit = "bills", '
            f'doc = "Bills." }}\n*/\nselect person_key, cast({counted} as bigint) as {column} '
            f"from {source} group by person_key"
        )
    method = Method((*STANDARD_METHOD.layers, tmp_path))
    text = SMALL.replace("[feature.active_months]", "[feature.rent_bills]")
    own = tmp_path / "own.toml"
    own.write_text(text, encoding="utf-8")
    cards = read_scorecards((str(own),), method)
    catalog = load_catalog(cards, method=method)
    assert rehearse(catalog) == []
    assert catalog.schemas[:5] == ["events", "reference", "raw", "staging", "rent"]
    with built(catalog, SnapshotDates(DAY, DAY), cards=cards, upto="scores") as engine:
        units = "select unit from reference.feature where feature = 'rent_bills'"
        assert _rows(engine, units) == [("bills",)]


def test_names_with_quotes_are_texts_of_the_sql(tmp_path: Path) -> None:
    path = tmp_path / "quoted.toml"
    text = SMALL.replace('name = "small"', 'name = "o\'card"').replace('"A"', '"A\'"')
    path.write_text(text, encoding="utf-8")
    assert rehearse(load_catalog((read_scorecard(path),))) == []


def test_the_compiled_sql_of_any_card_stays_portable(small: Path) -> None:
    catalog = load_catalog(read_scorecards((str(small),)))
    compiled = [catalog[table.name] for table in catalog.compiled]
    assert [fault for table in compiled for fault in faults(table, catalog.tables)] == []
    dates = SnapshotDates(DAY, DAY)
    there = [table for table in compiled if table.schema in BUILT_THERE]
    assert all(translate(table, dates) for table in there)
