"""Two scorecards on the same people: who moves band, who gains or loses which benefit, by group."""

from dataclasses import dataclass
from datetime import date

from plainscore.common.text import printable
from plainscore.show.errors import QuestionError
from plainscore.show.snapshots import Snapshots


@dataclass(frozen=True)
class BandMove:
    """How many of a group stand in one band on the first scorecard and in another on the second."""

    attribute: str
    group_name: str
    band_from: str
    band_to: str
    band_no_to: int
    is_up: bool
    people: int


@dataclass(frozen=True)
class BenefitMove:
    """How many of a group would gain or lose a benefit with the second scorecard."""

    attribute: str
    group_name: str
    benefit: str
    people: int
    gained_count: int
    lost_count: int


@dataclass(frozen=True)
class ScorecardComparison:
    """What the second scorecard would change for those whom the first scores.

    ``bands`` holds those who stay in their band too, the lowest band first.
    """

    as_of_date: date
    known_on: date
    first: str
    second: str
    bands: tuple[BandMove, ...]
    benefits: tuple[BenefitMove, ...]


def compare_scorecards(
    snapshots: Snapshots, day: date, first: str, second: str
) -> ScorecardComparison:
    """Compare two scorecards of a published day, one of them its champion.

    Raises QuestionError where that day has no such scorecards, or neither is its champion.
    """
    cards = snapshots.records("from card where as_of_date = ? order by scorecard_no", (day,))
    names = [card["scorecard"] for card in cards]
    for wanted in (first, second):
        if wanted not in names:
            raise QuestionError(
                f"the snapshot as of {day} has no scorecard '{printable(wanted)}', only "
                f"{printable(', '.join(names))}: `plainscore run --as-of {day}` with a "
                "--scorecard for each publishes it with others"
            )
    if first == second or names[0] not in (first, second):
        raise QuestionError(
            f"name two scorecards, one of them the champion: that is {printable(names[0])} as of "
            f"{day}"
        )
    is_forward = first == names[0]
    asked = (day, second if is_forward else first)
    ends = ("champion", "challenger") if is_forward else ("challenger", "champion")
    return ScorecardComparison(
        as_of_date=day,
        known_on=cards[0]["known_on"],
        first=first,
        second=second,
        bands=tuple(BandMove(*row) for row in snapshots.rows(_bands(*ends), asked)),
        benefits=tuple(BenefitMove(*row) for row in snapshots.rows(_benefits(is_forward), asked)),
    )


def _bands(first: str, second: str) -> str:
    return (
        f"select attribute, group_name, {first}_band, {second}_band, {second}_band_no, "
        f"{second}_band_no > {first}_band_no, people from band_move "
        "where as_of_date = ? and challenger = ? "
        f"order by attribute <> 'everyone', attribute, group_name, {first}_band_no, "
        f"{second}_band_no"
    )


def _benefits(is_forward: bool) -> str:
    counts = "gained_count, lost_count" if is_forward else "lost_count, gained_count"
    return (
        f"select attribute, group_name, benefit, people, {counts} from benefit_move "
        "where as_of_date = ? and challenger = ? "
        "order by attribute <> 'everyone', attribute, group_name, benefit"
    )
