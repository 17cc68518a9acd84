"""Put the states of everyone side by side, as the tables that the causes are told from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from plainscore.analysis.changes.chain import AFTER, BEFORE, STATES
from plainscore.common.text import identifier, parquet_list, text_literal
from plainscore.contracts.catalog import Catalog
from plainscore.publish.change_sets import ChangePair
from plainscore.publish.staging import table_file

BASE = "base"


@dataclass(frozen=True)
class _Line:
    """One feature, by the later scorecard; the base is the line of number 0."""

    feature_no: int
    feature: str
    factor: str


def assemble(
    con: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    pair: ChangePair,
    folders: Mapping[str, Path],
) -> None:
    """Fill the sources of the schema ``changes``.

    Parameters
    ----------
    con
        An engine's connection; has the schema, and none of its tables.
    folders
        state -> the folder that holds its tables, the runs' own for the two ends. States that
        are equal have the same folder.
    """
    for table in catalog.of_schema("changes"):
        if table.is_source:
            con.execute(table.ddl)
    before, after = pair.before, pair.after
    con.execute(
        "insert into changes.pair values (?, ?, ?, ?, ?, ?)",
        [
            *(before.dates.as_of_date, before.dates.known_on, before.name),
            *(after.dates.as_of_date, after.dates.known_on, after.name),
        ],
    )
    _open_states(con, folders)
    con.execute(f"insert into changes.person_state by name {_person_states()}")
    con.execute(f"insert into changes.feature_state by name {_feature_states(con, folders)}")


def _open_states(con: duckdb.DuckDBPyConnection, folders: Mapping[str, Path]) -> None:
    """Make views of the champion's rows in every state: ``scored_<state>``, ``points_<state>``."""
    for state in STATES:
        con.execute(
            f"create temp view scored_{state} as "
            "select person_id, score, coalesce(not_scored_code, 'scored') as status "
            f"from {_parquet(folders[state], 'score')} where scorecard_no = 1"
        )
        con.execute(
            f"create temp view points_{state} as "
            f"from {_parquet(folders[state], 'points')} where scorecard_no = 1"
        )
    for state in (BEFORE, AFTER):
        con.execute(
            f"create temp view features_{state} as from {_parquet(folders[state], 'features')}"
        )


def _person_states() -> str:
    columns = ", ".join(
        f"scored_{state}.score as score_{state}, "
        f"coalesce(scored_{state}.status, 'not there') as status_{state}"
        for state in STATES
    )
    joins = " ".join(f"left join scored_{state} using (person_id)" for state in STATES)
    return (
        f"select person_id, {columns} from (select person_id from scored_{BEFORE} "
        f"union select person_id from scored_{AFTER}) as person {joins}"
    )


def _feature_states(con: duckdb.DuckDBPyConnection, folders: Mapping[str, Path]) -> str:
    """Return the SELECT of the features that differ, of everyone scored at both ends."""
    columns = {view: _columns(con, view) for view in _views()}
    bases = {end: _base(con, folders[end]) for end in (BEFORE, AFTER)}
    own_base = {state: bases[BEFORE if folders[state] == folders[BEFORE] else AFTER]
                for state in STATES}  # fmt: skip
    cells = [_base_cell(own_base)] if bases[BEFORE] != bases[AFTER] else []
    cells += [_feature_cell(line, columns) for line in _lines(con, folders)]
    joins = " ".join(f"left join points_{s} using (person_id)" for s in STATES[1:-1])
    moved = " or ".join(
        f"coalesce(points_{state} <> points_{BEFORE}, false)" for state in STATES[1:]
    )
    return (
        "select person_id, cell.* from ("
        f"select points_{BEFORE}.person_id, unnest([{', '.join(cells)}]) as cell "
        f"from points_{BEFORE} inner join points_{AFTER} using (person_id) {joins} "
        f"left join features_{BEFORE} using (person_id) left join features_{AFTER} using "
        f"(person_id)) where cell.value_{BEFORE} is distinct from cell.value_{AFTER} or "
        + moved.replace("points_", "cell.points_")
    )


def _views() -> Iterator[str]:
    yield from (f"points_{state}" for state in STATES)
    yield from (f"features_{state}" for state in (BEFORE, AFTER))


def _feature_cell(line: _Line, columns: Mapping[str, Sequence[str]]) -> str:
    def cell(view: str, absent: str) -> str:
        has_column = line.feature in columns[view]
        return f"{view}.{identifier(line.feature)}" if has_column else absent

    values = {
        f"value_{end}": f"cast({cell(f'features_{end}', 'null')} as double)"
        for end in (BEFORE, AFTER)
    }
    # What is not on a card gives no points, to those who are scored by it.
    points = {f"points_{state}": cell(f"points_{state}", _if_scored(state, 0)) for state in STATES}
    return _struct(line, values | points)


def _base_cell(bases: Mapping[str, int]) -> str:
    values = {f"value_{end}": "cast(null as double)" for end in (BEFORE, AFTER)}
    points = {f"points_{state}": _if_scored(state, base) for state, base in bases.items()}
    return _struct(_Line(0, BASE, BASE), values | points)


def _if_scored(state: str, points: int) -> str:
    return f"case when points_{state}.person_id is not null then cast({points} as integer) end"


def _struct(line: _Line, cells: Mapping[str, str]) -> str:
    told = {
        "feature_no": f"cast({line.feature_no} as integer)",
        "feature": text_literal(line.feature),
        "factor": text_literal(line.factor),
        **cells,
    }
    return "{" + ", ".join(f"{text_literal(name)}: {cell}" for name, cell in told.items()) + "}"


def _lines(con: duckdb.DuckDBPyConnection, folders: Mapping[str, Path]) -> list[_Line]:
    """Return the features of the later card in its order, then those that only the earlier has."""
    lines: dict[str, _Line] = {}
    for end in (AFTER, BEFORE):
        found = con.execute(
            f"select feature, factor from {_parquet(folders[end], 'feature_card')} "
            "where scorecard_no = 1 order by feature_no"
        ).fetchall()
        for feature, factor in found:
            lines.setdefault(feature, _Line(len(lines) + 1, feature, factor))
    return list(lines.values())


def _base(con: duckdb.DuckDBPyConnection, folder: Path) -> int:
    sql = f"select base from {_parquet(folder, 'card')} where scorecard_no = 1"
    (base,) = con.execute(sql).fetchall()[0]
    return int(base)


def _columns(con: duckdb.DuckDBPyConnection, view: str) -> list[str]:
    return [name for name, *_ in con.execute(f"describe {view}").fetchall()]


def _parquet(folder: Path, table_name: str) -> str:
    files = parquet_list([table_file(folder, table_name)])
    return f"read_parquet({files}, hive_partitioning = false)"
