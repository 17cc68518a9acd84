"""What a card is fitted to: feature values and outcomes, as arrays."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Sample:
    """Rows of people; ``values``: feature -> its values, NaN where missing."""

    values: Mapping[str, Floats]
    is_bad: Flags

    @property
    def good(self) -> int:
        return int(np.count_nonzero(~self.is_bad))

    @property
    def bad(self) -> int:
        return int(np.count_nonzero(self.is_bad))

    def where(self, rows: Flags) -> "Sample":
        """Return the rows that are flagged."""
        return Sample(
            {name: column[rows] for name, column in self.values.items()}, self.is_bad[rows]
        )
