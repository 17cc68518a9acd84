"""Units of several formats that are judged together, so that a small one costs little.

What a unit costs apart from its rows is that of some ten thousand rows; where files of two formats
take turns in a log, its units are smaller than that.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from plainscore.logs.refusals import FileRefused
from plainscore.logs.units import ParsedUnit, Unit, fullness, parse_unit

Bundle = list[Unit]


@dataclass(frozen=True)
class ParsedBundle:
    """What the units of a bundle hold, in their order; see ``ParsedUnit``."""

    parts: list[ParsedUnit]
    rows: pl.DataFrame
    refused: pl.DataFrame

    @property
    def unknown(self) -> list[tuple[int, str]]:
        """The (file_no, name) of keys that no log knows."""
        return [name for part in self.parts for name in part.unknown]

    @property
    def damaged(self) -> dict[int, FileRefused]:
        """The files that cannot be read to their end."""
        return {file_no: why for part in self.parts for file_no, why in part.damaged.items()}

    def raw_of(self, places: pl.DataFrame) -> pl.DataFrame:
        """Return the masked text, ``raw``, of the rows at some ``file_no`` and ``line``."""
        return pl.concat([part.raw_of(places) for part in self.parts])


def in_bundles(units: Iterable[Unit]) -> Iterator[Bundle]:
    """Put units together, in their order, as long as they are no more than one full unit."""
    bundle: Bundle = []
    for unit in units:
        if bundle and sum(map(fullness, bundle)) + fullness(unit) > 1:
            yield bundle
            bundle = []
        bundle.append(unit)
    if bundle:
        yield bundle


def parse_bundle(bundle: Bundle, arrivals: Mapping[int, date]) -> ParsedBundle:
    """Parse every unit of a bundle; ``arrivals`` gives the files' arrival days."""
    parts = [parse_unit(unit, arrivals) for unit in bundle]
    # In one piece, for the reason given in parse_unit.
    rows = pl.concat([part.rows for part in parts], rechunk=len(parts) > 1)
    return ParsedBundle(parts, rows, pl.concat([part.refused for part in parts]))
