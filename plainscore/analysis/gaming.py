"""What the attacks that an invented world planted gain, and the engine that studies of gaming use.

What it costs to buy points is looked for in `plainscore.analysis.prices`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from plainscore.analysis.counts import records
from plainscore.analysis.rings import RING_TABLES
from plainscore.analysis.statistics import fill_statistic
from plainscore.common.errors import InputRefused
from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.contracts import SnapshotDates
from plainscore.engines.build import built
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.runs.pipeline import read_pipeline
from plainscore.settings import Settings, engine_options
from plainscore.store.event_store import open_store

NAIVE = "naive"
"""The first card with a count of good friends in the place of the neighbour mean; see
transforms/gaming/naive_rule.sql."""
LABELS = ("attack.parquet", "attack_tie.parquet")


@contextmanager
def built_scores(
    data_dir: Path, dates: SnapshotDates, settings: Settings
) -> Iterator[DuckDBEngine]:
    """Yield an engine with everything up to the scores, and the rings, of the set scorecards.

    Nothing is published; only temporary files are written.
    """
    store = open_store(data_dir)
    pipeline = read_pipeline(settings).of_inputs(store.ledger(), dates.known_on)
    catalog, options = pipeline.catalog, engine_options(data_dir, settings, ".gaming")
    with built(catalog, dates, store, pipeline.cards, upto="scores", options=options) as engine:
        needed = frozenset().union(*(catalog.upstream(name) for name in RING_TABLES))
        for table in catalog.of_schema("audits"):
            if table.name in needed:
                engine.build(table)
        fill_statistic(engine.con, catalog["statistics.ring_member"])
        yield engine


def require_labels(folder: Path) -> None:
    """Raise InputRefused unless an invented world wrote its labels into a folder."""
    if missing := [name for name in LABELS if not (folder / name).is_file()]:
        raise InputRefused(
            f"{folder} has no {' and no '.join(missing)}: give the landing/_truth of a world that "
            "`plainscore synthesise` wrote"
        )


def measure_planted(
    engine: DuckDBEngine, labels: Path, method: Method = STANDARD_METHOD
) -> list[dict[str, Any]]:
    """Return what all who play one part in one kind of attack gain together, in points of a card.

    A row per scorecard, kind and part, by the columns of transforms/gaming/planted.sql; all others
    are kind ``no attack``. ``most_...`` are of one person and None where none of them is scored.
    ``contact_count``: two-way months along the attacks' ties. ``in_ring_count``: people in the
    table ring_member.

    ``engine`` has everything up to the scores, and the rings; its tables of the scores are without
    the attacks afterwards. ``labels``: the folder that the invented world wrote, see LABELS. An
    ordinary tie that a planted one replaced is not restored.
    """
    con = engine.con
    for statement in con.extract_statements(method.text("transforms/gaming/planted_labels.sql")):
        files = {name: str(labels / f"{name}.parquet") for name in statement.named_parameters}
        con.execute(statement, files)
    rebuilt = {"staging.tie"}
    for table in engine.catalog.tables.values():
        if table.schema in ("features", "scores") and table.inputs & rebuilt:
            rebuilt.add(table.name)
            con.execute(f"drop table {table.name}")
            engine.build(table)
    for name in ("naive_rule", "planted_naive"):
        con.execute(method.text(f"transforms/gaming/{name}.sql"))
    rows = records(con, method.text("transforms/gaming/planted.sql"))
    # As a name, "role" alone is a keyword of SQL.
    return [{name.removeprefix("played_"): cell for name, cell in row.items()} for row in rows]
