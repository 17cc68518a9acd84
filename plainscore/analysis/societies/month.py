"""All figures of every society on one date, from the counts in an open engine."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

import numpy as np

from plainscore.analysis.gaps import benefit_access, gini, group_gap
from plainscore.analysis.network import score_assortativity
from plainscore.analysis.quality.separation import separation
from plainscore.analysis.societies.mobility import Placed
from plainscore.engines.duckdb import DuckDBEngine

Record = dict[str, Any]
AUDITS = ("audits.person_group", "audits.group_points", "audits.benefit_count")


def build_audits(engine: DuckDBEngine) -> None:
    """Count points and benefits by group, for every society that the engine has scores of."""
    for name in AUDITS:
        engine.build(engine.catalog[name])


def score_figures(engine: DuckDBEngine, bases: Mapping[str, int]) -> Iterator[Record]:
    """Yield people, scored, mean, median and Gini of every society; ``bases``: name -> base."""
    people = _count(engine, "select count(*) from staging.person")
    counted = engine.con.execute(
        "select scorecard, score, count(*) from scores.score where score is not null "
        "group by all order by all"
    ).fetchall()
    by_society = {name: list(rows) for name, rows in groupby(counted, key=lambda row: row[0])}
    for society, base in bases.items():
        counts = [(score, number) for _, score, number in by_society.get(society, [])]
        scored = sum(number for _, number in counts)
        yield {
            "society": society,
            "people": people,
            "scored": scored,
            "mean_score": sum(s * n for s, n in counts) / scored if scored else None,
            "median_score": _median(counts, scored),
            "gini": gini([(score - base, number) for score, number in counts]),
        }


def _median(counts: list[tuple[int, int]], scored: int) -> int | None:
    """Return the score at place (n-1)//2 of the ascending order, as everywhere in the method."""
    below = 0
    for score, number in counts:
        below += number
        if below > (scored - 1) // 2:
            return score
    return None


def band_rows(engine: DuckDBEngine) -> Iterator[Record]:
    """Yield how many stand in which band of which society."""
    rows = engine.con.execute(
        "select band.scorecard, band.band_no, band.band, count(score.score) "
        "from reference.band as band "
        "left join scores.score as score on band.scorecard = score.scorecard "
        "and band.band_no = score.band_no group by all order by all"
    ).fetchall()
    for society, band_no, band, people in rows:
        yield {"society": society, "band_no": band_no, "band": band, "people": people}


def placed_people(engine: DuckDBEngine, societies: Iterable[str]) -> dict[str, Placed]:
    """Return society -> everyone and their band there."""
    columns = engine.con.execute(
        "select scorecard, person_key, coalesce(band_no, 0) as band_no from scores.score "
        "order by scorecard, person_key"
    ).fetchnumpy()
    names = np.asarray(columns["scorecard"], dtype=object)
    keys, bands = (columns[name].astype(np.int64) for name in ("person_key", "band_no"))
    return {name: (keys[names == name], bands[names == name]) for name in societies}


def gap_rows(engine: DuckDBEngine) -> Iterator[Record]:
    """Yield the gap of every group in every society, as the table ``gap`` has it."""
    told = (
        "attribute", "group_no", "group_name", "people", "scored", "not_scored_share",
        "mean_score", "rest_mean_score", "gap_points", "gap_low", "gap_high", "standardised_gap",
        "p_value", "adjusted_p_value", "is_significant", "is_small",
    )  # fmt: skip
    for society, counted, *cells in group_gap(engine.con):
        if counted == "all":
            yield {"society": society, **dict(zip(told, cells, strict=True))}


def access_rows(engine: DuckDBEngine) -> tuple[list[Record], list[Record]]:
    """Return who has which benefit open, and how often groups fall below four fifths.

    Groups of fewer than 30 people are not held against others.
    """
    columns = ("society", "attribute", "benefit", "group_no", "group_name", "people", "open_count")
    rows = [
        dict(zip((*columns, "below", "significant", "small"),
                 (*row[:7], row[12], row[15], row[16]), strict=True))
        for row in benefit_access(engine.con)
    ]  # fmt: skip
    gates = engine.con.execute("select scorecard, benefit, min_score from reference.benefit")
    gate = {(card, benefit): score for card, benefit, score in gates.fetchall()}
    access: dict[tuple[Any, ...], Record] = {}
    flags: dict[tuple[Any, ...], Record] = {}
    for row in rows:
        if row["attribute"] == "decile":
            continue
        if row["attribute"] == "region":
            benefit = row["society"], row["benefit"]
            of_benefit = access.setdefault(
                benefit,
                {"society": benefit[0], "benefit": benefit[1], "min_score": gate[benefit],
                 "people": 0, "open_count": 0},
            )  # fmt: skip
            of_benefit["people"] += row["people"]
            of_benefit["open_count"] += row["open_count"]
        if not row["small"]:
            attribute = row["society"], row["attribute"]
            flag = flags.setdefault(
                attribute,
                {"society": attribute[0], "attribute": attribute[1], "compared": 0,
                 "below_four_fifths": 0, "below_beyond_chance": 0},
            )  # fmt: skip
            flag["compared"] += 1
            flag["below_four_fifths"] += row["below"]
            flag["below_beyond_chance"] += row["below"] and row["significant"]
    return list(access.values()), list(flags.values())


def assortativities(engine: DuckDBEngine) -> dict[str, Record]:
    """Return society -> correlation of friends' scores, and the same over redrawn ties."""
    return {
        str(row[0]): {"ties": row[2], "assortativity": row[3], "assortativity_by_chance": row[7]}
        for row in score_assortativity(engine.con)
        if row[1] == "all"
    }


def outcome_figures(engine: DuckDBEngine, outcomes: list[tuple[str, bool]]) -> dict[str, Record]:
    """Return society -> how well scores told who became bad; ``outcomes``: person_id, is bad."""
    con = engine.con
    con.execute("create temp table outcome (person_id varchar, is_bad boolean)")
    if outcomes:
        ids, bad = zip(*outcomes, strict=True)
        con.execute("insert into outcome select unnest(?), unnest(?)", [list(ids), list(bad)])
    rows = con.execute(
        "select scorecard, score, count(*) filter (where not is_bad), "
        "count(*) filter (where is_bad) from scores.score "
        "inner join events.person using (person_key) inner join outcome using (person_id) "
        "where score is not null group by all order by all"
    ).fetchall()
    told = {}
    for society, counts in groupby(rows, key=lambda row: row[0]):
        found = separation([row[1:] for row in counts])
        told[society] = {
            "outcomes": found.people, "bad": found.bad, "auc": found.auc,
            "auc_low": found.auc_low, "auc_high": found.auc_high, "ks": found.ks,
        }  # fmt: skip
    return told


def _count(engine: DuckDBEngine, sql: str) -> int:
    row = engine.con.execute(sql).fetchone()
    assert row is not None, "counting yields a row"
    return int(row[0])
