"""Pages of the site that are elsewhere in the project: a hook of mkdocs adds them."""

import re
from pathlib import Path
from posixpath import normpath, relpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
BESIDE = {
    "README.md": "plainscore.md",
    "queries/README.md": "queries.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
}
_LINK = re.compile(r"\[([^\]]+)\]\(([^)#\s]*)(#[^)\s]*)?\)")
_DRAWING = re.compile(r"^```mermaid\n.*?^```\n", re.MULTILINE | re.DOTALL)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are outside docs/."""
    for source, target in BESIDE.items():
        content = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, target, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Lead links to where pages are on the site; links to files of the project become their names.

    Drawings that would need a script from elsewhere are left out.
    """
    at = page.file.src_uri
    source = next((s for s, t in BESIDE.items() if t == at), f"docs/{at}")

    def led(found: re.Match[str]) -> str:
        text, target, anchor = found[1], found[2], found[3] or ""
        if not target or "://" in target:
            return found[0]
        place = normpath(f"{Path(source).parent.as_posix()}/{target}")
        on_site = (
            BESIDE.get(place) or BESIDE.get(f"{place}/README.md") or place.removeprefix("docs/")
        )
        if files.get_file_from_path(on_site) is None:
            return text if text.startswith("`") else f"{text} (`{place}`)"
        return f"[{text}]({relpath(on_site, Path(at).parent.as_posix())}{anchor})"

    return _LINK.sub(led, _DRAWING.sub("", markdown))
