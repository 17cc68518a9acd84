"""One browser for all tests of a process, and the report of an invented October in a file."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from plainscore.show.reader import open_snapshots
from plainscore.show.report import report_page
from tests.dashboards.test_report import BOXES, OCTOBER

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass
class Opened:
    """A page in the browser, and what it complained of and asked for while it was used."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no chromium here: apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def report_file(autumn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with open_snapshots(autumn) as snapshots:
        page = report_page(snapshots, OCTOBER, BOXES, is_invented=True)
    file = tmp_path_factory.mktemp("report") / "october.html"
    file.write_text(page, encoding="utf-8")
    return file


@pytest.fixture
def opened(browser: Browser, report_file: Path) -> Iterator[Opened]:
    """The report, opened wide and light."""
    page = browser.new_page(viewport={"width": 1600, "height": 1000})
    made = Opened(page)
    page.on("console", lambda said: made.complaints.append(said.text))
    page.on("pageerror", lambda error: made.complaints.append(str(error)))
    page.on("request", lambda request: made.asked.append(request.url))
    page.goto(report_file.as_uri())
    yield made
    page.close()
