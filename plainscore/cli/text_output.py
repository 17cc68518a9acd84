"""A whole text on standard output, or in the file that was asked for."""

import sys
from pathlib import Path

from plainscore.common.errors import UsageError


def print_or_write(text: str, file: Path | None) -> None:
    """Print a text, or write it to a file and say so; UsageError where it cannot be written."""
    if file is None:
        print(text, end="")
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--write {file}: {error.strerror}") from error
    print(f"wrote {file}", file=sys.stderr)
