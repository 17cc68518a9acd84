"""`plainscore dictionary`: every table and column, from the contracts."""

from pathlib import Path


def dictionary(*, write: Path | None = None) -> int:
    """Print the data dictionary as Markdown, or write it to a file.

    Parameters
    ----------
    write
        The file to write, such as docs/tables.md; its directory must exist.
    """
    from plainscore.cli.text_output import print_or_write
    from plainscore.contracts.catalog import load_catalog
    from plainscore.contracts.dictionary import dictionary as describe
    from plainscore.scorecards.reading import read_scorecards

    # The packaged cards, whatever the settings say: the file describes the project, not one run.
    text = describe(load_catalog(read_scorecards(("standard", "reported_b"))))
    print_or_write(text, write)
    return 0
