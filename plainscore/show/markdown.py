"""Text from logs and files, made safe for a page that reads Markdown and HTML."""

import html
import re

from plainscore.common.text import printable

_MARKS = re.compile(r"([\\`*_{}\[\]()#+!|~])")


def escaped(text: str) -> str:
    """Return ``text`` as Markdown that shows it and does nothing else."""
    return _MARKS.sub(r"\\\1", html.escape(printable(text)))
