"""Why scores changed between two published snapshots.

Between the snapshots are states, each of which differs from the one before by one cause:

==========  =================================================  =========
state       is                                                 cause
==========  =================================================  =========
before      the earlier snapshot, as published
rules       the same dates, by the later snapshot's rules      rules
late_data   and with what had arrived by the later known_on    late_data
time        and as of the later date, events cut as before     time
after       the later snapshot, as published                   new_events
==========  =================================================  =========

A state that must equal a neighbour is not computed. The tables of ``transforms/changes`` are then
SQL over everyone's states.

The Python here decides figures too: a change of what they say raises the version of
`publish.derived.CHANGES`.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from plainscore.checks.results import refuse_if_critical
from plainscore.checks.verdicts import check_assertions
from plainscore.common.errors import InputRefused, UsageError
from plainscore.common.files import translating_write_errors
from plainscore.common.signals import stop_if_interrupted
from plainscore.common.standard import Method
from plainscore.common.text import identifier, read_parquet, text_literal
from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import COMPARING, Catalog, load_catalog
from plainscore.engines import EngineOptions
from plainscore.engines.build import built
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.logs.event_store import EventStore, open_store
from plainscore.publish.catalog import refresh_catalog
from plainscore.publish.derived import CHANGES, derived_folder
from plainscore.publish.publication import publish_derived
from plainscore.publish.runs import Run, RunPair
from plainscore.publish.sets import read_manifest, staging_folder, table_file, write_table
from plainscore.runs.inputs import fingerprint_of_input
from plainscore.runs.pipeline import cards_by_hash, code_hash
from plainscore.scorecards.card import Scorecard
from plainscore.scorecards.reading import read_scorecards
from plainscore.settings import Settings, engine_options

BEFORE, RULES, LATE_DATA, TIME, AFTER = "before", "rules", "late_data", "time", "after"
STATES = (BEFORE, RULES, LATE_DATA, TIME, AFTER)
KEPT_TABLES = ("published.score", "published.points")
BASE = "base"
_COUNTS = """
select
    count(*) as people,
    count(score_change) as scored_in_both,
    count(*) filter (where score_change <> 0) as moved,
    count(*) filter (where is_carried) as carried
from changes.change
"""


@dataclass(frozen=True)
class Chain:
    """state -> the dates to compute it for, or the name of the state that it equals."""

    between: Mapping[str, SnapshotDates | str]

    @property
    def to_compute(self) -> dict[str, SnapshotDates]:
        """The states that have to be computed, in order."""
        return {n: made for n, made in self.between.items() if isinstance(made, SnapshotDates)}

    def origin(self, state: str) -> str:
        """Return the state that holds the rows of a state: itself, or one that it equals."""
        made = self.between.get(state, state)
        return self.origin(made) if isinstance(made, str) and made != state else state


def chain_of(
    pair: RunPair, *, is_same_rules: bool, is_same_input: bool, has_late_data: bool
) -> Chain:
    """Return the shortest chain between two snapshots.

    Parameters
    ----------
    is_same_rules
        Both were made by the same champion scorecard and code.
    is_same_input
        The earlier one was made from what the event store says today of its dates.
    has_late_data
        Events of days up to the earlier as_of_date arrived between the two known_on.
    """
    before, after = pair.before.dates, pair.after.dates
    is_restatement = before.as_of_date == after.as_of_date
    rules: SnapshotDates | str = BEFORE if is_same_rules else before
    is_rules_of_today = is_same_input or not is_same_rules
    late_data: SnapshotDates | str = SnapshotDates(before.as_of_date, after.known_on)
    if is_restatement:
        late_data = AFTER
    elif is_rules_of_today and not has_late_data:
        late_data = RULES
    time = SnapshotDates(after.as_of_date, after.known_on, before.as_of_date)
    return Chain({RULES: rules, LATE_DATA: late_data, TIME: AFTER if is_restatement else time})


@dataclass(frozen=True)
class StateBuilder:
    """What states are computed with: the champion's catalog alone, over one event store."""

    champion: Scorecard
    catalog: Catalog
    store: EventStore
    options: EngineOptions
    method: Method

    def engine(
        self, dates: SnapshotDates, cards: Sequence[Scorecard] = ()
    ) -> AbstractContextManager[DuckDBEngine]:
        """Open an engine whose schema ``events`` reads the store."""
        return built(self.catalog, dates, self.store, cards, options=self.options)

    def build(self, dates: SnapshotDates, folder: Path) -> None:
        """Write scores and points of the champion card at some dates under ``folder``.

        Raises ChecksRefused where an assertion across tables fails.
        """
        with self.engine(dates, [self.champion]) as engine:
            for stage in self.catalog.schemas_upto("scores"):
                engine.build_schema(stage)
                tables = self.catalog.of_schema(stage)
                refuse_if_critical(
                    check_assertions(engine.con, tables, stage, dates.parameters, self.method)
                )
            for name in KEPT_TABLES:
                engine.build(self.catalog[name])
                with translating_write_errors(folder):
                    write_table(engine.con, self.catalog[name], folder)

    def has_late_data(self, before: SnapshotDates, after: SnapshotDates) -> bool:
        """Return whether events of days up to ``before`` arrived between the two known_on."""
        first, last = sorted((before.known_on, after.known_on))
        if first == last:
            return False
        arrived = "where arrived > ? and arrived <= ? and event_date <= ? limit 1"
        with self.engine(before) as engine:
            return any(
                engine.con.execute(
                    f"select 1 from events.{log.short_name} {arrived}",
                    [first, last, before.as_of_date],
                ).fetchall()
                for log in self.catalog.of_schema("raw")
            )


@dataclass(frozen=True)
class ChangePlan:
    """How the changes of a pair are computed: with what, by which states, and what to note."""

    pair: RunPair
    builder: StateBuilder
    chain: Chain
    notes: tuple[str, ...]


def compute_changes(data_dir: Path, pair: RunPair, settings: Settings) -> None:
    """Compute and publish why scores changed between two runs; computed ones are left as they are.

    The caller holds the writer lock.

    Raises
    ------
    UsageError
        The pair goes back in time.
    InputRefused
        The later snapshot is not what today's code makes of today's event store, or its scorecards
        are not at hand.
    ChecksRefused
        An assertion across tables fails: nothing is published.
    """
    if derived_folder(data_dir, CHANGES, pair).is_dir():
        refresh_catalog(data_dir)  # a kill may have come between publishing and showing
        return
    plan = plan_changes(data_dir, pair, settings)
    folders = {BEFORE: pair.before.folder, AFTER: pair.after.folder}
    with staging_folder(data_dir, "changes") as staging:
        for state, dates in plan.chain.to_compute.items():
            folders[state] = staging / "states" / state
            plan.builder.build(dates, folders[state])
            stop_if_interrupted()
        publish_changes(data_dir, plan, folders, staging / "published")


def plan_changes(data_dir: Path, pair: RunPair, settings: Settings) -> ChangePlan:
    """Find scorecards and input of a pair, and decide which states have to be computed."""
    if pair.after.dates.as_of_date < pair.before.dates.as_of_date:
        raise UsageError(f"{pair}: the second date lies before the first; exchange them")
    before, after = read_manifest(pair.before), read_manifest(pair.after)
    store = open_store(data_dir)
    builder = _state_builder(data_dir, store, pair.after, after, settings)
    is_same_code = before["code"]["hash"] == after["code"]["hash"]
    is_same_input = _is_of_today(store, pair.before, before)
    is_same_rules = is_same_code and before["scorecards"][0]["hash"] == builder.champion.hash
    chain = chain_of(
        pair,
        is_same_rules=is_same_rules,
        is_same_input=is_same_input,
        has_late_data=builder.has_late_data(pair.before.dates, pair.after.dates),
    )
    notes = []
    if not is_same_code:
        notes.append(
            "the earlier snapshot was made by other code, or beside other scorecards: "
            "what that changed counts as rules"
        )
    if not is_same_rules and not is_same_input:
        notes.append(
            "files were delivered into arrival days of the earlier snapshot after it was "
            "published: what they changed counts as rules"
        )
    if pair.after.dates.known_on < pair.before.dates.known_on:
        notes.append(
            "the later snapshot knew less than the earlier: late data is what it did not know"
        )
    return ChangePlan(pair, builder, chain, tuple(notes))


def _state_builder(
    data_dir: Path, store: EventStore, after: Run, manifest: Mapping[str, Any], settings: Settings
) -> StateBuilder:
    again = (
        f"publish it again (`plainscore run --as-of {after.dates.as_of_date} --known-on "
        f"{after.dates.known_on}`), then ask again"
    )
    try:
        names = cards_by_hash([card["hash"] for card in manifest["scorecards"]], settings)
    except InputRefused as error:
        raise InputRefused(
            f"the snapshot {after.dates}: {error}, or give it with --scorecard, or {again}"
        ) from error
    cards = read_scorecards(names, settings.method)
    catalog = load_catalog(cards, method=settings.method)
    if code_hash(catalog) != manifest["code"]["hash"]:
        raise InputRefused(f"the snapshot {after.dates} was made by other code: {again}")
    if not _is_of_today(store, after, manifest):
        raise InputRefused(
            f"the event store has changed since the snapshot {after.dates} was published: {again}"
        )
    of_champion = catalog if len(cards) == 1 else load_catalog([cards[0]], method=settings.method)
    options = engine_options(data_dir, settings)
    return StateBuilder(cards[0], of_champion, store, options, settings.method)


def _is_of_today(store: EventStore, run: Run, manifest: Mapping[str, Any]) -> bool:
    inputs = store.inputs_known_on(run.dates.known_on)
    return bool(manifest["input"] == fingerprint_of_input(inputs))


def publish_changes(
    data_dir: Path, plan: ChangePlan, folders: Mapping[str, Path], staging: Path
) -> None:
    """Derive the causes from the states, check that they sum up, and publish them.

    ``folders``: state -> the folder of its tables, for the ends and every computed state.
    """
    builder, chain, pair = plan.builder, plan.chain, plan.pair
    method = builder.method
    catalog = load_catalog(group="changes", method=method)
    with built(catalog, pair.after.dates, options=builder.options) as engine:
        assemble(engine.con, catalog, pair, {s: folders[chain.origin(s)] for s in STATES})
        engine.build_schema(COMPARING)
        parameters = pair.after.dates.parameters
        refuse_if_critical(check_assertions(engine.con, (), COMPARING, parameters, method))
        counted = engine.con.execute(_COUNTS)
        names = [column[0] for column in counted.description or ()]
        facts = {
            **dict(zip(names, counted.fetchall()[0], strict=True)),
            "states": {
                state: f"equals {made}" if isinstance(made, str) else str(made)
                for state, made in chain.between.items()
            },
            "notes": list(plan.notes),
        }
        publish_derived(data_dir, engine.con, CHANGES, pair, staging, facts)


# Everyone's states side by side


@dataclass(frozen=True)
class _Line:
    """One feature, by the later scorecard; the base is the line of number 0."""

    feature_no: int
    feature: str
    factor: str


def assemble(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, pair: RunPair, folders: Mapping[str, Path]
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
    for table in catalog.of_schema(COMPARING):
        if table.is_source:
            con.execute(table.ddl)
    places = ", ".join("?" * 6)
    con.execute(f"insert into changes.pair values ({places})", [*pair.before.key, *pair.after.key])
    for state in STATES:
        con.execute(
            f"create temp view scored_{state} as "
            "select person_id, score, coalesce(not_scored_code, 'scored') as status "
            f"from {_source(folders[state], 'score')} where scorecard_no = 1"
        )
        con.execute(
            f"create temp view points_{state} as "
            f"from {_source(folders[state], 'points')} where scorecard_no = 1"
        )
    for end in (BEFORE, AFTER):
        con.execute(f"create temp view features_{end} as from {_source(folders[end], 'features')}")
    con.execute(f"insert into changes.person_state by name {_person_states()}")
    con.execute(f"insert into changes.feature_state by name {_feature_states(con, folders)}")


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
    views = [*(f"points_{s}" for s in STATES), f"features_{BEFORE}", f"features_{AFTER}"]
    columns = {
        view: [name for name, *_ in con.execute(f"describe {view}").fetchall()] for view in views
    }
    bases = {end: _base(con, folders[end]) for end in (BEFORE, AFTER)}
    own_base = {
        state: bases[BEFORE if folders[state] == folders[BEFORE] else AFTER] for state in STATES
    }
    cells = [_base_cell(own_base)] if bases[BEFORE] != bases[AFTER] else []
    cells += [_feature_cell(line, columns) for line in _lines(con, folders)]
    joins = " ".join(f"left join points_{s} using (person_id)" for s in STATES[1:-1])
    moved = " or ".join(
        f"coalesce(cell.points_{state} <> cell.points_{BEFORE}, false)" for state in STATES[1:]
    )
    return (
        "select person_id, cell.* from ("
        f"select points_{BEFORE}.person_id, unnest([{', '.join(cells)}]) as cell "
        f"from points_{BEFORE} inner join points_{AFTER} using (person_id) {joins} "
        f"left join features_{BEFORE} using (person_id) left join features_{AFTER} using "
        f"(person_id)) where cell.value_{BEFORE} is distinct from cell.value_{AFTER} or {moved}"
    )


def _feature_cell(line: _Line, columns: Mapping[str, Sequence[str]]) -> str:
    def cell(view: str, absent: str) -> str:
        has_column = line.feature in columns[view]
        return f"{view}.{identifier(line.feature)}" if has_column else absent

    values = {
        f"value_{end}": f"cast({cell(f'features_{end}', 'null')} as double)"
        for end in (BEFORE, AFTER)
    }
    # What is not on a card gives no points to those who are scored by it.
    points = {f"points_{state}": cell(f"points_{state}", _if_scored(state, 0)) for state in STATES}
    return _struct(line, values | points)


def _base_cell(bases: Mapping[str, int]) -> str:
    values = {f"value_{end}": "cast(null as double)" for end in (BEFORE, AFTER)}
    points = {f"points_{state}": _if_scored(state, base) for state, base in bases.items()}
    return _struct(_Line(0, BASE, BASE), values | points)


def _if_scored(state: str, points: int) -> str:
    return f"case when points_{state}.person_id is not null then cast({points} as integer) end"


def _struct(line: _Line, cells: Mapping[str, str]) -> str:
    all_cells = {
        "feature_no": f"cast({line.feature_no} as integer)",
        "feature": text_literal(line.feature),
        "factor": text_literal(line.factor),
        **cells,
    }
    return "{" + ", ".join(f"{text_literal(n)}: {cell}" for n, cell in all_cells.items()) + "}"


def _lines(con: duckdb.DuckDBPyConnection, folders: Mapping[str, Path]) -> list[_Line]:
    """Return the features of the later card in its order, then those that only the earlier has."""
    lines: dict[str, _Line] = {}
    for feature, factor in _features(con, folders):
        lines.setdefault(feature, _Line(len(lines) + 1, feature, factor))
    return list(lines.values())


def _features(
    con: duckdb.DuckDBPyConnection, folders: Mapping[str, Path]
) -> Iterator[tuple[str, str]]:
    for end in (AFTER, BEFORE):
        yield from con.execute(
            f"select feature, factor from {_source(folders[end], 'feature_card')} "
            "where scorecard_no = 1 order by feature_no"
        ).fetchall()


def _base(con: duckdb.DuckDBPyConnection, folder: Path) -> int:
    sql = f"select base from {_source(folder, 'card')} where scorecard_no = 1"
    ((base,),) = con.execute(sql).fetchall()
    return int(base)


def _source(folder: Path, table_name: str) -> str:
    return read_parquet([table_file(folder, table_name)])
