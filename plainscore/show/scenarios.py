"""One page that compares the same people under several rules: charts and tables, no network.

It is made of the record that `plainscore scenarios --format json` prints.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plainscore.show.charts import STYLES, Line, line_chart
from plainscore.show.reader import render_page
from plainscore.show.report import base_style

NOTHING = "\N{EN DASH}"

Record = Mapping[str, Any]
Values = dict[tuple[str, str], float | None]
"""By society and date."""


# --- panels ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Panel:
    """One chart and the table beside it. ``unit``: of every number in both."""

    title: str
    unit: str
    decimals: int
    values: Values


_ATTRIBUTES = {"region": "region", "gender": "gender", "age_band": "age band"}
_SECTIONS = {
    "scores": (
        "How high are the scores?",
        "Of all who are scored. The same people are scored in every society.",
    ),
    "bands": (
        "Who is in which band?",
        "People who are not scored are in no band, in any society.",
    ),
    "elsewhere": (
        "Who is in another band than on the first card?",
        "The people are the same and so is what they did; only where the rules put them differs.",
    ),
    "inequality": (
        "How unequally are the points shared out?",
        "0: all have as many points above the base as each other. Higher: more unequal.",
    ),
    "gaps": (
        "How far apart are groups?",
        "Between the groups with at least 30 scored people that have the highest and the lowest "
        "mean. Some distance is there by chance; the JSON has intervals and tests.",
    ),
    "access": (
        "What is open to how many?",
        "Who is not scored has nothing open, and counts.",
    ),
    "four-fifths": (
        "Which groups fall below four fifths?",
        "How often a group of at least 30 people has a benefit open less than four fifths as often "
        "as the best-off group.",
    ),
    "friends": (
        "Do friends have alike scores?",
        "0: ties are independent of scores. Redrawn ties (same number each) come to about 0.",
    ),
    "mobility": (
        "How much do people move between bands?",
        "0: no one changes band from one month to the next. Not scored counts as a band. Few "
        "people in a small band move it much.",
    ),
    "quality": (
        "How well does a score predict who becomes bad?",
        "Bad: a bill due in the 90 days after became 30 or more days late. The chance that of a "
        "bad and a good person the good one has the higher score; empty where the outcome is not "
        "yet known, or no one is bad.",
    ),
    "farming": (
        "What does farming friends pay?",
        "Points of the social factor with the ties of a planted attack, less those without: mean "
        "of the scored who play the part. Without a social factor it is 0 by construction. A few "
        "people play each part.",
    ),
}
"""Key -> the question that its panels answer; how to read them, and what they cannot say."""


def _panels(record: Record) -> dict[str, list[Panel]]:
    """Return the panels of each section that has any."""
    figures = record["figures"]

    def figure(title: str, unit: str, decimals: int, name: str) -> list[Panel]:
        return [Panel(title, unit, decimals, _values(figures, lambda row: row.get(name)))]

    def moved(title: str, name: str) -> Panel:
        values = _values(figures, lambda row: _per_cent(row[name], row["scored"]))
        return Panel(title, "% of the scored", 1, values)

    found = {
        "scores": figure("Mean score", "points", 1, "mean_score")
        + figure("Median score", "points", 0, "median_score"),
        "bands": list(_bands(record)),
        "elsewhere": [moved("In a higher band", "band_up"), moved("In a lower band", "band_down")],
        "inequality": figure("Gini of the points above the base", "0 to 1", 3, "gini"),
        "gaps": [
            Panel(f"Highest less lowest mean score by {title}", "points", 1, _spread(rows))
            for title, rows in _by_attribute(record["gaps"])
        ],
        "access": list(_access(record)),
        "four-fifths": [
            Panel(
                f"Below four fifths by {title}",
                "groups x benefits",
                0,
                _values(rows, lambda row: row["below_four_fifths"]),
            )
            for title, rows in _by_attribute(record["four_fifths"])
        ],
        "friends": figure(
            "Score assortativity over ties", "correlation, -1 to 1", 3, "assortativity"
        ),
        "mobility": figure("Shorrocks index, month to month", "0 to 1.25", 3, "mobility"),
        "quality": figure("AUC", "0.5 chance, 1 perfect", 3, "auc"),
    }
    return found | ({"farming": list(_farming(record))} if record["planted"] else {})


def _values(rows: Iterable[Record], value: Callable[[Record], float | None]) -> Values:
    return {(row["society"], row["as_of_date"]): value(row) for row in rows}


def _of(rows: Iterable[Record], **wanted: Any) -> list[Record]:
    """Return the rows that have these values."""
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def _by_attribute(rows: Sequence[Record]) -> Iterator[tuple[str, list[Record]]]:
    for attribute, title in _ATTRIBUTES.items():
        yield title, _of(rows, attribute=attribute)


def _bands(record: Record) -> Iterator[Panel]:
    scored = _values(record["figures"], lambda row: row["scored"])
    # A band may have another name on another card: the first card's names are shown.
    first = _of(record["bands"], society=record["societies"][0]["society"])
    for band_no, name in sorted({row["band_no"]: row["band"] for row in first}.items()):
        people = _values(_of(record["bands"], band_no=band_no), lambda row: row["people"])
        shares = {key: _per_cent(count, scored[key]) for key, count in people.items()}
        yield Panel(f"Band {band_no}, {name}", "% of the scored", 1, shares)


def _spread(rows: Sequence[Record]) -> Values:
    means: dict[tuple[str, str], list[float]] = {}
    for row in _of(rows, is_small=False):
        means.setdefault((row["society"], row["as_of_date"]), []).append(row["mean_score"])
    return {key: max(found) - min(found) for key, found in means.items() if len(found) > 1}


def _access(record: Record) -> Iterator[Panel]:
    """Yield a panel per gate, named after the benefits that the first card opens there."""
    first = record["societies"][0]["society"]
    for gate in sorted({row["min_score"] for row in record["benefits"]}):
        rows = _of(record["benefits"], min_score=gate)
        names = {row["benefit"].replace("_", " ") for row in _of(rows, society=first)}
        values = _values(rows, lambda row: _per_cent(row["open_count"], row["people"]))
        yield Panel(f"From {gate} points: {', '.join(sorted(names))}", "% of all people", 1, values)


def _farming(record: Record) -> Iterator[Panel]:
    """Yield a panel per role that any scored person plays."""
    played = [row for row in record["planted"] if row["scored"]]
    for kind, role in sorted({(row["kind"], row["role"]) for row in played}):
        rows = _of(played, kind=kind, role=role)
        values = _values(rows, lambda row: row["points_gained"] / row["scored"])
        title = f"{kind.replace('_', ' ').capitalize()}: {role}"
        yield Panel(title, "points gained a head", 1, values)


def _per_cent(part: float | None, whole: float | None) -> float | None:
    return 100 * part / whole if whole and part is not None else None


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
        figures, best, below, planted = (
            _of(record[name], society=society)
            for name in ("figures", "bands", "four_fifths", "planted")
        )
        scored = _sum(figures, "scored")
        points = math.fsum(row["mean_score"] * row["scored"] for row in figures if row["scored"])
        yield {
            "society": society,
            "scored": scored,
            "mean_score": _ratio(points, scored),
            "top_band_share": _ratio(_sum(_of(best, band_no=top), "people"), scored),
            "moved_share": _ratio(_sum(figures, "band_up") + _sum(figures, "band_down"), scored),
            **{
                name: _mean([row.get(name) for row in figures])
                for name in ("gini", "assortativity", "mobility", "auc")
            },
            "below_four_fifths": _ratio(_sum(below, "below_four_fifths"), len(figures)),
            "farmed_points": _ratio(_sum(planted, "points_gained"), _sum(planted, "scored")),
        }


def _sum(rows: Sequence[Record], name: str) -> int:
    return sum(row[name] for row in rows)


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


def scenarios_page(record: Record) -> str:
    """Return the page of a record as `plainscore scenarios --format json` prints it."""
    from markupsafe import Markup

    summary = [
        (
            row["society"],
            [_shown(row[name], times, digits) for name, _, _, times, digits in SUMMARY],
        )
        for row in summary_rows(record)
    ]
    sections = [
        {
            "key": key,
            "question": _SECTIONS[key][0],
            "note": _SECTIONS[key][1],
            "panels": [_drawn(f"{key}-{no}", one, record) for no, one in enumerate(panels)],
        }
        for key, panels in _panels(record).items()
    ]
    return render_page(
        "scenarios/page.html",
        record=record,
        base_style=Markup(base_style()),
        styles=STYLES,
        summary=summary,
        summary_heads=[(heading, unit) for _, heading, unit, _, _ in SUMMARY],
        sections=sections,
    )


def _shown(value: float | None, times: float, decimals: int) -> str:
    return NOTHING if value is None else f"{value * times:,.{decimals}f}"


def _drawn(key: str, panel: Panel, record: Record) -> dict[str, Any]:
    """Return a panel with its chart, and the rows of its table."""
    from markupsafe import Markup

    months, names = record["months"], [row["society"] for row in record["societies"]]
    lines = [Line(name, [panel.values.get((name, day)) for day in months]) for name in names]
    about = f"{panel.title}, {panel.unit}, for each society and month; the table has the numbers."
    labels = [day[:7] for day in months]
    chart = line_chart(key, panel.title, about, labels, lines, panel.decimals)
    rows = [
        (day, [_shown(line.values[place], 1, panel.decimals) for line in lines])
        for place, day in enumerate(months)
    ]
    # The chart's texts are escaped where it is drawn.
    return {"panel": panel, "chart": Markup(chart), "rows": rows}
