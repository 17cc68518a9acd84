"""What can go wrong for someone who only looks; each error carries the command's exit code."""


class ReadingError(Exception):
    """An error whose message says what is missing, and what there is instead."""

    exit_code = 5


class NothingPublishedError(ReadingError):
    """The data directory holds no published snapshot that can be read."""


class DateNotPublishedError(ReadingError):
    """There is no snapshot of the date that was asked for."""


class UnknownPersonError(ReadingError):
    """The snapshot knows nobody of that id."""


class PublishedFileError(ReadingError):
    """A file that was published is gone, or is no longer what it was."""


class EngineMissingError(ReadingError):
    """What a browser needs to look people up is not here and cannot be fetched."""


class QuestionError(ReadingError):
    """What was asked cannot be answered: a date that is none, SQL that is wrong or writes."""

    exit_code = 2
