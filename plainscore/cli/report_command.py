"""`plainscore report`: one page that tells a snapshot to people who look rather than query."""

from pathlib import Path


def report(*, as_of: str = "latest", out: Path | None = None, data: Path = Path("data")) -> int:
    """Write the report of a published date: one HTML file that needs no network and no other file.

    A run writes it too, unless the setting ``report`` is false. It tells what is published when it
    is made: what `compare`, `drift` and `evaluate` have computed by then is in it.

    Parameters
    ----------
    as_of
        A published date, a month, or latest.
    out
        Write it here; DATA/reports/DATE.html by default.
    data
        The data directory.
    """
    from contextlib import nullcontext

    from plainscore.common.errors import UsageError
    from plainscore.common.files import translating_write_errors
    from plainscore.common.lock import writer_lock
    from plainscore.contracts.catalog import load_catalog
    from plainscore.publish.retention import publish_report, report_file
    from plainscore.runs.report import make_report
    from plainscore.scorecards.reading import read_scorecards
    from plainscore.settings import read_settings
    from plainscore.show.reader import open_snapshots

    if out is not None and (out.is_dir() or not out.resolve().parent.is_dir()):
        raise UsageError(f"--out {out}: name a file in a directory that is there")
    catalog = load_catalog(read_scorecards(read_settings(data).scorecards))
    with open_snapshots(data) as snapshots:
        day = snapshots.day(as_of)
    file = report_file(data, day) if out is None else out.resolve()
    # Made under the lock too: the report of a run that ends meanwhile would be newer than ours.
    with writer_lock(data, "report") if out is None else nullcontext():
        _, page = make_report(data, str(day), catalog)
        with translating_write_errors(file.parent):
            publish_report(page, file)
    print(file)
    return 0
