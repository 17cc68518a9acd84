"""An explanation as a waterfall in the terminal: from the base, factor by factor, to the score."""

from collections.abc import Iterator
from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from plainscore.common.text import printable
from plainscore.show.explanation import Explanation, PointRow
from plainscore.show.next_band import Move, NextBand

BAR_WIDTH = 30


def waterfall(explanation: Explanation) -> Group:
    """Return the explanation as something that rich prints; nothing in it is markup."""
    parts: list[RenderableType] = [_headline(explanation)]
    if explanation.not_scored is None:
        parts += [Text(), _waterfall_table(explanation)]
        parts += [Text(), *_reason_lines(explanation)]
    else:
        parts += _not_scored_lines(explanation)
    if explanation.next_band is not None:
        parts += [Text(), *_next_band_lines(explanation.next_band)]
    return Group(*parts)


def shown_value(value: float | int | None) -> str:
    """Return a feature's value as people read it."""
    if value is None:
        return "missing"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def _headline(explanation: Explanation) -> Text:
    who = printable(explanation.person_id)
    what = "not scored"
    if explanation.score is not None:
        what = f"{explanation.score} {explanation.band}"
    return Text.assemble(
        (f"{who}: {what}", "bold"),
        f"   as of {explanation.as_of_date}, known on {explanation.known_on}, "
        f"scorecard {explanation.scorecard}",
    )


def _waterfall_table(explanation: Explanation) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("", "value", "points", "of", "total"):
        table.add_column(title, justify="left" if not title else "right", no_wrap=True)
    table.add_column("", no_wrap=True)
    most = sum(row.max_points for row in explanation.points)
    total = explanation.base
    table.add_row("base", "", "", "", str(total), "")
    for factor, rows in groupby(explanation.points, key=lambda row: row.factor):
        features = list(rows)
        gained = sum(row.points or 0 for row in features)
        cap = sum(row.max_points for row in features)
        name = factor.replace("_", " ")
        bar = _bar(total - explanation.base, gained, most)
        table.add_row(name, "", f"+{gained}", str(cap), str(total + gained), bar, style="bold")
        for row in features:
            bar = _bar(total - explanation.base, row.points or 0, most)
            total += row.points or 0
            table.add_row(*_feature_cells(row, total), Text(bar, style="dim"))
    table.add_row("score", "", "", "", str(total), "", style="bold")
    return table


def _feature_cells(row: PointRow, total: int) -> tuple[str, ...]:
    unit = "" if row.value is None else f" {row.unit}"
    value = shown_value(row.value) + unit
    return (f"  {row.feature}", value, f"+{row.points}", str(row.max_points), str(total))


def _bar(start: int, gained: int, most: int) -> str:
    """Return a bar from ``start`` to ``start + gained`` on a scale of 0 to ``most`` points."""
    left = round(BAR_WIDTH * start / most)
    right = round(BAR_WIDTH * (start + gained) / most)
    return " " * left + "█" * max(right - left, 1 if gained else 0)


def _reason_lines(explanation: Explanation) -> Iterator[Text]:
    if not explanation.reasons:
        yield Text("No feature lost a point.")
        return
    yield Text("Where most points were lost", style="bold")
    for reason in explanation.reasons:
        yield Text(f"  {reason.rank}. -{reason.points_lost} {reason.reason} ({reason.code})")
        yield Text(f"     {reason.what_to_do}", style="dim")


def _not_scored_lines(explanation: Explanation) -> Iterator[Text]:
    assert explanation.not_scored is not None, "only of people who are not scored"
    yield Text(f"{explanation.not_scored.code}: {explanation.not_scored.reason}")
    yield Text(f"What to do: {explanation.not_scored.what_to_do}", style="dim")


def _next_band_lines(gap: NextBand) -> Iterator[Text]:
    points = "point" if gap.points_missing == 1 else "points"
    yield Text(f"{gap.points_missing} {points} to {gap.band} (from {gap.at_least})", style="bold")
    moves = [*gap.one_feature_moves, *gap.two_feature_moves]
    if not moves:
        yield Text("  takes more than two features")
    for move in moves:
        yield Text(f"  {_sentence(move)}")


def _sentence(move: Move) -> str:
    steps = " and ".join(f"{step.feature} {step.goal}" for step in move.steps)
    return f"+{move.score_change} with {steps}"
