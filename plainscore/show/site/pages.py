"""The pages of a site: one that leads to every date, and for each date one that looks people up."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from plainscore.common.standard import standard_folder
from plainscore.show.report.page import page_style, person_script
from plainscore.show.site.engine import packages
from plainscore.show.site.method import some_people
from plainscore.show.snapshots import Snapshots
from plainscore.show.style import theme_script

HERE = standard_folder("dashboards/site")

# The engine names its only import without an address; this says where that is.
_IMPORTS = json.dumps({"imports": {"apache-arrow": "../script/arrow.js"}})


def front_page(snapshots: Snapshots, days: Sequence[date], is_invented: bool) -> str:
    """Return the page that leads to the pages of each date, the newest first."""
    runs = snapshots.records(
        "from run where is_shown and as_of_date in (select unnest($days)) order by as_of_date desc",
        {"days": list(days)},
    )
    return _filled("front.html", runs=runs, is_invented=is_invented, packages=packages())


def lookup_page(snapshots: Snapshots, day: date, days: Sequence[date], is_invented: bool) -> str:
    """Return the page on which a browser looks up anybody of a published day."""
    return _filled(
        "lookup.html",
        day=day,
        days=days,
        run=snapshots.records("from run where as_of_date = ? and is_shown", (day,))[0],
        people=some_people(snapshots, day),
        is_invented=is_invented,
        imports=_IMPORTS,
        imports_digest=base64.b64encode(hashlib.sha256(_IMPORTS.encode()).digest()).decode(),
    )


def site_style() -> str:
    """Return the style sheet of both."""
    return page_style() + (HERE / "site.css").read_text(encoding="utf-8")


def site_scripts() -> Mapping[str, str]:
    """Return the scripts of the site: file name -> text."""
    own = {file.name: file.read_text(encoding="utf-8") for file in (HERE / "script").glob("*.js")}
    return {**own, "theme.js": theme_script(), "person.js": person_script()}


def _filled(name: str, **values: Any) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name).render(**values)
