"""Prose is plain technical English: some words are refused, with a better word next to each."""

import re
import tokenize
from pathlib import Path

import pytest

from tests.style.files import ROOT, name_of, texts

INSTEAD = {
    "told": "reported, printed, said",
    "tells": "reports, shows, says",
    "tell": "report, show, say",
    "anew": "again",
    "mend": "fix",
    "mends": "fixes",
    "mended": "fixed",
    "whom": "who",
    "shall": "must, will",
    "nobody": "no one",
    "wish": "request",
    "wishes": "requests",
}
REFUSED = re.compile(rf"(?<![.\w])({'|'.join(INSTEAD)})\b", re.IGNORECASE)
# Earlier releases are described as they were, and this file names the words.
LEFT_OUT = ("CHANGELOG.md", "LICENSE", "tests/style/test_words.py")


def _prose(path: Path) -> list[tuple[int, str]]:
    """Return the numbered lines of a text; of Python its comments and strings alone."""
    if path.suffix != ".py":
        return list(enumerate(path.read_text(encoding="utf-8").splitlines(), start=1))
    with path.open("rb") as file:
        return [
            (token.start[0] + number, line)
            for token in tokenize.tokenize(file.readline)
            if token.type in (tokenize.COMMENT, tokenize.STRING)
            for number, line in enumerate(token.string.splitlines())
        ]


def _pages() -> list[Path]:
    return [path for path in texts() if name_of(path) not in LEFT_OUT]


def test_no_page_message_or_docstring_uses_a_refused_word() -> None:
    found = [
        f"{name_of(path)}:{number}: {match[0]} (write: {INSTEAD[match[0].lower()]})"
        for path in _pages()
        for number, line in _prose(path)
        for match in REFUSED.finditer(line)
    ]
    assert found == []


@pytest.mark.parametrize("line", ["x = 'we were told'", "# Nobody knows", "def is_told(): ..."])
def test_words_are_looked_for_in_strings_and_comments_alone(tmp_path: Path, line: str) -> None:
    file = tmp_path / "module.py"
    file.write_text(f"{line}\n", encoding="utf-8")
    found = [match[0] for _, text in _prose(file) for match in REFUSED.finditer(text)]
    assert bool(found) == ("def" not in line)


def test_the_list_covers_the_checkout() -> None:
    named = {name_of(path) for path in _pages()}
    assert {"README.md", "plainscore/__init__.py", "flows/prefect.yaml"} <= named
    assert not any(path.is_relative_to(ROOT / ".venv") for path in _pages())
