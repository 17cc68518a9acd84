"""A person in words: in the terminal as tables that rich prints, and in a notice to the person.

Nothing in them is markup, whatever ids people have. A notice is one page in plain words: the
result, its reasons, and what would have changed it. Every number on it is exact: scores with other
data are computed on the card, the neighbour mean following, all else equal.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from difflib import get_close_matches
from itertools import groupby
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from plainscore.common.errors import QuestionError
from plainscore.common.text import printable
from plainscore.scorecards.person import ASK_FOR_DATA, CardFeature, PersonOnCard, Value, is_never
from plainscore.show.reader import Row

BAR_WIDTH, NARROWEST_BAR = 30, 5
UNLIMITED = 10_000
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
        yield from ("", _Waterfall(person), "")
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
    for first, *lines in ways_upward(person.next_band(), person.next_gate()):
        yield ""
        yield Text(first, style="bold")
        yield from (f"  {line}" for line in lines)


def ways_upward(
    band: Mapping[str, Any] | None, gate: Mapping[str, Any] | None
) -> Iterator[list[str]]:
    """Yield the lines of `PersonOnCard.next_band` and `next_gate`: the gap, each way, its acts.

    The same ways lead to both where one score opens both: then they stand once.
    """
    is_same = bool(band and gate and band["at_least"] == gate["at_least"] and not gate["accepts"])
    if band:
        opens = f", which opens {gate['benefit']}" if gate and is_same else ""
        yield [*_way_lines(band, f"{band['band']}{opens} (from {band['at_least']})")]
    if gate and not is_same:
        of = f" by points of {', '.join(gate['accepts'])} alone" if gate["accepts"] else ""
        yield [
            *_way_lines(gate, f"the next benefit, {gate['benefit']} (from {gate['at_least']}{of})")
        ]


def _way_lines(upward: Mapping[str, Any], where: str) -> Iterator[str]:
    points = "point" if upward["points_missing"] == 1 else "points"
    yield f"{upward['points_missing']} {points} to {where}"
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


class _Waterfall:
    """The points of a person as a table: on a narrow terminal bars give way first, then units."""

    def __init__(self, person: PersonOnCard) -> None:
        self._person = person

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Render the widest table that fits; numbers are never cut."""
        for has_units in (True, False):
            bare = _waterfall_table(self._person, 0, has_units=has_units)
            natural = Measurement.get(console, options.update(max_width=UNLIMITED), bare).maximum
            room = options.max_width - natural - 1
            if room >= 0:
                break
        bar = min(room, BAR_WIDTH)
        yield _waterfall_table(
            self._person, bar if bar >= NARROWEST_BAR else 0, has_units=has_units
        )


def _waterfall_table(person: PersonOnCard, bar_width: int, *, has_units: bool) -> Table:
    """Return the table with bars of so many cells, 0: without bars."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("", overflow="fold")
    for title in ("value", "points", "of", "total"):
        table.add_column(title, justify="right", no_wrap=True)
    if bar_width:
        table.add_column("", no_wrap=True)
    base, most = person.card.base, sum(one.max_points for one in person.card.features)

    def cells(row: Row) -> list[Text]:
        """Return points, most points, total, and a bar up to it, on a scale of all points."""
        right, gained = row["total"] - base, row["points"]
        left, end = (round(bar_width * points / most) for points in (right - gained, right))
        bar = Text(" " * left + "█" * max(end - left, 1 if gained else 0))
        numbers = [f"+{gained}", str(row["max_points"]), str(row["total"])]
        return [*map(Text, numbers), *([bar] if bar_width else [])]

    table.add_row("base", "", "", "", str(base))
    for factor, of_factor in groupby(person.point_rows(), key=lambda row: row["factor"]):
        rows = list(of_factor)
        sums = {name: sum(row[name] for row in rows) for name in ("points", "max_points")}
        table.add_row(factor.replace("_", " "), "", *cells({**rows[-1], **sums}), style="bold")
        for row in rows:
            shown = shown_value(row["value"], person.card.feature(row["feature"]).definition)
            if has_units and shown not in (MISSING, NEVER):
                shown += f" {row['unit']}"
            table.add_row(f"  {row['feature']}", shown, *cells(row))
    table.add_row("score", "", "", "", str(person.score), style="bold")
    return table


def shown_value(value: Value, definition: str) -> str:
    """Return a value of a feature as people read it; a code, such as 999, as what it stands for."""
    if value is None:
        return MISSING
    if is_never(value, definition):
        return NEVER
    return f"{int(value):,}" if value == int(value) else f"{value:.4g}"


# A notice to a person about their score


TEMPLATE = "terminal/notice.txt"


def notice(
    person: PersonOnCard, benefit: str | None, delivered: Sequence[Any] = ()
) -> dict[str, Any]:
    """Return the notice for JSON and for its template.

    ``benefit``: what was asked for, if anything. ``delivered``: dataclasses of the person's events
    by log and source. Raises QuestionError where the card has no such benefit.
    """
    card = person.card
    asked = None if benefit is None else _asked(person, benefit)
    missing = [one for one in card.features if person.values[one.feature] is None and one.bins]
    ways = []
    if asked and asked["points_short"]:
        deciding = asked["accepts"] if asked["is_wall_enforced"] else None
        ways = person.ways_to(asked["min_score"], deciding)
    return {
        **person.headline(),
        "score": person.score,
        "band": person.band,
        "least_score": card.base,
        "most_score": card.base + sum(one.max_points for one in card.features),
        "feature_count": len(card.features),
        "not_scored": person.not_scored,
        "asked": asked,
        "heading": person.reasons_heading,
        "reasons": [_true_reason(row, card.feature(row["code"])) for row in person.reasons],
        "not_on_record": _not_on_record(missing),
        "without_logs": card.without_logs,
        "left_out": card.left_out.split(", ") if card.left_out else [],
        "other_data": [
            _other_data(person, card.feature(row["code"]))
            for row in person.reasons
            if card.feature(row["code"]).bins
        ],
        "ways": ways,
        "delivered": [asdict(one) for one in delivered],
        "friends_counted": len(person.ties) if person.points else 0,
    }


def _asked(person: PersonOnCard, benefit: str) -> dict[str, Any]:
    gates = {one.benefit: one for one in person.card.benefits}
    if benefit not in gates:
        near = get_close_matches(benefit, gates, n=1, cutoff=0)
        hint = f"the nearest is {near[0]}" if near else "it has none"
        raise QuestionError(
            f"--benefit {printable(benefit)}: scorecard {person.card.scorecard} has no such "
            f"benefit; {hint}"
        )
    gate = gates[benefit]
    if person.score is None:
        nothing = {"points_short": None, "is_open_in_context": None, "score_in_context": None}
        return {**asdict(gate), "is_open": False, **nothing, "is_other_by_wall": None}
    found = person.opening(gate)
    in_context = found["is_open_in_context"]
    is_other = None if in_context is None else in_context != (person.score >= gate.min_score)
    return {**found, "is_other_by_wall": is_other}


def _true_reason(row: Mapping[str, Any], feature: CardFeature) -> dict[str, Any]:
    """Return a reason; version 0.1 published words of a value where there was none."""
    if row["is_missing"] and feature.missing_reason is None:
        return {**row, "reason": _nothing_of(feature), "what_to_do": ASK_FOR_DATA}
    return dict(row)


def _nothing_of(feature: CardFeature) -> str:
    return f"No value of {_words(feature.feature)} is on record"


def _not_on_record(missing: Sequence[CardFeature]) -> list[dict[str, Any]]:
    """Return what is not on record, each sentence once, with the features that lack a value."""
    found: dict[str, dict[str, Any]] = {}
    for one in missing:
        reason = one.missing_reason or _nothing_of(one)
        entry = found.setdefault(reason, {"reason": reason, "features": []})
        entry["features"].append(one.feature)
    return list(found.values())


def _other_data(person: PersonOnCard, feature: CardFeature) -> dict[str, Any]:
    value = person.values[feature.feature]
    shown = shown_value(value, feature.definition)
    if value is None:
        shown = "not on record"
    elif shown != NEVER:
        shown += f" ({feature.unit})"
    return {
        "feature": feature.feature,
        "value": value,
        "shown": shown,
        "definition": feature.definition,
        "results": person.other_results(feature.feature),
    }


def _words(name: str) -> str:
    return name.replace("_", " ")


def page_values(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the template of a notice is filled with: ids printable, names in words."""
    safe = {name: printable(found[name]) for name in ("person_id", "scorecard")}
    return {"notice": {**found, **safe}, "words": _words}
