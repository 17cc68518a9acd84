"""What is refused as a whole: files and folders, each with the reason and the mend."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class RefusedFile:
    """A file (or folder) of the landing directory that cannot be ingested as it is.

    ``file`` is the path under landing/; ``arrived`` is None where no arrival day can be read from
    it. It blocks its own (log, arrival day) and nothing else.
    """

    log: str
    file: str
    arrived: date | None
    reason: str
    mend: str

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}; {self.mend}"


class FileRefused(Exception):
    """Raised while a file is read: it is refused as a whole."""

    def __init__(self, reason: str, mend: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.mend = mend
