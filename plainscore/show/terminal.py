"""A person, a change and a comparison in the terminal, as tables that rich prints.

Nothing in them is markup, whatever ids people have.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from plainscore.common.text import printable
from plainscore.scorecards.person import PersonOnCard
from plainscore.show.changes import TITLES
from plainscore.show.reader import Row

BAR_WIDTH = 30
Parts = Iterator[RenderableType]


def _table(*titles: str, text_columns: int = 1, rows: Iterable[Iterable[Any]] = ()) -> Table:
    """Return a table; its first columns are texts, the others numbers."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for place, title in enumerate(titles):
        table.add_column(title, justify="left" if place < text_columns else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table


# --- a person -------------------------------------------------------------------------------------


def waterfall(person: PersonOnCard) -> Parts:
    """Yield an explanation: from the base, factor by factor, to the score; reasons; next band."""
    card, rule = person.card, person.not_scored
    what = "not scored" if person.score is None else f"{person.score} {person.band}"
    yield Text.assemble(
        (f"{printable(person.person_id)}: {what}", "bold"),
        f"   as of {card.as_of_date}, known on {card.known_on}, scorecard {card.scorecard}",
    )
    if rule is None:
        yield from ("", _waterfall_table(person), "")
        heading = "Where most points were lost" if person.reasons else "No feature lost a point."
        yield Text(heading, style="bold" if person.reasons else "")
        for row in person.reasons:
            yield f"  {row['rank']}. -{row['points_lost']} {row['reason']} ({row['code']})"
            yield Text(f"     {row['what_to_do']}", style="dim")
    else:
        yield f"{rule['code']}: {rule['reason']}"
        yield Text(f"What to do: {rule['what_to_do']}", style="dim")
    if (upward := person.next_band()) is not None:
        first, *lines = next_band_lines(upward)
        yield ""
        yield Text(first, style="bold")
        yield from (f"  {line}" for line in lines)


def next_band_lines(upward: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of `PersonOnCard.next_band`: the gap, and each way with its acts."""
    points = "point" if upward["points_missing"] == 1 else "points"
    yield f"{upward['points_missing']} {points} to {upward['band']} (from {upward['at_least']})"
    if not upward["ways"]:
        yield "no act or wait that the method knows leads there, all else equal"
    for way in upward["ways"]:
        when = "at once" if way["days"] == 0 else f"within {way['days']:,} days"
        acts = len(way["acts"])
        count = {0: "by waiting alone", 1: "one act"}.get(acts, f"{acts} acts")
        yield f"{when}, {count}: {way['score_then']}"
        for kind, shown in (("acts", ": {act}"), ("waiting", " by waiting ({act})")):
            for step in way[kind]:
                what = f"  +{step['points_gained']:<3} {step['feature']} {step['goal']}"
                yield what + shown.format(act=step["act"])


def _waterfall_table(person: PersonOnCard) -> Table:
    table = _table("", "value", "points", "of", "total", "")
    table.columns[-1].justify = "left"
    base, most = person.card.base, sum(one.max_points for one in person.card.features)

    def cells(row: Row) -> tuple[str, str, str, str]:
        """Return points, most points, total, and a bar up to it, on a scale of all points."""
        right, gained = row["total"] - base, row["points"]
        left, end = (round(BAR_WIDTH * points / most) for points in (right - gained, right))
        bar = " " * left + "█" * max(end - left, 1 if gained else 0)
        return f"+{gained}", str(row["max_points"]), str(row["total"]), bar

    table.add_row("base", "", "", "", str(base), "")
    for factor, of_factor in groupby(person.point_rows(), key=lambda row: row["factor"]):
        rows = list(of_factor)
        sums = {name: sum(row[name] for row in rows) for name in ("points", "max_points")}
        table.add_row(factor.replace("_", " "), "", *cells({**rows[-1], **sums}), style="bold")
        for row in rows:
            value, (*numbers, bar) = row["value"], cells(row)
            shown = _shown(value) if value is None else f"{_shown(value)} {row['unit']}"
            if person.card.feature(row["feature"]).is_never(value):
                shown = "never"
            table.add_row(f"  {row['feature']}", shown, *numbers, Text(bar, style="dim"))
    table.add_row("score", "", "", "", str(person.score), "", style="bold")
    return table


def _shown(value: float | int | None) -> str:
    if value is None:
        return "missing"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


# --- why a score changed --------------------------------------------------------------------------


def why_table(why: Row) -> Parts:
    """Yield what `changes.why` returns as tables and sentences."""
    ends = ["not scored" if why[name] is None else str(why[name]) for name in _SCORES]
    change = "" if why["score_change"] is None else f" ({_signed(why['score_change'])})"
    yield Text.assemble(
        (f"{printable(why['person_id'])}: {ends[0]} to {ends[1]}{change}", "bold"),
        f"   from {why['before']} to {why['after']}",
    )
    if why["score_change"] is not None:
        yield ""
        yield from _moved_features(why)
        yield ""
        yield from _cause_lines(why)
    before, after = (_status(why[name]) for name in ("status_before", "status_after"))
    if why["status_cause"] is not None:
        yield f"{before} before, {after} after: by {TITLES[why['status_cause']]}"
    elif why["score_change"] is None:
        yield f"{after} in both: there is no score to change"
    if why["is_carried"]:
        yield "not scored somewhere on the way: that part is counted with the next"
    yield from _notes(why)


_SCORES = ("score_before", "score_after")


def _moved_features(why: Row) -> Parts:
    table = _table("", "value", "before", *TITLES.values(), "after")
    moved = [one for one in why["features"] if any(one["causes"].values())]
    for one in moved:
        values = dict.fromkeys(_shown(_whole(one[n])) for n in ("value_before", "value_after"))
        causes = (_signed(points) if points else "" for points in one["causes"].values())
        before, after = str(one["points_before"]), str(one["points_after"])
        table.add_row(one["feature"], " -> ".join(values), before, *causes, after)
    friends, points = (
        [_signed(part[name]) for part in why["causes"].values()] for name in ("friends", "points")
    )
    table.add_row("  of it friends", "", "", *friends, "", style="dim")
    before, after = (str(why[name]) for name in _SCORES)
    table.add_row("score", "", before, *points, after, style="bold")
    yield table
    if count := len(why["features"]) - len(moved):
        yield Text(f"{count} more in value alone: --format csv shows them", style="dim")


def _whole(value: float | None) -> float | int | None:
    return int(value) if value is not None and value == int(value) else value


def _cause_lines(why: Row) -> Iterator[str]:
    for cause, part in why["causes"].items():
        if not part["points"] and not any(one["causes"][cause] for one in why["features"]):
            yield f"  {TITLES[cause]}: 0 points"
            continue
        friends = f", {_signed(part['friends'])} of it through friends" if part["friends"] else ""
        points = "point" if abs(part["points"]) == 1 else "points"
        moved = f"{_signed(part['points'])} {points}{friends}"
        yield f"  {TITLES[cause]}: {moved}; {_meaning(cause, why)}"


# --- everyone -------------------------------------------------------------------------------------


def comparison_table(found: Row) -> Parts:
    """Yield what `changes.compare` returns as tables."""
    both = f"{found['scored_in_both']:,} scored in both"
    far = f"{found['mean_absolute_points']:.2f} points up or down on average"
    yield Text(f"from {found['before']} to {found['after']}", style="bold")
    yield f"{found['people']:,} people: {found['moved']:,} of the {both} have another score ({far})"
    yield ""
    yield _causes(found)
    bands = [(printable(one), printable(two), f"{n:,}") for one, two, n in found["band_moves"]]
    statuses = [
        (_status(printable(one)), _status(printable(two)), TITLES[cause], f"{people:,}")
        for one, two, cause, people in found["status_changes"]
    ]
    largest = [
        (printable(person), str(before), str(after), *map(_signed, changes))
        for person, before, after, *changes in found["largest"]
    ]
    for table in (
        _table("from band", "to band", "people", text_columns=2, rows=bands),
        _table("status before", "status after", "by", "people", text_columns=3, rows=statuses),
        _table("largest changes", "before", "after", "change", *TITLES.values(), rows=largest),
    ):
        if table.row_count:
            yield from ("", table)
    if found["carried"]:
        yield (
            f"{found['carried']:,} people are not scored somewhere on the way: "
            "that cause's part is counted with the next"
        )
    yield from _notes(found)


def _causes(found: Row) -> Table:
    table = _table(
        "cause", "people moved", "mean", "mean up or down", "of it friends", "what it is"
    )
    table.columns[-1].justify = "left"
    count = max(found["scored_in_both"], 1)
    friends = sum(one["friends"] for one in found["causes"].values())
    for cause, one in {**found["causes"], "together": found | {"friends": friends}}.items():
        mean, far, of_friends = (one[n] / count for n in ("points", "absolute_points", "friends"))
        cells = (f"{one['moved']:,}", f"{mean:+.2f}", f"{far:.2f}", f"{of_friends:+.2f}")
        if cause == "together":
            table.add_row(cause, *cells, style="bold")
        else:
            table.add_row(TITLES[cause], *cells, _meaning(cause, found) if one["moved"] else "")
    return table


# --- words ----------------------------------------------------------------------------------------


def _meaning(cause: str, found: Row) -> str:
    """Return what a cause stands for between two snapshots."""
    before, after, (old, new) = found["before"], found["after"], found["scorecards"]
    match cause:
        case "rules" if old == new:
            return f"other code, or other rules by the name of {new}"
        case "rules":
            return f"the scorecard {new} in place of {old}"
        case "late_data":
            return f"what arrived after {before.known_on} about days up to {before.as_of_date}"
        case "time":
            days = (after.as_of_date - before.as_of_date).days
            return f"what {days} days did by passing, without anything new in them"
        case _:
            return f"what happened after {before.as_of_date}"


def _notes(found: Row) -> Iterator[Text]:
    if found["notes"]:
        yield Text(found["notes"], style="dim")


def _signed(points: int) -> str:
    return f"{points:+,}" if points else "0"


def _status(status: str) -> str:
    """Return a status as it is read in a sentence."""
    return status if status in ("scored", "not there") else f"not scored ({status})"
