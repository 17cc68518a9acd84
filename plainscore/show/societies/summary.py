"""One line per society over all months, from counts added up."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]


def summary_rows(record: Record) -> Iterator[dict[str, Any]]:
    """Yield the figures of every society over the whole time.

    ``scored``: people scored, summed over the months. ``mean_score``, ``top_band_share``,
    ``moved_share`` (in another band than on the first card): of those. ``gini``, ``auc``,
    ``assortativity``, ``mobility``: means of the months that have one. ``below_four_fifths``: mean
    number a month, decile left out. ``farmed_points``: gained a head and month by all scored who
    play a part in a planted attack; None where none is planted.
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
