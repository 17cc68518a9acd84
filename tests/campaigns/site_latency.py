"""How long does a browser take to look somebody up in a site of 1,000,000 people?

`python -m tests.campaigns.site_latency --source OTHER --work DIR` makes, of a data directory with a
published run of at most 100,000 people, one of `--people` in DIR, writes its site there, serves it
on loopback, and looks people up in Chromium: each in another file than the one before, then each in
the same. Prints milliseconds from asking to the page that shows the answer, and those of the
processor in all processes of the browser. What is in DIR already is used again.
"""

import argparse
import gzip
import json
import os
import random
import shutil
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import duckdb
from playwright.sync_api import Browser, Page, sync_playwright

from plainscore.publish.runs import Run, latest_runs
from plainscore.publish.sets import table_file
from plainscore.show.site import SiteRequest, write_site
from tests.campaigns.many_snapshots import publish_copies
from tests.dashboards.browser.conftest import CHROMIUM, FLAGS
from tests.dashboards.site_of_autumn import ENGINE

DAY = date(2026, 10, 31)
GOAL_MS = 100
TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
ANSWERED = "#shown[data-milliseconds], #trouble:not([hidden])"


@dataclass(frozen=True)
class Lookup:
    """What one took: milliseconds of the clock, and of the processor in the whole browser."""

    clock: float
    processor: float


class Quiet(SimpleHTTPRequestHandler):
    """A host without byte ranges or packing."""

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def main() -> None:
    wanted = _arguments()
    data, site = wanted.work / "data", wanted.work / "site"
    if not data.exists():
        begun = time.perf_counter()
        source = latest_runs(wanted.source)[-1]
        publish_copies(source, [DAY], wanted.people // _people(source), 1, data)
        print(f"published in {time.perf_counter() - begun:.0f} s", flush=True)
    if not site.exists():
        begun = time.perf_counter()
        write_site(SiteRequest(data, ["latest"], site, ENGINE, [], True))
        print(f"site written in {time.perf_counter() - begun:.0f} s", flush=True)
    files = sorted((site / str(DAY) / "people").iterdir())
    size = sum(file.stat().st_size for file in files)
    mean = size / len(files) / 1000
    print(
        f"{len(files):,} files of people, {size / 1e6:.0f} MB, the mean {mean:.0f} kB", flush=True
    )
    with _served(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for line in _told(browser, f"{address}/{DAY}/index.html", files, wanted.lookups):
            print(line, flush=True)
        browser.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="a folder to keep all in")
    parser.add_argument("--source", type=Path, help="a data directory to make it of")
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--lookups", type=int, default=50, help="of each kind")
    return parser.parse_args()


def _people(run: Run) -> int:
    file = str(table_file(run.folder, "features"))
    with duckdb.connect() as con:
        rows = con.execute("select count(*) from read_parquet(?)", [file]).fetchall()
    return int(rows[0][0])


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def _told(browser: Browser, address: str, files: Sequence[Path], times: int) -> Iterator[str]:
    draw = random.Random(1)
    page = browser.new_page()
    page.set_default_timeout(120_000)
    begun = time.perf_counter()
    page.goto(address)
    page.wait_for_selector("#state:has-text('Ready')")
    yield f"page opened and engine ready: {1000 * (time.perf_counter() - begun):.0f} ms"
    apart = [draw.choice(_scored(file)) for file in draw.sample(files, min(times + 1, len(files)))]
    first, *others = [_look_up(page, person) for person in apart]
    yield f"first lookup: {first.clock:.0f} ms, processor {first.processor:.0f} ms"
    yield _line("each in another file", others)
    same = draw.choices(_scored(files[-1]), k=times + 1)
    _look_up(page, same.pop())
    yield _line("each in the same file", [_look_up(page, person) for person in same])


def _look_up(page: Page, person: str) -> Lookup:
    page.evaluate("delete document.getElementById('shown').dataset.milliseconds")
    before = _processor_ms()
    page.evaluate(f"location.hash = {json.dumps(f'#person={person}')}")
    page.wait_for_selector(ANSWERED, state="attached")
    spent = page.locator("#shown").get_attribute("data-milliseconds")
    assert spent is not None, f"{person}: {page.locator('#trouble').inner_text()}"
    return Lookup(float(spent), _processor_ms() - before)


def _scored(packed: Path) -> list[str]:
    unpacked = packed.parents[2].with_name("file.duckdb")
    with gzip.open(packed) as source, unpacked.open("wb") as target:
        shutil.copyfileobj(source, target)
    with duckdb.connect(str(unpacked), read_only=True) as con:
        rows = con.execute("select person_id from score where score is not null").fetchall()
    unpacked.unlink()
    return [person for (person,) in rows]


def _processor_ms() -> float:
    """Return what the processes that descend from this one have used of the processor."""
    parents, used = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(") ")[2].split()
        except OSError:  # it ended meanwhile
            continue
        parents[int(folder.name)] = int(fields[1])
        used[int(folder.name)] = (int(fields[11]) + int(fields[12])) * TICK_MS
    return sum(spent for process, spent in used.items() if _descends(process, parents))


def _descends(process: int, parents: dict[int, int]) -> bool:
    while process in parents:
        process = parents[process]
        if process == os.getpid():
            return True
    return False


def _line(name: str, lookups: Sequence[Lookup]) -> str:
    clock = sorted(one.clock for one in lookups)
    worked = statistics.median(one.processor for one in lookups)
    p95 = clock[max(0, -(-95 * len(clock) // 100) - 1)]
    verdict = "" if p95 < GOAL_MS else f"  over {GOAL_MS} ms"
    return (
        f"{name}, {len(clock)} people: median {statistics.median(clock):.0f} ms, p95 {p95:.0f} ms, "
        f"worst {clock[-1]:.0f} ms; processor, median {worked:.0f} ms{verdict}"
    )


if __name__ == "__main__":
    main()
