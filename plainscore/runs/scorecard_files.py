"""Find again the scorecards that a snapshot was made with."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from plainscore.common.errors import InputRefused
from plainscore.scorecards.reading import PACKAGED, find_scorecard, read_scorecard
from plainscore.settings import Settings


def cards_by_hash(hashes: Sequence[str], settings: Settings) -> tuple[str, ...]:
    """Return the paths of the scorecards with some hashes, among the packaged and the set ones.

    Raises InputRefused where one is no longer there, UsageError where one that is set cannot be
    read.
    """
    known = {read_scorecard(path).hash: str(path) for path in _card_files(settings)}
    missing = [one for one in hashes if one not in known]
    if missing:
        raise InputRefused(
            f"the scorecard it was made with is not there any more (hash {missing[0][:12]}...): "
            "add it to the setting scorecards"
        )
    return tuple(known[one] for one in hashes)


def _card_files(settings: Settings) -> Iterator[Path]:
    yield from sorted(PACKAGED.glob("*.toml"))
    for name in settings.scorecards:
        yield find_scorecard(name)
