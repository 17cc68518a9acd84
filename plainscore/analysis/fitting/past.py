"""A past snapshot as arrays: everyone it scored, their values, ties, and what became of them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from plainscore.analysis.fitting.samples import Flags, Floats, Ints, Sample

HELD_OUT_OF_TEN = 3
"""Three people of ten are kept out of the fit, to judge the card by."""


@dataclass(frozen=True)
class Ties:
    """Scored friends with two-way contact: places of person and friend, and months of contact."""

    person: Ints
    friend: Ints
    months: Ints


@dataclass(frozen=True)
class PastSnapshot:
    """Everyone scored on a date, by person_id. ``values`` has every feature that has bins;
    ``is_known``: who has an outcome."""

    as_of_date: date
    person_ids: tuple[str, ...]
    values: Mapping[str, Floats]
    ties: Ties
    is_known: Flags
    is_bad: Flags

    @property
    def held_out(self) -> Flags:
        """Whom no fit sees: by a hash of the person_id alone, so the same people on every date."""
        return np.array([_drawn(person_id) for person_id in self.person_ids], dtype=np.bool_)

    def sample(self, rows: Flags) -> Sample:
        """Return the flagged people as rows to fit to."""
        return Sample(self.values, self.is_bad).where(rows)


def pooled(samples: list[Sample]) -> Sample:
    """Return the rows of several samples, one after the other."""
    return Sample(
        {name: np.concatenate([one.values[name] for one in samples]) for name in samples[0].values},
        np.concatenate([one.is_bad for one in samples]),
    )


def _drawn(person_id: str) -> bool:
    digest = hashlib.sha256(b"held out of a fit\n" + person_id.encode()).digest()
    return int.from_bytes(digest[:8], "big") % 10 < HELD_OUT_OF_TEN
