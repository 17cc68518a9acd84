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

A change of what the Python here decides raises the version of `publish.runs.CHANGES`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from plainscore.checks.verdicts import check_assertions, refuse_if_critical
from plainscore.common.errors import InputRefused, UsageError
from plainscore.common.files import translating_write_errors
from plainscore.common.signals import stop_if_interrupted
from plainscore.common.text import identifier, read_parquet, text_literal
from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import COMPARING, Catalog, load_catalog
from plainscore.engines.build import built
from plainscore.engines.duckdb import DuckDBEngine, insert_rows, records
from plainscore.publish.catalog import refresh_catalog
from plainscore.publish.publication import publish_derived
from plainscore.publish.runs import CHANGES, Run, RunPair, derived_folder
from plainscore.publish.sets import read_manifest, staging_folder, table_file, write_table
from plainscore.runs.inputs import fingerprint_of_input
from plainscore.runs.pipeline import cards_by_hash, read_pipeline
from plainscore.scorecards.card import Scorecard
from plainscore.settings import Settings, engine_options
from plainscore.store.event_store import EventStore, open_store

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
# The features of the later card in its order, then those that only the earlier has.
_LINES = """
select feature, factor
from (
    select feature, factor, feature_no, false as is_earlier from {after} where scorecard_no = 1
    union all
    select feature, factor, feature_no, true from {before} where scorecard_no = 1
)
qualify row_number() over (partition by feature order by is_earlier) = 1
order by is_earlier, feature_no
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

    ``is_same_rules``: both are by the same champion scorecard and code. ``is_same_input``: the
    earlier is made from what the event store says today of its dates. ``has_late_data``: events of
    days up to the earlier as_of_date arrived between the two known_on.
    """
    before, after = pair.before.dates, pair.after.dates
    is_restatement = before.as_of_date == after.as_of_date
    rules: SnapshotDates | str = BEFORE if is_same_rules else before
    late_data: SnapshotDates | str = SnapshotDates(before.as_of_date, after.known_on)
    if is_restatement:
        late_data = AFTER
    elif (is_same_input or not is_same_rules) and not has_late_data:
        late_data = RULES
    time = SnapshotDates(after.as_of_date, after.known_on, before.as_of_date)
    return Chain({RULES: rules, LATE_DATA: late_data, TIME: AFTER if is_restatement else time})


class ChangePlan(NamedTuple):
    """By which states the changes of a pair are computed, and what to note.

    ``catalog``: of the champion, the later snapshot's first scorecard, alone.
    """

    champion: Scorecard
    catalog: Catalog
    chain: Chain
    notes: Sequence[str]


def compute_changes(data_dir: Path, pair: RunPair, settings: Settings) -> None:
    """Compute and publish why scores changed between two runs; computed ones are left as they are.

    The caller holds the writer lock. Raises UsageError where the pair goes back in time,
    InputRefused where the later snapshot is not what today's code makes of today's event store, or
    its scorecards are not at hand, ChecksRefused where an assertion across tables fails.
    """
    if derived_folder(data_dir, CHANGES, pair).is_dir():
        refresh_catalog(data_dir)  # a kill may have come between publishing and showing
        return
    plan = plan_changes(data_dir, pair, settings)
    folders = {BEFORE: pair.before.folder, AFTER: pair.after.folder}
    with staging_folder(data_dir, "changes") as staging:
        for state, dates in plan.chain.to_compute.items():
            folders[state] = staging / "states" / state
            _build_state(data_dir, plan, dates, folders[state], settings)
            stop_if_interrupted()
        of_states = {state: folders[plan.chain.origin(state)] for state in STATES}
        _publish_changes(data_dir, pair, plan, of_states, staging / "published", settings)


def plan_changes(data_dir: Path, pair: RunPair, settings: Settings) -> ChangePlan:
    """Find scorecards and input of a pair, and decide which states have to be computed."""
    earlier, later = pair.before.dates, pair.after.dates
    if later.as_of_date < earlier.as_of_date:
        raise UsageError(f"{pair}: the second date lies before the first; exchange them")
    before, after = read_manifest(pair.before), read_manifest(pair.after)
    store = open_store(data_dir)
    cards = _cards_of(pair.after, after, store, settings)
    if not _is_of_today(store, pair.after, after):
        raise InputRefused(
            f"the event store has changed since the snapshot {later} was published: "
            f"{_publish_again(pair.after)}"
        )
    catalog = load_catalog([cards[0]], method=settings.method)
    is_same_code = before["code"]["hash"] == after["code"]["hash"]
    is_same_input = _is_of_today(store, pair.before, before)
    is_same_rules = is_same_code and before["scorecards"][0]["hash"] == cards[0].hash
    with built(catalog, earlier, store, options=engine_options(data_dir, settings)) as engine:
        chain = chain_of(
            pair,
            is_same_rules=is_same_rules,
            is_same_input=is_same_input,
            has_late_data=_has_late_data(engine, earlier, later),
        )
    notes = {
        "the earlier snapshot was made by other code, or beside other scorecards: "
        "what that changed counts as rules": not is_same_code,
        "files were delivered into arrival days of the earlier snapshot after it was "
        "published: what they changed counts as rules": not is_same_rules and not is_same_input,
        "the later snapshot knew less than the earlier: late data is what it did not know": (
            later.known_on < earlier.known_on
        ),
    }
    return ChangePlan(cards[0], catalog, chain, [note for note in notes if notes[note]])


def _cards_of(
    run: Run, manifest: Mapping[str, Any], store: EventStore, settings: Settings
) -> Sequence[Scorecard]:
    """Return the scorecards of a snapshot that today's code makes."""
    try:
        names = cards_by_hash([card["hash"] for card in manifest["scorecards"]], settings)
    except InputRefused as error:
        raise InputRefused(
            f"the snapshot {run.dates}: {error}, or give it with --scorecard, or "
            f"{_publish_again(run)}"
        ) from error
    pipeline = read_pipeline(settings.model_copy(update={"scorecards": names}))
    pipeline = pipeline.of_inputs(store.ledger(), run.dates.known_on)
    if pipeline.code_hash != manifest["code"]["hash"]:
        raise InputRefused(
            f"the snapshot {run.dates} was made by other code: {_publish_again(run)}"
        )
    return pipeline.cards


def _publish_again(run: Run) -> str:
    return (
        f"publish it again (`plainscore run --as-of {run.dates.as_of_date} --known-on "
        f"{run.dates.known_on}`), then ask again"
    )


def _is_of_today(store: EventStore, run: Run, manifest: Mapping[str, Any]) -> bool:
    inputs = store.inputs_known_on(run.dates.known_on)
    return bool(manifest["input"] == fingerprint_of_input(inputs))


def _has_late_data(engine: DuckDBEngine, before: SnapshotDates, after: SnapshotDates) -> bool:
    """Return whether events of days up to ``before`` arrived between the two known_on."""
    between = [*sorted((before.known_on, after.known_on)), before.as_of_date]
    late = "where arrived > ? and arrived <= ? and event_date <= ? limit 1"
    logs = [log.short_name for log in engine.catalog.of_schema("raw")]
    return any(records(engine.con, f"select 1 from events.{log} {late}", between) for log in logs)


def _build_state(
    data_dir: Path, plan: ChangePlan, dates: SnapshotDates, folder: Path, settings: Settings
) -> None:
    """Write scores and points of the champion at some dates; ChecksRefused as `compute_changes`."""
    catalog, cards, options = plan.catalog, [plan.champion], engine_options(data_dir, settings)
    with built(catalog, dates, open_store(data_dir), cards, options=options) as engine:
        for stage in catalog.schemas_upto("scores"):
            engine.build_schema(stage)
            tables = catalog.of_schema(stage)
            refuse_if_critical(
                check_assertions(engine.con, tables, stage, dates.parameters, settings.method)
            )
        for name in KEPT_TABLES:
            engine.build(catalog[name])
            with translating_write_errors(folder):
                write_table(engine.con, catalog[name], folder)


def _publish_changes(
    data_dir: Path,
    pair: RunPair,
    plan: ChangePlan,
    folders: Mapping[str, Path],
    staging: Path,
    settings: Settings,
) -> None:
    """Derive the causes from the states, check that they sum up, and publish them."""
    catalog, dates = load_catalog(group="changes", method=settings.method), pair.after.dates
    with built(catalog, dates, options=engine_options(data_dir, settings)) as engine:
        assemble(engine.con, catalog, pair, folders)
        engine.build_schema(COMPARING)
        refuse_if_critical(
            check_assertions(engine.con, (), COMPARING, dates.parameters, settings.method)
        )
        [facts] = records(engine.con, _COUNTS)
        facts["states"] = {
            state: f"equals {made}" if isinstance(made, str) else str(made)
            for state, made in plan.chain.between.items()
        }
        facts["notes"] = list(plan.notes)
        publish_derived(data_dir, engine.con, CHANGES, pair, staging, facts)


# Everyone's states side by side


def assemble(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, pair: RunPair, folders: Mapping[str, Path]
) -> None:
    """Fill the sources of the schema ``changes``, of which the connection has no table yet.

    ``folders``: state -> the folder of its tables, the runs' own for the two ends. States that are
    equal have the same folder.
    """
    for table in catalog.of_schema(COMPARING):
        if table.is_source:
            con.execute(table.ddl)
    insert_rows(con, "changes.pair", [(*pair.before.key, *pair.after.key)])
    for state in STATES:
        con.execute(
            f"create temp view scored_{state} as "
            "select person_id, score, coalesce(not_scored_code, 'scored') as status "
            f"from {_source(folders[state], 'score')} where scorecard_no = 1"
        )
    columns = ", ".join(
        f"scored_{state}.score as score_{state}, "
        f"coalesce(scored_{state}.status, 'not there') as status_{state}"
        for state in STATES
    )
    joins = " ".join(f"left join scored_{state} using (person_id)" for state in STATES)
    con.execute(
        f"insert into changes.person_state by name select person_id, {columns} "
        f"from (select person_id from scored_{BEFORE} "
        f"union select person_id from scored_{AFTER}) as person {joins}"
    )
    con.execute(f"insert into changes.feature_state by name {_feature_states(con, folders)}")


def _feature_states(con: duckdb.DuckDBPyConnection, folders: Mapping[str, Path]) -> str:
    """Return the SELECT of the features that differ, of everyone scored at both ends.

    A line for the base, where it differs, and for every feature of both cards: its points in each
    state, and its value at both ends.
    """
    present = {}
    for table, states in (("points", STATES), ("features", (BEFORE, AFTER))):
        for state in states:
            view, of_card = f"{table}_{state}", "where scorecard_no = 1" * (table == "points")
            source = f"from {_source(folders[state], table)} {of_card}"
            con.execute(f"create temp view {view} as {source}")
            present[view] = {name for name, *_ in con.execute(f"describe {view}").fetchall()}
    cards = {end: _source(folders[end], "feature_card") for end in (BEFORE, AFTER)}
    lines = con.execute(_LINES.format(**cards)).fetchall()
    base = {}
    for state in STATES:
        end = BEFORE if folders[state] == folders[BEFORE] else AFTER
        of_end = f"select base from {_source(folders[end], 'card')} where scorecard_no = 1"
        base[state] = con.execute(of_end).fetchall()[0][0]

    def struct(no: int, feature: str, factor: str) -> str:
        """Return the SQL of one person's line; what is not on a card gives no points."""
        named = identifier(feature)
        cells = {
            "feature_no": f"cast({no} as integer)",
            "feature": text_literal(feature),
            "factor": text_literal(factor),
            **{
                f"value_{one}": f"cast({view}.{named} as double)"
                if no and feature in present[view := f"features_{one}"]
                else "cast(null as double)"
                for one in (BEFORE, AFTER)
            },
            **{
                f"points_{one}": f"cast({view}.{named} as integer)"
                if no and feature in present[view := f"points_{one}"]
                else f"cast({0 if no else base[one]} as integer)"
                for one in STATES
            },
        }
        return "{" + ", ".join(f"{text_literal(n)}: {cell}" for n, cell in cells.items()) + "}"

    numbered = [(no, *line) for no, line in enumerate(lines, start=1)]
    if base[BEFORE] != base[AFTER]:
        numbered.insert(0, (0, BASE, BASE))
    views = [f"points_{one}" for one in STATES[1:-1]] + [f"features_{e}" for e in (BEFORE, AFTER)]
    joins = " ".join(f"left join {view} using (person_id)" for view in views)
    moved = " or ".join(
        f"coalesce(cell.points_{state} <> cell.points_{BEFORE}, false)" for state in STATES[1:]
    )
    return (
        f"select person_id, cell.* from (select points_{BEFORE}.person_id, "
        f"unnest([{', '.join(struct(*line) for line in numbered)}]) as cell "
        f"from points_{BEFORE} inner join points_{AFTER} using (person_id) {joins}) "
        f"where cell.value_{BEFORE} is distinct from cell.value_{AFTER} or {moved}"
    )


def _source(folder: Path, table_name: str) -> str:
    return read_parquet([table_file(folder, table_name)])
