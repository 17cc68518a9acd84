"""A person, a change and a comparison in the terminal, as tables that rich prints.

Nothing in them is markup, whatever ids people have.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from plainscore.common.text import printable
from plainscore.scorecards.person import PersonOnCard
from plainscore.show.changes import (
    CAUSES,
    TITLES,
    FeatureChange,
    Pair,
    SnapshotComparison,
    Why,
)

BAR_WIDTH = 30


def waterfall(person: PersonOnCard) -> Group:
    """Return an explanation: from the base, factor by factor, to the score; reasons; next band."""
    parts: list[RenderableType] = [_headline(person)]
    if person.not_scored is None:
        parts += [Text(), _waterfall_table(person), Text(), *_reason_lines(person)]
    else:
        parts += _not_scored_lines(person.not_scored)
    if (upward := person.next_band()) is not None:
        first, *lines = next_band_lines(upward)
        parts += [Text(), Text(first, style="bold"), *(Text(f"  {line}") for line in lines)]
    return Group(*parts)


def shown_value(value: float | int | None) -> str:
    """Return a feature's value as people read it."""
    if value is None:
        return "missing"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def next_band_lines(upward: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of `PersonOnCard.next_band`: the gap, and each way with its acts."""
    points = "point" if upward["points_missing"] == 1 else "points"
    yield f"{upward['points_missing']} {points} to {upward['band']} (from {upward['at_least']})"
    if not upward["ways"]:
        yield "honest acts and time alone do not lead there, all else equal"
    for way in upward["ways"]:
        when = "at once" if way["days"] == 0 else f"within {way['days']:,} days"
        acts = len(way["acts"])
        count = {0: "by waiting alone", 1: "one act"}.get(acts, f"{acts} acts")
        yield f"{when}, {count}: {way['score_then']}"
        yield from (f"  {_step(step)}: {step['act']}" for step in way["acts"])
        yield from (f"  {_step(step)} by waiting ({step['act']})" for step in way["waiting"])


def _step(step: Mapping[str, Any]) -> str:
    return f"+{step['points_gained']:<3} {step['feature']} {step['goal']}"


def _headline(person: PersonOnCard) -> Text:
    what = "not scored" if person.score is None else f"{person.score} {person.band}"
    card = person.card
    return Text.assemble(
        (f"{printable(person.person_id)}: {what}", "bold"),
        f"   as of {card.as_of_date}, known on {card.known_on}, scorecard {card.scorecard}",
    )


def _waterfall_table(person: PersonOnCard) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("", "value", "points", "of", "total"):
        table.add_column(title, justify="left" if not title else "right", no_wrap=True)
    table.add_column("", no_wrap=True)
    most = sum(one.max_points for one in person.features)
    gained = 0
    table.add_row("base", "", "", "", str(person.card.base), "")
    for factor, rows in person.waterfall():
        points = sum(row["points"] for row in rows)
        cap = str(sum(row["max_points"] for row in rows))
        total = str(person.card.base + gained + points)
        name = factor.replace("_", " ")
        table.add_row(name, "", f"+{points}", cap, total, _bar(gained, points, most), style="bold")
        for row in rows:
            unit = "" if row["value"] is None else f" {row['unit']}"
            table.add_row(
                f"  {row['feature']}",
                shown_value(row["value"]) + unit,
                f"+{row['points']}",
                str(row["max_points"]),
                str(row["total"]),
                Text(_bar(gained, row["points"], most), style="dim"),
            )
            gained += row["points"]
    table.add_row("score", "", "", "", str(person.score), "", style="bold")
    return table


def _bar(start: int, gained: int, most: int) -> str:
    """Return a bar from ``start`` to ``start + gained`` on a scale of 0 to ``most`` points."""
    left = round(BAR_WIDTH * start / most)
    right = round(BAR_WIDTH * (start + gained) / most)
    return " " * left + "█" * max(right - left, 1 if gained else 0)


def _reason_lines(person: PersonOnCard) -> Iterator[Text]:
    if not person.reasons:
        yield Text("No feature lost a point.")
        return
    yield Text("Where most points were lost", style="bold")
    for row in person.reasons:
        yield Text(f"  {row['rank']}. -{row['points_lost']} {row['reason']} ({row['code']})")
        yield Text(f"     {row['what_to_do']}", style="dim")


def _not_scored_lines(rule: Mapping[str, str]) -> Iterator[Text]:
    yield Text(f"{rule['code']}: {rule['reason']}")
    yield Text(f"What to do: {rule['what_to_do']}", style="dim")


# --- why a score changed --------------------------------------------------------------------------


def why_table(why: Why) -> Group:
    """Return the change as tables."""
    parts: list[RenderableType] = [_why_headline(why)]
    if why.score_change is not None:
        parts += [Text(), _why_table(why), *_left_out(why), Text(), *_cause_lines(why)]
    if why.status_cause is not None:
        parts.append(
            Text(
                f"{status_words(why.status_before)} before, {status_words(why.status_after)} "
                f"after: by {TITLES[why.status_cause]}"
            )
        )
    elif why.score_change is None:
        parts.append(Text(f"{status_words(why.status_after)} in both: there is no score to change"))
    if why.is_carried:
        parts.append(Text("not scored somewhere on the way: that part is counted with the next"))
    parts += [Text(note, style="dim") for note in [why.notes] if note]
    return Group(*parts)


def _why_headline(why: Why) -> Text:
    change = "" if why.score_change is None else f" ({signed(why.score_change)})"
    scores = [
        "not scored" if score is None else str(score)
        for score in (why.score_before, why.score_after)
    ]
    return Text.assemble(
        (f"{printable(why.person_id)}: {scores[0]} to {scores[1]}{change}", "bold"),
        f"   from {why.pair.before} to {why.pair.after}",
    )


def _why_table(why: Why) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("", no_wrap=True)
    for title in ("value", "before", *TITLES.values(), "after"):
        table.add_column(title, justify="right", no_wrap=True)
    for feature in moved_points(why):
        table.add_row(*_cells(feature))
    parts = why.causes.values()
    friends = [signed(part.friends) for part in parts]
    table.add_row("  of it friends", "", "", *friends, "", style="dim")
    sums = [signed(part.points) for part in parts]
    table.add_row("score", "", str(why.score_before), *sums, str(why.score_after), style="bold")
    return table


def moved_points(why: Why) -> list[FeatureChange]:
    """Return the features of which any cause moved points."""
    return [feature for feature in why.features if any(feature.causes.values())]


def _cells(feature: FeatureChange) -> list[str]:
    values = [shown_value(_whole(v)) for v in (feature.value_before, feature.value_after)]
    value = values[0] if values[0] == values[1] else " -> ".join(values)
    causes = [signed(points) if points else "" for points in feature.causes.values()]
    return [feature.feature, value, str(feature.points_before), *causes, str(feature.points_after)]


def _left_out(why: Why) -> Iterator[Text]:
    count = len(why.features) - len(moved_points(why))
    if count:
        yield Text(f"{count} more in value alone: --format csv shows them", style="dim")


def _whole(value: float | None) -> float | int | None:
    return int(value) if value is not None and value == int(value) else value


def _cause_lines(why: Why) -> Iterator[Text]:
    for cause, part in why.causes.items():
        title = TITLES[cause]
        if not part.points and not any(feature.causes[cause] for feature in why.features):
            yield Text(f"  {title}: 0 points")
            continue
        friends = f", {signed(part.friends)} of it through friends" if part.friends else ""
        points = "point" if abs(part.points) == 1 else "points"
        meaning = cause_meaning(cause, why.pair, why.scorecards)
        yield Text(f"  {title}: {signed(part.points)} {points}{friends}; {meaning}")


# --- everyone -------------------------------------------------------------------------------------


def comparison_table(comparison: SnapshotComparison) -> Group:
    """Return the comparison as tables."""
    parts: list[RenderableType] = [
        Text(f"from {comparison.pair.before} to {comparison.pair.after}", style="bold"),
        Text(_people(comparison)),
        Text(),
        _causes(comparison),
    ]
    for table in (_bands(comparison), _statuses(comparison), _largest(comparison)):
        if table.row_count:
            parts += [Text(), table]
    if comparison.carried:
        parts.append(
            Text(
                f"{comparison.carried:,} people are not scored somewhere on the way: "
                "that cause's part is counted with the next"
            )
        )
    parts += [Text(note, style="dim") for note in [comparison.notes] if note]
    return Group(*parts)


def _people(comparison: SnapshotComparison) -> str:
    both = comparison.scored_in_both
    moved = f"{comparison.moved:,} of the {both:,} scored in both have another score"
    far = f"{comparison.mean_absolute_points:.2f} points up or down on average"
    return f"{comparison.people:,} people: {moved} ({far})"


def _causes(comparison: SnapshotComparison) -> Table:
    table = _table(
        "cause", "people moved", "mean", "mean up or down", "of it friends", "what it is"
    )
    table.columns[-1].justify = "left"
    count = max(comparison.scored_in_both, 1)
    for cause in CAUSES:
        one = comparison.causes[cause]
        table.add_row(
            TITLES[cause],
            f"{one.moved:,}",
            f"{one.points / count:+.2f}",
            f"{one.absolute_points / count:.2f}",
            f"{one.friends / count:+.2f}",
            cause_meaning(cause, comparison.pair, comparison.scorecards) if one.moved else "",
        )
    friends = sum(one.friends for one in comparison.causes.values())
    table.add_row(
        "together",
        f"{comparison.moved:,}",
        f"{comparison.points / count:+.2f}",
        f"{comparison.mean_absolute_points:.2f}",
        f"{friends / count:+.2f}",
        style="bold",
    )
    return table


def _bands(comparison: SnapshotComparison) -> Table:
    table = _table("from band", "to band", "people", text_columns=2)
    for before, after, people in comparison.band_moves:
        table.add_row(printable(before), printable(after), f"{people:,}")
    return table


def _statuses(comparison: SnapshotComparison) -> Table:
    table = _table("status before", "status after", "by", "people", text_columns=3)
    for before, after, cause, people in comparison.status_changes:
        words = (status_words(printable(status)) for status in (before, after))
        table.add_row(*words, TITLES[cause], f"{people:,}")
    return table


def _largest(comparison: SnapshotComparison) -> Table:
    table = _table("largest changes", "before", "after", "change", *TITLES.values())
    for row in comparison.largest:
        table.add_row(
            printable(row["person_id"]),
            str(row["score_before"]),
            str(row["score_after"]),
            signed(row["score_change"]),
            *(signed(row[f"{cause}_change"]) for cause in CAUSES),
        )
    return table


def _table(*titles: str, text_columns: int = 1) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for place, title in enumerate(titles):
        table.add_column(title, justify="left" if place < text_columns else "right", no_wrap=True)
    return table


# --- words ----------------------------------------------------------------------------------------


def cause_meaning(cause: str, pair: Pair, scorecards: tuple[str, str]) -> str:
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


def signed(points: int) -> str:
    """Return points with their sign; 0 as it is."""
    return f"{points:+,}" if points else "0"


def status_words(status: str) -> str:
    """Return a status as it is read in a sentence."""
    return status if status in ("scored", "not there") else f"not scored ({status})"
