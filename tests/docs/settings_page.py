"""docs/reference/settings.md: every setting, as `plainscore init` writes them.

`python -m tests.docs.settings_page` writes the page again.
"""

from plainscore.init import settings_text
from tests.docs.pages import CHECKOUT

PAGE = CHECKOUT / "docs" / "reference" / "settings.md"
_START, _END = "```toml\n", "```\n"


def with_settings(page: str) -> str:
    """Return the page with today's settings between its fences."""
    before, _, rest = page.partition(_START)
    _, _, after = rest.partition(_END)
    return f"{before}{_START}{settings_text({})}{_END}{after}"


if __name__ == "__main__":
    PAGE.write_text(with_settings(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
