"""How pages look: one style sheet that every page begins with, and dark or light by choice."""

from plainscore.common.standard import standard_folder

HERE = standard_folder("dashboards/style")


def base_style() -> str:
    """Return the style sheet of every page: light, dark, narrow, wide, print."""
    return (HERE / "base.css").read_text(encoding="utf-8")


def theme_script() -> str:
    """Return the script that lets a reader choose between dark and light."""
    return (HERE / "theme.js").read_text(encoding="utf-8")
