"""What can go wrong, told to the person who must act.

Every error of ours carries the exit code its kind ends the command with, so the
command line needs no table of exceptions.
"""


class PlainscoreError(Exception):
    """An error whose message says what happened, where, and what to do."""

    exit_code = 1


class UsageError(PlainscoreError):
    """The command was asked for something that cannot be meant."""

    exit_code = 2


class ChecksRefused(PlainscoreError):
    """A critical check failed, so nothing was published.

    ``in_full``: the message with examples, which name people. It is for the person who asked:
    str() has none, because schedulers and alerts keep messages and hand them on.
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


class PartlyDone(PlainscoreError):
    """Some of the asked-for dates are done; a rerun resumes with the rest."""

    exit_code = 6


class LimitPassed(PlainscoreError):
    """What was asked for is done, and a limit that was asked for is passed."""

    exit_code = 7
