"""How long does the dashboard take to show its first page, and a person, at 1,000,000 people?

`python -m tests.campaigns.dashboard_latency --data DIR` starts `plainscore dashboard` over what is
published in DIR (`tests.campaigns.latency` makes a million people in 24 snapshots), opens it in
Chromium, and then asks for people of all ranks, one after the other. Prints milliseconds until what
was asked for is shown, and until the whole page stands and the app has nothing left to do.
"""

import argparse
import random
import socket
import statistics
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Page, sync_playwright

from benchmarks.measuring import COMMAND
from plainscore.show.reader import open_snapshots
from tests.dashboards.browser.conftest import CHROMIUM, FLAGS

AT_REST = "[data-testid='stApp'][data-test-script-state='notRunning']"
SCORE = "[data-testid='stMetricValue']"


@dataclass(frozen=True)
class Shown:
    """Milliseconds until the answer, and until the whole page."""

    answer: float
    whole: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a data directory")
    parser.add_argument("--people", type=int, default=20, help="how many are asked for")
    wanted = parser.parse_args()
    people = _people(wanted.data, wanted.people)
    with _started(wanted.data) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for visit in ("first", "second"):
            page = browser.new_page()
            shown = _open(page, address)
            print(f"{visit} visit: title {shown.answer:.0f} ms, all figures {shown.whole:.0f} ms")
        page.get_by_text("Person", exact=True).first.click()
        page.wait_for_selector(SCORE)
        page.wait_for_selector(AT_REST)
        for name, some in (("first", people[:1]), ("others", people[1:])):
            print(f"a person, {name}: {_line([_ask(page, *one) for one in some])}", flush=True)
        browser.close()


def _people(data: Path, count: int) -> list[tuple[str, int]]:
    """Return ids and scores, no two neighbours with the same score, so that pages differ."""
    with open_snapshots(data) as snapshots:
        found = snapshots.rows(
            "select person_id, score from score where as_of_date = ? and score is not null "
            "order by hash(person_id) limit ?",
            (snapshots.day("latest"), 3 * count),
        )
    random.Random(1).shuffle(found)
    chosen = [one for one, before in zip(found[1:], found, strict=False) if one[1] != before[1]]
    return [(person, score) for person, score in chosen[:count]]


@contextmanager
def _started(data: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    words = [*COMMAND, "dashboard", "--data", str(data), "--port", str(port)]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not _answers(address):
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


def _answers(address: str) -> bool:
    try:
        with urlopen(f"{address}/_stcore/health") as answer:
            return bool(answer.status == 200)
    except URLError:
        return False


def _open(page: Page, address: str) -> Shown:
    begun = time.perf_counter()
    page.goto(address)
    page.wait_for_selector("h1")
    title = _since(begun)
    page.wait_for_selector(AT_REST)
    return Shown(title, _since(begun))


def _ask(page: Page, person: str, score: int) -> Shown:
    box = page.get_by_role("textbox", name="Person")
    box.fill(person)
    begun = time.perf_counter()
    box.press("Enter")
    page.wait_for_function(
        "([place, score]) => document.querySelector(place)?.innerText.trim() === score",
        arg=[SCORE, str(score)],
    )
    answer = _since(begun)
    page.wait_for_selector(AT_REST)
    return Shown(answer, _since(begun))


def _since(begun: float) -> float:
    return 1000 * (time.perf_counter() - begun)


def _line(shown: Sequence[Shown]) -> str:
    output = []
    for name in ("answer", "whole"):
        taken = [getattr(one, name) for one in shown]
        output.append(f"{name} median {statistics.median(taken):.0f} ms, worst {max(taken):.0f} ms")
    return "; ".join(output)


if __name__ == "__main__":
    main()
