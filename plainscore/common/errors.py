"""All errors that end a command with a message: one hierarchy, each class with its exit code."""


class PlainscoreError(Exception):
    """An error whose message says what happened, where, and what to do."""

    exit_code = 1


class UsageError(PlainscoreError):
    """The request is invalid: flags, dates, settings, a scorecard or SQL."""

    exit_code = 2


class ChecksRefused(PlainscoreError):
    """A critical check failed, so nothing was published.

    ``in_full``: the message with examples, which name people. Only the person at the terminal
    sees it: str() has no examples, because schedulers and alerts store and forward messages.
    """

    exit_code = 3

    def __init__(self, message: str, in_full: str | None = None) -> None:
        super().__init__(message)
        self.in_full = in_full or message


class Locked(PlainscoreError):
    """Another writer holds the data directory."""

    exit_code = 4


class InputRefused(PlainscoreError):
    """Input is missing, or was refused as a whole."""

    exit_code = 5


class DataFormatError(InputRefused):
    """This version cannot read the format of the data directory."""


class PartlyDone(PlainscoreError):
    """Some of the requested dates are published; a rerun does the rest."""

    exit_code = 6


class LimitPassed(PlainscoreError):
    """The work is done, and a requested limit was exceeded."""

    exit_code = 7


class NothingPublishedError(InputRefused):
    """The data directory has no published snapshot that can be read."""


class DateNotPublishedError(InputRefused):
    """There is no snapshot of the requested date."""


class UnknownPersonError(InputRefused):
    """The snapshot has no person of that id."""


class PublishedFileError(InputRefused):
    """A published file is missing or damaged."""


class PackageMissingError(InputRefused):
    """What a browser needs is missing and cannot be fetched."""


class QuestionError(UsageError):
    """The question has no answer: an invalid date, wrong SQL, or SQL that writes."""
