"""How pages look: one style sheet that every page begins with."""

from pathlib import Path


def base_style() -> str:
    """Return the style sheet of every page: light, dark, narrow, wide, print."""
    return Path(__file__).with_name("base.css").read_text(encoding="utf-8")
