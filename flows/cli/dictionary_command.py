"""`plainscore dictionary`: every table and column, from the contracts."""

import sys
from pathlib import Path


def dictionary(*, write: Path | None = None) -> int:
    """Print the data dictionary as Markdown, or write it to a file.

    Parameters
    ----------
    write
        The file to write, such as docs/tables.md; its directory must exist.
    """
    from transforms.dictionary import dictionary as describe
    from transforms.errors import UsageError
    from transforms.house import build_catalog
    from transforms.scorecard.reading import read_scorecards

    # The packaged cards, whatever the settings say: the file describes the project, not one run.
    text = describe(build_catalog(read_scorecards(("standard", "reported_b"))))
    if write is None:
        print(text, end="")
        return 0
    try:
        write.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--write {write}: {error.strerror}") from error
    print(f"wrote {write}", file=sys.stderr)
    return 0
