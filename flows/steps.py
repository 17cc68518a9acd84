"""The steps of one snapshot, as plain functions: each says what it needs and what it gives."""

import hashlib
import json
import shutil
from dataclasses import astuple, dataclass, field
from datetime import date, timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING

from flows.ingest import IngestReport, ingest_new
from flows.ingest.event_store import EventStore, open_store
from flows.ingest.refusals import RefusedFile
from flows.publish.catalog import refresh_catalog
from flows.publish.manifest import Provenance, read_manifest
from flows.publish.publishing import publish
from flows.publish.runs import Run, find_live_run
from flows.publish.staging import StagedSnapshot, new_staging, stage_snapshot
from flows.request import SnapshotRequest
from transforms.catalog import Catalog
from transforms.contract import ContractError
from transforms.engines.duckdb_engine import DuckDBEngine
from transforms.errors import InputRefused
from transforms.fingerprint import catalog_hash
from transforms.house import build_catalog
from transforms.rehearsal import rehearse
from transforms.scorecard.card import Scorecard
from transforms.scorecard.reading import read_scorecards

if TYPE_CHECKING:
    from expectations.results import CheckResult

SPILL = ".spill"


@dataclass
class House:
    """All that the steps of one run share; ``results`` grows with every check."""

    request: SnapshotRequest
    cards: tuple[Scorecard, ...]
    catalog: Catalog
    store: EventStore
    provenance: Provenance
    engine: DuckDBEngine | None = None
    results: list["CheckResult"] = field(default_factory=list)

    @property
    def running(self) -> DuckDBEngine:
        assert self.engine is not None, "open_engine comes first"
        return self.engine


def take_in_new_files(request: SnapshotRequest) -> IngestReport:
    """Ingest what is new in landing/.

    Raises InputRefused where refused files with arrived <= known_on stand in the way and the
    request does not skip them, and where there is neither a landing/ nor an event store.
    """
    has_landing = (request.data_dir / "landing").is_dir()
    if not has_landing and (request.data_dir / "events").is_dir():
        return IngestReport(warnings=["there is no landing/: going on with what is in the store"])
    report = ingest_new(request.data_dir, threads=request.settings.threads)
    in_the_way = _in_the_way(report, request)
    if in_the_way and not request.skip_refused:
        shown = "\n".join(f"  {refused}" for refused in in_the_way[:5])
        more = f"\n  and {len(in_the_way) - 5} more" if len(in_the_way) > 5 else ""
        raise InputRefused(
            f"nothing was published: files or folders refused in landing/, arrived by "
            f"{request.dates.known_on}: {len(in_the_way)}; mend them, or leave them out with "
            f"--skip-refused\n{shown}{more}"
        )
    return report


def set_up_house(request: SnapshotRequest, report: IngestReport) -> House:
    """Read scorecards and contracts, rehearse them on empty tables, open the event store.

    Raises ContractError where the rehearsal fails, InputRefused where nothing is known for the
    dates or a feed has stopped.
    """
    cards = read_scorecards(request.settings.scorecards)
    catalog = build_catalog(cards)
    faults = rehearse(catalog)
    if faults:
        raise ContractError("the rehearsal on empty tables failed:\n" + "\n".join(faults))
    store = open_store(request.data_dir)
    inputs = store.inputs_known_on(request.dates.known_on)
    if not inputs:
        raise InputRefused(f"no event is known {request.dates}: nothing had arrived by then")
    if not request.allow_stopped_feeds:
        _refuse_stopped_feeds(request, inputs)
    provenance = Provenance(
        cards=cards,
        input={"file_count": len(inputs), "sha256": _hash_of(inputs)},
        code_version=version("plainscore"),
        code_hash=catalog_hash(catalog),
        skipped_refused_files=tuple(r.file for r in _in_the_way(report, request)),
    )
    return House(request, cards, catalog, store, provenance)


def find_current_run(house: House) -> Run | None:
    """Return the published run that this run would only repeat, or None."""
    run = find_live_run(house.request.data_dir, house.request.dates)
    if run is None or house.request.force or reasons_to_run(run, house.provenance):
        return None
    refresh_catalog(house.request.data_dir)  # a kill may have come between publishing and showing
    return run


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
    settings = house.request.settings
    house.engine = DuckDBEngine(
        house.catalog,
        house.request.dates,
        threads=settings.threads,
        memory_limit=settings.memory_limit,
        temp_directory=settings.temp_directory or house.request.data_dir.resolve() / SPILL,
    )
    tables = house.catalog.of_schema("events")
    house.engine.open_events({t.short_name: house.store.files(t.short_name) for t in tables})
    house.engine.load_reference(house.cards)


def build_stage(house: House, schema: str) -> None:
    """Build every table of a schema in order."""
    for table in house.catalog.of_schema(schema):
        house.running.build(table)


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
    from expectations.judge import judge, judge_facts, refuse_if_critical

    con, parameters = house.running.con, house.request.dates.parameters
    tables = house.catalog.of_schema(schema)
    if schema == "raw":
        # The logs are the same rows in events and raw; the store's other two tables stand once.
        tables = [house.catalog["events.file"], house.catalog["events.person"], *tables]
    results = judge(con, tables, schema, parameters)
    results += judge_facts(con, schema, parameters)
    house.results += results
    refuse_if_critical(results)
    return results


def stage_files(house: House) -> StagedSnapshot:
    """Write the snapshot where no reader looks."""
    staging = new_staging(house.request.data_dir, house.request.dates)
    return stage_snapshot(house.running.con, house.catalog, house.request.dates, staging)


def publish_run(house: House, staged: StagedSnapshot) -> Run:
    """Move the staged snapshot into place and show it in the catalog."""
    rows = [astuple(result) for result in house.results]
    return publish(house.request.data_dir, staged, house.provenance, rows)


def close_house(house: House) -> None:
    """Stop the engine and remove what it spilled."""
    if house.engine is not None:
        house.engine.close()
        house.engine = None
    shutil.rmtree(house.request.data_dir.resolve() / SPILL, ignore_errors=True)


def _in_the_way(report: IngestReport, request: SnapshotRequest) -> list[RefusedFile]:
    known_on = request.dates.known_on
    return [r for r in report.refused if r.arrived is None or r.arrived <= known_on]


def _refuse_stopped_feeds(
    request: SnapshotRequest, inputs: list[tuple[str, str, date, str]]
) -> None:
    limits = request.settings.arrival_limit_days.model_dump()
    for log, limit in limits.items():
        if limit is None:
            continue
        newest = max((arrived for name, _, arrived, _ in inputs if name == log), default=None)
        if newest is None or request.dates.known_on - newest > timedelta(days=limit):
            since = f"since {newest}" if newest else "at all"
            raise InputRefused(
                f"the {log} log had no arrivals {since}, longer than its limit of {limit} days: "
                "mend the feed, or go on with --allow-stopped-feeds"
            )


def _hash_of(inputs: list[tuple[str, str, date, str]]) -> str:
    return hashlib.sha256(json.dumps(inputs, default=str).encode()).hexdigest()
