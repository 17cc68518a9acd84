"""One page that compares the same people under several rules: charts and tables, no network.

It is made of the record that `plainscore societies --format json` prints.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plainscore.show.charts import STYLES, Line, line_chart
from plainscore.show.reader import render_page
from plainscore.show.report import base_style

Record = Mapping[str, Any]

NOTHING = "\N{EN DASH}"


# --- panels ---------------------------------------------------------------------------------------


Values = dict[tuple[str, str], float | None]
"""By society and date."""


@dataclass(frozen=True)
class Panel:
    """One chart and the table beside it. ``unit``: of every number in both."""

    title: str
    unit: str
    decimals: int
    values: Values


@dataclass(frozen=True)
class Section:
    """Panels that answer one question; ``note``: how to read them, and what they cannot say."""

    key: str
    question: str
    note: str
    panels: list[Panel]


def sections(record: Record) -> Iterator[Section]:
    """Yield the sections of the page in its order."""
    yield Section("scores", "How high are the scores?", _SCORES, [
        _figure(record, "Mean score", "points", 1, "mean_score"),
        _figure(record, "Median score", "points", 0, "median_score"),
    ])  # fmt: skip
    yield Section("bands", "Who is in which band?", _BANDS, list(_bands(record)))
    yield Section("elsewhere", "Who is in another band than on the first card?", _ELSEWHERE, [
        _figure(record, "In a higher band", "% of the scored", 1, "band_up", "scored"),
        _figure(record, "In a lower band", "% of the scored", 1, "band_down", "scored"),
    ])  # fmt: skip
    yield Section("inequality", "How unequally are the points shared out?", _GINI, [
        _figure(record, "Gini of the points above the base", "0 to 1", 3, "gini")
    ])  # fmt: skip
    yield Section("gaps", "How far apart are groups?", _GAPS, list(_gaps(record)))
    yield Section("access", "What is open to how many?", _ACCESS, list(_access(record)))
    yield Section("four-fifths", "Which groups fall below four fifths?", _FLAGS,
                  list(_flags(record)))  # fmt: skip
    yield Section("friends", "Do friends have alike scores?", _FRIENDS, [
        _figure(record, "Score assortativity over ties", "correlation, -1 to 1", 3,
                "assortativity")
    ])  # fmt: skip
    yield Section("mobility", "How much do people move between bands?", _MOBILITY, [
        _figure(record, "Shorrocks index, month to month", "0 to 1.25", 3, "mobility")
    ])  # fmt: skip
    yield Section("quality", "How well does a score predict who becomes bad?", _QUALITY, [
        _figure(record, "AUC", "0.5 chance, 1 perfect", 3, "auc")
    ])  # fmt: skip
    if record["planted"]:
        yield Section("farming", "What does farming friends pay?", _FARMING,
                      list(_farming(record)))  # fmt: skip


def _figure(
    record: Record, title: str, unit: str, decimals: int, name: str, of: str | None = None
) -> Panel:
    """Return a panel of one figure, or of what it is in per cent ``of`` another."""
    values = {
        (row["society"], row["as_of_date"]): row.get(name)
        if of is None
        else _per_cent(row[name], row[of])
        for row in record["figures"]
    }
    return Panel(title, unit, decimals, values)


def _bands(record: Record) -> Iterator[Panel]:
    scored = {(row["society"], row["as_of_date"]): row["scored"] for row in record["figures"]}
    # A band may have another name on another card: the first card's names are shown.
    names = {
        row["band_no"]: row["band"]
        for row in record["bands"]
        if row["society"] == record["societies"][0]["society"]
    }
    for band_no, name in sorted(names.items()):
        values: Values = {
            (row["society"], row["as_of_date"]): _per_cent(
                row["people"], scored[row["society"], row["as_of_date"]]
            )
            for row in record["bands"]
            if row["band_no"] == band_no
        }
        yield Panel(f"Band {band_no}, {name}", "% of the scored", 1, values)


def _gaps(record: Record) -> Iterator[Panel]:
    for attribute, title in _ATTRIBUTES.items():
        yield Panel(
            f"Highest less lowest mean score by {title}",
            "points",
            1,
            _spread(row for row in record["gaps"] if row["attribute"] == attribute),
        )


def _spread(rows: Iterator[Record]) -> Values:
    means: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        if not row["is_small"]:
            means.setdefault((row["society"], row["as_of_date"]), []).append(row["mean_score"])
    return {key: max(found) - min(found) for key, found in means.items() if len(found) > 1}


def _access(record: Record) -> Iterator[Panel]:
    """Yield a panel per gate, named after the benefits that the first card opens there."""
    first = record["societies"][0]["society"]
    gates: dict[int, list[str]] = {}
    for row in record["benefits"]:
        names = gates.setdefault(row["min_score"], [])
        if row["society"] == first and row["benefit"] not in names:
            names.append(row["benefit"])
    for gate, names in sorted(gates.items()):
        rows = [row for row in record["benefits"] if row["min_score"] == gate]
        values = {
            (row["society"], row["as_of_date"]): _per_cent(row["open_count"], row["people"])
            for row in rows
        }
        opened = ", ".join(name.replace("_", " ") for name in sorted(names))
        yield Panel(f"From {gate} points: {opened}", "% of all people", 1, values)


def _flags(record: Record) -> Iterator[Panel]:
    for attribute, title in _ATTRIBUTES.items():
        values = {
            (row["society"], row["as_of_date"]): row["below_four_fifths"]
            for row in record["four_fifths"]
            if row["attribute"] == attribute
        }
        yield Panel(f"Below four fifths by {title}", "groups x benefits", 0, values)


def _farming(record: Record) -> Iterator[Panel]:
    """Yield a panel per role that any scored person plays."""
    parts = sorted({(row["kind"], row["role"]) for row in record["planted"] if row["scored"]})
    for kind, role in parts:
        values = {
            (row["society"], row["as_of_date"]): row["points_gained"] / row["scored"]
            for row in record["planted"]
            if (row["kind"], row["role"]) == (kind, role) and row["scored"]
        }
        title = f"{kind.replace('_', ' ').capitalize()}: {role}"
        yield Panel(title, "points gained a head", 1, values)


def _per_cent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


_ATTRIBUTES: Mapping[str, str] = {"region": "region", "gender": "gender", "age_band": "age band"}

_SCORES = "Of all who are scored. The same people are scored in every society."
_BANDS = "People who are not scored are in no band, in any society."
_ELSEWHERE = (
    "The people are the same and so is what they did; only where the rules put them differs."
)
_GINI = "0: all have as many points above the base as each other. Higher: more unequal."
_GAPS = (
    "Between the groups with at least 30 scored people that have the highest and the lowest mean. "
    "Some distance is there by chance; the JSON has intervals and tests."
)
_ACCESS = "Who is not scored has nothing open, and counts."
_FLAGS = (
    "How often a group of at least 30 people has a benefit open less than four fifths as often as "
    "the best-off group."
)
_FRIENDS = "0: ties are independent of scores. Redrawn ties (same number each) come to about 0."
_MOBILITY = (
    "0: no one changes band from one month to the next. Not scored counts as a band. Few people in "
    "a small band move it much."
)
_QUALITY = (
    "Bad: a bill due in the 90 days after became 30 or more days late. The chance that of a bad "
    "and a good person the good one has the higher score; empty where the outcome is not yet "
    "known, or no one is bad."
)
_FARMING = (
    "Points of the social factor with the ties of a planted attack, less those without: mean of "
    "the scored who play the part. Without a social factor it is 0 by construction. A few people "
    "play each part."
)


# --- summary --------------------------------------------------------------------------------------


def summary_rows(record: Record) -> Iterator[dict[str, Any]]:
    """Yield the figures of every society over the whole time.

    ``scored``: people scored, summed over the months. ``mean_score``, ``top_band_share``,
    ``moved_share`` (in another band than on the first card): of those. ``gini``, ``auc``,
    ``assortativity``, ``mobility``: means of the months that have one. ``below_four_fifths``: mean
    number a month, decile left out. ``farmed_points``: gained a head and month by all scored who
    have a role in a planted attack; None where none is planted.
    """
    top = max((row["band_no"] for row in record["bands"]), default=0)
    for society in (row["society"] for row in record["societies"]):
        figures = _of(record["figures"], society)
        scored = sum(row["scored"] for row in figures)
        best = [row for row in _of(record["bands"], society) if row["band_no"] == top]
        planted = _of(record["planted"], society)
        means = [(row["mean_score"], row["scored"]) for row in figures if row["scored"]]
        yield {
            "society": society,
            "scored": scored,
            "mean_score": _ratio(math.fsum(mean * people for mean, people in means), scored),
            "top_band_share": _ratio(sum(row["people"] for row in best), scored),
            "moved_share": _ratio(sum(r["band_up"] + r["band_down"] for r in figures), scored),
            "gini": _mean([row["gini"] for row in figures]),
            "assortativity": _mean([row.get("assortativity") for row in figures]),
            "mobility": _mean([row["mobility"] for row in figures]),
            "auc": _mean([row.get("auc") for row in figures]),
            "below_four_fifths": _ratio(
                sum(row["below_four_fifths"] for row in _of(record["four_fifths"], society)),
                len(figures),
            ),
            "farmed_points": _ratio(
                sum(row["points_gained"] for row in planted), sum(row["scored"] for row in planted)
            ),
        }


def _of(rows: Sequence[Record], society: str) -> list[Record]:
    return [row for row in rows if row["society"] == society]


def _ratio(part: float, whole: int) -> float | None:
    return part / whole if whole else None


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None


# --- the page ------------------------------------------------------------------------------------


SUMMARY: Sequence[tuple[str, str, str, float, int]] = (
    ("scored", "scored", "people x months", 1, 0),
    ("mean_score", "mean score", "points", 1, 1),
    ("top_band_share", "top band", "% of the scored", 100, 1),
    ("moved_share", "other band than on the first", "% of the scored", 100, 1),
    ("gini", "Gini", "0 to 1", 1, 4),
    ("assortativity", "assortativity", "correlation", 1, 3),
    ("mobility", "Shorrocks index", "a month", 1, 3),
    ("auc", "AUC", "0.5 to 1", 1, 3),
    ("below_four_fifths", "below four fifths", "groups x benefits", 1, 1),
    ("farmed_points", "planted attacks gain", "points a head", 1, 2),
)
"""Figure, heading, unit, factor to that unit, decimals."""


def scenarios_page(record: Mapping[str, Any]) -> str:
    """Return the page of a record as `plainscore societies --format json` prints it."""
    from markupsafe import Markup

    names = [row["society"] for row in record["societies"]]
    summary = [
        (
            row["society"],
            [shown(row[name], factor, digits) for name, _, _, factor, digits in SUMMARY],
        )
        for row in summary_rows(record)
    ]
    return render_page(
        "scenarios/page.html",
        record=record,
        base_style=Markup(base_style()),
        styles=STYLES,
        summary=summary,
        summary_heads=[(heading, unit) for _, heading, unit, _, _ in SUMMARY],
        sections=[(section, list(_drawn(section, record, names))) for section in sections(record)],
    )


def shown(value: float | None, factor: float, decimals: int) -> str:
    """Return a number as the page writes it; a dash where there is none."""
    return NOTHING if value is None else f"{value * factor:,.{decimals}f}"


def _drawn(
    section: Section, record: Mapping[str, Any], names: Sequence[str]
) -> Iterator[dict[str, Any]]:
    from markupsafe import Markup

    months = record["months"]
    for number, panel in enumerate(section.panels):
        key = f"{section.key}-{number}"
        lines = [Line(name, [panel.values.get((name, day)) for day in months]) for name in names]
        about = (
            f"{panel.title}, {panel.unit}, for each society and month; the table has the numbers."
        )
        labels = [day[:7] for day in months]
        chart = line_chart(key, panel.title, about, labels, lines, panel.decimals)
        yield {
            "key": key,
            "panel": panel,
            "chart": Markup(chart),  # its texts are escaped where it is drawn
            "rows": [(day, _cells(panel, names, day)) for day in months],
        }


def _cells(panel: Panel, names: Sequence[str], day: str) -> list[str]:
    return [shown(panel.values.get((name, day)), 1, panel.decimals) for name in names]
