"""`plainscore verify`: hash every published file again."""

import json
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

BROKEN = 1


def verify(
    *,
    data: Path = Path("data"),
    rebuild_catalog: bool = False,
    output_format: Annotated[Literal["table", "json"], Parameter(name="--format")] = "table",
) -> int:
    """Hash every published file and table again, and hold them against their manifests.

    Exit code 1 says that something is not as it was published; each problem is named.
    Exit code 5 says that nothing is published.

    Parameters
    ----------
    data
        The data directory.
    rebuild_catalog
        First make plainscore.duckdb anew from what is published, as after a move of DATA.
    output_format
        How the outcome is printed.
    """
    from dashboards.errors import NothingPublishedError
    from dashboards.plain_text import printable
    from flows.publish import catalog
    from flows.publish.runs import published_runs
    from flows.publish.verification import verify as find_problems

    if rebuild_catalog:
        from flows.lock import writer_lock

        with writer_lock(data, "rebuild the catalog"):
            catalog.rebuild_catalog(data)
    problems = find_problems(data)
    run_count = len(published_runs(data))
    if not run_count and not problems:
        raise NothingPublishedError(f"nothing is published in {data}: there is nothing to verify")
    if output_format == "json":
        print(json.dumps({"runs": run_count, "problems": problems}))
    else:
        for problem in problems:
            print(printable(problem))
        print(f"{run_count} published runs, {len(problems)} problems")
    return BROKEN if problems else 0
