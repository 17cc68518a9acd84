"""A person in the terminal, as tables that rich prints.

Nothing in them is markup, whatever ids people have.
"""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from plainscore.common.text import printable
from plainscore.scorecards.person import PersonOnCard, Value, is_never
from plainscore.show.reader import Row

BAR_WIDTH = 30
MISSING, NEVER = "missing", "never"
Parts = Iterator[RenderableType]


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
        yield Text(person.reasons_heading, style="bold" if person.reasons else "")
        for row in person.reasons:
            lost = f"-{row['points_lost']}"
            if row["method"] != "maximum":
                lost = f"{row['points']} of {row['benchmark_points']:.1f}"
            yield f"  {row['rank']}. {lost} {row['reason']} ({row['code']})"
            yield Text(f"     {row['what_to_do']}", style="dim")
    else:
        yield f"{rule['code']}: {rule['reason']}"
        yield Text(f"What to do: {rule['what_to_do']}", style="dim")
    if card.left_out:
        yield ""
        yield f"Left out, because no event of the logs had arrived ({card.without_logs}):"
        yield Text(f"  {card.left_out}", style="dim")
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
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("", "value", "points", "of", "total"):
        table.add_column(title, justify="right" if title else "left", no_wrap=True)
    table.add_column("", no_wrap=True)
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
            shown = shown_value(value, person.card.feature(row["feature"]).definition)
            if shown not in (MISSING, NEVER):
                shown += f" {row['unit']}"
            table.add_row(f"  {row['feature']}", shown, *numbers, Text(bar, style="dim"))
    table.add_row("score", "", "", "", str(person.score), "", style="bold")
    return table


def shown_value(value: Value, definition: str) -> str:
    """Return a value of a feature as people read it; a code, such as 999, as what it stands for."""
    if value is None:
        return MISSING
    if is_never(value, definition):
        return NEVER
    return f"{int(value):,}" if value == int(value) else f"{value:.4g}"
