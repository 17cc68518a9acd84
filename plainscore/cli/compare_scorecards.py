"""`plainscore compare --scorecards`: what another scorecard would change, on the terminal."""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from plainscore.show.changes import BandMove, BenefitMove, ScorecardComparison

MOVE_COLUMNS = ("attribute", "group", "people", "up", "down", "moved %")
BENEFIT_COLUMNS = ("benefit", "gain", "lose")


def print_comparison(
    data: Path, day: str, cards: tuple[str, str], output_format: Literal["table", "json", "csv"]
) -> None:
    """Print what the second of two scorecards would change on a published day."""
    from plainscore.cli.row_output import json_value, print_rows
    from plainscore.show.changes import BandMove, compare_scorecards
    from plainscore.show.reader import open_snapshots

    with open_snapshots(data) as snapshots:
        told = compare_scorecards(snapshots, snapshots.day(day), *cards)
    if output_format == "json":
        text = json.dumps(json_value(asdict(told)), ensure_ascii=sys.stdout.isatty(), indent=1)
        print(text)
    elif output_format == "csv":
        rows = [asdict(one) for one in told.bands]
        columns = [field.name for field in fields(BandMove)]
        print_rows(columns, [tuple(row.values()) for row in rows], "csv")
    else:
        _print_tables(told)


def _print_tables(told: "ScorecardComparison") -> None:
    from plainscore.cli.row_output import print_rows
    from plainscore.common.text import printable

    print(
        printable(f"{told.first} -> {told.second}   as of {told.as_of_date}, ")
        + f"known on {told.known_on}"
    )
    everyone = [one for one in told.bands if one.attribute == "everyone"]
    bands = list(dict.fromkeys(m.band_to for m in sorted(everyone, key=lambda m: m.band_no_to)))
    print("\nBands: rows on the first scorecard, columns on the second")
    print_rows(("", *bands), _matrix(everyone, bands), "table")
    print("\nWho moves band, by group")
    print_rows(MOVE_COLUMNS, _moves(told.bands), "table")
    print("\nWho gains or loses a benefit")
    print_rows(BENEFIT_COLUMNS, _benefits(told.benefits), "table")


def _matrix(moves: Sequence["BandMove"], bands: Sequence[str]) -> list[tuple[Any, ...]]:
    rows = []
    for band, of_band in groupby(moves, key=lambda one: one.band_from):
        people = {one.band_to: one.people for one in of_band}
        rows.append((band, *(people.get(name, 0) for name in bands)))
    return rows


def _moves(moves: Iterable["BandMove"]) -> list[tuple[Any, ...]]:
    rows = []
    for group, of_group in groupby(moves, key=lambda one: (one.attribute, one.group_name)):
        own = list(of_group)
        people = sum(one.people for one in own)
        up = sum(one.people for one in own if one.is_up)
        down = sum(one.people for one in own if not one.is_up and one.band_from != one.band_to)
        rows.append((*group, people, up, down, round(100 * (up + down) / people, 1)))
    return rows


def _benefits(moves: Iterable["BenefitMove"]) -> list[tuple[Any, ...]]:
    return [
        (one.benefit, one.gained_count, one.lost_count)
        for one in moves
        if one.attribute == "everyone"
    ]
