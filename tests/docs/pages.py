"""What the documents show: commands, SQL, paths, views, as they stand on the page."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
COMMAND = "plainscore"
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEREDOC = re.compile(r"<<'(\w+)'$")


@dataclass(frozen=True)
class Shown:
    """A command as a page shows it, and the output under it (empty where none is shown)."""

    page: str
    command: str
    output: str = ""


def page_text(name: str) -> str:
    """Return the text of a page of the checkout."""
    return (CHECKOUT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    """Return the fenced blocks of one language."""
    return _blocks_of(page_text(name), language)


def _blocks_of(text: str, language: str) -> list[str]:
    return [block for found, block in _FENCED.findall(text) if found == language]


def inline_code(name: str) -> list[str]:
    """Return everything between single backticks, fenced blocks left out."""
    return _INLINE.findall(_FENCED.sub("", page_text(name)))


def links(name: str) -> list[str]:
    """Return the targets of links within the checkout, anchors included."""
    return [target for target in _LINK.findall(page_text(name)) if "://" not in target]


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def shell_lines(block: str) -> Iterator[str]:
    """Yield the command lines of a shell block; here-documents are no commands."""
    end = ""
    for line in block.splitlines():
        if end:
            end = "" if line == end else end
            continue
        if found := _HEREDOC.search(line):
            end = found.group(1)
        yield line


def sessions(name: str) -> list[Shown]:
    """Return the commands of ``console`` blocks with the output that the page shows.

    A command goes on in lines that begin with ``> ``, as a shell shows it.
    """
    return _sessions_of(name, page_text(name))


def sessions_by_section(name: str) -> dict[str, list[Shown]]:
    """Return the sessions below each heading of the third level that has any."""
    parts = re.split(r"^### (.*)$", page_text(name), flags=re.MULTILINE)[1:]
    texts = zip(parts[::2], parts[1::2], strict=True)
    found = {title: _sessions_of(name, text) for title, text in texts}
    return {title: shown for title, shown in found.items() if shown}


def _sessions_of(name: str, text: str) -> list[Shown]:
    found = []
    for block in _blocks_of(text, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            first, *rest = part.splitlines()
            more = list(takewhile(lambda line: line.startswith("> "), rest))
            command = "\n".join([first, *(line.removeprefix("> ") for line in more)])
            found.append(Shown(name, command, "\n".join(rest[len(more) :])))
    return found


def commands(name: str) -> list[Shown]:
    """Return every line of the page's blocks that runs plainscore."""
    lines = [line for block in blocks(name, "sh") for line in shell_lines(block)]
    lines += [session.command for session in sessions(name)]
    bare = (line.removeprefix(".venv/bin/") for line in lines)
    return [Shown(name, line) for line in bare if line.startswith(f"{COMMAND} ")]


def words(command: str) -> list[str]:
    """Return the arguments of a plainscore command line, up to a pipe."""
    return shlex.split(command.partition(" | head ")[0], comments=True)[1:]


def table_rows(name: str, first_title: str) -> list[list[str]]:
    """Return the cells of every row of the tables whose first column has this title."""
    rows: list[list[str]] = []
    is_inside = False
    for line in page_text(name).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            is_inside = False
        elif cells[0] == first_title:
            is_inside = True
        elif is_inside and not set(cells[0]) <= {"-", " "}:
            rows.append(cells)
    return rows
