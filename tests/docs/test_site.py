"""The site is built of the same pages, without a network, and every link in it leads somewhere."""

import re
import subprocess
import sys
from pathlib import Path

from tests.docs.pages import CHECKOUT
from tests.docs.settings_page import PAGE, with_settings

SITE = CHECKOUT / "docs" / "site" / "mkdocs.yml"


def test_the_site_is_built_of_every_page_and_fetches_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    command += ["--config-file", str(SITE), "--site-dir", str(tmp_path)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    pages = {page.relative_to(CHECKOUT / "docs") for page in (CHECKOUT / "docs").rglob("*.md")}
    built_as = {page: page.with_suffix(".html") for page in pages}
    built_as[Path("README.md")] = Path("index.html")
    missing = [page for page, made in built_as.items() if not (tmp_path / made).is_file()]
    assert missing == []
    for page in tmp_path.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert re.findall(r"""(?:src|<link[^>]* href)=["']?(?:https?:)?//""", text) == [], page.name


def test_the_settings_page_is_the_settings() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_settings(page) == page
