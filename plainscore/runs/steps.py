"""The steps of one snapshot, as plain functions: each says what it needs and what it gives."""

import shutil
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from plainscore.analysis.statistics import fill_statistics
from plainscore.common.errors import InputRefused
from plainscore.contracts.catalog import Catalog, StageHash, rehearsed_catalog
from plainscore.engines.build import start_engine
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.logs import IngestReport, ingest_new
from plainscore.logs.event_store import (
    EventStore,
    accepted_rows,
    inputs_among,
    open_store,
)
from plainscore.logs.ledger import next_file_no
from plainscore.publish.catalog import refresh_catalog
from plainscore.publish.manifest import Provenance, read_manifest
from plainscore.publish.publishing import publish
from plainscore.publish.runs import Run, find_live_run
from plainscore.publish.staging import StagedSnapshot, new_staging, stage_snapshot
from plainscore.runs.code_hash import code_by_stage, code_hash
from plainscore.runs.inputs import (
    fingerprint_of_input,
    refuse_stopped_feeds,
    refused_in_the_way,
    told_in_the_way,
    told_odd_arrivals,
)
from plainscore.runs.request import SnapshotRequest
from plainscore.runs.spill import engine_options, spill_folder
from plainscore.scorecards.card import Scorecard
from plainscore.scorecards.reading import read_scorecards
from plainscore.settings import Settings

if TYPE_CHECKING:
    from plainscore.checks.results import CheckResult


@dataclass(frozen=True)
class Design:
    """What is to be computed, whatever the dates: scorecards, tables, and their hashes."""

    cards: tuple[Scorecard, ...]
    catalog: Catalog
    code_hash: str
    stage_hashes: Mapping[str, StageHash]


@dataclass
class House:
    """All that the steps of one run share; ``results`` grows with every check.

    ``known_rows``: rows accepted from all files that had arrived by known_on. ``last_file_no``:
    the number of the file that was ingested last, for whatever date.
    """

    request: SnapshotRequest
    design: Design
    store: EventStore
    provenance: Provenance
    known_rows: int
    last_file_no: int
    engine: DuckDBEngine | None = None
    results: list["CheckResult"] = field(default_factory=list)

    @property
    def catalog(self) -> Catalog:
        return self.design.catalog

    @property
    def running(self) -> DuckDBEngine:
        assert self.engine is not None, "open_engine comes first"
        return self.engine


def read_design(settings: Settings) -> Design:
    """Read scorecards and contracts, and rehearse them on empty tables.

    Raises ContractError where the rehearsal fails, UsageError where a scorecard cannot be meant.
    """
    cards = read_scorecards(settings.scorecards)
    catalog = rehearsed_catalog(cards)
    return Design(cards, catalog, code_hash(catalog), code_by_stage(catalog, cards))


def take_in_new_files(data_dir: Path, threads: int | None) -> IngestReport:
    """Ingest what is new in landing/, whatever the dates.

    Raises InputRefused where there is neither a landing/ nor an event store.
    """
    if not (data_dir / "landing").is_dir() and (data_dir / "events").is_dir():
        return IngestReport(warnings=["there is no landing/: going on with what is in the store"])
    return ingest_new(data_dir, threads=threads)


def set_up_house(request: SnapshotRequest, design: Design, report: IngestReport) -> House:
    """Open the event store, and see that it has what the dates need.

    Raises InputRefused where refused files with arrived <= known_on stand in the way and the
    request does not skip them, where nothing is known for the dates, or where a feed has stopped.
    """
    in_the_way = refused_in_the_way(report.refused, request.dates.known_on)
    if in_the_way and not request.skip_refused:
        raise InputRefused(told_in_the_way(in_the_way, request.dates.known_on))
    store = open_store(request.data_dir)
    files = store.ledger()
    inputs = inputs_among(files, request.dates.known_on)
    if not inputs:
        raise InputRefused(f"no event is known {request.dates}: nothing had arrived by then")
    if not request.allow_stopped_feeds:
        refuse_stopped_feeds(request, inputs)
    odd = told_odd_arrivals(request, files)
    report.warnings += [one for one in odd if one not in report.warnings]
    provenance = Provenance(
        cards=design.cards,
        input=fingerprint_of_input(inputs),
        code_version=version("plainscore"),
        code_hash=design.code_hash,
        skipped_refused_files=tuple(refused.file for refused in in_the_way),
        erasures=store.head.erasures,
    )
    known_rows = accepted_rows(files, request.dates.known_on)
    return House(request, design, store, provenance, known_rows, next_file_no(files) - 1)


def find_current_run(house: House) -> Run | None:
    """Return the published run that this run would only repeat, or None."""
    run = find_live_run(house.request.data_dir, house.request.dates)
    if run is None or house.request.force or reasons_to_run(run, house.provenance):
        return None
    return run


def find_stale_run(house: House) -> tuple[Run | None, tuple[str, ...]]:
    """Return the published run of these dates that another will stand beside, and why."""
    run = find_live_run(house.request.data_dir, house.request.dates)
    reasons = reasons_to_run(run, house.provenance) if run else []
    return run, tuple(reasons or (["forced"] if run else []))


def show_published(request: SnapshotRequest) -> None:
    """See that the catalog shows what is published: a kill may have come between the two."""
    refresh_catalog(request.data_dir)


def reasons_to_run(run: Run, provenance: Provenance) -> list[str]:
    """Return why a published run is stale; empty where it is current."""
    manifest = read_manifest(run)
    published_cards = [card["hash"] for card in manifest["scorecards"]]
    changes = {
        "new input": manifest["input"] != dict(provenance.input),
        "changed code": manifest["code"]["hash"] != provenance.code_hash,
        "changed scorecard": published_cards != [card.hash for card in provenance.cards],
        "other files skipped": manifest["skipped_refused_files"]
        != sorted(provenance.skipped_refused_files),
    }
    return [reason for reason, applies in changes.items() if applies]


def open_engine(house: House) -> None:
    """Start the engine on the event store's files and load the small reference tables."""
    # The writer lock is held: what is there was left by one that died.
    shutil.rmtree(_spill_folder(house), ignore_errors=True)
    settings = house.request.settings
    options = engine_options(house.request.data_dir, settings)
    options = replace(options, engine=settings.engine, master=settings.master)
    house.engine = start_engine(house.catalog, house.request.dates, options)
    tables = house.catalog.of_schema("events")
    house.engine.open_events({t.short_name: house.store.files(t.short_name) for t in tables})
    house.engine.load_reference(house.design.cards)


def build_stage(house: House, schema: str) -> None:
    """Build every table of a schema in order."""
    house.running.build_schema(schema)


def compute_statistics(house: House) -> None:
    """Fill the tables of what SQL should not compute, from those that it counted."""
    fill_statistics(house.running.con, house.catalog)


def require_events(house: House) -> None:
    """Raise InputRefused where files had arrived, but no event of theirs is dated by then."""
    con = house.running.con
    logs = house.catalog.of_schema("raw")
    if not any(con.execute(f"select 1 from {log.name} limit 1").fetchall() for log in logs):
        raise InputRefused(
            f"no event is known {house.request.dates}: all that had arrived happened later"
        )


def check_stage(house: House, schema: str) -> list["CheckResult"]:
    """Judge a schema's tables and the laws that must hold by now; keep the results.

    Raises ChecksRefused where a critical check fails or cannot run.
    """
    from plainscore.checks.results import refuse_if_critical
    from plainscore.checks.validate import check

    con, parameters = house.running.con, house.request.dates.parameters
    tables = house.catalog.of_schema(schema)
    if schema == "raw":
        # The logs are the same rows in events and raw; the store's other two tables stand once.
        tables = [house.catalog["events.file"], house.catalog["events.person"], *tables]
    results = check(con, tables, schema, parameters)
    house.results += results
    refuse_if_critical(results)
    return results


def stage_files(house: House) -> StagedSnapshot:
    """Write the snapshot where no reader looks."""
    staging = new_staging(house.request.data_dir, house.request.dates)
    return stage_snapshot(house.running.con, house.catalog, house.request.dates, staging)


def publish_run(house: House, staged: StagedSnapshot) -> Run:
    """Move the staged snapshot into place and show it in the catalog."""
    _stop_engine(house)  # what it holds is needed to hash everything that it made
    rows = [astuple(result) for result in house.results]
    return publish(house.request.data_dir, staged, house.provenance, rows)


def close_house(house: House) -> None:
    """Stop the engine and remove what it spilled."""
    _stop_engine(house)
    shutil.rmtree(_spill_folder(house), ignore_errors=True)


def _stop_engine(house: House) -> None:
    if house.engine is not None:
        house.engine.close()
        house.engine = None


def _spill_folder(house: House) -> Path:
    return spill_folder(house.request.data_dir, house.request.settings)
