"""`plainscore gaming`: what it costs to buy points, by attacks tried, planted, or searched for."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from plainscore.cli.limits import NO_LIMITS, Limits
from plainscore.common.errors import InputRefused, UsageError

if TYPE_CHECKING:
    from plainscore.cli.row_output import Format
    from plainscore.contracts.dates import SnapshotDates

Wish = tuple[tuple[str, ...], tuple[str, ...], int, int, bool]
FOUND_COLUMNS = (
    "scorecard", "person_id", "step", "act", "deeds", "cents", "points_gained", "score_after",
    "features",
)  # fmt: skip
TRIED_COLUMNS = (
    "scorecard", "attack", "friend_count", "contact_months", "attacker_count",
    "mean_points_gained", "most_social_points_gained", "loser_count", "friend_points_gained",
    "friend_points_bound", "most_distance_ppm", "distance_bound_ppm", "gate_crosser_count",
    "band_crosser_count", "contacts_per_point", "naive_points_gained",
)  # fmt: skip
TRIED_FOR_PEOPLE = {
    "scorecard": "scorecard",
    "attack": "attack",
    "friends": "friend_count",
    "months": "contact_months",
    "people": "attacker_count",
    "mean gain": "round(mean_points_gained, 2)",
    "most": "most_social_points_gained",
    "losers": "loser_count",
    "of bound": "round(friend_points_gained / friend_points_bound, 2)",
    "farthest of d": "round(most_distance_ppm / distance_bound_ppm, 3)",
    "new gate": "gate_crosser_count",
    "price": "round(contacts_per_point, 1)",
    "naive gain": "round(naive_points_gained / attacker_count, 2)",
}
PLANTED_FOR_PEOPLE = {
    "scorecard": "scorecard",
    "attack": "kind",
    "part": "role",
    "people": "people",
    "scored": "scored_count",
    "gain": "social_points_gained",
    "most": "most_social_points_gained",
    "losers": "loser_count",
    "contacts": "contact_count",
    "new gate": "gate_crosser_count",
    "naive gain": "naive_points_gained",
    "in a ring": "in_ring_count",
}


def gaming(
    *,
    as_of: str = "latest",
    truth: Path | None = None,
    card: Annotated[tuple[str, ...], Parameter(show_default=False)] = (),
    person: Annotated[tuple[str, ...], Parameter(show_default=False)] = (),
    months: Annotated[int, Parameter(validator=Number(gte=1, lte=12))] = 12,
    most_deeds: Annotated[int, Parameter(validator=Number(gte=1))] = 500,
    alone: Annotated[bool, Parameter(negative=())] = False,
    data: Path = Path("data"),
    limits: Limits = NO_LIMITS,
    output_format: Annotated[Literal["table", "json", "csv"], Parameter(name="--format")] = "table",
) -> int:
    """Tell what it costs to buy points: what the snapshot tried, was planted, or can be found.

    Parameters
    ----------
    as_of
        A published date (2026-10-31), a month (2026-10: its last published date), or latest.
    truth
        The labels of an invented world (its landing/_truth): tell what its planted attackers gain
        against the same people without the attacks' ties, and how many of them stand in a ring.
    card
        Look for the cheapest points against these scorecards (names or files, or `naive`: the first
        with a count of good friends instead of the neighbour mean), on copies of real lives.
    person
        Whose lives are played; by default five people from low scores to high.
    months
        How many months back the adversary could begin.
    most_deeds
        How much may be done for one person: contacts, payments, purchases and the like.
    alone
        Print what each act gains alone, instead of the best acts on top of each other.
    data
        The data directory.
    limits
        What the command may take of the machine.
    output_format
        A table for people; json or csv for programs.
    """
    if truth is not None and card:
        raise UsageError("give --truth or --card, one at a time")
    if truth is not None:
        _print_planted(data, _dates(data, as_of), truth, limits, output_format)
    elif card:
        wish = (card, person, months, most_deeds, alone)
        _print_found(data, _dates(data, as_of), wish, limits, output_format)
    else:
        _print_tried(data, as_of, output_format)
    return 0


def _print_tried(data: Path, as_of: str, output_format: "Format") -> None:
    from plainscore.cli.row_output import print_rows
    from plainscore.show.reader import open_snapshots

    told = {name: name for name in TRIED_COLUMNS}
    if output_format == "table":
        told = TRIED_FOR_PEOPLE
    with open_snapshots(data) as snapshots:
        day = snapshots.day(as_of)
        rows = snapshots.rows(
            f"select {', '.join(told.values())} from gaming_all as tried "
            "inner join dim_date as shown using (as_of_date, known_on, run) "
            "where as_of_date = ? order by scorecard_no, attack_no",
            (day,),
        )
    print_rows(list(told), rows, output_format)


def _dates(data: Path, as_of: str) -> "SnapshotDates":
    from plainscore.contracts.dates import SnapshotDates
    from plainscore.show.reader import open_snapshots

    with open_snapshots(data) as snapshots:
        day = snapshots.day(as_of)
        [(known_on,)] = snapshots.rows("select known_on from dim_date where as_of_date = ?", (day,))
    return SnapshotDates(day, known_on)


def _print_planted(
    data: Path,
    dates: "SnapshotDates",
    truth: Path,
    limits: Limits,
    output_format: "Format",
) -> None:
    from dataclasses import fields

    from plainscore.analysis.gaming import built_scores
    from plainscore.analysis.planted import LABELS, PlantedPart, measure_planted
    from plainscore.cli.row_output import print_rows
    from plainscore.settings import read_settings

    missing = [name for name in LABELS if not (truth / name).is_file()]
    if missing:
        raise InputRefused(
            f"{truth} has no {' and no '.join(missing)}: give the landing/_truth of a world that "
            "`plainscore synthesise` wrote"
        )
    with built_scores(data, dates, read_settings(data, **limits.wishes)) as engine:
        rows = measure_planted(engine, truth)
    told = {field.name: field.name for field in fields(PlantedPart)}
    if output_format == "table":
        told = PLANTED_FOR_PEOPLE
    cells = ([getattr(row, name) for name in told.values()] for row in rows)
    print_rows(list(told), cells, output_format)


def _print_found(
    data: Path, dates: "SnapshotDates", wish: Wish, limits: Limits, output_format: "Format"
) -> None:
    from plainscore.analysis.gaming import NAIVE, built_scores, find_cheap_points
    from plainscore.cli.row_output import print_rows
    from plainscore.scorecards.reading import read_scorecards
    from plainscore.settings import read_settings

    cards, people, months, most_deeds, is_alone = wish
    named = tuple(card for card in cards if card != NAIVE) or None
    settings = read_settings(data, scorecards=named, **limits.wishes)
    played = read_scorecards(settings.scorecards)
    with built_scores(data, dates, settings) as engine:
        rows = find_cheap_points(engine, played, people, months, None if is_alone else most_deeds)
    wanted = [row for row in rows if row[0] != NAIVE or NAIVE in cards]
    if named is None:
        wanted = [row for row in wanted if row[0] == NAIVE]
    print_rows(FOUND_COLUMNS, wanted, output_format)
