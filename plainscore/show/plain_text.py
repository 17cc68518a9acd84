"""Old name of plainscore.common.text, for branches that are still under way."""

from plainscore.common.text import printable

__all__ = ["printable"]
