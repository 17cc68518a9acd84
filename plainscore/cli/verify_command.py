"""`plainscore verify`: hash every published file again, or check one person's proof."""

import json
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

BROKEN = 1


def verify(
    *,
    data: Path = Path("data"),
    rebuild_catalog: bool = False,
    proof: Path | None = None,
    root: str | None = None,
    output_format: Annotated[Literal["table", "json"], Parameter(name="--format")] = "table",
) -> int:
    """Hash every published file, table and root again, and hold them against their manifests.

    With --proof, check one person's proof instead, as `explain --proof` prints it: rows, leaf,
    siblings and root are computed again, the points must sum to the score, and the root is held
    against --root, against the manifest in DATA, or both.

    Exit code 1 says that something is not as it was published, or that a proof is wrong; each
    problem is named. Exit code 5 says that there is nothing to verify, or no root to hold a
    proof against.

    Parameters
    ----------
    data
        The data directory; not needed to check a proof against --root.
    rebuild_catalog
        First make plainscore.duckdb anew from what is published, as after a move of DATA.
    proof
        A file with a proof.
    root
        The root (64 hexadecimal digits) that the proof must lead to.
    output_format
        How the outcome is printed.
    """
    from plainscore.common.errors import UsageError

    if proof is not None:
        from plainscore.cli.proof_outcome import check_and_print

        return check_and_print(proof, root, data, output_format)
    if root is not None:
        raise UsageError("--root is what a proof leads to: give the proof's file with --proof")
    return _verify_all(data, rebuild_catalog, output_format)


def _verify_all(data: Path, rebuild_catalog: bool, output_format: str) -> int:
    from plainscore.common.errors import NothingPublishedError
    from plainscore.common.text import printable
    from plainscore.publish import catalog
    from plainscore.publish.runs import published_runs
    from plainscore.publish.verification import verify as find_problems

    if rebuild_catalog:
        from plainscore.common.lock import writer_lock

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
