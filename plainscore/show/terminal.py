"""A person, a change and a comparison in the terminal, as tables that rich prints.

Nothing in them is markup, whatever ids people have.
"""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from plainscore.common.text import printable
from plainscore.scorecards.person import PersonOnCard
from plainscore.show.changes import TITLES, Pair, SnapshotComparison, Why

BAR_WIDTH = 30


def _table(*titles: str, text_columns: int = 1) -> Table:
    """Return an empty table; its first columns are texts, the others numbers."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for place, title in enumerate(titles):
        table.add_column(title, justify="left" if place < text_columns else "right", no_wrap=True)
    return table


# --- a person -------------------------------------------------------------------------------------


def waterfall(person: PersonOnCard) -> Group:
    """Return an explanation: from the base, factor by factor, to the score; reasons; next band."""
    card, rule = person.card, person.not_scored
    what = "not scored" if person.score is None else f"{person.score} {person.band}"
    headline = Text.assemble(
        (f"{printable(person.person_id)}: {what}", "bold"),
        f"   as of {card.as_of_date}, known on {card.known_on}, scorecard {card.scorecard}",
    )
    parts: list[RenderableType] = [headline]
    if rule is None:
        parts += [Text(), _waterfall_table(person), Text(), *_reason_lines(person)]
    else:
        parts.append(Text(f"{rule['code']}: {rule['reason']}"))
        parts.append(Text(f"What to do: {rule['what_to_do']}", style="dim"))
    if (upward := person.next_band()) is not None:
        first, *lines = next_band_lines(upward)
        parts += [Text(), Text(first, style="bold"), *(Text(f"  {line}") for line in lines)]
    return Group(*parts)


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

    def bar(row: Mapping[str, Any], gained: int) -> str:
        """Return a bar up to the total of a row, on a scale of 0 to all points of the card."""
        right: int = row["total"] - base
        left, end = (round(BAR_WIDTH * points / most) for points in (right - gained, right))
        return " " * left + "█" * max(end - left, 1 if gained else 0)

    table.add_row("base", "", "", "", str(base), "")
    for factor, of_factor in groupby(person.point_rows(), key=lambda row: row["factor"]):
        rows = list(of_factor)
        points, most_points = (sum(row[name] for row in rows) for name in ("points", "max_points"))
        cells = (f"+{points}", str(most_points), str(rows[-1]["total"]), bar(rows[-1], points))
        table.add_row(factor.replace("_", " "), "", *cells, style="bold")
        for row in rows:
            value = row["value"]
            is_never = person.card.feature(row["feature"]).is_never(value)
            unit = "" if value is None else f" {row['unit']}"
            table.add_row(
                f"  {row['feature']}",
                "never" if is_never else _shown_value(value) + unit,
                f"+{row['points']}",
                str(row["max_points"]),
                str(row["total"]),
                Text(bar(row, row["points"]), style="dim"),
            )
    table.add_row("score", "", "", "", str(person.score), "", style="bold")
    return table


def _shown_value(value: float | int | None) -> str:
    if value is None:
        return "missing"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def _reason_lines(person: PersonOnCard) -> Iterator[Text]:
    if not person.reasons:
        yield Text("No feature lost a point.")
        return
    yield Text("Where most points were lost", style="bold")
    for row in person.reasons:
        yield Text(f"  {row['rank']}. -{row['points_lost']} {row['reason']} ({row['code']})")
        yield Text(f"     {row['what_to_do']}", style="dim")


# --- why a score changed --------------------------------------------------------------------------


def why_table(why: Why) -> Group:
    """Return the change as tables."""
    before, after = (
        "not scored" if score is None else str(score)
        for score in (why.score_before, why.score_after)
    )
    change = "" if why.score_change is None else f" ({_signed(why.score_change)})"
    headline = Text.assemble(
        (f"{printable(why.person_id)}: {before} to {after}{change}", "bold"),
        f"   from {why.pair.before} to {why.pair.after}",
    )
    parts: list[RenderableType] = [headline]
    if why.score_change is not None:
        parts += [Text(), *_why_parts(why), Text(), *_cause_lines(why)]
    statuses = [_status(status) for status in (why.status_before, why.status_after)]
    if why.status_cause is not None:
        by = TITLES[why.status_cause]
        parts.append(Text(f"{statuses[0]} before, {statuses[1]} after: by {by}"))
    elif why.score_change is None:
        parts.append(Text(f"{statuses[1]} in both: there is no score to change"))
    if why.is_carried:
        parts.append(Text("not scored somewhere on the way: that part is counted with the next"))
    return Group(*parts, *_notes(why))


def _why_parts(why: Why) -> Iterator[RenderableType]:
    table = _table("", "value", "before", *TITLES.values(), "after")
    moved = [one for one in why.features if any(one["causes"].values())]
    for one in moved:
        values = [_shown_value(_whole(one[name])) for name in ("value_before", "value_after")]
        causes = [_signed(points) if points else "" for points in one["causes"].values()]
        ends = [str(one[name]) for name in ("points_before", "points_after")]
        table.add_row(one["feature"], " -> ".join(dict.fromkeys(values)), ends[0], *causes, ends[1])
    friends, points = (
        [_signed(part[name]) for part in why.causes.values()] for name in ("friends", "points")
    )
    table.add_row("  of it friends", "", "", *friends, "", style="dim")
    table.add_row("score", "", str(why.score_before), *points, str(why.score_after), style="bold")
    yield table
    if count := len(why.features) - len(moved):
        yield Text(f"{count} more in value alone: --format csv shows them", style="dim")


def _whole(value: float | None) -> float | int | None:
    return int(value) if value is not None and value == int(value) else value


def _cause_lines(why: Why) -> Iterator[Text]:
    for cause, part in why.causes.items():
        if not part["points"] and not any(one["causes"][cause] for one in why.features):
            yield Text(f"  {TITLES[cause]}: 0 points")
            continue
        friends = f", {_signed(part['friends'])} of it through friends" if part["friends"] else ""
        points = "point" if abs(part["points"]) == 1 else "points"
        meaning = _meaning(cause, why.pair, why.scorecards)
        moved = f"{_signed(part['points'])} {points}{friends}"
        yield Text(f"  {TITLES[cause]}: {moved}; {meaning}")


# --- everyone -------------------------------------------------------------------------------------


def comparison_table(comparison: SnapshotComparison) -> Group:
    """Return the comparison as tables."""
    both = f"{comparison.scored_in_both:,} scored in both"
    far = f"{comparison.mean_absolute_points:.2f} points up or down on average"
    moved = f"{comparison.moved:,} of the {both} have another score ({far})"
    parts: list[RenderableType] = [
        Text(f"from {comparison.pair.before} to {comparison.pair.after}", style="bold"),
        Text(f"{comparison.people:,} people: {moved}"),
        Text(),
        _causes(comparison),
    ]
    bands = _table("from band", "to band", "people", text_columns=2)
    for before, after, people in comparison.band_moves:
        bands.add_row(printable(before), printable(after), f"{people:,}")
    statuses = _table("status before", "status after", "by", "people", text_columns=3)
    for before, after, cause, people in comparison.status_changes:
        words = (_status(printable(status)) for status in (before, after))
        statuses.add_row(*words, TITLES[cause], f"{people:,}")
    largest = _table("largest changes", "before", "after", "change", *TITLES.values())
    for person, before, after, *changes in (row.values() for row in comparison.largest):
        largest.add_row(printable(person), str(before), str(after), *map(_signed, changes))
    for table in (bands, statuses, largest):
        if table.row_count:
            parts += [Text(), table]
    if comparison.carried:
        parts.append(
            Text(
                f"{comparison.carried:,} people are not scored somewhere on the way: "
                "that cause's part is counted with the next"
            )
        )
    return Group(*parts, *_notes(comparison))


def _causes(comparison: SnapshotComparison) -> Table:
    table = _table(
        "cause", "people moved", "mean", "mean up or down", "of it friends", "what it is"
    )
    table.columns[-1].justify = "left"
    together = {
        "moved": comparison.moved,
        "points": comparison.points,
        "absolute_points": comparison.absolute_points,
        "friends": sum(one["friends"] for one in comparison.causes.values()),
    }
    count = max(comparison.scored_in_both, 1)
    for cause, one in {**comparison.causes, "together": together}.items():
        means = (one["points"] / count, one["absolute_points"] / count, one["friends"] / count)
        cells = (f"{one['moved']:,}", f"{means[0]:+.2f}", f"{means[1]:.2f}", f"{means[2]:+.2f}")
        if cause == "together":
            table.add_row(cause, *cells, style="bold")
        else:
            meaning = _meaning(cause, comparison.pair, comparison.scorecards)
            table.add_row(TITLES[cause], *cells, meaning if one["moved"] else "")
    return table


# --- words ----------------------------------------------------------------------------------------


def _meaning(cause: str, pair: Pair, scorecards: tuple[str, str]) -> str:
    """Return what a cause stands for between two snapshots."""
    before, after = pair.before, pair.after
    match cause:
        case "rules":
            if scorecards[0] == scorecards[1]:
                return f"other code, or other rules by the name of {scorecards[1]}"
            return f"the scorecard {scorecards[1]} in place of {scorecards[0]}"
        case "late_data":
            return f"what arrived after {before.known_on} about days up to {before.as_of_date}"
        case "time":
            days = (after.as_of_date - before.as_of_date).days
            return f"what {days} days did by passing, without anything new in them"
        case _:
            return f"what happened after {before.as_of_date}"


def _notes(found: Why | SnapshotComparison) -> list[Text]:
    return [Text(found.notes, style="dim")] if found.notes else []


def _signed(points: int) -> str:
    return f"{points:+,}" if points else "0"


def _status(status: str) -> str:
    """Return a status as it is read in a sentence."""
    return status if status in ("scored", "not there") else f"not scored ({status})"
