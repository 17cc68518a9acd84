"""A published file that is gone or damaged, told so that somebody can act."""

import re

import duckdb

from plainscore.show.errors import PublishedFileError

_SNAPSHOT = re.compile(r"""["'](/.*/snapshots/as_of_date=.*\.parquet)["']""")
_EVENTS = re.compile(r"""["'](/.*/events/.*\.parquet)["']""")


def file_error(error: duckdb.Error) -> PublishedFileError | None:
    """Return what to tell where DuckDB could not read a file behind a view; else None."""
    text = str(error)
    state = "is gone" if text.startswith("IO Error: No files found") else "cannot be read"
    if found := _SNAPSHOT.search(text):
        mend = "restore it, or remove its run= folder and publish the date again (plainscore run)"
    elif found := _EVENTS.search(text):
        mend = "restore it: the view quarantine reads it where the event store keeps it"
    else:
        return None
    return PublishedFileError(
        f"{found[1]} {state}: {mend}; `plainscore verify` looks for more of them"
    )
