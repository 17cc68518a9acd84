"""The site as people use it: anybody is explained by the browser as the command explains them.

Skipped where `make site-engine` has not fetched what the browser runs; nothing is fetched here.
"""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page

from plainscore.show.person import explain
from plainscore.show.reader import open_snapshots
from tests.dashboards.browser.conftest import Opened
from tests.dashboards.browser.test_report_page import AXE, JUDGED
from tests.dashboards.site_of_autumn import has_engine
from tests.dashboards.test_report import OCTOBER

READY_MS = 60_000
JSON = "#shown details pre"

pytestmark = pytest.mark.skipif(
    not has_engine(), reason="the browser's engine is not here: `make site-engine` fetches it"
)


class _Quiet(SimpleHTTPRequestHandler):
    """A host that knows no byte ranges and no packing: the least that a host can be."""

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@dataclass
class Hosted:
    """A site on loopback, open at the page of October."""

    opened: Opened
    address: str

    @property
    def page(self) -> Page:
        return self.opened.page

    def look_up(self, person: str) -> None:
        """Ask for a person as a link does, and wait for an answer, whichever."""
        self.page.evaluate("document.getElementById('shown').replaceChildren()")
        self.page.evaluate("document.getElementById('trouble').hidden = true")
        self.page.evaluate(f"location.hash = {json.dumps('#person=' + quote(person, safe=''))}")
        self.page.wait_for_selector(f"{JSON}, #trouble:not([hidden])", state="attached")

    def said(self) -> Any:
        """What the page says of the person, as JSON."""
        return json.loads(self.page.locator(JSON).text_content() or "")

    def trouble(self) -> str:
        return self.page.locator("#trouble").inner_text()


@pytest.fixture(scope="module")
def host() -> Iterator[Callable[[Path], str]]:
    """Serves folders on loopback until the module is done."""
    started: list[ThreadingHTTPServer] = []

    def serve(folder: Path) -> str:
        handler = partial(_Quiet, directory=str(folder))
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        started.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in started:
        server.shutdown()
        server.server_close()


def _open(browser: Browser, address: str) -> Hosted:
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.set_default_timeout(READY_MS)
    made = Opened(page)
    page.on("console", lambda said: made.complaints.append(said.text))
    page.on("pageerror", lambda error: made.complaints.append(str(error)))
    page.on("request", lambda request: made.asked.append(request.url))
    page.goto(f"{address}/{OCTOBER}/index.html")
    return Hosted(made, address)


@pytest.fixture(scope="module")
def hosted(browser: Browser, site: Path, host: Callable[[Path], str]) -> Iterator[Hosted]:
    made = _open(browser, host(site))
    yield made
    made.page.close()


def test_people_of_every_file_are_explained_as_the_command_explains_them(
    hosted: Hosted, autumn: Path
) -> None:
    with open_snapshots(autumn) as snapshots:
        people = snapshots.rows(
            "select person_id from score where as_of_date = ? "
            "qualify row_number() over (order by person_id) % 3 = 1 or score is null order by 1",
            (OCTOBER,),
        )
        for (person,) in people:
            hosted.look_up(person)
            expected = json.loads(json.dumps(explain(snapshots, person, OCTOBER).as_json()))
            if expected["next_band"]:
                del expected["next_band"]["ways"]  # searched in Python alone
            assert hosted.said() == expected, person
    assert hosted.opened.complaints == []
    outside = [url for url in hosted.opened.asked if hosted.address not in url]
    assert outside == []


def test_what_is_shown_adds_up_to_the_score(hosted: Hosted) -> None:
    hosted.look_up("p5")
    said = hosted.said()
    assert hosted.page.locator("#shown h3").first.text_content() == (
        f"p5: {said['score']} {said['band']}, as of {OCTOBER}"
    )
    if AXE.is_file():
        hosted.page.evaluate(AXE.read_text(encoding="utf-8"))
        assert hosted.page.evaluate(JUDGED, "shown") == []
    totals = hosted.page.locator(".waterfall td:nth-child(5)").all_text_contents()
    assert totals[-1] == str(said["score"])
    assert hosted.page.locator("#shown ol li").count() == len(said["reasons"])
    assert hosted.page.locator(".person tbody .track").count() > len(said["points"])


@pytest.mark.parametrize("person", ["noone", "a'; drop table score; --", "", "\N{GRINNING FACE}"])
def test_an_unknown_person_is_said_to_be_unknown(hosted: Hosted, person: str) -> None:
    hosted.look_up(person)
    assert f"knows no person '{person}'" in hosted.trouble()
    hosted.page.locator("#trouble a").first.click()
    hosted.page.wait_for_selector(JSON, state="attached")


def test_the_page_works_by_keyboard_and_fits_a_narrow_window(hosted: Hosted) -> None:
    page = hosted.page
    hosted.look_up("p10")
    page.set_viewport_size({"width": 400, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.focus("#id")
    page.fill("#id", "p15")
    page.keyboard.press("Enter")
    page.wait_for_selector("#shown h3:has-text('p15: ')")
    assert page.locator("a.date").get_attribute("href") == (
        f"{hosted.address}/2026-09-30/index.html#person=p15"
    )


def test_a_site_that_was_not_copied_whole_says_which_file_is_wrong(
    browser: Browser, site: Path, host: Callable[[Path], str], tmp_path: Path
) -> None:
    broken = tmp_path / "site"
    shutil.copytree(site, broken)
    first, *_, last = sorted((broken / str(OCTOBER) / "people").iterdir())
    first.write_bytes(first.read_bytes()[:-1000])
    last.unlink()
    method = json.loads((broken / str(OCTOBER) / "method.json").read_text(encoding="utf-8"))
    made = _open(browser, host(broken))
    made.look_up(method["first_ids"][0])
    assert f"people/{first.name} is damaged or was cut short" in made.trouble()
    made.look_up(method["first_ids"][-1])
    assert f"people/{last.name} is missing: HTTP 404" in made.trouble()
    made.look_up(method["first_ids"][1])
    assert made.said()["person_id"] == method["first_ids"][1]
    made.page.close()


def test_opened_from_a_file_the_page_says_how_to_serve_it(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.goto((site / str(OCTOBER) / "index.html").as_uri())
    assert "http.server" in page.locator("#trouble").inner_text()
    page.close()
