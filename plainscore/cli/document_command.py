"""`plainscore document`: a model card or a datasheet, filled with a snapshot's own figures."""

from pathlib import Path
from typing import Literal


def document(
    name: Literal["model-card", "datasheet"],
    *,
    data: Path = Path("data"),
    write: Path | None = None,
) -> int:
    """Write a document about what is published, with the query behind every figure.

    Parameters
    ----------
    name
        model-card: what the score is for, how good it is, who can game it, whom it leaves behind.
        datasheet: what the logs hold, how they came here, what was refused.
    data
        The data directory.
    write
        A file to write it into; standard output without.
    """
    from plainscore.cli.text_output import print_or_write
    from plainscore.show.documents import fill, read_document
    from plainscore.show.reader import open_snapshots

    with open_snapshots(data) as snapshots:
        text = fill(read_document(name), snapshots)
    print_or_write(text, write)
    return 0
